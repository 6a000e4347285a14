"""Facts into the tables of cards: any order, any fact twice, and the questions answered."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perahu.cards import facts, reads, reads_stock
from perahu.journal.types import BlobRef, Event
from perahu.kinds import Fact
from perahu.people.facts import SamePerson
from tests.enrolment.builders import (
    ENGGANO,
    HUB,
    KETAHUN,
    PERSON,
    Feed,
    feed,
    tables_at,
)

ORDER, OTHER = b"order-000001", b"order-000002"
IDS: dict[str, Any] = {"person": PERSON, "order": ORDER}
PHOTO = BlobRef(b"photo".ljust(32, b"."), 100, 2)


def ordered(
    order: bytes = ORDER,
    *,
    person: bytes = PERSON,
    home: bytes = ENGGANO,
    kind: str = "BELUM_PERNAH",
    document: int = 1,
) -> facts.PrintOrdered:
    """The hub's order of a card."""
    return facts.PrintOrdered(
        person=person,
        order=order,
        home=home,
        recording=b"recording-01",
        kind=kind,
        document=document,
        pickup=b"p" * 32,
    )


def intended(order: bytes = ORDER, attempt: int = 1) -> facts.PrintIntended:
    """The beginning of an attempt."""
    return facts.PrintIntended(person=PERSON, order=order, attempt=attempt, printer="x")


def printed(
    order: bytes = ORDER, attempt: int = 1, person: bytes = PERSON
) -> facts.CardPrinted:
    """A good card."""
    return facts.CardPrinted(person=person, order=order, attempt=attempt)


def a_story() -> list[Event]:
    """A jam, an uncertain print that was good, a hand-over, a transfer, a late cancel."""
    story = Feed()
    transfer: dict[str, Any] = {"transfer": b"transfer-001", "item": "blanko"}
    stock: dict[str, Any] = {
        "item": "blanko",
        "source": "TERIMA_PUSAT",
        "document": "1",
    }
    steps: list[tuple[bytes, Fact]] = [
        (HUB, facts.StockReceived(count=100, **stock)),
        (HUB, facts.StockSent(count=50, to=ENGGANO, **transfer)),
        (ENGGANO, facts.StockArrived(count=49, sent_by=HUB, **transfer)),
        (HUB, ordered()),
        (HUB, ordered(OTHER, kind="HILANG", person=b"person-00002")),
        (ENGGANO, intended()),
        (ENGGANO, facts.CardSpoiled(**IDS, attempt=1, cause="GAGAL_CETAK")),
        (ENGGANO, intended(attempt=2)),
        (ENGGANO, facts.PrintUncertain(**IDS, attempt=2, printer_says="?")),
        (ENGGANO, printed(attempt=2)),
        (ENGGANO, intended(OTHER)),
        (
            ENGGANO,
            facts.PrintNeverBegan(person=b"person-00002", order=OTHER, attempt=1),
        ),
        (ENGGANO, facts.CardHandedOver(**IDS, means="code", collector="self")),
        (HUB, facts.PrintCancelled(person=b"person-00002", order=OTHER, reason="DUP")),
        (ENGGANO, facts.StockSpoiled(item="blanko", count=1, cause="CACAT_PABRIK")),
        (
            ENGGANO,
            facts.StockCounted(item="blanko", counted=44, expected=46, reason="?"),
        ),
    ]
    for node, fact in steps:
        story.add(
            fact,
            node=node,
            blobs=(PHOTO,) if isinstance(fact, facts.PrintOrdered) else (),
        )
    return story.events


def test_it_works(tmp_path: Path) -> None:
    """After the story one card is in hand, one order is cancelled, the sum is zero."""
    with tables_at(tmp_path) as tables:
        feed(tables, a_story())
        assert reads.state(ORDER) == "handed_over"
        assert reads.state(OTHER) == "cancelled"
        assert reads_stock.ledger_sum() == 0
        assert reads_stock.on_hand(ENGGANO) == 44
        assert (reads_stock.used_at(ENGGANO), reads_stock.spoiled_at(ENGGANO)) == (1, 2)
        assert reads_stock.balance("transit:" + b"transfer-001".hex()) == 1
        state = reads.order(ORDER)
        assert state is not None
        assert [a.state for a in state.attempts] == ["spoiled", "printed"]
        assert state.blobs == (PHOTO.sha256,)
        assert reads.printed_total() == reads.handed_over_total() == 1


