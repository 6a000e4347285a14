"""A courier file: the frames of an exchange on a stick, written from the last ack on.

    JRN-<from>-<to>-<yyyymmdd>-<n>.jrnb     (then .p2, .p3 … where it is over 1 GB)

    "JRN1" ‖ head (HELLO) ‖ filler up to 16 KB ‖ ACK … SEG, MANIFEST, CHUNK … END ‖ head

The head says how many frames and bytes follow and their hash, so that the reader of a
torn file can say what is missing; it stands once more at the end, should the first sector
be the one that rots. Each part has its own head and key and stands alone.

1. Write to a temporary name, flush, rename.
2. Read the file back from the stick and compare its hash.
3. The officer sees four words, to be read over the telephone.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.keys.sealing import FrameKey
from perahu.sync import dictionary, frames, limits, passport
from perahu.sync.ack import Ack, End
from perahu.sync.checkwords import four_words
from perahu.sync.frames import Frame
from perahu.sync.hello import Hello
from perahu.sync.memory import ACKS_A_SESSION, Memory
from perahu.sync.offer import Offer, Peer
from perahu.sync.progress import Progress
from perahu.sync.receiving import Receiving
from perahu.sync.sealed import CLASS_OF_LANE, Sealer
from perahu.sync.sending import Sending
from perahu.sync.session import Side
from perahu.sync.vector import Reach
from perahu.words import Refusal

COUNT, HASH, SIZE, PART, NUMBER, WALL_MS = range(1, 7)
"""What the head of a file says besides: frames, their hash and bytes, part, file number."""
_FILLER = 0
_LANES = frozenset(CLASS_OF_LANE)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written to the stick."""

    paths: tuple[Path, ...]
    check_words: tuple[str, ...]
    """Four words for each part."""
    entries: int
    blobs: int
    size_bytes: int

    @property
    def is_empty(self) -> bool:
        """Only acks travel: there was nothing the peer lacks."""
        return not (self.entries or self.blobs)


class _Writer:
    """Writes frames into one part, and its head when they are all there."""

    def __init__(self, journal: Journal, path: Path, ceiling: int) -> None:
        self._disk, self._path = journal.ports.disk, path
        self._draft = path.with_name(f".{path.name}.part")
        self._disk.remove(self._draft)
        self._buffer, self._hash = bytearray(), hashlib.sha256()
        self._ceiling = ceiling
        self.size = self.count = 0

    @property
    def is_full(self) -> bool:
        """Whether one more frame might not fit."""
        longest = limits.FRAME_BYTES_MAX + frames.OVERHEAD_BYTES
        return limits.COURIER_HEAD_BYTES * 2 + self.size + longest > self._ceiling

    def put(self, frame: Frame) -> None:
        """Add a frame."""
        raw = frame.encode()
        self._hash.update(raw)
        self._buffer += raw
        self.size += len(raw)
        self.count += 1
        if len(self._buffer) >= limits.COURIER_BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        at = limits.COURIER_HEAD_BYTES + self.size - len(self._buffer)
        assert at >= limits.COURIER_HEAD_BYTES
        self._disk.write_at(self._draft, at, bytes(self._buffer))
        self._buffer.clear()

    @property
    def digest(self) -> bytes:
        """SHA-256 of all frames so far."""
        return self._hash.digest()

    def finish(self, head: Frame) -> None:
        """Write the head at both ends, flush, rename, and read the whole back."""
        self._flush()
        assert self.count > 0 and not self._buffer
        raw = head.encode()
        front = frames.MAGIC + raw
        filler = limits.COURIER_HEAD_BYTES - len(front) - frames.OVERHEAD_BYTES
        assert filler >= 0, "the head is bigger than its room"
        front += Frame(_FILLER, bytes(filler)).encode()
        self._disk.write_at(self._draft, 0, front)
        end = limits.COURIER_HEAD_BYTES + self.size
        self._disk.write_at(self._draft, end, raw)
        self._disk.rename_durable(self._draft, self._path)
        self._verify(front, raw)

    def _verify(self, front: bytes, tail: bytes) -> None:
        found, at = hashlib.sha256(), limits.COURIER_HEAD_BYTES
        end = at + self.size
        while at < end:
            count = min(limits.COURIER_BUFFER_BYTES, end - at)
            found.update(self._disk.read_at(self._path, at, count))
            at += count
        whole = (
            self._disk.read_at(self._path, 0, len(front)) == front
            and self._disk.read_at(self._path, end, len(tail)) == tail
            and found.digest() == self.digest
        )
        if not whole:
            raise _bad_stick()

    def abandon(self) -> None:
        """Take the half-written file away."""
        self._disk.remove(self._draft)


