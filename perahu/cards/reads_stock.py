"""The ledger of blanko, ribbon and film: its rows, and the questions we ask of it.

A count by hand is the last word on all its node had said before it, also on what comes to
this book after the count did: a restored office counts, and then its older entries come
home, or only its hub ever had them. So the difference of a count is posted as this book
finds it, and found anew whenever something from before the count comes.

Example: `on_hand(node)` is how many blanko lie at an office by the book; `ledger_sum()`
is zero, or something is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import models
from django.db.models import F, Sum

from perahu.cards import facts
from perahu.cards.models import Posting, StockCount, StockTransfer
from perahu.cards.rules_stock import (
    BLANKO,
    Movement,
    Transfer,
    attempt_movement,
    movement_of,
    office,
    spoiled,
    used,
)
from perahu.journal.types import Event
from perahu.people.reads_apply import by_key, put


def apply(events: Sequence[Event]) -> None:
    """Post the stock facts of a batch, two rows each."""
    rows: list[Posting] = []
    counts: list[StockCount] = []
    for event in events:
        movement = movement_of(event.fact, event.node)
        if movement is not None:
            rows += _rows(_entry_name(event), movement, event)
        if isinstance(event.fact, facts.StockCounted):
            counts.append(_count(event, event.fact))
        if isinstance(event.fact, _TRANSFERS):
            _note_transfer(event)
    put(rows)
    put(counts)
    _settle_counts(rows)


def post_attempts(ends: Mapping[str, tuple[str, Event]]) -> None:
    """Post the print attempts whose end changed: movement name to (end, its event)."""
    rows: list[Posting] = []
    gone: list[str] = []
    # An attempt takes its blanko from its office: the first half. An end may be said anew.
    before = list(by_key(Posting, [f"{name}-" for name in ends]).values())
    for name, (end, event) in ends.items():
        movement = attempt_movement(end, event.node)
        if movement is None:
            gone.append(name)
        else:
            rows += _rows(name, movement, event)
    if gone:
        Posting.objects.filter(movement__in=gone).delete()
    put(rows)
    _settle_counts([*before, *rows])


def _settle_counts(changed: Sequence[Posting]) -> None:
    """Find anew what each count found that was said after one of these rows."""
    first: dict[tuple[str, str], str] = {}
    for row in changed:
        place = row.account, row.item
        first[place] = min(first.get(place, row.order), row.order)
    for (account, item), order in first.items():
        if account.startswith(office(b"")):
            _settle(account, item, order)


def _settle(account: str, item: str, first: str) -> None:
    counts = StockCount.objects.filter(account=account, item=item)
    last = counts.filter(order__lt=first).order_by("-order").first()
    for one in counts.filter(order__gte=first).order_by("order"):
        rows = Posting.objects.filter(
            account=account, item=item, order__lt=one.order,
            order__gt=last.order if last else "",
        )  # fmt: skip
        expected = (last.counted if last else 0) + _sum(rows)
        for mark, sign in (("-", -1), ("+", 1)):
            half = Posting.objects.filter(pk=one.movement + mark)
            half.update(count=sign * (one.counted - expected))
        last = one


def _count(event: Event, fact: facts.StockCounted) -> StockCount:
    return StockCount(
        movement=_entry_name(event),
        account=office(event.node),
        item=fact.item,
        order=_order(event),
        counted=fact.counted,
    )


def _order(event: Event) -> str:
    """When its node said this, among all it said about its own stock.

    First the epoch: an old copy goes on at an earlier Lamport time than what it lost.
    """
    journal = event.journal.hex()
    return f"{event.epoch:08x}{event.lamport:012x}{journal}{event.seq:012x}"


def _entry_name(event: Event) -> str:
    return f"{event.journal.hex()}/{event.seq}"


def _rows(name: str, movement: Movement, event: Event) -> tuple[Posting, Posting]:
    def half(sign: int, mark: str, account: str) -> Posting:
        return Posting(
            posting=name + mark,
            movement=name,
            account=account,
            item=movement.item,
            count=sign * movement.count,
            kind=type(event.fact).__name__,
            order=_order(event),
            node=event.node.hex(),
            officer=event.officer.hex(),
            at_ms=event.wall_ms,
            text=_text(event),
        )

    return half(-1, "-", movement.source), half(1, "+", movement.target)


def _text(event: Event) -> str:
    match event.fact:
        case facts.StockReceived(document=text):
            return text
        case facts.StockCounted(reason=text):
            return text
        case facts.StockSpoiled(cause=text) | facts.CardSpoiled(cause=text):
            return text
    return ""


_TRANSFERS = (facts.StockSent, facts.StockArrived, facts.StockRelayed)


def _note_transfer(event: Event) -> None:
    fact = event.fact
    order = f"{event.lamport:012x}{event.journal.hex()}{event.seq:012x}"
    if isinstance(fact, facts.StockSent):
        row, _ = StockTransfer.objects.get_or_create(transfer=fact.transfer.hex())
        if order > row.sent_order:
            row.item, row.sent, row.to = fact.item, fact.count, fact.to.hex()
            row.sent_by, row.sent_order = event.node.hex(), order
            row.save()
    if isinstance(fact, facts.StockRelayed):
        _note_relayed(fact)
    if isinstance(fact, facts.StockArrived):
        row, _ = StockTransfer.objects.get_or_create(transfer=fact.transfer.hex())
        if order > row.arrived_order:
            row.arrived, row.arrived_by = fact.count, event.node.hex()
            row.arrived_order = order
            row.item = row.item or fact.item
            row.save()


def _note_relayed(fact: facts.StockRelayed) -> None:
    """The same half as if the sender's own fact had come; it moves no count here."""
    row, _ = StockTransfer.objects.get_or_create(transfer=fact.transfer.hex())
    order = f"{fact.lamport:012x}{fact.journal.hex()}{fact.seq:012x}"
    row.is_relayed = True
    if order > row.sent_order:
        row.item, row.sent, row.to = fact.item, fact.count, fact.to.hex()
        row.sent_by, row.sent_order = fact.sent_by.hex(), order
    row.save()


