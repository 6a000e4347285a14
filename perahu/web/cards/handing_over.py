"""Handing over: who waits for a card here, by what they prove it, and who took it.

Example: `/serah?q=` takes a receipt number, its scanned QR, a pick-up code, a NIK or a
name; the card's own page asks for the finger or the code.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from perahu.cards import reads, reads_desk, rules
from perahu.cards.reads_desk import Card
from perahu.cards.rules import OrderState
from perahu.enrolment import reads as recordings
from perahu.enrolment.rules import pickup_hash
from perahu.enrolment.rules_proof import PREFIX, read_qr
from perahu.people import reads as people
from perahu.web.cards import words as card_words
from perahu.web.cards.ports import HandingOver
from perahu.web.cards.printing import row_of, rows_of
from perahu.web.routes import Route, Where
from perahu.web.visits import Visit, hex_of, int_of, op_of, visit_of
from perahu.words import Refusal

PAGE_ROWS = 50
LAST_SHOWN = 5
QUERY_CHARS_MAX = 1100
"""A scanned proof is below 1 kB."""
NAME_CHARS_MAX, LETTER_CHARS_MAX = 100, 60
_FOUND_MAX = 20
_ORDER_BYTES = 12
_OLD_MS = 30 * 86_400_000
"""A card that waits longer is asked after: its owner may not know."""


def hand_over(request: HttpRequest) -> HttpResponse:
    """The cards that wait here, oldest first, and a box to find one."""
    visit = visit_of(request)
    query = request.GET.get("q", "").strip()[:QUERY_CHARS_MAX]
    shown = _waiting_shown(request, visit)
    if query:
        shown |= {"found": _found(visit, query)}
    shown |= {"query": "" if query.startswith(PREFIX) else query, "asked": bool(query)}
    return render(request, "perahu/handing_over/waiting.html", shown)


def _waiting_shown(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    node = visit.office.journal.node_id
    counts = reads.state_counts(node)
    total = counts[reads.TO_HAND_OVER]
    first = int_of(request.GET.get("mulai") or "1", 10_000_000, 1) - 1
    cards = reads_desk.cards_here(node, reads.TO_HAND_OVER, PAGE_ROWS, first)
    held = reads_desk.cards_here(node, reads.HELD_BACK, PAGE_ROWS)
    last = reads_desk.handed_over_last(node, LAST_SHOWN)
    return {
        "rows": rows_of(visit, cards),
        "held": rows_of(visit, held),
        "last": rows_of(visit, last),
        "total": total,
        "earlier": max(1, first + 1 - PAGE_ROWS) if first else 0,
        "later": first + 1 + PAGE_ROWS if total > first + PAGE_ROWS else 0,
        "old_before": visit.office.now().wall_ms - _OLD_MS,
    }


def _found(visit: Visit, query: str) -> list[dict[str, Any]]:
    """The orders that this may mean, those that wait here first."""
    node = visit.office.journal.node_id
    cards = _by_code_or_number(node, query) or _by_person(query)
    waits = [c for c in cards if c.state == reads.TO_HAND_OVER]
    others = [c for c in cards if c.state != reads.TO_HAND_OVER]
    return [
        {
            "row": row_of(visit, card),
            "words": reads.STATE_WORDS.get(card.state, card.state),
            "waits": card.state == reads.TO_HAND_OVER and _lies_here(card, node),
        }
        for card in (waits + others)[:_FOUND_MAX]
    ]


def _by_code_or_number(node: bytes, query: str) -> list[Card]:
    if query.startswith(PREFIX):
        query = read_qr(query).number
    found = [one.recording for one in recordings.by_number(query)]
    orders = [reads.order_of_recording(one) for one in found]
    cards = [reads_desk.card(order.order) for order in orders if order is not None]
    known = [card for card in cards if card is not None]
    return known or reads_desk.by_pickup(node, pickup_hash(query))


def _by_person(query: str) -> list[Card]:
    persons = [one.person for one in people.search(query, _FOUND_MAX)]
    ids = {one for person in persons for one in recordings.same_persons(person)}
    return reads_desk.of_persons(sorted(ids))


def _lies_here(card: Card, node: bytes) -> bool:
    order = reads.order(card.order)
    return order is not None and order.holder == node


# --- one card ----------------------------------------------------------------------------


def hand_over_card(request: HttpRequest, order: str) -> HttpResponse:
    """The proof at the counter, by finger or by code; after it, who took the card."""
    visit, error, lacks_collector = visit_of(request), None, False
    number = hex_of(order, _ORDER_BYTES)
    found = rules.check_known(reads.order(number))
    if request.method == "POST":
        try:
            _give(request, visit, number)
            return redirect("hand-over-card", order)
        except Refusal as refusal:
            error, lacks_collector = refusal.words, refusal.code == "no_collector"
    shown = _card_shown(visit, found) | {
        "error": error, "typed": request.POST, "lacks_collector": lacks_collector,
    }  # fmt: skip
    status = 409 if error else 200
    return render(request, "perahu/handing_over/card.html", shown, status=status)


def _give(request: HttpRequest, visit: Visit, order: bytes) -> None:
    port: HandingOver = visit.office.parts["handing_over"]
    ask = visit.ask(op_of(request))
    if request.POST.get("means") == "finger":
        port.by_finger(ask, order, visit.desk)
    else:
        code = request.POST.get("code", "")
        port.by_code(ask, order, code, _collector(request))


def _collector(request: HttpRequest) -> str:
    """Who takes it: the person, or a name with its letter of authority."""
    if request.POST.get("who", "self") == "self":
        return "self"
    name = " ".join(request.POST.get("collector", "").split())[:NAME_CHARS_MAX]
    letter = " ".join(request.POST.get("letter", "").split())[:LETTER_CHARS_MAX]
    # "self" is the mark of the person's own hand and can be nobody's name.
    if len(name) < 2 or name.casefold() == "self" or not letter:
        raise Refusal(
            "no_collector",
            id="Tulis nama pengambil dan nomor atau tanggal surat kuasanya; kartu belum "
            "diserahkan.",
            en="Write the name of who takes it and the number or date of the letter of "
            "authority; the card was not handed over.",
        )
    return f"{name} (surat kuasa {letter})"


def _card_shown(visit: Visit, order: OrderState) -> dict[str, Any]:
    card = reads_desk.card(order.order)
    assert card is not None
    biodata = people.biodata(card.person)
    return {
        "row": row_of(visit, card),
        "order": order,
        "biodata": biodata,
        "why_not": _why_not(order, visit.office.journal.node_id),
        "has_code": bool(order.pickup),
        "has_scanner": bool(visit.office.desks),
        "handed_at": card_words.office_name(visit.office, card.handed_node.hex()),
    }


def _why_not(order: OrderState, node: bytes) -> Refusal | None:
    """What no proof can turn: held back, elsewhere, not printed, given already."""
    proof = rules.Proof(means="finger", score=1, threshold=1)
    try:
        rules.decide_hand_over(order, node, proof)
    except Refusal as refusal:
        return refusal
    return None


ROUTES = (
    Route(
        path="serah", name="hand-over", view=hand_over, rights=("hand_over",),
        where=Where.OFFICE, menu=_("Serahkan"),
    ),
    Route(
        path="serah/<str:order>", name="hand-over-card", view=hand_over_card, is_slow=True,
        rights=("hand_over",), where=Where.OFFICE,
    ),
)  # fmt: skip
