"""What a medium holds of one file, and what of it is left when the power goes.

A process reads `data`. The medium holds `durable`. What was written and not flushed stands
in `pending`, in order, and at a power cut each piece of it meets a fate:

- KEEP: everything had reached the medium by itself. DROP: nothing had.
- TEAR: each piece was kept, lost or torn: its first bytes, some of its sectors of 512
  bytes, or its room with nothing in it (the size was written, the content was not).
- MISDIRECT: as TEAR, but one piece lies where another unflushed one should lie, or
  behind the end.

What was flushed stays, and bytes beside a write stay too (power-safe overwrite, which
SQLite and our fence count on). A medium that ruins more than that is `SimDisk.rot`.
"""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import NamedTuple

SECTOR_BYTES = 512


class Fate(Enum):
    """What becomes of what was not flushed."""

    KEEP = "keep"
    DROP = "drop"
    TEAR = "tear"
    MISDIRECT = "misdirect"


class Change(NamedTuple):
    """One write; or, without data, a new size."""

    at: int
    data: bytes | None


class SimFile:
    """One file: its bytes now, its bytes on the medium, and the way between."""

    __slots__ = ("data", "durable", "holder", "pending")

    def __init__(self, content: bytes = b"") -> None:
        self.data, self.durable = bytearray(content), bytearray(content)
        self.pending: list[Change] = []
        self.holder: object | None = None
        """Which open handle holds its lock (sim/vfs.py)."""

    def write(self, at: int, data: bytes) -> None:
        """Seen by every process at once, and not on the medium yet."""
        apply(self.data, Change(at, data))
        self.pending.append(Change(at, data))

    def truncate(self, size: int) -> None:
        """Give the file another size."""
        apply(self.data, Change(size, None))
        self.pending.append(Change(size, None))

    def flush(self) -> None:
        """Bring to the medium what is pending."""
        for change in self.pending:
            apply(self.durable, change)
        self.pending.clear()

    def forget(self) -> None:
        """A flush failed: the system thinks it clean, and will never write it again."""
        self.pending.clear()

    def copy(self) -> SimFile:
        """The same file in another world."""
        made = SimFile()
        made.data[:], made.durable[:] = self.data, self.durable
        made.pending = list(self.pending)
        return made

    def after_cut(self, fate: Fate, rng: Random) -> SimFile:
        """The file as the machine finds it when it starts again."""
        left = bytearray(self.durable)
        for change in survivors(self.pending, fate, rng, len(self.data)):
            apply(left, change)
        return SimFile(bytes(left))


def apply(content: bytearray, change: Change) -> None:
    """Change bytes in place; a hole is filled with zeros."""
    at, data = change
    if data is None:
        if at < len(content):
            del content[at:]
        else:
            content.extend(bytes(at - len(content)))
        return
    if at > len(content):
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data


def survivors(pending: list[Change], fate: Fate, rng: Random, end: int) -> list[Change]:
    """What of the pending changes reached the medium, and where it lies."""
    if fate is Fate.KEEP:
        return pending
    if fate is Fate.DROP or not pending:
        return []
    found = list(pending)
    torn = rng.randrange(len(found))
    if fate is Fate.MISDIRECT:
        found[torn] = _misdirected(found, torn, rng, end)
    else:
        found[torn] = _torn(found[torn], rng)
    # Everything before the torn piece, or any of them in any company.
    if rng.random() < 0.4:
        return found[: torn + 1]
    share = rng.random()
    return [c for i, c in enumerate(found) if i == torn or rng.random() < share]


def _torn(change: Change, rng: Random) -> Change:
    at, data = change
    if data is None or not data:
        return change
    way = rng.randrange(3)
    if way == 0:
        return Change(at, data[: rng.randrange(len(data))])
    if way == 1:
        return Change(at, bytes(len(data)))
    # Some sectors of it: the last one that came decides how far the file reaches.
    kept = bytearray(data)
    for start in range(0, len(data), SECTOR_BYTES):
        if rng.random() < 0.5:
            piece = kept[start : start + SECTOR_BYTES]
            kept[start : start + SECTOR_BYTES] = bytes(len(piece))
    return Change(at, bytes(kept))


def _misdirected(pending: list[Change], which: int, rng: Random, end: int) -> Change:
    change = pending[which]
    if change.data is None:
        return change
    places = [c.at for c in pending if c.data is not None and c.at != change.at]
    return Change(rng.choice([*places, end]), change.data)
