"""Tables that a test can look into, and what a book shows as parked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from perahu.journal.journal import Journal
from perahu.journal.types import Event
from perahu.people.facts import ResidentCorrected


@dataclass
class Shelf:
    """Tables in memory: they put every fact on a shelf, but choke on some."""

    choke: bool = False
    at: int = 0
    facts: list[object] = field(default_factory=list)

    def position(self) -> int:
        """How far the shelf is true."""
        return self.at

    def belong_to(self, book: bytes) -> None:
        """One book only."""

    def rebuild(self) -> None:
        """An empty shelf."""
        self.at, self.facts = 0, []

    def apply(
        self, events: Sequence[Event], position: int
    ) -> Sequence[tuple[Event, str]]:
        """Put a batch on the shelf; give back the corrections where it chokes."""
        bad = [
            e for e in events if self.choke and isinstance(e.fact, ResidentCorrected)
        ]
        self.facts += [e.fact for e in events if e not in bad]
        self.at = max(self.at, position)
        return [(event, "no such column") for event in bad]


def codes(journal: Journal) -> list[str]:
    """Why what is parked is parked."""
    return [one.code for one in journal.parked()]
