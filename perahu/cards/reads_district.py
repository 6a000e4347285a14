"""What a kabupaten asks of all offices' cards and stock at once, and of one's ledger.

Example: `cards_by_office()[node]["queued"]` is how many wait for print, and since when.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, Min, Sum

from perahu.cards import facts
from perahu.cards.facts import ITEMS
from perahu.cards.models import Posting, PrintOrder, StockTransfer
from perahu.cards.reads import (
    CANCELLED,
    CARD_MOVING,
    HANDED_OVER,
    HELD_BACK,
    MOVING,
    STATES,
    TO_HAND_OVER,
)
from perahu.cards.rules_stock import BLANKO, difference, office, spoiled, used
from perahu.enrolment.reads_hub import Heap

LEDGER_ROWS_MAX = 500
_OPEN_STATES = tuple(one for one in STATES if one not in (HANDED_OVER, CANCELLED))


def cards_by_office() -> dict[bytes, dict[str, Heap]]:
    """Orders by office and state; a right that is on its way counts where it goes."""
    # What was handed over is nearly all of it, and waits for nobody.
    rows = PrintOrder.objects.filter(state__in=_OPEN_STATES).exclude(ordered_order="")
    grouped = rows.values_list("state", "holder", "moving_to").annotate(
        n=Count("pk"), ordered=Min("ordered_ms"), printed=Min("printed_ms")
    )
    found: dict[bytes, dict[str, Heap]] = {}
    for state, holder, moving_to, n, ordered, printed in grouped.order_by("state"):
        node = holder or moving_to
        since = printed if state in (TO_HAND_OVER, HELD_BACK) else ordered
        heaps = found.setdefault(bytes.fromhex(node), {})
        heaps[state] = heaps.get(state, Heap()) + Heap(n, since)
    return found


# --- stock ---------------------------------------------------------------------------------


Sums = dict[tuple[str, str], int]
"""(account, item) to what it holds."""


def ledger_sums() -> Sums:
    """What every account holds of every item: the whole ledger, read once."""
    grouped = Posting.objects.values_list("account", "item").annotate(sum=Sum("count"))
    found = grouped.order_by("account", "item")
    return {(account, item): total for account, item, total in found}


def stock_by_office(sums: Sums) -> dict[bytes, dict[str, int]]:
    """What lies at every office by the ledger, by item; an item never seen is absent."""
    found: dict[bytes, dict[str, int]] = {}
    for (account, item), total in sums.items():
        if account.startswith("office:"):
            found.setdefault(_node_in(account), {})[item] = total
    return found


@dataclass(frozen=True, slots=True)
class Use:
    """Blanko that became cards or waste since a moment."""

    count: int
    first_ms: int


def blanko_used_since(since_ms: int, nodes: Sequence[bytes]) -> dict[bytes, Use]:
    """What each of these offices used up since then: for how long its stock will last."""
    # Whole names, not a beginning of them: so the index finds the time too.
    accounts = [name for node in nodes for name in (used(node), spoiled(node))]
    rows = Posting.objects.filter(
        account__in=accounts, item=BLANKO, at_ms__gte=since_ms
    )
    summed = rows.values_list("account").annotate(sum=Sum("count"), first=Min("at_ms"))
    found: dict[bytes, Use] = {}
    for account, total, first in summed.order_by("account"):
        known = found.get(_node_in(account), Use(0, first))
        use = Use(known.count + total, min(known.first_ms, first))
        found[_node_in(account)] = use
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A transfer that was sent and not counted on arrival yet."""

    transfer: bytes
    item: str
    count: int
    sent_by: bytes
    to: bytes
    sent_ms: int


