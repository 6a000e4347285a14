"""Trips of the field laptop: their rows, and what of each is out, here, or done.

What was meant to go along is in the trip's own fact; where each piece is now follows from
the moves of rights, cards and stock, whoever stated them.

Example: `trip_state(trip).out` is how many pieces are neither here nor done.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from perahu.cards.facts import ITEMS
from perahu.cards.models import PrintOrder, StockTransfer
from perahu.cards.reads_stock import on_hand
from perahu.journal.types import Event
from perahu.trips import facts
from perahu.trips.models import Trip
from perahu.trips.rules import transfer_of

NOT_SENT, WAY_OUT, IN_FIELD = "not_sent", "way_out", "in_field"
WAY_BACK, BACK, DONE, CALLED_OFF = "way_back", "back", "done", "called_off"
PIECES = (NOT_SENT, WAY_OUT, IN_FIELD, WAY_BACK, BACK, DONE, CALLED_OFF)
"""Of a right or card: not sent yet, on its way out, at the laptop, on its way back, back
here, in the person's hand, taken back by the centre before there was a card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockOfTrip:
    """One item of a trip, as far as this book knows."""

    item: str
    planned: int
    sent: int | None
    """None while it has not been sent."""
    counted: int | None
    """What was counted at the laptop; None while that is not known here."""
    in_field: int
    """What lies at the laptop by the ledger."""
    way_back: int
    """What the laptop sent and nobody has counted here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TripState:
    """One trip and where everything of it is."""

    trip: bytes
    desa: str
    node: bytes
    """The office."""
    to: bytes
    """The laptop."""
    carrier: str
    begun_ms: int
    is_open: bool
    ended_ms: int
    reason: str
    orders: tuple[tuple[bytes, str, bool], ...]
    """(order, one of PIECES, whether a printed card)."""
    stock: tuple[StockOfTrip, ...]

    def count(self, piece: str) -> int:
        """How many rights and cards are there."""
        return sum(1 for _, where, _ in self.orders if where == piece)

    @property
    def stock_out(self) -> int:
        """Pieces of stock that are on their way or at the laptop."""
        return sum(
            one.in_field + one.way_back + (one.sent or 0 if one.counted is None else 0)
            for one in self.stock
        )

    @property
    def out(self) -> int:
        """Everything that is neither here nor done."""
        moving = (self.count(piece) for piece in (WAY_OUT, IN_FIELD, WAY_BACK))
        return sum(moving) + self.stock_out


def apply(events: Sequence[Event]) -> None:
    """Note trips and their ends; other facts are passed over."""
    for event in events:
        if isinstance(event.fact, facts.TripBegun):
            _begun(event.fact, event)
        elif isinstance(event.fact, facts.TripEnded):
            _ended(event.fact, event)


def _order_key(event: Event) -> str:
    return f"{event.lamport:012x}{event.journal.hex()}{event.seq:012x}"


def _begun(fact: facts.TripBegun, event: Event) -> None:
    row, _ = Trip.objects.get_or_create(trip=fact.trip.hex())
    if (order := _order_key(event)) > row.begun_order:
        row.desa, row.node, row.to = fact.desa, event.node.hex(), fact.to.hex()
        row.orders = json.dumps([one.hex() for one in fact.orders])
        row.stock = json.dumps([list(one) for one in fact.stock])
        row.carrier = fact.carrier[:200]
        row.begun_order, row.begun_ms = order, event.wall_ms
        row.save()


def _ended(fact: facts.TripEnded, event: Event) -> None:
    row, _ = Trip.objects.get_or_create(trip=fact.trip.hex())
    if (order := _order_key(event)) > row.ended_order:
        row.ended_order, row.ended_ms = order, event.wall_ms
        row.reason = fact.reason[:200]
        row.save()


# --- questions ---------------------------------------------------------------------------


def trip_state(trip: bytes) -> TripState | None:
    """One trip, or None where it is not known here."""
    row = Trip.objects.filter(pk=trip.hex()).exclude(begun_order="").first()
    return None if row is None else _state(row)


def trips(node: bytes, *, open_only: bool = False, limit: int = 50) -> list[TripState]:
    """The trips of an office, or those a laptop is on; the newest first."""
    rows = Trip.objects.exclude(begun_order="").order_by("-begun_order")
    mine = rows.filter(node=node.hex()) | rows.filter(to=node.hex())
    if open_only:
        mine = mine.filter(ended_order="")
    return [_state(row) for row in mine[:limit]]


def orders_coming(node: bytes, limit: int = 2000) -> list[tuple[bytes, bytes, bool]]:
    """(order, its person, whether a card) of all that is on its way to a node."""
    rows = PrintOrder.objects.filter(moving_to=node.hex(), handed_order="")
    found = rows.order_by("order").values_list("order", "person", "state")
    return [
        (bytes.fromhex(order), bytes.fromhex(person), state == "card_moving")
        for order, person, state in found[:limit]
    ]


def orders_at(node: bytes, limit: int = 2000) -> list[bytes]:
    """Orders whose right or undelivered card lies at a node and may leave it, oldest first."""
    rows = PrintOrder.objects.filter(holder=node.hex(), moving_to="", handed_order="")
    rows = rows.filter(state__in=("queued", "to_hand_over", "held_back"))
    names = rows.order_by("priority", "ordered_ms", "order")
    return [bytes.fromhex(key) for key in names.values_list("order", flat=True)[:limit]]


def _state(row: Trip) -> TripState:
    names = json.loads(row.orders)
    found = PrintOrder.objects.in_bulk(names)
    return TripState(
        trip=bytes.fromhex(row.trip),
        desa=row.desa,
        node=bytes.fromhex(row.node),
        to=bytes.fromhex(row.to),
        carrier=row.carrier,
        begun_ms=row.begun_ms,
        is_open=not row.ended_order,
        ended_ms=row.ended_ms,
        reason=row.reason,
        orders=tuple(_piece(row, name, found.get(name)) for name in names),
        stock=_stock(row),
    )


def _piece(row: Trip, name: str, order: PrintOrder | None) -> tuple[bytes, str, bool]:
    moves = json.loads(order.moves) if order else []
    since = [move for move in moves if move[0] > row.begun_order]
    tests = (
        (order is None, NOT_SENT),
        (bool(order and order.handed_order), DONE),
        (bool(order and order.state == "cancelled"), CALLED_OFF),
        (bool(order and order.moving_to == row.to), WAY_OUT),
        (bool(order and order.moving_to == row.node), WAY_BACK),
        (bool(order and order.holder == row.to), IN_FIELD),
        (not since, NOT_SENT),
    )
    where = next((piece for holds, piece in tests if holds), BACK)
    is_card = bool(order and (order.printed or any(move[4] for move in moves)))
    return bytes.fromhex(name), where, is_card


def _stock(row: Trip) -> tuple[StockOfTrip, ...]:
    planned: dict[str, int] = dict(json.loads(row.stock))
    to = bytes.fromhex(row.to)
    back = StockTransfer.objects.filter(
        sent_by=row.to, to=row.node, arrived=None
    ).exclude(sent=None)
    coming: dict[str, int] = {}
    for one in back:
        coming[one.item] = coming.get(one.item, 0) + (one.sent or 0)
    found = []
    for item in ITEMS:
        name = transfer_of(bytes.fromhex(row.trip), item).hex()
        out = StockTransfer.objects.filter(pk=name).first()
        if item not in planned and item not in coming:
            continue
        found.append(
            StockOfTrip(
                item=item,
                planned=planned.get(item, 0),
                sent=out.sent if out else None,
                counted=out.arrived if out else None,
                in_field=on_hand(to, item),
                way_back=coming.get(item, 0),
            )
        )
    return tuple(found)