def export(
    side: Side,
    peer: Peer,
    offer: Offer,
    folder: Path,
    *,
    answering: Sequence[tuple[bytes, int]] = (),
    part_bytes_max: int = limits.COURIER_PART_BYTES_MAX,
) -> Exported:
    """Write all that the peer's last ack lacks, and our acks of what we hold of its.

    `answering` is what an import just brought (Imported.done), to be acknowledged blob by
    blob. Raises Refusal "no_stick", "stick_full" or "bad_stick"; what was half-written is removed.
    """
    if not side.journal.ports.disk.exists(folder):
        # Making it would write to this machine's own disk where a stick is missing.
        raise _no_stick(folder)
    try:
        return _Export(side, peer, offer, part_bytes_max).write(folder, answering)
    except OSError as error:
        raise _stick_failed(error) from error


class _Export:
    """One export, over as many parts as it takes."""

    def __init__(self, side: Side, peer: Peer, offer: Offer, ceiling: int) -> None:
        self._side, self._journal, self._peer = side, side.journal, peer
        self._ceiling = ceiling
        self._memory = Memory.load(self._journal.local, peer.node_id)
        self._passport = passport.write(self._journal.chain, side.versions)
        self._progress = Progress()
        parts = (self._journal, self._memory, offer, side.witness, self._progress)
        self._sending, self._receiving = Sending(*parts), Receiving(*parts)
        with self._journal.ports.lock():
            counts = self._memory.counts()
            counts = self._memory.raise_counts(
                files=counts.files + 1, acks=counts.acks + ACKS_A_SESSION
            )
        self._file, self._ack_number = counts.files, counts.acks
        self._now = self._journal.ports.clock.now()

    def write(self, folder: Path, answering: Sequence[tuple[bytes, int]]) -> Exported:
        self._sending.begin()
        paths: list[Path] = []
        words: list[str] = []
        size, is_last = 0, False
        while not is_last:
            assert len(paths) < limits.COURIER_PARTS_MAX, "more than 999 GB"
            path = folder / self._name(len(paths) + 1)
            writer = _Writer(self._journal, path, self._ceiling)
            try:
                is_last = self._part(writer, len(paths) + 1, answering)
            except BaseException:
                writer.abandon()
                raise
            paths.append(path)
            words.append(four_words(writer.digest))
            size += writer.size + limits.COURIER_HEAD_BYTES
        lanes = sum(
            c.queued for i, c in enumerate(self._progress.classes) if i in _LANES
        )
        blobs = sum(c.queued for c in self._progress.classes) - lanes
        return Exported(tuple(paths), tuple(words), lanes, blobs, size)

    def _name(self, part: int) -> str:
        node = self._journal.certificate
        ours, theirs = slug(node.name, node.node_id), self._their_slug()
        name = f"JRN-{ours}-{theirs}-{self._now.today:%Y%m%d}-{self._file}.jrnb"
        return name if part == 1 else f"{name}.p{part}"

    def _their_slug(self) -> str:
        return slug(self._peer.name, self._peer.node_id)

    def _part(
        self, writer: _Writer, number: int, answering: Sequence[tuple[bytes, int]]
    ) -> bool:
        """Fill one part; true when it holds the last frame."""
        random = self._journal.ports.random
        session, key = random(16), FrameKey.new(random)
        known = dictionary.ours()[0]
        sealer = Sealer(
            key,
            level=dictionary.LEVEL_FILE,
            with_dictionary=known != dictionary.NONE
            and known == self._memory.dictionary,
        )
        for ack in self._acks(session, answering):
            writer.put(ack)
        if number > 1:
            self._sending.announce_again()
        frame = None
        while not writer.is_full:
            frame = self._sending.next_frame(sealer)
            if frame is None:
                break
            writer.put(frame)
        writer.put(End(more=frame is not None).encode())
        head = self._head(writer, session, key, number)
        writer.finish(head.sign(self._journal.sign))
        return frame is None

    def _acks(
        self, session: bytes, answering: Sequence[tuple[bytes, int]]
    ) -> list[Frame]:
        """How far we hold the peer's journals, its blobs we got, and which are safe."""
        told = dict(answering)
        for sha, _ in self._memory.untold():
            told[sha] = 2
        self._receiving.touch_all()
        reached = self._receiving.take_reached()
        items, found = sorted(told.items()), list[Ack]()
        for at in range(0, max(1, len(items)), limits.ACKED_BLOBS_MAX):
            if len(found) == limits.COURIER_ACKS_MAX:
                break
            done = tuple(items[at : at + limits.ACKED_BLOBS_MAX])
            found.append(self._ack(session, reached if at == 0 else {}, done))
        return [ack.sign(self._journal.sign) for ack in found]

    def _ack(
        self,
        session: bytes,
        reached: dict[bytes, Reach],
        done: tuple[tuple[bytes, int], ...],
    ) -> Ack:
        self._ack_number += 1
        for sha, level in done:
            if level == 2:
                self._memory.note_told(sha, self._ack_number)
        return Ack(
            session=session,
            number=self._ack_number,
            incarnation=self._journal.incarnation,
            time_ms=max(0, self._now.wall_ms),
            reached=reached,
            done=done,
            seen_ack=self._memory.seen_ack,
        )

    def _head(self, writer: _Writer, session: bytes, key: FrameKey, part: int) -> Hello:
        return Hello(
            session=session,
            counter=0,
            sender=self._journal.node_id,
            receiver=self._peer.node_id,
            incarnation=self._journal.incarnation,
            passport_name=self._passport.name,
            passport=self._passport.content,
            seen_ack=self._memory.seen_ack,
            wrapped_key=key.wrapped_for(self._peer.box_public),
            dictionary=dictionary.ours()[0],
            file={
                COUNT: writer.count, HASH: writer.digest, SIZE: writer.size,
                PART: part, NUMBER: self._file, WALL_MS: max(0, self._now.wall_ms),
            },
        )  # fmt: skip