def test_it_does_not_matter_in_which_order_journals_arrive(tmp_path: Path) -> None:
    """Each journal in its own order, mixed in every way, some of it twice: equal tables."""
    story = a_story()
    hashes = set()
    for seed in range(6):
        rng = random.Random(seed)
        queues = [[e for e in story if e.node == node] for node in (HUB, ENGGANO)]
        mixed: list[Event] = []
        while any(queues):
            queue = rng.choice([q for q in queues if q])
            mixed.append(queue.pop(0))
        with tables_at(tmp_path, f"tables{seed}") as tables:
            at = 0
            while at < len(mixed):
                size = rng.randint(1, 6)
                feed(tables, mixed[at : at + size])
                at += size
            feed(tables, rng.sample(mixed, 8))
            hashes.add(tables.content_hash())
    assert len(hashes) == 1


def test_it_notices_a_card_printed_twice(tmp_path: Path) -> None:
    """Two offices, two orders of one person's version: found, also under linked ids."""
    story = Feed()
    story.add(ordered(), node=HUB)
    story.add(ordered(OTHER, person=b"person-00002", home=KETAHUN), node=HUB)
    for node, order, person in (
        (ENGGANO, ORDER, PERSON),
        (KETAHUN, OTHER, b"person-00002"),
    ):
        story.add(intended(order), node=node)
        story.add(printed(order, person=person), node=node)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads.printed_twice() == []
        link = Feed()
        link.add(SamePerson(person=PERSON, other=b"person-00002", reason="?"), node=HUB)
        feed(tables, link.events)
        [found] = reads.printed_twice()
        assert (found.prints, set(found.orders)) == (2, {ORDER, OTHER})


def test_it_notices_two_good_attempts_of_one_order(tmp_path: Path) -> None:
    """A restored office that printed again shows too."""
    story = Feed()
    story.add(ordered(), node=HUB)
    for node in (ENGGANO, KETAHUN):
        story.add(intended(), node=node)
        story.add(printed(), node=node)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert [one.prints for one in reads.printed_twice()] == [2]


def test_it_does_not_call_two_versions_twice(tmp_path: Path) -> None:
    """A lost card replaced is another version."""
    story = Feed()
    story.add(ordered(), node=HUB)
    story.add(ordered(OTHER, document=2, kind="HILANG"), node=HUB)
    for order in (ORDER, OTHER):
        story.add(intended(order))
        story.add(printed(order))
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads.printed_twice() == []


def test_it_queues_by_line_and_first_come_first_served(tmp_path: Path) -> None:
    """Who never had a card first, who lost one last; each place with its rule."""
    kinds = [
        "HILANG",
        "PERUBAHAN_ELEMEN",
        "PEMULA_17",
        "PINDAH_DATANG",
        "RUSAK",
        "BELUM_PERNAH",
    ]
    story = Feed()
    for n, kind in enumerate(kinds):
        person = f"person-{n:05d}".encode()
        story.add(
            ordered(f"order-{n:06d}".encode(), kind=kind, person=person), node=HUB
        )
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        queue = reads.print_queue(ENGGANO)
        assert [one.kind for one in queue] == [
            "PEMULA_17", "BELUM_PERNAH", "PINDAH_DATANG", "PERUBAHAN_ELEMEN", "HILANG",
            "RUSAK",
        ]  # fmt: skip
        assert all(all(one.rule) for one in queue)
        assert reads.print_queue(KETAHUN) == []
        assert len(reads.by_state("queued", ENGGANO)) == 6
        assert reads.state_counts(ENGGANO)["queued"] == 6


