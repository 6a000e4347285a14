"""One card: both its sides, its attempts, and what a person saw at the printer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from perahu.cards import actions, reads, reads_desk, reads_stock, rules
from perahu.cards.facts import SPOIL_CAUSES
from perahu.cards.rules import (
    INTENDED,
    NEVER_BEGAN,
    PRINTED,
    SPOILED,
    UNCERTAIN,
    AttemptState,
    OrderState,
)
from perahu.web.cards import words as card_words
from perahu.web.cards.ports import BACK, FRONT
from perahu.web.cards.printing import ORDER_BYTES, printing_port, row_of
from perahu.web.routes import Route, Where
from perahu.web.visits import Visit, hex_of, int_of, op_of, visit_of
from perahu.words import Refusal, Words


def one_card(request: HttpRequest, order: str) -> HttpResponse:
    """One card: both its sides, its facts, its attempts, and what can be done."""
    visit, error = visit_of(request), None
    number = hex_of(order, ORDER_BYTES)
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
    run = printing_port(visit).run()
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
    run = printing_port(visit).run()
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
    INTENDED: (
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
        drawn = printing_port(visit).picture(hex_of(order, ORDER_BYTES), side)
    except Refusal as refusal:
        # Shown as a broken picture with its sentence beside it, never as a page.
        words = refusal.words.in_(visit.language)
        return HttpResponse(words, status=409, content_type="text/plain; charset=utf-8")
    return HttpResponse(drawn, content_type="image/jpeg")


ROUTES = (
    Route(
        path="cetak/<str:order>", name="print-order", view=one_card,
        rights=("print", "hand_over"), where=Where.OFFICE,
    ),
    Route(
        path="cetak/<str:order>/depan.jpg", name="print-front", view=front, is_slow=True,
        rights=("print", "hand_over"), where=Where.OFFICE, is_poll=True,
    ),
    Route(
        path="cetak/<str:order>/belakang.jpg", name="print-back", view=back, is_slow=True,
        rights=("print", "hand_over"), where=Where.OFFICE, is_poll=True,
    ),
)  # fmt: skip
