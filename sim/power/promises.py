"""What a node promised to somebody, and whether its book still keeps it.

A promise is made in the moment a call of the journal returns; from then on no power cut may
take it. What is checked besides, after every start: the book is sound, every action is there
whole or not at all, and the ledger of stock balances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from perahu.cards.facts import (
    StockArrived,
    StockCounted,
    StockReceived,
    StockSent,
    StockSpoiled,
)
from perahu.cards.rules_stock import movement_of
from perahu.journal.entry import Header, decode_known_header
from perahu.journal.journal import Journal
from perahu.journal.types import BlobRef, Level
from sim.disk import SimDisk

_STOCK = {
    one.KIND.type
    for one in (StockArrived, StockCounted, StockReceived, StockSent, StockSpoiled)
}


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the book."""

    own: bool
    node: bytes
    header: Header
    raw: bytes
    salt: bytes | None
    cipher: bytes | None
    h: bytes


class Seen:
    """An open book and its disk; the entries are read once for all promises."""

    def __init__(self, journal: Journal, disk: SimDisk) -> None:
        self.journal, self.disk = journal, disk
        rows = journal._book.store.rows(
            "SELECT j.id, e.seq, j.own, j.node, e.header, e.salt, e.body, e.h "
            "FROM entries e JOIN journals j ON j.number = e.journal"
        )
        self.entries = {
            (bytes(at), seq): Stored(
                bool(own), node, decode_known_header(raw), raw, salt, cipher, h
            )
            for at, seq, own, node, raw, salt, cipher, h in rows
        }

    def body(self, stored: Stored) -> bytes | None:
        """The body in the clear; None where it was erased."""
        if stored.cipher is None:
            return None
        return self.journal._book.unseal(stored.header, stored.cipher, stored.h)


class Promise(Protocol):
    """Something a person or a peer was told."""

    def broken(self, seen: Seen) -> str:
        """What is wrong with it, in words; empty where it is kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry is there, byte for byte; erased by law is not lost."""

    journal: bytes
    seq: int
    header: bytes
    salt: bytes | None
    body: bytes | None
    h: bytes
    level: Level = Level.RECORDED
    may_be_erased: bool = False

    def broken(self, seen: Seen) -> str:
        """Header, salt, body and hash, and no lower level than was shown."""
        place = f"{self.journal.hex()[:8]}/{self.seq}"
        found = seen.entries.get((self.journal, self.seq))
        if found is None:
            return f"{place} is gone"
        if (found.raw, found.h) != (self.header, self.h):
            return f"{place} is another entry"
        body = seen.body(found)
        is_erased = self.may_be_erased and body is None
        if not is_erased and (found.salt, body) != (self.salt, self.body):
            return f"{place} has another body"
        if self.level is not Level.RECORDED and self._has_fallen(seen):
            return f"{place} stands at a lower level"
        return ""

    def _has_fallen(self, seen: Seen) -> bool:
        return seen.journal.level_of(self.journal, self.seq) < self.level


def kept_now(seen: Seen, journal: bytes, seq: int) -> Kept:
    """The promise of an entry as it can be read now."""
    found = seen.entries[journal, seq]
    level = seen.journal.level_of(journal, seq)
    body = seen.body(found)
    return Kept(journal, seq, found.raw, found.salt, body, found.h, level)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A peer may have been sent this far: it is never taken back."""

    journal: bytes
    seq: int

    def broken(self, seen: Seen) -> str:
        """The seal is there."""
        row = seen.journal.journal(self.journal)
        kept = row is not None and row.sealed_seq >= self.seq
        return "" if kept else f"the seal of {self.journal.hex()[:8]} is gone"


@dataclass(frozen=True, slots=True)
class Whole:
    """A blob lies here undamaged."""

    ref: BlobRef

    def broken(self, seen: Seen) -> str:
        """It can be read, and its hash checks."""
        kept = seen.journal.blobs.is_whole(self.ref.sha256)
        return "" if kept else f"blob {self.ref.sha256.hex()[:8]} is gone"


@dataclass(frozen=True, slots=True)
class Noted:
    """A value of `local` (a PIN verifier, a halt, a draft of a form)."""

    space: str
    name: bytes
    value: bytes | None

    def broken(self, seen: Seen) -> str:
        """It has this value."""
        kept = seen.journal.local.get(self.space, self.name) == self.value
        return "" if kept else f"local {self.space}/{self.name!r} is another"


@dataclass(frozen=True, slots=True)
class Erased:
    """A subject was erased by law: no key, no body, and no way back."""

    subject: bytes
    wrapped: bytes
    """The key's record as it lay in the keyring."""

    def broken(self, seen: Seen) -> str:
        """In no book, in no keyring, here or on the mirror."""
        disk = seen.disk
        if seen.journal._book.keyring.get(self.subject) is not None:
            return "an erased key is back"
        for name in disk.paths():
            if name.endswith("keyring") and self.wrapped in disk.read(Path(name)):
                return f"an erased key lies in {name}"
        return ""


