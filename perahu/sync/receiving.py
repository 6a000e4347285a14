"""What comes in: verified, stored, then acknowledged. The receiving half.

- Every whole frame is committed as it arrives, whatever becomes of the connection.
- A peer brings only journals it may bring, and only blobs that an entry here cites.
- What does not check is no fact: the peer is told (EVIDENCE) and the vector stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perahu.journal.book import JournalRow
from perahu.journal.entry import decode_header
from perahu.journal.journal import Journal
from perahu.journal.receiver import Received
from perahu.journal.segment import Segment, bad_segment, decode_segment
from perahu.journal.types import BlobRef, Level
from perahu.keys.certificates import Chain, journal_id
from perahu.sync import limits
from perahu.sync.ack import FORK, Evidence
from perahu.sync.memory import Memory
from perahu.sync.offer import (
    ForkEvidence,
    Offer,
    Witness,
    accepts,
    brings_blobs,
    taken,
)
from perahu.sync.progress import Progress
from perahu.sync.sealed import (
    CLASS_OF_BLOB,
    CLASS_OF_LANE,
    ChunkCargo,
    SegmentCargo,
    blob_name,
)
from perahu.sync.vector import SHORT, Reach
from perahu.words import Refusal

STOPPERS = frozenset(
    ("no_space", "broken_book", "read_only", "busy", "book_away", "book_login")
)
"""Refusals of our own house: they end the exchange instead of blaming the peer."""


@dataclass(slots=True)
class Receiving:
    """Takes in one peer's content and gathers what the next ACK says."""

    journal: Journal
    memory: Memory
    offer: Offer
    witness: Witness
    progress: Progress = field(default_factory=Progress)
    evidence: list[Evidence] = field(default_factory=list)
    """To be told to the peer."""
    stored_entries: int = 0
    known_segments: int = 0
    refused_segments: int = 0
    _touched: set[bytes] = field(default_factory=set)
    _unknown: set[bytes] = field(default_factory=set)
    _announced: dict[bytes, BlobRef] = field(default_factory=dict)
    _done: dict[bytes, int] = field(default_factory=dict)
    _moved: set[bytes] = field(default_factory=set)

    # -- vectors ----------------------------------------------------------------------

    def vector(self) -> dict[bytes, Reach]:
        """How far we hold every journal that this peer may bring."""
        rows = self._taken()
        return {row.id[:SHORT]: self._reach(row) for row in rows if row.sealed_seq}

    def _taken(self) -> list[JournalRow]:
        rows, us = self.journal.journals(), self.journal.chain
        return taken(rows, self.offer, self.memory.peer, us)

    def _accepts(self, author: bytes, audience: bytes) -> bool:
        us = self.journal.node_id
        return accepts(self.offer, (author, audience), self.memory.peer, us)

    def _reach(self, row: JournalRow) -> Reach:
        if row.sealed_seq == 0:
            return Reach(0, bytes(SHORT))
        h = self.journal.hash_at(row.id, row.sealed_seq)
        assert h is not None, "a sealed entry is here"
        safe = row.sealed_seq if self.offer.is_second_site else row.safe_seq
        return Reach(row.sealed_seq, h[:SHORT], min(safe, row.sealed_seq))

    # -- content ----------------------------------------------------------------------

    def segment(self, cargo: SegmentCargo) -> None:
        """Store a segment, or note why not. Raises Refusal only for our own troubles."""
        try:
            self._segment(cargo)
        except Refusal as refusal:
            if refusal.code in STOPPERS:
                raise
            self.refused_segments += 1
            self._tell(cargo, refusal.code)

    def _tell(self, cargo: SegmentCargo, code: str) -> None:
        self.evidence.append(Evidence(cargo.journal, cargo.a, cargo.b, code))

    def _segment(self, cargo: SegmentCargo) -> None:
        row = self.journal.journal(cargo.journal)
        if row is None:
            if not cargo.certificate:
                if len(self._unknown) < limits.UNKNOWN_TOLD_MAX:
                    self._unknown.add(cargo.journal[:SHORT])
                return
            self._introduce(cargo)
        elif self._is_current(row.certificate) or not self._accepts(
            row.node, row.audience
        ):
            raise bad_segment("not this peer's to bring")
        segment = decode_segment(cargo.segment)
        if (segment.journal, segment.a, segment.b) != (cargo.journal, cargo.a, cargo.b):
            raise bad_segment("head")
        got = self.journal.receive(segment)
        self._touched.add(cargo.journal)
        if got is Received.STORED:
            count = segment.b - segment.a + 1
            self.stored_entries += count
            road_class = CLASS_OF_LANE[cargo.lane]
            self.progress.received(road_class, count, len(cargo.segment))
            self._pass_over_blobs(segment)
        elif got is Received.KNOWN:
            self.known_segments += 1
        elif got is Received.FORK:
            self._fork(cargo, segment)

    def _pass_over_blobs(self, segment: Segment) -> None:
        """Blobs that never come by this road are not waited for."""
        row = self.journal.journal(segment.journal)
        assert row is not None, "it was stored just now"
        if brings_blobs(self.offer, row, self.memory.peer, self.journal.node_id):
            return
        headers = (decode_header(entry.header) for entry in segment.entries)
        cited = [ref.sha256 for header in headers for ref in header.blobs]
        self.journal.blobs.pass_over(cited)

    def _introduce(self, cargo: SegmentCargo) -> None:
        """Make a journal known if its author, lane and audience are what its id says."""
        chain = Chain.decode(cargo.certificate, self.journal.root_public)
        author = chain.node.node_id
        named = journal_id(cargo.certificate, cargo.lane, cargo.audience)
        if named != cargo.journal:
            raise bad_segment("journal id")
        if self._is_current(cargo.certificate):
            raise bad_segment("our own journal from elsewhere")
        if not self._accepts(author, cargo.audience):
            raise bad_segment("not this peer's to bring")
        if not cargo.audience and self._journals_of(author) >= limits.EPOCHS_MAX:
            # Whoever has a node's key can certify epochs without end, and vectors have one.
            raise bad_segment("too many epochs of one node")
        row = self.journal.introduce(cargo.certificate, cargo.lane, cargo.audience)
        assert row.id == cargo.journal

    def _is_current(self, certificate: bytes) -> bool:
        """Whether nobody but this book writes here; our other epochs may come home."""
        return certificate == self.journal.chain.encode()

    def _journals_of(self, author: bytes) -> int:
        """How many journals for nobody in particular a node has, of its fullest lane."""
        lanes = [
            row.lane
            for row in self.journal.journals()
            if row.node == author and not row.audience
        ]
        return max(map(lanes.count, set(lanes)), default=0)

    def _fork(self, cargo: SegmentCargo, segment: Segment) -> None:
        row = self.journal.journal(cargo.journal)
        assert row is not None, "a fork is of a journal we hold"
        ours = self.journal.hash_at(cargo.journal, cargo.b) or b""
        self.witness(
            ForkEvidence(
                kind="fork",
                node=row.node,
                journal=cargo.journal,
                seq=cargo.b,
                ours=ours,
                theirs=segment.h_b,
                seal=segment.proof().encode(),
            )
        )
        self._tell(cargo, FORK)
        if row.own and self.offer.acks_count:
            self.journal.note_branch(row.id)

    def compare(self, reached: Mapping[bytes, Reach]) -> None:
        """Tell the peer where it shows a journal of its own otherwise than we hold it.

        It would hear so only by sending the branch, behind all that comes before it.
        """
        for row in self._taken():
            shown = reached.get(row.id[:SHORT])
            if shown is None or row.node != self.memory.peer:
                continue
            here = self.journal.hash_at(row.id, shown.seq)
            if here is not None and here[:SHORT] != shown.h8:
                self.evidence.append(Evidence(row.id, shown.seq, shown.seq, FORK))

    def manifest(self, refs: Sequence[BlobRef]) -> None:
        """Note what will come; say at once what is here already, or begun."""
        for ref in refs:
            cited = self.journal.blobs.cited(ref.sha256)
            if cited != ref or len(self._announced) >= limits.BLOBS_ANNOUNCED_MAX:
                continue
            if self.journal.blobs.has(ref.sha256) or self.journal.blobs.complete(ref):
                self._finish(ref)
                continue
            # Two of one name: the second one comes in a later exchange.
            if self._announced.setdefault(blob_name(ref.sha256), ref) != ref:
                continue
            if self._count(ref.sha256):
                self._moved.add(ref.sha256)

    def chunk(self, cargo: ChunkCargo) -> None:
        """Store a piece of an announced blob; others are passed over."""
        ref = self._announced.get(cargo.blob)
        if ref is None:
            return
        self._moved.add(ref.sha256)
        try:
            whole = self.journal.blobs.add_chunk(ref, cargo.index, cargo.piece)
        except Refusal as refusal:
            if refusal.code in STOPPERS:
                raise
            return
        road_class = CLASS_OF_BLOB[ref.blob_class]
        self.progress.received(road_class, int(whole), len(cargo.piece))
        if whole:
            self._finish(ref)

    def _finish(self, ref: BlobRef) -> None:
        """A blob is whole here: say so in the next ACK."""
        assert self.journal.blobs.has(ref.sha256), "only what is here is acknowledged"
        name = blob_name(ref.sha256)
        if self._announced.get(name) == ref:
            del self._announced[name]
        self._moved.discard(ref.sha256)
        is_safe = self.journal.blob_level(ref.sha256) is Level.SAFE
        self._done[ref.sha256] = 2 if is_safe or self.offer.is_second_site else 1

    def _count(self, sha: bytes) -> int:
        """Whole chunks from the start: what the peer need not send again."""
        here, count = self.journal.blobs.chunks_here(sha), 0
        while count in here:
            count += 1
        return count

    # -- what the next ACK says -------------------------------------------------------

    def begun(self) -> tuple[tuple[bytes, int], ...]:
        """(blob, whole chunks) of what this peer left unfinished before."""
        missing = self.journal.blobs.missing()
        begun = ((ref.sha256, self._count(ref.sha256)) for ref in missing)
        return tuple(pair for pair in begun if pair[1])[: limits.PARTIALS_MAX]

    def touch_all(self) -> None:
        """Let the next ACK say how far we hold every journal of this peer."""
        rows = self._taken()
        self._touched.update(row.id for row in rows)

    def take_reached(self) -> dict[bytes, Reach]:
        """The journals touched since the last ACK, as they stand now."""
        found = {name: Reach(0, bytes(SHORT)) for name in sorted(self._unknown)}
        for journal in sorted(self._touched):
            row = self.journal.journal(journal)
            assert row is not None, "a touched journal is known"
            found[journal[:SHORT]] = self._reach(row)
        self._touched.clear()
        self._unknown.clear()
        return found

    def take_partials(self) -> tuple[tuple[bytes, int], ...]:
        """Blobs that grew since the last ACK."""
        moved = sorted(self._moved)[: limits.PARTIALS_MAX]
        self._moved.difference_update(moved)
        return tuple((sha, self._count(sha)) for sha in moved)

    def take_done(self) -> tuple[tuple[bytes, int], ...]:
        """Blobs that became whole since the last ACK."""
        shas = sorted(self._done)[: limits.ACKED_BLOBS_MAX]
        return tuple((sha, self._done.pop(sha)) for sha in shas)

    @property
    def has_news(self) -> bool:
        """Whether something waits to be acknowledged."""
        return bool(self._touched or self._unknown or self._moved or self._done)
