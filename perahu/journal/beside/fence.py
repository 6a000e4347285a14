"""The fence: how far this node's own journals went, remembered outside the book.

A book restored from a backup, or a disk cloned, shows less than the fence: then the old
journals are never continued (journal-format, "Fence and epochs"; borg keeps the same kind
of anchor outside its repository). Two slots of 128 bytes take turns, so a torn write
leaves the other one whole.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from perahu.journal.ports import Disk

_SLOT = 128
_FORM = struct.Struct(">4sIQ16sQ32s")
_MAGIC = b"PRHF"


@dataclass(frozen=True, slots=True)
class Mark:
    """The last own entry that was promised: `count` is the number of own entries so far."""

    epoch: int
    count: int
    journal: bytes
    seq: int
    h: bytes

    @property
    def order(self) -> tuple[int, int]:
        """Which of two marks is the later one."""
        return (self.epoch, self.count)


class Fence:
    """Reads and moves the mark; only ever forward."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path, self._disk = path, disk

    def read(self) -> Mark | None:
        """The newest whole slot, or None where no entry was ever promised."""
        found = [mark for mark in self._slots() if mark is not None]
        return max(found, key=_order, default=None)

    def _slots(self) -> tuple[Mark | None, Mark | None]:
        if not self._disk.exists(self._path):
            return None, None
        raw = self._disk.read_at(self._path, 0, 2 * _SLOT)
        return _decode(raw[:_SLOT]), _decode(raw[_SLOT:])

    def prepare(self) -> None:
        """Take the room on the disk once, so that a full disk never stops a promise."""
        if not self._disk.exists(self._path):
            self._disk.write_at_durable(self._path, 0, bytes(2 * _SLOT))

    def move(self, mark: Mark) -> None:
        """Promise one more entry: into the slot that the last mark does not stand in."""
        first, second = self._slots()
        slot_number = int(_order(first) > _order(second))
        body = _FORM.pack(
            _MAGIC, mark.epoch, mark.count, mark.journal, mark.seq, mark.h
        )
        slot = body.ljust(_SLOT - 4, b"\0")
        slot += crc32(slot).to_bytes(4, "big")
        self._disk.write_at_durable(self._path, slot_number * _SLOT, slot)


def _order(mark: Mark | None) -> tuple[int, int]:
    return mark.order if mark else (0, 0)


def _decode(slot: bytes) -> Mark | None:
    if len(slot) != _SLOT or crc32(slot[:-4]) != int.from_bytes(slot[-4:], "big"):
        return None
    magic, epoch, count, journal, seq, h = _FORM.unpack_from(slot)
    return Mark(epoch, count, journal, seq, h) if magic == _MAGIC else None
