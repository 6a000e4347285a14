"""What the pages of sending and of the courier need of the node: its road and its sticks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from perahu.journal.types import Ask
from perahu.words import Words


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of contact with one node."""

    from_ms: int
    contacts: int
    failures: int
    sent_bytes: int
    received_bytes: int
    busy_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassState:
    """One class of the road in the exchange that runs now, or waiting for one."""

    name: str
    waiting: int
    """Entries or blobs that the parent has not acknowledged yet."""
    done: int = 0
    """Of this exchange: acknowledged."""
    queued: int = 0
    """Of this exchange: all that it set out to bring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadState:
    """How sending goes at this moment."""

    parent: str
    """The name of the node above; "" where there is none."""
    is_running: bool
    classes: tuple[ClassState, ...]
    waiting_bytes: int
    branch: Words | None = None
    """What will never be sent, and what to do about it; None where there is nothing."""
    sent_bytes: int = 0
    received_bytes: int = 0
    rate_bytes_s: float = 0.0
    left_s: int | None = None
    """Seconds left at this rate, or at that of the last contact; None unknown."""
    trouble: tuple[Words, ...] = ()
    last_ms: int = 0
    """When an exchange last ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stick:
    """A folder on something plugged in."""

    name: str
    path: str
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A courier file that was written here, as its custody slip names it."""

    file: str
    to: str
    check_words: str
    entries: int
    blobs: int
    size_bytes: int
    at_ms: int
    by: str
    """Name of the officer who had it written."""
    on: str = ""
    """The stick it lies on; "" where it waits here to be fetched by a browser."""
    number: int = 0
    """Of the files written for that node."""
    to_id: bytes = b""
    part: int = 1
    parts: int = 1
    """Parts of the file; each is carried and read by itself."""
    is_acked: bool | None = None
    """Whether that node acknowledged all that it held; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A courier file that was reported lost, or found again."""

    file: str
    sender: str
    """The node that wrote it."""
    is_ours: bool
    to: str
    check_words: str
    written_ms: int
    reason: str
    found: bool
    said_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One class in a file that is being read."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierRun:
    """A courier file being written or read, or how the last one ended."""

    kind: str
    """"export" or "import"."""
    is_running: bool
    done_bytes: int = 0
    whole_bytes: int = 0
    """0 while it is not known."""
    file: str = ""
    """The one that is being read."""
    sender: str = ""
    carries: tuple[Load, ...] = ()
    """What it says it carries."""
    says: tuple[Words, ...] = ()
    """How it ended, one sentence a file."""
    trouble: Words | None = None
    refused: tuple[tuple[str, Words], ...] = ()
    """Files that could not be used, and why; the others were."""
    letters: tuple[str, ...] = ()
    """Files written, by name: an export's, or an import's answers."""

    @property
    def percent(self) -> int | None:
        """How far a file is read; None while that is not known."""
        if self.kind != "import" or not self.whole_bytes:
            return None
        return min(100, 100 * self.done_bytes // self.whole_bytes)


class Post(Protocol):
    """The road and the sticks of this node."""

    def road(self) -> RoadState:
        """How sending goes."""

    def hours(self) -> list[tuple[str, list[Hour]]]:
        """Each node we were in contact with, and its hours of the last week."""

    def sticks(self) -> list[Stick]:
        """What is plugged in and can be written."""

    def addressees(self) -> list[tuple[bytes, str]]:
        """Nodes that a courier file can be written for, the usual one first."""

    def begin_export(self, to: bytes, stick: str, by: str) -> None:
        """Start writing; `stick` is a path of `sticks`, or "" to fetch it by browser.

        Raises Refusal "courier_busy", "no_stick", "unknown_node".
        """

    def begin_import(self, name: str, pieces: Iterable[bytes], by: str) -> None:
        """Take a file that a browser sent. Raises Refusal "courier_busy", "too_big"."""

    def begin_import_from(self, stick: str, by: str) -> None:
        """Read what is for us on a stick, and write the answers there."""

    def run(self) -> CourierRun | None:
        """The run of now or the last one; None before the first."""

    def letters(self) -> list[Letter]:
        """What was written here lately, newest first."""

    def letter(self, file: str) -> Letter:
        """One of them. Raises Refusal "no_letter"."""

    def content(self, file: str) -> Iterable[bytes]:
        """The bytes of a letter that waits to be fetched. Raises Refusal "no_letter"."""

    def lost(self) -> list[Lost]:
        """Files reported lost or found again that this node knows of, newest first."""

    def report_lost(self, ask: Ask, file: str, reason: str, *, found: bool) -> None:
        """State that a letter was lost or found. Raises Refusal "no_letter", "no_reason"."""
