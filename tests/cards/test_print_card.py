"""Printing a card: intent, printer, result, and every way it can go wrong between."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from perahu.cards import actions, actions_move, actions_stock, reads, reads_stock
from perahu.cards.actions import PrintAnswer
from perahu.cards.facts import PrintOrdered, PrintRightSent
from perahu.cards.rules import OrderState, Proof
from perahu.devices.card_image import render
from perahu.devices.card_ports import CardFace
from perahu.devices.printer_ports import CARD_PIXELS, PrinterState, PrintOutcome
from perahu.journal.journal import RECOUNT
from perahu.journal.types import Ask, Draft
from perahu.words import Refusal, Words
from tests.cards.world import ANI, CODE, RECORDING, World, create_biodata, picture
from tests.cast import BUDI, RATNA


def refused(world: World, order: OrderState, ask: Ask | None = None) -> str:
    """The code with which a print is refused; the printer hears nothing of it."""
    before = len(world.printer.jobs)
    with pytest.raises(Refusal) as caught:
        world.print(order, ask)
    assert len(world.printer.jobs) == before
    return caught.value.code


def on_hand(world: World) -> int:
    """Blanko at Enggano by the ledger, which balances."""
    with world.at("Enggano") as journal:
        assert reads_stock.ledger_sum() == 0
        return reads_stock.on_hand(journal.node_id)


def state(world: World, order: OrderState) -> str:
    """The order's state at Enggano."""
    with world.at("Enggano"):
        return reads.state(order.order)


def test_it_works(world: World) -> None:
    """One card, one blanko; the picture has the size of a card and names the attempt."""
    order = world.ready()
    with world.at("Enggano") as journal:
        queue = reads.print_queue(journal.node_id)
        assert [one.order for one in queue] == [order.order]
    answer = world.print(order)
    assert (answer.outcome, answer.attempt) == ("printed", 1)
    assert on_hand(world) == 9
    assert state(world, order) == "to_hand_over"
    job = world.printer.jobs[0]
    assert job.name == f"{order.order.hex()}-1"
    assert Image.open(BytesIO(job.image)).size == CARD_PIXELS
    with world.at("Enggano") as journal:
        assert reads.print_queue(journal.node_id) == []
        assert reads_stock.used_at(journal.node_id) == 1
        assert reads.printed_twice() == []


def test_it_prints_once_for_one_ask(world: World) -> None:
    """The same ask again gives the same answer, and no second card."""
    order, ask = world.ready(), world.ask()
    first = world.print(order, ask)
    again = world.print(order, ask)
    assert first == again
    assert len(world.printer.jobs) == 1
    assert refused(world, order) == "already_printed"


def test_it_never_repeats_after_a_crash(world: World) -> None:
    """Power cut while printing: shown to a person, refused to all, resolved by a look."""
    order, ask = world.ready(), world.ask()

    def cut() -> None:
        raise KeyboardInterrupt

    world.printer.while_printing = cut
    with pytest.raises(KeyboardInterrupt):
        world.print(order, ask)
    world.printer.while_printing = lambda: None
    world.restart("Enggano")
    assert state(world, order) == "look"
    assert refused(world, order) == "look_first"
    assert refused(world, order, ask) == "look_first"
    assert on_hand(world) == 10
    with world.at("Enggano") as journal:
        [(found, attempt)] = reads.to_look_at(journal.node_id)
        assert (found.order, attempt.attempt, attempt.state) == (
            order.order,
            1,
            "intended",
        )
        actions.resolve_attempt(
            journal, world.ask(), order=order.order, attempt=1, outcome="printed"
        )
    assert state(world, order) == "to_hand_over"
    assert on_hand(world) == 9
    assert refused(world, order) == "already_printed"


