"""Whom to visit in a desa, and what for: one line a person, along the way through it.

- Who was never recorded and may be; whose recording was called back or left unfinished;
  whose card can be printed on the spot, and whose printed card waits.
- By what this book knows: what another laptop did and nobody brought here is not seen.

Example: `visits("1703012001", today, 16, node).people` in the order of RW, RT and address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from perahu.cards.models import PrintOrder
from perahu.enrolment.models import Recording
from perahu.enrolment.reads import state_of
from perahu.people.models import Person

RECORD, CALL_BACK, FINISH = "record", "call_back", "finish"
PRINT, HAND_OVER, LOOK_FIRST = "print", "hand_over", "look_first"
TASKS = (RECORD, CALL_BACK, FINISH, PRINT, HAND_OVER, LOOK_FIRST)
"""What a visit is for: record; take parts again; finish a recording; print the card; hand
the card over; see first what became of a print."""
VISITS_MAX = 10_000
"""More people than any desa has to be visited."""
_CHUNK = 500
_SHOWN = ~Q(nama="") & (Q(undone=False) | Q(served=True))
_MARRIED_FROM = 2
"""Codes of status_kawin from here on are of people who are or were married."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One reason for a visit."""

    kind: str
    """One of TASKS."""
    parts: tuple[str, ...] = ()
    """The parts of the recording to take, where it was called back or left open."""
    order: bytes = b""
    number: str = ""
    """Of the recording."""
    since_ms: int = 0
    is_here: bool = True
    """Whether this node holds what it takes: the right, the card, the recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One person to visit."""

    person: bytes
    nik: str
    nama: str
    born: date
    alamat: str
    rt: str
    rw: str
    tasks: tuple[Task, ...]


@dataclass(slots=True, kw_only=True)
class Visits:
    """A desa to be gone through."""

    desa: str
    residents: int
    people: list[Visit] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """How many persons have a task of this kind."""
        return sum(any(t.kind == kind for t in one.tasks) for one in self.people)

    @property
    def orders(self) -> list[bytes]:
        """Rights and cards of these people that lie here and may move."""
        return [
            task.order
            for one in self.people
            for task in one.tasks
            if task.kind in (PRINT, HAND_OVER) and task.is_here
        ]


