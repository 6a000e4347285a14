"""What a kind of fact declares of itself.

A leaf: every `facts.py` imports it and the standard library, nothing else of ours.

A fact is a frozen dataclass with `KIND: ClassVar[Kind]`. Its fields, in order and without
those named in `subjects`, are numbered 1, 2, 3, …: that number is the key in the body's
CBOR map (docs/journal-format.md, "Bodies"). So a field is never removed or moved; a new
one goes last and has a default; a change of meaning is a new version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

CONTROL, CIVIL, TELEMETRY = 0, 1, 2
"""The lanes: 0 control, stock and print rights; 1 civil facts and decisions; 2 telemetry."""

RIGHTS = ("intake", "record", "print", "hand_over", "stock", "verify", "sign", "audit")
"""The rights a grant can give (design.md 6)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The number, lane, authority and legal basis of one kind of fact."""

    type: int
    version: int
    lane: int
    law: str
    """The legal basis and the retention, in one line (UU 27/2022 art. 16, 20, 42)."""
    right: str = ""
    """The right its officer must hold; "" where the node itself may state it."""
    hub_only: bool = False
    """True where only a journal of the hub may carry it."""
    subjects: tuple[str, ...] = ()
    """Fields (12 random bytes each) that travel as the header's subject ids, in order."""
    place: str = ""
    """The field with the wilayah code of the act, checked against certificate and grant."""


class Fact(Protocol):
    """What every fact is: a frozen dataclass that knows its kind."""

    KIND: ClassVar[Kind]
