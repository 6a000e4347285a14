"""What the tables know of recordings, and how facts get into them.

- `apply` may be given the facts of different journals in any order, and any fact twice:
  each group of fields belongs to the fact with the greatest (lamport, journal, seq).
- A recording of which only hub facts are here has a row, and is no answer to anything.

Example: `next_step(recording)` says where a session goes on after a power cut.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from django.db.models import F, Max, Q

from perahu.enrolment import facts, rules
from perahu.enrolment.models import PersonLink, Recording
from perahu.enrolment.rules import PartState, RecordingState, Step
from perahu.journal.types import Event
from perahu.people.facts import SamePerson
from perahu.people.reads_apply import by_key, put

BEGUN, RECALLED, UNPROVED = "begun", "recalled", "unproved"
WAITS = (BEGUN, RECALLED, UNPROVED)
"""Why a recording waits at its office: not closed yet; called back; closed, and no proof of
this version was given to the person."""


def order_key(event: Event) -> str:
    """(lamport, journal, seq) as text that sorts like the tuple."""
    return f"{event.lamport:012x}{event.journal.hex()}{event.seq:012x}"


def entry_at(order: str) -> tuple[bytes, int]:
    """The journal and the seq in an order key."""
    return bytes.fromhex(order[12:44]), int(order[44:], 16)


# --- facts into the tables ---------------------------------------------------------------


def apply(events: Sequence[Event]) -> None:
    """Put a batch of facts into the tables; those of other rooms are passed over."""
    mine = [event for event in events if type(event.fact) in _FOLDS]
    if mine:
        ids = {cast(Any, event.fact).recording.hex() for event in mine}
        found = by_key(Recording, list(ids))
        rows = {key: _Row(row) for key, row in found.items()}
        for event in mine:
            fact = cast(Any, event.fact)
            key = fact.recording.hex()
            if key not in rows:
                rows[key] = _Row(Recording(recording=key, person=fact.person.hex()))
            _FOLDS[type(fact)](rows[key], fact, event)
        put([row.closed() for row in rows.values()])
    for event in events:
        if isinstance(event.fact, SamePerson):
            _link(event.fact, order_key(event))


class _Row:
    """A row being changed, with its JSON open.

    A part holds "c" (order of the last taking), "s" (captured or excepted), "q" (score),
    "n" (tries), "b" (blob), "t" (thumbnail), "d" (device), "w" (exception in words);
    "r" (order of the last call-back) and "y" (its reason).
    """

    def __init__(self, row: Recording) -> None:
        self.row = row
        self.parts: dict[str, dict[str, Any]] = json.loads(row.parts)

    def closed(self) -> Recording:
        """The row as it is to be stored."""
        self.row.parts = json.dumps(self.parts, sort_keys=True, separators=(",", ":"))
        self.row.waits = _waits(self.row)
        return self.row


def _waits(row: Recording) -> str:
    if not row.number or row.abandoned:
        return ""
    if not row.version:
        return BEGUN
    if row.recalled_order > row.completed_order:
        return RECALLED
    return "" if row.proof_order > row.completed_order else UNPROVED


def _opened(open_: _Row, fact: facts.RecordingOpened, event: Event) -> None:
    row, order = open_.row, order_key(event)
    if order <= row.opened_order:
        return
    serial, _, rest = fact.number.partition("/")
    year = rest.rpartition("/")[2]
    row.person, row.nik, row.number = fact.person.hex(), fact.nik, fact.number
    row.serial = int(serial) if serial.isdecimal() and len(serial) < 10 else 0
    row.year = int(year) if year.isdecimal() and len(year) == 4 else 0
    row.wilayah, row.background = fact.wilayah, fact.background
    row.node, row.officer = event.node.hex(), event.officer.hex()
    row.opened_order, row.opened_ms = order, event.wall_ms


def _confirmed(open_: _Row, fact: facts.BiodataConfirmed, event: Event) -> None:
    open_.row.confirmed = True


def _captured(open_: _Row, fact: facts.PartCaptured, event: Event) -> None:
    blobs = [ref.sha256.hex() for ref in event.blobs]
    taken = {"s": "captured", "q": fact.score, "n": fact.tries, "d": fact.device}
    taken |= {"b": blobs[0] if blobs else "", "t": blobs[1] if blobs[1:] else ""}
    _taken(open_, fact.part, taken, event)


def _excepted(open_: _Row, fact: facts.PartExcepted, event: Event) -> None:
    taken = {"s": "excepted", "w": fact.reason, "x": fact.text}
    _taken(open_, fact.part, taken, event)


def _taken(open_: _Row, part: str, taken: dict[str, Any], event: Event) -> None:
    held, order = open_.parts.get(part, {}), order_key(event)
    if order > held.get("c", ""):
        recall = {key: value for key, value in held.items() if key in "ry"}
        open_.parts[part] = {**taken, **recall, "c": order}


def _recalled(open_: _Row, fact: facts.PartsRecalled, event: Event) -> None:
    order = order_key(event)
    open_.row.recalled_order = max(order, open_.row.recalled_order)
    for part in fact.parts:
        held = open_.parts.setdefault(part, {})
        if order > held.get("r", ""):
            held["r"], held["y"] = order, fact.reason


def _verified(open_: _Row, fact: facts.IndexesVerified, event: Event) -> None:
    open_.row.verified_order = max(order_key(event), open_.row.verified_order)


def _signed(open_: _Row, fact: facts.StatementSigned, event: Event) -> None:
    if (order := order_key(event)) > open_.row.signed_order:
        open_.row.signed_order = order
        open_.row.statement = event.blobs[0].sha256.hex() if event.blobs else ""


def _completed(open_: _Row, fact: facts.RecordingCompleted, event: Event) -> None:
    row, order = open_.row, order_key(event)
    if order > row.completed_order:
        row.version, row.manifest = fact.version, fact.manifest.hex()
        row.completed_order, row.completed_h = order, event.h.hex()
        row.completed_ms = event.wall_ms


def _abandoned(open_: _Row, fact: facts.RecordingAbandoned, event: Event) -> None:
    open_.row.abandoned, open_.row.reason = True, fact.reason


def _proof(open_: _Row, fact: facts.ProofIssued, event: Event) -> None:
    row, order = open_.row, order_key(event)
    if order > row.proof_order:
        row.proof_order, row.proof_level = order, fact.level
        row.pickup = fact.pickup.hex()


def _submitted(open_: _Row, fact: facts.PacketSubmitted, event: Event) -> None:
    row, order = open_.row, order_key(event)
    sent = json.loads(row.submissions)
    if all(one[0] != order for one in sent):
        sent.append([order, fact.version, fact.reference, event.wall_ms])
        row.submissions = json.dumps(sorted(sent), separators=(",", ":"))
    if order > row.submitted_order:
        row.submitted_order, row.submitted_version = order, fact.version
        row.reference = fact.reference


def _status(open_: _Row, fact: facts.CentreStatusSeen, event: Event) -> None:
    row, order = open_.row, order_key(event)
    if order > row.status_order:
        row.status_order, row.status_ms = order, event.wall_ms
        row.status, row.detail = fact.status, fact.detail
        row.other_nik, row.drc = fact.other_nik, fact.drc


_FOLDS: dict[type, Callable[[_Row, Any, Event], None]] = {
    facts.RecordingOpened: _opened,
    facts.BiodataConfirmed: _confirmed,
    facts.PartCaptured: _captured,
    facts.PartExcepted: _excepted,
    facts.PartsRecalled: _recalled,
    facts.IndexesVerified: _verified,
    facts.StatementSigned: _signed,
    facts.RecordingCompleted: _completed,
    facts.RecordingAbandoned: _abandoned,
    facts.ProofIssued: _proof,
    facts.PacketSubmitted: _submitted,
    facts.CentreStatusSeen: _status,
}


def _link(fact: SamePerson, order: str) -> None:
    link, _ = PersonLink.objects.get_or_create(other=fact.other.hex())
    if order > link.link_order:
        link.person, link.link_order = fact.person.hex(), order
        link.save()


# --- one recording -----------------------------------------------------------------------


def recording(recording: bytes) -> RecordingState | None:
    """The state of a recording whose opening is known here, or None."""
    row = by_key(Recording, [recording.hex()]).get(recording.hex())
    return state_of(row) if row is not None and row.number else None


def next_step(recording_: bytes) -> Step:
    """Where this recording goes on; refuses one that is unknown or was given up."""
    return rules.next_step(rules.check_still_going(recording(recording_)))


def state_of(row: Recording) -> RecordingState:
    parts = {name: _part(name, held) for name, held in _parts_of(row).items()}
    taken = [held["c"] for held in _parts_of(row).values() if "c" in held]
    is_open = any(part.status == "open" for part in parts.values())
    whole = row.version > 0 and not is_open
    if whole:
        # A part taken after the closing makes the packet another one.
        whole = row.completed_order > max([row.verified_order, *taken])
    return RecordingState(
        recording=bytes.fromhex(row.recording),
        person=bytes.fromhex(row.person),
        nik=row.nik,
        number=row.number,
        wilayah=row.wilayah,
        background=row.background,
        node=bytes.fromhex(row.node),
        confirmed=row.confirmed,
        parts=parts,
        unverified=_unverified(row),
        signed=bool(row.signed_order),
        whole=whole,
        version=row.version,
        abandoned=row.abandoned,
        proof_level=row.proof_level if row.proof_order > row.completed_order else -1,
    )


def _parts_of(row: Recording) -> dict[str, dict[str, Any]]:
    return cast(dict[str, dict[str, Any]], json.loads(row.parts))


def _part(name: str, held: dict[str, Any]) -> PartState:
    if held.get("r", "") > held.get("c", ""):
        return PartState(part=name, recalled=held["y"])
    return PartState(
        part=name,
        status=held["s"],
        score=held.get("q", 0),
        tries=held.get("n", 0),
        blob=bytes.fromhex(held.get("b", "")),
        exception=held.get("w", ""),
    )


def _unverified(row: Recording) -> tuple[str, ...]:
    held = _parts_of(row)
    return tuple(
        part
        for part in facts.INDEXES
        if held.get(part, {}).get("s") == "captured"
        and held[part]["c"] > row.verified_order
    )


def known_recording(person: bytes, nik: str) -> RecordingState | None:
    """The recording of this person by any known id or by NIK, the first one not given up."""
    wanted = Q(person__in=[one.hex() for one in same_persons(person)])
    if nik:
        # Who has no NIK yet is not everybody else who has none.
        wanted |= Q(nik=nik)
    rows = Recording.objects.filter(wanted).exclude(number="")
    first = rows.filter(abandoned=False).order_by("opened_order").first()
    return None if first is None else state_of(first)


def by_number(number: str) -> list[RecordingState]:
    """The recordings under a register number (two laptops may each have one)."""
    return [state_of(row) for row in Recording.objects.filter(number=number)[:20]]


def unfinished(node: bytes) -> list[RecordingState]:
    """Recordings of this node to go on with, oldest first: begun, or called back."""
    rows = Recording.objects.filter(node=node.hex(), abandoned=False)
    waiting = rows.filter(Q(version=0) | Q(recalled_order__gt=F("completed_order")))
    states = [state_of(row) for row in waiting.order_by("opened_order")]
    return [state for state in states if not state.whole]


def next_serial(node: bytes, year: int) -> int:
    """The next register number of an office in a year."""
    rows = Recording.objects.filter(node=node.hex(), year=year)
    return int(rows.aggregate(last=Max("serial"))["last"] or 0) + 1


def same_persons(person: bytes) -> set[bytes]:
    """All ids that the hub linked with this one, itself included."""
    known, fresh = {person.hex()}, {person.hex()}
    while fresh:
        links = PersonLink.objects.filter(Q(other__in=fresh) | Q(person__in=fresh))
        found = {name for link in links for name in (link.other, link.person)}
        fresh, known = found - known, known | found
    return {bytes.fromhex(name) for name in known}


# --- the entries and blobs behind a recording ----------------------------------------------


def entries_of(recording_: bytes) -> list[tuple[bytes, int]]:
    """(journal, seq) of the entries a packet stands on; its level is their lowest."""
    row = Recording.objects.get(pk=recording_.hex())
    orders = [row.opened_order, row.signed_order, row.completed_order]
    orders += [held.get("c", "") for held in _parts_of(row).values()]
    return sorted({entry_at(order) for order in orders if order})


def blobs_of(recording_: bytes) -> list[bytes]:
    """SHA-256 of every sealed blob of a recording: parts, thumbnails, statement."""
    row = Recording.objects.get(pk=recording_.hex())
    found = [held.get(key, "") for held in _parts_of(row).values() for key in "bt"]
    return sorted(bytes.fromhex(one) for one in {*found, row.statement} if one)


def print_ready_here(node: bytes) -> list[bytes]:
    """The recordings of a node that the centre found unique, oldest first."""
    rows = Recording.objects.filter(node=node.hex(), status__in=facts.UNIQUE_STATUSES)
    rows = rows.filter(status_order__gt=F("submitted_order"))
    names = rows.order_by("status_order").values_list("recording", flat=True)
    return [bytes.fromhex(name) for name in names]


def pickup_of(recording_: bytes) -> bytes:
    """SHA-256 of the pick-up code on the proof; empty before there is one."""
    row = Recording.objects.filter(pk=recording_.hex()).first()
    return bytes.fromhex(row.pickup) if row else b""
