"""When this node last exchanged with another, kept in `local` so that a restart knows it."""

from __future__ import annotations

from typing import Any

from perahu.node.office import Office

_SPACE = "contact"


def note_contact(office: Office, peer: bytes) -> None:
    """An exchange with this node has just moved something or ended well."""
    at_ms = office.now().wall_ms
    office.journal.local.put(_SPACE, peer, at_ms.to_bytes(8, "big", signed=True))


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