@pytest.mark.parametrize(
    ("seen", "cause", "left", "after"),
    [
        ("printed", "", 9, "to_hand_over"),
        ("spoiled", "GAGAL_CETAK", 9, "queued"),
        ("never_began", "", 10, "queued"),
    ],
)
def test_it_asks_a_person_when_it_is_uncertain(
    world: World, seen: str, cause: str, left: int, after: str
) -> None:
    """Uncertain blocks the order; what the person saw moves the blanko and opens it."""
    order = world.ready()
    world.printer.answers = [PrintOutcome("uncertain", "link lost after page 1")]
    answer = world.print(order)
    assert (answer.outcome, answer.says) == ("uncertain", "link lost after page 1")
    assert refused(world, order) == "look_first"
    with world.at("Enggano") as journal:
        ask = world.ask()
        for _ in range(2):
            actions.resolve_attempt(
                journal, ask, order=order.order, attempt=1, outcome=seen, cause=cause
            )
        with pytest.raises(Refusal) as caught:
            actions.resolve_attempt(
                journal, world.ask(), order=order.order, attempt=1, outcome="printed"
            )
        assert caught.value.code == "known_already"
    assert on_hand(world) == left
    assert state(world, order) == after
    if after == "queued":
        assert world.print(order).attempt == 2
        assert on_hand(world) == left - 1


def test_it_spoils_a_blanko_in_a_jam_and_tries_again(world: World) -> None:
    """A jam costs one blanko, accounted for; the second attempt is good."""
    order = world.ready()
    world.printer.answers = [PrintOutcome("spoiled", "media-jam", "GAGAL_CETAK")]
    assert world.print(order).outcome == "spoiled"
    assert state(world, order) == "queued"
    assert world.print(order).outcome == "printed"
    assert on_hand(world) == 8
    with world.at("Enggano") as journal:
        assert reads_stock.spoiled_at(journal.node_id) == 1
        assert reads_stock.used_total() == 1


def test_it_keeps_the_blanko_when_it_never_began(world: World) -> None:
    """A printer that surely took no card leaves the ledger as it was."""
    order = world.ready()
    world.printer.answers = [PrintOutcome("never_began", "no card in the hopper")]
    assert world.print(order).outcome == "never_began"
    assert on_hand(world) == 10
    assert world.print(order).attempt == 2


def test_it_takes_an_answer_it_does_not_know_as_uncertain(world: World) -> None:
    """A word outside the port's four is nobody's licence to print again."""
    order = world.ready()
    world.printer.answers = [PrintOutcome("perhaps", "?")]
    assert world.print(order).outcome == "uncertain"
    assert refused(world, order) == "look_first"


def test_it_looks_again_when_person_and_printer_differ(world: World) -> None:
    """Somebody resolved the attempt while it still printed: a person must look again."""
    order = world.ready()

    def impatient() -> None:
        with world.at("Enggano") as journal:
            actions.resolve_attempt(
                journal,
                world.ask(),
                order=order.order,
                attempt=1,
                outcome="never_began",
            )

    world.printer.while_printing = impatient
    answer = world.print(order)
    assert answer.outcome == "uncertain"
    assert "printed, after never_began" in answer.says
    assert state(world, order) == "look"
    world.printer.while_printing = lambda: None
    assert refused(world, order) == "look_first"


def test_it_is_content_when_person_and_printer_agree(world: World) -> None:
    """The same end noted twice is one card and one blanko."""
    order = world.ready()

    def quick() -> None:
        with world.at("Enggano") as journal:
            actions.resolve_attempt(
                journal, world.ask(), order=order.order, attempt=1, outcome="printed"
            )

    world.printer.while_printing = quick
    assert world.print(order).outcome == "printed"
    assert on_hand(world) == 9


@pytest.mark.parametrize(
    "now",
    [
        PrinterState(False, 40, 60, ("media-jam",), Words("macet", "jammed")),
        PrinterState(True, 0, 60, (), Words("kosong", "empty")),
        PrinterState(True, 40, 0, (), Words("ribbon habis", "ribbon empty")),
    ],
)
def test_it_leaves_a_printer_alone_that_is_not_ready(
    world: World, now: PrinterState
) -> None:
    """Jammed, without cards or without ribbon: no intent, no blanko."""
    order = world.ready()
    world.printer.now = now
    assert refused(world, order) == "printer_not_ready"
    assert state(world, order) == "queued"


