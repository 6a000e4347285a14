"""What the tables know of print orders and cards, and how facts get into them.

- `apply` may be given the facts of different journals in any order, and any fact twice.
- The holder of a print right is folded anew from all its moves, so that an office that
  does not hold it cannot give it away.
- The state of a row is computed from its other columns whenever one of them changed.

Example: `print_queue(node)` is who is printed next, and by which rule. The ledger's own
questions are in `reads_stock`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models import Count, Q, QuerySet, Sum

from perahu.cards import facts, reads_stock, rules
from perahu.cards.models import PrintOrder
from perahu.cards.rules import INTENDED, PRINTED, UNRESOLVED, AttemptState, OrderState
from perahu.enrolment.models import PersonLink
from perahu.enrolment.reads import same_persons
from perahu.journal.types import Event
from perahu.people.reads_apply import by_key, put
from perahu.words import Words

QUEUED, LOOK, MOVING, CANCELLED = "queued", "look", "moving", "cancelled"
TO_HAND_OVER, HELD_BACK, HANDED_OVER = "to_hand_over", "held_back", "handed_over"
CARD_MOVING, UNKNOWN = "card_moving", "unknown"
STATES = (
    QUEUED, LOOK, MOVING, CANCELLED, TO_HAND_OVER, CARD_MOVING, HELD_BACK, HANDED_OVER,
    UNKNOWN,
)  # fmt: skip
"""Of an order: waits, must be looked at, on its way, taken back; printed and waiting for
its person, printed and on its way to another office, printed and held back, in the
person's hand; known only from its prints."""
STATE_WORDS = {
    QUEUED: Words("antre cetak", "queued for printing"),
    LOOK: Words("hasil cetak belum jelas", "print uncertain"),
    MOVING: Words("hak cetak dalam perjalanan", "print right on its way"),
    CANCELLED: Words("dibatalkan", "cancelled"),
    TO_HAND_OVER: Words("siap diserahkan", "ready to hand over"),
    CARD_MOVING: Words("kartu dalam perjalanan", "card on its way"),
    HELD_BACK: Words("ditahan, jangan diserahkan", "held back, not to be handed over"),
    HANDED_OVER: Words("sudah diserahkan", "handed over"),
    UNKNOWN: Words("belum dikenal", "not known"),
}
"""The same for screens."""


def order_key(event: Event) -> str:
    """(lamport, journal, seq) as text that sorts like the tuple."""
    return place_key(event.lamport, event.journal, event.seq)


def place_key(lamport: int, journal: bytes, seq: int) -> str:
    """The same of a place that a fact names."""
    return f"{lamport:012x}{journal.hex()}{seq:012x}"


_Moved = facts.PrintRightSent | facts.CardSent
_Told = _Moved | facts.MoveRelayed
_Described = facts.PrintOrdered | _Told

# --- facts into the tables ---------------------------------------------------------------


def apply(events: Sequence[Event]) -> None:
    """Put a batch of facts into the tables; those of other rooms are passed over."""
    mine = [event for event in events if type(event.fact) in _FOLDS]
    if mine:
        ids = {cast(Any, event.fact).order.hex() for event in mine}
        found = by_key(PrintOrder, list(ids))
        rows = {key: _Row(row) for key, row in found.items()}
        ends: dict[str, tuple[str, Event]] = {}
        for event in mine:
            fact = cast(Any, event.fact)
            key = fact.order.hex()
            if key not in rows:
                rows[key] = _Row(PrintOrder(order=key, person=fact.person.hex()))
            _FOLDS[type(fact)](rows[key], fact, event)
            if type(fact) in _ENDS:
                name = _attempt_name(event.node, fact.attempt)
                if rows[key].attempts[name]["r"] == order_key(event):
                    ends[f"{key}/{name}"] = (_ENDS[type(fact)], event)
        put([row.closed() for row in rows.values()])
        # Each attempt takes one blanko or none, by its last known end.
        reads_stock.post_attempts(ends)
    reads_stock.apply(events)


class _Row:
    """A row being changed, with its JSON open.

    An attempt holds "i" (order of its intent), "r" (order of its last end), "s" (that
    end), "p" (printer), "y" (what the printer said), "t" (wall time of a good print).
    """

    def __init__(self, row: PrintOrder) -> None:
        self.row = row
        self.attempts: dict[str, dict[str, Any]] = json.loads(row.attempts)
        self.moves: list[list[Any]] = json.loads(row.moves)

    def attempt(self, node: bytes, number: int) -> dict[str, Any]:
        """What is known of an attempt, begun empty."""
        return self.attempts.setdefault(_attempt_name(node, number), {})

    def closed(self) -> PrintOrder:
        """The row as it is to be stored, with what follows from the rest."""
        row = self.row
        row.attempts = json.dumps(self.attempts, sort_keys=True, separators=(",", ":"))
        row.moves = json.dumps(sorted(self.moves), separators=(",", ":"))
        place = _place(row, sorted(self.moves))
        row.holder, row.moving_to = place.holder, place.moving_to
        good = [a for a in self.attempts.values() if _end(a) == PRINTED]
        row.printed = len(good)
        row.printed_ms = max((a["t"] for a in good), default=0)
        ends = [_end(a) for a in self.attempts.values()]
        row.state = _state(row, ends, place.is_card)
        return row


