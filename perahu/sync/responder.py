"""The answering side of an exchange: a hub to its offices, the provinsi to the hub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from perahu.sync import dictionary, passport, turned_back
from perahu.sync.ack import End, refusal_end
from perahu.sync.fields import bad_message
from perahu.sync.frames import Frame
from perahu.sync.hello import Hello, hear
from perahu.sync.links import RoadKey
from perahu.sync.memory import Memory
from perahu.sync.offer import ForkEvidence, Offer
from perahu.sync.passport import Passport
from perahu.sync.progress import Progress
from perahu.sync.ratchet import OldSession, admit
from perahu.sync.session import Session, Side
from perahu.words import Refusal


def _no_road(_: RoadKey, __: bytes) -> None:
    """Where there is no road B."""


@dataclass(slots=True)
class Doors:
    """Who may come in, and which of their sessions is the newest; one per listener."""

    offer_for: Callable[[Passport], Offer | None]
    """What a node is to us, or None for one we do not know; node looks it up."""
    newest: dict[bytes, bytes] = field(default_factory=dict)
    """Node id to the session that fences all older ones."""
    road_port: int = 0
    """UDP port of our road B, told in HELLO; 0 where we have none."""
    on_road: Callable[[RoadKey, bytes], None] = _no_road
    """Told the key to road B of a session that came over TLS, and the caller's node id.

    Left out by who answers over road B itself.
    """


class Responder(Session):
    """Waits for HELLO, judges it, answers; a refusal is polite and says why."""

    def __init__(
        self, side: Side, doors: Doors, progress: Progress | None = None
    ) -> None:
        super().__init__(side, progress)
        self._doors = doors

    @property
    def peer_id(self) -> bytes:
        """Who calls; b"" before a HELLO was accepted."""
        return self._peer.node_id if self._peer is not None else b""

    def check(self) -> None:
        """Raises Refusal "fenced" where the same node has begun a newer session."""
        if self._peer and self._doors.newest.get(self.peer_id) != self._id:
            raise _fenced()

    def received(self, piece: bytes) -> None:
        """As Session.received; a refusal goes to the caller's node as a polite END."""
        self.check()
        try:
            super().received(piece)
        except OldSession as refusal:
            self._refuse(refusal, refusal.last)
        except Refusal as refusal:
            self._refuse(refusal, 0)

    def _refuse(self, refusal: Refusal, counter: int) -> None:
        self.refusal = refusal
        self._put(refusal_end(refusal, counter).encode())

    def _heard_end(self, end: End) -> None:
        if self._peer is None:
            raise bad_message("no HELLO")
        super()._heard_end(end)

    def _heard_hello(self, frame: Frame) -> None:
        if self._peer is not None:
            raise bad_message("a second HELLO")
        heard = hear(frame)
        found = heard.hello
        if found.file:
            raise bad_message("the head of a file")
        if found.receiver != self.journal.node_id:
            raise turned_back.wrong_recipient()
        memory = Memory.load(self.journal.local, found.sender)
        peer = self._passport_of(found, memory)
        heard.verify(peer.chain.epoch.public)
        if self.journal.authority.is_revoked(peer.node_id):
            raise turned_back.revoked()
        offer = self._doors.offer_for(peer)
        if offer is None:
            raise turned_back.unknown_peer()
        self._admit(found, peer, memory)
        self._meet(memory, offer)
        self._answer(found, peer)

    def _passport_of(self, found: Hello, memory: Memory) -> Passport:
        content = found.passport or memory.passport
        if not content or passport.name_of(content) != found.passport_name:
            raise turned_back.passport_needed()
        peer = passport.read(content, self.journal.root_public)
        if peer.node_id != found.sender:
            raise bad_message("sender")
        return peer

    def _admit(self, found: Hello, peer: Passport, memory: Memory) -> None:
        """The ratchet: replays are refused, clones are evidence and come in."""
        is_clone = False
        try:
            with self.journal.ports.lock():
                admitted = admit(
                    self.journal.local,
                    found,
                    self.journal.incarnation,
                    self._random(16),
                )
            is_clone = admitted.is_clone
        except OldSession as refusal:
            is_clone = refusal.is_clone
            raise
        finally:
            # Outside the lock: whoever hears of it may want to write.
            if is_clone:
                self._side.witness(ForkEvidence(kind="clone", node=peer.node_id))
        self._id, self._token = found.session, admitted.token
        self._road_port = self._doors.road_port
        self._doors.newest[peer.node_id] = found.session
        memory.passport = found.passport or memory.passport

    def _answer(self, found: Hello, peer: Passport) -> None:
        self._open_from(found)
        if found.token_incarnation == self.journal.incarnation:
            self._memory.drop_told(found.seen_ack)
        self._peer = peer
        with self.journal.ports.lock():
            self._acks.number_from(self._memory)
        self._sending.begin()
        wrapped = self._seal_to(peer.chain.node.box_public, found.dictionary)
        answer = self._hello(found, wrapped)
        self._put(answer.sign(self._sign, is_answer=True))
        self._compare(found, peer)
        self._memory.save()
        key = self.road_key()
        assert key is not None, "both HELLOs are there"
        self._doors.on_road(key, self.peer_id)

    def _hello(self, found: Hello, wrapped_key: bytes) -> Hello:
        ours = self._passport
        reached, digest = self._hello_vector()
        return Hello(
            session=found.session,
            counter=found.counter,
            sender=self.journal.node_id,
            receiver=found.sender,
            incarnation=self._incarnation,
            passport_name=ours.name,
            passport=b"" if found.seen_passport == ours.name else ours.content,
            reached=reached,
            digest=digest,
            budget_bytes=self._side.budget_bytes,
            wrapped_key=wrapped_key,
            dictionary=dictionary.ours()[0],
            partials=self._receiving.begun(),
            road_port=self._doors.road_port,
        )


def _fenced() -> Refusal:
    return Refusal(
        "fenced",
        "Sambungan lama ditutup karena simpul yang sama sudah membuat yang baru; semua "
        "yang utuh sudah disimpan.",
        "An older connection was closed because the same node made a newer one; "
        "everything whole is stored.",
    )
