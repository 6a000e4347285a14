"""A hub's stick says of every blob that it is *aman*, whether a second site has it or not.

One word for "arrived" and "copied": whoever hears it makes room at home. In January 2017
GitLab counted on five kinds of copies, and none of them was there when it was needed.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.courier import exporting
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """Level 2 for all, whoever writes the file."""
    return rewritten(
        exporting._Export._acks,
        ("level = 2 if self._offer.is_second_site else 1", "level = 2"),
    )
