"""Two recordings of one person side by side: what differs stands out.

Everything is made into rows of text here, so that the page only draws a table. Photos are
the small ones (1.5 kB), opened with the hub's own key for this look alone.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perahu.cases import reads as cases
from perahu.enrolment.facts import FINGERS, IRISES, PHOTO, SIGNATURE
from perahu.enrolment.reads_hub import Story, story
from perahu.enrolment.rules import PartState
from perahu.enrolment.rules_parts import part_words, reason_words
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.people.rules.codes import MARRIAGE, RELATION, RELIGION, SEX, path_of
from perahu.web.ports import Office
from perahu.web.status_words import status_words
from perahu.web.templatetags.perahu import day, moment, say, spaced
from perahu.words import Refusal, Words

PICTURE_BYTES_MAX = 20_000
_PICTURES = {b"RIFF": "webp", b"\xff\xd8\xff": "jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One recording."""

    story: Story
    biodata: Biodata | None
    photo: str
    """A data: address of the small photo; empty where it cannot be shown."""
    photo_words: Words
    """Why there is no photo."""
    office: str
    officer: str
    standing: Words


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    label: Words
    texts: tuple[str, ...]
    differs: bool
    """Whether the sides do not say the same, where they should."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together."""

    label: Words
    rows: tuple[Row, ...]


def sides_of(office: Office, about: Sequence[bytes]) -> list[Side]:
    """The recordings among the things a case is about, in its order."""
    stories = (story(one) for one in about)
    return [_side(office, one) for one in stories if one is not None]


def groups_of(sides: Sequence[Side]) -> list[Group]:
    """The rows of the table."""
    # Two recordings always differ in office and time, and always a little in quality.
    return [
        Group(_BIODATA, _rows(sides, _BIODATA_ROWS, compared=True)),
        Group(_RECORDING, _rows(sides, _RECORDING_ROWS, compared=False)),
        Group(_PARTS, _rows(sides, _PART_ROWS, compared=False)),
    ]


def _side(office: Office, found: Story) -> Side:
    authority = office.journal.authority
    node, grant = authority.node(found.state.node), authority.grant(found.officer)
    photo, why = _photo(office, found.thumbnail)
    decision = cases.decision_of(found.journal, found.seq) if found.seq else None
    return Side(
        story=found,
        biodata=people.biodata(found.state.person),
        photo=photo,
        photo_words=why,
        office=node.name if node else found.state.node.hex()[:8],
        officer=grant.name if grant else found.officer.hex()[:8],
        standing=_STANDING[decision],
    )


def _photo(office: Office, sha: bytes) -> tuple[str, Words]:
    """The small photo as an address that needs no second request, or why there is none."""
    if not sha:
        return "", _NO_PHOTO
    if not office.journal.blobs.has(sha):
        return "", _PHOTO_AWAY
    try:
        picture = office.open_sealed(office.journal.blobs.read(sha))
    except Refusal as refusal:
        return "", refusal.words
    begins = (name for head, name in _PICTURES.items() if picture.startswith(head))
    kind = next(begins, "")
    if not kind or len(picture) > PICTURE_BYTES_MAX:
        return "", _PHOTO_ODD
    return f"data:image/{kind};base64,{b64encode(picture).decode()}", _NO_PHOTO


_Read = Callable[[Side], str]
_Table = Sequence[tuple[Words, _Read]]


def _rows(sides: Sequence[Side], table: _Table, *, compared: bool) -> tuple[Row, ...]:
    """The lines in which any side says something."""
    found = ((label, tuple(read(one) for one in sides)) for label, read in table)
    return tuple(
        Row(label, texts, compared and len(set(texts)) > 1)
        for label, texts in found
        if any(texts)
    )


def _of(read: Callable[[Biodata], str]) -> _Read:
    """A line of the biodata; empty where this node does not know them."""
    return lambda side: read(side.biodata) if side.biodata else ""


def _address(biodata: Biodata) -> str:
    near = f"RT {biodata.rt}/RW {biodata.rw}" if biodata.rt or biodata.rw else ""
    return f"{biodata.alamat} {near}".strip()


