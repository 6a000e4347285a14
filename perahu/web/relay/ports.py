"""What the page of other nodes' post needs of the node: its bag, sticks and neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from perahu.web.post.ports import Stick
from perahu.words import Words

HELD, GIVEN, GONE = "held", "given", "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Files of one sender to one addressee, as the page shows them: in one line."""

    sender: str
    to: str
    parts: int
    size_bytes: int
    since_ms: int
    """When the first of them came, or left."""
    brought_by: str = ""
    """Who handed it over; "" where it was written here."""
    on_stick: bool = False
    """It came on a stick."""
    with_also: tuple[str, ...] = ()
    """Nodes that hold a copy, too."""
    how: str = ""
    """How it left: a name of postbag_index.py; "" while it is here."""
    taken_by: str = ""
    """The node that took it, where it left to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """Everything the page shows."""

    ours: tuple[Carried, ...] = ()
    others: tuple[Carried, ...] = ()
    left: tuple[Carried, ...] = ()
    used_bytes: int = 0
    room_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """A file on a stick, before anybody takes it along."""

    sender: str
    to: str
    part: int
    size_bytes: int
    written_ms: int
    is_for_us: bool


@dataclass(frozen=True, slots=True)
class RelayRun:
    """What was begun here last, or runs now."""

    what: str
    """"meet", "take" or "give"."""
    whom: str
    """The node, or the stick."""
    is_running: bool = True
    says: tuple[Words, ...] = field(default=())
    trouble: Words | None = None


class Relay(Protocol):
    """The part "relay" of an office."""

    def bag(self) -> Bag:
        """What is carried, and what left lately."""

    def meetable(self) -> list[tuple[bytes, str, str]]:
        """(id, name, address as node.toml has it) of nodes that may be met on a LAN."""

    def sticks(self) -> list[Stick]:
        """What is plugged in and can be written."""

    def lying_on(self, stick: str) -> list[Lying]:
        """What is on a stick. Raises Refusal."""

    def run(self) -> RelayRun | None:
        """What runs now, or how the last one ended."""

    def begin_meeting(self, node_id: bytes, address: str) -> None:
        """Call a node on this network. Raises Refusal."""

    def begin_taking(self, stick: str) -> None:
        """Take along what lies on a stick for others. Raises Refusal."""

    def begin_giving(self, stick: str) -> None:
        """Write what is carried onto a stick. Raises Refusal."""
