"""What a desk and the hub do with cards; each is done once per ask.

Printing is two facts with the printer between them, and the printer is never called
while the book is being written:

1. everything that can go wrong without a card goes wrong first: rules, parts, picture;
2. `PrintIntended` is flushed; only then does the printer hear of it;
3. its answer becomes a fact. A crash in between leaves an intent without an end, which a
   person looks at (`resolve_attempt`); it is never printed again by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from perahu.cards import reads, reads_stock, rules, rules_order
from perahu.cards.rules import Holder, OrderState, Outcome, PrintView, Proof
from perahu.cards.rules_card import CardParts, face_of, sort_parts
from perahu.cards.rules_order import Request
from perahu.devices.card_ports import DrawCard
from perahu.devices.printer_ports import CardJob, CardPrinter, PrintOutcome
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, BlobRef, Draft, Level, Receipt
from perahu.journal.writer import Writer
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.words import Refusal

OpenBlob = Callable[[bytes], bytes]
"""Opens a part that was sealed to this office."""


@dataclass(frozen=True, slots=True)
class PrintAnswer:
    """How a print ended, as noted in the book."""

    receipt: Receipt
    attempt: int
    outcome: str
    """printed, spoiled, never_began, or uncertain: then somebody looks."""
    says: str


def print_card(
    journal: Journal,
    ask: Ask,
    printer: CardPrinter,
    *,
    order: bytes,
    open_blob: OpenBlob,
    draw: DrawCard,
) -> PrintAnswer:
    """Print one card. Raises Refusal with nothing used, unless its code is look_first."""
    if journal.receipt(ask.op_id):
        return _asked_before(journal, ask, order)
    printer_name = _check_printer(printer)
    state, biodata = _check_print(journal, ask, order, printer_name)
    parts = parts_of(journal, order=order, open_blob=open_blob)
    face = face_of(biodata, journal.chain.issuing.kabupaten, ask.at.today)
    image = draw(face, photo=parts.photo, signature=parts.signature)
    with journal.writing() as book:
        if book.done(ask.op_id):
            return _asked_before(journal, ask, order)
        view = _view(journal, book, ask, order, printer_name)
        intent = rules.decide_print(view)
        book.append(ask, [Draft(intent)])
    job = CardJob(f"{order.hex()}-{intent.attempt}", image)
    answer = printer.print(job)
    receipt = _note_answer(journal, ask, state.order, intent.attempt, answer)
    journal.seal()
    return _answer_of(journal, receipt, order, intent.attempt)


def _asked_before(journal: Journal, ask: Ask, order: bytes) -> PrintAnswer:
    """The same ask once more: the printer is not called again, whatever became of it."""
    receipt = journal.receipt(_result_op(ask.op_id))
    state = rules.check_known(reads.order(order))
    mine = [a for a in state.attempts if a.node == journal.node_id]
    if receipt is None or not mine:
        raise Refusal(
            "look_first",
            id="Cetakan ini sudah dimulai dan hasilnya belum diketahui; tidak diulang "
            "sendiri. Lihat printer, lalu catat apa yang terjadi.",
            en="This print was begun and its end is not known; it is not repeated by "
            "itself. Look at the printer, then note what happened.",
        )
    return _answer_of(journal, receipt, order, max(a.attempt for a in mine))


def _result_op(op_id: bytes) -> bytes:
    """The id of the result of a print asked for under `op_id`: the same every time."""
    return hashlib.sha256(b"PRH1-print-result" + op_id).digest()[:16]


def _check_printer(printer: CardPrinter) -> str:
    """Refuses while the printer says it cannot; gives what it has left, for the intent."""
    state = printer.state()
    if not state.ready or state.cards == 0 or state.ribbon_percent == 0:
        raise Refusal(
            "printer_not_ready",
            id=f"Printer belum siap: {state.words.id} Belum ada blanko yang dipakai; "
            "perbaiki, lalu cetak lagi.",
            en=f"The printer is not ready: {state.words.en} No blanko was used; mend it, "
            "then print again.",
        )
    return (
        f"cards {_or_unknown(state.cards)}, ribbon {_or_unknown(state.ribbon_percent)}"
    )


def _or_unknown(count: int | None) -> str:
    return "?" if count is None else str(count)


def _check_print(
    journal: Journal, ask: Ask, order: bytes, printer: str
) -> tuple[OrderState, Biodata]:
    """Everything the rules ask, before parts are opened and drawn."""
    with journal.writing() as book:
        view = _view(journal, book, ask, order, printer)
        rules.decide_print(view)
    assert view.order is not None
    biodata = people.biodata(people.person_of(view.order.person))
    assert biodata is not None, "the rules asked for the person's age"
    return view.order, biodata


def _view(
    journal: Journal, book: Writer, ask: Ask, order: bytes, printer: str
) -> PrintView:
    state, node = reads.order(order), book.node_id
    biodata = people.biodata(people.person_of(state.person)) if state else None
    return PrintView(
        order=state,
        node=node,
        holder=_holder(biodata),
        today=ask.at.today,
        umur_cetak_min=book.authority.policy.umur_cetak_min,
        on_hand=reads_stock.on_hand(node),
        under_way=reads.under_way(node),
        printed_elsewhere=reads.printed_elsewhere(state) if state else 0,
        halts=journal.halts(),
        printer=printer,
    )


def _holder(biodata: Biodata | None) -> Holder | None:
    if biodata is None:
        return None
    return Holder(born=biodata.tanggal_lahir, status_kawin=biodata.status_kawin)


def parts_of(journal: Journal, *, order: bytes, open_blob: OpenBlob) -> CardParts:
    """Photo, signature and index templates of an order, opened at its office.

    Raises Refusal "blob_missing" while one of them is still on the road.
    """
    state = rules.check_known(reads.order(order))
    return sort_parts([open_blob(journal.blobs.read(sha)) for sha in state.blobs])


def _note_answer(
    journal: Journal, ask: Ask, order: bytes, attempt: int, answer: PrintOutcome
) -> Receipt:
    """What the printer said becomes a fact, dated by when it said it."""
    with journal.writing() as book:
        later = replace(ask, op_id=_result_op(ask.op_id), at=book.now)
        outcome = Outcome(answer.outcome, answer.cause, answer.says)
        state = rules.check_known(reads.order(order))
        fact = rules.decide_result(state, book.node_id, attempt, outcome)
        if fact is not None:
            return book.append(later, [Draft(fact)])
        receipt = book.done(ask.op_id)
        assert receipt is not None, "the intent stands"
        return receipt


def _answer_of(
    journal: Journal, receipt: Receipt, order: bytes, attempt: int
) -> PrintAnswer:
    state = rules.check_known(reads.order(order))
    found = state.attempt(journal.node_id, attempt)
    assert found is not None
    return PrintAnswer(receipt, attempt, found.state, found.says)


def resolve_attempt(
    journal: Journal,
    ask: Ask,
    *,
    order: bytes,
    attempt: int,
    outcome: str,
    cause: str = "",
) -> Receipt:
    """A person looked: printed, spoiled (with its cause), or never_began."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        state = rules.check_known(reads.order(order))
        seen = Outcome(outcome, cause)
        fact = rules.decide_resolve(state, book.node_id, attempt, seen)
        return book.append(ask, [Draft(fact)])