def _attempt_name(node: bytes, number: int) -> str:
    return f"{node.hex()}/{number}"


def _end(attempt: dict[str, Any]) -> str:
    """An intent without an end is a crash, or a print under way."""
    return str(attempt.get("s", INTENDED))


@dataclass(slots=True)
class _Place:
    """Where right or card is, after all its moves."""

    holder: str
    moving_to: str = ""
    is_card: bool = False
    sealed: dict[str, list[str]] = field(default_factory=dict)


def _place(row: PrintOrder, moves: Sequence[list[Any]]) -> _Place:
    """Fold the moves, in order; a move by who does not hold the right moves nothing.

    Where the order's own fact has not come here, who sent it first is taken to have held
    it: the hub, that knows all, is not misled.
    """
    senders = [node for _, kind, node, *_ in moves if kind == "sent"]
    place = _Place(row.home if row.ordered_order else "".join(senders[:1]))
    if row.ordered_order:
        place.sealed[row.home] = json.loads(row.blobs)
    for _, kind, node, other, is_card, blobs in moves:
        if kind == "sent" and node == place.holder and not place.moving_to:
            place.holder, place.moving_to = "", other
            place.is_card = place.is_card or bool(is_card)
            if blobs:
                place.sealed[other] = blobs
        elif kind == "taken" and node == place.moving_to:
            place.holder, place.moving_to = node, ""
    return place


def _state(row: PrintOrder, ends: list[str], is_card: bool) -> str:
    is_printed = is_card or PRINTED in ends
    printed = HELD_BACK if row.cancelled_order else TO_HAND_OVER
    tests = (
        (bool(row.handed_order), HANDED_OVER),
        (not UNRESOLVED.isdisjoint(ends), LOOK),
        (is_printed and bool(row.moving_to), CARD_MOVING),
        (is_printed, printed),
        (bool(row.cancelled_order), CANCELLED),
        (bool(row.moving_to), MOVING),
        (not row.ordered_order and not row.told_order, UNKNOWN),
    )
    return next((state for holds, state in tests if holds), QUEUED)


def _ordered(open_: _Row, fact: facts.PrintOrdered, event: Event) -> None:
    row, order = open_.row, order_key(event)
    if order > row.ordered_order:
        row.ordered_order = order
        row.person, row.home = fact.person.hex(), fact.home.hex()
        row.blobs = json.dumps([ref.sha256.hex() for ref in event.blobs])
        _describe(row, fact, event.wall_ms)


def _describe(row: PrintOrder, fact: _Described, ordered_ms: int) -> None:
    row.recording, row.pickup = fact.recording.hex(), fact.pickup.hex()
    row.kind, row.priority = fact.kind, rules.priority(fact.kind)
    row.document, row.ordered_ms = fact.document, ordered_ms


def _cancelled(open_: _Row, fact: facts.PrintCancelled, event: Event) -> None:
    row, order = open_.row, order_key(event)
    if order > row.cancelled_order:
        row.cancelled, row.cancelled_order = fact.reason, order


def _sent(open_: _Row, fact: _Moved, event: Event) -> None:
    is_card = isinstance(fact, facts.CardSent)
    move = [order_key(event), "sent", event.node.hex(), fact.to.hex(), int(is_card)]
    _note_sent(open_, move, fact, event)


def _relayed(open_: _Row, fact: facts.MoveRelayed, event: Event) -> None:
    """The same move as if the sender's own fact had come: heard twice, it is one."""
    key = place_key(fact.lamport, fact.journal, fact.seq)
    open_.row.relayed_order = max(open_.row.relayed_order, key)
    move = [key, "sent", fact.sent_by.hex(), fact.to.hex(), int(fact.is_card)]
    _note_sent(open_, move, fact, event)


def _note_sent(open_: _Row, move: list[Any], fact: _Told, event: Event) -> None:
    row = open_.row
    _moved(open_, [*move, [ref.sha256.hex() for ref in event.blobs]])
    if fact.kind and move[0] > row.told_order:
        row.told_order = move[0]
        if not row.ordered_order:
            _describe(row, fact, fact.ordered_ms)


