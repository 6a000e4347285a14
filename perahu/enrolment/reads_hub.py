"""What the hub asks of the recordings: what to hand over, what the centre said, doubles,
what waits at which office, and the story of one recording for who decides about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count, F, Max, Q

from perahu.enrolment.facts import CENTRE_STATUSES, PHOTO, UNIQUE_STATUSES
from perahu.enrolment.models import PersonLink, Recording
from perahu.enrolment.reads import entry_at, same_persons, state_of
from perahu.enrolment.rules import RecordingState
from perahu.people.reads_apply import by_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closed packet, and the entry that closed it."""

    state: RecordingState
    journal: bytes
    seq: int
    h: bytes
    order: str
    completed_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtCentre:
    """A packet the centre has: what it last said, since when, how often it was handed over."""

    state: RecordingState
    reference: str
    status: str
    detail: str
    drc: str
    since_ms: int
    submissions: int


class Silence(NamedTuple):
    """How long nothing was heard of a packet that the centre has."""

    recording: bytes
    since_ms: int
    submissions: int


def to_submit(limit: int, after: str = "") -> list[Closed]:
    """Closed packets the centre does not have in this version, in their order."""
    rows = Recording.objects.exclude(number="").filter(
        abandoned=False, version__gt=F("submitted_version"), completed_order__gt=after
    )
    closed = [_closed(row) for row in rows.order_by("completed_order")[:limit]]
    return [one for one in closed if one.state.whole]


def closed(recording_: bytes) -> Closed | None:
    """The last closed packet of a recording; None before there is one."""
    row = Recording.objects.filter(pk=recording_.hex()).exclude(number="").first()
    return None if row is None or not row.version else _closed(row)


def at_centre(recording_: bytes) -> AtCentre | None:
    """What is known of a recording at the centre; None before it was handed over."""
    row = by_key(Recording, [recording_.hex()]).get(recording_.hex())
    is_known = row is not None and row.number and row.reference
    return _at_centre(row) if row is not None and is_known else None


def by_reference(reference: str) -> AtCentre | None:
    """The recording whose newest packet has this reference."""
    row = Recording.objects.filter(reference=reference).exclude(number="").first()
    return None if row is None else _at_centre(row)


def silent_at_centre(before_ms: int, statuses: Iterable[str]) -> list[Silence]:
    """Packets in one of these statuses ("" for none yet) without news since then.

    Every round of the hub asks, of every packet while the centre is silent: so it is
    answered out of a few columns.
    """
    rows = Recording.objects.exclude(reference="").exclude(number="")
    rows = rows.filter(status_ms__lt=before_ms)
    # Two questions: asked with one "or" they would be answered by reading every row.
    unanswered = rows.filter(submitted_order__gt=F("status_order"))
    waiting = rows.filter(status__in=list(statuses))
    known = {
        recording: _since(*columns)
        for some in (unanswered, waiting)
        for recording, *columns in some.values_list(*_SILENCE).iterator()
    }
    found = [Silence(bytes.fromhex(one), *since) for one, since in known.items()]
    return [one for one in found if one.since_ms < before_ms]


_SILENCE = (
    "recording", "submissions", "version", "status_order", "submitted_order", "status_ms",
)  # fmt: skip


def _since(
    submissions: str,
    version: int,
    status_order: str,
    submitted_order: str,
    said_ms: int,
) -> tuple[int, int]:
    """When a packet was last handed over or spoken of, and how often it was handed over."""
    sent = [one for one in json.loads(submissions) if one[1] == version]
    is_said = status_order > submitted_order
    return max([said_ms if is_said else 0, *(one[3] for one in sent)]), len(sent)


def last_verdict_ms(waiting: Iterable[str]) -> int:
    """When the centre last said more of anybody than one of these; 0 for never."""
    rows = Recording.objects.exclude(status__in=["", *waiting]).exclude(number="")
    return int(rows.aggregate(last=Max("status_ms"))["last"] or 0)


def statuses_since(order: str, limit: int) -> list[tuple[str, AtCentre]]:
    """What the centre said after this place, with the place of each, oldest first."""
    rows = Recording.objects.exclude(number="").filter(status_order__gt=order)
    rows = rows.order_by("status_order")[:limit]
    return [(row.status_order, _at_centre(row)) for row in rows]


def closed_twice() -> list[list[Closed]]:
    """The closed recordings of each person who has more than one, in their order."""
    rows = Recording.objects.filter(version__gt=0, abandoned=False).exclude(number="")
    doubled = rows.exclude(nik="").values("nik").annotate(n=Count("*")).filter(n__gt=1)
    groups = [rows.filter(nik__in=[one["nik"] for one in doubled])]
    groups[0] = groups[0].order_by("nik", "completed_order")
    by_nik: dict[str, list[Closed]] = {}
    for row in groups[0]:
        by_nik.setdefault(row.nik, []).append(_closed(row))
    found = list(by_nik.values())
    for link in PersonLink.objects.order_by("other"):
        ids = [one.hex() for one in same_persons(bytes.fromhex(link.other))]
        linked = rows.filter(person__in=ids).order_by("completed_order")
        found.append([_closed(row) for row in linked])
    return [group for group in found if len(group) > 1]


