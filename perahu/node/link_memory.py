"""Contacts on their way to be told: gathered in `local` as they end, told by a loop.

    an exchange ends ── its legs ──> rows in `local`  ── now and then ──> one fact of lane 2

A row is written with each contact and survives a power cut; a fact only every hour or six
(contacts/rules.py), for it costs more on the road than a contact. The rows go when the
fact stands; the fact's operation is named by its first row, so that a cut between the two
states nothing twice.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from hashlib import sha256

from perahu.contacts import actions, rules
from perahu.contacts.rules import LINES_MAX, ROWS_MAX, Line
from perahu.keys import cbor
from perahu.node.contacts import hours
from perahu.node.office import Office
from perahu.sync.links import PACED, Leg
from perahu.web.post.ports import Hour

_ROWS, _MARKS = "contact_line", "contact_told"
_NEXT, _TOLD = b"next", b"told"
_ROW_BYTES_MAX = 512
_SPARE = "spare"
_NAMES = tuple(field.name for field in fields(Line))

# A call gathers in one thread while another tells: a row must not grow while it is told.
_changing = threading.Lock()


def gather(office: Office, legs: Sequence[Leg]) -> None:
    """Remember the parts of an exchange that is over."""
    with _changing:
        for leg in legs:
            # A link that was dialled beside another and not needed tells nothing new.
            if leg.reason != _SPARE:
                _add(office, line_of(office, leg))


def line_of(office: Office, leg: Leg) -> Line:
    """One part of an exchange in wall time, under its carrier's name for people."""
    ago_s = office.clock.monotonic_s() - leg.ended_s
    to_ms = office.now().wall_ms - max(0, int(ago_s * 1000))
    busy_ms = max(0, int((leg.ended_s - leg.began_s) * 1000))
    entry = next((w for w in office.settings.ways if w.name == leg.carrier), None)
    answered = rules.was_answered(leg.reason, leg.acked_bytes, leg.received_bytes)
    return Line(
        from_ms=to_ms - busy_ms,
        to_ms=to_ms,
        carrier=(entry.shown if entry else leg.carrier)[: rules.TEXT_CHARS_MAX],
        sort=entry.kind if entry else "",
        is_paced=leg.kind == PACED,
        answered=answered,
        is_quiet=rules.was_quiet(answered, leg.acked_bytes, leg.received_bytes),
        sent_bytes=leg.sent_bytes,
        received_bytes=leg.received_bytes,
        busy_ms=busy_ms,
        rtt_ms=max(0, int(leg.sight.rtt_s * 1000)),
        loss_permille=max(0, min(1000, int(leg.sight.loss * 1000))),
        reason=leg.reason[: rules.TEXT_CHARS_MAX],
    )


def untold(office: Office) -> list[Line]:
    """What was gathered and is no fact yet, in the order in which it was begun."""
    return [line for _, line in _rows(office)]


def tell(office: Office) -> bool:
    """State what was gathered, where it is time; true where there is more."""
    with _changing:
        rows, now_ms = _rows(office), office.now().wall_ms
        lines = [line for _, line in rows]
        told_ms = _mark(office, _TOLD)
        if not rules.is_due(lines, now_ms, told_ms):
            return False
        first, peer = rows[0][0], bytes.fromhex(office.settings.parent_node)
        op_id = sha256(b"PRH1-contacts" + office.journal.node_id + first).digest()[:16]
        ask = office.ask(op_id=op_id)
        actions.tell_contacts(office.journal, ask, peer=peer, lines=lines[:LINES_MAX])
        _put_mark(office, _TOLD, now_ms)
        for name, _ in rows[:LINES_MAX]:
            office.journal.local.delete(_ROWS, name)
        return len(rows) > LINES_MAX


@dataclass(frozen=True, slots=True)
class WebLinks:
    """The links as pages see them (web/post/link_ports.py)."""

    office: Office

    def untold(self) -> list[Line]:
        """What this node has not stated yet of its own contacts."""
        return untold(self.office)

    def heard(self) -> dict[bytes, list[Hour]]:
        """Hours of the last week in which a node called or was called, by node."""
        return hours(self.office)


def _add(office: Office, new: Line) -> None:
    local, rows = office.journal.local, _rows(office)
    number, line = rules.place([row for _, row in rows], new)
    if number is not None:
        local.put(_ROWS, rows[number][0], _encoded(line))
        return
    if len(rows) >= ROWS_MAX:
        local.delete(_ROWS, rows[0][0])
    # Numbers are never used again: an operation is named by one.
    name = _mark(office, _NEXT)
    _put_mark(office, _NEXT, name + 1)
    local.put(_ROWS, name.to_bytes(8, "big"), _encoded(line))


def _rows(office: Office) -> list[tuple[bytes, Line]]:
    found = []
    for name, raw in office.journal.local.items(_ROWS):
        values = cbor.decode(raw, _ROW_BYTES_MAX)
        # A row of a newer program may be longer: what it added is passed over.
        found.append((name, Line(**dict(zip(_NAMES, values, strict=False)))))
    return found


def _encoded(line: Line) -> bytes:
    return cbor.encode(list(astuple(line)))


def _mark(office: Office, name: bytes) -> int:
    raw = office.journal.local.get(_MARKS, name)
    return int.from_bytes(raw, "big") if raw else 0


def _put_mark(office: Office, name: bytes, value: int) -> None:
    office.journal.local.put(_MARKS, name, max(0, value).to_bytes(8, "big"))
