"""The proof: every receipt followed to every book it should stand in, every blank counted.

Read from the books themselves after the story, beside the running nodes. A receipt is lost
where the hub or the provinsi does not hold the very entry (journal, seq, hash) it names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from perahu.cards import reads as cards
from perahu.cards import reads_stock as stock
from perahu.cards.facts import CardHandedOver, CardPrinted, CardSpoiled
from perahu.enrolment.facts import CentreStatusSeen, RecordingCompleted
from perahu.journal.journal import Journal
from perahu.journal.types import Event
from sim.demo.district import HUB, NODES, PROVINSI, District

PRR = "PRINT_READY_RECORD"
EVENTS_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class Promise:
    """A receipt a person was given: where her record stands."""

    nik: str
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
    statuses: Counter[str]
    books: list[list[str]]


def prove(district: District, promises: Sequence[Promise]) -> Finding:
    """Open every book, verify it, and follow every receipt."""
    finding = Finding(Proof(recorded=len(promises)), Counter(), [])
    for name in NODES:
        with district.desks[name].open() as office:
            report = office.journal.verify()
            finding.proof.books_verified += report.sound
            finding.proof.parked += report.parked
            finding.books.append(
                [
                    name,
                    f"{report.entries:,}",
                    f"{report.seals:,}",
                    f"{report.blobs:,}",
                    "utuh" if report.sound else "RUSAK",
                ]
            )
            if name == HUB:
                _at_hub(office.journal, promises, finding)
            if name == PROVINSI:
                events = office.journal.events(0, EVENTS_MAX)
                finding.proof.safe = _standing(office.journal, promises, events)
    proof = finding.proof
    proof.lost = len(promises) - min(proof.received, proof.safe)
    return finding


def _at_hub(journal: Journal, promises: Sequence[Promise], finding: Finding) -> None:
    proof, events = finding.proof, journal.events(0, EVENTS_MAX)
    proof.received = _standing(journal, promises, events)
    latest = _latest_status({one.recording for one in promises}, events)
    finding.statuses = Counter(latest.values())
    proof.prr = finding.statuses[PRR]
    printed = [e.fact for e in events if isinstance(e.fact, CardPrinted)]
    proof.printed = len(printed)
    proof.handed_over = sum(isinstance(e.fact, CardHandedOver) for e in events)
    proof.blanko_spoiled = sum(isinstance(e.fact, CardSpoiled) for e in events)
    proof.blanko_used = stock.used_total()
    proof.ledger_sum = stock.ledger_sum()
    twice = Counter((fact.person, fact.order) for fact in printed)
    proof.printed_twice = sum(count - 1 for count in twice.values()) + len(
        cards.printed_twice()
    )


def _standing(
    journal: Journal, promises: Sequence[Promise], events: Sequence[Event]
) -> int:
    """How many receipts name an entry that is here, with every blob of its recording."""
    missing = {ref.sha256 for ref in journal.blobs.missing()}
    torn = {
        getattr(event.fact, "recording", None)
        for event in events
        for ref in event.blobs
        if ref.sha256 in missing
    }
    return sum(
        journal.hash_at(one.journal, one.seq) == one.h and one.recording not in torn
        for one in promises
    )


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
