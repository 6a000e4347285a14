"""The rows of the work lists: whose, since when, why, and what next; and how many there are.

Each kind of work has a count and a page of rows, by an index, and one question more for
the names of all its people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from weakref import WeakKeyDictionary

from django.utils.translation import gettext_lazy as _

from perahu.cards import reads as cards
from perahu.cards import reads_desk as card_rows
from perahu.cards import reads_stock as stock
from perahu.cards.reads_desk import Card
from perahu.cards.rules import priority_words
from perahu.cards.rules_stock import Transfer
from perahu.cases import reads as cases
from perahu.cases.reads import CaseRow
from perahu.cases.rules_words import KIND_WORDS
from perahu.enrolment import reads_desk
from perahu.enrolment.reads import UNPROVED
from perahu.enrolment.reads_desk import OnDesk
from perahu.enrolment.rules_parts import going_on_words, parts_words
from perahu.journal.journal import CLONE, RECOUNT
from perahu.people import reads as people
from perahu.people.reads import Resident
from perahu.web.cards.words import ITEMS, UNITS, office_name
from perahu.web.links import first_link, link
from perahu.web.names import place
from perahu.web.ports import Office
from perahu.web.visits import Visit
from perahu.words import Words

DUE_KEPT_S = 60.0
"""So long the count of who is due may be old: it alone goes through all residents."""

_due_counts: WeakKeyDictionary[Office, tuple[float, int]] = WeakKeyDictionary()

Count = Callable[[Visit], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to do."""

    title: str | Words
    """Who or what it is about."""
    nik: str = ""
    aside: str = ""
    """Where that person lives."""
    page: str = ""
    """The address of that person or thing."""
    reason: Words
    owner: str = ""
    """The officer in whose hands it is; "" for whoever comes first."""
    since_ms: int = 0
    label: object = ""
    address: str = ""
    """The next step, where it is open to who looks."""


Items = Callable[[Visit, int, int], list[Item]]
"""Rows for a visit, so many, after so many."""


# --- recordings --------------------------------------------------------------------------


def waiting_count(why: str) -> Count:
    """How many recordings of this office wait for this reason."""

    def count(visit: Visit) -> int:
        return reads_desk.waiting_counts(visit.office.journal.node_id)[why]

    return count


def recordings(why: str) -> Items:
    """The recordings of this office that wait for this reason, the longest first."""

    def items(visit: Visit, limit: int, first: int) -> list[Item]:
        rows = reads_desk.waiting(visit.office.journal.node_id, why, limit, first)
        known = people.residents(one.state.person for one in rows)
        return [
            _recording(visit, one, known.get(one.state.person), why) for one in rows
        ]

    return items


def _recording(visit: Visit, one: OnDesk, who: Resident | None, why: str) -> Item:
    item = replace(
        _about(visit, one.state.person, who, one.state.number),
        reason=_recording_reason(one),
        owner=_name_of(visit, one.officer),
        since_ms=one.completed_ms if why == UNPROVED else one.opened_ms,
    )
    page = "recording-proof" if why == UNPROVED else "recording"
    return replace(
        item,
        label=_("Berikan bukti") if why == UNPROVED else _("Lanjutkan"),
        address=link(visit, page, one.state.recording),
    )


def _recording_reason(one: OnDesk) -> Words:
    if one.recalled:
        parts = parts_words(one.recalled)
        return Words(
            f"{parts.id} tidak terbaca, panggil ulang",
            f"{parts.en} cannot be read, call back",
        )
    step = going_on_words(one.step.name, one.step.part)
    return Words(f"lanjutkan di: {step.id}", f"goes on at: {step.en}")


def due_count(visit: Visit) -> int:
    """How many residents of this region may be recorded and never were; a minute old."""
    office = visit.office
    now_s = office.monotonic_s()
    kept = _due_counts.get(office)
    if kept is None or now_s - kept[0] > DUE_KEPT_S:
        kept = now_s, reads_desk.due_count(*_due_of(visit))
        _due_counts[office] = kept
    return kept[1]


def due(visit: Visit, limit: int, first: int) -> list[Item]:
    """Who they are, by desa and name."""
    persons = reads_desk.due(*_due_of(visit), limit, first)
    known = people.residents(persons)
    return [
        replace(
            _about(visit, person, known.get(person), ""),
            reason=Words("belum pernah direkam", "never recorded"),
            label=_("Mulai rekam"),
            address=link(visit, "recording-start", person),
        )
        for person in persons
    ]


def _due_of(visit: Visit) -> tuple[tuple[str, ...], date, int]:
    journal = visit.office.journal
    least = journal.authority.policy.umur_rekam_min
    return journal.certificate.wilayah, visit.office.now().today, least


# --- cards -------------------------------------------------------------------------------


def card_count(state: str) -> Count:
    """How many cards of this office are in a state."""

    def count(visit: Visit) -> int:
        return card_rows.counts_here(visit.office.journal.node_id).get(state, 0)

    return count