def _closed(row: Recording) -> Closed:
    journal, seq = entry_at(row.completed_order)
    return Closed(
        state=state_of(row),
        journal=journal,
        seq=seq,
        h=bytes.fromhex(row.completed_h),
        order=row.completed_order,
        completed_ms=row.completed_ms,
    )


def _at_centre(row: Recording) -> AtCentre:
    since_ms, submissions = _since(
        row.submissions,
        row.version,
        row.status_order,
        row.submitted_order,
        row.status_ms,
    )
    said = row.status if row.status_order > row.submitted_order else ""
    return AtCentre(
        state=state_of(row),
        reference=row.reference,
        status=said,
        detail=row.detail if said else "",
        drc=row.drc if said else "",
        since_ms=since_ms,
        submissions=submissions,
    )


def counts_by_node() -> dict[bytes, dict[str, int]]:
    """Per office: opened, closed, given up, handed to the centre; and each status."""
    rows = Recording.objects.exclude(number="")
    totals = rows.values_list("node").annotate(
        opened=Count("pk"),
        closed=Count("pk", filter=Q(version__gt=0)),
        given_up=Count("pk", filter=Q(abandoned=True)),
        handed=Count("pk", filter=Q(submitted_version__gt=0)),
    )
    names = ("opened", "closed", "abandoned", "submitted")
    found = {
        bytes.fromhex(node): dict(zip(names, figures, strict=True))
        for node, *figures in totals.order_by("node")
    }
    statuses = rows.exclude(status="").values_list("node", "status")
    for node, status, number in statuses.annotate(n=Count("pk")).order_by():
        found[bytes.fromhex(node)][status] = number
    return found


# --- what waits, and where ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heap:
    """How many wait, and since when the oldest does; (0, 0) for none."""

    count: int = 0
    oldest_ms: int = 0

    def __add__(self, other: Heap) -> Heap:
        since = [one.oldest_ms for one in (self, other) if one.count]
        return Heap(self.count + other.count, min(since, default=0))


NONE = Heap()
"""Nothing waits."""


@dataclass(slots=True, kw_only=True)
class Backlog:
    """The recordings of one office that are not done, by whom they wait for."""

    begun: Heap = NONE
    """Not closed yet: the office goes on."""
    recalled: Heap = NONE
    """Called back: the person has to come once more."""
    to_hand: Heap = NONE
    """Closed, and not handed to the centre in this version."""
    at_centre: dict[str, Heap] = field(default_factory=dict)
    """By the centre's last word, "" where it has not said one; of what was found unique
    only the number is known."""


_WAITING = (
    "node", "version", "submitted_version", "status", "opened_ms", "completed_ms",
    "status_ms", "completed_order", "recalled_order", "status_order", "submitted_order",
)  # fmt: skip


def backlog_by_node() -> dict[bytes, Backlog]:
    """What waits of every office's recordings, as far as this book knows them."""
    found: dict[bytes, Backlog] = {}
    waiting = Recording.objects.exclude(number="").filter(
        abandoned=False, status__in=("", *_NOT_UNIQUE)
    )
    for row in waiting.only(*_WAITING).order_by().iterator():
        backlog = found.setdefault(bytes.fromhex(row.node), Backlog())
        if not row.version:
            backlog.begun += Heap(1, row.opened_ms)
        elif row.recalled_order > row.completed_order:
            backlog.recalled += Heap(1, row.status_ms)
        elif row.submitted_version < row.version:
            backlog.to_hand += Heap(1, row.completed_ms)
        else:
            said = row.status_order > row.submitted_order
            _pile(backlog, row.status if said else "", row)
    done = Recording.objects.filter(status__in=UNIQUE_STATUSES).exclude(node="")
    counted = done.values_list("status", "node").annotate(n=Count("pk"))
    for status, node, number in counted.order_by():
        backlog = found.setdefault(bytes.fromhex(node), Backlog())
        backlog.at_centre[status] = Heap(number, 0)
    return found


_NOT_UNIQUE = tuple(one for one in CENTRE_STATUSES if one not in UNIQUE_STATUSES)


def _pile(backlog: Backlog, status: str, row: Recording) -> None:
    since_ms = row.status_ms if status else row.completed_ms
    heap = backlog.at_centre.get(status, NONE)
    backlog.at_centre[status] = heap + Heap(1, since_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One recording as who decides about it wants to see it."""

    state: RecordingState
    officer: bytes
    opened_ms: int
    completed_ms: int
    thumbnail: bytes
    """SHA-256 of the sealed small photo; empty where there is none."""
    journal: bytes
    seq: int
    """The entry that closed it; seq 0 while it is open."""
    status: str
    detail: str
    other_nik: str


def story(recording_: bytes) -> Story | None:
    """Everything about one recording, or None where its opening is not known here."""
    row = Recording.objects.filter(pk=recording_.hex()).exclude(number="").first()
    if row is None:
        return None
    is_closed = bool(row.completed_order)
    journal, seq = entry_at(row.completed_order) if is_closed else (b"", 0)
    photo = json.loads(row.parts).get(PHOTO, {})
    return Story(
        state=state_of(row),
        officer=bytes.fromhex(row.officer),
        opened_ms=row.opened_ms,
        completed_ms=row.completed_ms,
        thumbnail=bytes.fromhex(photo.get("t", "")),
        journal=journal,
        seq=seq,
        status=row.status,
        detail=row.detail,
        other_nik=row.other_nik,
    )
