"""Parcels in one session: what each side tells, asks for, gives and acknowledges.

1. Each side tells once what it could give to this peer (PARCELS), if there is anything.
2. Who is told asks for what it lacks and has room for (WANT), from the byte it has.
3. The pieces go when the session's own business of higher classes is done; the parcel is
   checked, flushed and kept, and a signed GOT says so.

A peer that lies costs us 16 KB a lie and three lies at most: the signed head comes first.
One that asks and never takes, or tells and never gives, is not waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from perahu.sync import limits
from perahu.sync.fields import bad_message
from perahu.sync.frames import GOT, OVERHEAD_BYTES, PARCEL, PARCELS, Frame
from perahu.sync.passport import Passport
from perahu.sync.postbag import frames as wire
from perahu.sync.postbag.bag import PostBag
from perahu.sync.postbag.frames import Offered, Piece
from perahu.sync.postbag.index import Parcel
from perahu.sync.receiving import STOPPERS
from perahu.sync.sealed import Sealer
from perahu.sync.sending import Sending
from perahu.words import Refusal

LIES_MAX = 3
"""Parcels of a peer that were not what it said; then it is not heard any more."""
AHEAD_OF_POST = 4
"""Classes below: control, civil facts, thumbnails and photos go before other nodes' post;
the first part of a parcel, where its own facts are, before our captures of many MB."""
FIRST_BYTES_MAX = 4_000_000
"""A first part that is bigger, a stick's file, waits like the parts behind it."""
WAIT_S = 30.0
"""A piece that was asked for is waited for so long."""


@dataclass(slots=True)
class _Coming:
    """A parcel on its way in."""

    offered: Offered
    at: int
    is_seen: bool = False
    """Whether its head was looked at."""


