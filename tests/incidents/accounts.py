"""The accounts at the end of a story: nothing lost, nothing twice, every blanko explained.

`settle(town)` is the last line of every scenario; afterwards all books are closed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from perahu.cards import reads, reads_stock
from perahu.enrolment import reads_hub
from perahu.journal.entry import Entry
from perahu.journal.journal import Journal
from perahu.journal.types import Event, Level
from perahu.kinds import TELEMETRY
from tests.enrolment.stations import Station
from tests.incidents.acts import Town
from tests.incidents.stage import Stage
from tools import auditor
from tools.auditor_facts import audit

SCAN = 5_000


def settle(town: Town, *, level: Level = Level.RECEIVED) -> None:
    """Everything that must be true once the world is quiet; the level of every receipt."""
    everything_arrived(town.stage, level)
    every_blanko_is_explained(town)
    no_card_came_twice(town)
    _say(town)
    every_book_is_sound(town.stage)


def _say(town: Town) -> None:
    """What stands in the README under *Measured*; `pytest -s` shows it."""
    receipts = town.stage.receipts
    journals = {receipt.journal for receipt in receipts}
    cards = sum(len(machine.made) for machine in town.machines.values())
    entries = sum(row.head_seq for row in town.stage.hub.journal.journals())
    print(
        f"\n{len(receipts)} receipts of {len(journals)} journals, each one at the hub; "
        f"{entries} entries there; {cards} cards; {time.process_time():.0f} s of CPU"
    )


def everything_arrived(stage: Stage, level: Level = Level.RECEIVED) -> None:
    """Every receipt stands at the hub byte for byte, exactly once, and its office knows."""
    hub = stage.hub.journal
    assert stage.receipts, "a story in which nobody was served proves nothing"
    for office in stage.offices:
        office.journal.seal()
        for row in office.journal.journals():
            if row.own and row.lane != TELEMETRY:
                ours = list(_entries(office.journal, row.id))
                assert ours == list(_entries(hub, row.id)), (office.name, row.lane)
                assert len(ours) == row.head_seq
    counted = Counter(event.op_id for event in _events(hub))
    offices = {office.journal.node_id: office for office in stage.offices}
    homes = {row.id: row.node for row in hub.journals()}
    for receipt in stage.receipts:
        assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h
        office = offices[homes[receipt.journal]]
        got = office.journal.level_of(receipt.journal, receipt.seq)
        assert got >= level, (office.name, receipt.seq, got)
    # A print is one asking with two facts: the intent, and its end under another id.
    assert all(counted[receipt.op_id] == 1 for receipt in stage.receipts)
    assert not hub.blobs.missing() and not hub.parked()


def everybody_is_at_the_centre(stage: Stage, count: int) -> None:
    """The centre holds one packet for each recording, and found everyone unique."""
    truth = stage.line.centre.truth()
    assert truth["statuses"] == {"PRINT_READY_RECORD": count}
    with stage.hub.at_work():
        counts = reads_hub.counts_by_node()
    assert sum(one["closed"] for one in counts.values()) == count
    assert sum(one["submitted"] for one in counts.values()) == count


def every_blanko_is_explained(town: Town) -> None:
    """The ledger sums to zero at every node, and says what really lies in the printers."""
    stage = town.stage
    for station in (stage.hub, *stage.offices):
        with station.at_work():
            assert reads_stock.ledger_sum() == 0, station.name
    for office in stage.offices:
        node, machine = office.journal.node_id, town.machines.get(office.name)
        left = machine.engine.cards if machine else 0
        printed = len(machine.made) if machine else 0
        spoiled = machine.engine.spoiled if machine else 0
        for station in (office, stage.hub):
            with station.at_work():
                assert reads_stock.on_hand(node) == left, (office.name, station.name)
                assert reads_stock.used_at(node) == printed
                assert reads_stock.spoiled_at(node) == spoiled
        assert town.delivered.get(office.name, 0) == left + printed + spoiled
    with stage.hub.at_work():
        assert not reads_stock.open_differences()


def no_card_came_twice(town: Town) -> None:
    """By the books, and by what really came out of the printers."""
    made = [
        order for machine in town.machines.values() for order in machine.orders_made
    ]
    assert len(made) == len(set(made))
    for station in (town.stage.hub, *town.stage.offices):
        with station.at_work() as journal:
            assert reads.printed_twice() == []
            assert reads.under_way(journal.node_id) == 0
    with town.stage.hub.at_work():
        assert reads.printed_total() == len(made)


def every_book_is_sound(stage: Stage) -> None:
    """Our own verify and the auditor, who shares no line with it, find the same."""
    reports = {name: _verified(station) for name, station in stage.stations.items()}
    stage.close()
    root = bytes(stage.district.root.verify_key)
    for name, counts in reports.items():
        member = stage.district.members[name]
        secret = member.keys.secret
        found = audit(auditor.Auditor(member.folder, secret, root, member.mirror))
        assert found.wrong == [], name
        assert (found.journals, found.entries, found.seals, found.blobs) == counts[:4]
        assert found.mirrored == (counts[4] if member.mirror else 0)


def _verified(station: Station) -> tuple[int, int, int, int, int]:
    report = station.journal.verify()
    assert report.sound, station.name
    own = sum(row.head_seq for row in station.journal.journals() if row.own)
    return report.journals, report.entries, report.seals, report.blobs, own


def _entries(journal: Journal, name: bytes) -> Iterator[Entry]:
    for segment in journal.segments(name, 0):
        yield from segment.entries


def _events(journal: Journal) -> Iterator[Event]:
    after = 0
    while found := journal.events(after, SCAN):
        yield from found
        after = found[-1].position