def slug(name: str, node_id: bytes) -> str:
    """A node's name fit for any file system; the id where nothing of it is left."""
    plain = re.sub(r"[^a-z0-9]+", "", name.lower())[: limits.NAME_CHARS_MAX]
    return plain or node_id.hex()[:8]


def _stick_failed(error: OSError) -> Refusal:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Refusal(
            "stick_full",
            "Stik penuh: berkas kurir tidak jadi ditulis, dan tidak ada yang hilang dari "
            "simpul ini. Kosongkan stik atau pakai yang lain, lalu ulangi.",
            "The stick is full: the courier file was not written, and nothing is lost "
            "from this node. Empty the stick or use another one, then do it again.",
        )
    return Refusal(
        "bad_stick",
        f"Stik tidak dapat ditulis ({error.strerror}); tidak ada yang hilang dari simpul "
        "ini. Pakai stik lain, lalu ulangi.",
        f"The stick cannot be written ({error.strerror}); nothing is lost from this node. "
        "Use another stick, then do it again.",
    )


def _no_stick(folder: Path) -> Refusal:
    return Refusal(
        "no_stick",
        f"Folder {folder} tidak ada; belum ada yang ditulis dan tidak ada yang hilang. "
        "Pasang stiknya, lalu ulangi.",
        f"There is no folder {folder}; nothing was written and nothing is lost. Plug in "
        "the stick, then do it again.",
    )


def _bad_stick() -> Refusal:
    return Refusal(
        "bad_stick",
        "Yang terbaca kembali dari stik tidak sama dengan yang ditulis: stik ini rusak. "
        "Tidak ada yang hilang dari simpul ini; pakai stik lain, lalu ulangi.",
        "What was read back from the stick is not what was written: this stick is bad. "
        "Nothing is lost from this node; use another stick, then do it again.",
    )
