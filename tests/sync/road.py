"""Two nodes and a road between them that can cut, for the tests of sync."""

from __future__ import annotations

from dataclasses import dataclass, field

from perahu.journal.journal import Journal
from perahu.journal.types import BlobRef, Draft, Receipt
from perahu.sync.initiator import Initiator
from perahu.sync.offer import ForkEvidence, Gives, Offer, Peer, Takes
from perahu.sync.passport import Passport
from perahu.sync.responder import Doors, Responder
from perahu.sync.session import Side
from tests.cast import SARI, District, corrected

TO_HUB = Offer(Gives.OWN, Takes.OWN, acks_count=True)
TO_OFFICE = Offer(Gives.AUDIENCE, Takes.OWN)
TO_PROVINSI = Offer(Gives.ALL, Takes.OWN, acks_count=True)
AT_PROVINSI = Offer(Gives.OWN, Takes.ALL, is_second_site=True)
OFFERS = {"kecamatan": TO_OFFICE, "field": TO_OFFICE, "kabupaten": AT_PROVINSI}
"""How the answering side treats a caller, by the caller's role."""


def offer_for(peer: Passport) -> Offer | None:
    """What a caller of the cast is to the hub or the provinsi."""
    return OFFERS.get(peer.chain.node.role)


@dataclass
class Count:
    """What passed on the road, each way, and how often it turned."""

    up: list[bytes] = field(default_factory=list)
    down: list[bytes] = field(default_factory=list)
    trips: int = 0

    @property
    def up_bytes(self) -> int:
        """Bytes the caller sent."""
        return sum(map(len, self.up))

    @property
    def down_bytes(self) -> int:
        """Bytes the answering side sent."""
        return sum(map(len, self.down))


@dataclass
class Meeting:
    """One caller and one answering node, with all they need to meet again and again."""

    caller: Journal
    answerer: Journal
    offer: Offer = TO_HUB
    doors: Doors = field(default_factory=lambda: Doors(offer_for))
    evidence: list[ForkEvidence] = field(default_factory=list)

    @property
    def peer(self) -> Peer:
        """Whom the caller calls."""
        node = self.answerer.certificate
        return Peer(node.node_id, node.box_public, node.name)

    def initiator(self) -> Initiator:
        """A new session of the caller."""
        side = Side(self.caller, self.evidence.append, {12: 1})
        return Initiator(side, self.peer, self.offer)

    def responder(self) -> Responder:
        """A new session of the answering side."""
        return Responder(Side(self.answerer, self.evidence.append, {12: 1}), self.doors)

    def hold(self, cut: int | None = None, piece: int = 1 << 16) -> Count:
        """One exchange, cut after so many bytes in all if asked."""
        initiator, responder = self.initiator(), self.responder()
        count = relay(initiator, responder, cut, piece)
        initiator.close()
        responder.close()
        self.caller.catch_up()
        self.answerer.catch_up()
        if cut is None:
            assert initiator.finished and responder.finished
            if initiator.is_worth_repeating:
                return self.hold()
        return count


def relay(
    initiator: Initiator, responder: Responder, cut: int | None, piece: int
) -> Count:
    """Carry bytes to and fro until both are done, nothing moves, or the cut."""
    count = Count()
    left = 1 << 40 if cut is None else cut
    while not (initiator.finished and responder.finished):
        up = initiator.to_send(min(piece, left))
        left -= len(up)
        count.up.append(up)
        responder.received(up)
        down = responder.to_send(min(piece, left))
        left -= len(down)
        count.down.append(down)
        initiator.received(down)
        count.trips += 1
        if not up and not down:
            break
    return count


def drain(session: Initiator | Responder) -> bytes:
    """Everything a session has to say before it hears an answer."""
    said = b""
    while piece := session.to_send(1 << 16):
        said += piece
    return said


def record(
    district: District, journal: Journal, count: int = 1, name: str = "Enggano"
) -> Receipt:
    """So many civil facts at an office; gives the last receipt."""
    for _ in range(count):
        with journal.writing() as book:
            receipt = book.append(district.ask(name, SARI), [Draft(corrected())])
    return receipt


def record_part(
    district: District, journal: Journal, size: int, blob_class: int = 3
) -> tuple[Receipt, BlobRef]:
    """A civil fact that cites one sealed part of this size."""
    ref = journal.blobs.put(district.dice(size), blob_class)
    with journal.writing() as book:
        ask = district.ask("Enggano", SARI)
        receipt = book.append(ask, [Draft(corrected(), blobs=(ref,))])
    return receipt, ref


def met(district: District) -> Meeting:
    """Hub and Enggano, who have exchanged the hub's first facts."""
    hub, enggano = district.open("Hub"), district.open("Enggano")
    district.found(hub)
    meeting = Meeting(enggano, hub)
    meeting.hold()
    return meeting
