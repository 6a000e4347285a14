"""What we remember of a peer between exchanges, in the book's `local` (it survives kill -9).

Losing any of it costs bytes, never facts: the peer's signed vector says the truth again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from perahu.journal.store import Local
from perahu.keys import cbor
from perahu.sync import limits
from perahu.sync.vector import Reach

_PEER, _ACKED, _HAS, _FLOOR = "peer", "acked", "has", "floor"
_UNTOLD, _TAKEN = "untold", "taken"
_COUNTS = "counts"
_BYTES_MAX = 64 * 1024
_FIELDS, _PASSPORT = 8, 5
ACKS_A_SESSION = 1 << 20
TAKEN_KEPT = limits.COURIER_ACKS_MAX
"""Records of blobs that came in files: what one file can tell of; more comes again."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sessions we began, ACK numbers we used and files we wrote, for a peer."""

    sessions: int
    acks: int
    files: int


@dataclass(slots=True)
class Memory:
    """The one record of a peer; `save` makes it durable."""

    local: Local
    peer: bytes
    incarnation: bytes = b""
    """The peer's book, as last heard of."""
    token: bytes = b""
    token_incarnation: bytes = b""
    shown_passport: bytes = b""
    """Name of our passport that the peer said it holds."""
    passport: bytes = b""
    """The peer's passport."""
    seen_ack: int = 0
    dictionary: bytes = b""
    """The dictionary the peer named last."""
    partials: dict[bytes, int] = field(default_factory=dict)
    """Chunks of blobs on their way that the peer said it holds."""

    @classmethod
    def load(cls, local: Local, peer: bytes) -> Memory:
        """What is remembered, or a blank record."""
        assert len(peer) == 16
        raw = local.get(_PEER, peer)
        if raw is None:
            return cls(local, peer)
        found: dict[int, Any] = cbor.decode(raw, _BYTES_MAX)
        return cls(local, peer, *(found[key] for key in range(1, _FIELDS + 1)))

    def save(self) -> None:
        """Write the record."""
        values = (
            self.incarnation, self.token, self.token_incarnation, self.shown_passport,
            self.passport, self.seen_ack, self.dictionary, self.partials,
        )  # fmt: skip
        assert len(values) == _FIELDS
        self.local.put(_PEER, self.peer, cbor.encode(dict(enumerate(values, start=1))))

    # -- counters, apart from the record: they must never go back ---------------------

    def counts(self) -> Counts:
        """The counters towards this peer, as they stand."""
        raw = self.local.get(_COUNTS, self.peer)
        return Counts(*cbor.decode(raw, 64)) if raw else Counts(0, 0, 0)

    def raise_counts(self, sessions: int = 0, acks: int = 0, files: int = 0) -> Counts:
        """Count up durably, never down; under the writer's lock."""
        now = self.counts()
        found = Counts(
            max(now.sessions, sessions), max(now.acks, acks), max(now.files, files)
        )
        assert found.sessions >= now.sessions and found.acks >= now.acks
        raw = cbor.encode([found.sessions, found.acks, found.files])
        self.local.put(_COUNTS, self.peer, raw)
        return found

    # -- what the peer acknowledged ---------------------------------------------------

    def acked(self) -> dict[bytes, Reach]:
        """Per journal id: how far the peer's last ack of it went."""
        found = {}
        for journal, raw in self.local.items(_space(_ACKED, self.peer)):
            seq, h8, safe_seq = cbor.decode(raw, 64)
            found[journal] = Reach(seq, h8, safe_seq)
        return found

    def set_acked(self, journal: bytes, reach: Reach) -> None:
        """Note how far the peer holds a journal."""
        assert len(journal) == 16 and len(reach.h8) == 8
        assert 0 <= reach.safe_seq <= reach.seq
        raw = cbor.encode([reach.seq, reach.h8, reach.safe_seq])
        self.local.put(_space(_ACKED, self.peer), journal, raw)

    def blobs_held(self) -> set[bytes]:
        """Blobs above the floors that the peer acknowledged."""
        records = self.local.items(_space(_HAS, self.peer))
        return {sha for _, raw in records for sha in cbor.decode(raw, _BYTES_MAX)}

    def add_blobs_held(self, shas: Sequence[bytes]) -> None:
        """Note blobs of one ACK that the peer holds; one record for all of them."""
        assert 0 < len(shas) <= limits.ACKED_BLOBS_MAX
        self.local.put(_space(_HAS, self.peer), shas[0], cbor.encode(list(shas)))

    def keep_blobs_held(self, held: Iterable[bytes]) -> None:
        """Write the records anew: only these are above the floors."""
        space, kept = _space(_HAS, self.peer), sorted(held)
        old = {name for name, _ in self.local.items(space)}
        for at in range(0, len(kept), limits.ACKED_BLOBS_MAX):
            group = kept[at : at + limits.ACKED_BLOBS_MAX]
            self.add_blobs_held(group)
            old.discard(group[0])
        for name in sorted(old):
            self.local.delete(space, name)

    def floors(self) -> dict[bytes, int]:
        """Per journal id: through which entry the peer holds every blob cited."""
        items = self.local.items(_space(_FLOOR, self.peer))
        return {journal: int.from_bytes(seq, "big") for journal, seq in items}

    def raise_floor(self, journal: bytes, seq: int) -> None:
        """The peer holds all blobs up to here: they need not be remembered one by one."""
        assert len(journal) == 16 and seq > 0
        self.local.put(_space(_FLOOR, self.peer), journal, seq.to_bytes(8, "big"))

    def lower_floor(self, journal: bytes, seq: int) -> None:
        """The peer lost what it held above this entry; 0: all of it."""
        if seq:
            self.raise_floor(journal, seq)
        else:
            self.local.delete(_space(_FLOOR, self.peer), journal)

    def forget_acks(self) -> None:
        """The peer's book is a new one: what it acknowledged before counts no more."""
        for kind in (_ACKED, _HAS, _FLOOR):
            space = _space(kind, self.peer)
            for name, _ in self.local.items(space):
                self.local.delete(space, name)
        self.partials.clear()

    # -- what the peer is still to be told -------------------------------------------

    def untold(self) -> list[tuple[bytes, int]]:
        """(blob, number of the ACK that told of it, 0 for none) at level 2."""
        items = self.local.items(_space(_UNTOLD, self.peer))
        return [(sha, int.from_bytes(number, "big")) for sha, number in items]

    def note_safe(self, sha: bytes) -> None:
        """A second site holds a blob that the peer's entry cites: it is to be told."""
        assert len(sha) == 32
        self.local.put(_space(_UNTOLD, self.peer), sha, bytes(8))

    def note_told(self, sha: bytes, number: int) -> None:
        """An ACK with this number says that the blob is safe."""
        assert number > 0, "0 is: told by none"
        self.local.put(_space(_UNTOLD, self.peer), sha, number.to_bytes(8, "big"))

    def tell_safe(
        self, number: int, base: int, besides: Sequence[bytes]
    ) -> tuple[tuple[bytes, int], ...]:
        """What the ACK `number` says: blobs the peer once brought, held twice by now.

        What an earlier session told (up to `base`) and the peer never saw is told again.
        """
        fresh = [
            sha for sha, told in self.untold() if told <= base and sha not in besides
        ][: limits.ACKED_BLOBS_MAX - len(besides)]
        for sha in fresh:
            self.note_told(sha, number)
        return tuple((sha, 2) for sha in fresh)

    def drop_told(self, seen_ack: int) -> None:
        """The peer has seen this ACK: what it and older ones told is told."""
        for sha, number in self.untold():
            if 0 < number <= seen_ack:
                self.local.delete(_space(_UNTOLD, self.peer), sha)
        for name, number, _ in self.taken():
            if 0 < number <= seen_ack:
                self.local.delete(_space(_TAKEN, self.peer), name)

    def taken(self) -> list[tuple[bytes, int, list[bytes]]]:
        """(name, number of the last ACK that told of them, 0 for none, blobs that came)."""
        items = self.local.items(_space(_TAKEN, self.peer))
        return [(name, *cbor.decode(raw, _BYTES_MAX)) for name, raw in items]

    def note_taken(self, shas: Sequence[bytes]) -> None:
        """Blobs came in a file: every file for the peer tells of them until it saw one.

        A return file may be lost, or another one take its place on the way.
        """
        rows = self.taken()
        told = {sha for _, _, some in rows for sha in some}
        fresh = [sha for sha in shas if sha not in told]
        for at in range(0, len(fresh), limits.ACKED_BLOBS_MAX):
            some = fresh[at : at + limits.ACKED_BLOBS_MAX]
            if len(rows) + at // limits.ACKED_BLOBS_MAX < TAKEN_KEPT:
                self.note_taken_told(some[0], 0, some)

    def note_taken_told(self, name: bytes, number: int, shas: Sequence[bytes]) -> None:
        """An ACK with this number says that these are here; 0 for none yet."""
        assert len(name) == 32 and 0 < len(shas) <= limits.ACKED_BLOBS_MAX
        raw = cbor.encode([number, list(shas)])
        self.local.put(_space(_TAKEN, self.peer), name, raw)


def passports_heard(local: Local) -> list[bytes]:
    """The passport each peer showed last."""
    records = (cbor.decode(raw, _BYTES_MAX) for _, raw in local.items(_PEER))
    return [record[_PASSPORT] for record in records if record[_PASSPORT]]


def _space(kind: str, peer: bytes) -> str:
    return f"{kind} {peer.hex()}"
