"""The calling side of an exchange: an office to its hub, a hub to the provinsi."""

from __future__ import annotations

from perahu.sync import dictionary, limits, passport
from perahu.sync.ack import Ack, End
from perahu.sync.fields import bad_message
from perahu.sync.frames import Frame
from perahu.sync.hello import Hello, hear
from perahu.sync.memory import Memory
from perahu.sync.offer import Offer, Peer
from perahu.sync.progress import Progress
from perahu.sync.session import Session, Side
from perahu.words import Refusal

_AGAIN = frozenset({"old_session", "passport_needed"})
"""Refusals that a second session answers by itself."""


class Initiator(Session):
    """Says HELLO and sends at once what the peer's last ack lacks."""

    def __init__(
        self, side: Side, peer: Peer, offer: Offer, progress: Progress | None = None
    ) -> None:
        super().__init__(side, progress)
        self._called = peer
        self._meet(Memory.load(self.journal.local, peer.node_id), offer)
        self._window.most_bytes = limits.FIRST_FLIGHT_BYTES
        self._id = self._random(16)
        with self.journal.ports.lock():
            counter = self._memory.counts().sessions + 1
            self._memory.raise_counts(sessions=counter)
            self._acks.number_from(self._memory)
        self._sending.begin()
        wrapped = self._seal_to(peer.box_public, self._memory.dictionary)
        self._put(self._hello(counter, wrapped).sign(self._sign))
        self._said_hello_s = self._clock.monotonic_s()

    def _hello(self, counter: int, wrapped_key: bytes) -> Hello:
        memory, ours = self._memory, self._passport
        reached, digest = self._hello_vector()
        return Hello(
            session=self._id,
            counter=counter,
            sender=self.journal.node_id,
            receiver=self._called.node_id,
            incarnation=self._incarnation,
            passport_name=ours.name,
            passport=b"" if memory.shown_passport == ours.name else ours.content,
            seen_passport=passport.name_of(memory.passport) if memory.passport else b"",
            reached=reached,
            digest=digest,
            token=memory.token,
            token_incarnation=memory.token_incarnation,
            seen_ack=memory.seen_ack,
            budget_bytes=self._side.budget_bytes,
            wrapped_key=wrapped_key,
            dictionary=dictionary.ours()[0],
            partials=self._receiving.begun(),
        )

    @property
    def is_worth_repeating(self) -> bool:
        """The peer refused for a reason that a new session, made now, does not have."""
        return self.peer_end is not None and self.peer_end.code in _AGAIN

    def _heard_end(self, end: End) -> None:
        super()._heard_end(end)
        if end.code == "old_session":
            with self.journal.ports.lock():
                self._memory.raise_counts(sessions=end.counter)
        elif end.code == "passport_needed":
            self._memory.shown_passport = b""
            self._memory.save()

    def _heard_hello(self, frame: Frame) -> None:
        """The answer of whom we called, or of nobody: then nothing of it is believed."""
        if self._peer is not None:
            raise bad_message("a second HELLO")
        heard = hear(frame, (self._id, self.journal.node_id))
        found = heard.hello
        content = found.passport or self._memory.passport
        if passport.name_of(content) != found.passport_name:
            raise bad_message("passport")
        peer = passport.read(content, self.journal.root_public)
        is_whom_we_called = peer.node_id == found.sender == self._called.node_id
        is_to_us = found.receiver == self.journal.node_id
        if not (is_whom_we_called and is_to_us and found.session == self._id):
            raise _wrong_node()
        heard.verify(peer.chain.epoch.public)
        if self.journal.authority.is_revoked(peer.node_id):
            raise _wrong_node()
        self._peer = peer
        self._window.most_bytes = limits.WINDOW_BYTES_MAX
        self._note_rtt(self._clock.monotonic_s() - self._said_hello_s)
        self._memory.passport = content
        self._memory.shown_passport = self._passport.name
        self._open_from(found)
        self._road_port = found.road_port
        self._compare(found, peer)
        self._memory.save()

    def _keep_token(self, found: Ack) -> None:
        memory = self._memory
        if found.token and found.token != memory.token:
            memory.token, memory.token_incarnation = found.token, found.incarnation
            memory.save()


def _wrong_node() -> Refusal:
    return Refusal(
        "wrong_node",
        "Yang menjawab bukan simpul yang dituju; tidak ada yang dipakai darinya dan "
        "tidak ada yang hilang. Periksa alamatnya, atau hubungi kabupaten.",
        "Who answered is not the node we called; nothing of it was used and nothing is "
        "lost. Check the address, or call the kabupaten.",
    )
