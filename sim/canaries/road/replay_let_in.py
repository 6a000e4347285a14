"""A HELLO that was heard before is heard again.

Whoever recorded a session can hold it once more. KRACK (2017) made the radios of the
world use a key twice by saying one message of the handshake again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync import ratchet
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The counter may stand still."""
    return rewritten(
        ratchet.admit,
        ("    if hello.counter <= state.counter:\n", "    if False:\n"),
    )
