"""The carriers as people see them: state, reason, what the month has cost."""

from __future__ import annotations

from perahu.node.carriers import Carriers
from perahu.node.carriers_choice import (
    ALL_CLASSES,
    MB,
    NO_CLASSES,
    Standing,
    Verdict,
    kind_words,
)
from perahu.node.office import Office
from perahu.web.post.carriers_ports import CarrierState
from perahu.words import Words

CARRYING = "carrying"
_CARRYING = Words("Sedang membawa.", "Carrying now.")
_READY = Words("Siap.", "Ready.")
_RESTED = {
    "unreachable": Words("Terakhir tidak terjangkau.", "Out of reach last time."),
    "captive_portal": Words(
        "Terakhir dijawab halaman masuk jaringan.", "A sign-in page answered last time."
    ),
    "wrong_certificate": Words(
        "Terakhir disela di jalan.", "Intercepted on the way last time."
    ),
    "no_http": Words("Terakhir dijawab orang lain.", "A stranger answered last time."),
}
"""Of a carrier that is ready as far as this process knows, and failed in an earlier one."""


def states(office: Office, carriers: Carriers) -> list[CarrierState]:
    """Each carrier as it stands, the best first."""
    carrying = carriers.carrying()
    return [_state(office, carriers, one, carrying) for one in carriers.standing()]


def _state(
    office: Office, carriers: Carriers, verdict: Verdict, carrying: str
) -> CarrierState:
    entry, shelf = verdict.entry, carriers.shelf
    memory = shelf.memory(entry.name)
    spent = shelf.spent(entry.name, office.now().today).bytes
    is_carrying = entry.name == carrying
    says = verdict.why or _CARRYING
    if verdict.why is None and not is_carrying:
        says = _RESTED.get(memory.reason, _READY)
    return CarrierState(
        name=entry.name,
        shown=entry.shown,
        kind=kind_words(entry),
        standing=CARRYING if is_carrying else str(verdict.standing),
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


def is_trouble(state: CarrierState) -> bool:
    """Whether a person may want to look at this one."""
    return state.standing in (Standing.CAPTIVE, Standing.RESTING, Standing.FORBIDDEN)
