"""Reading a courier file: the same code as the wire, twice is once, torn is not lost.

The stick is only read. Whatever frame is whole is taken in; the result says in words how
much is missing, and the sender, who works from the last ack, writes it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.journal.ports import Disk
from perahu.keys.sealing import FrameKey
from perahu.sync import ack as acks
from perahu.sync import frames, limits, passport, turned_back
from perahu.sync.checkwords import four_words
from perahu.sync.courier import COUNT, HASH, SIZE
from perahu.sync.fields import bad_message, is_bytes, is_count
from perahu.sync.frames import Frame, Gap
from perahu.sync.hello import Heard, Hello, hear
from perahu.sync.memory import Memory
from perahu.sync.offer import Offer, Peer
from perahu.sync.passport import Passport
from perahu.sync.progress import Progress
from perahu.sync.receiving import STOPPERS, Receiving
from perahu.sync.sealed import Opener
from perahu.sync.sending import Sending
from perahu.sync.session import Side
from perahu.words import Refusal, Words


@dataclass(slots=True)
class Imported:
    """What a courier file brought."""

    peer: Peer
    """Who wrote it; the return file goes there."""
    offer: Offer
    check_words: str
    """Of what was read: equal to the sender's four words where nothing is missing."""
    stored_entries: int = 0
    known_segments: int = 0
    refused: int = 0
    """Frames that are no facts or not for us."""
    blobs: int = 0
    missing_frames: int = 0
    missing_bytes: int = 0
    done: tuple[tuple[bytes, int], ...] = ()
    """Blobs to acknowledge in the return file."""
    progress: Progress = field(default_factory=Progress)

    @property
    def is_whole(self) -> bool:
        """Every frame of the file was there."""
        return not self.missing_frames

    @property
    def words(self) -> Words:
        """One sentence for the officer."""
        if self.is_whole:
            return Words(
                f"Berkas kurir utuh: {self.stored_entries} catatan baru dan {self.blobs} "
                f"berkas segel diterima. Kata periksa: {self.check_words}.",
                f"The courier file is whole: {self.stored_entries} new records and "
                f"{self.blobs} sealed files taken in. Check words: {self.check_words}.",
            )
        return Words(
            f"Berkas kurir rusak: {self.missing_frames} bagian ({self.missing_bytes} "
            f"byte) tidak terbaca. {self.stored_entries} catatan baru dan {self.blobs} "
            "berkas segel yang utuh sudah disimpan; minta berkas baru, pengirim akan "
            "menulis sisanya.",
            f"The courier file is damaged: {self.missing_frames} pieces "
            f"({self.missing_bytes} bytes) cannot be read. {self.stored_entries} new "
            f"records and {self.blobs} whole sealed files are stored; ask for a new file, "
            "the sender will write the rest.",
        )


def read(
    side: Side, path: Path, offer_for: Callable[[Passport], Offer | None]
) -> Imported:
    """Take in one file (or one part of one): all its whole frames.

    Raises Refusal "no_file", "no_courier_file", "wrong_recipient", "unknown_peer",
    "revoked", "bad_certificate" or "bad_signature"; then nothing was taken in.
    """
    try:
        return _Import(side, path, offer_for).run()
    except OSError as error:
        raise _unreadable(path, error) from error


def files_for(journal: Journal, folder: Path) -> list[Path]:
    """The files in a folder whose head names us; a stick carries those of many offices."""
    disk, found = journal.ports.disk, []
    for name in disk.list(folder):
        if ".jrnb" not in name or name.startswith("."):
            continue
        try:
            heard = _head(disk, folder / name)
        except (Refusal, OSError):
            continue
        if heard.hello.receiver == journal.node_id:
            found.append(folder / name)
    return found


def _head(disk: Disk, path: Path) -> Heard:
    """The head at the beginning, or the one at the end. Raises Refusal."""
    if not disk.exists(path):
        raise _no_file(path)
    size = disk.size(path)
    front = disk.read_at(path, 0, limits.COURIER_HEAD_BYTES)
    back_at = max(0, size - limits.COURIER_HEAD_BYTES)
    back = disk.read_at(path, back_at, limits.COURIER_HEAD_BYTES)
    for content in (front, back):
        for frame in _whole(content):
            if frame.type == frames.HELLO:
                heard = hear(frame)
                if heard.hello.file:
                    return heard
    raise _no_courier_file(path)


def _whole(content: bytes) -> list[Frame]:
    def read_at(offset: int, count: int) -> bytes:
        return content[offset : offset + count]

    return [f for f in frames.salvage(read_at, len(content)) if isinstance(f, Frame)]


