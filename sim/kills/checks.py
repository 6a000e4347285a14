"""What must hold of a node after its process was killed, and of all of them at the end.

The node is opened as its next process would open it; then everything that anybody outside
holds in hand is looked for in its book.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from perahu.cards import reads as orders
from perahu.cards import reads_stock
from perahu.cards.facts import PrintIntended
from perahu.journal.journal import Journal
from perahu.journal.types import Event
from perahu.node.office import KEY_FILE, Office, root_of
from perahu.node.tables import Tables
from sim.kills import desk
from sim.kills.ledger import Ledger
from sim.kills.town import ENGGANO, HUB, PHRASE, Town
from tools.auditor import Auditor, Findings, secret_of
from tools.auditor_facts import audit as read_by_paper

EVENTS_MAX = 200_000


@dataclass(slots=True)
class Lost:
    """What was missing or wrong, in words; empty where nothing is lost."""

    found: list[str] = field(default_factory=list)
    receipts: int = 0
    """Receipts that no book holds any more."""
    books: int = 0
    """How many books the auditor has read."""

    def check(self, holds: bool, words: str) -> None:
        """Note the words where it does not hold."""
        if not holds:
            self.found.append(words)


def check_node(town: Town, name: str, ledger: Ledger, lost: Lost) -> None:
    """A node after a kill: receipts, chain, tables, blobs, cards and erasures."""
    with opened(town, name) as office:
        journal = office.journal
        lost.check(
            journal.epoch == 1
            and not journal.halts()
            and not journal.healing.rolled_back,
            f"{name}: it takes itself for an old copy",
        )
        events = _events(journal)
        check_receipts(journal, ledger.of(name), lost)
        _check_book(name, journal, lost)
        _check_once(name, events, ledger, lost)
        _check_tables(name, office, events, lost)
        if name == ENGGANO:
            _check_cards(events, ledger, lost)
            _check_erased(office, events, ledger, lost)


@contextmanager
def opened(town: Town, name: str) -> Iterator[Office]:
    """The node as its next process opens it, its tables at work."""
    office = town.open(name)
    try:
        with office.at_work():
            yield office
    finally:
        office.close()


def _events(journal: Journal) -> list[Event]:
    found = journal.events(0, EVENTS_MAX)
    assert len(found) < EVENTS_MAX, "a series is short"
    return found


def check_receipts(
    journal: Journal, receipts: list[dict[str, Any]], lost: Lost
) -> None:
    """Every receipt's entry lies in this book, byte for byte what it was."""
    for given in receipts:
        if journal.hash_at(given["journal"], given["seq"]) != given["h"]:
            lost.receipts += 1
            lost.found.append(f"{journal.certificate.name}: no entry for {given}")
        lost.check(bool(given["mirrored"]), f"not mirrored: {given}")


def _check_book(name: str, journal: Journal, lost: Lost) -> None:
    report = journal.verify()
    words = "; ".join(one.en for one in report.faults)
    lost.check(report.sound, f"{name}: {words}")
    lost.check(report.parked == 0, f"{name}: {report.parked} parked")


def _check_once(name: str, events: list[Event], ledger: Ledger, lost: Lost) -> None:
    """Each operation stands once, whoever asked for it again."""
    given = [one for one in ledger.of(name) if one["number"] is not None]
    wanted = {desk.op_id(number) for number in range(ledger.desk_next + 1)}
    times = Counter(event.op_id for event in events if event.op_id in wanted)
    lost.check(set(times.values()) <= {1}, f"{name}: an operation stands twice")
    for one in given:
        lost.check(one["op"] == desk.op_id(one["number"]), f"{name}: {one}")
    missing = [one for one in given if one["op"] not in times]
    lost.check(not missing, f"{name}: not among its facts: {missing[:3]}")


def _check_tables(name: str, office: Office, events: list[Event], lost: Lost) -> None:
    """The tables say what a new file made from the whole book says."""
    path = office.folder / "tables-anew.sqlite3"
    here = office.tables.content_hash()
    with Tables(path, office.keys.tables_key) as anew:
        refused = anew.apply(events, events[-1].position if events else 0)
        lost.check(not refused, f"{name}: cannot be shown: {refused[:1]}")
        lost.check(
            anew.content_hash() == here,
            f"{name}: the tables are not what the book says",
        )
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def _check_cards(events: list[Event], ledger: Ledger, lost: Lost) -> None:
    """Every card that came out was intended in the book before; none came out twice."""
    intended = {
        f"{event.fact.order.hex()}-{event.fact.attempt}"
        for event in events
        if isinstance(event.fact, PrintIntended)
    }
    for job, times in ledger.cards.items():
        lost.check(job in intended, f"card {job} came out of nowhere")
        lost.check(times == 1, f"card {job} came out {times} times")
    lost.check(not orders.printed_twice(), "a card counts twice")
    lost.check(reads_stock.ledger_sum() == 0, "the ledger of blanks is not zero")


def _check_erased(
    office: Office, events: list[Event], ledger: Ledger, lost: Lost
) -> None:
    """Who was erased is in no fact and in no table."""
    stated = {getattr(event.fact, "person", b"") for event in events}
    for subject in ledger.erased:
        lost.check(subject not in stated, f"{subject.hex()} can be read again")
        lost.check(
            office.journal.local.get("erased", subject) is not None,
            f"{subject.hex()} is not known as erased",
        )


def audit(town: Town, name: str, lost: Lost) -> Findings:
    """The second reader, which imports nothing of ours, reads a closed node."""
    place = town.place(name)
    secret = secret_of((place / KEY_FILE).read_bytes(), PHRASE)
    root = root_of((place / "root.pub").read_bytes(), place)
    found = read_by_paper(Auditor(place, secret, root, town.mirror(name)))
    lost.books += 1
    lost.check(not found.wrong, f"{name}: the auditor: {found.wrong[:3]}")
    return found


def check_hub(town: Town, ledger: Ledger, lost: Lost) -> None:
    """At the end: the hub holds every receipt of the office, and every blob it cites."""
    with opened(town, HUB) as hub:
        check_receipts(hub.journal, ledger.of(ENGGANO), lost)
        gone = hub.journal.blobs.missing()
        lost.check(not gone, f"the hub misses {len(gone)} blobs")


def check_levels(town: Town, ledger: Ledger, lost: Lost) -> None:
    """At the end: the office knows that the hub has all of it."""
    with opened(town, ENGGANO) as office:
        for one in ledger.of(ENGGANO):
            level = office.journal.level_of(one["journal"], one["seq"])
            lost.check(level >= 1, f"not received: {one}")
