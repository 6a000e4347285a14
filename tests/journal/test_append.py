"""Stating facts: receipts, order, authority and limits."""

from __future__ import annotations

import dataclasses

import pytest

from perahu.cards.facts import StockReceived
from perahu.journal.types import Draft, Level
from perahu.people.facts import ResidentCorrected
from perahu.words import Refusal
from tests.cast import BUDI, MADE, SARI, District, carry, corrected, stocked, with_hub
from tests.journal.stores import BOTH_STORES

pytestmark = BOTH_STORES


def test_it_works(district: District) -> None:
    """A fact gets a receipt at the level "recorded", and stands in the book."""
    _, enggano = with_hub(district)
    with enggano.writing() as book:
        receipt = book.append(district.ask("Enggano", SARI), [Draft(corrected())])
    event = enggano.events()[-1]
    assert (event.fact, event.h) == (corrected(), receipt.h)
    assert receipt.level is Level.RECORDED and not receipt.mirrored


def test_it_does_once_what_is_asked_twice(district: District) -> None:
    """One op_id is one action: the second time the first receipt comes back."""
    _, enggano = with_hub(district)
    ask = district.ask("Enggano", SARI)
    receipts = []
    for _ in range(2):
        with enggano.writing() as book:
            receipts.append(book.append(ask, [Draft(corrected())]))
    facts = [e for e in enggano.events() if isinstance(e.fact, ResidentCorrected)]
    assert receipts[0] == receipts[1] and len(facts) == 1


def test_it_keeps_lanes_apart_and_the_order_of_drafts(district: District) -> None:
    """Drafts of two lanes go to two journals, and positions follow the drafts."""
    _, enggano = with_hub(district)
    drafts = [
        Draft(corrected()),
        Draft(stocked(1)),
        Draft(corrected()),
        Draft(stocked(2)),
    ]
    before = len(enggano.events())
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), drafts)
    events = enggano.events()[before:]
    assert [e.fact for e in events] == [d.fact for d in drafts]
    assert [(e.lane, e.seq) for e in events] == [(1, 1), (0, 1), (1, 2), (0, 2)]


@pytest.mark.parametrize("officer", [MADE, b"nobody\0\0", b""])
def test_it_refuses_who_may_not(district: District, officer: bytes) -> None:
    """Made elsewhere, a stranger, and nobody at all: nothing is written."""
    _, enggano = with_hub(district)
    before = enggano.events()
    with pytest.raises(Refusal, match="not_allowed"), enggano.writing() as book:
        book.append(district.ask("Enggano", officer), [Draft(corrected())])
    assert enggano.events() == before


def test_it_writes_all_drafts_or_none(district: District) -> None:
    """The second draft is out of Sari's wilayah, so the first is not written either."""
    _, enggano = with_hub(district)
    before = enggano.events()
    abroad = dataclasses.replace(corrected(), wilayah="170312")
    with pytest.raises(Refusal, match="not_allowed"), enggano.writing() as book:
        drafts = [Draft(corrected()), Draft(abroad)]
        book.append(district.ask("Enggano", SARI), drafts)
    assert enggano.events() == before
    assert enggano.verify().sound


def test_it_refuses_a_date_outside_the_grant(district: District) -> None:
    """The period of a grant binds at the desk."""
    _, enggano = with_hub(district)
    ask = district.ask("Enggano", SARI)
    late = dataclasses.replace(ask.at, today=ask.at.today.replace(year=2027))
    with pytest.raises(Refusal, match="not_allowed"), enggano.writing() as book:
        book.append(dataclasses.replace(ask, at=late), [Draft(corrected())])


@pytest.mark.parametrize(("size", "fits"), [(32 * 1024 - 40, True), (32 * 1024, False)])
def test_it_limits_a_body(district: District, size: int, fits: bool) -> None:
    """Under 32 KB a body is written; over it the officer is told to shorten it."""
    _, enggano = with_hub(district)
    fact = StockReceived(item="blanko", count=1, source="PUSAT", document="x" * size)
    with enggano.writing() as book:
        if fits:
            book.append(district.ask("Enggano", SARI), [Draft(fact)])
        else:
            with pytest.raises(Refusal, match="body_too_big"):
                book.append(district.ask("Enggano", SARI), [Draft(fact)])


def test_it_lets_two_processes_share_one_book(district: District) -> None:
    """A second process of the node goes on from the head the first one left."""
    _, first = with_hub(district)
    second = district.open("Enggano")
    for journal in (first, second, first, second):
        with journal.writing() as book:
            book.append(district.ask("Enggano", SARI), [Draft(corrected(subject=BUDI))])
    assert [e.seq for e in first.events() if e.lane == 1] == [1, 2, 3, 4]
    assert second.verify().sound


def test_it_tells_once_how_far_it_knew_the_hub(district: District) -> None:
    """The hub's position is a parent where it moved, and nowhere else."""
    hub, enggano = with_hub(district)
    for _ in range(2):
        with enggano.writing() as book:
            book.append(district.ask("Enggano", SARI), [Draft(corrected())])
    carry(enggano, hub, audience=lambda a: a == b"")
    row = next(r for r in hub.journals() if r.node == enggano.node_id)
    segment = next(hub.segments(row.id, 0))
    sizes = [len(e.header) for e in segment.entries]
    assert sizes[0] > sizes[1], "only the first entry says it"
    assert hub.parked() == []
