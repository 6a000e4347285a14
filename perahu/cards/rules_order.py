"""What may happen to an order and its print right: the hub orders, offices move the right.

- The hub orders one card for each person and version, at one office of the network; only
  an order that was taken back before a card could be made leaves room for another.
- The right moves in two halves, and only when it is clear that no card was made; a printed
  card moves in two halves as well, and is handed over where it lies.

Example: `decide_order(request, others, offices)` gives the `PrintOrdered`, or refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perahu.cards import facts
from perahu.cards.facts import PRINT_KINDS
from perahu.cards.rules import (
    TEXT_CHARS_MAX,
    OrderState,
    check_known,
    check_once,
    check_right,
    unknown_choice,
)
from perahu.words import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A print the hub is about to order."""

    person: bytes
    order: bytes
    home: bytes
    recording: bytes
    kind: str
    document: int = 1
    pickup: bytes = b""


def decide_order(
    request: Request, others: Sequence[OrderState], offices: Sequence[bytes]
) -> facts.PrintOrdered:
    """The order, or a refusal where this version of the card has one that stands."""
    if request.kind not in PRINT_KINDS:
        raise unknown_choice("jenis cetak", "kind of print")
    if request.home not in offices:
        raise Refusal(
            "unknown_office",
            id="Kantor pencetak tidak dikenal atau sudah dicabut; belum ada yang dipesan.",
            en="The printing office is unknown or revoked; nothing was ordered.",
        )
    standing = [o for o in others if o.document == request.document]
    if any(not o.cancelled or o.printed or o.unresolved for o in standing):
        raise Refusal(
            "ordered_already",
            id="Kartu versi ini sudah dipesan; tidak dipesan dua kali.",
            en="This version of the card is ordered already; it is not ordered twice.",
        )
    return facts.PrintOrdered(
        person=request.person,
        order=request.order,
        home=request.home,
        recording=request.recording,
        kind=request.kind,
        document=request.document,
        pickup=request.pickup,
    )


def decide_cancel(order: OrderState | None, reason: str) -> facts.PrintCancelled:
    """The centre took the order back, or a refusal where it had done so before."""
    known = check_known(order)
    if known.cancelled:
        raise Refusal(
            "cancelled_already",
            id="Pesanan ini sudah ditarik.",
            en="This order was taken back already.",
        )
    return facts.PrintCancelled(
        person=known.person, order=known.order, reason=_reason(reason)
    )


# --- moving the right ---------------------------------------------------------------------


def decide_send_right(
    order: OrderState | None, node: bytes, to: bytes, offices: Sequence[bytes]
) -> facts.PrintRightSent:
    """Give the right away: only what is here, unprinted and clear."""
    known = check_known(order)
    check_right(known, node)
    check_once(known, 0)
    _check_addressee(node, to, offices)
    return facts.PrintRightSent(
        person=known.person, order=known.order, to=to,
        kind=known.kind, document=known.document,
        recording=known.recording, pickup=known.pickup, ordered_ms=known.ordered_ms,
    )  # fmt: skip


def decide_send_card(
    order: OrderState | None, node: bytes, to: bytes, offices: Sequence[bytes]
) -> facts.CardSent:
    """Let a printed card go: one that lies here, in nobody's hand yet.

    One that is held back may go too: whoever gets it holds it back as well.
    """
    known = check_known(order)
    if not known.printed or known.unresolved or known.handed_over:
        raise Refusal(
            "no_card_here",
            id="Kartu ini belum tercetak, belum jelas, atau sudah diserahkan; tidak ada "
            "yang dikirim.",
            en="This card is not printed, not clear, or handed over already; nothing was "
            "sent.",
        )
    if known.holder != node:
        raise Refusal(
            "card_elsewhere",
            id="Kartu ini tidak ada di sini: ada di kantor lain atau dalam perjalanan. "
            "Tidak ada yang dikirim.",
            en="This card is not here: it is at another office or on its way. Nothing was "
            "sent.",
        )
    _check_addressee(node, to, offices)
    return facts.CardSent(
        person=known.person, order=known.order, to=to,
        kind=known.kind, document=known.document,
        recording=known.recording, pickup=known.pickup, ordered_ms=known.ordered_ms,
    )  # fmt: skip


def _check_addressee(node: bytes, to: bytes, offices: Sequence[bytes]) -> None:
    if to == node or to not in offices:
        raise unknown_choice("kantor tujuan", "office it goes to")


def decide_take_right(
    order: OrderState | None, node: bytes, sent_by: bytes
) -> facts.PrintRightTaken:
    """Take a right that is on its way here."""
    known = _coming(order, node)
    return facts.PrintRightTaken(
        person=known.person, order=known.order, sent_by=sent_by
    )


def decide_take_card(
    order: OrderState | None, node: bytes, sent_by: bytes
) -> facts.CardTaken:
    """Take in a printed card that is on its way here."""
    known = _coming(order, node)
    return facts.CardTaken(person=known.person, order=known.order, sent_by=sent_by)


def _coming(order: OrderState | None, node: bytes) -> OrderState:
    known = check_known(order)
    if known.moving_to != node:
        raise Refusal(
            "right_not_coming",
            id="Hak cetak atau kartu ini tidak sedang dikirim ke kantor ini.",
            en="This print right or card is not on its way to this office.",
        )
    return known


def _reason(text: str) -> str:
    reason = text.strip()
    if not 0 < len(reason) <= TEXT_CHARS_MAX:
        raise Refusal(
            "reason_missing",
            id=f"Tulis alasannya, paling banyak {TEXT_CHARS_MAX} huruf.",
            en=f"Write the reason, {TEXT_CHARS_MAX} characters at most.",
        )
    return reason
