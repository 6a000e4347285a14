"""How far an office's facts and packets have got, read from its own book beside the process."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from perahu.cards.facts import PrintOrdered
from perahu.enrolment.facts import CentreStatusSeen, PartsRecalled, RecordingCompleted
from perahu.journal.journal import Journal
from perahu.journal.types import PART, THUMBNAIL, Level
from perahu.kinds import Fact


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    done: int
    total: int

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.done == self.total


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the hub has acknowledged of one office's own facts."""

    facts: Share
    thumbnails: Share
    parts: Share
    packets: Share

    def counts(self) -> str:
        """The counts in one line."""
        shares = (self.facts, self.thumbnails, self.parts, self.packets)
        return ", ".join(f"{share.done}/{share.total}" for share in shares)


def delivered(journal: Journal, level: Level = Level.RECEIVED) -> Delivered:
    """Count by the levels in the office's book: an ack, never a guess."""
    own = [row for row in journal.journals() if row.own and not row.audience]
    reached = sum(
        row.received_seq if level is Level.RECEIVED else row.safe_seq for row in own
    )
    groups: dict[int, list[bool]] = defaultdict(list)
    packets: dict[bytes, list[bool]] = defaultdict(list)
    for event in journal.events(0, 1_000_000):
        recording = getattr(event.fact, "recording", None)
        if event.node != journal.node_id or recording is None:
            continue
        for ref in event.blobs:
            there = journal.blob_level(ref.sha256) >= level
            groups[ref.blob_class].append(there)
            packets[recording].append(there)
        if isinstance(event.fact, RecordingCompleted):
            packets[recording].append(
                journal.level_of(event.journal, event.seq) >= level
            )
    return Delivered(
        facts=Share(reached, sum(row.head_seq for row in own)),
        thumbnails=_share(groups[THUMBNAIL]),
        parts=_share(groups[PART]),
        packets=_share([all(found) for found in packets.values()]),
    )


def _share(found: list[bool]) -> Share:
    return Share(sum(found), len(found))


@dataclass(slots=True)
class Tally:
    """Counts what one book says, reading only what is new at each look."""

    journal: Journal
    kinds: Counter[str] = field(default_factory=Counter)
    recalled: dict[bytes, tuple[str, ...]] = field(default_factory=dict)
    """Recording → parts called back and not yet taken again."""
    status: dict[bytes, str] = field(default_factory=dict)
    """Recording → the centre's last word."""
    homes: Counter[bytes] = field(default_factory=Counter)
    """Office → cards ordered there."""
    _read: int = 0

    def look(self) -> Tally:
        """Take in what was added since the last look."""
        while events := self.journal.events(self._read, 5000):
            for event in events:
                self._take(event.fact)
            self._read = events[-1].position
        return self

    def _take(self, fact: Fact) -> None:
        self.kinds[type(fact).__name__] += 1
        match fact:
            case PartsRecalled(recording=recording, parts=parts):
                self.recalled[recording] = parts
            case RecordingCompleted(recording=recording):
                self.recalled.pop(recording, None)
            case CentreStatusSeen(recording=recording, status=status):
                self.status[recording] = status
            case PrintOrdered(home=home):
                self.homes[home] += 1
