"""What the desk's pages ask of cards: moments and hands, a place in the queue, a period.

Example: `cards_here(node, TO_HAND_OVER, 50)` are the cards that wait longest at an office.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from perahu.cards.models import Posting, PrintOrder
from perahu.cards.reads import QUEUED, TO_HAND_OVER, state_of
from perahu.cards.rules_stock import office
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.people.models import Person
from perahu.people.reads_apply import biodata_of_row

CARDS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One order with its moments and who took the card."""

    order: bytes
    person: bytes
    recording: bytes
    kind: str
    priority: int
    state: str
    ordered_ms: int
    printed_ms: int
    cancelled: str
    collector: str
    means: str
    handed_ms: int
    handed_node: bytes
    blobs: tuple[bytes, ...]
    """Its parts, as sealed to where the right or the card is."""


def card(order: bytes) -> Card | None:
    """An order that is known here, or None."""
    row = PrintOrder.objects.filter(pk=order.hex()).first()
    return None if row is None else _card(row)


def cards_here(node: bytes, state: str, limit: int, first: int = 0) -> list[Card]:
    """Cards of an office in a state: the queue by its rule, others by their age."""
    assert 0 < limit <= CARDS_MAX
    rows = PrintOrder.objects.filter(holder=node.hex(), state=state)
    by = ("priority", "ordered_order") if state == QUEUED else ("printed_ms", "order")
    return [_card(row) for row in rows.order_by(*by)[first : first + limit]]


def counts_here(node: bytes) -> dict[str, int]:
    """How many cards of an office are in each state."""
    rows = PrintOrder.objects.filter(holder=node.hex())
    found = rows.values_list("state").annotate(n=Count("pk")).order_by("state")
    return dict(found)


def by_pickup(node: bytes, pickup: bytes) -> list[Card]:
    """The cards that wait at an office and whose proof bears this code's hash."""
    rows = PrintOrder.objects.filter(
        holder=node.hex(), state=TO_HAND_OVER, pickup=pickup.hex()
    )
    return [_card(row) for row in rows.order_by("printed_ms")[:CARDS_MAX]]


def of_persons(persons: list[bytes]) -> list[Card]:
    """The orders of these people, the last printed first."""
    rows = PrintOrder.objects.filter(person__in=[one.hex() for one in persons])
    return [_card(row) for row in rows.order_by("-printed_ms", "order")[:CARDS_MAX]]


def handed_over_last(node: bytes, limit: int) -> list[Card]:
    """What was handed over at an office last, newest first."""
    rows = PrintOrder.objects.filter(handed_node=node.hex())
    return [_card(row) for row in rows.order_by("-handed_ms")[:limit]]


def place_in_queue(order: bytes) -> int:
    """Its place in its office's queue, from 1; 0 for an order that is not queued."""
    row = PrintOrder.objects.filter(pk=order.hex(), state=QUEUED).first()
    if row is None:
        return 0
    return 1 + _queue_before(row).count()


def _queue_before(row: PrintOrder) -> QuerySet[PrintOrder]:
    same = Q(priority=row.priority, ordered_order__lt=row.ordered_order)
    queue = PrintOrder.objects.filter(holder=row.holder, state=QUEUED)
    return queue.filter(Q(priority__lt=row.priority) | same)


def _card(row: PrintOrder) -> Card:
    return Card(
        order=bytes.fromhex(row.order),
        person=bytes.fromhex(row.person),
        recording=bytes.fromhex(row.recording),
        kind=row.kind,
        priority=row.priority,
        state=row.state,
        ordered_ms=row.ordered_ms,
        printed_ms=row.printed_ms,
        cancelled=row.cancelled,
        collector=row.collector,
        means=row.means,
        handed_ms=row.handed_ms,
        handed_node=bytes.fromhex(row.handed_node),
        blobs=state_of(row).blobs,
    )


def holders(persons: Sequence[bytes]) -> dict[bytes, Biodata]:
    """What stands of these people's biodata, in few queries; who is unknown is absent."""
    rows = Person.objects.in_bulk([one.hex() for one in persons])
    found = {}
    for one in persons:
        row = rows.get(one.hex())
        is_plain = row and row.nama and not row.same_as and not row.undone
        # A second id, or an import taken back: the rules of people.reads decide.
        known = biodata_of_row(row) if row and is_plain else people.biodata(one)
        if known is not None:
            found[one] = known
    return found


# --- the ledger of a period ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What an item did at an office between two moments; it always adds up."""

    opening: int
    closing: int
    moved: dict[str, int]
    """By the name of the fact: more where positive, less where negative."""
    causes: dict[str, int]
    """What was spoiled, by its cause."""


def period(node: bytes, item: str, from_ms: int, until_ms: int) -> Period:
    """The sums of an office's ledger from one moment up to another."""
    rows = Posting.objects.filter(account=office(node), item=item)
    before = rows.filter(at_ms__lt=from_ms).aggregate(sum=Sum("count"))["sum"] or 0
    within = rows.filter(at_ms__gte=from_ms, at_ms__lt=until_ms)
    sums = within.values_list("kind").annotate(sum=Sum("count")).order_by("kind")
    moved = dict(sums)
    spoiled = within.filter(kind__in=("StockSpoiled", "CardSpoiled"))
    causes = spoiled.values_list("text").annotate(sum=Sum("count"), n=Count("pk"))
    return Period(
        opening=int(before),
        closing=int(before) + sum(moved.values()),
        moved=moved,
        causes={cause: -total for cause, total, _ in causes.order_by("text")},
    )
