"""The courier files that were written here, kept in `local`: who carries what, and to whom.

A file is shown as acknowledged once the addressee's signed acks cover all that it held. One
that got lost is stated as a fact, which the kabupaten sees too; it is harmless all the same,
for nobody but the addressee opens it and the next file holds everything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perahu.cases.facts import CourierFileLost
from perahu.keys import cbor
from perahu.node.office import Office
from perahu.node.parcels import OUT_FOLDER
from perahu.sync.courier.exporting import Exported
from perahu.sync.memory import Memory
from perahu.web.post.ports import Letter
from perahu.words import Refusal

LETTERS_KEPT = 40
_LETTERS = "courier_letter"
_LETTER_BYTES_MAX = 128 * 1024
_NAME_BYTES_MAX = 200
_REACH_MAX = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """Who had a file written, and where it went."""

    by: str = ""
    """The officer's name; "" where the computer was told to at its own terminal."""
    on: str = ""
    """The folder of the stick; "" where it waits here to be fetched by a browser."""


def keep(office: Office, peer: bytes, made: Exported, custody: Custody) -> list[Letter]:
    """Remember what the custody slip says; old letters and their files go."""
    node = office.authority.node(peer) or office.parent_certificate()
    at_ms, name = office.now().wall_ms, node.name if node else peer.hex()[:8]
    count = len(made.paths)
    found = [
        Letter(
            file=path.name, to=name, check_words=words, entries=held.entries,
            blobs=held.blobs, size_bytes=held.size_bytes, at_ms=at_ms, by=custody.by,
            on=custody.on, number=made.number, to_id=peer, part=part, parts=count,
        )
        for part, (path, words, held) in enumerate(
            zip(made.paths, made.check_words, made.parts, strict=True), start=1
        )
    ]  # fmt: skip
    reach = [list(one) for one in made.reach[:_REACH_MAX]]
    local = office.journal.local
    for one in found:
        local.put(_LETTERS, _key(one.file), cbor.encode([*_row(one), reach]))
    for old in letters(office)[LETTERS_KEPT:]:
        local.delete(_LETTERS, _key(old.file))
        if not old.on:
            (office.folder / OUT_FOLDER / old.file).unlink(missing_ok=True)
    return found


def letters(office: Office) -> list[Letter]:
    """What was written here lately, newest first."""
    acked: dict[bytes, _Acked] = {}
    found = [
        _letter_of(office, raw, acked)
        for _, raw in office.journal.local.items(_LETTERS)
    ]
    return sorted(found, key=lambda one: (one.at_ms, one.file), reverse=True)


def letter(office: Office, name: str) -> Letter:
    """One of them, by its file's name, or its number where that is one file's alone.

    Raises Refusal "no_letter".
    """
    known = letters(office)
    named = [one for one in known if one.file == name]
    numbered = [one for one in known if str(one.number) == name.strip()]
    found = named or numbered
    if len({(one.to_id, one.number) for one in found}) != 1:
        raise no_letter() if not found else _which_letter(found)
    return found[0]


def lost_of(letter: Letter, reason: str, *, found: bool) -> CourierFileLost:
    """What is to be stated of it. Raises Refusal "no_reason"."""
    if not reason.strip() and not found:
        raise Refusal(
            "no_reason",
            id="Tulis dahulu bagaimana stiknya hilang; belum ada yang dicatat.",
            en="Write first how the stick was lost; nothing was recorded yet.",
        )
    return CourierFileLost(
        file=letter.file,
        number=letter.number,
        to=letter.to_id,
        check_words=letter.check_words,
        written_ms=letter.at_ms,
        reason=reason.strip()[:300],
        found=found,
    )


@dataclass(frozen=True, slots=True)
class _Acked:
    """What one node has acknowledged, as it stands now."""

    reached: dict[bytes, int]
    held: set[bytes]
    floors: dict[bytes, int]

    @classmethod
    def load(cls, office: Office, peer: bytes) -> _Acked:
        memory = Memory.load(office.journal.local, peer)
        reached = {journal: one.seq for journal, one in memory.acked().items()}
        return cls(reached, memory.blobs_held(), memory.floors())

    def covers(self, office: Office, journal: bytes, seq: int) -> bool:
        if self.reached.get(journal, 0) < seq:
            return False
        floor = self.floors.get(journal, 0)
        if floor >= seq:
            return True
        # A blob that is not here any more can have been on no later file either.
        return all(
            at > seq or sha in self.held or not office.journal.blobs.has(sha)
            for at, sha in office.journal.blobs_cited(journal, floor)
        )


def _letter_of(office: Office, raw: bytes, acked: dict[bytes, _Acked]) -> Letter:
    *row, reach = cbor.decode(raw, _LETTER_BYTES_MAX)
    if type(reach) is not list:
        # Written by the program before this one: nothing is known of its reach.
        return Letter(**dict(zip(_FIELDS, [*row, reach], strict=False)))
    found = dict(zip(_FIELDS, row, strict=True))
    peer = bytes(found["to_id"])
    if peer not in acked:
        acked[peer] = _Acked.load(office, peer)
    is_acked = all(acked[peer].covers(office, *one) for one in reach)
    return Letter(**found, is_acked=is_acked)


_FIELDS = (
    "file", "to", "check_words", "entries", "blobs", "size_bytes", "at_ms", "by", "on",
    "number", "to_id", "part", "parts",
)  # fmt: skip


def _row(letter: Letter) -> list[Any]:
    return [getattr(letter, name) for name in _FIELDS]


def _key(file: str) -> bytes:
    return file.encode()[:_NAME_BYTES_MAX]


def content_path(office: Office, file: str) -> Path:
    """The file of a letter that waits to be fetched. Raises Refusal "no_letter"."""
    found = [one for one in letters(office) if one.file == file]
    path = office.folder / OUT_FOLDER / file
    if not found or found[0].on or not path.is_file():
        raise no_letter()
    return path


def no_letter() -> Refusal:
    """What is said of a file that nothing is known of."""
    return Refusal(
        "no_letter",
        id="Berkas kurir itu tidak ada di daftar sini; lihat daftarnya atau tulis yang "
        "baru. Tidak ada yang hilang: yang belum diakui akan ikut lagi.",
        en="That courier file is not in the list here; look at the list, or write a new "
        "one. Nothing is lost: what was not acknowledged goes along again.",
    )


def _which_letter(found: list[Letter]) -> Refusal:
    names = ", ".join(sorted(one.file for one in found)[:5])
    return Refusal(
        "which_letter",
        id=f"Ada beberapa berkas dengan nomor itu: {names}. Sebut namanya; belum ada yang "
        "dicatat.",
        en=f"Several files bear that number: {names}. Name the one; nothing was recorded.",
    )
