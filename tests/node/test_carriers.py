"""Carriers at work: real exchanges over real sockets, and what is remembered of them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from perahu.journal.types import Draft
from perahu.keys.facts import CarrierPolicySet, ForkSeen
from perahu.node import trust
from perahu.node.actions import set_carrier_policy
from perahu.node.carriers import ways as carriers_at_work
from perahu.node.carriers.choice import (
    ALL_CLASSES,
    NO_CLASSES,
    RECORD_CLASSES,
    Standing,
)
from perahu.node.carriers.file import CarrierEntry
from perahu.node.carriers.memory import CarrierMemory, CarrierShelf
from perahu.node.door import Door
from perahu.node.listener import Listener
from perahu.node.office import Office, open_office
from perahu.node.road import Caller, doors_of, side_of
from perahu.node.tls import server_context
from perahu.sync.exchange import Patience
from perahu.sync.links import PACED, TLS, Leg, RoadKey, Sight
from tests.node.offices import PHRASE, add_enggano, found_hub
from tests.node.strangers import (
    LOOPBACK,
    Answer,
    Tls,
    answering,
    foreign_context,
    freezing,
    nobody,
    portal,
    reset,
)
from tests.system.world import answering as hub_answering


@dataclass
class Road:
    """Enggano and the hub it calls."""

    office: Office
    hub: Office
    port: int

    def carriers(self, *entries: CarrierEntry) -> Caller:
        """A caller at Enggano with these ways."""
        self.office.settings = replace(self.office.settings, carriers=entries)
        return Caller(self.office, Patience(attempts_max=3))

    def way(self, name: str, port: int = 0, **more: object) -> CarrierEntry:
        """A carrier on this machine; to the hub where no other port is named."""
        address = f"{LOOPBACK}:{port or self.port}"
        return CarrierEntry(name=name, address=address, **more)  # type: ignore[arg-type]

    @property
    def shelf(self) -> CarrierShelf:
        """What Enggano remembers of its carriers."""
        return CarrierShelf(self.office.journal.local)


@contextmanager
def opened(folder: Path, wall_s: Callable[[], float] | None = None) -> Iterator[Road]:
    """Both nodes open, the hub listening."""
    with ExitStack() as stack:
        hub = stack.enter_context(open_office(folder / "hub", passphrase=PHRASE))
        office = stack.enter_context(
            open_office(folder / "enggano", passphrase=PHRASE, wall_s=wall_s)
        )
        listener = stack.enter_context(hub_answering(hub))
        yield Road(office, hub, listener.port)


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    """Enggano and its hub."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    with opened(tmp_path) as found:
        yield found


def standing(caller: Caller) -> dict[str, Standing]:
    """How each carrier stands."""
    return {one.entry.name: one.standing for one in caller.carriers.standing()}


def test_it_works(road: Road) -> None:
    """Where the preferred way refuses, the next one carries; both are remembered."""
    caller = road.carriers(
        road.way("kabel", nobody()), road.way("sim", preference=2, monthly_mb=50)
    )
    result = caller.call()
    assert result.is_complete and result.refusal is None
    assert [leg.carrier for leg in result.legs] == ["kabel", "sim"]
    assert standing(caller) == {"sim": Standing.READY, "kabel": Standing.RESTING}
    assert road.shelf.memory("kabel").reason == "unreachable"
    assert road.shelf.memory("sim").carried_ms > 0
    today = road.office.now().today
    spent = road.shelf.spent("sim", today)
    assert spent.bytes == sum(result.wire_bytes) and spent.sent_bytes > 500
    assert road.shelf.spent("kabel", today).bytes == 0


def test_it_goes_back_to_the_preferred_one(road: Road) -> None:
    """Rest over, or somebody says that the way may be there: it is the first again."""
    dead = road.way("kabel", nobody())
    caller = road.carriers(dead, road.way("sim", preference=2))
    assert caller.call().legs[-1].carrier == "sim"
    assert caller.call().legs[0].carrier == "sim"
    caller.want()
    caller.office.settings = replace(
        caller.office.settings,
        carriers=(road.way("kabel"), road.way("sim", preference=2)),
    )
    (leg,) = caller.call().legs
    assert leg.carrier == "kabel" and leg.reason == "done"


@pytest.mark.parametrize("kind", ["portal", "proxy", "reset"])
def test_it_passes_by_who_answers_in_the_hubs_place(
    road: Road, tmp_path: Path, kind: str
) -> None:
    """A portal, a proxy, a firewall that cuts: nothing is said there, another way is taken."""
    hub_id = road.hub.journal.node_id
    proxy = Tls(foreign_context(tmp_path, "Proxy Kantor", hub_id))
    strangers: dict[str, Answer] = {"portal": portal(), "proxy": proxy, "reset": reset}
    with answering(strangers[kind]) as port:
        caller = road.carriers(road.way("wifi", port), road.way("sim", preference=2))
        result = caller.call()
    assert result.is_complete and result.legs[-1].carrier == "sim"
    wanted = Standing.RESTING if kind == "reset" else Standing.CAPTIVE
    assert standing(caller)["wifi"] is wanted
    why = next(one.why for one in caller.carriers.standing() if one.why)
    assert "menit" in why.id


