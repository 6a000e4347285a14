"""What a node says it holds is cut off after the first lines.

A list grew longer than the form it is written on: in October 2020 15,841 infections were
missing in England because a sheet ended at line 65,536.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.sync.receiving import Receiving
from sim.canaries.planting import rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The form has one line."""
    return rewritten(
        Receiving.vector,
        (
            "return {row.id[:SHORT]: self._reach(row) for row in rows if row.sealed_seq}",
            "return {row.id[:SHORT]: self._reach(row) for row in rows[:1] if row.sealed_seq}",
        ),
    )