def hand_over(journal: Journal, ask: Ask, *, order: bytes, proof: Proof) -> Receipt:
    """Give the card to its person, by finger or by code."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fact = rules.decide_hand_over(reads.order(order), book.node_id, proof)
        return book.append(ask, [Draft(fact)])


def erase_parts(journal: Journal, *, order: bytes) -> int:
    """After hand-over: the photo, signature and templates leave this office. How many.

    What this office sealed for another one waits until the hub holds it: a fact is not
    received before its blobs are.
    """
    state = rules.check_known(reads.order(order))
    if not state.handed_over:
        return 0
    sealed_here = reads.blobs_sent_by(order, journal.node_id)
    here = [
        sha
        for sha in state.all_blobs
        if journal.blobs.has(sha)
        and (sha not in sealed_here or journal.blob_level(sha) >= Level.RECEIVED)
    ]
    for sha in here:
        journal.blobs.remove(sha)
    return len(here)


# --- the hub ------------------------------------------------------------------------------


def order_print(
    journal: Journal,
    ask: Ask,
    *,
    person: bytes,
    recording: bytes,
    home: bytes,
    kind: str,
    blobs: Sequence[BlobRef],
    pickup: bytes,
) -> Receipt:
    """The centre said PRR: give one office the right to print this card once.

    The blobs are the photo, the signature and the index templates, sealed to that office.
    """
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        request = Request(
            person=person,
            order=journal.ports.random(12),
            home=home,
            recording=recording,
            kind=kind,
            pickup=pickup,
        )
        offices = list(book.authority.nodes())
        fact = rules_order.decide_order(request, reads.orders_of(person), offices)
        return book.append(ask, [Draft(fact, tuple(blobs), audience=home)])


def cancel_print(journal: Journal, ask: Ask, *, order: bytes, reason: str) -> Receipt:
    """The centre took the order back: not printed any more, or held back."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        state = reads.order(order)
        fact = rules_order.decide_cancel(state, reason)
        assert state is not None
        return book.append(ask, [Draft(fact, audience=state.place)])