@dataclass(frozen=True, slots=True)
class Written:
    """A file lies on a stick as its writer read it back."""

    path: Path
    digest: bytes

    def broken(self, seen: Seen) -> str:
        """The same bytes."""
        if not seen.disk.exists(self.path):
            return f"{self.path} is gone"
        same = sha256(seen.disk.read(self.path)).digest() == self.digest
        return "" if same else f"{self.path} holds something else"


@dataclass(frozen=True, slots=True)
class Mirrored:
    """An entry lies on the second medium."""

    h: bytes

    def broken(self, seen: Seen) -> str:
        """The mirror's own reader finds it."""
        journal = seen.journal
        node, mirror = journal.node_id, journal._mirror
        for epoch in range(1, journal.epoch + 1):
            if any(one.h == self.h for one in mirror.read(node, epoch)):
                return ""
        return f"{self.h.hex()[:8]} is not on the mirror"


@dataclass(frozen=True, slots=True)
class Epoch:
    """The node left its old journals, and printing waits."""

    number: int
    halt: bytes

    def broken(self, seen: Seen) -> str:
        """It never goes back, and never forgets to count the stock."""
        journal = seen.journal
        if journal.epoch < self.number:
            return f"epoch {journal.epoch} after {self.number} was opened"
        return "" if self.halt in journal.halts() else "the halt is forgotten"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a start found: promises broken, and what else is wrong."""

    lost: tuple[str, ...] = ()
    corrupt: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing corrupt."""
        return not (self.lost or self.corrupt)


def judge(
    journal: Journal,
    disk: SimDisk,
    promises: Sequence[Promise],
    asked: Mapping[bytes, int],
) -> Verdict:
    """Everything that must hold of an open book."""
    report = journal.verify()
    seen = Seen(journal, disk)
    corrupt = [fault.en for fault in report.faults]
    corrupt += _pages(journal) + _halves(seen, asked) + _ledger(seen)
    lost = [said for one in promises if (said := one.broken(seen))]
    return Verdict(tuple(lost), tuple(corrupt))


def _pages(journal: Journal) -> list[str]:
    """What SQLite says of its own file: every page, also those of no entry."""
    said = journal._book.store.rows("PRAGMA integrity_check(1)")
    return [] if said == [("ok",)] else [str(row[0]) for row in said]


def _halves(seen: Seen, asked: Mapping[bytes, int]) -> list[str]:
    """An action whose facts are not all there, or there twice."""
    found = Counter(e.header.op_id for e in seen.entries.values() if e.own)
    return [
        f"{count} facts of an action of {asked.get(op_id, 0)}"
        for op_id, count in found.items()
        if count != asked.get(op_id)
    ]


def _ledger(seen: Seen) -> list[str]:
    """Every account of stock together is zero, and no office has less than nothing."""
    accounts: Counter[str] = Counter()
    for one in seen.entries.values():
        body = seen.body(one) if one.header.fact_type in _STOCK else None
        if body is None:
            continue
        head = one.header
        fact = seen.journal._book.registry.decode(
            head.fact_type, head.version, body, head.subjects
        )
        moved = movement_of(fact, one.node)
        if moved is not None:
            accounts[moved.source] -= moved.count
            accounts[moved.target] += moved.count
    wrong = [
        f"{name} has {count}"
        for name, count in accounts.items()
        if count < 0 and name.startswith(("office:", "transit:"))
    ]
    return wrong + ([] if accounts.total() == 0 else ["the ledger's sum is not zero"])
