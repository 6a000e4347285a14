"""What goes out, in which order, from where: the sending half of an exchange or a file.

- What to send is derived from the book and the peer's last signed ack each time; nothing
  is queued on disk that could be forgotten or sent twice.
- By class: lane 0, lane 1, thumbnails, photos, parts, lane 2, scans. A blob goes only
  after the segment that cites it, for a receiver keeps no blob that nobody cites.
- A peer that holds less than its last ack said gets it again; one that holds our own
  journal further or otherwise than we do is evidence, and that journal is left alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from perahu.journal.book import JournalRow
from perahu.journal.journal import Journal
from perahu.journal.segment import Segment
from perahu.journal.types import BlobRef, Level
from perahu.sync import limits, vector
from perahu.sync.absent import Absent
from perahu.sync.ack import FORK, Ack, manifest
from perahu.sync.forgotten import witness_forgotten, witness_other
from perahu.sync.frames import Frame
from perahu.sync.memory import Memory
from perahu.sync.offer import Offer, Witness, brings_blobs, given, returned
from perahu.sync.progress import Progress
from perahu.sync.sealed import (
    CLASS_OF_BLOB,
    CLASS_OF_LANE,
    CLASSES,
    ChunkCargo,
    Sealer,
    SegmentCargo,
    blob_name,
)
from perahu.sync.vector import SHORT, Reach

_ANNOUNCED_AT_ONCE = 32
_RESTARTS_MAX = 2
"""How often a blob whose whole did not check is sent anew in one exchange."""


@dataclass(slots=True)
class _Line:
    """One journal on its way to the peer."""

    row: JournalRow
    acked: int
    sent: int
    stopped: bool = False
    """Left alone in this exchange: the peer holds something else under this name."""
    segments: Iterator[Segment] | None = None

    def rewind(self, seq: int) -> None:
        """Go on after `seq`, whatever was sent."""
        assert 0 <= seq <= self.sent
        self.acked = self.sent = seq
        self.segments = None


@dataclass(slots=True)
class _Load:
    """One blob on its way to the peer."""

    ref: BlobRef
    author: bytes
    """The node whose entry cites it."""
    base: int = 0
    next: int = 0
    announced: bool = False
    restarts: int = 0
    journal: bytes = b""
    """That of the entry that cites it."""

    @property
    def chunks(self) -> int:
        return (self.ref.size - 1) // limits.CHUNK_BYTES + 1

    def begin_at(self, held: int) -> int:
        """Where to go on with a peer that holds so many chunks, and not the blob.

        If it holds all of them it only lacks the last step: the last chunk makes it whole.
        """
        return min(held, self.chunks - 1)

    @property
    def is_sent(self) -> bool:
        return self.next >= self.chunks


def every_class() -> int:
    """All classes may go: what a road that costs nothing and never sleeps allows."""
    return CLASSES


@dataclass(slots=True)
class Sending:
    """The frames a peer lacks, one by one, and what its acks say about them."""

    journal: Journal
    memory: Memory
    offer: Offer
    witness: Witness
    progress: Progress = field(default_factory=Progress)
    classes_max: Callable[[], int] = every_class
    """How many classes may go now, in the order of the road; asked before each frame."""
    _lines: dict[bytes, _Line] = field(default_factory=dict)
    _loads: dict[bytes, _Load] = field(default_factory=dict)
    _queues: list[deque[_Load]] = field(
        default_factory=lambda: [deque() for _ in range(CLASSES)]
    )
    _held: set[bytes] = field(default_factory=set)
    _put_off: list[_Load] = field(default_factory=list)
    _absent: Absent = field(init=False)
    _acked: dict[bytes, Reach] = field(default_factory=dict)
    _floors: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._absent = Absent(self.memory)

    def begin(self) -> None:
        """Start from what the peer's last ack lacks."""
        self.progress.begin()
        self._held = self.memory.blobs_held()
        self._acked, self._floors = self.memory.acked(), self.memory.floors()
        self.journal.seal()
        for row in self._given():
            seq = self._acked[row.id].seq if row.id in self._acked else 0
            self._add_line(row, min(seq, row.sealed_seq))

    def give_back(self, current: bytes) -> None:
        """What the peer wrote in other epochs than that of its chain now comes home.

        Before its HELLO nobody knows which those are; then it shows what it still has.
        """
        rows = self.journal.journals()
        for row in returned(rows, self.offer, self.memory.peer, current):
            if row.id not in self._lines:
                seq = self._acked[row.id].seq if row.id in self._acked else 0
                self._add_line(row, min(seq, row.sealed_seq))

    def refresh(self) -> None:
        """Take in what was recorded or received since: it goes ahead by its class."""
        if any(r.own and r.sealed_seq < r.head_seq for r in self.journal.journals()):
            # What is sealed was promised before: mostly this needs no lock and no flush.
            self.journal.seal()
        for row in self._given():
            line = self._lines.get(row.id)
            if line is None:
                self._add_line(row, 0)
            elif row.sealed_seq > line.row.sealed_seq:
                grown = row.sealed_seq - line.row.sealed_seq
                self.progress.queued(CLASS_OF_LANE[row.lane], grown)
                line.row, line.segments = row, None

    def _given(self) -> list[JournalRow]:
        rows, us = self.journal.journals(), self.journal.node_id
        return given(rows, self.offer, self.memory.peer, us)

    def _add_line(self, row: JournalRow, acked: int) -> None:
        assert 0 <= acked <= row.sealed_seq, "nobody acknowledges what is not sealed"
        self._lines[row.id] = _Line(row, acked, acked)
        self.progress.queued(CLASS_OF_LANE[row.lane], row.sealed_seq - acked)
        self._load_cited(row, self._floors.get(row.id, 0), acked)

    def _load_cited(self, row: JournalRow, after: int, through: int) -> None:
        """Queue the blobs that entries after..through cite and the peer lacks."""
        us, peer = self.journal.node_id, self.memory.peer
        if through <= after or not brings_blobs(self.offer, row, us, peer):
            return
        for seq, sha in self.journal.blobs_cited(row.id, after):
            if seq > through or sha in self._held or sha in self._loads:
                continue
            ref = self.journal.blobs.cited(sha)
            # A hub may not have it yet itself: then it goes in a later exchange.
            if ref is None or not self.journal.blobs.has(sha):
                self._absent.note(ref if row.node == us else None)
                continue
            load = _Load(ref, row.node, journal=row.id)
            load.base = load.next = load.begin_at(self.memory.partials.get(sha, 0))
            self._loads[sha] = load
            road_class = CLASS_OF_BLOB[ref.blob_class]
            self._queues[road_class].append(load)
            self.progress.queued(road_class, 1)

    # -- what goes out ----------------------------------------------------------------

    def next_frame(self, sealer: Sealer, below: int = CLASSES) -> Frame | None:
        """The next frame of the classes below this one, or None when they were all sent."""
        for road_class in range(min(below, self.classes_max())):
            frame = (
                self._next_segment(road_class, sealer)
                if road_class in CLASS_OF_LANE
                else self._next_piece(road_class, sealer)
            )
            if frame is not None:
                size = len(frame.payload)
                self.progress.classes[road_class].sent_bytes += size
                return frame
        return self._absent.next_frame() if below == CLASSES else None

    def _next_segment(self, road_class: int, sealer: Sealer) -> Frame | None:
        for line in self._lines.values():
            is_done = line.stopped or line.sent >= line.row.sealed_seq
            if is_done or CLASS_OF_LANE[line.row.lane] != road_class:
                continue
            if line.segments is None:
                line.segments = self.journal.segments(line.row.id, line.sent)
            segment = next(line.segments, None)
            if segment is None:
                line.segments = None
                continue
            assert segment.a <= line.sent + 1 <= segment.b, "in order, without a hole"
            self._load_cited(line.row, line.sent, segment.b)
            line.sent = segment.b
            return sealer.segment(_cargo(line.row, segment))
        return None

    def _next_piece(self, road_class: int, sealer: Sealer) -> Frame | None:
        queue, has = self._queues[road_class], self.journal.blobs.has
        # Erased while it waited (a hand-over, the law): there is nothing to send.
        while queue and (
            queue[0].is_sent
            or queue[0].ref.sha256 in self._held
            or not has(queue[0].ref.sha256)
        ):
            queue.popleft()
        if not queue:
            return None
        if not queue[0].announced:
            return self._announce(queue)
        load = queue[0]
        piece = self.journal.blobs.read_chunk(load.ref.sha256, load.next)
        blob = blob_name(load.ref.sha256)
        cargo = ChunkCargo(blob, load.next, load.ref.blob_class, piece)
        assert piece, "what is queued is here"
        load.next += 1
        assert load.next <= load.chunks
        return sealer.chunk(cargo)

    def flying_blobs(self) -> frozenset[bytes] | None:
        """Blobs with chunks on the way; None while a segment is, which goes before all."""
        lines = self._lines.values()
        if any(one.sent > one.acked and not one.stopped for one in lines):
            return None
        return frozenset(
            sha
            for sha, load in self._loads.items()
            if load.next > load.base and sha not in self._held
        )

    def put_off(self, blobs: frozenset[bytes]) -> None:
        """Leave these until the peer's HELLO says how much of them has arrived."""
        for road_class, queue in enumerate(self._queues):
            self._put_off += [load for load in queue if load.ref.sha256 in blobs]
            rest = [load for load in queue if load.ref.sha256 not in blobs]
            self._queues[road_class] = deque(rest)

    def take_up(self) -> None:
        """What was put off has its turn again, before all others of its class."""
        for load in reversed(self._put_off):
            self._queues[CLASS_OF_BLOB[load.ref.blob_class]].appendleft(load)
        self._put_off.clear()

    @property
    def is_putting_off(self) -> bool:
        """Whether something waits for the peer's HELLO."""
        return bool(self._put_off)

    def queued_bytes(self) -> int:
        """Whole blobs and chunks that wait for their turn; facts are little beside them."""
        waiting = (load for queue in self._queues for load in queue)
        return sum(load.chunks - load.next for load in waiting) * limits.CHUNK_BYTES

    def _announce(self, queue: deque[_Load]) -> Frame:
        fresh = [
            load for load in list(queue)[:_ANNOUNCED_AT_ONCE] if not load.announced
        ]
        for load in fresh:
            load.announced = True
        return manifest([load.ref for load in fresh])

    # -- what the peer says -----------------------------------------------------------

    def correct(self, reached: Mapping[bytes, Reach], incarnation: bytes) -> None:
        """The peer's HELLO or HAVE shows all that it holds of ours."""
        self.correct_incarnation(incarnation)
        witness_forgotten(self.journal, reached, self.witness)
        news = {}
        for line in self._lines.values():
            shown = reached.get(line.row.id[:SHORT], Reach(0, bytes(SHORT)))
            if self._take(line, shown):
                news[line.row.id] = shown
        self._note(news, {})

    def is_known(self, digest: bytes, incarnation: bytes) -> bool:
        """Whether the peer holds exactly what its last ack said."""
        if incarnation != self.memory.incarnation:
            return False
        held = {journal[:SHORT]: reach for journal, reach in self._acked.items()}
        return digest == vector.digest(held)

    def correct_incarnation(self, incarnation: bytes) -> None:
        """Where the peer has a new book, nothing it acknowledged before counts."""
        if incarnation == self.memory.incarnation:
            return
        if self.memory.incarnation:
            self.memory.seen_ack = 0
            self.memory.forget_acks()
            self._held.clear()
            self._floors.clear()
            for line in self._lines.values():
                line.rewind(0)
        self.memory.incarnation = incarnation

    def heard(self, ack: Ack) -> None:
        """Take in a verified ACK: receipts rise, and what was lost goes again."""
        news: dict[bytes, Reach] = {}
        by_name = {line.row.id[:SHORT]: line for line in self._lines.values()}
        for name, reach in ack.reached.items():
            line = by_name.get(name)
            if line is not None and self._take(line, reach):
                news[line.row.id] = reach
        cited = self.journal.blobs.cited
        levels = {sha: Level(level) for sha, level in ack.done if cited(sha)}
        for sha, count in ack.partials:
            self.held_partly(sha, count)
        self._note(news, levels)

    def _note(self, news: Mapping[bytes, Reach], levels: Mapping[bytes, Level]) -> None:
        """Let receipts rise, where the peer's ack is worth it; then remember the ack.

        In this order: an ack remembered whose receipts did not rise would never be
        looked at again.
        """
        if self.offer.acks_count and (news or levels):
            positions = {j: (reach.seq, reach.safe_seq) for j, reach in news.items()}
            self.journal.note_ack(self.memory.peer, positions, levels)
            self._note_safe(sha for sha, level in levels.items() if level is Level.SAFE)
        for journal, reach in news.items():
            self._acked[journal] = reach
            self.memory.set_acked(journal, reach)
        fresh = [sha for sha in levels if sha not in self._held]
        if fresh:
            self.memory.add_blobs_held(fresh)
        for sha in fresh:
            self._blob_done(sha)

    def _note_safe(self, shas: Iterable[bytes]) -> None:
        """Whoever cites what a second site now holds is to hear of it from us."""
        for sha in shas:
            load = self._loads.get(sha)
            if load is not None and load.author != self.journal.node_id:
                Memory(self.journal.local, load.author).note_safe(sha)

    def _take(self, line: _Line, reach: Reach) -> bool:
        """Take in how far the peer shows a journal; true where that is news to us."""
        if line.stopped or not self._agrees(line, reach):
            return False
        if reach.seq < line.acked:
            line.rewind(reach.seq)
            self._forget_blobs(line.row, reach.seq)
        elif reach.seq > line.acked:
            road_class = CLASS_OF_LANE[line.row.lane]
            self.progress.acked(road_class, reach.seq - line.acked)
            line.acked = reach.seq
        if reach.seq > line.sent:
            self._load_cited(line.row, line.sent, reach.seq)
            line.sent, line.segments = reach.seq, None
        return self._acked.get(line.row.id, Reach(0, bytes(SHORT))) != reach

    def _forget_blobs(self, row: JournalRow, after: int) -> None:
        """The peer lost entries it had, and with them what these cite."""
        lost = {sha for _, sha in self.journal.blobs_cited(row.id, after)}
        if lost & self._held:
            self._held -= lost
            self.memory.keep_blobs_held(self._held)
        if self._floors.get(row.id, 0) > after:
            self._floors[row.id] = after
            self.memory.lower_floor(row.id, after)

    def _agrees(self, line: _Line, reach: Reach) -> bool:
        """Compare hashes; where they differ, leave the journal alone and say so."""
        if reach.seq == 0:
            return True
        ours = self.journal.hash_at(line.row.id, reach.seq)
        if ours is not None and ours[:SHORT] == reach.h8:
            return True
        line.stopped = True
        witness_other(self.journal, line.row, reach, self.witness)
        if ours is not None:
            self._leave(line.row.id)
        return False

    def refused(self, journal: bytes, code: str) -> None:
        """The peer says that a segment of this journal is no fact: send no more of it."""
        if journal in self._lines:
            self._lines[journal].stopped = True
            if code == FORK:
                self._leave(journal)

    def _leave(self, journal: bytes) -> None:
        """The peer holds another history: where its word counts, the rest is a branch."""
        if self.offer.acks_count:
            self.journal.note_branch(journal)

    def _blob_done(self, sha: bytes) -> None:
        self._held.add(sha)
        self.memory.partials.pop(sha, None)
        load = self._loads.get(sha)
        if load is not None:
            self.progress.acked(CLASS_OF_BLOB[load.ref.blob_class], 1)

    def held_partly(self, sha: bytes, count: int) -> None:
        """Chunks the peer holds from the start: go on there, forward or back."""
        load = self._loads.get(sha)
        if load is None or count > load.chunks:
            return
        count = load.begin_at(count)
        was_whole = load.is_sent
        if count > load.next:
            load.next = count
        elif count < load.base and load.restarts < _RESTARTS_MAX:
            load.restarts += 1
            load.next = load.base = count
            if was_whole:
                self._queues[CLASS_OF_BLOB[load.ref.blob_class]].append(load)
        load.base = max(load.base, count)
        self.memory.partials[sha] = count

    def reach(self) -> tuple[tuple[bytes, int], ...]:
        """(journal, seq) of what the peer lacks and holds once everything has arrived."""
        citing = {load.journal for load in self._loads.values()}
        rows = [
            line.row
            for line in self._lines.values()
            if line.row.sealed_seq > line.acked or line.row.id in citing
        ]
        return tuple((row.id, row.sealed_seq) for row in rows)

    def announce_again(self) -> None:
        """A new part of a courier file begins: it must be readable without the others."""
        for load in self._loads.values():
            load.announced = False

    def end(self) -> None:
        """Keep what helps the next exchange to begin at the last acknowledged chunk."""
        live = sorted(self.memory.partials.items())[: limits.PARTIALS_MAX]
        self.memory.partials = dict(live)
        self.memory.save()
        below: set[bytes] = set()
        for line in self._lines.values():
            below.update(self._raise_floor(line))
        if below:
            self.memory.keep_blobs_held(self._held - below)

    def _raise_floor(self, line: _Line) -> list[bytes]:
        """The blobs below the first one that the peer still lacks."""
        us, peer = self.journal.node_id, self.memory.peer
        if not brings_blobs(self.offer, line.row, us, peer):
            return []
        before = self._floors.get(line.row.id, 0)
        floor, below = line.acked, list[bytes]()
        for seq, sha in sorted(self.journal.blobs_cited(line.row.id, before)):
            if seq > floor:
                break
            if sha not in self._held:
                floor = seq - 1
                break
            below.append(sha)
        if below and floor > before:
            self._floors[line.row.id] = floor
            self.memory.raise_floor(line.row.id, floor)
        return below


def _cargo(row: JournalRow, segment: Segment) -> SegmentCargo:
    certificate = row.certificate if segment.a == 1 else b""
    return SegmentCargo(
        journal=row.id,
        a=segment.a,
        b=segment.b,
        lane=row.lane,
        audience=row.audience,
        certificate=certificate,
        segment=segment.encode(),
    )
