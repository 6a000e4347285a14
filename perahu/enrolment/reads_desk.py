"""What a desk asks of the recordings: what waits for a hand, and where a person stands.

Every answer costs a bounded number of rows, by an index, whatever the book has grown to:
a home page asks all of them at every look.

Example: `waiting(node, RECALLED, 10)` is who must come once more, longest waiting first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from perahu.enrolment.models import Recording
from perahu.enrolment.reads import WAITS, state_of
from perahu.enrolment.rules import RecordingState, Step, next_step
from perahu.people.models import Person

DUE_COUNTED_MAX = 1_000
"""More people than any office records in a month are not counted further."""
_SHOWN = ~Q(nama="") & (Q(undone=False) | Q(served=True))
_MARRIED_FROM = 2
"""Codes of status_kawin from here on are of people who are or were married."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDesk:
    """One recording as lists and pages of a desk show it."""

    state: RecordingState
    officer: bytes
    opened_ms: int
    completed_ms: int
    submitted: bool
    """The hub handed this version to the centre."""
    sent_ms: int
    """When it did; 0 before."""
    status: str
    """The centre's last word on this version, "" for none."""
    detail: str
    other_nik: str
    status_ms: int
    waits: str
    """One of WAITS, or ""."""
    opened_order: str

    @property
    def step(self) -> Step:
        """Where it goes on."""
        return next_step(self.state)

    @property
    def recalled(self) -> tuple[str, ...]:
        """The parts the centre wants again."""
        return tuple(n for n, part in self.state.parts.items() if part.recalled)

    @property
    def recall_reason(self) -> str:
        """The centre's reason, as the hub passed it on."""
        parts = self.state.parts.values()
        return next((part.recalled for part in parts if part.recalled), "")


# --- work lists --------------------------------------------------------------------------


def waiting_counts(node: bytes) -> dict[str, int]:
    """How many recordings of an office wait, by why."""
    rows = Recording.objects.filter(node=node.hex(), waits__in=WAITS)
    found = dict(rows.values_list("waits").annotate(n=Count("pk")).order_by())
    return {why: found.get(why, 0) for why in WAITS}


def waiting(node: bytes, why: str, limit: int, offset: int = 0) -> list[OnDesk]:
    """The recordings of an office that wait for this reason, the longest first."""
    rows = Recording.objects.filter(node=node.hex(), waits=why).order_by("opened_order")
    return [_on_desk(row) for row in rows[offset : offset + limit]]


def due_count(scope: Sequence[str], today: date, umur_rekam_min: int) -> int:
    """How many residents may be recorded and never were, up to DUE_COUNTED_MAX + 1.

    Goes through all residents of the scope where few are due: not for every page.
    """
    return _due(scope, today, umur_rekam_min)[: DUE_COUNTED_MAX + 1].count()


def due(
    scope: Sequence[str], today: date, umur_rekam_min: int, limit: int, offset: int = 0
) -> list[bytes]:
    """Who they are, by desa and name."""
    rows = _due(scope, today, umur_rekam_min).order_by("wilayah", "nama", "person")
    found = rows.values_list("person", flat=True)[offset : offset + limit]
    return [bytes.fromhex(person) for person in found]


def _due(
    scope: Sequence[str], today: date, umur_rekam_min: int
) -> QuerySet[Person, Person]:
    # The same rules as at the desk: enrolment.rules.check_may_record, check_once_for_life.
    recorded = Recording.objects.filter(abandoned=False).exclude(number="")
    by_nik = recorded.filter(nik=OuterRef("nik")).exclude(nik="")
    by_person = recorded.filter(person=OuterRef("person"))
    within = Q(pk__in=[])
    for code in scope:
        within |= Q(wilayah__startswith=code)
    old_enough = Q(tanggal_lahir__lte=_born_by(today, umur_rekam_min))
    may_stay = Q(kewarganegaraan="WNI") | Q(berlaku_hingga__gte=today)
    return (
        Person.objects.filter(
            _SHOWN, within, may_stay, same_as="", status_rekam__in=("", "UNREGISTERED")
        )
        .filter(old_enough | Q(status_kawin__gte=_MARRIED_FROM))
        .exclude(tanggal_lahir=None)
        .filter(~Exists(by_nik), ~Exists(by_person))
    )


