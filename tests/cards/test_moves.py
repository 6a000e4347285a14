"""Rights and cards on the move: folded the same in any order, and by whoever may."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from perahu.cards import facts, reads, reads_district, reads_stock
from perahu.cards.rules_order import (
    decide_send_card,
    decide_send_right,
    decide_take_card,
    decide_take_right,
)
from perahu.journal.types import BlobRef, Event
from perahu.words import Refusal
from tests.cards.test_reads import IDS, ORDER, intended, ordered, printed
from tests.enrolment.builders import (
    ENGGANO,
    HUB,
    JOURNALS,
    KETAHUN,
    Feed,
    feed,
    tables_at,
)

KAPAL = b"kapal-node-00001"
JOURNALS.setdefault(KAPAL, b"kapal-journal-01")
FOR_KAPAL = BlobRef(b"for kapal".ljust(32, b"."), 100, 2)
DETAILS: dict[str, Any] = {
    "kind": "BELUM_PERNAH", "recording": b"recording-01", "pickup": b"p" * 32,
    "ordered_ms": 77,
}  # fmt: skip


def relayed(event: Event) -> facts.MoveRelayed:
    """What the hub says of a move it has heard."""
    fact = event.fact
    assert isinstance(fact, facts.PrintRightSent | facts.CardSent)
    return facts.MoveRelayed(
        **IDS, **DETAILS, to=fact.to, sent_by=event.node, journal=event.journal,
        seq=event.seq, lamport=event.lamport, is_card=isinstance(fact, facts.CardSent),
    )  # fmt: skip


def a_trip() -> list[Event]:
    """Out, printed in the field, and the card back with the laptop; the hub relays both."""
    story = Feed()
    story.add(ordered(), node=HUB)
    out = story.add(
        facts.PrintRightSent(**IDS, **DETAILS, to=KAPAL),
        node=ENGGANO,
        blobs=(FOR_KAPAL,),
    )
    story.add(relayed(out), node=HUB, blobs=(FOR_KAPAL,))
    story.add(facts.PrintRightTaken(**IDS, sent_by=ENGGANO), node=KAPAL)
    story.add(intended(), node=KAPAL)
    story.add(printed(), node=KAPAL)
    back = story.add(facts.CardSent(**IDS, **DETAILS, to=ENGGANO), node=KAPAL)
    story.add(facts.CardTaken(**IDS, sent_by=KAPAL), node=ENGGANO)
    story.add(relayed(back), node=HUB)
    return story.events


def test_it_works(tmp_path: Path) -> None:
    """After each step exactly one node holds it, or it is on its way."""
    wanted = [
        ("queued", ENGGANO, b""), ("moving", b"", KAPAL), ("moving", b"", KAPAL),
        ("queued", KAPAL, b""), ("look", KAPAL, b""), ("to_hand_over", KAPAL, b""),
        ("card_moving", b"", ENGGANO), ("to_hand_over", ENGGANO, b""),
        ("to_hand_over", ENGGANO, b""),
    ]  # fmt: skip
    with tables_at(tmp_path) as tables:
        for event, (state, holder, to) in zip(a_trip(), wanted, strict=True):
            feed(tables, [event])
            found = reads.order(ORDER)
            assert found is not None
            assert (reads.state(ORDER), found.holder, found.moving_to) == (
                state,
                holder,
                to,
            )
        assert reads_stock.used_at(KAPAL) == 1 and reads_stock.ledger_sum() == 0


def test_it_does_not_matter_what_is_heard_first(tmp_path: Path) -> None:
    """Shuffled, repeated, relayed before it was said: equal tables."""
    story, hashes = a_trip(), set()
    for seed in range(8):
        rng = random.Random(seed)
        mixed = rng.sample(story, len(story)) + rng.sample(story, 4)
        with tables_at(tmp_path, f"tables{seed}") as tables:
            for event in mixed:
                feed(tables, [event])
            hashes.add(tables.content_hash())
    assert len(hashes) == 1


def test_it_is_enough_to_hear_the_sender(tmp_path: Path) -> None:
    """Without the hub's order the receiver knows kind, parts and pick-up code."""
    out = a_trip()[1]
    for first in (out, Feed().add(relayed(out), node=HUB, blobs=(FOR_KAPAL,))):
        with tables_at(tmp_path, first.node.hex()) as tables:
            feed(tables, [first])
            found = reads.order(ORDER)
            assert found is not None and found.moving_to == KAPAL
            assert found.blobs == (FOR_KAPAL.sha256,) and found.pickup == b"p" * 32
            assert (found.kind, found.ordered_ms) == ("BELUM_PERNAH", 77)
            assert decide_take_right(found, KAPAL, ENGGANO).sent_by == ENGGANO


