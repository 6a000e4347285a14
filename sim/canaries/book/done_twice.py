"""Who asks again is served again.

An answer was lost, the officer pressed the key once more: in Horizon's branch Dalmellington
one remittance of 8,000 pounds was booked four times (Fujitsu's KEL of 2015).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from perahu.journal.writer import Writer
from sim.canaries.planting import both, rewritten

HARNESS = "pair"


def plant() -> AbstractContextManager[None]:
    """The id of the asker is noted and not looked at."""
    return both(
        rewritten(
            Writer.done,
            (
                "        receipt = receipt_of(self._book, op_id, mirrored)\n",
                "        receipt = receipt_of(self._book, op_id, mirrored)\n"
                "        receipt = receipt if self.has_appended else None\n",
            ),
        ),
        rewritten(
            Writer._write,
            ('VALUES (?, ?)",', 'VALUES (?, ?) ON CONFLICT (op_id) DO NOTHING",'),
        ),
    )
