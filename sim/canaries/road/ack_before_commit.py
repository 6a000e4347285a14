"""A segment is acknowledged while it still lies in the cache of the hub's machine.

The office lets go of what it thinks is safe elsewhere. Redis, with its file flushed once a
second, and Kafka, flushed by the system when it likes, do it on purpose.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.receiver import Receiver
from sim.canaries.planting import rewritten

HARNESS = "power"


def plant() -> AbstractContextManager[None]:
    """It is committed, and not flushed, before the ack goes out."""
    return rewritten(
        Receiver._store,
        (
            "        with self._book.store.transaction():\n",
            "        with self._book.store.staged():\n",
        ),
    )
