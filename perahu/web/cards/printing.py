"""Printing: the queue by its rule, the printer, a run, and what must be looked at.

Nothing is printed by looking at a page, and nothing twice by a form sent twice: the run's
operation names its cards (`printing_ports.Printing.begin`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from perahu.cards import reads, reads_desk, reads_stock, rules
from perahu.cards.facts import SPOIL_CAUSES
from perahu.cards.reads_desk import Card
from perahu.cards.rules import (
    NEVER_BEGAN,
    SPOILED,
    UNCERTAIN,
    AttemptState,
)
from perahu.enrolment.rules import age_on
from perahu.enrolment.rules_proof import masked_nik
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.web.cards import words as card_words
from perahu.web.cards.ports import (
    AT_PRINTER,
    WAITING,
    Printing,
    RunCard,
)
from perahu.web.cards.printer_picture import draw
from perahu.web.routes import Route, Where
from perahu.web.visits import Visit, hex_of, int_of, op_of, visit_of
from perahu.words import Refusal, Words

PAGE_ROWS = 50
AT_ONCE_MAX = 20
"""Cards of one run: a printer takes a minute for each, and somebody stands beside it."""
_LOOKED_THROUGH_MAX = 1000
ORDER_BYTES = 12


# --- a card as the pages show it ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One order with the person, and whether it could be printed now."""

    card: Card
    name: str
    nik: str
    """Masked in the middle."""
    kind: Words
    rule: Words
    line: int = 1
    """The group of the queue that it is in, from 1."""
    place: int = 0
    parts: int = 0
    """How many of its parts have arrived."""
    parts_all: int = 0
    allowed_on: date | None = None
    """The day from which it may be printed, where that is still to come."""
    knows_person: bool = True

    @property
    def can_print(self) -> bool:
        """Everything is here, and the law allows it today."""
        return (
            self.knows_person
            and self.allowed_on is None
            and self.parts == self.parts_all
        )


def row_of(visit: Visit, card: Card, place: int = 0) -> Row:
    """What the pages show of one order."""
    return rows_of(visit, [card], place)[0]


def rows_of(visit: Visit, cards: Sequence[Card], first: int = 0) -> list[Row]:
    """What the lists show of orders; their places count from `first`, 0 for none."""
    holders = reads_desk.holders([card.person for card in cards])
    here = visit.office.journal.blobs
    found = []
    for number, card in enumerate(cards):
        biodata = holders.get(card.person)
        row = Row(
            card=card,
            name=biodata.nama if biodata else "–",
            nik=masked_nik(biodata.nik) if biodata else "",
            kind=card_words.kind_words(card.kind),
            rule=rules.priority_words(card.priority),
            line=card.priority + 1,
            place=first + number if first else 0,
            parts=sum(here.has(sha) for sha in card.blobs),
            parts_all=len(card.blobs),
            allowed_on=allowed_on(visit, biodata) if biodata else None,
            knows_person=biodata is not None,
        )
        found.append(row)
    return found


def allowed_on(visit: Visit, biodata: Biodata) -> date | None:
    """The birthday from which a card may be printed, or None where it may be now."""
    born, least = (
        biodata.tanggal_lahir,
        visit.office.journal.authority.policy.umur_cetak_min,
    )
    if biodata.status_kawin > 1 or age_on(born, visit.office.now().today) >= least:
        return None
    year = born.year + least
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def printing_port(visit: Visit) -> Printing:
    """The printer of this office and its run."""
    found: Printing = visit.office.parts["printing"]
    return found


# --- the queue ---------------------------------------------------------------------------


def printing(request: HttpRequest) -> HttpResponse:
    """The printer, what must be looked at, and the queue."""
    visit, error = visit_of(request), None
    if request.method == "POST":
        try:
            _begin(request, visit)
            return redirect("printing")
        except Refusal as refusal:
            error = refusal.words
    shown = _run_shown(visit) | _queue_shown(request, visit)
    shown |= {"error": error, "count": request.POST.get("count", "")}
    status = 409 if error else 200
    return render(request, "perahu/printing/printing.html", shown, status=status)


def _begin(request: HttpRequest, visit: Visit) -> None:
    """Print the card that was pointed at, or the next ones of the queue."""
    ask = visit.ask(op_of(request))
    if named := request.POST.get("order"):
        orders = [hex_of(named, ORDER_BYTES)]
        rules.check_known(reads.order(orders[0]))
    else:
        wanted = int_of(request.POST.get("count", ""), AT_ONCE_MAX, 1)
        orders = [row.card.order for row in _ready(visit, wanted)]
    run = printing_port(visit).run()
    if not orders and not (run and run.op_id == ask.op_id):
        raise Refusal(
            "nothing_to_print",
            id="Tidak ada kartu di antrean yang sudah boleh dan bisa dicetak; tidak ada "
            "blanko yang dipakai.",
            en="No card of the queue may and can be printed now; no blanko was used.",
        )
    printing_port(visit).begin(ask, orders)