def _born_by(today: date, years: int) -> date:
    """The last birth date that makes so many full years today."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return date(today.year - years, 2, 28)


# --- persons -----------------------------------------------------------------------------


def latest_of(persons: Mapping[bytes, str]) -> dict[bytes, OnDesk]:
    """The recording that counts for each person (id to NIK), where there is one.

    The first that was not given up, by id or by NIK: recorded is once for life.
    """
    ids = {person.hex(): person for person in persons}
    niks: dict[str, list[bytes]] = {}
    for person, nik in persons.items():
        niks.setdefault(nik, []).append(person)
    mine = Q(person__in=list(ids)) | Q(nik__in=[nik for nik in niks if nik])
    rows = Recording.objects.filter(mine, abandoned=False).exclude(number="")
    found: dict[bytes, OnDesk] = {}
    for row in rows.order_by("opened_order"):
        one = _on_desk(row)
        by_nik = niks.get(row.nik, []) if row.nik else []
        for person in {one.state.person, *by_nik} & persons.keys():
            found.setdefault(person, one)
    return found


def on_desk(recording: bytes) -> OnDesk | None:
    """One recording, or None where its opening is not known here."""
    row = Recording.objects.filter(pk=recording.hex()).exclude(number="").first()
    return None if row is None else _on_desk(row)


def latest_by(node: bytes, officer: bytes) -> OnDesk | None:
    """The last recording that this officer opened here and did not give up."""
    rows = Recording.objects.filter(node=node.hex(), officer=officer.hex())
    row = rows.filter(abandoned=False).order_by("opened_order").last()
    return None if row is None else _on_desk(row)


def by_number(number: str, limit: int = 20) -> list[OnDesk]:
    """The recordings under a register number (two laptops may each have one)."""
    rows = Recording.objects.filter(number=number).order_by("opened_order")
    return [_on_desk(row) for row in rows[:limit]]


def all_of(persons: Sequence[bytes], nik: str) -> list[OnDesk]:
    """Every recording of one person, those given up too, oldest first."""
    mine = Q(person__in=[one.hex() for one in persons])
    if nik:
        mine |= Q(nik=nik)
    rows = Recording.objects.filter(mine).exclude(number="").order_by("opened_order")
    return [_on_desk(row) for row in rows[:50]]


def officers_of(recordings: Sequence[bytes]) -> dict[bytes, bytes]:
    """Who recorded each."""
    rows = Recording.objects.filter(pk__in=[one.hex() for one in recordings])
    found = rows.exclude(number="").values_list("recording", "officer")
    return {bytes.fromhex(one): bytes.fromhex(officer) for one, officer in found}


def _on_desk(row: Recording) -> OnDesk:
    submitted = bool(row.version) and row.submitted_version >= row.version
    is_said = submitted and row.status_order > row.submitted_order
    return OnDesk(
        state=state_of(row),
        officer=bytes.fromhex(row.officer),
        opened_ms=row.opened_ms,
        completed_ms=row.completed_ms,
        submitted=submitted,
        sent_ms=_sent_ms(row) if submitted else 0,
        status=row.status if is_said or not submitted else "",
        detail=row.detail,
        other_nik=row.other_nik,
        status_ms=row.status_ms,
        waits=row.waits,
        opened_order=row.opened_order,
    )


def _sent_ms(row: Recording) -> int:
    """When this version was handed over first; told again, the day does not move."""
    sent = (one[3] for one in json.loads(row.submissions) if one[1] == row.version)
    return int(min(sent, default=0))