@dataclass(slots=True)
class Talk:
    """The parcels of one session with one peer, both ways."""

    bag: PostBag
    peer: Passport
    session: bytes
    is_exchanged: bool
    """Whether the session carries journals besides: then our own letters to the peer
    need not go as parcels."""
    sign: Callable[[bytes, bytes], bytes]
    """Signs as the epoch that the session began in."""
    moved_bytes: int = 0
    """Bytes of parcels that came and were kept: a session with these got on."""
    _has_told: bool = False
    _asked: dict[bytes, int] = field(default_factory=dict)
    """What the peer asked for, and from where on it goes next."""
    _told: dict[bytes, Offered] = field(default_factory=dict)
    _coming: dict[bytes, _Coming] = field(default_factory=dict)
    _given: set[bytes] = field(default_factory=set)
    """Given to the end, and not acknowledged yet."""
    _got: list[bytes] = field(default_factory=list)
    _lies: int = 0
    _moved_s: float = 0.0

    # -- out --------------------------------------------------------------------------

    def __post_init__(self) -> None:
        """What we could give is settled when the peer is known."""
        found = self.bag.for_peer(self.peer.node_id, is_exchanged=self.is_exchanged)
        for one in found[: wire.TOLD_MAX]:
            self._told[one.sha] = Offered(
                sha=one.sha, size=one.size, hops=one.hops, label=one.label
            )
        self._has_told = not self._told

    @property
    def has_to_tell(self) -> bool:
        """Whether the peer is still to be told of what we could give."""
        return not self._has_told

    def to_put(self) -> list[Frame]:
        """What goes ahead of everything: what we could give, and what we hold now."""
        found = []
        if not self._has_told:
            self._has_told = True
            found.append(wire.parcels(list(self._told.values())))
        while self._got:
            shas, self._got = self._got[: wire.TOLD_MAX], self._got[wire.TOLD_MAX :]
            found.append(wire.got(self.session, shas, self.sign))
        return found

    def next_frame(
        self, *, first_only: bool = False, put_off: bool = False, is_shut: bool = False
    ) -> Frame | None:
        """The next piece for the peer; the first part of a file holds what is urgent.

        `put_off`: this road takes nothing big now, `is_shut`: nothing at all; the peer is
        told not to wait for it.
        """
        for sha, at in self._asked.items():
            offered = self._told[sha]
            is_later = offered.label.part > 1 or offered.size > FIRST_BYTES_MAX
            if first_only and is_later:
                continue
            is_off = is_shut or (put_off and is_later)
            content = b"" if is_off else self._read(sha, at)
            if at + len(content) >= offered.size or not content:
                del self._asked[sha]
                if content:
                    self._given.add(sha)
            else:
                self._asked[sha] = at + len(content)
            return wire.piece(Piece(sha, at, content))
        return None

    def _read(self, sha: bytes, at: int) -> bytes:
        """Some bytes; none where it left the bag meanwhile."""
        try:
            return self.bag.disk.read_at(self.bag.path_of(sha), at, limits.CHUNK_BYTES)
        except OSError:
            return b""

    @property
    def is_busy(self) -> bool:
        """Whether pieces are still to go, or may still come."""
        now_s = self.bag.journal.ports.clock.monotonic_s()
        is_waiting = bool(self._coming) and now_s - self._moved_s < WAIT_S
        return is_waiting or bool(self._asked) or bool(self._got)

    # -- in ---------------------------------------------------------------------------

    def weight(self, frame: Frame) -> int:
        """What a frame counts in the window: only pieces of parcels do."""
        is_piece = frame.type == PARCEL
        return len(frame.payload) + OVERHEAD_BYTES if is_piece else 0

    def heard(self, frame: Frame) -> list[Frame]:
        """Take in a frame of the peer; gives the answer, if there is one. Raises Refusal."""
        if frame.type == PARCELS:
            return self._heard_parcels(wire.hear_parcels(frame))
        if frame.type == PARCEL:
            self._heard_piece(wire.hear_piece(frame))
        elif frame.type == GOT:
            self._heard_got(frame)
        else:
            for sha, at in wire.hear_want(frame):
                if sha in self._told and at < self._told[sha].size:
                    self._asked[sha] = at
        return []

    def _heard_got(self, frame: Frame) -> None:
        """What the peer holds need not go on; its addressee's word ends its stay."""
        public = self.peer.chain.epoch.public
        shas = wire.hear_got(frame, public, self.session)
        for sha in shas:
            self._asked.pop(sha, None)
            self._given.discard(sha)
        known = [sha for sha in shas if sha in self._told]
        self.bag.held_by(known, self.peer.node_id)

    def _heard_parcels(self, offered: list[Offered]) -> list[Frame]:
        """Ask for what we lack and have room for."""
        # A peer that takes no GOT hears no second one.
        if self._coming or self._lies >= LIES_MAX or len(self._got) > wire.TOLD_MAX:
            return []
        wanted, space = [], self.bag.space()
        for one in offered:
            if one.label.sender == self.bag.journal.node_id or self.bag.is_known(one):
                self._got.append(one.sha)
                self._note_way(one.sha)
                continue
            if not self._claim(one.sha) or not space.promise(self._parcel(one)):
                continue
            at = self.bag.begun_bytes(one.sha)
            if at >= one.size:
                self.bag.drop_begun(one.sha)
                at = 0
            self.bag.claimed[one.sha] = self
            is_seen = at >= limits.COURIER_HEAD_BYTES
            self._coming[one.sha] = _Coming(one, at, is_seen)
            wanted.append((one.sha, at))
        self._moved_s = self.bag.journal.ports.clock.monotonic_s()
        return [wire.want(wanted)] if wanted else []

    def _note_way(self, sha: bytes) -> None:
        """Who comes second with a letter for us may take the answer back as well."""
        label = self.bag.index.label(sha)
        if label is not None and label.receiver == self.bag.journal.node_id:
            now_ms = self.bag.now_ms()
            self.bag.index.note_route(label.sender, self.peer.node_id, now_ms)

    def _claim(self, sha: bytes) -> bool:
        """Whether nobody else brings it just now; an older session of this peer gives way."""
        owner = self.bag.claimed.get(sha)
        if owner is None:
            return True
        if not isinstance(owner, Talk) or owner.peer.node_id != self.peer.node_id:
            return False
        if owner is not self:
            owner._coming.pop(sha, None)
        return owner is not self

    def _parcel(self, one: Offered) -> Parcel:
        """As it would lie in the bag."""
        return Parcel(
            sha=one.sha, size=one.size, label=one.label,
            brought_by=self.peer.node_id, hops=one.hops, taken_ms=0,
        )  # fmt: skip

    def _heard_piece(self, found: Piece) -> None:
        """Keep a piece that continues what we have; the last one makes it a parcel."""
        coming = self._coming.get(found.sha)
        if coming is None:
            return
        if not found.content:
            self._let_go(coming)
            return
        end = found.offset + len(found.content)
        if found.offset != coming.at or end > coming.offered.size:
            return
        self._moved_s = self.bag.journal.ports.clock.monotonic_s()
        self.moved_bytes += len(found.content)
        coming.at = end
        bag, peer = self.bag, self.peer.node_id
        try:
            bag.add_piece(found.sha, found.offset, found.content, peer)
            self._look(coming)
        except OSError:
            # Our own disk: the session's own business goes on without it.
            self._let_go(coming)
        except Refusal as refusal:
            if refusal.code not in STOPPERS:
                self._lies += 1
                bag.drop_begun(found.sha)
            self._let_go(coming)

    def _look(self, coming: _Coming) -> None:
        """The head as soon as it is here, the whole at the end. Raises Refusal."""
        offered, bag = coming.offered, self.bag
        if not coming.is_seen and coming.at >= limits.COURIER_HEAD_BYTES:
            coming.is_seen = True
            head = bag.head_of(bag.begun_path(offered.sha))
            if head.label != offered.label or head.end > offered.size:
                raise bad_message("label")
            bag.space().check(head.label, 0)
        if coming.at == offered.size:
            bag.finish(offered, self.peer.node_id)
            self._got.append(offered.sha)
            self._let_go(coming)

    def _let_go(self, coming: _Coming) -> None:
        self._coming.pop(coming.offered.sha, None)
        if self.bag.claimed.get(coming.offered.sha) is self:
            del self.bag.claimed[coming.offered.sha]

    def close(self, *, is_whole: bool = False) -> None:
        """The connection is over; what came stays for the next one.

        `is_whole`: everything was exchanged, so our own letters to the peer are moot.
        """
        for coming in list(self._coming.values()):
            self._let_go(coming)
        for sha in self._given:
            self.bag.look_after(sha)
        self._given.clear()
        if is_whole and self.is_exchanged:
            self.bag.met(self.peer.node_id)


def next_frame(sending: Sending, sealer: Sealer, post: Talk | None) -> Frame | None:
    """A session's next frame: its own by class, and other nodes' post between and behind."""
    if post is None:
        return sending.next_frame(sealer)
    if not sending.classes_max():
        return post.next_frame(is_shut=True)
    return (
        sending.next_frame(sealer, AHEAD_OF_POST)
        or post.next_frame(first_only=True)
        or sending.next_frame(sealer)
        or post.next_frame(put_off=sending.classes_max() <= AHEAD_OF_POST)
    )
