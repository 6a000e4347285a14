"""The disk of a simulated node: real files in memory, and a process that can die at any call.

`FolderDisk` is the production disk over a folder (in /dev/shm), so every byte goes the way
it goes in an office; and each call is a place where the process may end, the medium be full
or a stick fail. What a death leaves is what stood in the files at that moment: `Mortal`
takes the picture of the databases before anything can clean up behind it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from perahu.node.disk import RealDisk


class Died(BaseException):
    """The process is gone: nobody below may catch this and go on."""


class Mortal:
    """Counts what a process asks of its machine, and lets it die at the n-th call."""

    def __init__(self, at_death: Callable[[], None]) -> None:
        self.calls = 0
        self.dies_at = 0
        self.is_dead = False
        self._at_death = at_death

    def breathe(self) -> None:
        """One call; the last one does not come back, nor does any after it."""
        self.calls += 1
        if self.is_dead:
            raise Died
        if self.dies_at and self.calls >= self.dies_at:
            self.is_dead = True
            self._at_death()
            raise Died


class OneLock:
    """The lock of a node that has one process and no thread: it only must not nest."""

    def __init__(self, mortal: Mortal) -> None:
        self._mortal, self._is_held = mortal, False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold it."""
        self._mortal.breathe()
        assert not self._is_held, "the lock does not nest"
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False


class FolderDisk(RealDisk):
    """The real disk, and its bad days."""

    def __init__(self, mortal: Mortal, stick: Path) -> None:
        self.mortal, self._stick = mortal, f"{stick}{os.sep}"
        self.is_full = False
        """Nothing more can be written beside the databases."""
        self.stick_room: int | None = None
        """Bytes a file on a stick may have; what a counterfeit one has."""
        self.stick_pulled_after: int | None = None
        """Calls after which the stick is out of its socket."""
        self.stick_bad: set[int] = set()
        """Blocks of 4,096 bytes of whatever file on a stick that cannot be read."""
        self.hits = 0
        """How often one of these struck."""

    def _writes(self, path: Path, end: int = 0) -> None:
        self.mortal.breathe()
        if self._is_on_stick(path):
            self._touches_stick()
            if self.stick_room is not None and end > self.stick_room:
                self._fails(errno.ENOSPC)
        elif self.is_full:
            self._fails(errno.ENOSPC)

    def _is_on_stick(self, path: Path) -> bool:
        return os.fspath(path).startswith(self._stick)

    def _touches_stick(self) -> None:
        if self.stick_pulled_after is None:
            return
        self.stick_pulled_after -= 1
        if self.stick_pulled_after < 0:
            self._fails(errno.ENODEV)

    def _fails(self, number: int) -> None:
        self.hits += 1
        raise OSError(number, os.strerror(number))

    def append_durable(self, path: Path, data: bytes) -> None:
        """As the real one."""
        self._writes(path)
        super().append_durable(path, data)

    def write_at_durable(self, path: Path, offset: int, data: bytes) -> None:
        """As the real one."""
        self._writes(path, offset + len(data))
        super().write_at_durable(path, offset, data)

    def replace_durable(self, path: Path, data: bytes) -> None:
        """As the real one."""
        self._writes(path, len(data))
        super().replace_durable(path, data)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """As the real one."""
        self._writes(path, offset + len(data))
        super().write_at(path, offset, data)

    def flush(self, path: Path) -> None:
        """Memory needs no flush; the process may end here all the same."""
        self.mortal.breathe()
        if self._is_on_stick(path):
            self._touches_stick()

    def rename_durable(self, source: Path, target: Path) -> None:
        """As the real one."""
        self._writes(target)
        super().rename_durable(source, target)

    def read_at(self, path: Path, offset: int, count: int) -> bytes:
        """What lies there, if it can be read."""
        if self._is_on_stick(path):
            self._touches_stick()
            last = (offset + max(1, count) - 1) // 4096
            if self.stick_bad and any(
                block in self.stick_bad for block in range(offset // 4096, last + 1)
            ):
                self._fails(errno.EIO)
        return super().read_at(path, offset, count)

    def remove(self, path: Path) -> None:
        """As the real one."""
        self.mortal.breathe()
        super().remove(path)

    def fails_no_more(self) -> None:
        """Another stick, and room on the disk."""
        self.is_full, self.stick_room, self.stick_pulled_after = False, None, None
        self.stick_bad = set()
