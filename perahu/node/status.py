"""What a node can say about itself, for `perahu status` and the status page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perahu.cards import reads as cards
from perahu.cards import reads_stock as stock
from perahu.cards.facts import ITEMS
from perahu.cases import reads as cases
from perahu.enrolment import reads_hub as recordings
from perahu.journal.types import Level
from perahu.node.contacts import contacts
from perahu.node.loops import Loop
from perahu.node.office import Office
from perahu.node.road import last_hub_ms
from perahu.words import Words

PARKED_SHOWN_MAX = 20
TOTALS = ("opened", "closed", "abandoned", "submitted")
"""Counts of recordings that are not a status of the centre."""


def status_of(office: Office, loops: Sequence[Loop] = ()) -> dict[str, Any]:
    """Everything, as plain values; sentences are `Words`. The office must be at work."""
    journal, settings, now = office.journal, office.settings, office.now()
    node = office.certificate
    return {
        "node": node.name,
        "node_id": node.node_id.hex(),
        "role": settings.role,
        "role_words": settings.row.words,
        "wilayah": list(node.wilayah),
        "policy": office.authority.policy.policy,
        "epoch": journal.epoch,
        "at_ms": now.wall_ms,
        "today": now.today.isoformat(),
        "clock": now.quality,
        "clock_doubt": office.clock.doubt(0, last_hub_ms(office)),
        "contacts": contacts(office),
        "waiting": _waiting(office),
        "recordings": _recordings(office),
        "cards": {k: n for k, n in cards.state_counts(_scope(office)).items() if n},
        "stock": {item: stock.on_hand(node.node_id, item) for item in ITEMS},
        "cases": len(cases.open_cases()),
        "parked": len(journal.parked()),
        "parked_words": [
            one.words.words for one in journal.parked()[:PARKED_SHOWN_MAX]
        ],
        "halts": [name.decode("ascii", "replace") for name in journal.halts()],
        "mirror": journal.mirror_present() if settings.mirror else None,
        "blobs_missing": len(journal.blobs.missing()),
        "tables": office.tables.position(),
        "repaired": office.tables.repaired,
        "free_bytes": office.ports.disk.free_bytes(office.folder),
        "loops": [_loop(loop) for loop in loops],
    }


def in_language(value: Any, language: str) -> Any:
    """The same with every sentence in one language: what JSON can hold."""
    if isinstance(value, Words):
        return value.in_(language)
    if isinstance(value, dict):
        return {key: in_language(item, language) for key, item in value.items()}
    if isinstance(value, list):
        return [in_language(item, language) for item in value]
    return value


def _scope(office: Office) -> bytes | None:
    """Whose recordings and cards are counted: an office its own, the others all."""
    return office.journal.node_id if office.settings.row.serves_people else None


def _recordings(office: Office) -> dict[str, int]:
    scope = _scope(office)
    total: dict[str, int] = {}
    for node, counts in recordings.counts_by_node().items():
        if scope in (None, node):
            for name, number in counts.items():
                total[name] = total.get(name, 0) + number
    return {name: number for name, number in total.items() if number}


def _waiting(office: Office) -> dict[str, int]:
    """What of our own the parent has not acknowledged yet."""
    journal = office.journal
    own = [row for row in journal.journals() if row.own and not row.audience]
    entries = sum(row.head_seq - row.received_seq for row in own)
    cited = {sha for row in own for _, sha in journal.blobs_cited(row.id, 0)}
    unsent = [sha for sha in cited if journal.blob_level(sha) < Level.RECEIVED]
    sizes = [
        ref.size for sha in unsent if (ref := journal.blobs.cited(sha)) is not None
    ]
    return {"entries": entries, "blobs": len(sizes), "bytes": sum(sizes)}


def _loop(loop: Loop) -> dict[str, Any]:
    return {
        "name": loop.words,
        "done_ms": loop.done_ms,
        "failures": loop.failures,
        "trouble": list(loop.trouble),
    }
