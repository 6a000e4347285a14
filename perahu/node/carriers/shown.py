"""The carriers as people see them: state, reason, what the month has cost."""

from __future__ import annotations

from perahu.node.carriers.choice import (
    ALL_CLASSES,
    FAILURES,
    MB,
    NO_CLASSES,
    Verdict,
    kind_words,
)
from perahu.node.carriers.ways import Carriers
from perahu.node.office import Office
from perahu.node.road import Caller
from perahu.web.post.carriers_ports import CarrierState
from perahu.words import Words

CARRYING, FAILED = "carrying", "failed"
_CARRYING = Words("Sedang membawa.", "Carrying now.")
_READY = Words("Siap.", "Ready.")
_LAST = Words("Terakhir: {}", "Last time: {}")
"""Of a carrier that is ready as far as this process knows, and failed in an earlier one."""


def states(office: Office, carriers: Carriers) -> list[CarrierState]:
    """Each carrier as it stands, the best first."""
    carrying = carriers.carrying()
    return [_state(office, carriers, one, carrying) for one in carriers.standing()]


def states_of(office: Office, caller: Caller) -> list[CarrierState]:
    """The same of a caller; none where there is nobody to call."""
    if not office.settings.ways or not office.settings.parent_node:
        return []
    return states(office, caller.carriers)


def _state(
    office: Office, carriers: Carriers, verdict: Verdict, carrying: str
) -> CarrierState:
    entry, shelf = verdict.entry, carriers.shelf
    memory = shelf.memory(entry.name)
    spent = shelf.spent(entry.name, office.now().today).bytes
    is_carrying = entry.name == carrying
    failure = FAILURES.get(memory.reason)
    standing, says = str(verdict.standing), verdict.why or _READY
    if is_carrying:
        standing, says = CARRYING, verdict.why or _CARRYING
    elif verdict.why is None and failure is not None:
        standing, says = FAILED, _last(failure)
    return CarrierState(
        name=entry.name,
        shown=entry.shown,
        kind=kind_words(entry),
        standing=standing,
        says=says,
        is_whole=verdict.classes == ALL_CLASSES,
        is_open=verdict.classes > NO_CLASSES,
        spent_bytes=spent,
        budget_bytes=entry.monthly_mb * MB,
        cost=-(-spent * entry.cost_per_mb // MB),
        hours=entry.hours,
        opens_in_s=verdict.opens_in_s,
        carried_ms=memory.carried_ms,
        rate_bytes_s=memory.rate,
        rtt_ms=memory.rtt_ms,
        loss_permille=memory.loss_permille,
    )


def _last(failure: Words) -> Words:
    return Words(_LAST.id.format(failure.id), _LAST.en.format(failure.en))