def test_it_changes_when_one_stands_still(road: Road) -> None:
    """In the middle of a packet a carrier falls silent: the other goes on with the rest."""
    for _ in range(3):
        _state(road.office, 200_000)
    with answering(freezing(road.port, 150_000)) as port:
        caller = road.carriers(
            road.way("sim", port, udp=False),
            road.way("vsat", preference=2, udp=False),
        )
        caller.patience = Patience(attempts_max=3, stall_s_min=1.0)
        result = caller.call()
    assert result.is_complete and road.office.journal.waiting().blobs == 0
    assert result.legs[-1].carrier == "vsat"
    assert {leg.carrier for leg in result.legs} == {"sim", "vsat"}
    assert standing(caller)["sim"] is Standing.RESTING
    why = next(one.why for one in caller.carriers.standing() if one.why)
    assert "macet" in why.id


def test_it_leaves_a_lesser_way_when_the_preferred_one_has_rested(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long exchange over the dear carrier is broken off, and goes on over the other."""
    monkeypatch.setattr(carriers_at_work, "REST_FIRST_S", 0.0)
    monkeypatch.setattr(carriers_at_work, "RETURN_S", 0.0)
    monkeypatch.setattr(carriers_at_work, "RETURN_LOOK_S", 0.0)
    _state(road.office, 50_000)
    caller = road.carriers(road.way("kabel", nobody()), road.way("sim", preference=2))
    result = caller.call()
    assert result.more and result.refusal is None and not result.is_complete
    both = (road.way("kabel"), road.way("sim", preference=2))
    road.office.settings = replace(road.office.settings, carriers=both)
    result = caller.call()
    assert result.is_complete and [leg.carrier for leg in result.legs] == ["kabel"]


def test_it_goes_on_with_one_carrier_that_fails(road: Road) -> None:
    """Where there is no other way, the one is tried again and again; it never rests out."""
    caller = road.carriers(road.way("sim", nobody()))
    for _ in range(2):
        result = caller.call()
        assert result.refusal is not None and result.refusal.code == "unreachable"
    assert caller.is_due() and caller.carriers.usable()[0].entry.name == "sim"


def test_it_comes_back_when_a_full_hub_says(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 and Retry-After: shown until then, and no call but one that somebody wants."""
    monkeypatch.setattr(Door, "enter", lambda door, guest: False)
    caller = road.carriers(road.way("sim"))
    result = caller.call()
    assert result.refusal is not None and result.retry_after_s >= 5
    assert not caller.is_due() and caller.told_to_wait is result.refusal
    caller.want()
    assert caller.is_due()


def test_it_obeys_what_the_kabupaten_signed(road: Road) -> None:
    """The hub's rule comes with an exchange and holds from then on; its words are shown."""
    caller = road.carriers(road.way("sim", kind="seluler"))
    assert caller.call().is_complete
    rule = CarrierPolicySet(reason="kuota habis", decree="SE 4", forbidden=("seluler",))
    set_carrier_policy(road.hub.journal, road.hub.ask(), policy=rule)
    assert caller.call().is_complete
    refusal = caller.call().refusal
    assert refusal is not None and refusal.code == "no_carrier"
    assert "Dilarang oleh kabupaten: kuota habis (SE 4)" in refusal.words.id
    assert caller.carriers.classes_now() == NO_CLASSES
    assert not caller.has_news() and not caller.is_due()
    caller.want()
    assert caller.is_due()


def _state(office: Office, size: int) -> None:
    """A control fact that cites a part: the fact is a record, the part a packet's."""
    ref = office.journal.blobs.put(office.ports.random(size), 3)
    fact = ForkSeen(node=bytes(16), journal=bytes(16), seq=1, ours=b"", theirs=b"")
    with office.journal.writing() as book:
        book.append(office.ask(), [Draft(fact, blobs=(ref,))])


def test_it_sends_records_by_day_and_packets_at_night(tmp_path: Path) -> None:
    """Outside the hours facts are at the hub at once; the packet goes when they open."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    zone = ZoneInfo("Asia/Jakarta")
    now = [datetime(2026, 11, 22, 14, 0, tzinfo=zone).astimezone(UTC).timestamp()]
    with opened(tmp_path, lambda: now[0]) as road:
        caller = road.carriers(road.way("vsat", hours="22:00-03:00"))
        _state(road.office, 50_000)
        result = caller.call()
        assert (result.is_complete, caller.is_limited) == (True, True)
        waiting = road.office.journal.waiting()
        assert (waiting.entries, waiting.blobs) == (0, 1)
        assert not caller.has_news(), "nothing that may go now is left"
        now[0] += 9 * 3600
        assert caller.has_news() and caller.carriers.classes_now() == ALL_CLASSES
        result = caller.call()
        assert (result.is_complete, caller.is_limited) == (True, False)
        assert road.office.journal.waiting().blobs == 0 and not caller.has_news()


def test_it_stops_packets_where_the_month_is_used_up(road: Road) -> None:
    """What went over a carrier is counted, and counts against its month."""
    caller = road.carriers(road.way("sim", monthly_mb=1))
    today = road.office.now().today
    road.shelf.spend("sim", today, 600_000, 400_001)
    _state(road.office, 50_000)
    assert caller.call().is_complete
    assert road.office.journal.waiting().blobs == 1
    assert standing(caller) == {"sim": Standing.BUDGET}
    assert caller.carriers.classes_now() == RECORD_CLASSES


def test_it_does_not_call_in_vain_while_the_whole_way_rests(road: Road) -> None:
    """Records go over the sleeping dish; packets wait until the SIM is to be tried again."""
    asleep = (datetime.now(UTC).hour + 7 + 6) % 24
    hours = f"{asleep:02d}:00-{(asleep + 1) % 24:02d}:00"
    caller = road.carriers(
        road.way("sim", nobody()), road.way("vsat", preference=2, hours=hours)
    )
    _state(road.office, 30_000)
    result = caller.call()
    assert result.is_complete and result.legs[-1].carrier == "vsat"
    assert road.office.journal.waiting().blobs == 1 and not caller.has_news()
    caller.want()
    assert caller.has_news()


def _leg(kind: str, acked: int, seconds: float, reason: str = "done") -> Leg:
    return Leg(
        carrier="sim", kind=kind, began_s=10.0, ended_s=10.0 + seconds,
        sent_bytes=acked, received_bytes=500 if acked else 0, acked_bytes=acked,
        sight=Sight(0.6, 0.02), reason=reason,
    )  # fmt: skip


def test_it_learns_whether_the_paced_way_is_worth_it(road: Road) -> None:
    """Blocked: left alone for hours. Slower: for a day. Faster: taken at once."""
    way = road.way("sim")
    caller = road.carriers(way)
    carriers, key = caller.carriers, RoadKey(bytes(8), bytes(32), 4500)
    link = carriers.first()
    carriers.note(_leg(TLS, 200_000, 20))
    memory = road.shelf.memory("sim")
    assert (memory.tls_rate, memory.rtt_ms, memory.loss_permille) == (10_000, 600, 20)
    assert memory.may_pace(road.office.now().wall_ms)
    carriers.note(_leg(PACED, 0, 3, "broken_link"))
    assert road.shelf.memory("sim").udp_failed_ms > 0
    assert carriers.faster(link, key) is None
    carriers.note(_leg(PACED, 400_000, 20))
    memory = road.shelf.memory("sim")
    assert memory.udp_failed_ms == 0 and memory.paced_rate == 20_000
    assert carriers.prefers_paced(link)
    carriers.note(_leg(PACED, 60_000, 60, "slower"))
    assert not carriers.prefers_paced(link) and carriers.faster(link, key) is None
    later = road.office.now().wall_ms + 25 * 3_600_000
    assert road.shelf.memory("sim").may_pace(later)
    shut = replace(way, udp=False)
    caller.office.settings = replace(caller.office.settings, carriers=(shut,))
    assert carriers.faster(link, key) is None


def test_it_keeps_its_memory_small(road: Road) -> None:
    """A row a carrier and one a month: old months go, and carriers nobody names."""
    shelf, today = road.shelf, road.office.now().today
    for month in range(1, 13):
        shelf.spend("sim", today.replace(year=today.year - 2, month=month, day=1), 1, 1)
    shelf.spend("sim", today, 1, 1)
    assert len(road.office.journal.local.items("carrier_month")) == 1
    for number in range(70):
        shelf.keep(f"wifi-{number}", CarrierMemory(tls_rate=5))
    shelf.forget_others(["wifi-1"])
    assert len(road.office.journal.local.items("carrier")) == 1
    assert shelf.memory("wifi-1").tls_rate == 5


def test_it_goes_on_over_tcp_where_udp_is_shut(road: Road) -> None:
    """Nobody answers over UDP: the plain way goes on, and the carrier is remembered so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind((LOOPBACK, 0))
        hole.settimeout(1)
        doors = replace(doors_of(road.hub), road_port=int(hole.getsockname()[1]))
        files = road.hub.folder / trust.FOLDER
        context = server_context(files / trust.CERTIFICATE_FILE, files / trust.KEY_FILE)
        listener = Listener(
            side_of(road.hub), doors, context, (LOOPBACK, 0), with_paced=False
        )
        listener.start()
        caller = road.carriers(road.way("sim", listener.port))
        # It did better by the paced way before, so that is tried at once.
        road.shelf.keep("sim", CarrierMemory(tls_rate=1_000, paced_rate=9_000))
        for _ in range(4):
            _state(road.office, 2_000_000)
        result = caller.call()
        listener.stop()
        assert hole.recv(2048)
    assert result.is_complete and road.office.journal.waiting().blobs == 0
    assert [leg.kind for leg in result.legs if not leg.acked_bytes] == [PACED]
    assert road.shelf.memory("sim").udp_failed_ms > 0
    standing_ = {one.entry.name: one.standing for one in caller.carriers.standing()}
    assert standing_ == {"sim": Standing.READY}, "TCP is as good as before"
