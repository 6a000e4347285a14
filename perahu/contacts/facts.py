"""What a node tells of its own links: contacts of some hours in one fact.

A contact is one connection over one carrier, as far as it got. Those that moved nothing
new are one line together, so that a quiet day is a few hundred bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from perahu.kinds import TELEMETRY, Kind

_LAW = "Perpres 95/2018 (SPBE); machines, no person; kept 2 years, tables 92 days"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """One contact, or several alike."""

    began_s: int
    """Since `ContactsSeen.from_s`."""
    lasted_s: int = 0
    """From the first beginning to the last end."""
    count: int = 1
    carrier: int = 0
    """Its place in `ContactsSeen.carriers`."""
    is_paced: bool = False
    """Went by road B."""
    answered: bool = True
    """The peer's node was there; without it nothing can have been exchanged."""
    sent_bytes: int = 0
    received_bytes: int = 0
    busy_ms: int = 0
    """Of all together."""
    rtt_ms: int = 0
    """Of one, or the mean of those that could tell; 0 unknown."""
    loss_permille: int = 0
    reason: int = 0
    """Why it ended: 0 for all exchanged, n for the n-th of `ContactsSeen.reasons`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsSeen:
    """Contacts that a node made with the node it calls, or tried to make."""

    KIND: ClassVar[Kind] = Kind(110, 1, TELEMETRY, _LAW)
    peer: bytes
    from_s: int
    """Seconds since 1970, by the clock whose quality stands in the header."""
    lines: tuple[ContactLine, ...]
    carriers: tuple[tuple[str, str], ...] = ()
    """(name for people, sort) of each carrier in the lines."""
    reasons: tuple[str, ...] = ()
    """Codes of Refusals, and "slower", "stopped"."""
