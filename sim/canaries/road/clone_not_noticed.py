"""Two machines with one key come to the hub in turn, and it does not look at their tokens.

Two installations with one id overwrote each other for ever, and both said "sync completed
successfully" (submersion, PR 315). A disk is copied quickly when an office gets a new one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync import ratchet
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """Any token is a good one."""
    return rewritten(
        ratchet.admit,
        (
            "is_clone = is_same and known not in (None, hello.session[:8])",
            "is_clone = False",
        ),
        (
            "is_clone = is_same and not _shows_good_token(state, hello, ours)",
            "is_clone = False",
        ),
    )
