"""What a node can say about itself, for `perahu status` and the status page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perahu.cards import reads as cards
from perahu.cards import reads_stock as stock
from perahu.cards.facts import ITEMS
from perahu.cases import reads as cases
from perahu.enrolment import reads_hub as recordings
from perahu.enrolment.reads import unfinished
from perahu.node.branches import branch_words
from perahu.node.carriers.shown import states_of
from perahu.node.contacts import contacts
from perahu.node.loops import Loop
from perahu.node.office import Office
from perahu.node.road import Caller, last_hub_ms
from perahu.node.waiting import Waiting
from perahu.web.post.carriers_ports import CarrierState
from perahu.words import Words

PARKED_SHOWN_MAX = 20
OWN_LOOKED_FOR = 50
"""Among so many of the last entries the own one is looked for that the clock must not be
behind."""
TOTALS = ("opened", "closed", "abandoned", "submitted")
"""Counts of recordings that are not a status of the centre."""


def status_of(
    office: Office,
    loops: Sequence[Loop] = (),
    waiting: Waiting | None = None,
    caller: Caller | None = None,
) -> dict[str, Any]:
    """Everything, as plain values; sentences are `Words`. The office must be at work."""
    journal, settings, now = office.journal, office.settings, office.now()
    node, waits = office.certificate, (waiting or Waiting(journal)).count()
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
        "clock_doubt": clock_doubt(office),
        "contacts": contacts(office),
        "carriers": [
            _carrier(one) for one in states_of(office, caller or Caller(office))
        ],
        "waiting": waits,
        "branched_words": branch_words(office, waits["branched"]),
        "recordings": _recordings(office),
        "cards": {k: n for k, n in cards.state_counts(_scope(office)).items() if n},
        "stock": {item: stock.on_hand(node.node_id, item) for item in ITEMS},
        "unfinished": len(unfinished(node.node_id)),
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


def clock_doubt(office: Office) -> Words | None:
    """Why a person must confirm the date first, or None."""
    return office.clock.doubt(_last_own_ms(office), last_hub_ms(office))


def _last_own_ms(office: Office) -> int:
    """When this node last stated something; 0 where that is not among the last entries."""
    after = max(0, office.tables.position() - OWN_LOOKED_FOR)
    events = office.journal.events(after, OWN_LOOKED_FOR)
    node = office.journal.node_id
    own = [event.wall_ms for event in events if event.node == node]
    return own[-1] if own else 0


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


def _carrier(state: CarrierState) -> dict[str, Any]:
    return {
        "name": state.name,
        "shown": state.shown,
        "kind": state.kind,
        "standing": state.standing,
        "says": state.says,
        "spent_bytes": state.spent_bytes,
        "budget_bytes": state.budget_bytes,
        "opens_in_s": state.opens_in_s,
    }


def _loop(loop: Loop) -> dict[str, Any]:
    return {
        "name": loop.words,
        "done_ms": loop.done_ms,
        "failures": loop.failures,
        "trouble": list(loop.trouble),
    }
