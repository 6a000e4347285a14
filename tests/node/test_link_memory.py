"""Contacts at work: gathered as they end, told now and then, known at the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perahu.contacts import actions, reads
from perahu.contacts.rules import HOUR_MS
from perahu.kinds import TELEMETRY
from perahu.node.link_memory import gather, line_of, tell, untold
from perahu.node.link_shown import last_contacts, words_of
from perahu.node.office import Office, open_office
from perahu.node.road import Caller
from perahu.sync.exchange import Patience
from perahu.sync.links import TLS, Leg, Sight
from tests.node.offices import PHRASE, add_enggano, found_hub
from tests.system.world import answering

NOON_S = 1_795_237_800.0


@dataclass
class Line:
    """Enggano, the hub it calls, and the clock of both."""

    office: Office
    hub: Office
    port: int
    wall: list[float]

    def caller(self, port: int = 0) -> Caller:
        """Who calls the hub, or another port."""
        parent = f"127.0.0.1:{port or self.port}"
        self.office.settings = replace(self.office.settings, parent=parent)
        return Caller(self.office, Patience(attempts_max=2), notes_failures=True)

    def wait_hours(self, hours: float) -> None:
        """Time passes."""
        self.wall[0] += hours * 3600

    def told(self) -> int:
        """How many facts of lane 2 Enggano has stated."""
        rows = self.office.journal.journals()
        return sum(row.head_seq for row in rows if row.own and row.lane == TELEMETRY)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Both nodes open, the hub listening."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    wall = [NOON_S]
    with ExitStack() as stack:
        hub = stack.enter_context(
            open_office(tmp_path / "hub", passphrase=PHRASE, wall_s=lambda: wall[0])
        )
        office = stack.enter_context(
            open_office(tmp_path / "enggano", passphrase=PHRASE, wall_s=lambda: wall[0])
        )
        listener = stack.enter_context(answering(hub))
        yield Line(office, hub, listener.port, wall)


def leg(office: Office, **changes: object) -> Leg:
    """A part of an exchange that ended just now."""
    now_s = office.clock.monotonic_s()
    given: dict[str, object] = {
        "carrier": "sim", "kind": TLS, "began_s": now_s - 130, "ended_s": now_s,
        "sent_bytes": 1_200_000, "received_bytes": 20_000, "acked_bytes": 1_100_000,
        "sight": Sight(0.61, 0.02), "reason": "broken_link",
    }  # fmt: skip
    return Leg(**given | changes)  # type: ignore[arg-type]


def test_it_works(line: Line) -> None:
    """The hub knows an office's contacts from the office itself, hour by hour."""
    caller = line.caller()
    assert caller.call().is_complete
    assert [one.reason for one in untold(line.office)] == ["done"]
    line.wait_hours(7)
    with line.office.at_work():
        assert not tell(line.office)
    assert untold(line.office) == [] and line.told() == 1
    assert caller.call().is_complete
    line.hub.journal.catch_up()
    with line.hub.at_work():
        node = line.office.journal.node_id
        (hour,) = reads.hours(node, 0)
        assert hour.contacts == 1 and hour.hour == int(NOON_S) // 3600
        assert hour.carrier and hour.sent_bytes > 500
        (told,) = reads.last_lines(node)
        assert told.reason == "done" and told.answered


def test_it_never_calls_for_the_sake_of_its_own_memory(line: Line) -> None:
    """What is told of links waits for the next contact; it is no news of its own."""
    caller = line.caller()
    while caller.has_news():
        assert caller.call().is_complete
    line.wait_hours(7)
    with line.office.at_work():
        tell(line.office)
    assert line.told() == 1 and line.office.journal.waiting().entries == 1
    assert not caller.has_news() and not caller.is_due()
    caller.want()
    assert caller.call().is_complete
    assert line.office.journal.waiting().entries == 0
    assert not caller.has_news()


def test_it_remembers_whom_it_could_not_reach(line: Line) -> None:
    """A night without a line is one row: how often, and why."""
    caller = line.caller(port=9)
    for _ in range(3):
        assert not caller.call().is_complete
        line.wait_hours(0.1)
    (row,) = untold(line.office)
    assert not row.answered and row.reason == "unreachable" and row.count >= 3


def test_it_states_once_what_a_cut_left_between(line: Line) -> None:
    """The fact stands and its rows are still there: told again, it is the same fact."""
    office = line.office
    gather(office, [leg(office)])
    rows = office.journal.local.items("contact_line")
    line.wait_hours(2)
    with office.at_work():
        tell(office)
        for name, raw in rows:
            office.journal.local.put("contact_line", name, raw)
        office.journal.local.delete("contact_told", b"told")
        tell(office)
    assert line.told() == 1 and untold(office) == []


def test_it_names_a_carrier_as_people_do(line: Line) -> None:
    """The words of node.toml, the time on the wall, and the reason as a sentence."""
    office = line.office
    line.caller()
    found = line_of(office, leg(office, carrier="utama"))
    assert found.carrier == "utama" and found.rtt_ms == 610
    assert found.to_ms - found.from_ms == 130_000
    gather(office, [leg(office), leg(office, reason="spare")])
    with office.at_work():
        (last,) = last_contacts(office)
    said = words_of(last)
    assert said.id.startswith("sim, 130 detik, 1200 kB terkirim")
    assert said.en.endswith("broke off on the way")


def test_it_keeps_the_newest_rows_of_each_node(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables forget what was told long ago, also when they are built again."""
    monkeypatch.setattr(reads, "HOURS_KEPT", 3)
    monkeypatch.setattr(reads, "LINES_KEPT", 2)
    office = line.office
    with office.at_work():
        for n in range(5):
            found = line_of(office, leg(office))
            lines = [replace(found, from_ms=n * HOUR_MS, to_ms=n * HOUR_MS + 5)]
            actions.tell_contacts(
                office.journal, office.ask(), peer=bytes(16), lines=lines
            )
    node = office.journal.node_id
    for _ in range(2):
        with office.at_work():
            assert [one.hour for one in reads.hours(node, 0)] == [2, 3, 4]
            assert [one.from_ms // HOUR_MS for one in reads.last_lines(node)] == [4, 3]
        before = office.tables.content_hash()
        office.tables.rebuild()
        office.journal.catch_up()
        assert before
