"""One exchange between two nodes: bytes in, bytes out, no socket and no thread.

    initiator = Initiator(side, peer, offer)         responder = Responder(side, doors)
    while not initiator.finished:
        responder.received(initiator.to_send(65536))
        initiator.received(responder.to_send(65536))

1. The initiator sends HELLO and at once what the responder's last ack lacks.
2. The responder checks HELLO (receiver, passport, signature, revocation, counter, token),
   answers with its own, and both send by class, acknowledge what they commit, and say END
   when they have nothing more.
3. It is finished when every END was acknowledged on both sides, or one side refused.

What a session commits stands, whatever becomes of the connection: the next session goes
on from there. It does not know who may call (node hands that in) nor what facts mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from perahu.journal.journal import Journal
from perahu.keys.sealing import FrameKey
from perahu.sync import ack as acks
from perahu.sync import dictionary, frames, limits, passport, turned_back, vector
from perahu.sync.ack import Ack, End, Evidence, Have
from perahu.sync.acknowledging import Acknowledging
from perahu.sync.fields import bad_message
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.hello import Hello
from perahu.sync.links import RoadKey, road_key_of
from perahu.sync.memory import Memory
from perahu.sync.offer import ForkEvidence, Gives, Offer, Witness
from perahu.sync.parts import Joining, Parting
from perahu.sync.passport import Passport
from perahu.sync.postbag.bag import PostBag
from perahu.sync.postbag.talk import Talk, next_frame
from perahu.sync.progress import Progress
from perahu.sync.receiving import Receiving
from perahu.sync.sealed import Opener, Sealer
from perahu.sync.sending import Sending, every_class
from perahu.sync.window import Window
from perahu.words import Refusal

_CONTENT = frozenset({frames.SEG, frames.MANIFEST, frames.CHUNK})
_FACTS = 2  # classes below: control and civil facts
_VECTOR_IN_FULL_MAX = 24
"""Journals up to which a HELLO shows them all; beyond, the digest."""


def unheard(_: ForkEvidence) -> None:
    """A witness for callers that need none (tests, tools)."""


@dataclass(slots=True)
class Side:
    """What both kinds of session are made of; the halves exist once the peer is known."""

    journal: Journal
    witness: Witness = unheard
    versions: dict[int, int] = field(default_factory=dict)
    """The highest version of each fact type this program knows (Registry.kinds)."""
    budget_bytes: int = 0
    """How much we are ready to take in; 0 is no limit."""
    post: PostBag | None = None
    """Other nodes' post that we carry; None at a node that carries none."""
    classes_max: Callable[[], int] = every_class
    """How many classes of ours may go now, in the order of the road."""


