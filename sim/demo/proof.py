"""The proof: every receipt followed to every book it should stand in, every blank counted.

Read from the books themselves after the story, beside the running nodes. Lost is a receipt
whose very entry (journal, seq, hash), or a blob of whose recording, the hub or the provinsi
does not hold; and any other entry of an office that the hub does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from perahu.cards import reads as cards
from perahu.cards import reads_stock as stock
from perahu.cards.facts import CardHandedOver, CardPrinted, CardSpoiled
from perahu.cards.reads import STATE_WORDS
from perahu.cases import reads as cases
from perahu.enrolment.facts import CentreStatusSeen, RecordingCompleted
from perahu.journal.book import JournalRow
from perahu.journal.journal import Journal
from perahu.journal.types import Event, Level
from sim.demo.district import (
    ENGGANO,
    HUB,
    KAPAL,
    KETAHUN,
    NODES,
    PROVINSI,
    District,
)

PRR = "PRINT_READY_RECORD"
EVENTS_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class Promise:
    """A receipt a person was given: where her record stands."""

    nik: str
    number: str
    """The office's register number, which may be shown."""
    node: str
    journal: bytes
    seq: int
    h: bytes
    recording: bytes


@dataclass(slots=True)
class Proof:
    """What `--json` prints."""

    recorded: int = 0
    received: int = 0
    safe: int = 0
    prr: int = 0
    printed: int = 0
    handed_over: int = 0
    blanko_used: int = 0
    blanko_spoiled: int = 0
    ledger_sum: int = 0
    lost: int = 0
    printed_twice: int = 0
    books_verified: int = 0
    parked: int = 0
    cases: int = 0

    @property
    def holds(self) -> bool:
        """Whether the story kept every promise."""
        broken = (self.lost, self.printed_twice, self.ledger_sum, self.parked)
        whole = self.recorded == self.received == self.safe
        counted = self.printed == self.blanko_used
        return (
            not any(broken) and whole and counted and self.books_verified == len(NODES)
        )

    def as_line(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)


@dataclass(slots=True)
class Finding:
    """The proof, with what a person wants to see of it."""

    proof: Proof
    people: list[list[str]] = field(default_factory=list)
    """One row a person: register number, where recorded, level, the centre's status, the card."""
    books: list[list[str]] = field(default_factory=list)
    _heads: list[JournalRow] = field(default_factory=list)
    """How far the offices' own journals go."""
    _safe: set[bytes] = field(default_factory=set)


def prove(district: District, promises: Sequence[Promise]) -> Finding:
    """Open every book, verify it, and follow every receipt; the hub's comes last."""
    finding = Finding(Proof(recorded=len(promises)))
    for name in (PROVINSI, ENGGANO, KETAHUN, KAPAL, HUB):
        with district.desks[name].open() as office:
            _verify(name, office.journal, finding)
            if name == PROVINSI:
                events = office.journal.events(0, EVENTS_MAX)
                finding._safe = _standing(office.journal, promises, events)
            elif name == HUB:
                _at_hub(office.journal, promises, finding, district.plan.language)
            else:
                rows = office.journal.journals()
                finding._heads += [row for row in rows if row.own and not row.audience]
    return finding


def _verify(name: str, journal: Journal, finding: Finding) -> None:
    report = journal.verify()
    finding.proof.books_verified += report.sound
    finding.proof.parked += report.parked
    counts = [f"{n:,}" for n in (report.entries, report.seals, report.blobs)]
    finding.books.append([name, *counts, "utuh" if report.sound else "RUSAK"])


def _at_hub(
    journal: Journal, promises: Sequence[Promise], finding: Finding, language: str
) -> None:
    proof, events = finding.proof, journal.events(0, EVENTS_MAX)
    received = _standing(journal, promises, events)
    proof.received, proof.safe = len(received), len(finding._safe)
    absent = sum(
        row.head_seq - (here.head_seq if (here := journal.journal(row.id)) else 0)
        for row in finding._heads
        if journal.hash_at(row.id, row.head_seq) != row.head_h
    )
    proof.lost = len(promises) - len(received & finding._safe) + absent
    latest = _latest_status({one.recording for one in promises}, events)
    proof.prr = sum(status == PRR for status in latest.values())
    proof.cases = len(cases.open_cases())
    _count_cards(proof, events)
    for one in promises:
        level = Level.SAFE if one.recording in finding._safe else Level.RECEIVED
        order = cards.order_of_recording(one.recording)
        card = STATE_WORDS[cards.state(order.order)].in_(language) if order else "-"
        status = latest.get(one.recording, "-")
        finding.people.append(
            [one.number, one.node, level.words.in_(language), status, card]
        )


def _count_cards(proof: Proof, events: Sequence[Event]) -> None:
    printed = [e.fact for e in events if isinstance(e.fact, CardPrinted)]
    proof.printed = len(printed)
    proof.handed_over = sum(isinstance(e.fact, CardHandedOver) for e in events)
    proof.blanko_spoiled = sum(isinstance(e.fact, CardSpoiled) for e in events)
    proof.blanko_used = stock.used_total()
    proof.ledger_sum = stock.ledger_sum()
    twice = Counter((fact.person, fact.order) for fact in printed)
    again = sum(count - 1 for count in twice.values())
    proof.printed_twice = again + len(cards.printed_twice())


def _standing(
    journal: Journal, promises: Sequence[Promise], events: Sequence[Event]
) -> set[bytes]:
    """The recordings whose receipt's entry is here, with every blob they cite."""
    missing = {ref.sha256 for ref in journal.blobs.missing()}
    torn = {
        getattr(event.fact, "recording", None)
        for event in events
        for ref in event.blobs
        if ref.sha256 in missing
    }
    return {
        one.recording
        for one in promises
        if journal.hash_at(one.journal, one.seq) == one.h and one.recording not in torn
    }


def _latest_status(recordings: set[bytes], events: Sequence[Event]) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for event in events:
        if (
            isinstance(event.fact, CentreStatusSeen)
            and event.fact.recording in recordings
        ):
            found[event.fact.recording] = event.fact.status
        if isinstance(event.fact, RecordingCompleted):
            found.setdefault(event.fact.recording, "")
    return found
