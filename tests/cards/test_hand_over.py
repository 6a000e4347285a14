"""Handing a card to its person: once, to the right one, and then forgetting."""

from __future__ import annotations

import pytest

from perahu.cards import actions, reads
from perahu.cards.rules import OrderState, Proof
from perahu.words import Refusal
from tests.cards.world import CODE, World

FINGER = Proof(means="finger", score=60, threshold=40)


def hand_over(world: World, order: OrderState, proof: Proof) -> str:
    """The outcome: "ok", or the code of the refusal."""
    with world.at("Enggano") as journal:
        try:
            actions.hand_over(journal, world.ask(), order=order.order, proof=proof)
        except Refusal as refusal:
            return refusal.code
    return "ok"


def test_it_works(world: World) -> None:
    """A finger that matches takes the card, once."""
    order = world.ready()
    world.print(order)
    assert hand_over(world, order, FINGER) == "ok"
    assert hand_over(world, order, FINGER) == "handed_over_already"
    with world.at("Enggano"):
        assert reads.state(order.order) == "handed_over"
        assert reads.handed_over_total() == 1
        assert reads.state_counts()["handed_over"] == 1


def test_it_takes_the_code_on_the_proof(world: World) -> None:
    """As people type it: spaces, dashes and small letters do not matter."""
    order = world.ready()
    world.print(order)
    proof = Proof(means="code", code="ab23-cd45", collector="Ani, surat kuasa 3/2026")
    assert hand_over(world, order, proof) == "ok"


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        (Proof(means="finger", score=39, threshold=40), "finger_differs"),
        (Proof(means="finger", score=0, threshold=0), "finger_differs"),
        (Proof(means="code", code="AB23 CD46"), "code_differs"),
        (Proof(means="code", code=""), "code_differs"),
        (Proof(means="code", code="---"), "code_differs"),
        (Proof(means="face"), "unknown_choice"),
        (Proof(means="code", code=CODE, collector=" "), "unknown_choice"),
        (Proof(means="code", code=CODE, collector="x" * 201), "unknown_choice"),
    ],
)
def test_it_keeps_the_card_from_others(world: World, proof: Proof, code: str) -> None:
    """A finger or a code that does not fit, or no proof at all."""
    order = world.ready()
    world.print(order)
    assert hand_over(world, order, proof) == code


def test_it_has_nothing_to_hand_over_before_printing(world: World) -> None:
    """An order is no card."""
    assert hand_over(world, world.ready(), FINGER) == "not_printed"


def test_it_compares_with_the_templates_of_the_order(world: World) -> None:
    """The two index templates come with the order, told apart from the pictures."""
    order = world.ready()
    with world.at("Enggano") as journal:
        parts = actions.parts_of(journal, order=order.order, open_blob=world.open_blob)
    assert parts.templates == (b"FMR\x00left", b"FMR\x00right")
    assert parts.photo != parts.signature


def test_it_erases_the_parts_only_after_the_hand_over(world: World) -> None:
    """Photo, signature and templates leave the office with the card."""
    order = world.ready()
    world.print(order)
    with world.at("Enggano") as journal:
        assert actions.erase_parts(journal, order=order.order) == 0
    hand_over(world, order, FINGER)
    with world.at("Enggano") as journal:
        assert actions.erase_parts(journal, order=order.order) == 4
        assert not any(journal.blobs.has(sha) for sha in order.blobs)
        assert actions.erase_parts(journal, order=order.order) == 0