def _taken(
    open_: _Row, fact: facts.PrintRightTaken | facts.CardTaken, event: Event
) -> None:
    is_card = int(isinstance(fact, facts.CardTaken))
    _moved(
        open_,
        [order_key(event), "taken", event.node.hex(), fact.sent_by.hex(), is_card, []],
    )


def _moved(open_: _Row, move: list[Any]) -> None:
    if move not in open_.moves:
        open_.moves.append(move)


def _intended(open_: _Row, fact: facts.PrintIntended, event: Event) -> None:
    attempt = open_.attempt(event.node, fact.attempt)
    if (order := order_key(event)) > attempt.get("i", ""):
        attempt["i"], attempt["p"] = order, fact.printer


def _ended(state: str) -> Callable[[_Row, Any, Event], None]:
    """How an end of this kind is noted: the latest one stands."""

    def note(open_: _Row, fact: Any, event: Event) -> None:
        attempt = open_.attempt(event.node, fact.attempt)
        if (order := order_key(event)) > attempt.get("r", ""):
            attempt["r"], attempt["s"] = order, state
            attempt["t"] = event.wall_ms if state == PRINTED else 0
            attempt["y"] = getattr(fact, "printer_says", "")

    return note


def _handed_over(open_: _Row, fact: facts.CardHandedOver, event: Event) -> None:
    row, order = open_.row, order_key(event)
    if not row.handed_order or order < row.handed_order:
        # The first hand-over is the true one; a second cannot be.
        row.collector, row.means = fact.collector, fact.means
        row.handed_node = event.node.hex()
        row.handed_order, row.handed_ms = order, event.wall_ms


_ENDS: dict[type, str] = {
    facts.CardPrinted: rules.PRINTED,
    facts.CardSpoiled: rules.SPOILED,
    facts.PrintUncertain: rules.UNCERTAIN,
    facts.PrintNeverBegan: rules.NEVER_BEGAN,
}

_FOLDS: dict[type, Callable[[_Row, Any, Event], None]] = {
    facts.PrintOrdered: _ordered,
    facts.PrintCancelled: _cancelled,
    facts.PrintRightSent: _sent,
    facts.PrintRightTaken: _taken,
    facts.CardSent: _sent,
    facts.MoveRelayed: _relayed,
    facts.CardTaken: _taken,
    facts.PrintIntended: _intended,
    facts.CardHandedOver: _handed_over,
    **{kind: _ended(state) for kind, state in _ENDS.items()},
}

# --- one order ----------------------------------------------------------------------------


def order(order_: bytes) -> OrderState | None:
    """The state of an order that is known here, by its own fact or its sender's; or None."""
    row = by_key(PrintOrder, [order_.hex()]).get(order_.hex())
    is_told = row is not None and (row.ordered_order or row.told_order)
    return state_of(row) if row is not None and is_told else None


def state_of(row: PrintOrder) -> OrderState:
    """A row as the rules want it."""
    attempts = []
    for name, held in sorted(json.loads(row.attempts).items()):
        node, _, number = name.partition("/")
        attempts.append(
            AttemptState(
                node=bytes.fromhex(node),
                attempt=int(number),
                state=_end(held),
                printer=held.get("p", ""),
                says=held.get("y", ""),
            )
        )
    place = _place(row, json.loads(row.moves))
    return OrderState(
        order=bytes.fromhex(row.order),
        person=bytes.fromhex(row.person),
        recording=bytes.fromhex(row.recording),
        kind=row.kind,
        document=row.document,
        holder=bytes.fromhex(row.holder),
        moving_to=bytes.fromhex(row.moving_to),
        pickup=bytes.fromhex(row.pickup),
        cancelled=row.cancelled,
        attempts=tuple(attempts),
        handed_over=bool(row.handed_order),
        home=bytes.fromhex(row.home),
        ordered_ms=row.ordered_ms,
        is_card=place.is_card,
        sealed={
            bytes.fromhex(node): tuple(map(bytes.fromhex, shas))
            for node, shas in place.sealed.items()
        },
    )


def state(order_: bytes) -> str:
    """One of STATES; UNKNOWN where nothing is known."""
    row = PrintOrder.objects.filter(pk=order_.hex()).first()
    return UNKNOWN if row is None else row.state


def orders_of(person: bytes) -> list[OrderState]:
    """The orders of a person under any of their linked ids, oldest first."""
    ids = [one.hex() for one in same_persons(person)]
    rows = PrintOrder.objects.filter(person__in=ids).order_by("ordered_order", "order")
    return [state_of(row) for row in rows]


def right_sent_by(order_: bytes) -> bytes:
    """The office that sent the right or card last; b"" where it never moved."""
    row = PrintOrder.objects.filter(pk=order_.hex()).first()
    moves = json.loads(row.moves) if row else []
    sent = [node for _, kind, node, *_ in moves if kind == "sent"]
    return bytes.fromhex(sent[-1]) if sent else b""


