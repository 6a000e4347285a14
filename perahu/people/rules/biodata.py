"""What may happen to one resident's biodata, and what stands after all that happened.

- Registered here is only who is unknown here, with a paper that proves the person.
- Corrected is element by element, each with its paper; the NIK never (it is for life), nor
  what the centre alone says. The centre's register is corrected there.
- Of several imports of one person the last that is not undone counts. A correction holds
  over an older import, and over a newer one that still repeats the text it corrected.
- Two ids of one person are linked, never merged: each fact stays where it was stated.

Example: `decide_correction(before, [Change("nama", "BUDI", "AKTA 1703-LU-…")])` gives the
changes to append. `standing(statements, undone)` is what the tables show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from perahu.people.facts import Biodata
from perahu.people.rules import codes
from perahu.people.rules.cells import ADDRESS_CHARS_MAX, SHORT_CHARS_MAX, read_date
from perahu.people.rules.codes import DESA_DIGITS, plain, wilayah
from perahu.people.rules.names import clean_name, clean_text
from perahu.people.rules.nik import read_kk, read_nik
from perahu.words import Refusal

PAPER_CHARS_MAX = 200
REASON_CHARS_MAX = 200
CHANGES_MAX = 20

Order = str
"""(lamport, journal, seq) as text that sorts like the tuple: the same on every node."""

Changes = tuple[tuple[str, str, str, str], ...]
"""(field, old text, new text, paper), as `ResidentCorrected` holds them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One element as the officer wants it, and the paper that proves it."""

    element: str
    new: str
    paper: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact about a person's biodata: all of it, or changes to it."""

    order: Order
    batch: bytes = b""
    """The import it came with; b"" for what a desk stated."""
    biodata: Biodata | None = None
    changes: Changes = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands after all statements: the biodata, whence, and whether it counts."""

    biodata: Biodata | None
    order: Order
    batch: bytes
    is_undone: bool


def _chosen(table: codes.Codes) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = table.code(text)
        if found is None:
            raise _bad_value(text)
        return found

    return read


def _short(chars_max: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        line = clean_text(text)
        if len(line) > chars_max:
            raise _bad_value(text)
        return line

    return read


def _birth_date(text: str) -> date:
    found = read_date(text)
    if found is None:
        raise _bad_value(text)
    return found


def _stay_until(text: str) -> date | None:
    return _birth_date(text) if text else None


def _family(text: str) -> str:
    return read_kk(text).text


def _home(text: str) -> str:
    code = plain(text)
    if len(code) != DESA_DIGITS or wilayah(code) is None:
        raise _bad_value(text)
    return code


def _citizenship(text: str) -> str:
    if text not in ("WNI", "WNA"):
        raise _bad_value(text)
    return text


ELEMENTS: dict[str, Callable[[str], Any]] = {
    "no_kk": _family,
    "nama": clean_name,
    "jenis_kelamin": _chosen(codes.SEX),
    "tempat_lahir": _short(SHORT_CHARS_MAX),
    "tanggal_lahir": _birth_date,
    "wilayah": _home,
    "alamat": _short(ADDRESS_CHARS_MAX),
    "rt": _short(3),
    "rw": _short(3),
    "agama": _chosen(codes.RELIGION),
    "status_kawin": _chosen(codes.MARRIAGE),
    "shdk": _chosen(codes.RELATION),
    "pendidikan": _chosen(codes.EDUCATION),
    "pekerjaan": _chosen(codes.OCCUPATION),
    "gol_darah": _chosen(codes.BLOOD),
    "kewarganegaraan": _citizenship,
    "berlaku_hingga": _stay_until,
    "gelar_depan": _short(SHORT_CHARS_MAX),
    "gelar_belakang": _short(SHORT_CHARS_MAX),
}
"""The elements that a desk may correct, and how their text is read."""


def text_of(value: object) -> str:
    """An element as text: dates as YYYY-MM-DD, nothing as ""."""
    return value.isoformat() if isinstance(value, date) else str(value or "")


def decide_registration(biodata: Biodata, *, papers: str, known: bool) -> Biodata:
    """The biodata to register of a person unknown here; a NIK may still be missing."""
    if known:
        raise Refusal(
            "known_here",
            "NIK ini sudah ada di simpul ini; buka datanya lewat pencarian. "
            "Tidak perlu didaftarkan lagi.",
            "This NIK is known at this node already; open it by the search. "
            "There is no need to register it again.",
        )
    if biodata.nik:
        read_nik(biodata.nik)
    if biodata.no_kk:
        read_kk(biodata.no_kk)
    decide_text(papers, PAPER_CHARS_MAX, "dokumen pendukung", "supporting papers")
    _home(biodata.wilayah)
    if biodata.jenis_kelamin not in codes.SEX.names:
        raise _bad_value(str(biodata.jenis_kelamin))
    for element, chars_max in _TEXTS:
        _short(chars_max)(getattr(biodata, element))
    return dataclasses.replace(biodata, nama=clean_name(biodata.nama))


_TEXTS = (
    ("tempat_lahir", SHORT_CHARS_MAX),
    ("alamat", ADDRESS_CHARS_MAX),
    ("rt", 3),
    ("rw", 3),
    ("gelar_depan", SHORT_CHARS_MAX),
    ("gelar_belakang", SHORT_CHARS_MAX),
)


def decide_correction(before: Biodata, changes: Sequence[Change]) -> Changes:
    """The corrections to append, with the old texts; those that change nothing fall away."""
    if not 0 < len(changes) <= CHANGES_MAX:
        raise _nothing_to_correct()
    found: dict[str, tuple[str, str, str, str]] = {}
    for change in changes:
        new = text_of(_read_element(change))
        old = text_of(getattr(before, change.element))
        paper = decide_text(
            change.paper, PAPER_CHARS_MAX, "dokumen pendukung", "supporting paper"
        )
        if new != old:
            found[change.element] = (change.element, old, new, paper)
    if not found:
        raise _nothing_to_correct()
    return tuple(found.values())


def decide_text(text: str, chars_max: int, id: str, en: str) -> str:
    """A line that must be there and must not be a book. Refuses otherwise."""
    line = clean_text(text)
    if 0 < len(line) <= chars_max:
        return line
    raise Refusal(
        "text_missing",
        f"Isi {id} (paling banyak {chars_max} huruf); belum ada yang disimpan.",
        f"Fill in the {en} (at most {chars_max} characters); nothing was saved yet.",
    )


def decide_link(leader: bytes, follower: bytes) -> None:
    """Whether two ids, each the end of its links, may be stated to be one person."""
    if leader == follower:
        raise Refusal(
            "same_already",
            "Kedua data ini sudah satu orang; tidak ada yang perlu digabung.",
            "These two records are one person already; there is nothing to link.",
        )


def standing(statements: Sequence[Statement], undone: Collection[bytes]) -> Standing:
    """What stands after these statements, whatever order they came in.

    1. The latest whole statement counts whose import is not undone; if there is none, the
       latest at all, marked as undone.
    2. Over it go the corrections in their order: those later than it, and older ones where
       it still holds the text that was corrected.
    """
    ordered = sorted(statements, key=lambda statement: statement.order)
    whole = [s for s in ordered if s.biodata is not None]
    counting = [s for s in whole if not s.batch or s.batch not in undone]
    if not whole:
        return Standing(None, "", b"", False)
    chosen = (counting or whole)[-1]
    biodata = chosen.biodata
    assert biodata is not None
    for statement in ordered:
        for element, old, new, _ in statement.changes:
            now = text_of(getattr(biodata, element, None))
            if element in ELEMENTS and (statement.order > chosen.order or now == old):
                biodata = dataclasses.replace(
                    biodata, **{element: _value(element, new)}
                )
    return Standing(biodata, chosen.order, chosen.batch, not counting)


def _value(element: str, text: str) -> Any:
    """The value of a corrected text; what was once accepted is never refused again."""
    kind = type(getattr(_BLANK, element))
    if element in ("tanggal_lahir", "berlaku_hingga"):
        return date.fromisoformat(text) if text else None
    return int(text or 0) if kind is int else text


_BLANK = Biodata(
    nik="", no_kk="", nama="", jenis_kelamin=0, tempat_lahir="",
    tanggal_lahir=date(1900, 1, 1), wilayah="",
)  # fmt: skip


def _read_element(change: Change) -> Any:
    if change.element == "nik":
        raise Refusal(
            "nik_for_life",
            "NIK berlaku seumur hidup dan tidak diubah di sini; "
            "yang diperbaiki adalah data lainnya, dengan dokumen.",
            "A NIK is for life and is not changed here; "
            "what is corrected is the other data, with a paper.",
        )
    read = ELEMENTS.get(change.element)
    if read is None:
        raise Refusal(
            "unknown_element",
            f"Elemen data “{change.element[:40]}” tidak dapat diperbaiki di sini.",
            f"The element “{change.element[:40]}” cannot be corrected here.",
        )
    return read(change.new.strip())


def _bad_value(text: str) -> Refusal:
    return Refusal(
        "bad_value",
        f"Isian “{text[:40]}” tidak dikenal; pilih dari daftar atau tulis seperti pada "
        "dokumen. Belum ada yang disimpan.",
        f"“{text[:40]}” is not understood; choose from the list or write it as on the "
        "paper. Nothing was saved yet.",
    )


def _nothing_to_correct() -> Refusal:
    return Refusal(
        "nothing_to_correct",
        "Tidak ada elemen yang berubah; data tetap seperti semula.",
        "No element changes; the data stay as they are.",
    )
