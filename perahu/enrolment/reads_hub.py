"""What the hub asks of the recordings: what to hand over, what the centre said, doubles."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q

from perahu.enrolment.models import PersonLink, Recording
from perahu.enrolment.reads import entry_at, same_persons, state_of
from perahu.enrolment.rules import RecordingState


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
    row = Recording.objects.filter(pk=recording_.hex()).exclude(number="").first()
    return None if row is None or not row.reference else _at_centre(row)


def by_reference(reference: str) -> AtCentre | None:
    """The recording whose newest packet has this reference."""
    row = Recording.objects.filter(reference=reference).exclude(number="").first()
    return None if row is None else _at_centre(row)


def silent_at_centre(before_ms: int, statuses: Iterable[str]) -> list[AtCentre]:
    """Packets in one of these statuses ("" for none yet) without news since then."""
    rows = Recording.objects.exclude(reference="").exclude(number="")
    rows = rows.filter(status__in=list(statuses)) | rows.filter(
        submitted_order__gt=F("status_order")
    )
    waiting = [_at_centre(row) for row in rows.filter(status_ms__lt=before_ms)]
    return [one for one in waiting if one.since_ms < before_ms]


def statuses_since(order: str, limit: int) -> list[tuple[str, AtCentre]]:
    """What the centre said after this place, with the place of each, oldest first."""
    rows = Recording.objects.exclude(number="").filter(status_order__gt=order)
    rows = rows.order_by("status_order")[:limit]
    return [(row.status_order, _at_centre(row)) for row in rows]


def closed_twice() -> list[list[Closed]]:
    """The closed recordings of each person who has more than one, in their order."""
    rows = Recording.objects.filter(version__gt=0, abandoned=False).exclude(number="")
    doubled = rows.exclude(nik="").values("nik").annotate(n=Count("pk")).filter(n__gt=1)
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
    sent = [one for one in json.loads(row.submissions) if one[1] == row.version]
    said = row.status if row.status_order > row.submitted_order else ""
    return AtCentre(
        state=state_of(row),
        reference=row.reference,
        status=said,
        detail=row.detail if said else "",
        drc=row.drc if said else "",
        since_ms=max([row.status_ms if said else 0, *(one[3] for one in sent)]),
        submissions=len(sent),
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