def _ready(visit: Visit, wanted: int) -> list[Row]:
    """The first orders of the queue that can be printed now, in its order."""
    node, found = visit.office.journal.node_id, list[Row]()
    for first in range(0, _LOOKED_THROUGH_MAX, PAGE_ROWS):
        cards = reads_desk.cards_here(node, reads.QUEUED, PAGE_ROWS, first)
        found += [row for row in rows_of(visit, cards, first + 1) if row.can_print]
        if len(found) >= wanted or len(cards) < PAGE_ROWS:
            break
    return found[:wanted]


def _queue_shown(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    node = visit.office.journal.node_id
    counts = reads.state_counts(node)
    total, ready = counts[reads.QUEUED], _ready(visit, PAGE_ROWS)
    first = int_of(request.GET.get("mulai") or "1", 10_000_000, 1) - 1
    only_ready = request.GET.get("siap") == "1"
    cards = reads_desk.cards_here(node, reads.QUEUED, PAGE_ROWS, first)
    held = reads_desk.cards_here(node, reads.CANCELLED, PAGE_ROWS)
    return {
        "rows": ready if only_ready else rows_of(visit, cards, first + 1),
        "only_ready": only_ready,
        "total": total,
        "earlier": max(1, first + 1 - PAGE_ROWS) if first and not only_ready else 0,
        "later": 0
        if only_ready or total <= first + PAGE_ROWS
        else first + 1 + PAGE_ROWS,
        "blanko": reads_stock.on_hand(node),
        "can_now": min(AT_ONCE_MAX, len(ready)),
        "at_once": AT_ONCE_MAX,
        "looks": looks(visit),
        "causes": [(cause, card_words.cause_words(cause)) for cause in SPOIL_CAUSES],
        "cancelled": rows_of(visit, held),
        "to_hand_over": counts[reads.TO_HAND_OVER],
        "may_hand_over": visit.may("hand_over"),
    }


def looks(visit: Visit) -> list[tuple[Row, AttemptState]]:
    """The attempts a person must look at; not the card that is being printed now."""
    run = printing_port(visit).run()
    now = run.at_printer if run else b""
    found = []
    for order, attempt in reads.to_look_at(visit.office.journal.node_id):
        card = reads_desk.card(order.order)
        if card is not None and order.order != now:
            found.append((row_of(visit, card), attempt))
    return found


@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """The printer and the run alone; the page asks for it while it stands open."""
    visit = visit_of(request)
    shown = _run_shown(visit)
    answer = render(request, "perahu/printing/_printer.html", shown)
    if request.GET.get("berjalan") and not shown["is_running"]:
        # The queue below has changed: the whole page once more.
        answer.headers["HX-Refresh"] = "true"
    return answer


def _run_shown(visit: Visit) -> dict[str, Any]:
    port = printing_port(visit)
    printer, run = port.printer(), port.run()
    cards = [_run_row(visit, card) for card in run.cards] if run else []
    ended = [one for one in cards if one["state"] not in (WAITING, AT_PRINTER)]
    was_unclear = any(one["card"].state == UNCERTAIN for one in cards)
    is_unclear = any(one["state"] == UNCERTAIN for one in cards)
    return {
        "printer": printer,
        "picture": draw(printer) if printer else "",
        "run": run,
        "run_cards": cards,
        "run_done": len(ended),
        # What a person has answered since does not stop anything any more.
        "stopped": run.stopped if run and was_unclear == is_unclear else None,
        "is_running": run is not None and run.is_running,
    }


def _run_row(visit: Visit, card: RunCard) -> dict[str, Any]:
    order = rules.check_known(reads.order(card.order))
    biodata = people.biodata(people.person_of(order.person))
    attempt = order.attempt(visit.office.journal.node_id, card.attempt)
    # A person may have said meanwhile what became of it.
    state = attempt.state if attempt and card.state == UNCERTAIN else card.state
    again = state in (SPOILED, NEVER_BEGAN)
    return {
        "card": card,
        "state": state,
        "name": biodata.nama if biodata else "–",
        "nik": masked_nik(biodata.nik) if biodata else "",
        # Only while the order still waits: it may have been printed since.
        "again": again and reads.state(card.order) == reads.QUEUED,
    }


ROUTES = (
    Route(
        path="cetak", name="printing", view=printing, rights=("print",),
        where=Where.OFFICE, menu=_("Cetak"),
    ),
    Route(
        path="cetak/keadaan", name="print-state", view=state, rights=("print",),
        where=Where.OFFICE, is_poll=True,
    ),
)  # fmt: skip