# --- questions ---------------------------------------------------------------------------


def balance(account: str, item: str = BLANKO) -> int:
    """What an account holds."""
    return _sum(Posting.objects.filter(account=account, item=item))


def _sum(rows: models.QuerySet[Posting]) -> int:
    return int(rows.aggregate(sum=Sum("count"))["sum"] or 0)


def on_hand(node: bytes, item: str = BLANKO) -> int:
    """How many pieces lie at an office, by the ledger."""
    return balance(office(node), item)


def used_at(node: bytes) -> int:
    """How many blanko became good cards at an office."""
    return balance(used(node))


def spoiled_at(node: bytes) -> int:
    """How many blanko were spoiled at an office."""
    return balance(spoiled(node))


def used_total() -> int:
    """How many blanko became good cards, at all offices."""
    return _sum(Posting.objects.filter(account__startswith="used:", item=BLANKO))


def ledger_sum() -> int:
    """All accounts together: zero, always."""
    return _sum(Posting.objects.all())


def balances(item: str = BLANKO) -> dict[str, int]:
    """Every account that holds something, by name."""
    rows = Posting.objects.filter(item=item).values("account").order_by("account")
    sums = rows.annotate(sum=Sum("count"))
    return {row["account"]: row["sum"] for row in sums if row["sum"]}


def transfer(transfer_: bytes) -> Transfer | None:
    """A transfer as known here, or None."""
    row = StockTransfer.objects.filter(pk=transfer_.hex()).first()
    return None if row is None else _transfer(row)


def on_the_way(to: bytes) -> list[Transfer]:
    """Transfers to an office that have not been counted there."""
    rows = StockTransfer.objects.filter(to=to.hex(), arrived=None)
    return [_transfer(row) for row in rows.order_by("sent_order")]


def open_differences() -> list[Transfer]:
    """Transfers where something else arrived than was sent: a person decides."""
    rows = StockTransfer.objects.exclude(sent=None).exclude(arrived=None)
    return [_transfer(row) for row in rows.exclude(sent=F("arrived"))]


def _transfer(row: StockTransfer) -> Transfer:
    return Transfer(
        transfer=bytes.fromhex(row.transfer),
        item=row.item,
        sent=row.sent,
        sent_by=bytes.fromhex(row.sent_by),
        to=bytes.fromhex(row.to),
        arrived=row.arrived,
    )
