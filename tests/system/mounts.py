"""A small disk of a test's own: a tmpfs, which can be full or read-only like a real one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of this size at a new folder; gone after the `with`.

    Skips where this account may not mount one.
    """
    folder.mkdir()
    if not _mount("-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)):
        pytest.skip("needs root, who may mount a tmpfs (Debian package mount)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def make_read_only(folder: Path) -> None:
    """From here on nothing can be written there, not even by root."""
    assert _mount("-o", "remount,ro", str(folder))


def fill(folder: Path, *, leave_bytes: int = 0) -> Path:
    """A file that takes all the room but this; taking it away makes room again."""
    ballast = folder / "ballast"
    room = os.statvfs(folder)
    size = max(0, room.f_bavail * room.f_frsize - leave_bytes)
    with ballast.open("wb") as file:
        try:
            while size > 0:
                size -= file.write(bytes(min(size, 1 << 20)))
                file.flush()
        except OSError:
            pass
    return ballast


def _mount(*words: str) -> bool:
    try:
        done = subprocess.run(["mount", *words], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0
