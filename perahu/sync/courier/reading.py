"""Reading a courier file: the same code as the wire, twice is once, torn is not lost.

The stick is only read. What its repair data can mend is mended; whatever frame is whole is
taken in; the result says in words how much is missing, and the sender, who works from the
last ack, writes it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.journal.ports import Disk
from perahu.keys.sealing import FrameKey
from perahu.sync import ack as acks
from perahu.sync import frames, limits, passport, turned_back
from perahu.sync.checkwords import four_words
from perahu.sync.courier import groups
from perahu.sync.courier.groups import Layout
from perahu.sync.courier.medium import Medium
from perahu.sync.courier.report import (
    Found,
    Imported,
    Reading,
    Watch,
    no_courier_file,
    no_file,
    unreadable,
)
from perahu.sync.courier.writing import (
    CONTENTS,
    COUNT,
    HASH,
    LAST_BYTES,
    MORE,
    NUMBER,
    PART,
    SIZE,
    Contents,
)
from perahu.sync.fields import bad_message, is_bytes, is_count
from perahu.sync.frames import Frame, Gap, Tries
from perahu.sync.hello import Heard, Hello, hear
from perahu.sync.memory import Memory
from perahu.sync.offer import Offer, Peer
from perahu.sync.passport import Passport
from perahu.sync.progress import Progress
from perahu.sync.receiving import STOPPERS, Receiving
from perahu.sync.sealed import Opener, number_of
from perahu.sync.sending import Sending
from perahu.sync.session import Side
from perahu.words import Refusal


def read(
    side: Side,
    path: Path,
    offer_for: Callable[[Passport], Offer | None],
    watch: Watch = lambda _: None,
) -> Imported:
    """Take in one file (or one part of one): all its whole frames.

    `watch` is told as it goes. Raises Refusal "no_file", "no_courier_file",
    "wrong_recipient", "unknown_peer", "revoked", "bad_certificate" or "bad_signature";
    then nothing was taken in. "bad_stick" where it was pulled out meanwhile.
    """
    try:
        return _Import(side, path, offer_for, watch).run()
    except OSError as error:
        raise unreadable(path, error) from error


def files_on(
    journal: Journal, folder: Path, is_file: Callable[[Path], bool] = lambda _: True
) -> Found:
    """What lies in a folder; a stick carries files of many offices."""
    disk, found = journal.ports.disk, Found()
    order: dict[Path, tuple[bytes, int, int]] = {}
    names = [n for n in disk.list(folder) if ".jrnb" in n and not n.startswith(".")]
    for name in names[: limits.STICK_FILES_MAX]:
        path = folder / name
        if not is_file(path):
            continue
        try:
            heard = _head(disk, path)
        except (Refusal, OSError):
            found.broken.append(path)
            continue
        if heard.hello.receiver == journal.node_id:
            order[path] = (heard.hello.sender, *_place(heard.hello))
        else:
            found.others += 1
    found.ours = sorted(order, key=lambda path: order[path])
    return found


def files_for(journal: Journal, folder: Path) -> list[Path]:
    """The files in a folder whose head names us."""
    return files_on(journal, folder).ours


def _place(hello: Hello) -> tuple[int, int]:
    """(number, part); whoever wrote something else there gets 0."""
    number, part = hello.file.get(NUMBER), hello.file.get(PART)
    return (
        number if type(number) is int else 0,
        part if type(part) is int else 0,
    )


def _head(disk: Disk, path: Path) -> Heard:
    """A head at the beginning, or the one at the end. Raises Refusal, OSError."""
    if not disk.exists(path):
        raise no_file(path)
    medium = Medium(disk, path)
    back_at = max(0, medium.size - limits.COURIER_HEAD_BYTES)
    for at in (0, back_at):
        for frame in _whole(medium.read(at, limits.COURIER_HEAD_BYTES)):
            if frame.type == frames.HELLO:
                heard = hear(frame)
                if heard.hello.file:
                    return heard
    raise no_courier_file(path)


def _whole(content: bytes) -> list[Frame]:
    def read_at(offset: int, count: int) -> bytes:
        return content[offset : offset + count]

    return [f for f in frames.salvage(read_at, len(content)) if isinstance(f, Frame)]


_SHOWN_EACH_BYTES = 1 << 20


class _Import:
    """One file on its way in."""

    def __init__(
        self,
        side: Side,
        path: Path,
        offer_for: Callable[[Passport], Offer | None],
        watch: Watch,
    ) -> None:
        journal = side.journal
        self._journal, self._path, self._disk = journal, path, journal.ports.disk
        heard = _head(self._disk, path)
        if heard.hello.receiver != journal.node_id:
            raise turned_back.wrong_recipient()
        self._passport = passport.read(heard.hello.passport, journal.root_public)
        if self._passport.node_id != heard.hello.sender:
            raise bad_message("sender")
        self._hello = heard.verify(self._passport.chain.epoch.public)
        if journal.authority.is_revoked(self._passport.node_id):
            raise turned_back.revoked()
        offer = offer_for(self._passport)
        if offer is None:
            raise turned_back.unknown_peer()
        self._offer, self._watch = offer, watch
        self._count, self._layout = _announced(self._hello)
        self._open(side)

    def _open(self, side: Side) -> None:
        journal = self._journal
        self._memory = Memory.load(journal.local, self._passport.node_id)
        key = FrameKey.unwrap(self._hello.wrapped_key, journal.keys.box_key)
        self._opener = Opener(key)
        self._progress = Progress()
        parts = (journal, self._memory, self._offer, side.witness, self._progress)
        self._sending, self._receiving = Sending(*parts), Receiving(*parts)
        self._refused, self._missing, self._mended = 0, self._layout.size, 0
        self._hash = hashlib.sha256()
        self._done: dict[bytes, int] = {}
        self._numbers: set[int] = set()
        epoch, known = self._passport.chain.epoch.epoch, self._epoch_known()
        self._is_stale, self._is_restored = epoch < known, epoch > known > 0
        if self._is_restored:
            # Its book came out of a backup, and counts its ACKs from there again.
            self._memory.seen_ack = 0
        # An older file than what we heard since would only say less than we know.
        self._seen_before = (
            self._memory.seen_ack
            if self._memory.incarnation == self._hello.incarnation
            else 0
        )

    def _epoch_known(self) -> int:
        """The newest epoch of the sender that we heard of; 0 before the first."""
        try:
            known = passport.read(self._memory.passport, self._journal.root_public)
        except Refusal:
            return 0
        return known.chain.epoch.epoch

    def run(self) -> Imported:
        self._sending.begin()
        self._sending.give_back(self._passport.chain.encode())
        node, head = self._passport.chain.node, self._hello.file
        contents = Contents.of(head.get(CONTENTS))
        self._reading = Reading(
            self._path, node.name, self._layout.size, contents, self._progress
        )
        self._watch(self._reading)
        whole = 0
        for frame in self._frames():
            raw = frame.encode()
            self._hash.update(raw)
            if self._take(frame):
                whole += 1
                self._missing -= len(raw)
        self._show(self._layout.size)
        self._keep()
        number, part = _place(self._hello)
        # A frame of an older file in a stale sector, or one that stands twice, is as whole
        # as another: only the hash of all says that this is what was written.
        is_as_written = self._hash.digest() == head.get(HASH)
        missing = max(1, self._count - whole), max(0, self._missing)
        missing_frames, missing_bytes = (0, 0) if is_as_written else missing
        return Imported(
            peer=Peer(node.node_id, node.box_public, node.name),
            offer=self._offer,
            check_words=four_words(self._hash.digest()),
            stored_entries=self._receiving.stored_entries,
            known_segments=self._receiving.known_segments,
            refused=self._refused + self._receiving.refused_segments,
            blobs=sum(self._progress.classes[i].received for i in (2, 3, 4, 6)),
            missing_frames=missing_frames,
            missing_bytes=missing_bytes,
            mended_bytes=self._mended,
            part=part or 1,
            more=head.get(MORE) is True,
            number=number,
            done=tuple(sorted(self._done.items())),
            progress=self._progress,
        )

    def _frames(self) -> Iterator[Frame]:
        """Every whole frame between the heads, mended where that can be done."""
        medium, tries = Medium(self._disk, self._path), Tries()
        begin = limits.COURIER_HEAD_BYTES
        if not self._layout.last_bytes:
            yield from self._frames_in(
                lambda at, n: medium.read(begin + at, min(n, self._layout.size - at)),
                self._layout.size,
                tries,
            )
            return
        name = self._hello.session[:8]
        for number, (at, grid) in enumerate(self._layout.groups()):
            if begin + at >= medium.size:
                # Torn, or a head that claims more groups than anybody ever wrote.
                return
            raw = medium.read(begin + at, grid.bytes)
            found = groups.mended(name, number, raw, grid, tries)
            self._mended += found.squares * groups.SQUARE_BYTES
            content = found.content
            yield from self._frames_in(
                lambda at, n, content=content: content[at : at + n],  # type: ignore[misc]
                len(content),
                tries,
            )

    def _frames_in(
        self, read_at: Callable[[int, int], bytes], size: int, tries: Tries
    ) -> Iterator[Frame]:
        shown = 0
        for found in frames.salvage(read_at, size, tries):
            is_gap = isinstance(found, Gap)
            shown += found.size if isinstance(found, Gap) else len(found.payload)
            if not isinstance(found, Gap):
                yield found
            if is_gap or shown >= _SHOWN_EACH_BYTES:
                self._show(shown)
                shown = 0
        self._show(shown)

    def _show(self, more: int) -> None:
        reading = self._reading
        reading.done_bytes = min(reading.whole_bytes, reading.done_bytes + more)
        self._watch(reading)

    def _take(self, frame: Frame) -> bool:
        """One whole frame; one that is no fact never stops the next.

        False for one that was not written into this file, or not at this place too.
        """
        try:
            if frame.type == frames.SEG:
                self._receiving.segment(self._opener.segment(frame))
            elif frame.type == frames.MANIFEST:
                self._receiving.manifest(acks.hear_manifest(frame))
            elif frame.type == frames.CHUNK:
                self._receiving.chunk(self._opener.chunk(frame))
            elif frame.type == frames.ACK:
                self._heard_ack(frame)
        except Refusal as refusal:
            if refusal.code in STOPPERS:
                raise
            self._refused += 1
            return False
        self._done.update(self._receiving.take_done())
        return self._is_new(frame)

    def _is_new(self, frame: Frame) -> bool:
        """Whether a frame is of this file, and a numbered one here for the first time."""
        if frame.type in (frames.SEG, frames.CHUNK):
            number = number_of(frame)
            is_new = number not in self._numbers
            self._numbers.add(number)
            return is_new
        return groups.is_of(self._hello.session[:8], frame)

    def _heard_ack(self, frame: Frame) -> None:
        found = acks.hear_ack(frame, self._passport.chain.epoch.public)
        if found.session != self._hello.session:
            raise bad_message("an ACK of another file")
        if self._is_stale or found.number <= self._seen_before:
            # What it holds it held before its book was lost: no receipt rises by that.
            return
        self._sending.correct_incarnation(found.incarnation)
        if self._is_restored:
            # The first ACK of a file says how far it holds all of ours; else it has none.
            self._sending.correct(found.reached, found.incarnation)
            self._is_restored = False
        self._sending.heard(found)
        self._memory.seen_ack = max(self._memory.seen_ack, found.number)
        self._memory.drop_told(found.seen_ack)

    def _keep(self) -> None:
        """Remember who wrote it, and let the tables catch up."""
        memory = self._memory
        if not self._is_stale:
            memory.passport = self._hello.passport
        memory.dictionary = self._hello.dictionary
        memory.note_taken(sorted(self._done))
        self._sending.end()
        self._journal.catch_up()


def _announced(hello: Hello) -> tuple[int, Layout]:
    """How many frames the head says, and where they lie. Raises Refusal "bad_message"."""
    count, size = hello.file.get(COUNT), hello.file.get(SIZE)
    last = hello.file.get(LAST_BYTES, 0)
    is_sound = is_count(count) and is_count(size) and is_count(last)
    if not (is_sound and is_bytes(hello.file.get(HASH), 32)):
        raise bad_message("file")
    assert isinstance(count, int) and isinstance(size, int) and isinstance(last, int)
    layout = Layout(size, last)
    if last:
        layout.check()
    return count, layout