def test_it_never_takes_a_card_for_a_right(tmp_path: Path) -> None:
    """Who hears only that a card was sent knows that it is printed, and prints no other."""
    back = a_trip()[6]
    with tables_at(tmp_path) as tables:
        feed(tables, [back])
        found = reads.order(ORDER)
        assert found is not None and found.printed and not found.attempts
        assert reads.state(ORDER) == "card_moving"
        assert decide_take_card(found, ENGGANO, KAPAL).sent_by == KAPAL
        with pytest.raises(Refusal) as caught:
            decide_send_right(found, KAPAL, ENGGANO, [ENGGANO])
        assert caught.value.code == "right_on_its_way"
        assert reads.printed_total() == 0, "counted where it was printed"


def test_it_ignores_who_holds_nothing(tmp_path: Path) -> None:
    """A second sending of one right, and one by a stranger, move nothing."""
    story = Feed()
    story.add(ordered(), node=HUB)
    story.add(facts.PrintRightSent(**IDS, **DETAILS, to=KAPAL), node=ENGGANO)
    story.add(facts.PrintRightSent(**IDS, **DETAILS, to=KETAHUN), node=ENGGANO)
    story.add(facts.PrintRightSent(**IDS, **DETAILS, to=HUB), node=KETAHUN)
    story.add(facts.PrintRightTaken(**IDS, sent_by=ENGGANO), node=KETAHUN)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        found = reads.order(ORDER)
        assert found is not None and (found.holder, found.moving_to) == (b"", KAPAL)


def test_it_sends_only_a_card_that_is_here(tmp_path: Path) -> None:
    """Unprinted, moving or elsewhere: no card goes."""
    with tables_at(tmp_path) as tables:
        for event in a_trip()[:8]:
            feed(tables, [event])
        found = reads.order(ORDER)
        assert decide_send_card(found, ENGGANO, KAPAL, [KAPAL]).to == KAPAL
        for node, to in ((KAPAL, ENGGANO), (ENGGANO, ENGGANO), (ENGGANO, KETAHUN)):
            with pytest.raises(Refusal):
                decide_send_card(found, node, to, [KAPAL, ENGGANO])
        with pytest.raises(Refusal) as caught:
            decide_take_card(found, KAPAL, ENGGANO)
        assert caught.value.code == "right_not_coming"


def test_it_relays_each_move_once(tmp_path: Path) -> None:
    """To a node that is known, and not again once the hub has said it."""
    story = a_trip()
    with tables_at(tmp_path) as tables:
        feed(tables, story[:2])
        assert reads_district.moves_to_relay([KETAHUN]) == []
        (one,) = reads_district.moves_to_relay([KAPAL])
        assert one.blobs == (FOR_KAPAL.sha256,) and one.fact.sent_by == ENGGANO
        assert (one.fact.journal, one.fact.seq) == (story[1].journal, story[1].seq)
        feed(tables, [story[2]])
        assert reads_district.moves_to_relay([KAPAL]) == []


def test_it_relays_stock_once(tmp_path: Path) -> None:
    """A transfer between offices is told once and moves no count by being told."""
    story = Feed()
    transfer: dict[str, Any] = {"transfer": b"transfer-001", "item": "blanko"}
    sent = story.add(facts.StockSent(count=3, to=KETAHUN, **transfer), node=ENGGANO)
    with tables_at(tmp_path) as tables:
        feed(tables, [sent])
        (one,) = reads_district.stock_to_relay([KETAHUN], HUB)
        assert reads_district.stock_to_relay([KETAHUN], ENGGANO) == []
        told = story.add(one, node=HUB)
        feed(tables, [told])
        assert reads_district.stock_to_relay([KETAHUN], HUB) == []
        before = tables.content_hash()
    with tables_at(tmp_path, "told first") as tables:
        feed(tables, [told])
        (coming,) = reads_stock.on_the_way(KETAHUN)
        assert coming.sent == 3 and reads_stock.ledger_sum() == 0
        feed(tables, [sent])
        assert tables.content_hash() == before
