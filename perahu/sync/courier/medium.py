"""Reading a file from a medium that may fail: round a bad sector, and no further than it."""

from __future__ import annotations

import errno
from pathlib import Path

from perahu.journal.ports import Disk
from perahu.sync import limits

_GONE = frozenset((errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ESTALE, errno.EBADF))
"""The stick was pulled out: reading on at other places would find nothing."""
_SQUARE = limits.COURIER_SQUARE_BYTES


class Medium:
    """One file; what cannot be read is zeros, and counted."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk, self._path = disk, path
        self.size = disk.size(path)
        self.bad_squares = 0

    def read(self, at: int, count: int) -> bytes:
        """Up to `count` bytes, fewer at the end of the file.

        Raises OSError where the file is gone, or so much of it that it is as good as gone.
        """
        count = max(0, min(count, self.size - at))
        try:
            return self._disk.read_at(self._path, at, count)
        except OSError as error:
            self._check_there(error)
        # Sector by sector: squares as they lie on the medium.
        found, end = bytearray(), at + count
        while at < end:
            piece = min(_SQUARE - at % _SQUARE, end - at)
            found += self._square(at, piece)
            at += piece
        return bytes(found)

    def _square(self, at: int, count: int) -> bytes:
        try:
            found = self._disk.read_at(self._path, at, count)
        except OSError as error:
            self._check_there(error)
            self.bad_squares += 1
            if self.bad_squares > limits.COURIER_BAD_SQUARES_MAX:
                raise
            found = b""
        return found.ljust(count, b"\0")

    def _check_there(self, error: OSError) -> None:
        if error.errno in _GONE:
            raise error
