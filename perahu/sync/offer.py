"""What two nodes are to each other on the road: data handed in by node, never a role here.

| we are | the peer is | gives | takes | acks_count | is_second_site |
|---|---|---|---|---|---|
| office, laptop | hub | own | own | yes | no |
| hub | office, laptop | audience | own | no | no |
| hub | provinsi | all | all | yes | no |
| provinsi | hub | all | all | no | yes |
| office | field laptop | own and hub's | own and common | no | no |
| field laptop | office | own and common | own and hub's | no | no |
| any desk's node | any other on a LAN | nothing | nothing | no | no |

Besides, except in the last row, each gives the other what that one wrote itself in other
epochs and may have lost (a restore, a rebuild, a twin; ADR 0018): entries, never blobs.

The last row carries only other nodes' sealed post (postbag.py). The two before it meet
side by side: neither is a site of its own, so no receipt rises, and what the hub sealed is
handed on as it came. They bring no blobs but those their own control journals cite: parts
of recordings go to the hub alone, and nobody else can open them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from perahu.journal.book import JournalRow
from perahu.journal.types import COMMON
from perahu.keys.certificates import Chain
from perahu.kinds import CONTROL


class Gives(Enum):
    """Which journals of our book go to the peer."""

    OWN = "own"
    """Every journal we write, of every lane and epoch, that is for nobody in particular."""
    AUDIENCE = "audience"
    """Journals we write for all ("H0") or for this peer."""
    ALL = "all"
    """Every journal we hold, whoever wrote it."""
    OWN_AND_COMMON = "own and common"
    """Our own, and the hub's common ones as they came to us."""
    OWN_AND_HUBS = "own and hub's"
    """Besides these also what the hub writes for us."""
    NOTHING = "nothing"
    """No journal: a stranger that may carry post, and sees only what stands on it."""


class Takes(Enum):
    """Which journals we accept from the peer."""

    OWN = "own"
    """Those the peer itself writes."""
    ALL = "all"
    """Any."""
    OWN_AND_COMMON = "own and common"
    """Besides its own also the hub's common ones."""
    OWN_AND_HUBS = "own and hub's"
    """Besides these also what the hub writes for the peer."""
    NOTHING = "nothing"
    """No journal at all."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What goes to a peer, what is accepted from it, and what its acks are worth."""

    gives: Gives
    takes: Takes
    acks_count: bool = False
    """Whether the peer's ack makes a receipt rise: it is the hub or a second site."""
    is_second_site: bool = False
    """Whether our own ack means the second copy exists."""
    control_blobs_only: bool = False
    """Whether only blobs travel that the sender's own control journals cite."""


POST_ONLY = Offer(gives=Gives.NOTHING, takes=Takes.NOTHING)
"""Two nodes of one kabupaten that meet and have no business but other nodes' post."""


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


def given(
    rows: Sequence[JournalRow], offer: Offer, peer: bytes, us: bytes
) -> list[JournalRow]:
    """The journals that go to this peer; the common ones first, then as they began."""
    found = [row for row in rows if _is_given(row, offer.gives, peer, us)]
    return sorted(found, key=lambda row: (row.audience != COMMON, row.number))


def _is_given(row: JournalRow, gives: Gives, peer: bytes, us: bytes) -> bool:
    if gives is Gives.NOTHING:
        return False
    if gives is Gives.ALL:
        return row.node != peer
    if gives is Gives.AUDIENCE:
        return row.own and row.audience in (COMMON, peer)
    handed_on = {Gives.OWN_AND_COMMON: (COMMON,), Gives.OWN_AND_HUBS: (COMMON, us)}
    # Whoever has an audience is a hub: no other journal of that kind is ever let in.
    return (row.own and not row.audience) or row.audience in handed_on.get(gives, ())


def returned(
    rows: Sequence[JournalRow], offer: Offer, peer: bytes, current: bytes
) -> list[JournalRow]:
    """What the peer wrote in other epochs than its own of now: it may have lost them.

    `current` is the peer's chain.
    """
    if offer.gives is Gives.NOTHING:
        return []
    return [row for row in rows if row.node == peer and row.certificate != current]


def taken(
    rows: Sequence[JournalRow], offer: Offer, peer: bytes, us: Chain
) -> list[JournalRow]:
    """The journals that this peer may bring and that we know already."""
    return [
        row
        for row in rows
        if accepts(offer, (row.node, row.audience), peer, us.node.node_id)
        and not (row.own and row.certificate == us.encode())
    ]


def accepts(offer: Offer, written: tuple[bytes, bytes], peer: bytes, us: bytes) -> bool:
    """Whether the peer may bring a journal, told by its author and its audience.

    Our own may come from everybody: it bears our seal. Not that of the epoch of now.
    """
    author, audience = written
    if offer.takes is Takes.NOTHING:
        return False
    if offer.takes is Takes.ALL or author == us:
        return True
    if author == peer:
        return audience in (b"", COMMON, us)
    handed_on = {
        Takes.OWN_AND_COMMON: (COMMON,),
        Takes.OWN_AND_HUBS: (COMMON, peer),
    }
    return audience in handed_on.get(offer.takes, ())


def brings_blobs(offer: Offer, row: JournalRow, sender: bytes, receiver: bytes) -> bool:
    """Whether the blobs that a journal cites travel with it."""
    if row.node == receiver:
        # What it sealed to others it could not open, and what it needs comes anew.
        return False
    if not offer.control_blobs_only:
        return True
    return row.lane == CONTROL and row.node == sender
