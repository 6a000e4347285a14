"""A blob is named and acknowledged before its last chunk is on the disk.

Written, renamed, and empty after the power cut: ext4 of 2009 with every program that did
not flush before the rename (Ubuntu bug 317781).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.beside.blobs import Blobs
from sim.canaries.planting import rewritten

HARNESS = "power"


def plant() -> AbstractContextManager[None]:
    """The whole blob is there, in memory."""
    return rewritten(
        Blobs._complete,
        (
            "self._disk.rename_durable(path, self._path(ref.sha256))",
            "self._disk.write_at(self._path(ref.sha256), 0, self._disk.read(path))",
        ),
    )
