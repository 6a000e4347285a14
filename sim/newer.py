"""A fact of next year's program: nodes of this year keep it, and let nothing wait behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from perahu.kinds import CIVIL, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNoteTaken:
    """Something that only a newer program can say."""

    KIND: ClassVar[Kind] = Kind(
        4_000, 1, CIVIL, "UU 23/2006 art. 8; kept 10 years", right="record"
    )
    note: str