def card_items(state: str) -> Items:
    """The cards of this office in a state, the next first."""

    def items(visit: Visit, limit: int, first: int) -> list[Item]:
        found = card_rows.cards_here(visit.office.journal.node_id, state, limit, first)
        known = people.residents(one.person for one in found)
        officers = reads_desk.officers_of([one.recording for one in found])
        rows = []
        for place_, one in enumerate(found, start=first + 1):
            who = _about(visit, one.person, known.get(one.person), "")
            reason, label, page = _card_reason(one, place_)
            address = first_link(visit, (page, one.order), ("printing", b""))
            owner = _name_of(visit, officers.get(one.recording, b""))
            since = one.printed_ms or one.ordered_ms
            rows.append(
                replace(
                    who, reason=reason, owner=owner, since_ms=since, label=label,
                    address=address,
                )
            )  # fmt: skip
        return rows

    return items


def _card_reason(card: Card, place_: int) -> tuple[Words, object, str]:
    if card.state == cards.QUEUED:
        rule = priority_words(card.priority)
        reason = Words(
            f"antrean ke-{place_}: {rule.id}", f"number {place_} in line: {rule.en}"
        )
        return reason, _("Cetak"), "print-order"
    if card.state == cards.LOOK:
        reason = Words(
            "listrik atau printer putus saat mencetak; lihat kartunya dahulu",
            "power or printer failed while printing; look at the card first",
        )
        return reason, _("Lihat hasilnya"), "print-order"
    reason = Words("kartu sudah jadi, panggil orangnya", "card ready, call the person")
    return reason, _("Serahkan"), "hand-over-card"


# --- stock, cases, the node itself -------------------------------------------------------


def arriving_count(visit: Visit) -> int:
    """How many parcels of stock are on their way here."""
    return len(stock.on_the_way(visit.office.journal.node_id))


def arriving(visit: Visit, limit: int, first: int) -> list[Item]:
    """The parcels on their way here, the oldest first."""
    found = stock.on_the_way(visit.office.journal.node_id)[first : first + limit]
    return [_parcel(visit, one) for one in found]


def _parcel(visit: Visit, one: Transfer) -> Item:
    item, unit = ITEMS[one.item], UNITS[one.item]
    sender = office_name(visit.office, one.sent_by.hex())
    count = one.sent or 0
    title = Words(
        f"{count} {unit.id} {item.id.lower()}", f"{count} {unit.en} of {item.en}"
    )
    return Item(
        title=title,
        reason=Words(
            f"dikirim {sender}; hitung saat tiba, lalu terima",
            f"sent by {sender}; count them on arrival, then take them in",
        ),
        label=_("Terima"),
        address=first_link(visit, ("stock-arrived", one.transfer), ("stock", b"")),
    )


def case_count(visit: Visit) -> int:
    """How many cases wait for a person."""
    return len(cases.open_cases())


def case_items(visit: Visit, limit: int, first: int) -> list[Item]:
    """The cases that wait, the oldest first."""
    found = cases.open_cases(first + limit)[first:]
    return [_case(visit, one) for one in found]


def _case(visit: Visit, one: CaseRow) -> Item:
    words = KIND_WORDS[one.kind]
    address = link(visit, "case", one.case)
    return Item(
        title=words.name,
        page=address,
        reason=Words(one.reason, one.reason) if one.reason else words.advice,
        owner=office_name(visit.office, one.audience.hex()) if one.audience else "",
        since_ms=one.opened_ms,
        label=_("Putuskan"),
        address=address,
    )


def trouble_count(visit: Visit) -> int:
    """How many matters of the node itself wait for a person."""
    return len(_troubles(visit))


def troubles(visit: Visit, limit: int, first: int) -> list[Item]:
    """What is the matter with the node itself."""
    return _troubles(visit)[first : first + limit]


def _troubles(visit: Visit) -> list[Item]:
    found = []
    halts = visit.office.journal.halts()
    if RECOUNT in halts:
        found.append(
            Item(
                title=Words("Stok harus dihitung ulang", "The stock must be counted"),
                reason=Words(
                    "simpul ini dipulihkan; cetak menunggu hitungan blanko",
                    "this node was restored; printing waits for the count of blanko",
                ),
                label=_("Hitung stok"),
                address=first_link(visit, ("stock-count", b""), ("stock", b"")),
            )
        )
    if CLONE in halts:
        found.append(
            Item(
                title=Words("Ada simpul kembar", "There is a twin of this node"),
                reason=Words(
                    "cetak berhenti: kabupaten memutuskan mana yang tinggal, lalu blanko dihitung",
                    "printing has stopped: the kabupaten decides which stays; then count the stock",
                ),
                label=_("Lihat keadaan"),
                address=link(visit, "status"),
            )
        )
    if parked := len(visit.office.journal.parked()):
        found.append(
            Item(
                title=Words(f"{parked} catatan ditahan", f"{parked} entries set aside"),
                reason=Words(
                    "tersimpan, tetapi belum dihitung karena tidak sesuai aturan",
                    "stored, but not counted, because they break a rule",
                ),
                label=_("Lihat keadaan"),
                address=link(visit, "status"),
            )
        )
    return found


# --- who ---------------------------------------------------------------------------------


def _about(visit: Visit, person: bytes, who: Resident | None, number: str) -> Item:
    """The head of a row about a person, known here or not."""
    unnamed = number or person.hex()[:8]
    aside = place(who.biodata.wilayah) if who else ""
    return Item(
        title=who.biodata.nama if who else unnamed,
        nik=who.biodata.nik if who else "",
        aside=aside,
        page=link(visit, "person", person),
        reason=Words("", ""),
    )


def _name_of(visit: Visit, officer: bytes) -> str:
    grant = visit.office.journal.authority.grant(officer) if officer else None
    return grant.name if grant else ""
