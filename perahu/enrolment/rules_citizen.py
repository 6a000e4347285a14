"""The one sentence a citizen is told about a recording and its card (domain.md 14).

Nothing more than the sentence: no name, no NIK, no address. What a card's room knows is
handed in, for this room does not ask it.

Example: `sentence(view).id` is "KTP sudah jadi. Ambil di Enggano, bawa bukti perekaman
dan KK. Gratis."
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perahu.enrolment.rules_parts import parts_words
from perahu.words import Words

QUEUED, READY, HANDED_OVER, MOVING, HELD = (
    "queued", "ready", "handed_over", "moving", "held",
)  # fmt: skip
"""What the room of cards says of the card, where there is one."""

_DUPLICATE = "DUPLICATE_RECORD"
_CHECKED_CLOSELY = ("ADJUDICATE_RECORD", "REQUEST_VALIDATION")
_UNREADABLE = ("ENROLL_FAILURE_AT_CENTRAL", "ENROLL_FAILURE_AT_REGIONAL")
_CHECK_DAYS = "14"
"""How long an expert at the centre usually takes."""

_MONTHS = (
    ("Januari", "January"), ("Februari", "February"), ("Maret", "March"),
    ("April", "April"), ("Mei", "May"), ("Juni", "June"), ("Juli", "July"),
    ("Agustus", "August"), ("September", "September"), ("Oktober", "October"),
    ("November", "November"), ("Desember", "December"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenCard:
    """The card, as far as its owner may know of it."""

    state: str
    place: int = 0
    """In the queue, from 1; 0 where that is not known here."""
    queued: int = 0
    blanko: int = 0
    """On hand where it will be printed."""
    handed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenView:
    """One recording, as far as its owner may know of it."""

    place: str
    """The office where it was recorded."""
    is_whole: bool
    recalled: Sequence[str] = ()
    sent_on: date | None = None
    """When the hub handed it to the centre; None before."""
    status: str = ""
    """The centre's last word."""
    other_nik: str = ""
    """Masked."""
    card: CitizenCard | None = None


def sentence(view: CitizenView) -> Words:
    """What to tell."""
    if view.card is not None and view.card.state in _CARDS:
        return _card(view, view.card)
    if view.recalled or view.status in _UNREADABLE:
        return _come_again(view)
    if not view.is_whole:
        return Words(
            f"Perekaman di {view.place} belum selesai dan tidak hilang. Silakan datang "
            "lagi untuk melanjutkan. Gratis.",
            f"The recording at {view.place} is not finished, and not lost. Please come "
            "again to go on. It is free.",
        )
    if view.status == _DUPLICATE:
        return _duplicate(view)
    if view.status in _CHECKED_CLOSELY:
        return Words(
            f"Pusat perlu memeriksa dengan teliti. Perkiraan {_CHECK_DAYS} hari. Tidak "
            "perlu rekam ulang.",
            f"The centre has to look closely. About {_CHECK_DAYS} days. There is no need "
            "to be recorded again.",
        )
    return _under_way(view)


def _under_way(view: CitizenView) -> Words:
    if view.sent_on is None:
        return Words(
            f"Sudah direkam dan tercatat di {view.place}; menunggu dikirim ke pusat. "
            "Tidak perlu rekam ulang.",
            f"Recorded and kept at {view.place}; waiting to be sent to the centre. There "
            "is no need to be recorded again.",
        )
    day = day_words(view.sent_on)
    return Words(
        f"Sudah dikirim ke pusat tanggal {day.id}. Pusat sedang memeriksa. Tidak perlu "
        "rekam ulang.",
        f"Sent to the centre on {day.en}. The centre is checking. There is no need to be "
        "recorded again.",
    )


def _come_again(view: CitizenView) -> Words:
    parts = parts_words(view.recalled)
    which_id = f" ({parts.id})" if parts.id else ""
    which_en = f" ({parts.en})" if parts.en else ""
    return Words(
        f"Ada rekaman yang tidak terbaca{which_id}. Mohon datang sekali lagi ke "
        f"{view.place} pada jam kerja. Gratis.",
        f"A part of the recording cannot be read{which_en}. Please come once more to "
        f"{view.place} in office hours. It is free.",
    )


def _duplicate(view: CitizenView) -> Words:
    other_id = f" ({view.other_nik})" if view.other_nik else ""
    return Words(
        f"Data sidik jari pernah direkam dengan NIK lain{other_id}. Petugas akan membantu "
        "memilih NIK yang benar. Jangan rekam lagi di tempat lain.",
        f"These fingerprints were recorded under another NIK{other_id}. The staff will "
        "help to choose the right one. Do not be recorded again elsewhere.",
    )


_CARDS = (QUEUED, READY, HANDED_OVER, MOVING, HELD)


def _card(view: CitizenView, card: CitizenCard) -> Words:
    place = view.place
    if card.state == READY:
        return Words(
            f"KTP sudah jadi. Ambil di {place}, bawa bukti perekaman dan KK. Gratis.",
            f"The card is ready. Collect it at {place}; bring the proof of recording and "
            "the KK. It is free.",
        )
    if card.state == HANDED_OVER:
        day = day_words(card.handed_on) if card.handed_on else Words("", "")
        return Words(
            f"KTP sudah diserahkan tanggal {day.id}."
            if day.id
            else "KTP sudah diserahkan.",
            f"The card was handed over on {day.en}."
            if day.en
            else "It was handed over.",
        )
    if card.state == HELD:
        return Words(
            f"KTP sedang diperiksa kembali oleh petugas. Silakan bertanya di {place}.",
            f"The staff are looking at the card again. Please ask at {place}.",
        )
    if card.state == MOVING:
        return Words(
            "KTP sedang dikirim antarkantor. Silakan tanya lagi beberapa hari lagi.",
            "The card is on its way between offices. Please ask again in a few days.",
        )
    return _queued(card)


def _queued(card: CitizenCard) -> Words:
    if not card.place:
        return Words(
            "Siap cetak; menunggu giliran cetak.", "Ready to print; waiting in line."
        )
    soon_id = (
        "perkiraan cetak beberapa hari lagi"
        if card.place <= card.blanko
        else "menunggu kiriman blanko"
    )
    soon_en = (
        "likely printed within days"
        if card.place <= card.blanko
        else "waiting for more blanko"
    )
    return Words(
        f"Siap cetak, nomor urut {card.place} dari {card.queued}. Blanko tersisa "
        f"{card.blanko}; {soon_id}.",
        f"Ready to print, number {card.place} of {card.queued}. {card.blanko} blanko "
        f"left; {soon_en}.",
    )


def day_words(day: date) -> Words:
    """A date as papers write it."""
    id_, en = _MONTHS[day.month - 1]
    return Words(f"{day.day} {id_} {day.year}", f"{day.day} {en} {day.year}")


NOT_FOUND = Words(
    "Nomor register dan tanggal lahir ini tidak cocok dengan catatan di sini. Periksa pada "
    "bukti perekaman, atau tanyakan ke petugas.",
    "This register number and birth date do not match the records here. Check them on the "
    "proof of recording, or ask the staff.",
)
"""The same whichever of the two is wrong, so that nobody can try out numbers."""

TOO_OFTEN = Words(
    "Terlalu sering salah. Coba lagi 15 menit kemudian, atau tanyakan ke petugas.",
    "Wrong too often. Try again in 15 minutes, or ask the staff.",
)
"""After several wrong answers."""
