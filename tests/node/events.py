"""Events out of a journal, for tests that need no journal."""

from __future__ import annotations

from perahu.journal.types import Event
from perahu.keys.facts import CentreSeen


def make_event(position: int, *, op_id: bytes = b"") -> Event:
    """An event at this place in the book."""
    return Event(
        position=position,
        journal=bytes(16),
        seq=position,
        h=bytes(32),
        node=bytes(16),
        audience=b"",
        lane=0,
        lamport=position,
        wall_ms=0,
        quality="rtc",
        op_id=op_id,
        officer=b"",
        blobs=(),
        fact=CentreSeen(at_ms=position),
    )
