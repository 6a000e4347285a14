"""A new subject's key is written beside the book, and not flushed before its first entry.

The entry survives a power cut and its key does not: a receipt for something that nobody
can read. The same as a file whose name is safe and whose content is not (ext4, 2009).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.beside.keyring import Keyring
from sim.canaries.planting import rewritten

HARNESS = "power"


def plant() -> AbstractContextManager[None]:
    """The key is written and stays in the cache."""
    return rewritten(
        Keyring._make,
        ("self._ports.disk.write_at_durable(", "self._ports.disk.write_at("),
    )
