"""Files of a post bag, moved a piece at a time: they may be as big as a trip's captures."""

from __future__ import annotations

import hashlib
from pathlib import Path

from perahu.journal.ports import Disk
from perahu.sync.limits import COURIER_BUFFER_BYTES
from perahu.sync.postbag.label import Read


def reader(disk: Disk, path: Path) -> Read:
    """Reads pieces of one file."""

    def read(offset: int, count: int) -> bytes:
        return disk.read_at(path, offset, count)

    return read


def hash_of(disk: Disk, path: Path) -> bytes:
    """SHA-256 of a whole file."""
    found, at = hashlib.sha256(), 0
    while piece := disk.read_at(path, at, COURIER_BUFFER_BYTES):
        found.update(piece)
        at += len(piece)
    return found.digest()


def copy(disk: Disk, source: Path, target: Path, size: int) -> None:
    """Copy so many bytes; not flushed."""
    disk.remove(target)
    at = 0
    while at < size:
        piece = disk.read_at(source, at, min(COURIER_BUFFER_BYTES, size - at))
        if not piece:
            raise OSError("the file became shorter while it was copied")
        disk.write_at(target, at, piece)
        at += len(piece)
