"""What is told of a courier file: while it is read, once it was read, and why it was not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perahu.sync.courier.writing import Contents
from perahu.sync.offer import Offer, Peer
from perahu.sync.progress import Progress
from perahu.words import Refusal, Words

_NAME_CHARS_MAX = 80


@dataclass(slots=True)
class Reading:
    """How far the reading of one file is: what a screen shows while it runs."""

    path: Path
    sender: str
    whole_bytes: int
    contents: Contents | None
    """What the file says it carries; None in a file of an older program."""
    progress: Progress
    """What of it is in the book now."""
    done_bytes: int = 0

    @property
    def percent(self) -> int:
        """From 0 to 100."""
        return 100 * self.done_bytes // max(1, self.whole_bytes)


Watch = Callable[[Reading], None]


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
    mended_bytes: int = 0
    """Of bad sectors, made again from the repair data."""
    part: int = 1
    more: bool = False
    """Whether the sender wrote another part after this one."""
    number: int = 0
    """The sender's count of files for us."""
    done: tuple[tuple[bytes, int], ...] = ()
    """Blobs to acknowledge in the return file."""
    progress: Progress = field(default_factory=Progress)

    @property
    def is_whole(self) -> bool:
        """Every frame of the file was there."""
        return not self.missing_frames

    @property
    def words(self) -> Words:
        """What the officer is told."""
        found = _taken(self) if self.is_whole else _damaged(self)
        is_mended = self.is_whole and self.mended_bytes
        for more in (_MENDED if is_mended else None, self._next_part):
            if more is not None:
                found = Words(f"{found.id} {more.id}", f"{found.en} {more.en}")
        return found

    @property
    def _next_part(self) -> Words | None:
        if not self.more:
            return None
        name = f".p{self.part + 1}"
        return Words(
            f"Masih ada bagian berikutnya ({name}): baca juga.",
            f"Another part follows ({name}): read it too.",
        )


def lacks_some(files: Sequence[Imported]) -> bool:
    """Whether a damaged one left something out that no later whole one has brought.

    A file carries all that was not acknowledged, so the one after it carries the rest.
    """
    return any(
        not one.is_whole
        and not any(_is_whole_later(one, other, files) for other in files)
        for one in files
    )


def _is_whole_later(one: Imported, last: Imported, files: Sequence[Imported]) -> bool:
    """Whether `last` ends a file of the same sender, written after `one`, that is whole."""
    sender = one.peer.node_id
    if last.peer.node_id != sender or last.number <= one.number or last.more:
        return False
    place = (sender, last.number)
    parts = {
        f.part for f in files if f.is_whole and (f.peer.node_id, f.number) == place
    }
    return parts >= set(range(1, last.part + 1))


@dataclass(slots=True)
class Found:
    """The courier files on a stick, by their heads."""

    ours: list[Path] = field(default_factory=list)
    """In the order in which they were written."""
    others: int = 0
    """For other nodes: they are left alone."""
    broken: list[Path] = field(default_factory=list)
    """Called like one, and neither beginning nor end can be read."""


def shown(path: Path) -> str:
    """The name of a file as it may be printed: a stick's names are anybody's."""
    plain = "".join(one if one.isprintable() else "?" for one in path.name)
    is_long = len(plain) > _NAME_CHARS_MAX
    return plain[:_NAME_CHARS_MAX] + "…" if is_long else plain


_MENDED = Words(
    "Sebagian stik ini rusak; isinya sudah diperbaiki. Berikutnya pakai stik yang lain.",
    "The stick has bad sectors, and what stood in them was mended: use another stick next "
    "time.",
)


def _taken(found: Imported) -> Words:
    return Words(
        f"Berkas kurir utuh: {found.stored_entries} catatan baru dan {found.blobs} "
        f"berkas segel diterima. Kata periksa: {found.check_words}.",
        f"The courier file is whole: {found.stored_entries} new records and "
        f"{found.blobs} sealed files taken in. Check words: {found.check_words}.",
    )


def _damaged(found: Imported) -> Words:
    return Words(
        f"Berkas kurir rusak: {found.missing_frames} bagian ({found.missing_bytes} "
        f"byte) tidak terbaca. {found.stored_entries} catatan baru dan {found.blobs} "
        "berkas segel yang utuh sudah disimpan; minta berkas baru, pengirim akan "
        "menulis sisanya.",
        f"The courier file is damaged: {found.missing_frames} pieces "
        f"({found.missing_bytes} bytes) cannot be read. {found.stored_entries} new "
        f"records and {found.blobs} whole sealed files are stored; ask for a new file, "
        "the sender will write the rest.",
    )


def no_file(path: Path) -> Refusal:
    """What is said where there is no such file."""
    return Refusal(
        "no_file",
        f"Berkas {shown(path)} tidak ada; tidak ada yang berubah. Periksa stik dan nama "
        "berkasnya.",
        f"There is no file {shown(path)}; nothing was changed. Check the stick and the name "
        "of the file.",
    )


def no_courier_file(path: Path) -> Refusal:
    """What is said of anything else that lies on a stick."""
    return Refusal(
        "no_courier_file",
        f"{shown(path)} bukan berkas kurir, atau awal dan akhirnya rusak; tidak ada yang "
        "dipakai darinya dan tidak ada yang hilang. Minta berkas baru dari pengirim.",
        f"{shown(path)} is no courier file, or its beginning and end are damaged; nothing "
        "of it was used and nothing is lost. Ask the sender for a new file.",
    )


def unreadable(path: Path, error: OSError) -> Refusal:
    """What is said where the medium gave out in the middle."""
    return Refusal(
        "bad_stick",
        f"{shown(path)} tidak dapat dibaca ({error.strerror}); yang sudah terbaca tetap "
        "tersimpan. Coba sekali lagi, atau minta berkas baru.",
        f"{shown(path)} cannot be read ({error.strerror}); what was read stays stored. Try "
        "once more, or ask for a new file.",
    )