def on_the_way_to_all() -> list[Way]:
    """Every transfer on its way, oldest first."""
    rows = StockTransfer.objects.filter(arrived=None).exclude(sent=None)
    waiting = list(rows.order_by("sent_order"))
    names = [f"transit:{row.transfer}" for row in waiting]
    posted = Posting.objects.filter(account__in=names, kind="StockSent")
    sent = dict(posted.values_list("account", "at_ms"))
    return [
        Way(
            transfer=bytes.fromhex(row.transfer),
            item=row.item,
            count=row.sent or 0,
            sent_by=bytes.fromhex(row.sent_by),
            to=bytes.fromhex(row.to),
            sent_ms=sent.get(f"transit:{row.transfer}", 0),
        )
        for row in waiting
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Miscount:
    """A count by hand that found something else than the ledger."""

    node: bytes
    item: str
    found: int
    """Too many where positive, too few where negative."""
    at_ms: int
    officer: bytes
    reason: str


def miscounts_since(since_ms: int, nodes: Sequence[bytes]) -> list[Miscount]:
    """The counts of these offices with a difference since then, newest first."""
    rows = Posting.objects.filter(
        account__in=[difference(node) for node in nodes],
        item__in=ITEMS,
        at_ms__gte=since_ms,
    )
    return [
        Miscount(
            node=bytes.fromhex(row.node),
            item=row.item,
            found=-row.count,
            at_ms=row.at_ms,
            officer=bytes.fromhex(row.officer),
            reason=row.text,
        )
        for row in rows.exclude(count=0).order_by("-at_ms", "posting")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Where every piece of an item is; together they are what was received."""

    received: int
    """From outside the kabupaten."""
    at_offices: int
    here: int
    """At the node that asks."""
    on_the_way: int
    used: int
    spoiled: int
    missing: int
    """Not found by counting, or never arrived; negative where too many were found."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is unaccounted for: so by the ledger's very making."""
        held = self.at_offices + self.here + self.on_the_way
        return self.received == held + self.used + self.spoiled + self.missing


def whole_of(item: str, here: bytes, ledger: Sums) -> Whole:
    """The whole kabupaten's stock of an item, as this book has it."""
    sums: dict[str, int] = {}
    for (account, held), count in ledger.items():
        if held == item:
            kind = account.partition(":")[0]
            sums[kind] = sums.get(kind, 0) + count
    at_node = ledger.get((office(here), item), 0)
    under_way = sum(w.count for w in on_the_way_to_all() if w.item == item)
    lost = sums.get("transit", 0) - under_way
    return Whole(
        received=-sums.get("outside", 0),
        at_offices=sums.get("office", 0) - at_node,
        here=at_node,
        on_the_way=under_way,
        used=sums.get("used", 0),
        spoiled=sums.get("spoiled", 0),
        missing=lost + sums.get("difference", 0),
    )


# --- the ledger of one office -------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One movement at an office, with what lies there after it."""

    at_ms: int
    item: str
    count: int
    left: int
    kind: str
    """The name of the fact."""
    other: str
    """The account on the other side."""
    officer: bytes
    text: str


def ledger_of(node: bytes, item: str, limit: int = 100) -> list[LedgerRow]:
    """What was moved at an office, newest first."""
    assert 0 < limit <= LEDGER_ROWS_MAX, "a page of the ledger"
    account = office(node)
    rows = Posting.objects.filter(account=account, item=item)
    left = int(rows.aggregate(sum=Sum("count"))["sum"] or 0)
    shown = list(rows.order_by("-at_ms", "-posting")[:limit])
    other = _other_sides(account, [row.movement for row in shown])
    found = []
    for row in shown:
        found.append(
            LedgerRow(
                at_ms=row.at_ms,
                item=item,
                count=row.count,
                left=left,
                kind=row.kind,
                other=other.get(row.movement, ""),
                officer=bytes.fromhex(row.officer),
                text=row.text,
            )
        )
        left -= row.count
    return found


def _other_sides(account: str, movements: Sequence[str]) -> dict[str, str]:
    rows = Posting.objects.filter(movement__in=movements).exclude(account=account)
    return dict(rows.values_list("movement", "account"))


def totals_of(node: bytes, item: str = BLANKO) -> dict[str, int]:
    """Where an item went at an office: on hand, used, spoiled, and found by counting."""
    accounts = {
        "on_hand": office(node),
        "used": used(node),
        "spoiled": spoiled(node),
        "difference": difference(node),
    }
    rows = Posting.objects.filter(account__in=accounts.values(), item=item)
    sums = dict(rows.values_list("account").annotate(sum=Sum("count")).order_by())
    return {name: sums.get(account, 0) for name, account in accounts.items()}


def _node_in(account: str) -> bytes:
    return bytes.fromhex(account.partition(":")[2])


# --- what one office sent another ---------------------------------------------------------


def moves_to_relay(nodes: Collection[bytes], limit: int = 200) -> list[Relay]:
    """What one node sent to one of these and the hub has not passed on, oldest first."""
    rows = PrintOrder.objects.filter(state__in=(MOVING, CARD_MOVING))
    rows = rows.filter(moving_to__in=[node.hex() for node in nodes])
    found = []
    for row in rows.order_by("told_order", "order").iterator():
        sent = [move for move in json.loads(row.moves) if move[1] == "sent"]
        key, _, node, to, is_card, blobs = sent[-1]
        if to == row.moving_to and key > row.relayed_order:
            found.append(
                Relay(
                    fact=_relay_of(row, key, node, to, bool(is_card)),
                    blobs=tuple(map(bytes.fromhex, blobs)),
                )
            )
        if len(found) == limit:
            break
    return found


@dataclass(frozen=True, slots=True)
class Relay:
    """A move that the hub is to tell its receiver of, with the blobs it cites."""

    fact: facts.MoveRelayed
    blobs: tuple[bytes, ...]


def _relay_of(
    row: PrintOrder, key: str, node: str, to: str, is_card: bool
) -> facts.MoveRelayed:
    return facts.MoveRelayed(
        person=bytes.fromhex(row.person),
        order=bytes.fromhex(row.order),
        to=bytes.fromhex(to),
        sent_by=bytes.fromhex(node),
        journal=bytes.fromhex(key[12:44]),
        seq=int(key[44:], 16),
        lamport=int(key[:12], 16),
        is_card=is_card,
        kind=row.kind,
        document=row.document,
        recording=bytes.fromhex(row.recording),
        pickup=bytes.fromhex(row.pickup),
        ordered_ms=row.ordered_ms,
    )


def stock_to_relay(
    nodes: Collection[bytes], hub: bytes, limit: int = 200
) -> list[facts.StockRelayed]:
    """Transfers to one of these that the hub did not send, nor tell the receiver of."""
    rows = StockTransfer.objects.filter(arrived=None, is_relayed=False)
    rows = rows.filter(to__in=[node.hex() for node in nodes]).exclude(sent=None)
    found = rows.exclude(sent_by=hub.hex()).order_by("sent_order")[:limit]
    return [
        facts.StockRelayed(
            transfer=bytes.fromhex(row.transfer),
            item=row.item,
            count=row.sent or 0,
            to=bytes.fromhex(row.to),
            sent_by=bytes.fromhex(row.sent_by),
            journal=bytes.fromhex(row.sent_order[12:44]),
            seq=int(row.sent_order[44:], 16),
            lamport=int(row.sent_order[:12], 16),
        )
        for row in found
    ]
