"""The real disk: what `journal.ports.Disk` promises, done with the operating system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MODE = 0o600
"""Every file of a node is readable by its own account only."""


class RealDisk:
    """Files of this machine; what a durable call returned from survives a power cut."""

    def read(self, path: Path) -> bytes:
        """The whole file."""
        return path.read_bytes()

    def exists(self, path: Path) -> bool:
        """Whether a file stands at this path."""
        return path.exists()

    def size(self, path: Path) -> int:
        """Bytes in the file."""
        return path.stat().st_size

    def append_durable(self, path: Path, data: bytes) -> None:
        """Add to the end and flush; a write that fails half-way leaves the file as it was."""
        is_new = not path.exists()
        with _opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as fd:
            before = os.fstat(fd).st_size
            try:
                _write_all(fd, data)
                _flush(fd)
            except OSError:
                # On a full disk a half line would stand before the next good one.
                os.ftruncate(fd, before)
                raise
        if is_new:
            flush_folder(path.parent)

    def write_at_durable(self, path: Path, offset: int, data: bytes) -> None:
        """Overwrite in place and flush; where it fails the file is no longer than it was."""
        is_new = not path.exists()
        with _opened(path, os.O_WRONLY | os.O_CREAT) as fd:
            before = os.fstat(fd).st_size
            try:
                _write_all_at(fd, offset, data)
                _flush(fd)
            except OSError:
                # Half of it would be seen, and would be on no medium.
                os.ftruncate(fd, min(before, os.fstat(fd).st_size))
                raise
        if is_new:
            flush_folder(path.parent)

    def replace_durable(self, path: Path, data: bytes) -> None:
        """Put a whole new content; a reader sees the old one or the new one, never half."""
        _make_folder(path.parent)
        draft = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            with _opened(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
                _write_all(fd, data)
                os.fsync(fd)
            os.replace(draft, path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        flush_folder(path.parent)

    def read_at(self, path: Path, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`."""
        with _opened(path, os.O_RDONLY) as fd:
            return os.pread(fd, count, offset)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Overwrite in place, not yet flushed."""
        _make_folder(path.parent)
        with _opened(path, os.O_WRONLY | os.O_CREAT) as fd:
            _write_all_at(fd, offset, data)

    def flush(self, path: Path) -> None:
        """Flush what anyone has written into the file, through whatever descriptor."""
        with _opened(path, os.O_RDONLY) as fd:
            _flush(fd)

    def reread(self, path: Path) -> None:
        """Let the system forget what it remembers of a file and has written, or thinks so."""
        with _opened(path, os.O_RDONLY) as fd:
            _forget(fd)

    def rename_durable(self, source: Path, target: Path) -> None:
        """Flush the source, move it to its place and flush the folders."""
        _make_folder(target.parent)
        with _opened(source, os.O_RDONLY) as fd:
            _flush(fd)
            # Who reads it back reads the medium, not what this machine remembers of it.
            _forget(fd)
        os.replace(source, target)
        flush_folder(target.parent)
        if source.parent != target.parent:
            flush_folder(source.parent)

    def remove(self, path: Path) -> None:
        """Take the file away; no error if it is not there."""
        path.unlink(missing_ok=True)

    def list(self, folder: Path) -> list[str]:
        """The names in a folder, sorted; empty if it is not there."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    def free_bytes(self, folder: Path) -> int:
        """Bytes still free for this account on the folder's medium."""
        room = os.statvfs(folder)
        return room.f_bavail * room.f_frsize


def _make_folder(folder: Path) -> None:
    """The folders of blobs are made when the first blob lands in them, durably."""
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable: a new file is lost without this."""
    with _opened(folder, os.O_RDONLY | os.O_DIRECTORY) as fd:
        os.fsync(fd)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC, _MODE)
    try:
        yield fd
    finally:
        os.close(fd)


def _flush(fd: int) -> None:
    """Flush content and size; what could not be flushed is not shown any more."""
    try:
        os.fdatasync(fd)
    except OSError:
        _forget(fd)
        raise


def _forget(fd: int) -> None:
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _write_all_at(fd: int, offset: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        count = os.pwrite(fd, rest, offset)
        rest, offset = rest[count:], offset + count
