"""A courier file: the frames of an exchange on a stick, written from the last ack on.

    JRN-<from>-<to>-<yyyymmdd>-<n>.jrnb     (then .p2, .p3 … where it is over 1 GB)

    heads (HELLO) ‖ ACK … SEG, MANIFEST, CHUNK … END, with repair data ‖ head

The head says what the file carries, how many frames and bytes follow and their hash, so
that the reader of a torn file can say what is missing. Each part has its own head and key
and stands alone. courier_writing.py puts it on the stick, courier_groups.py mends it.

1. Write to a temporary name, flush, rename.
2. Read the file back from the stick and compare its hash.
3. The officer sees four words, to be read over the telephone.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perahu.keys.sealing import FrameKey
from perahu.sync import dictionary, limits, passport
from perahu.sync.ack import Ack, End
from perahu.sync.checkwords import four_words
from perahu.sync.courier.writing import (
    CONTENTS,
    MORE,
    NUMBER,
    PART,
    WALL_MS,
    Contents,
    CountingSealer,
    Writer,
)
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

_LANES = frozenset(CLASS_OF_LANE)


@dataclass(frozen=True, slots=True)
class PartCount:
    """What one part holds; a blob in two parts counts in both."""

    entries: int
    blobs: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written to the stick."""

    paths: tuple[Path, ...]
    check_words: tuple[str, ...]
    """Four words for each part."""
    entries: int
    blobs: int
    size_bytes: int
    number: int = 0
    """How many files were written for this node, this one counted."""
    reach: tuple[tuple[bytes, int], ...] = ()
    """(journal, seq): what the addressee holds once it has taken this file in."""
    parts: tuple[PartCount, ...] = ()
    """What each part holds of it."""

    @property
    def is_empty(self) -> bool:
        """Only acks travel: there was nothing the peer lacks."""
        return not (self.entries or self.blobs)


def export(
    side: Side,
    peer: Peer,
    offer: Offer,
    folder: Path,
    *,
    answering: Sequence[tuple[bytes, int]] = (),
    part_bytes_max: int = limits.COURIER_PART_BYTES_MAX,
    parts_max: int = limits.COURIER_PARTS_MAX,
) -> Exported:
    """Write all that the peer's last ack lacks, and our acks of what we hold of its.

    With `parts_max` only the first parts: each stands alone, and what is most urgent comes
    first. `answering` is what an import just brought (Imported.done), to be acknowledged blob by
    blob. Raises Refusal "no_stick", "stick_full" or "bad_stick"; what was half-written is removed.
    """
    try:
        if not side.journal.ports.disk.exists(folder):
            # Making it would write to this machine's own disk where a stick is missing.
            raise _no_stick(folder)
        making = _Export(side, peer, offer, part_bytes_max, answering)
        return making.write(folder, parts_max)
    except OSError as error:
        raise _stick_failed(error) from error


@dataclass(frozen=True, slots=True)
class _Part:
    writer: Writer
    contents: Contents
    is_last: bool

    @property
    def count(self) -> PartCount:
        held = self.contents
        return PartCount(held.entries, held.blobs, self.writer.file_bytes)


class _Export:
    """One export, over as many parts as it takes."""

    def __init__(
        self,
        side: Side,
        peer: Peer,
        offer: Offer,
        ceiling: int,
        answering: Sequence[tuple[bytes, int]],
    ) -> None:
        self._side, self._journal, self._peer = side, side.journal, peer
        self._ceiling, self._offer = ceiling, offer
        node = self._journal.certificate
        self._slug = slug(node.name, node.node_id)
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
        self._answering = answering

    def write(self, folder: Path, parts_max: int) -> Exported:
        self._sweep(folder)
        if self._journal.ports.disk.exists(folder / self._name(1)):
            # Of a node whose name begins alike: nobody's file is written over.
            self._slug += f"-{self._journal.ports.random(3).hex()}"
        self._sending.begin()
        if known := self._memory.passport:
            chain = passport.read(known, self._journal.root_public).chain
            self._sending.give_back(chain.encode())
        reach = self._sending.reach()
        paths: list[Path] = []
        words: list[str] = []
        counts: list[PartCount] = []
        is_last = False
        assert 0 < parts_max <= limits.COURIER_PARTS_MAX
        while not is_last and len(paths) < parts_max:
            path = folder / self._name(len(paths) + 1)
            try:
                part = self._part(path, len(paths) + 1)
            except BaseException:
                # The parts before it stand alone, but nobody was told of them.
                for one in paths:
                    with suppress(OSError):
                        self._journal.ports.disk.remove(one)
                raise
            is_last = part.is_last
            paths.append(path)
            words.append(four_words(part.writer.digest))
            counts.append(part.count)
        lanes = sum(
            c.queued for i, c in enumerate(self._progress.classes) if i in _LANES
        )
        blobs = sum(c.queued for c in self._progress.classes) - lanes
        size = sum(one.size_bytes for one in counts)
        return Exported(
            tuple(paths), tuple(words), lanes, blobs, size, self._file, reach,
            tuple(counts),
        )  # fmt: skip

    def _sweep(self, folder: Path) -> None:
        """Take away what we were writing when this stick was pulled out."""
        disk = self._journal.ports.disk
        for name in disk.list(folder):
            if name.startswith(f".JRN-{self._slug}-") and name.endswith(".part"):
                disk.remove(folder / name)

    def _name(self, part: int) -> str:
        theirs, day = slug(self._peer.name, self._peer.node_id), self._now.today
        name = f"JRN-{self._slug}-{theirs}-{day:%Y%m%d}-{self._file}.jrnb"
        return name if part == 1 else f"{name}.p{part}"

    def _part(self, path: Path, number: int) -> _Part:
        """Write one part."""
        random = self._journal.ports.random
        session, key = random(16), FrameKey.new(random)
        writer = Writer(self._journal.ports.disk, path, session, self._ceiling)
        try:
            contents = Contents()
            is_last = self._fill(writer, session, self._sealer(key, contents), number)
            says = {
                PART: number, NUMBER: self._file, WALL_MS: max(0, self._now.wall_ms),
                CONTENTS: contents.counts, MORE: not is_last,
            }  # fmt: skip
            writer.finish(lambda file: self._head(session, key, file), says)
        except BaseException:
            writer.abandon()
            raise
        return _Part(writer, contents, is_last)

    def _sealer(self, key: FrameKey, contents: Contents) -> CountingSealer:
        known = dictionary.ours()[0]
        sealer = CountingSealer(
            key,
            level=dictionary.LEVEL_FILE,
            with_dictionary=known != dictionary.NONE
            and known == self._memory.dictionary,
        )
        sealer.contents = contents
        return sealer

    def _fill(
        self, writer: Writer, session: bytes, sealer: Sealer, number: int
    ) -> bool:
        """Fill one part; true when it holds the last frame."""
        for ack in self._acks(session):
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
        return frame is None

    def _acks(self, session: bytes) -> list[Frame]:
        """How far we hold the peer's journals, its blobs we got, and which are safe."""
        has, taken = self._journal.blobs.has, self._memory.taken()
        level = 2 if self._offer.is_second_site else 1
        told = {sha: level for _, _, some in taken for sha in some if has(sha)}
        told.update(self._answering)
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
        for name, _, some in taken:
            self._memory.note_taken_told(name, self._ack_number, some)
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

    def _head(self, session: bytes, key: FrameKey, file: dict[int, Any]) -> Frame:
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
            file=file,
        ).sign(self._journal.sign)


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