def test_it_folds_the_print_right_from_its_moves(tmp_path: Path) -> None:
    """Sent: nobody holds it. Taken: the new office does. A stranger moves nothing."""
    story = Feed()
    story.add(ordered(), node=HUB)
    story.add(facts.PrintRightSent(**IDS, to=HUB), node=KETAHUN)
    story.add(facts.PrintRightTaken(**IDS, sent_by=ENGGANO), node=KETAHUN)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        state = reads.order(ORDER)
        assert state is not None and state.holder == ENGGANO
        more = [
            story.add(facts.PrintRightSent(**IDS, to=KETAHUN)),
        ]
        feed(tables, more)
        state = reads.order(ORDER)
        assert state is not None
        assert (state.holder, state.moving_to) == (b"", KETAHUN)
        assert reads.state(ORDER) == "moving"
        assert reads.right_sent_by(ORDER) == ENGGANO
        feed(
            tables,
            [story.add(facts.PrintRightTaken(**IDS, sent_by=ENGGANO), node=KETAHUN)],
        )
        state = reads.order(ORDER)
        assert state is not None and state.holder == KETAHUN
        assert [one.order for one in reads.print_queue(KETAHUN)] == [ORDER]


def test_it_shows_prints_of_an_order_it_has_not_heard_of(tmp_path: Path) -> None:
    """The provinsi may get the office's journal before the hub's."""
    story = Feed()
    story.add(intended())
    story.add(printed())
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads.order(ORDER) is None
        assert reads.state(ORDER) == "to_hand_over"
        assert reads.state(OTHER) == "unknown"
        assert reads_stock.used_at(ENGGANO) == 1


def test_it_takes_a_blanko_once_for_an_attempt(tmp_path: Path) -> None:
    """Whatever ends are noted of one attempt, the last one says where its blanko is."""
    story = Feed()
    ends: list[tuple[Fact, int, int]] = [
        (printed(), 1, 0),
        (facts.PrintUncertain(**IDS, attempt=1, printer_says="?"), 0, 0),
        (facts.CardSpoiled(**IDS, attempt=1, cause="GAGAL_CETAK"), 0, 1),
        (facts.PrintNeverBegan(**IDS, attempt=1), 0, 0),
        (printed(), 1, 0),
    ]
    with tables_at(tmp_path) as tables:
        feed(tables, [story.add(ordered(), node=HUB), story.add(intended())])
        for fact, used, spoiled in ends:
            feed(tables, [story.add(fact)])
            assert reads_stock.used_at(ENGGANO) == used
            assert reads_stock.spoiled_at(ENGGANO) == spoiled
            assert reads_stock.on_hand(ENGGANO) == -(used + spoiled)
            assert reads_stock.ledger_sum() == 0


STEPS = st.lists(
    st.tuples(
        st.sampled_from([ENGGANO, KETAHUN, HUB]),
        st.sampled_from(
            ["receive", "send", "arrive", "spoil", "count", "print", "jam"]
        ),
        st.integers(0, 50),
        st.integers(1, 3),
    ),
    max_size=25,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STEPS, st.randoms(use_true_random=False))
def test_it_always_sums_to_zero(
    tmp_path_factory: pytest.TempPathFactory, steps: Any, rng: random.Random
) -> None:
    """Whatever happens at whichever office, all accounts together are zero."""
    story = Feed()
    for node, what, count, n in steps:
        story.add(_fact_of(what, count, n), node=node)
    with tables_at(tmp_path_factory.mktemp("t")) as tables:
        feed(tables, story.events)
        assert reads_stock.ledger_sum() == 0
        before = tables.content_hash()
        if story.events:
            feed(tables, rng.sample(story.events, len(story.events)))
        assert tables.content_hash() == before


def _fact_of(what: str, count: int, n: int) -> Fact:
    transfer = f"transfer-{n:03d}".encode()
    order = f"order-{n:06d}".encode()
    some: dict[str, Fact] = {
        "receive": facts.StockReceived(
            item="blanko", count=count, source="TERIMA_PUSAT", document="1"
        ),
        "send": facts.StockSent(
            transfer=transfer, item="blanko", count=count, to=ENGGANO
        ),
        "arrive": facts.StockArrived(
            transfer=transfer, item="blanko", count=count, sent_by=HUB
        ),
        "spoil": facts.StockSpoiled(item="ribbon", count=count, cause="CACAT_PABRIK"),
        "count": facts.StockCounted(
            item="film", counted=count, expected=n, reason="opname"
        ),
        "print": printed(order),
        "jam": facts.CardSpoiled(
            person=PERSON, order=order, attempt=1, cause="GAGAL_ENCODE"
        ),
    }
    return some[what]
