"""What the hub decided, and what a person must decide: lane 1, by the hub alone.

And what any node reports lost on the way: lane 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from perahu.kinds import CIVIL, CONTROL, Kind

_LAW = "Permendagri 95/2019; kept 10 years"
_LAW_LOST = "UU 27/2022 art. 46; kept 10 years"

CASE_KINDS = (
    "TWO_RECORDINGS", "DUPLICATE_ONE_TO_ONE", "DUPLICATE_ONE_TO_MANY", "ADJUDICATION",
    "VALIDATION", "PRINTED_TWICE", "TRANSFER_DIFFERENCE", "CLONE_OR_FORK", "STUCK_AT_CENTRE",
    "CENTRES_DIFFER",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeAccepted:
    """Journal J stands through seq N with hash H (sah), except the entries named."""

    KIND: ClassVar[Kind] = Kind(100, 1, CIVIL, _LAW, hub_only=True)
    journal: bytes
    seq: int
    h: bytes
    excepted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDisputed:
    """One entry conflicts with another (sengketa); both stay, a case is open."""

    KIND: ClassVar[Kind] = Kind(101, 1, CIVIL, _LAW, hub_only=True)
    journal: bytes
    seq: int
    h: bytes
    case: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRejected:
    """One entry does not count (ditolak), with the reason in words."""

    KIND: ClassVar[Kind] = Kind(102, 1, CIVIL, _LAW, hub_only=True)
    journal: bytes
    seq: int
    h: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """Something a person must decide. `subjects` are persons, recordings, orders, transfers."""

    KIND: ClassVar[Kind] = Kind(103, 1, CIVIL, _LAW, hub_only=True, subjects=("case",))
    case: bytes
    case_kind: str
    about: tuple[bytes, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecided:
    """A person decided the case."""

    KIND: ClassVar[Kind] = Kind(
        104, 1, CIVIL, _LAW, right="verify", hub_only=True, subjects=("case",)
    )
    case: bytes
    decision: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierFileLost:
    """A stick with a courier file of this node got lost on its way, or was found again.

    Nobody but the addressee can open the file, and the next one holds everything again;
    stated all the same, so that nobody need guess where it is.
    """

    KIND: ClassVar[Kind] = Kind(105, 1, CONTROL, _LAW_LOST)
    file: str
    number: int
    """The writer's count of files for this addressee."""
    to: bytes
    """The addressee's node."""
    check_words: str
    written_ms: int
    reason: str
    found: bool = False
