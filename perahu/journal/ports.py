"""What the journal is handed from outside: clock, randomness, disk and a lock.

Only `node/` makes the real ones; tests and simulators make others that fail in the ways
the real ones fail. Nothing below `node/` reads a clock, a disk or randomness by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

CLOCK_QUALITIES = ("rtc", "hub", "gps", "manual")
"""Where a wall time comes from; its index is what header field 6 holds."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A wall time as the node's clock shows it, its quality, and the site's local date."""

    wall_ms: int
    """Milliseconds since 1970-01-01 UTC."""
    quality: str
    today: date
    """The calendar date at the site (its own time zone), for every rule about age."""


class Clock(Protocol):
    """The node's clock."""

    def now(self) -> Instant:
        """The wall time; it may jump, be years wrong or stand still."""

    def monotonic_s(self) -> float:
        """Seconds that never go back, for timers only."""


Random = Callable[[int], bytes]
"""Give n unguessable bytes (os.urandom in a real node, seeded in a simulator)."""


class Disk(Protocol):
    """The few file operations the journal needs outside its database.

    Every method raises OSError as the operating system does (ENOSPC, EIO, EROFS). What
    returned is durable only where the docstring says so; what could not be made durable
    is not shown afterwards.
    """

    def read(self, path: Path) -> bytes:
        """The whole file. Raises FileNotFoundError."""

    def exists(self, path: Path) -> bool:
        """Whether a file stands at this path."""

    def size(self, path: Path) -> int:
        """Bytes in the file. Raises FileNotFoundError."""

    def append_durable(self, path: Path, data: bytes) -> None:
        """Add to the end of the file, made if it is not there, and flush it to the medium."""

    def write_at_durable(self, path: Path, offset: int, data: bytes) -> None:
        """Overwrite bytes in place (the file is made if it is not there) and flush."""

    def replace_durable(self, path: Path, data: bytes) -> None:
        """Put a whole new content: temporary file, flush, rename, flush of the folder."""

    def read_at(self, path: Path, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`."""

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """As write_at_durable, without the flush."""

    def flush(self, path: Path) -> None:
        """Flush to the medium what anyone has written into this file."""

    def reread(self, path: Path) -> None:
        """Show of this file what the medium has, and not what a failed flush left behind.

        After a flush that failed the system takes for written what it never wrote: it is
        seen until the power goes, and no later flush brings it to the medium.
        """

    def rename_durable(self, source: Path, target: Path) -> None:
        """Flush the source, move it to its place (same medium) and flush the folder."""

    def remove(self, path: Path) -> None:
        """Take the file away; no error if it is not there."""

    def list(self, folder: Path) -> list[str]:
        """The names in a folder, sorted; empty if it is not there."""

    def free_bytes(self, folder: Path) -> int:
        """Bytes still free on the folder's medium."""


Lock = Callable[[], AbstractContextManager[None]]
"""Makes the one-writer lock: across threads and processes of this node."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a journal is handed from outside."""

    clock: Clock
    random: Random
    disk: Disk
    lock: Lock
    flush_lock: Lock
    """A second lock like `lock`, held while something is flushed for all who wait."""
    key_lock: Lock
    """A third one, held while keys of new subjects are made."""
    thread: Callable[[], int]
    """The number of the running thread; a simulator without threads says 0."""