_BIODATA_ROWS: _Table = (
    (Words("NIK", "NIK"), lambda s: spaced(s.story.state.nik)),
    (Words("Nama", "Name"), _of(lambda b: b.nama)),
    (Words("No. KK", "KK number"), _of(lambda b: spaced(b.no_kk))),
    (
        Words("Tempat, tanggal lahir", "Born"),
        _of(lambda b: f"{b.tempat_lahir}, {day(b.tanggal_lahir)}"),
    ),
    (Words("Jenis kelamin", "Sex"), _of(lambda b: SEX.word(b.jenis_kelamin))),
    (Words("Agama", "Religion"), _of(lambda b: RELIGION.word(b.agama))),
    (Words("Status kawin", "Marriage"), _of(lambda b: MARRIAGE.word(b.status_kawin))),
    (Words("Hubungan", "Relation"), _of(lambda b: RELATION.word(b.shdk))),
    (Words("Alamat", "Address"), _of(_address)),
    (Words("Wilayah", "Wilayah"), _of(lambda b: path_of(b.wilayah))),
)
_RECORDING_ROWS: _Table = (
    (Words("Nomor", "Number"), lambda s: s.story.state.number),
    (Words("Kantor", "Office"), lambda s: s.office),
    (Words("Petugas", "Operator"), lambda s: s.officer),
    (Words("Dibuka", "Opened"), lambda s: moment(s.story.opened_ms)),
    (Words("Ditutup", "Closed"), lambda s: moment(s.story.completed_ms)),
    (Words("Putusan", "Decision"), lambda s: say(s.standing)),
    (
        Words("Status di pusat", "At the centre"),
        lambda s: say(status_words(s.story.status).name) if s.story.status else "",
    ),
    (
        Words("NIK lain menurut pusat", "Other NIK by the centre"),
        lambda s: s.story.other_nik,
    ),
)


def _one(part: str) -> _Read:
    return lambda side: _part_text(side.story.state.part(part))


def _many(parts: Sequence[str]) -> _Read:
    """Several parts in one line: how good they are, and what is missing."""

    def read(side: Side) -> str:
        held = [side.story.state.part(part) for part in parts]
        scores = [one.score for one in held if one.status == "captured"]
        text = ""
        if scores:
            worst, mean = min(scores), sum(scores) // len(scores)
            text = say(
                Words(
                    f"{len(scores)} terekam, mutu rata-rata {mean}, terendah {worst}",
                    f"{len(scores)} captured, mean quality {mean}, lowest {worst}",
                )
            )
        rest = [
            f"{say(part_words(one.part))}: {_part_text(one)}"
            for one in held
            if one.status != "captured"
        ]
        return "; ".join([text, *rest] if text else rest)

    return read


def _part_text(part: PartState) -> str:
    if part.status == "captured":
        words = Words(
            f"mutu {part.score}, {part.tries} kali coba",
            f"quality {part.score}, {part.tries} tries",
        )
    elif part.status == "excepted":
        why = reason_words(part.exception)
        words = Words(f"dikecualikan: {why.id}", f"excepted: {why.en}")
    elif part.recalled:
        words = Words("dipanggil ulang", "called back")
    else:
        words = Words("belum ada", "not there")
    return say(words)


_RIGHT = tuple(one for one in FINGERS if one.startswith("right"))
_LEFT = tuple(one for one in FINGERS if one.startswith("left"))
_PART_ROWS: _Table = (
    (Words("Foto", "Photo"), _one(PHOTO)),
    (Words("Tanda tangan", "Signature"), _one(SIGNATURE)),
    (Words("Jari kanan", "Right fingers"), _many(_RIGHT)),
    (Words("Jari kiri", "Left fingers"), _many(_LEFT)),
    (Words("Iris", "Irises"), _many(IRISES)),
)

_BIODATA = Words("Biodata", "Biodata")
_RECORDING = Words("Perekaman", "Recording")
_PARTS = Words("Yang direkam", "What was captured")
_STANDING = {
    None: Words("belum diputus", "not decided"),
    "sah": Words("sah", "valid"),
    "sengketa": Words("sengketa, ditahan", "disputed, held"),
    "ditolak": Words("ditolak", "rejected"),
}
_NO_PHOTO = Words("Tidak ada foto", "No photo")
_PHOTO_AWAY = Words("Foto belum tiba di sini", "The photo has not arrived here yet")
_PHOTO_ODD = Words("Foto tidak dapat ditampilkan", "The photo cannot be shown")
