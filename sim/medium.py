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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import NamedTuple, TypeVar

_T = TypeVar("_T")
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
        self.data, self.durable = bytearray(content), content
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
        if self.pending:
            self.durable = _with(self.durable, self.pending)
            self.pending = []

    def forget(self) -> None:
        """A flush failed: the system thinks it clean, and will never write it again."""
        self.pending = []

    def reread(self) -> None:
        """What the system remembers and never wrote is no longer shown."""
        self.data[:] = _with(self.durable, self.pending)

    def copy(self) -> SimFile:
        """The same file in another world."""
        made = SimFile(self.durable)
        made.data[:] = self.data
        made.pending = list(self.pending)
        return made

    def still(self) -> Still:
        """What the medium holds at this moment, and what is on its way."""
        return Still(self.durable, tuple(self.pending), len(self.data))


class Still(NamedTuple):
    """A file at the moment of a power cut."""

    durable: bytes
    pending: tuple[Change, ...]
    end: int
    """How long the file was for its processes."""

    def after(self, fate: Fate, rng: Random) -> SimFile:
        """The file as the machine finds it when it starts again."""
        kept = survivors(self.pending, fate, rng, self.end)
        return SimFile(_with(self.durable, kept))


def _with(content: bytes, changes: Sequence[Change]) -> bytes:
    if not changes:
        return content
    made = bytearray(content)
    for change in changes:
        apply(made, change)
    return bytes(made)


@dataclass(frozen=True, slots=True)
class Stillness:
    """A disk at the moment of a power cut, before it is decided what is left."""

    durable: Mapping[str, Still]
    entries: tuple[Mapping[str, Still | None], ...]
    """Changes of names that were not flushed, in order."""
    folders: frozenset[str]

    def after(self, rng: Random, fate: Fate | None = None) -> dict[str, SimFile]:
        """The files as the machine finds them."""
        names = dict(self.durable)
        for entry in self._surviving(rng, fate):
            rename_in(names, entry)
        fates = list(Fate)
        return {
            name: still.after(fate or rng.choice(fates), rng)
            for name, still in sorted(names.items())
        }

    def _surviving(
        self, rng: Random, fate: Fate | None
    ) -> tuple[Mapping[str, Still | None], ...]:
        """A file system keeps its changes of names in order: the first so many."""
        if fate is Fate.KEEP:
            return self.entries
        if fate is Fate.DROP:
            return ()
        return self.entries[: rng.randrange(len(self.entries) + 1)]


def rename_in(names: dict[str, _T], changed: Mapping[str, _T | None]) -> None:
    """Let each name stand for another file, or for none."""
    for name, file in changed.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


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


def survivors(
    pending: Sequence[Change], fate: Fate, rng: Random, end: int
) -> Sequence[Change]:
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
