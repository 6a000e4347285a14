"""The post bag: other nodes' sealed courier files, carried until they have arrived.

A folder beside the book (`titipan/`), bounded in every direction; what it holds is sealed
to its addressee, so that whoever carries it learns from whom, to whom, how big and when.

- A newer file of the same sender to the same addressee takes the place of the older one:
  each is written from the last ack, so the newer holds all that is still unacknowledged.
- It leaves the bag when its addressee says, signed, that it has it; when a newer one is
  here; or by age. Losing a bag loses nothing: the sender works from the last ack.
- It never takes the last room of the disk: the book comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.journal.ports import Disk
from perahu.sync import limits
from perahu.sync.postbag import files, index
from perahu.sync.postbag.frames import Offered
from perahu.sync.postbag.index import Index, Parcel
from perahu.sync.postbag.label import Head, is_whole, read_head
from perahu.sync.postbag.room import Room, Space, superseded
from perahu.words import Refusal

FOLDER = "titipan"
DAY_MS = 24 * 3600 * 1000
GIVEN_DAYS = 7
"""After so long a relay is offered again what it took: it may have lost it."""
BEGUN_OF_PEER = 8
"""Parcels that one node may leave begun here; the pieces of older ones go."""
ENDING, BEGUN_ENDING = ".jrnb", ".begun"

Nearer = Callable[[Parcel, bytes], bool]
"""Whether this node may bring a parcel nearer to its addressee; node knows the roles."""


def _nobody(parcel: Parcel, peer: bytes) -> bool:
    """Only the addressee itself."""
    return False


@dataclass(slots=True)
class PostBag:
    """One per node; used by every session of it, and by commands and pages."""

    journal: Journal
    folder: Path
    room: Room = field(default_factory=Room)
    nearer: Nearer = _nobody
    claimed: dict[bytes, object] = field(default_factory=dict)
    """Files that are being taken in right now, and by which session of this process."""
    index: Index = field(init=False)

    def __post_init__(self) -> None:
        self.index = Index(self.journal.local)

    # -- what lies here ---------------------------------------------------------------

    def path_of(self, sha: bytes) -> Path:
        """Where a parcel lies."""
        return self.folder / f"{sha.hex()}{ENDING}"

    def begun_path(self, sha: bytes) -> Path:
        """Where its pieces are gathered until it is whole."""
        return self.folder / f"{sha.hex()}{BEGUN_ENDING}"

    def begun_bytes(self, sha: bytes) -> int:
        """How much of it is here from an earlier try."""
        path = self.begun_path(sha)
        return self.disk.size(path) if self.disk.exists(path) else 0

    def for_us(self) -> list[Parcel]:
        """Parcels that we are the addressee of, as their sender wrote them."""
        us = self.journal.node_id
        found = [one for one in self.index.parcels() if one.label.receiver == us]
        return sorted(found, key=lambda one: (one.label.number, one.label.part))

    def for_peer(self, peer: bytes, *, is_exchanged: bool) -> list[Parcel]:
        """What could be given to this node; our own letters to it only where the
        exchange itself does not carry them (`is_exchanged`)."""
        since_ms = self.now_ms() - GIVEN_DAYS * DAY_MS
        held = self.index.held_by(peer, since_ms)
        return [
            one
            for one in self.index.parcels()
            if one.sha not in held
            and self._may_go(one, peer)
            and not (one.is_own and is_exchanged and one.label.receiver == peer)
        ]

    def _may_go(self, one: Parcel, peer: bytes) -> bool:
        if peer in (one.label.sender, one.brought_by):
            return False
        if one.label.receiver == peer:
            return True
        if one.label.receiver == self.journal.node_id or one.hops >= self.room.hops:
            return False
        return self.nearer(one, peer)

    # -- what is offered to us --------------------------------------------------------

    def is_known(self, offered: Offered) -> bool:
        """Whether it, or a newer one in its place, is or was here: then we need it not."""
        found = self.index
        if found.get(offered.sha) is not None or found.is_gone(offered.sha):
            return True
        return found.has_as_new(offered.label)

    def space(self) -> Space:
        """What there is room for now. Makes the folder's first file possible, no more."""
        folder = self.folder if self.disk.exists(self.folder) else self.folder.parent
        begun = sum(self.begun_bytes(sha) for sha, _ in self.index.begun())
        free = self.disk.free_bytes(folder)
        return Space(self.journal, self.room, self.index.parcels(), begun, free)

    # -- taking in --------------------------------------------------------------------

    def add_piece(self, sha: bytes, offset: int, content: bytes, peer: bytes) -> None:
        """Keep a piece; not flushed, for the whole is checked and flushed at the end."""
        if not offset:
            self._make_room_to_begin(peer)
            self.index.note_begun(sha, self.now_ms(), peer)
        self.disk.write_at(self.begun_path(sha), offset, content)

    def _make_room_to_begin(self, peer: bytes) -> None:
        """Who tells of much and finishes nothing takes nobody's room with it."""
        begun = [one for one in self.index.begun_by(peer) if one not in self.claimed]
        sizes = {one: self.begun_bytes(one) for one in begun}
        for sha in begun:
            is_much = sum(sizes.values()) > self.room.sender_bytes // 2
            if len(sizes) < BEGUN_OF_PEER and not is_much:
                break
            self.drop_begun(sha)
            del sizes[sha]

    def drop_begun(self, sha: bytes) -> None:
        """What came of it is of no use."""
        self.disk.remove(self.begun_path(sha))
        self.index.forget_begun(sha)

    def finish(self, offered: Offered, brought_by: bytes) -> Parcel:
        """All pieces are here: check them, and it is a parcel. Raises Refusal "bad_parcel".

        After this it is durable, and older ones of its slot are gone.
        """
        path = self.begun_path(offered.sha)
        try:
            head = self.head_of(path)
            is_same = (
                files.hash_of(self.disk, path) == offered.sha
                and head.label == offered.label
            )
            if not is_same or not is_whole(
                files.reader(self.disk, path), offered.size, head
            ):
                raise bad_parcel()
        except (Refusal, OSError) as error:
            self.drop_begun(offered.sha)
            raise bad_parcel() from error
        return self._keep(path, offered, brought_by, head)

    def take_file(
        self, source: Path, *, brought_by: bytes = b"", moved: bool = False
    ) -> Parcel:
        """Take in a courier file from a folder: copied, or moved where it was made for us.

        Raises Refusal; what is in the bag already is given as it is.
        """
        head = self.head_of(source)
        size, sha = self.disk.size(source), files.hash_of(self.disk, source)
        offered = Offered(sha=sha, size=size, hops=0, label=head.label)
        known = self.index.get(sha)
        if known is not None:
            return known
        if self.is_known(offered):
            raise _known()
        if not is_whole(files.reader(self.disk, source), size, head):
            raise bad_parcel()
        self.space().check(head.label, size)
        self.index.note_begun(sha, self.now_ms(), b"")
        if moved:
            self.disk.rename_durable(source, self.begun_path(sha))
        else:
            files.copy(self.disk, source, self.begun_path(sha), size)
            if files.hash_of(self.disk, self.begun_path(sha)) != sha:
                self.drop_begun(sha)
                raise bad_parcel()
        return self._keep(self.begun_path(sha), offered, brought_by, head)

    def copy_out(self, parcel: Parcel, target: Path) -> None:
        """Write a parcel onto a stick, under a name that appears when it is whole.

        Raises OSError, or Refusal "bad_parcel" where the stick gives back other bytes.
        """
        draft = target.with_name(f".{target.name}.part")
        try:
            files.copy(self.disk, self.path_of(parcel.sha), draft, parcel.size)
            self.disk.rename_durable(draft, target)
        except OSError:
            self.disk.remove(draft)
            raise
        if files.hash_of(self.disk, target) != parcel.sha:
            self.disk.remove(target)
            raise bad_parcel()

    def head_of(self, path: Path) -> Head:
        """The checked head of a file. Raises Refusal."""
        front = self.disk.read_at(path, 0, limits.COURIER_HEAD_BYTES)
        return read_head(front, self.journal.root_public)

    def _keep(
        self, path: Path, offered: Offered, brought_by: bytes, head: Head
    ) -> Parcel:
        parcel = Parcel(
            sha=offered.sha,
            size=offered.size,
            label=offered.label,
            brought_by=brought_by,
            hops=offered.hops + 1 if brought_by else 0,
            taken_ms=self.now_ms(),
            is_last=head.is_last,
        )
        owner = self.claimed.setdefault(parcel.sha, self)
        try:
            self.disk.flush(path)
            # Another process may be tidying: file and row are there, or neither is.
            with self.journal.ports.lock():
                self.disk.rename_durable(path, self.path_of(parcel.sha))
                self.index.put(parcel)
        finally:
            if owner is self:
                self.claimed.pop(parcel.sha, None)
        for one in superseded(parcel, self.index.parcels(), self.room):
            self.drop(one, index.OLDER, b"")
        return parcel

    # -- letting go -------------------------------------------------------------------

    def drop(self, parcel: Parcel, how: str, to: bytes) -> None:
        """It leaves the bag."""
        self.index.remove(parcel, how, to, self.now_ms())
        self.disk.remove(self.path_of(parcel.sha))

    def look_after(self, sha: bytes) -> None:
        """It was given whole and not acknowledged: what has gone bad here goes.

        Else whoever is told of it first finds out again and again, and takes nothing more.
        """
        parcel = self.index.get(sha)
        if parcel is None:
            return
        try:
            is_good = files.hash_of(self.disk, self.path_of(sha)) == sha
        except OSError:
            is_good = False
        if not is_good:
            self.drop(parcel, index.DAMAGED, b"")

    def held_by(self, shas: Iterable[bytes], peer: bytes) -> None:
        """This node says, signed, that it holds these or needs them no more."""
        for sha in shas:
            parcel = self.index.get(sha)
            if parcel is None:
                continue
            if parcel.label.receiver == peer:
                self.drop(parcel, index.DELIVERED, peer)
            else:
                self.index.note_given(sha, peer, self.now_ms())

    def met(self, peer: bytes) -> None:
        """A whole exchange over a link: what our own letters to it hold has arrived."""
        self.index.note_live(peer, self.now_ms())
        for one in self.index.parcels():
            if one.is_own and one.label.receiver == peer:
                self.drop(one, index.ANSWERED, peer)

    # -- the disk ---------------------------------------------------------------------

    @property
    def disk(self) -> Disk:
        """Where the folder is."""
        return self.journal.ports.disk

    def now_ms(self) -> int:
        """By the wall clock of this node."""
        return self.journal.ports.clock.now().wall_ms


def bad_parcel() -> Refusal:
    """What is said of a file whose content is not what its sender signed."""
    return Refusal(
        "bad_parcel",
        "Titipan ini rusak atau diubah di jalan, jadi tidak dibawa; pengirimnya akan "
        "menulisnya lagi. Tidak ada yang hilang.",
        "This parcel was damaged or changed on the way, so it is not carried; its sender "
        "will write it again. Nothing is lost.",
    )


def _known() -> Refusal:
    return Refusal(
        "parcel_known",
        "Titipan ini, atau yang lebih baru dari pengirim yang sama, sudah pernah di sini; "
        "tidak perlu dibawa lagi.",
        "This parcel, or a newer one of the same sender, was here before; it need not be "
        "carried again.",
    )
