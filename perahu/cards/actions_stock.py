"""What is done with blanko, ribbon and film; each is done once per ask.

Every action leaves two rows in the ledger whose sum is zero; what a person counted
stands beside what the ledger said, with the reason.
"""

from __future__ import annotations

from perahu.cards import reads_stock, rules_stock
from perahu.cards.facts import StockCounted
from perahu.cards.rules_stock import BLANKO
from perahu.journal.journal import CLONE, RECOUNT, Journal
from perahu.journal.types import Ask, Draft, Receipt
from perahu.keys.certificates import HUB_ROLES


def receive_stock(
    journal: Journal, ask: Ask, *, item: str, count: int, source: str, document: str
) -> Receipt:
    """Stock came from outside the kabupaten, with its delivery note."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules_stock.decide_receive(item, count, source, document)
        return book.append(ask, [Draft(fact)])


def send_stock(
    journal: Journal, ask: Ask, *, transfer: bytes, item: str, count: int, to: bytes
) -> Receipt:
    """First half of a transfer; the asker minted the 12 bytes of its id."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        on_hand = reads_stock.on_hand(book.node_id, item)
        fact = rules_stock.decide_send(transfer, item, count, to, on_hand)
        # Only the hub has journals for others; from an office the hub hears it first.
        audience = to if journal.role in HUB_ROLES else b""
        return book.append(ask, [Draft(fact, audience=audience)])


def arrive_stock(journal: Journal, ask: Ask, *, transfer: bytes, count: int) -> Receipt:
    """Second half: what was counted here, also where it is not what was sent."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        known = reads_stock.transfer(transfer)
        fact = rules_stock.decide_arrive(known, book.node_id, count)
        return book.append(ask, [Draft(fact)])


def spoil_stock(
    journal: Journal, ask: Ask, *, item: str, count: int, cause: str
) -> Receipt:
    """Pieces found unusable, outside a print."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        on_hand = reads_stock.on_hand(book.node_id, item)
        fact = rules_stock.decide_spoil(item, count, cause, on_hand)
        return book.append(ask, [Draft(fact)])


def count_stock(
    journal: Journal,
    ask: Ask,
    *,
    item: str,
    counted: int,
    reason: str = "",
    is_restored: bool = False,
) -> Receipt:
    """A count by hand; of blanko it lets a restored node, or one that had a twin, print again.

    It is the last word on this node's stock. Where another machine of this node has gone on
    in a later epoch, it could not be: this one goes on in the next. So it does where its
    people say that they put a backup back: what nobody else had heard no machine can miss.
    """
    is_new = journal.receipt(ask.op_id) is None
    if is_new and (is_restored or _has_later_epoch(journal)):
        journal.catch_up()
        # Refused, if at all, before an epoch is over.
        _counted(journal.node_id, item, counted, reason)
        journal.begin_epoch()
    with journal.writing() as book:
        done = book.done(ask.op_id)
        if done is None:
            fact = _counted(book.node_id, item, counted, reason)
            done = book.append(ask, [Draft(fact)])
    # After the fact is in the book: a crash in between only asks for one more count.
    # A twin that goes on all the same halts it again at its next contact.
    if item == BLANKO:
        for reason_halted in (RECOUNT, CLONE):
            journal.resume(reason_halted)
    return done


def _counted(node: bytes, item: str, counted: int, reason: str) -> StockCounted:
    on_hand = reads_stock.on_hand(node, item)
    return rules_stock.decide_count(item, counted, on_hand, reason)


def _has_later_epoch(journal: Journal) -> bool:
    rows = journal.journals()
    return any(row.own and row.head_seq and row.epoch > journal.epoch for row in rows)
