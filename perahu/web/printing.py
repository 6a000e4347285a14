"""Printing: the queue by its rule, the printer, a run, and what became of a card.

Nothing is printed by looking at a page, and nothing twice by a form sent twice: the run's
operation names its cards (`printing_ports.Printing.begin`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from perahu.cards import actions, reads, reads_desk, reads_stock, rules
from perahu.cards.facts import SPOIL_CAUSES
from perahu.cards.reads_desk import Card
from perahu.cards.rules import (
    NEVER_BEGAN,
    PRINTED,
    SPOILED,
    UNCERTAIN,
    AttemptState,
    OrderState,
)
from perahu.enrolment.rules import age_on
from perahu.enrolment.rules_proof import masked_nik
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.web import card_words
from perahu.web.printer_picture import draw
from perahu.web.printing_ports import (
    AT_PRINTER,
    BACK,
    FRONT,
    WAITING,
    Printing,
    RunCard,
)
from perahu.web.routes import Route, Where
from perahu.web.visits import Visit, hex_of, int_of, op_of, visit_of
from perahu.words import Refusal, Words

PAGE_ROWS = 50
AT_ONCE_MAX = 20
"""Cards of one run: a printer takes a minute for each, and somebody stands beside it."""
_LOOKED_THROUGH_MAX = 1000
_ORDER_BYTES = 12


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
    """What the lists show of an order."""
    biodata = people.biodata(card.person)
    state = reads.order(card.order)
    blobs = state.blobs if state else ()
    here = visit.office.journal.blobs
    return Row(
        card=card,
        name=biodata.nama if biodata else "–",
        nik=masked_nik(biodata.nik) if biodata else "",
        kind=card_words.kind_words(card.kind),
        rule=rules.priority_words(card.priority),
        line=card.priority + 1,
        place=place,
        parts=sum(here.has(sha) for sha in blobs),
        parts_all=len(blobs),
        allowed_on=allowed_on(visit, biodata) if biodata else None,
        knows_person=biodata is not None,
    )


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


def _port(visit: Visit) -> Printing:
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
        orders = [hex_of(named, _ORDER_BYTES)]
        rules.check_known(reads.order(orders[0]))
    else:
        wanted = int_of(request.POST.get("count", ""), AT_ONCE_MAX, 1)
        orders = _next(visit, wanted)
    run = _port(visit).run()
    if not orders and not (run and run.op_id == ask.op_id):
        raise Refusal(
            "nothing_to_print",
            id="Tidak ada kartu di antrean yang sudah boleh dan bisa dicetak; tidak ada "
            "blanko yang dipakai.",
            en="No card of the queue may and can be printed now; no blanko was used.",
        )
    _port(visit).begin(ask, orders)


def _next(visit: Visit, wanted: int) -> list[bytes]:
    """The first orders of the queue that can be printed now, in its order."""
    found: list[bytes] = []
    node = visit.office.journal.node_id
    for card in reads_desk.cards_here(node, reads.QUEUED, _LOOKED_THROUGH_MAX):
        if len(found) == wanted:
            break
        if row_of(visit, card).can_print:
            found.append(card.order)
    return found


def _queue_shown(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    node = visit.office.journal.node_id
    counts = reads.state_counts(node)
    total = counts[reads.QUEUED]
    first = int_of(request.GET.get("mulai") or "1", 10_000_000, 1) - 1
    cards = reads_desk.cards_here(node, reads.QUEUED, PAGE_ROWS, first)
    rows = [row_of(visit, card, first + n) for n, card in enumerate(cards, 1)]
    held = reads_desk.cards_here(node, reads.CANCELLED, PAGE_ROWS)
    return {
        "rows": rows,
        "total": total,
        "earlier": max(1, first + 1 - PAGE_ROWS) if first else 0,
        "later": first + 1 + PAGE_ROWS if total > first + PAGE_ROWS else 0,
        "blanko": reads_stock.on_hand(node),
        "can_now": sum(row.can_print for row in rows),
        "at_once": min(AT_ONCE_MAX, max(1, total)),
        "min_age": visit.office.journal.authority.policy.umur_cetak_min,
        "looks": looks(visit),
        "causes": [(cause, card_words.cause_words(cause)) for cause in SPOIL_CAUSES],
        "cancelled": [row_of(visit, card) for card in held],
        "to_hand_over": counts[reads.TO_HAND_OVER],
        "may_hand_over": visit.may("hand_over"),
    }


def looks(visit: Visit) -> list[tuple[Row, AttemptState]]:
    """The attempts a person must look at; not the card that is being printed now."""
    run = _port(visit).run()
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
    port = _port(visit)
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


# --- one card ----------------------------------------------------------------------------


def one_card(request: HttpRequest, order: str) -> HttpResponse:
    """One card: both its sides, its facts, its attempts, and what can be done."""
    visit, error = visit_of(request), None
    number = hex_of(order, _ORDER_BYTES)
    found = rules.check_known(reads.order(number))
    if request.method == "POST":
        try:
            _resolve(request, visit, found)
            return redirect("print-order", order)
        except Refusal as refusal:
            error = refusal.words
            found = rules.check_known(reads.order(number))
    shown = _order_shown(visit, found) | {"error": error}
    status = 409 if error else 200
    return render(request, "perahu/printing/order.html", shown, status=status)


def _resolve(request: HttpRequest, visit: Visit, order_: OrderState) -> None:
    """Note what a person saw at the printer."""
    run = _port(visit).run()
    if run is not None and run.at_printer == order_.order:
        raise Refusal(
            "at_printer",
            id="Kartu ini sedang dicetak; tidak ada yang dicatat. Tunggu sampai printer "
            "selesai.",
            en="This card is being printed; nothing was noted. Wait until the printer is "
            "done.",
        )
    actions.resolve_attempt(
        visit.office.journal,
        visit.ask(op_of(request)),
        order=order_.order,
        attempt=int_of(request.POST.get("attempt", ""), 10_000, 1),
        outcome=request.POST.get("outcome", ""),
        cause=request.POST.get("cause", ""),
    )


def _order_shown(visit: Visit, order_: OrderState) -> dict[str, Any]:
    card = reads_desk.card(order_.order)
    assert card is not None
    node = visit.office.journal.node_id
    place = reads_desk.place_in_queue(order_.order) if order_.holder == node else 0
    run = _port(visit).run()
    is_now = run is not None and run.at_printer == order_.order
    mine = [a for a in order_.attempts if a.unresolved and a.node == node]
    row = row_of(visit, card, place)
    return {
        "row": row,
        "order": order_,
        "is_here": order_.holder == node,
        "may_print": visit.may("print"),
        "may_hand_over": visit.may("hand_over"),
        "holder": card_words.office_name(visit.office, order_.place.hex()),
        "handed_at": card_words.office_name(visit.office, card.handed_node.hex()),
        "state_words": reads.STATE_WORDS[reads.QUEUED if is_now else card.state],
        "is_now": is_now,
        "look": None if is_now or not mine else mine[0],
        "attempts": [_attempt_shown(visit, a) for a in order_.attempts],
        "causes": [(cause, card_words.cause_words(cause)) for cause in SPOIL_CAUSES],
        "has_picture": row.parts == row.parts_all and row.knows_person and row.parts,
        "can_print": card.state == reads.QUEUED and order_.holder == node,
        "why_not": _why_not(order_, node),
        "blanko": reads_stock.on_hand(node),
    }


def _why_not(order_: OrderState, node: bytes) -> Words | None:
    """What stands in the way of printing, of what the order itself can tell."""
    try:
        rules.check_right(order_, node)
    except Refusal as refusal:
        return refusal.words
    return None


_ATTEMPTS = {
    PRINTED: (Words("tercetak", "printed"), "is-good"),
    SPOILED: (Words("rusak", "spoiled"), "is-bad"),
    NEVER_BEGAN: (Words("belum mulai; blanko utuh", "never began; blanko unused"), ""),
    UNCERTAIN: (Words("belum jelas", "not known"), "is-warn"),
    rules.INTENDED: (
        Words("dimulai, hasilnya belum ada", "begun, no answer yet"),
        "is-warn",
    ),
}


def _attempt_shown(visit: Visit, attempt: AttemptState) -> dict[str, Any]:
    words, mark = _ATTEMPTS[attempt.state]
    return {
        "number": attempt.attempt,
        "office": card_words.office_name(visit.office, attempt.node.hex()),
        "words": words,
        "mark": mark,
        "printer": attempt.printer,
        "says": attempt.says,
    }


@require_GET
def front(request: HttpRequest, order: str) -> HttpResponse:
    """The front as a picture; never kept by a browser."""
    return _picture(request, order, FRONT)


@require_GET
def back(request: HttpRequest, order: str) -> HttpResponse:
    """The back, as a blanko brings it."""
    return _picture(request, order, BACK)


def _picture(request: HttpRequest, order: str, side: str) -> HttpResponse:
    visit = visit_of(request)
    try:
        drawn = _port(visit).picture(hex_of(order, _ORDER_BYTES), side)
    except Refusal as refusal:
        # Shown as a broken picture with its sentence beside it, never as a page.
        words = refusal.words.in_(visit.language)
        return HttpResponse(words, status=409, content_type="text/plain; charset=utf-8")
    return HttpResponse(drawn, content_type="image/jpeg")


ROUTES = (
    Route(
        path="cetak", name="printing", view=printing, rights=("print",),
        where=Where.OFFICE, menu=_("Cetak"),
    ),
    Route(
        path="cetak/keadaan", name="print-state", view=state, rights=("print",),
        where=Where.OFFICE, is_poll=True,
    ),
    Route(
        path="cetak/<str:order>", name="print-order", view=one_card,
        rights=("print", "hand_over"), where=Where.OFFICE,
    ),
    Route(
        path="cetak/<str:order>/depan.jpg", name="print-front", view=front,
        rights=("print", "hand_over"), where=Where.OFFICE, is_poll=True,
    ),
    Route(
        path="cetak/<str:order>/belakang.jpg", name="print-back", view=back,
        rights=("print", "hand_over"), where=Where.OFFICE, is_poll=True,
    ),
)  # fmt: skip
