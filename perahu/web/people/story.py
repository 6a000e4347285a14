"""What happened with one person, and where the four things stand, in words and dates.

Packet, centre, card and ticket are kept apart (design.md 7): each may be ahead of the
others, and the operator is asked about each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perahu.cards import reads_desk as card_rows
from perahu.cards.reads import STATE_WORDS
from perahu.cards.reads_desk import Card
from perahu.cases import reads as cases
from perahu.enrolment import actions, reads_desk, reads_hub
from perahu.enrolment.reads_desk import OnDesk
from perahu.enrolment.rules_parts import going_on_words, parts_words
from perahu.people.reads import Resident
from perahu.web.cards.words import kind_words, office_name
from perahu.web.desk.standing import NEVER_RECORDED, Standing
from perahu.web.status_words import status_words
from perahu.web.visits import Visit
from perahu.words import Words

_NOT_YET = Words("belum ada", "none yet")
_EMPTY = Words("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One of the four things, and where it stands."""

    title: Words
    words: Words
    meaning: Words = _EMPTY
    since_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened."""

    at_ms: int
    words: Words
    officer: str = ""


def axes(visit: Visit, resident: Resident, standing: Standing) -> list[Axis]:
    """Packet, centre, card and ticket of a person."""
    return [
        _packet(visit, standing.recording),
        _centre(resident, standing.recording),
        _card(standing.card),
        Axis(title=Words("Antrean loket", "Ticket"), words=_NOT_YET),
    ]


_LEVEL_MEANINGS = (
    Words(
        "Tersimpan di simpul ini; belum sampai di kabupaten.",
        "Kept at this node; not at the kabupaten yet.",
    ),
    Words("Kabupaten sudah punya.", "The kabupaten has it."),
    Words(
        "Kabupaten dan provinsi sudah punya: tidak bisa hilang lagi.",
        "Kabupaten and provinsi have it: it cannot be lost any more.",
    ),
)
_DECIDED = Words("Kabupaten sudah memutuskan.", "The kabupaten has decided.")
_DECISIONS = {
    "sah": Words("sah", "valid"),
    "sengketa": Words("sengketa", "disputed"),
    "ditolak": Words("ditolak", "rejected"),
}


def _packet(visit: Visit, one: OnDesk | None) -> Axis:
    title = Words("Rekaman", "Recording")
    if one is None:
        return Axis(title=title, words=_NOT_YET)
    number = Words(f"Nomor register {one.state.number}.", f"Number {one.state.number}.")
    if not one.state.whole:
        step = going_on_words(one.step.name, one.step.part)
        words = Words("belum lengkap", "not complete")
        meaning = Words(
            f"Lanjutkan di: {step.id}. {number.id}",
            f"Goes on at: {step.en}. {number.en}",
        )
        return Axis(title=title, words=words, meaning=meaning, since_ms=one.opened_ms)
    level = actions.level_of(visit.office.journal, one.state.recording)
    closed = reads_hub.closed(one.state.recording)
    decided = cases.decision_of(closed.journal, closed.seq) if closed else None
    words = level.words
    if decided:
        last = _DECISIONS[decided]
        words = Words(f"{words.id}, {last.id}", f"{words.en}, {last.en}")
    about = _DECIDED if decided else _LEVEL_MEANINGS[min(int(level), 2)]
    meaning = Words(f"{about.id} {number.id}", f"{about.en} {number.en}")
    return Axis(title=title, words=words, meaning=meaning, since_ms=one.completed_ms)


def _centre(resident: Resident, one: OnDesk | None) -> Axis:
    title = Words("Pusat", "Centre")
    imported = resident.biodata.status_rekam
    if one is not None and one.submitted:
        told = status_words(one.status)
        since = one.status_ms if one.status else one.sent_ms
        return Axis(title=title, words=told.name, meaning=told.meaning, since_ms=since)
    if one is not None:
        words = Words("belum dikirim", "not sent yet")
        return Axis(title=title, words=words)
    if imported in NEVER_RECORDED:
        return Axis(title=title, words=Words("belum direkam", "not recorded"))
    told = status_words(imported)
    return Axis(title=title, words=told.name, meaning=told.meaning)


def _card(card: Card | None) -> Axis:
    title = Words("Kartu", "Card")
    if card is None:
        return Axis(title=title, words=_NOT_YET)
    since = card.handed_ms or card.printed_ms or card.ordered_ms
    meaning = kind_words(card.kind) if card.kind else Words("", "")
    if card.handed_ms:
        who = _collector(card.collector)
        meaning = Words(f"Diambil {who.id}.", f"Taken by {who.en}.")
    words = STATE_WORDS[card.state]
    return Axis(title=title, words=words, meaning=meaning, since_ms=since)


# --- the story ---------------------------------------------------------------------------


def story(visit: Visit, persons: Sequence[bytes], nik: str) -> list[Moment]:
    """What happened, the newest first."""
    found: list[Moment] = []
    ids = {*persons}
    for one in reads_desk.all_of(persons, nik):
        found += _recorded(visit, one)
        ids.add(one.state.person)
    for card in card_rows.of_persons(sorted(ids)):
        found += _carded(visit, card)
    return sorted(found, key=lambda moment: -moment.at_ms)


def _recorded(visit: Visit, one: OnDesk) -> list[Moment]:
    grant = visit.office.journal.authority.grant(one.officer)
    officer, number = grant.name if grant else "", one.state.number
    place = office_name(visit.office, one.state.node.hex())
    told = [
        (
            one.opened_ms,
            Words(
                f"Direkam di {place} ({number}).", f"Recorded at {place} ({number})."
            ),
            officer,
        ),
    ]
    if one.state.abandoned:
        words = Words(
            f"Perekaman {number} dihentikan.", f"Recording {number} was given up."
        )
        told.append((one.opened_ms + 1, words, officer))
    if one.completed_ms:
        words = Words("Rekaman lengkap dan ditutup.", "The recording was closed.")
        told.append((one.completed_ms, words, officer))
    if one.sent_ms:
        words = Words("Dikirim kabupaten ke pusat.", "Sent to the centre.")
        told.append((one.sent_ms, words, ""))
    if one.status and one.status_ms:
        name = status_words(one.status).name
        words = Words(f"Kabar pusat: {name.id}.", f"The centre says: {name.en}.")
        told.append((one.status_ms, words, ""))
    if one.recalled:
        parts = parts_words(one.recalled)
        words = Words(
            f"Diminta rekam ulang: {parts.id}.", f"To be taken again: {parts.en}."
        )
        told.append((max(one.status_ms, one.completed_ms) + 1, words, ""))
    return [Moment(at_ms=at, words=w, officer=who) for at, w, who in told]


def _carded(visit: Visit, card: Card) -> list[Moment]:
    kind = kind_words(card.kind)
    found = []
    if card.ordered_ms:
        words = Words(
            f"Perintah cetak datang: {kind.id}.", f"A print was ordered: {kind.en}."
        )
        found.append(Moment(at_ms=card.ordered_ms, words=words))
    if card.printed_ms:
        words = Words("Kartu dicetak.", "The card was printed.")
        found.append(Moment(at_ms=card.printed_ms, words=words))
    if card.cancelled:
        words = Words(
            f"Perintah cetak ditarik: {card.cancelled}.",
            f"The order was taken back: {card.cancelled}.",
        )
        found.append(Moment(at_ms=card.ordered_ms + 1, words=words))
    if card.handed_ms:
        where = office_name(visit.office, card.handed_node.hex())
        who = _collector(card.collector)
        words = Words(
            f"Kartu diserahkan di {where} kepada {who.id}.",
            f"The card was handed over at {where} to {who.en}.",
        )
        found.append(Moment(at_ms=card.handed_ms, words=words))
    return found


def _collector(name: str) -> Words:
    if name == "self":
        return Words("pemiliknya sendiri", "its owner")
    return Words(name, name)
