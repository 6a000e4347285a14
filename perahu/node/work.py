"""Which loops a node runs: what its role and its settings ask for."""

from __future__ import annotations

from typing import NoReturn

from perahu.centre.http import HttpCentre
from perahu.centre.ports import Centre, CentrePacket, CentreUnreachable, StatusPage
from perahu.enrolment.actions import evict_parts
from perahu.node.actions import confirm_epochs
from perahu.node.hub import Hub, hub_round
from perahu.node.link_memory import tell
from perahu.node.loops import Done, Loop
from perahu.node.office import Office
from perahu.node.relay.loop import loops_of_post
from perahu.node.road import Caller, record_evidence
from perahu.words import Words

SEAL_PERIOD_S = 15 * 60.0
"""Own entries are sealed after so long at the latest (journal.md 1.3)."""
TABLES_PERIOD_S = 5.0
"""Tables that somebody deleted are whole again after so long."""
LOOK_PERIOD_S = 2.0
"""How often a loop looks into the book for what is new."""
CLEARING_PERIOD_S = 3600.0
"""How often captures are looked for that two sites hold by now."""
TELL_PERIOD_S = 60.0
"""How often it is looked whether the contacts of the last hours are told."""
ROAD_BACKOFF_MAX_S = 20.0
"""A dead link is tried this often: the dish of a village is up for an hour a day."""

_SEALING = Words("Menyegel catatan", "Sealing entries")
_TABLES = Words("Tabel dari buku", "Tables from the book")
CALLING = Words("Pertukaran dengan simpul atasan", "Exchange with the parent node")
"""By these words a page finds the loop that sends."""
CLEARING = Words(
    "Mengosongkan rekaman yang sudah aman", "Clearing captures that are safe elsewhere"
)
_DECIDING = Words("Keputusan dan pusat", "Decisions and the centre")
_TELLING = Words("Catatan jaringan", "The memory of links")
_WITNESSING = Words("Bukti dari jaringan", "Evidence from the road")


def loops_of(office: Office, caller: Caller) -> list[Loop]:
    """The loops of this node, in the order of the status page."""
    settings, row = office.settings, office.settings.row
    loops = [
        Loop(_SEALING, lambda: _seal(office), SEAL_PERIOD_S),
        Loop(_TABLES, lambda: _catch_up(office), TABLES_PERIOD_S),
    ]
    if row.serves_people:
        loops.append(Loop(CLEARING, lambda: _clear(office), CLEARING_PERIOD_S))
    if row.up is not None and settings.ways:
        loops.append(
            Loop(CALLING, lambda: _call(caller), LOOK_PERIOD_S, ROAD_BACKOFF_MAX_S)
        )
        loops.append(Loop(_TELLING, lambda: _tell(office), TELL_PERIOD_S))
    if row.down is not None:
        loops.append(Loop(_WITNESSING, lambda: _witness(office), LOOK_PERIOD_S))
    if row.decides:
        # Only the hub makes templates; the picture libraries weigh 30 MB.
        from perahu.devices.matcher import extract

        hub = Hub(
            office=office,
            centre=centre_of(office),
            extract=extract,
            patience_ms=settings.centre_patience_s * 1000,
        )
        loops.append(Loop(_DECIDING, lambda: _decide(office, hub), LOOK_PERIOD_S))
    return loops + loops_of_post(office, caller.patience)


def centre_of(office: Office) -> Centre:
    """The centre at the address in node.toml, or one that is always out of reach."""
    if not office.settings.centre:
        return NoCentre()
    return HttpCentre(office.settings.centre, monotonic_s=office.clock.monotonic_s)


class NoCentre:
    """Stands in the centre's place where no address is set: packets wait."""

    def submit(self, packet: CentrePacket) -> str:
        """Nothing can be handed over."""
        _no_centre()

    def statuses(self, since: str = "") -> StatusPage:
        """Nothing can be heard."""
        _no_centre()


def _no_centre() -> NoReturn:
    raise CentreUnreachable(
        "no_centre",
        id="Alamat pusat belum diisi di node.toml; paket menunggu di sini.",
        en="No address of the centre is set in node.toml; packets wait here.",
    )


def _seal(office: Office) -> Done:
    office.journal.seal()
    return Done()


def _catch_up(office: Office) -> Done:
    office.journal.catch_up()
    return Done()


def _clear(office: Office) -> Done:
    """Retention (domain.md 8): what two sites hold and PRR was said of leaves this disk."""
    return Done(more=evict_parts(office.journal) > 0)


def _call(caller: Caller) -> Done:
    if not caller.is_due():
        why = caller.told_to_wait or caller.carriers.why_none()
        return Done(trouble=() if why is None else (why.words,))
    result = caller.call()
    if result.refusal is not None:
        raise result.refusal
    # Where records alone may go, what else the parent has waits for its hour as well.
    is_more = result.more and not caller.is_limited
    return Done(more=is_more and not result.retry_after_s)


def _tell(office: Office) -> Done:
    return Done(more=tell(office))


def _witness(office: Office) -> Done:
    record_evidence(office)
    return Done()


def _decide(office: Office, hub: Hub) -> Done:
    # A hub out of a backup hears so at HELLO, and what it then decides on comes after it:
    # said in the epoch that is over, that would be a branch nobody hears of.
    record_evidence(office)
    confirm_epochs(office.journal, office.ask())
    done = hub_round(hub)
    return Done(more=done.did_something, trouble=tuple(done.trouble))