class Session:
    """What the calling and the answering side share."""

    def __init__(self, side: Side, progress: Progress | None) -> None:
        self.journal = side.journal
        self.progress = progress or Progress()
        self.peer_time_ms = 0
        """The peer's signed time in its last ACK; 0 before the first."""
        self.offset_ms = 0
        """How far our wall clock was ahead of the peer's at that ACK."""
        self.peer_end: End | None = None
        """The peer's last END; its code says why where it refused."""
        self.evidence_heard: list[Evidence] = []
        self.refusal: Refusal | None = None
        """Why we refused the peer, where we did."""
        self._side = side
        self._clock = side.journal.ports.clock
        self._random = side.journal.ports.random
        self._passport = passport.write(side.journal.chain, side.versions)
        # What is learned may open the next epoch meanwhile; a session ends in its own.
        self._sign = partial(self._passport.chain.sign, side.journal.keys)
        self._reader = FrameReader()
        self._window = Window.after(self.progress.window_bytes)
        self._out = bytearray(frames.MAGIC)
        self._parting, self._joining = Parting(), Joining()
        self._incarnation = side.journal.incarnation
        self._id = self._token = b""
        self._peer: Passport | None = None
        self._post: Talk | None = None
        self._acks = Acknowledging(side.journal)
        self._ends_sent = self._ends_acked = 0
        self._is_ended = self._has_greeted = False
        self._awaits_vector = self._has_shown_vector = False
        self._budget_bytes = self._road_port = 0
        self._keys: list[FrameKey] = []
        self._rtt_s = 0.0
        self._is_held = self._is_closed = False
        self.is_hasty = False
        """Facts or an END are among what `to_send` gave since this was last cleared."""
        self._mark = side.journal.mark
        self._refreshed_s = self._clock.monotonic_s()

    def _meet(self, memory: Memory, offer: Offer) -> None:
        """The peer is known: open both halves."""
        self._memory = memory
        self._is_exchanged = offer.gives is not Gives.NOTHING
        parts = (self.journal, memory, offer, self._side.witness, self.progress)
        self._sending, self._receiving = Sending(*parts), Receiving(*parts)
        self._sending.classes_max = self._side.classes_max

    # -- out --------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Nothing more to send or to expect."""
        if self.peer_end is not None and self.peer_end.code:
            return True  # whatever was still to be said, nobody hears it
        if self._out or self.refusal is not None:
            return not self._out
        if self._post is not None and self._post.is_busy:
            return False
        return (
            self._acks.is_done
            and 0 < self._ends_sent == self._ends_acked
            and self._is_ended
        )

    @property
    def is_agreed(self) -> bool:
        """Both sides said END and nobody refused."""
        refused = self.peer_end is not None and self.peer_end.code
        return self.refusal is None and self.peer_end is not None and not refused

    @property
    def is_worth_repeating(self) -> bool:
        """The peer refused for a reason that a new session, made now, does not have."""
        return False

    @property
    def is_greeted(self) -> bool:
        """The peer's HELLO was heard and is good."""
        return self._peer is not None

    @property
    def acked_bytes(self) -> int:
        """Of our content, acknowledged by the peer in this session."""
        return self._window.acked_bytes

    @property
    def stored_entries(self) -> int:
        """Entries of the peer that this session stored."""
        return self._receiving.stored_entries if self._peer is not None else 0

    def to_send(self, bytes_max: int) -> bytes:
        """The next bytes for the peer, at most so many; b"" when there are none now."""
        is_greeting = self._peer is None and not self._has_greeted
        if is_greeting:
            bytes_max = min(bytes_max, self._greeting_bytes())
            self._has_greeted = bool(self._id)
        elif self.refusal is None and not (self.peer_end and self.peer_end.code):
            self._fill(bytes_max)
        piece = bytes(self._out[:bytes_max])
        del self._out[:bytes_max]
        self.progress.sent_bytes += len(piece)
        return piece

    def _greeting_bytes(self) -> int:
        """HELLO by itself, or with what follows where both fit one packet.

        A TLS record is read only when it is there as a whole: HELLO waits for no content.
        """
        hello = len(self._out)
        if self._may_send:
            self._fill(limits.GREETING_BYTES_MAX)
        whole = len(self._out)
        return whole if whole <= limits.GREETING_BYTES_MAX else hello

    def _put(self, frame: Frame) -> None:
        self._out += frame.encode()

    def _fill(self, bytes_max: int) -> None:
        """Acks and evidence first, then content by class while the window is open."""
        if self._peer is not None:
            self._put_evidence()
            self._put_post()
            self._put_ack()
        is_held = self._is_held and not self._parting.is_on
        if not self._may_send or self._awaits_vector or is_held:
            return
        self._look_for_fresh_facts()
        while len(self._out) < bytes_max:
            if not (self._parting.is_on or self._window.is_open):
                return
            frame = self._next_frame()
            if frame is None and self._parting.is_on:
                self._put(self._parting.next(bytes_max - len(self._out)))
                continue
            if frame is None:
                if not (self._is_held or self._sending.is_putting_off):
                    self._put_end(more=not self._has_budget)
                return
            self._is_ended = False
            size = len(frame.payload) + frames.OVERHEAD_BYTES
            self._window.sent(size, self._clock.monotonic_s())
            self.is_hasty |= frame.type == frames.SEG
            if not self._parting.takes(frame, bytes_max):
                self._put(frame)

    def _next_frame(self) -> Frame | None:
        """By class; while a big one goes in parts, only facts go between."""
        if self._parting.is_on:
            may = self._window.is_open and self._has_budget and not self._is_held
            return self._sending.next_frame(self._sealer, _FACTS) if may else None
        if not self._has_budget or self._is_held:
            return None
        return next_frame(self._sending, self._sealer, self._post)

    def _put_post(self) -> None:
        """What we could carry for the peer, once; and what of its parcels has come."""
        if self._post is None or self._is_held:
            return
        # The END comes behind what is told, so that the answer comes before it is agreed.
        self._is_ended = self._is_ended and not self._post.has_to_tell
        for frame in self._post.to_put():
            self._put(frame)

    @property
    def _may_send(self) -> bool:
        return hasattr(self, "_sealer")

    @property
    def _has_budget(self) -> bool:
        return not self._budget_bytes or self._window.sent_bytes < self._budget_bytes

    def _look_for_fresh_facts(self) -> None:
        now_s, mark = self._clock.monotonic_s(), self.journal.mark
        is_marked = mark != self._mark
        due_s = limits.FRESH_MARK_S if is_marked else limits.FRESH_FACTS_S
        if now_s - self._refreshed_s >= due_s:
            self._refreshed_s, self._mark = now_s, mark
            self._sending.refresh()

    def _put_end(self, *, more: bool) -> None:
        if not self._is_ended:
            self._is_ended = True
            self._ends_sent += 1
            self.is_hasty = True
            self._put(End(more=more).encode())

    def _put_evidence(self) -> None:
        for found in self._receiving.evidence:
            self._put(found.encode())
        self._receiving.evidence.clear()

    def _put_ack(self) -> None:
        """What was committed since the last ACK; more than one where it does not fit."""
        has_end = self._acks.owes_end
        while found := self._acks.next(self._id, self._token, self._receiving):
            self.is_hasty |= has_end
            self._put(found.sign(self._sign, is_between=True))

    # -- in ---------------------------------------------------------------------------

    def received(self, piece: bytes) -> None:
        """Take in bytes of the peer: every whole frame is committed on return.

        Raises Refusal where the connection cannot go on; what was whole before stands.
        """
        self.progress.received_bytes += len(piece)
        if self.refusal is not None:
            return
        for frame in self._reader.feed(piece):
            self._take(frame)
            told = len(self._receiving.evidence) if self._peer is not None else 0
            turned_back.check_read(len(self._out) + told * acks.EVIDENCE_BYTES)

    def _take(self, frame: Frame) -> None:
        if frame.type == frames.HELLO:
            self._heard_hello(frame)
        elif frame.type == frames.END:
            self._heard_end(acks.hear_end(frame))
        elif self._peer is None:
            raise bad_message("no HELLO")
        elif frame.type == frames.PART:
            if whole := self._joining.joined(frame):
                self._take(whole)
        elif frame.type in _CONTENT:
            # Only what was closed by an END is complete; more of it may follow one.
            self._acks.taken_bytes += len(frame.payload) + frames.OVERHEAD_BYTES
            self._heard_content(frame)
        elif frame.type in frames.POST and self._post is not None:
            # A piece of a parcel takes its place in the window as our own content.
            self._acks.taken_bytes += self._post.weight(frame)
            for answer in self._post.heard(frame):
                self._put(answer)
        elif frame.type == frames.ACK:
            between = (self._id, self._memory.incarnation)
            public = self._peer.chain.epoch.public
            self._heard_ack(acks.hear_ack(frame, public, between))
        elif frame.type == frames.HAVE:
            self._heard_have(acks.hear_have(frame))
        elif frame.type == frames.EVIDENCE:
            found = acks.hear_evidence(frame)
            if len(self.evidence_heard) < limits.EVIDENCE_KEPT_MAX:
                self.evidence_heard.append(found)
            self._sending.refused(found.journal, found.code)

    def _heard_hello(self, frame: Frame) -> None:
        raise AssertionError  # pragma: no cover - each side hears HELLO in its own way

    def _heard_end(self, end: End) -> None:
        self.peer_end = end
        if not end.code:
            self._acks.ends_heard += 1

    def _heard_content(self, frame: Frame) -> None:
        if frame.type == frames.SEG:
            try:
                cargo = self._opener.segment(frame)
            except Refusal:
                # Not ours to open, or no segment at all: counted, never stored.
                self._receiving.refused_segments += 1
                return
            self._receiving.segment(cargo)
        elif frame.type == frames.MANIFEST:
            self._receiving.manifest(acks.hear_manifest(frame))
        else:
            self._receiving.chunk(self._opener.chunk(frame))

    def _heard_ack(self, found: Ack) -> None:
        if found.session != self._id or found.incarnation != self._memory.incarnation:
            raise acks.forged("session")
        now_s = self._clock.monotonic_s()
        before = self._window.acked_bytes
        if found.ends > self._ends_sent or not self._window.acked(
            found.received_bytes, now_s
        ):
            raise acks.forged("more than was sent")
        self._ends_acked = max(self._ends_acked, found.ends)
        assert self._ends_acked <= self._ends_sent
        self.progress.acked_bytes += self._window.acked_bytes - before
        self._note_rtt(self._window.rtt_s)
        self.progress.rate_bytes_s = self._window.rate_bytes_s
        self.progress.window_bytes = self._window.size_bytes
        self._sending.heard(found)
        self._memory.seen_ack = found.number
        self._memory.drop_told(found.seen_ack)
        self.peer_time_ms = found.time_ms
        self.offset_ms = (
            self._clock.now().wall_ms - found.time_ms - int(self._rtt_s * 1000 / 2)
        )
        self._keep_token(found)

    def _note_rtt(self, rtt_s: float) -> None:
        """The shortest round trip of this connection, small messages included."""
        if rtt_s and (rtt_s < self._rtt_s or not self._rtt_s):
            self._rtt_s = self.progress.rtt_s = rtt_s

    def _keep_token(self, found: Ack) -> None:
        """Only the calling side shows tokens."""

    def _heard_have(self, have: Have) -> None:
        if have.is_asking and not self._has_shown_vector:
            self._has_shown_vector = True
            self._put(Have(reached=self._receiving.vector()).encode())
        if have.reached is not None:
            self._awaits_vector = False
            self._sending.correct(have.reached, self._memory.incarnation)
            self._receiving.compare(have.reached)

    # -- the two HELLOs ---------------------------------------------------------------

    def _compare(self, found: Hello, peer: Passport) -> None:
        """Begin from what the peer's HELLO says it holds."""
        self._sending.give_back(peer.chain.encode())
        if found.reached is not None:
            self._sending.correct(found.reached, found.incarnation)
            self._receiving.compare(found.reached)
        elif not self._sending.is_known(found.digest, found.incarnation):
            self._sending.correct_incarnation(found.incarnation)
            self._awaits_vector, self._is_ended = True, False  # more may be lacking
            self._put(Have(is_asking=True).encode())
        self._budget_bytes = found.budget_bytes
        for sha, count in found.partials:
            self._sending.held_partly(sha, count)
        self._sending.take_up()
        if self._side.post is not None:
            bag, is_exchanged = self._side.post, self._is_exchanged
            self._post = Talk(bag, peer, self._id, is_exchanged, self._sign)

    def _hello_vector(self) -> tuple[dict[bytes, vector.Reach] | None, bytes]:
        """The whole vector, or the digest where it is long and the peer may know it."""
        reached = self._receiving.vector()
        if len(reached) <= _VECTOR_IN_FULL_MAX or not self._memory.incarnation:
            return reached, b""
        return None, vector.digest(reached)

    def _seal_to(self, box_public: bytes, peer_dictionary: bytes) -> bytes:
        """Draw the key of our direction; gives it wrapped for the peer."""
        assert not self._may_send, "one key a direction: frame numbers never repeat"
        key = FrameKey.new(self._random)
        self._keys.append(key)
        ours = dictionary.ours()[0]
        self._sealer = Sealer(
            key,
            level=dictionary.LEVEL_LIVE,
            with_dictionary=ours != dictionary.NONE and ours == peer_dictionary,
        )
        return key.wrapped_for(box_public)

    def _open_from(self, found: Hello) -> None:
        """Take the key of the peer's direction."""
        key = FrameKey.unwrap(found.wrapped_key, self.journal.keys.box_key)
        self._keys.append(key)
        self._opener = Opener(key)
        self._memory.dictionary = found.dictionary

    def road_key(self) -> RoadKey | None:
        """What opens road B beside this connection; None before both HELLOs are heard."""
        if len(self._keys) < 2:
            return None
        return road_key_of(self._keys, self._id, self._road_port)

    def check(self) -> None:
        """Asked at every turn: raises Refusal where the session may not go on."""

    def pause(self) -> None:
        """Send nothing new for now; what flies may still be acknowledged."""
        self._is_held = True

    @property
    def window(self) -> Window:
        """What flies of our content, and may fly."""
        return self._window

    @property
    def is_midway(self) -> bool:
        """A frame is begun and not handed over whole."""
        return bool(self._out) or self._parting.is_on

    @property
    def sending(self) -> Sending:
        """Our half: what waits, what flies."""
        return self._sending

    def hold(self) -> None:
        """Send nothing new: another session is about to take over; keep what helps it."""
        self.close()
        self._is_held = True

    def go_on(self) -> None:
        """The other session came to nothing."""
        self._is_held = self._is_closed = False

    def close(self) -> None:
        """Keep what helps the next exchange; called however the connection ended."""
        if self._peer is not None and not self._is_closed:
            self._is_closed = True
            self._sending.end()
            if self._post is not None:
                is_whole = self.finished and self.is_agreed and not self._budget_bytes
                self._post.close(is_whole=is_whole)
