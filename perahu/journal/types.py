"""The nouns of the journal that every room uses: ask, draft, event, receipt, level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from hashlib import sha256
from typing import Protocol

from perahu.journal.ports import Instant
from perahu.kinds import Fact
from perahu.words import Words

THUMBNAIL, PHOTO, PART, SCAN = 1, 2, 3, 4
"""Blob classes, in the order they travel: after lanes 0 and 1; lane 2 goes before scans."""

COMMON = b"H0"
"""The audience of the hub's common journal; b"" is a node's own journal; else a node id."""


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A blob cited by an entry's header: hash and size of the ciphertext, and its class."""

    sha256: bytes
    size: int
    blob_class: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks for an action, when, under an id the asker made when the form opened.

    Asking twice with one `op_id` is asking once. `officer` is the operator's 8-byte id,
    or b"" where the node itself acts (its loops).
    """

    op_id: bytes
    officer: bytes
    at: Instant

    def step(self, name: str) -> Ask:
        """The same ask under an id of its own, for an action that appends in steps.

        The id follows from this one and the step's name, so a repeated action repeats it.
        """
        op_id = sha256(self.op_id + name.encode()).digest()[:16]
        return replace(self, op_id=op_id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact on its way into the journal, with the blobs it cites and who shall hear of it."""

    fact: Fact
    blobs: tuple[BlobRef, ...] = ()
    audience: bytes = b""


@dataclass(frozen=True, slots=True)
class Event:
    """A fact out of the journal, verified and allowed, as `reads.apply` gets it."""

    position: int
    """The place in this book, in order of arrival; differs from node to node."""
    journal: bytes
    seq: int
    h: bytes
    node: bytes
    """The id of the node that states it."""
    audience: bytes
    lane: int
    lamport: int
    wall_ms: int
    quality: str
    op_id: bytes
    officer: bytes
    blobs: tuple[BlobRef, ...]
    fact: Fact
    epoch: int = 1
    """That of the author's journal: what a node says in a later one, it says later."""

    @property
    def order(self) -> tuple[int, bytes, int]:
        """The one order of facts that is the same on every node: (lamport, journal, seq)."""
        return (self.lamport, self.journal, self.seq)


class Level(IntEnum):
    """How safe a fact is (design.md 4); the hub's decision stands beside it, in `cases`."""

    RECORDED = 0
    RECEIVED = 1
    SAFE = 2

    @property
    def words(self) -> Words:
        """The word of screens and papers."""
        return _LEVEL_WORDS[self.value]


_LEVEL_WORDS = (
    Words("tercatat", "recorded"),
    Words("diterima", "received"),
    Words("aman", "safe"),
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that an action stands in this book: its last entry and how safe all of it is."""

    journal: bytes
    seq: int
    h: bytes
    op_id: bytes
    level: Level
    mirrored: bool
    """False where the second medium was missing; the screen must say so."""


def settle(receipt: Receipt, *, mirrored: bool) -> None:
    """Say on a receipt what the flush showed, before anybody outside has it in hand."""
    object.__setattr__(receipt, "mirrored", mirrored)


Projector = Callable[[Sequence[Event]], Sequence[tuple[Event, str]]]
"""Puts a batch of events into the tables; gives back those it could not, with the reason."""


class Tables(Protocol):
    """The read tables as the journal sees them: how far they are, and how to bring them on."""

    def position(self) -> int:
        """The book position up to which the tables are true."""

    def rebuild(self) -> None:
        """Begin anew at position 0."""

    def belong_to(self, book: bytes) -> None:
        """Begin anew unless this is the book they were made from: positions are its own."""

    def apply(
        self, events: Sequence[Event], position: int
    ) -> Sequence[tuple[Event, str]]:
        """Project a batch and note the new position, in one transaction.

        Gives back the events it could not project, each with the reason; they are parked.
        """
