"""What the pages of links need of the node beside its tables: what is no fact yet."""

from __future__ import annotations

from typing import Protocol

from perahu.contacts.rules import Line
from perahu.web.post.ports import Hour


class Links(Protocol):
    """The contacts of this node that its book does not tell of."""

    def untold(self) -> list[Line]:
        """What this node has not stated yet of its own contacts."""

    def heard(self) -> dict[bytes, list[Hour]]:
        """Hours of the last week in which a node called or was called, by node."""