def blobs_sent_by(order_: bytes, node: bytes) -> set[bytes]:
    """The parts of a card that a node sealed for whom it sent right or card to."""
    row = PrintOrder.objects.filter(pk=order_.hex()).first()
    moves = json.loads(row.moves) if row else []
    sent = [shas for _, _, sender, _, _, shas in moves if sender == node.hex()]
    return {bytes.fromhex(sha) for shas in sent for sha in shas}


def order_of_recording(recording: bytes) -> OrderState | None:
    """The last order that came of a recording, or None."""
    rows = PrintOrder.objects.filter(recording=recording.hex())
    row = rows.order_by("-ordered_order").first()
    return None if row is None else state_of(row)


def printed_elsewhere(order_: OrderState) -> int:
    """Accepted prints of the same person and version under other orders."""
    ids = [one.hex() for one in same_persons(order_.person)]
    others = PrintOrder.objects.filter(person__in=ids, document=order_.document)
    total = others.exclude(pk=order_.order.hex()).aggregate(sum=Sum("printed"))
    return int(total["sum"] or 0)


# --- many orders --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One place in the queue of an office."""

    order: bytes
    person: bytes
    kind: str
    ordered_ms: int
    rule: Words
    """Why it stands where it stands."""


def print_queue(node: bytes, limit: int = 1000) -> list[Queued]:
    """Who is printed next at an office: by line, and first come, first served in it."""
    rows = PrintOrder.objects.filter(holder=node.hex(), state=QUEUED)
    rows = rows.order_by("priority", "ordered_order")
    return [
        Queued(
            order=bytes.fromhex(row.order),
            person=bytes.fromhex(row.person),
            kind=row.kind,
            ordered_ms=row.ordered_ms,
            rule=rules.priority_words(row.priority),
        )
        for row in rows[:limit]
    ]


def by_state(
    state_: str, node: bytes | None = None, limit: int = 1000
) -> list[OrderState]:
    """Orders in a state, oldest first; of one office (see `_rows_of`), or of all."""
    rows = _rows_of(node).filter(state=state_).order_by("ordered_order", "order")
    return [state_of(row) for row in rows[:limit]]


def state_counts(node: bytes | None = None) -> dict[str, int]:
    """How many orders there are in each state; of one office, or of all."""
    found = _rows_of(node).values_list("state").order_by("state")
    return dict.fromkeys(STATES, 0) | dict(found.annotate(n=Count("order")))


def _rows_of(node: bytes | None) -> QuerySet[PrintOrder]:
    """Orders whose right is at an office or on its way to it; None for all."""
    rows = PrintOrder.objects.all()
    if node is None:
        return rows
    return rows.filter(Q(holder=node.hex()) | Q(moving_to=node.hex()))


def to_look_at(node: bytes) -> list[tuple[OrderState, AttemptState]]:
    """The attempts at an office that a person must look at."""
    found = []
    for row in PrintOrder.objects.filter(state=LOOK).order_by("ordered_order"):
        state_ = state_of(row)
        found += [
            (state_, a) for a in state_.attempts if a.unresolved and a.node == node
        ]
    return found


def under_way(node: bytes) -> int:
    """Attempts at an office that may have a blanko in them."""
    return len(to_look_at(node))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTwice:
    """More than one accepted print of one version of one person's card."""

    person: bytes
    document: int
    orders: tuple[bytes, ...]
    prints: int


def printed_twice() -> list[PrintedTwice]:
    """Every person and version with more than one accepted print, from any journals."""
    groups: dict[tuple[bytes, int], list[tuple[bytes, int]]] = {}
    links = PersonLink.objects.values_list("other", "person")
    linked_ids = {name for pair in links for name in pair}
    rows = PrintOrder.objects.filter(printed__gt=0).order_by("order")
    found = rows.values_list("person", "document", "order", "printed")
    for person_hex, document, order_hex, prints in found.iterator():
        person = bytes.fromhex(person_hex)
        if person_hex in linked_ids:
            person = min(same_persons(person))
        one = (bytes.fromhex(order_hex), prints)
        groups.setdefault((person, document), []).append(one)
    return [
        PrintedTwice(
            person=person,
            document=document,
            orders=tuple(order_ for order_, _ in prints_of),
            prints=sum(prints for _, prints in prints_of),
        )
        for (person, document), prints_of in sorted(groups.items())
        if sum(prints for _, prints in prints_of) > 1
    ]


def printed_total() -> int:
    """Accepted prints in all."""
    return int(PrintOrder.objects.aggregate(sum=Sum("printed"))["sum"] or 0)


def handed_over_total() -> int:
    """Cards in their persons' hands."""
    return PrintOrder.objects.filter(state=HANDED_OVER).count()