def test_it_prints_where_the_printer_tells_nothing_of_its_stock(world: World) -> None:
    """Unknown is not empty."""
    order = world.ready()
    world.printer.now = PrinterState(True, None, None, (), Words("siap", "ready"))
    assert world.print(order).outcome == "printed"


def test_it_stops_at_the_last_blanko(world: World) -> None:
    """By the ledger, also while an attempt may hold the last one."""
    order = world.ready(blanko=1)
    world.bring_resident(ANI, create_biodata(nama="ANI"))
    other = world.order(ANI)
    world.printer.answers = [PrintOutcome("uncertain", "?")]
    world.print(order)
    assert refused(world, other) == "no_blanko"
    assert on_hand(world) == 1


def test_it_counts_again_after_a_restore(world: World) -> None:
    """A new epoch prints only after the blanko were counted by hand."""
    order = world.ready()
    with world.at("Enggano") as journal:
        journal.halt(RECOUNT)
    assert refused(world, order) == "recount_first"
    with world.at("Enggano") as journal:
        actions_stock.count_stock(
            journal, world.ask(), item="blanko", counted=8, reason="setelah pulih"
        )
    assert on_hand(world) == 8
    assert world.print(order).outcome == "printed"


def test_it_waits_for_the_seventeenth_birthday(world: World) -> None:
    """Sixteen is queued and refused; on the very day the card is printed."""
    world.stock()
    world.bring_resident(biodata=create_biodata(born=date(2009, 11, 22)))
    order = world.order()
    assert refused(world, order) == "too_young"
    world.district.members["Enggano"].clock.today = date(2026, 11, 22)
    assert world.print(order).outcome == "printed"


def test_it_prints_for_who_is_married(world: World) -> None:
    """Married or ever married counts as grown up (UU 24/2013 art. 63)."""
    world.stock()
    world.bring_resident(biodata=create_biodata(born=date(2010, 1, 1), status_kawin=2))
    assert world.print(world.order()).outcome == "printed"


def test_it_wants_to_know_the_person(world: World) -> None:
    """Without biodata nobody knows the age; the order stays queued."""
    world.stock()
    assert refused(world, world.order()) == "unknown_person"


def test_it_refuses_an_officer_without_the_right(world: World) -> None:
    """Nobody without a grant writes an intent."""
    order = world.ready()
    assert refused(world, order, world.ask("Enggano", b"nobody\0\0")) == "not_allowed"
    assert state(world, order) == "queued"


def test_it_does_not_begin_without_its_parts(world: World) -> None:
    """A photo still on the road, or none at all: refused before any intent."""
    order = world.ready()
    with world.at("Enggano") as journal:
        journal.blobs.remove(order.blobs[0])
    assert refused(world, order) == "blob_missing"
    assert state(world, order) == "queued"


def test_it_does_not_print_what_the_centre_took_back(world: World) -> None:
    """A cancelled order is out of the queue; a printed one is held back."""
    order = world.ready()
    world.bring_resident(ANI, create_biodata(nama="ANI"))
    other = world.order(ANI)
    world.print(other)
    with world.at("Hub") as hub:
        for one in (order, other):
            ask = world.ask("Hub", b"")
            actions.cancel_print(hub, ask, order=one.order, reason="DUPLICATE_RECORD")
        with pytest.raises(Refusal) as caught:
            actions.cancel_print(
                hub, world.ask("Hub", b""), order=order.order, reason="lagi"
            )
        assert caught.value.code == "cancelled_already"
    world.give()
    assert state(world, order) == "cancelled"
    assert refused(world, order) == "print_cancelled"
    assert state(world, other) == "held_back"
    with world.at("Enggano") as journal:
        proof = Proof(means="code", code=CODE)
        with pytest.raises(Refusal) as caught:
            actions.hand_over(journal, world.ask(), order=other.order, proof=proof)
        assert caught.value.code == "held_back"


def test_it_does_not_print_an_order_it_does_not_know(world: World) -> None:
    """The order is still on the road."""
    order = world.ready()
    with world.at("Enggano") as journal, pytest.raises(Refusal) as caught:
        actions.print_card(
            journal,
            world.ask(),
            world.printer,
            order=bytes(12),
            open_blob=world.open_blob,
            draw=render,
        )
    assert caught.value.code == "unknown_order"
    assert order.order != bytes(12)


