"""Print rights and printed cards on their way from one office to another, in two halves.

- The parts of the card are sealed anew to whoever gets it, before the first half is
  stated; only the office that the hub ordered it at keeps its own and is sent none.
- Nobody prints and nobody hands over between the halves.
- Every move is done once for each ask, and looks at the book, not at what was asked.
"""

from __future__ import annotations

from perahu.cards import reads, reads_district, rules, rules_order
from perahu.cards.actions import OpenBlob
from perahu.cards.rules import OrderState
from perahu.journal.journal import Journal
from perahu.journal.types import PART, Ask, BlobRef, Draft, Receipt
from perahu.journal.types import PHOTO as PHOTO_CLASS
from perahu.keys.sealing import seal_blob
from perahu.words import Refusal


def send_order(
    journal: Journal, ask: Ask, *, order: bytes, to: bytes, open_blob: OpenBlob
) -> Receipt:
    """Give an order's right, or its printed card, to another office.

    Raises Refusal "blob_missing" while a part of the card is still on the road to us.
    """
    if done := journal.receipt(ask.op_id):
        return done
    state = rules.check_known(reads.order(order))
    blobs = sealed_for(journal, state, to, open_blob)
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        decide = (
            rules_order.decide_send_card
            if state.printed
            else rules_order.decide_send_right
        )
        offices = list(book.authority.nodes())
        fact = decide(reads.order(order), book.node_id, to, offices)
        return book.append(ask, [Draft(fact, blobs)])


def take_order(journal: Journal, ask: Ask, *, order: bytes) -> Receipt:
    """Take a right, or take in a card, that was sent here."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        state = reads.order(order)
        is_card = state is not None and state.printed
        decide = (
            rules_order.decide_take_card if is_card else rules_order.decide_take_right
        )
        fact = decide(state, book.node_id, reads.right_sent_by(order))
        return book.append(ask, [Draft(fact)])


def sealed_for(
    journal: Journal, state: OrderState, to: bytes, open_blob: OpenBlob
) -> tuple[BlobRef, ...]:
    """The parts of a card sealed to an office; none where the hub sealed them to it."""
    if to == state.home:
        return ()
    node = journal.authority.nodes().get(to)
    if node is None:
        raise Refusal(
            "unknown_office",
            id="Simpul tujuan tidak dikenal atau sudah dicabut; tidak ada yang dikirim.",
            en="The node it goes to is unknown or revoked; nothing was sent.",
        )
    found = []
    for sha in state.sealed.get(journal.node_id, ()):
        known = journal.blobs.cited(sha)
        blob_class = known.blob_class if known else PART
        assert blob_class in (PHOTO_CLASS, PART)
        content = open_blob(journal.blobs.read(sha))
        found.append(
            journal.blobs.put(seal_blob(content, [node.age_recipient]), blob_class)
        )
    return tuple(found)


def forget_sent_parts(journal: Journal, *, order: bytes) -> int:
    """What was sealed to us of a card that is here no more leaves this node. How many.

    Not where the hub ordered it: the right may come back to that office.
    """
    state = rules.check_known(reads.order(order))
    us = journal.node_id
    if us in (state.holder, state.home):
        return 0
    here = [sha for sha in state.sealed.get(us, ()) if journal.blobs.has(sha)]
    for sha in here:
        journal.blobs.remove(sha)
    return len(here)


def relay_moves(journal: Journal, ask: Ask) -> int:
    """At the hub: tell offices of what others sent to them. How many were told.

    A right is told of once every part of its card is here to go along.
    """
    nodes, drafts = journal.authority.nodes(), list[Draft]()
    for one in reads_district.moves_to_relay(nodes):
        refs = [journal.blobs.cited(sha) for sha in one.blobs]
        blobs = tuple(ref for ref in refs if ref and journal.blobs.has(ref.sha256))
        if len(blobs) == len(one.blobs):
            drafts.append(Draft(one.fact, blobs, audience=one.fact.to))
    # What the hub sent itself stands in its own journal for the receiver.
    for fact in reads_district.stock_to_relay(nodes, journal.node_id):
        drafts.append(Draft(fact, audience=fact.to))
    if drafts:
        with journal.writing() as book:
            book.append(ask, drafts)
    return len(drafts)
