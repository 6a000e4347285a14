"""When this node exchanged with others, kept in `local` so that a restart knows it.

The last contact with each node, and one line an hour for the picture of the last days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from perahu.keys import cbor
from perahu.node.office import Office
from perahu.web.post.ports import Hour

_SPACE, _HOURS, _SPEED = "contact", "contact_hour", "contact_speed"
_PARENT = b"parent"
HOUR_MS = 3_600_000
HOURS_KEPT = 7 * 24
"""A week of hours for each node."""
_ROW_BYTES_MAX = 128
SPEED_FROM_BYTES = 20_000
"""A smaller exchange says nothing about the speed of the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How one exchange went, for the picture."""

    went_well: bool
    sent_bytes: int = 0
    received_bytes: int = 0
    busy_ms: int = 0


def note_contact(office: Office, peer: bytes) -> None:
    """An exchange with this node has just moved something or ended well."""
    at_ms = office.now().wall_ms
    office.journal.local.put(_SPACE, peer, at_ms.to_bytes(8, "big", signed=True))


def note_hour(office: Office, peer: bytes, contact: Contact) -> None:
    """Add an exchange to the line of this hour; lines older than a week go."""
    local, hour = office.journal.local, office.now().wall_ms // HOUR_MS
    name = peer + hour.to_bytes(6, "big", signed=True)
    found = _hour(hour, local.get(_HOURS, name))
    added = replace(
        found,
        contacts=found.contacts + contact.went_well,
        failures=found.failures + (not contact.went_well),
        sent_bytes=found.sent_bytes + contact.sent_bytes,
        received_bytes=found.received_bytes + contact.received_bytes,
        busy_ms=found.busy_ms + contact.busy_ms,
    )
    row = [added.contacts, added.failures, added.sent_bytes, added.received_bytes]
    local.put(_HOURS, name, cbor.encode([*row, added.busy_ms]))
    if found.contacts + found.failures == 0:
        _forget(office, peer, hour)
    if contact.went_well and contact.sent_bytes >= SPEED_FROM_BYTES:
        speed = contact.sent_bytes * 1000 // max(1, contact.busy_ms)
        local.put(_SPEED, _PARENT, speed.to_bytes(8, "big"))


def hours(office: Office) -> dict[bytes, list[Hour]]:
    """Each node's lines of the last week, oldest first."""
    found: dict[bytes, list[Hour]] = {}
    since = office.now().wall_ms // HOUR_MS - HOURS_KEPT
    for name, raw in office.journal.local.items(_HOURS):
        hour = int.from_bytes(name[-6:], "big", signed=True)
        if hour > since:
            found.setdefault(name[:-6], []).append(_hour(hour, raw))
    return found


def last_speed(office: Office) -> int | None:
    """Bytes a second upwards in the last exchange that could tell; None before one."""
    raw = office.journal.local.get(_SPEED, _PARENT)
    return max(1, int.from_bytes(raw, "big")) if raw else None


def _hour(hour: int, raw: bytes | None) -> Hour:
    counts = cbor.decode(raw, _ROW_BYTES_MAX) if raw else [0] * 5
    return Hour(hour * HOUR_MS, *counts)


def _forget(office: Office, peer: bytes, now: int) -> None:
    """The first exchange of an hour takes the lines away that are over a week old."""
    local = office.journal.local
    for name, _ in local.items(_HOURS):
        if int.from_bytes(name[-6:], "big", signed=True) <= now - HOURS_KEPT:
            local.delete(_HOURS, name)


def contacts(office: Office) -> list[dict[str, Any]]:
    """Every node we have been in contact with: name, id, when, and how long ago."""
    now_ms, nodes = office.now().wall_ms, office.authority.nodes()
    found = []
    for peer, raw in office.journal.local.items(_SPACE):
        at_ms = int.from_bytes(raw, "big", signed=True)
        name = nodes[peer].name if peer in nodes else peer.hex()[:8]
        # A clock that was set back must not show a contact in the future.
        age_s = max(0, now_ms - at_ms) // 1000
        found.append(
            {"node": name, "node_id": peer.hex(), "at_ms": at_ms, "age_s": age_s}
        )
    return sorted(found, key=lambda one: str(one["node"]))