def visits(desa: str, today: date, umur_rekam_min: int, node: bytes) -> Visits:
    """Everybody of a desa whom there is a reason to visit, in the order of the way."""
    people = Person.objects.filter(_SHOWN, same_as="", wilayah=desa)
    tasks: dict[str, list[Task]] = {}
    due = _may_be_due(people, today, umur_rekam_min)
    for person in due.values_list("person", flat=True):
        tasks.setdefault(person, []).append(Task(kind=RECORD))
    keys = people.values_list("person", flat=True)
    for piece in _pieces(list(keys)):
        _note_recordings(tasks, piece, node)
        _note_orders(tasks, piece, node)
    found = Visits(desa=desa, residents=people.count())
    rows = Person.objects.in_bulk(sorted(tasks)[:VISITS_MAX])
    for row in sorted(rows.values(), key=_way):
        assert row.tanggal_lahir is not None, "who is shown has a birth date"
        found.people.append(
            Visit(
                person=bytes.fromhex(row.person),
                nik=row.nik,
                nama=row.nama,
                born=row.tanggal_lahir,
                alamat=row.alamat,
                rt=row.rt,
                rw=row.rw,
                tasks=tuple(tasks[row.person]),
            )
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DesaCount:
    """A desa in numbers: whether going there is worth a boat."""

    desa: str
    residents: int
    to_record: int
    rights: int
    """Cards of its people that wait here to be printed."""
    cards: int
    """Printed cards that lie here."""


def desa_counts(
    prefix: str, today: date, umur_rekam_min: int, node: bytes
) -> list[DesaCount]:
    """Every desa of a region, by its code."""
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    people = Person.objects.filter(_SHOWN, same_as="")
    people = people.filter(wilayah__gte=prefix, wilayah__lt=after)
    residents = dict(people.values_list("wilayah").annotate(Count("pk")).order_by())
    due = _may_be_due(people, today, umur_rekam_min)
    to_record = dict(due.values_list("wilayah").annotate(Count("pk")).order_by())
    waiting = {PRINT: Counter[str](), HAND_OVER: Counter[str]()}
    orders = PrintOrder.objects.filter(holder=node.hex(), moving_to="")
    for state, kind in (("queued", PRINT), ("to_hand_over", HAND_OVER)):
        persons = list(orders.filter(state=state).values_list("person", flat=True))
        for piece in _pieces(persons):
            rows = Person.objects.filter(person__in=piece)
            home = dict(rows.values_list("person", "wilayah"))
            waiting[kind].update(home[one] for one in piece if one in home)
    return [
        DesaCount(
            desa=desa,
            residents=count,
            to_record=to_record.get(desa, 0),
            rights=waiting[PRINT][desa],
            cards=waiting[HAND_OVER][desa],
        )
        for desa, count in sorted(residents.items())
    ]


def _way(row: Person) -> tuple[str, str, str, str, str]:
    """By RW, RT and address: who goes from door to door goes in this order."""
    return row.rw.zfill(3), row.rt.zfill(3), row.alamat.casefold(), row.no_kk, row.nama


def _may_be_due(
    people: QuerySet[Person], today: date, umur_rekam_min: int
) -> QuerySet[Person]:
    """Who may be recorded and, by this book and the centre's list, never was.

    The same rule as at the desk (enrolment.rules.check_may_record), over many at once.
    """
    recorded = Recording.objects.filter(abandoned=False).exclude(number="")
    by_nik = recorded.filter(nik=OuterRef("nik")).exclude(nik="")
    by_person = recorded.filter(person=OuterRef("person"))
    # Whose card is ordered was recorded, wherever that was.
    ordered = PrintOrder.objects.filter(person=OuterRef("person"), cancelled_order="")
    is_of_age = Q(tanggal_lahir__lte=_years_before(today, umur_rekam_min))
    may_stay = Q(kewarganegaraan="WNI") | Q(berlaku_hingga__gte=today)
    return people.filter(
        is_of_age | Q(status_kawin__gte=_MARRIED_FROM),
        may_stay,
        ~Exists(by_nik),
        ~Exists(by_person),
        ~Exists(ordered),
        status_rekam__in=("", "UNREGISTERED"),
    ).exclude(tanggal_lahir=None)


def _years_before(day: date, years: int) -> date:
    """Whoever was born on that day or before is so many years old."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        # 29 February: who was born on the 28th has had a birthday, the 29th not.
        return day.replace(year=day.year - years, day=28)


def _note_recordings(
    tasks: dict[str, list[Task]], piece: list[str], node: bytes
) -> None:
    rows = Recording.objects.filter(person__in=piece, abandoned=False)
    rows = rows.exclude(number="").filter(
        Q(version=0) | Q(recalled_order__gt=F("completed_order"))
    )
    for row in rows.order_by("opened_order"):
        state = state_of(row)
        if state.whole:
            continue
        recalled = tuple(name for name, part in state.parts.items() if part.recalled)
        kind = CALL_BACK if recalled else FINISH
        tasks.setdefault(row.person, []).append(
            Task(
                kind=kind,
                parts=recalled or state.open_parts,
                number=row.number,
                since_ms=row.opened_ms,
                is_here=row.node == node.hex(),
            )
        )


_TASK_OF_STATE = {
    "queued": PRINT, "moving": PRINT, "to_hand_over": HAND_OVER,
    "card_moving": HAND_OVER, "look": LOOK_FIRST,
}  # fmt: skip


def _note_orders(tasks: dict[str, list[Task]], piece: list[str], node: bytes) -> None:
    rows = PrintOrder.objects.filter(person__in=piece, state__in=_TASK_OF_STATE)
    for row in rows.order_by("priority", "ordered_ms", "order"):
        tasks.setdefault(row.person, []).append(
            Task(
                kind=_TASK_OF_STATE[row.state],
                order=bytes.fromhex(row.order),
                since_ms=row.printed_ms or row.ordered_ms,
                is_here=row.holder == node.hex(),
            )
        )


def _pieces(keys: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