class _Import:
    """One file on its way in."""

    def __init__(
        self,
        side: Side,
        path: Path,
        offer_for: Callable[[Passport], Offer | None],
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
        self._offer = offer
        self._count, self._size = _announced(self._hello)
        self._open(side)

    def _open(self, side: Side) -> None:
        journal = self._journal
        self._memory = Memory.load(journal.local, self._passport.node_id)
        key = FrameKey.unwrap(self._hello.wrapped_key, journal.keys.box_key)
        self._opener = Opener(key)
        self._progress = Progress()
        parts = (journal, self._memory, self._offer, side.witness, self._progress)
        self._sending, self._receiving = Sending(*parts), Receiving(*parts)
        self._refused, self._missing = 0, self._size
        self._hash = hashlib.sha256()
        self._done: dict[bytes, int] = {}
        # An older file than what we heard since would only say less than we know.
        self._seen_before = (
            self._memory.seen_ack
            if self._memory.incarnation == self._hello.incarnation
            else 0
        )

    def run(self) -> Imported:
        self._sending.begin()
        whole = 0
        for found in frames.salvage(self._read, self._size):
            if isinstance(found, Gap):
                continue
            whole += 1
            raw = found.encode()
            self._hash.update(raw)
            self._missing -= len(raw)
            self._take(found)
        self._keep()
        node = self._passport.chain.node
        progress = self._progress
        return Imported(
            peer=Peer(node.node_id, node.box_public, node.name),
            offer=self._offer,
            check_words=four_words(self._hash.digest()),
            stored_entries=self._receiving.stored_entries,
            known_segments=self._receiving.known_segments,
            refused=self._refused + self._receiving.refused_segments,
            blobs=sum(progress.classes[i].received for i in (2, 3, 4, 6)),
            missing_frames=max(0, self._count - whole),
            missing_bytes=self._missing,
            done=tuple(sorted(self._done.items())),
            progress=progress,
        )

    def _read(self, offset: int, count: int) -> bytes:
        """Only the frames between the two heads."""
        count = min(count, self._size - offset)
        at = limits.COURIER_HEAD_BYTES + offset
        return self._disk.read_at(self._path, at, count)

    def _take(self, frame: Frame) -> None:
        """One whole frame; one that is no fact never stops the next."""
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
        self._done.update(self._receiving.take_done())

    def _heard_ack(self, frame: Frame) -> None:
        found = acks.hear_ack(frame, self._passport.chain.epoch.public)
        if found.session != self._hello.session:
            raise bad_message("an ACK of another file")
        if found.number <= self._seen_before:
            return
        self._sending.correct_incarnation(found.incarnation)
        self._sending.heard(found)
        self._memory.seen_ack = max(self._memory.seen_ack, found.number)
        self._memory.drop_told(found.seen_ack)

    def _keep(self) -> None:
        """Remember who wrote it, and let the tables catch up."""
        memory = self._memory
        memory.passport = self._hello.passport
        memory.dictionary = self._hello.dictionary
        self._sending.end()
        self._journal.catch_up()


def _announced(hello: Hello) -> tuple[int, int]:
    """How many frames and bytes the head says. Raises Refusal "bad_message"."""
    count, size = hello.file.get(COUNT), hello.file.get(SIZE)
    if not (is_count(count) and is_count(size) and is_bytes(hello.file.get(HASH), 32)):
        raise bad_message("file")
    assert isinstance(count, int) and isinstance(size, int)
    return count, size


def _no_file(path: Path) -> Refusal:
    return Refusal(
        "no_file",
        f"Berkas {path.name} tidak ada; tidak ada yang berubah. Periksa stik dan nama "
        "berkasnya.",
        f"There is no file {path.name}; nothing was changed. Check the stick and the name "
        "of the file.",
    )


def _no_courier_file(path: Path) -> Refusal:
    return Refusal(
        "no_courier_file",
        f"{path.name} bukan berkas kurir, atau awal dan akhirnya rusak; tidak ada yang "
        "dipakai darinya dan tidak ada yang hilang. Minta berkas baru dari pengirim.",
        f"{path.name} is no courier file, or its beginning and end are damaged; nothing "
        "of it was used and nothing is lost. Ask the sender for a new file.",
    )


def _unreadable(path: Path, error: OSError) -> Refusal:
    return Refusal(
        "bad_stick",
        f"{path.name} tidak dapat dibaca ({error.strerror}); yang sudah terbaca tetap "
        "tersimpan. Coba sekali lagi, atau minta berkas baru.",
        f"{path.name} cannot be read ({error.strerror}); what was read stays stored. Try "
        "once more, or ask for a new file.",
    )
