"""Read tables on the same disk, written without a flush, as the real ones are.

One file: a head (position, checksum) and one short line for each event. A power cut leaves it
older than the book, newer or torn; what does not check is begun anew, as node/tables.py does.
The rooms' own tables are Django's and lie in real files: tests/node shows that they are made
anew from any book; here it is the journal that must bring any shelf to the book's head.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from perahu.journal.types import Event
from perahu.keys import cbor
from perahu.words import Refusal
from sim.disk import SimDisk

_SUM = 32
_BYTES_MAX = 1 << 20


class Shelf:
    """Implements `perahu.journal.types.Tables`."""

    def __init__(self, disk: SimDisk, path: Path) -> None:
        self._disk, self._path = disk, path
        self._at, self.lines = self._read()

    def _read(self) -> tuple[int, list[list[object]]]:
        try:
            raw = self._disk.read(self._path)
        except OSError:  # not there, or not to be read: made anew
            return 0, []
        size = int.from_bytes(raw[_SUM : _SUM + 4], "big")
        body = raw[_SUM + 4 : _SUM + 4 + size]
        if sha256(body).digest() != raw[:_SUM]:
            return 0, []
        try:
            position, lines = cbor.decode(body, _BYTES_MAX)
        except (Refusal, ValueError):
            return 0, []
        return int(position), list(lines)

    def _write(self) -> None:
        body = cbor.encode([self._at, self.lines])
        head = sha256(body).digest() + len(body).to_bytes(4, "big")
        self._disk.write_at(self._path, 0, head + body)

    def position(self) -> int:
        """How far it is true."""
        return self._at

    def belong_to(self, book: bytes) -> None:
        """One book only."""

    def rebuild(self) -> None:
        """Begin anew."""
        self._at, self.lines = 0, []
        self._write()

    def apply(
        self, events: Sequence[Event], position: int
    ) -> Sequence[tuple[Event, str]]:
        """Take a batch."""
        self.lines += [[e.position, e.h] for e in events]
        self._at = max(self._at, position)
        self._write()
        return []
