"""What two nodes are to each other on the road: data handed in by node, never a role here.

| we are | the peer is | gives | takes | acks_count | is_second_site |
|---|---|---|---|---|---|
| office, laptop | hub | own | own | yes | no |
| hub | office, laptop | audience | own | no | no |
| hub | provinsi | all | own | yes | no |
| provinsi | hub | own | all | no | yes |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from perahu.journal.book import JournalRow
from perahu.journal.types import COMMON


class Gives(Enum):
    """Which journals of our book go to the peer."""

    OWN = "own"
    """Every journal we write, of every lane and epoch, that is for nobody in particular."""
    AUDIENCE = "audience"
    """Journals we write for all ("H0") or for this peer."""
    ALL = "all"
    """Every journal we hold, whoever wrote it."""


class Takes(Enum):
    """Which journals we accept from the peer."""

    OWN = "own"
    """Those the peer itself writes."""
    ALL = "all"
    """Any."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What goes to a peer, what is accepted from it, and what its acks are worth."""

    gives: Gives
    takes: Takes
    acks_count: bool = False
    """Whether the peer's ack makes a receipt rise: it is the hub or a second site."""
    is_second_site: bool = False
    """Whether our own ack means the second copy exists."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A node we can call or write a file for."""

    node_id: bytes
    box_public: bytes
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkEvidence:
    """Two truths under one name; node makes a fact of it and stops printing.

    `kind` is "clone" (two sessions under one counter, or an old token), "further" or
    "different" (a peer shows our own journal otherwise than we hold it), or "fork" (two
    seals over one place of another's journal).
    """

    kind: str
    node: bytes
    journal: bytes = b""
    seq: int = 0
    ours: bytes = b""
    theirs: bytes = b""
    seal: bytes = b""
    """The foreign segment, as it came."""


Witness = Callable[[ForkEvidence], None]
"""Told of evidence as it is found; receiving goes on afterwards."""


def given(rows: Sequence[JournalRow], offer: Offer, peer: bytes) -> list[JournalRow]:
    """The journals that go to this peer; the common ones first, then as they began."""
    if offer.gives is Gives.ALL:
        found = [row for row in rows if row.node != peer]
    elif offer.gives is Gives.OWN:
        found = [row for row in rows if row.own and row.audience == b""]
    else:
        found = [row for row in rows if row.own and row.audience in (COMMON, peer)]
    return sorted(found, key=lambda row: (row.audience != COMMON, row.number))


def taken(rows: Sequence[JournalRow], offer: Offer, peer: bytes) -> list[JournalRow]:
    """The journals that this peer may bring and that we know already."""
    return [row for row in rows if not row.own and accepts(offer, row.node, peer)]


def accepts(offer: Offer, author: bytes, peer: bytes) -> bool:
    """Whether the peer may bring a journal of this author."""
    return offer.takes is Takes.ALL or author == peer
