"""What can have happened to a trip: an office takes the field laptop to a desa.

The moves of rights, cards and stock are facts of `cards`; a trip says which belong together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from perahu.kinds import CONTROL, Kind

_LAW = "UU 24/2013 art. 8, 96; kept 10 years"


@dataclass(frozen=True, slots=True, kw_only=True)
class TripBegun:
    """An office goes out to a desa: what is meant to be in the bag of the field laptop.

    The moves themselves are facts of their own; this says what belongs together, so that
    a trip cut short is gone on with, and one that never comes back is seen to be missing.
    """

    KIND: ClassVar[Kind] = Kind(
        87, 1, CONTROL, _LAW, right="record", subjects=("trip",), place="desa"
    )
    trip: bytes
    desa: str
    to: bytes
    """The laptop."""
    orders: tuple[bytes, ...]
    """Print rights and printed cards that go along."""
    stock: tuple[tuple[str, int], ...]
    """(item, count) to go along."""
    carrier: str
    """Who carries the laptop, and answers for what is in the bag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TripEnded:
    """The bag is back and empty; or a person says why it is closed all the same."""

    KIND: ClassVar[Kind] = Kind(
        88, 1, CONTROL, _LAW, right="record", subjects=("trip",)
    )
    trip: bytes
    reason: str = ""
    """Empty where everything came back."""