def test_it_orders_a_card_once(world: World) -> None:
    """A second order of the same version is refused; after a cancelled one it is not."""
    order = world.ready()
    with pytest.raises(Refusal) as caught:
        world.order()
    assert caught.value.code == "ordered_already"
    with world.at("Hub") as hub:
        actions.cancel_print(
            hub, world.ask("Hub", b""), order=order.order, reason="salah kantor"
        )
    assert world.order().order != order.order


def test_it_moves_the_right_in_two_halves(world: World) -> None:
    """Sent away it is printed nowhere; taken back it is printed once."""
    order, ask = world.ready(), world.ask()
    kapal = world.district.members["Kapal"].node_id
    with world.at("Enggano") as journal:
        for _ in range(2):
            actions_move.send_order(
                journal, ask, order=order.order, to=kapal, open_blob=world.open_blob
            )
    assert refused(world, order) == "right_on_its_way"
    with world.at("Enggano") as journal, pytest.raises(Refusal) as caught:
        actions_move.take_order(journal, world.ask(), order=order.order)
    assert caught.value.code == "right_not_coming"


def test_it_takes_a_right_that_comes(world: World) -> None:
    """The hub held it; Enggano takes it once and prints."""
    world.bring_resident()
    world.stock()
    hub_id = world.journals["Hub"].node_id
    enggano = world.journals["Enggano"].node_id
    ids: dict[str, Any] = {"person": BUDI, "order": b"order-000009"}
    blobs = world.sealed(picture())
    ordered = PrintOrdered(**ids, home=hub_id, recording=RECORDING, kind="HILANG")
    sent = PrintRightSent(**ids, to=enggano)
    with world.at("Hub") as hub, hub.writing() as book:
        drafts = [Draft(ordered, tuple(blobs), enggano), Draft(sent, (), enggano)]
        book.append(world.ask("Hub", RATNA), drafts)
    world.give()
    ask = world.ask()
    with world.at("Enggano") as journal:
        for _ in range(2):
            actions_move.take_order(journal, ask, order=ids["order"])
        state_ = reads.order_of_recording(RECORDING)
    assert state_ is not None and state_.holder == enggano
    assert world.print(state_).outcome == "printed"


def test_it_hands_over_and_orders_once_for_one_ask(world: World) -> None:
    """The same ask again is the same receipt, for every action of cards."""
    order = world.ready()
    world.print(order)
    proof, ask = Proof(means="code", code=CODE), world.ask()
    with world.at("Enggano") as journal:
        receipts = [
            actions.hand_over(journal, ask, order=order.order, proof=proof)
            for _ in range(2)
        ]
    assert receipts[0] == receipts[1]
    cancel = world.ask("Hub", b"")
    with world.at("Hub") as hub:
        for _ in range(2):
            actions.cancel_print(hub, cancel, order=order.order, reason="DUP")
        asked = world.ask("Hub", b"")
        for _ in range(2):
            actions.order_print(
                hub,
                asked,
                person=ANI,
                recording=b"recording-02",
                home=world.journals["Enggano"].node_id,
                kind="HILANG",
                blobs=[],
                pickup=b"",
            )
        assert len(reads.orders_of(ANI)) == 1


def test_it_does_not_print_for_two_desks_that_ask_the_same(world: World) -> None:
    """One ask sent twice at once: whoever comes second learns that it was begun."""
    order, ask = world.ready(), world.ask()
    drawn: list[PrintAnswer] = []

    def draw_slowly(face: CardFace, *, photo: bytes, signature: bytes) -> bytes:
        if not drawn:
            drawn.append(world.print(order, ask))
        return render(face, photo=photo, signature=signature)

    with world.at("Enggano") as journal:
        answer = actions.print_card(
            journal,
            ask,
            world.printer,
            order=order.order,
            open_blob=world.open_blob,
            draw=draw_slowly,
        )
    assert [answer] == drawn
    assert len(world.printer.jobs) == 1
