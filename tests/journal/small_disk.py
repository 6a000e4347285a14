"""A really full disk: a small tmpfs of the tests' own, where root may mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_MEGABYTE = 1024 * 1024


class SmallDisk:
    """A mounted file system of a few megabytes that can be filled and emptied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def free_bytes(self) -> int:
        """Bytes still free."""
        room = os.statvfs(self.folder)
        return room.f_bavail * room.f_frsize

    def fill(self, *, leave: int = 0) -> None:
        """Take all room but so many bytes; others may be writing at the same time."""
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            file.write(bytes(max(0, self.free_bytes() - leave)))

    def make_room(self) -> None:
        """Give the room back."""
        self._ballast.unlink()

    def remount(self, options: str) -> None:
        """Change how it is mounted, e.g. to read-only."""
        _mount("-o", f"remount,{options}", str(self.folder))


@contextmanager
def small_disk(folder: Path, megabytes: int = 4) -> Iterator[SmallDisk]:
    """Mount it, and take it away at the end; without the right to mount, skip."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes * _MEGABYTE}"
    try:
        _mount("-t", "tmpfs", "-o", size, "perahu-tests", str(folder))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs root to mount a small tmpfs (Debian package mount)")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=60)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, timeout=60, stderr=subprocess.DEVNULL)
