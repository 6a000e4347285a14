"""Three nodes and their post bags, for the tests of relays: who meets whom, and cuts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.sync.courier import exporting as courier
from perahu.sync.initiator import Initiator
from perahu.sync.offer import POST_ONLY, Offer, Peer
from perahu.sync.postbag.bag import PostBag
from perahu.sync.postbag.index import Parcel
from perahu.sync.postbag.room import Room
from perahu.sync.postbag.talk import Talk
from perahu.sync.responder import Doors, Responder
from perahu.sync.session import Side
from tests.cast import District, with_hub
from tests.sync.road import TO_HUB, TO_OFFICE, Count, offer_for, relay

SMALL = Room(free_bytes=0)


def anyone(parcel: Parcel, peer: bytes) -> bool:
    """Everybody met may bring it nearer."""
    return True


def peer_of(journal: Journal) -> Peer:
    """A node as others call it."""
    node = journal.certificate
    return Peer(node.node_id, node.box_public, node.name)


@dataclass
class Post:
    """The hub, Enggano far away, and a boat that goes to and fro."""

    district: District
    folder: Path
    nodes: dict[str, Journal] = field(default_factory=dict)
    bags: dict[str, PostBag] = field(default_factory=dict)

    def at(self, name: str) -> Journal:
        """The book of a node; the hub and Enggano know each other."""
        if not self.nodes:
            self.nodes["Hub"], self.nodes["Enggano"] = with_hub(self.district)
        if name not in self.nodes:
            self.nodes[name] = self.district.open(name)
        return self.nodes[name]

    def bag(self, name: str, room: Room = SMALL) -> PostBag:
        """Its bag."""
        journal = self.at(name)
        if name not in self.bags:
            folder = self.folder / f"titipan-{name}"
            self.bags[name] = PostBag(journal, folder, room, anyone)
        return self.bags[name]

    def send(
        self,
        source: str,
        target: str,
        part_bytes_max: int = 2_000_000,
        answering: tuple[tuple[bytes, int], ...] = (),
    ) -> list[Parcel]:
        """A node writes a letter to another into its own bag."""
        offer = TO_HUB if target == "Hub" else TO_OFFICE
        made = self.file(source, target, offer, part_bytes_max, answering)
        bag = self.bag(source)
        return [bag.take_file(path, moved=True) for path in made]

    def file(
        self,
        source: str,
        target: str,
        offer: Offer,
        part_bytes_max: int = 2_000_000,
        answering: tuple[tuple[bytes, int], ...] = (),
    ) -> list[Path]:
        """A courier file from one to the other."""
        folder = self.folder / f"from-{source}"
        folder.mkdir(exist_ok=True)
        made = courier.export(
            Side(self.at(source)), peer_of(self.at(target)), offer, folder,
            part_bytes_max=part_bytes_max, answering=answering,
        )  # fmt: skip
        return list(made.paths)

    def sessions(
        self, caller: str, answerer: str, offer: Offer = POST_ONLY
    ) -> tuple[Initiator, Responder]:
        """A new session of two nodes that carry post."""
        doors = Doors(lambda _: POST_ONLY if offer is POST_ONLY else offer_for(_))
        calls = Side(self.at(caller), post=self.bag(caller))
        answers = Side(self.at(answerer), post=self.bag(answerer))
        called = peer_of(self.at(answerer))
        return Initiator(calls, called, offer), Responder(answers, doors)

    def talk(self, us: str, peer: str) -> Talk:
        """One side of a session that has said HELLO, with a peer that sends what it likes."""
        initiator, responder = self.sessions(us, peer)
        for _ in range(6):
            responder.received(initiator.to_send(1 << 16))
            initiator.received(responder.to_send(1 << 16))
        assert initiator._post is not None
        return initiator._post

    def meet(
        self,
        caller: str,
        answerer: str,
        offer: Offer = POST_ONLY,
        *,
        cut: int | None = None,
        piece: int = 1 << 16,
    ) -> Count:
        """Two nodes meet; cut after so many bytes if asked."""
        initiator, responder = self.sessions(caller, answerer, offer)
        count = relay(initiator, responder, cut, piece)
        initiator.close()
        responder.close()
        if cut is None:
            assert initiator.finished and responder.finished
            if initiator.is_worth_repeating:
                return self.meet(caller, answerer, offer)
        return count

    def lies(self, name: str) -> list[Parcel]:
        """What is in a bag."""
        return self.bag(name).index.parcels()
