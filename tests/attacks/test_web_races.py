"""Attacks with two browsers at one moment: nothing is printed, given or counted twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from perahu.cards import reads, reads_stock
from perahu.enrolment import actions as enrolment
from perahu.enrolment import reads_desk
from perahu.enrolment.models import Recording
from perahu.people.models import Person
from tests.node.desk.conftest import Printing
from tests.web.conftest import open_pages
from tests.web.seats import Seat, seat_at

RUN_S_MAX = 30.0


@pytest.fixture
def desks(printing: Printing) -> Iterator[tuple[Printing, list[Seat]]]:
    """Sari at four browsers of Enggano, two cards to print."""
    with (
        open_pages(printing.town, "enggano") as office,
        seat_at(office, "sari") as seat,
    ):
        seats = [seat, *(seat.beside() for _ in range(3))]
        for one in seats[1:]:
            assert one.sign_in("sari").status_code == 302
        yield printing, seats


def _at_once(deeds: list[Callable[[], int]], seat: Seat) -> list[int]:
    """What each answered, all begun at one moment."""
    barrier = Barrier(len(deeds))

    def go(deed: Callable[[], int]) -> int:
        with seat.office.at_work():
            try:
                barrier.wait()
                return deed()
            finally:
                seat.office.tables.release_thread()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(go, deeds))


def _post(seat: Seat, path: str, **fields: str) -> Callable[[], int]:
    def deed() -> int:
        return int(seat.post(path, **fields).status_code)

    return deed


def _wait(seat: Seat) -> None:
    end_s = time.monotonic() + RUN_S_MAX
    while "HX-Refresh" not in seat.get("/cetak/keadaan", berjalan="1").headers:
        assert time.monotonic() < end_s, "the run never ended"
        time.sleep(0.05)


def test_it_prints_no_card_twice(desks: tuple[Printing, list[Seat]]) -> None:
    """Four browsers press print for the same cards; each card is fed once."""
    printing, seats = desks
    with seats[0].office.at_work():
        orders = [
            one.order.hex()
            for one in reads.print_queue(seats[0].office.journal.node_id)
        ]
    wanted = (
        {"count": "2"},
        {"order": orders[0]},
        {"order": orders[1]},
        {"count": "2"},
    )
    deeds = [
        _post(one, "/cetak", **fields)
        for one, fields in zip(seats, wanted, strict=True)
    ]
    _at_once(deeds, seats[0])
    _wait(seats[0])
    # Once more, one after the other, with what a second browser still shows.
    for order in orders:
        seats[1].post("/cetak", order=order)
        _wait(seats[1])
    assert printing.engine.cards_fed == 2
    with seats[0].office.at_work():
        assert reads.printed_twice() == [] and reads_stock.ledger_sum() == 0


def test_it_hands_over_once(desks: tuple[Printing, list[Seat]]) -> None:
    """Four counters with the right code: one card, one owner's mark."""
    printing, seats = desks
    office = seats[0].office
    seats[0].post("/cetak", count="2")
    _wait(seats[0])
    with office.at_work():
        person = Person.objects.get(nik=printing.niks[0]).person
        (order,) = reads.orders_of(bytes.fromhex(person))
        found = Recording.objects.get(recording=order.recording.hex())
        code = enrolment.pickup_code(office.journal, bytes.fromhex(found.recording))
    path = f"/serah/{order.order.hex()}"
    deeds = [_post(one, path, means="code", code=code, who="self") for one in seats]
    assert sorted(_at_once(deeds, seats[0])) == [302, 409, 409, 409]


def test_it_opens_one_recording(desks: tuple[Printing, list[Seat]]) -> None:
    """Four desks begin the same person at one moment: one works, the others are told."""
    _, seats = desks
    office = seats[0].office
    with office.at_work():
        today = office.now().today
        person = next(iter(reads_desk.due(("170301",), today, 17, 1))).hex()
    path = f"/rekam/orang/{person}"
    deeds = [_post(one, path, tanggal="1") for one in seats]
    assert sorted(_at_once(deeds, seats[0])) == [302, 409, 409, 409]
    takes = [_post(one, f"{path}/ambil-alih") for one in seats]
    assert _at_once(takes, seats[0]) == [302] * 4
    with office.at_work():
        assert Recording.objects.filter(person=person).count() == 1
    seen = [one.get(path).status_code for one in seats]
    assert sorted(seen) == [200, 409, 409, 409]


def test_it_counts_once(desks: tuple[Printing, list[Seat]]) -> None:
    """Four counts of one heap: the ledger says what was counted, not a sum of them."""
    _, seats = desks
    told = {"deed": "count", "item": "blanko", "count": "17", "reason": "hitung ulang"}
    deeds = [_post(one, "/stok", **told) for one in seats]
    assert 302 in _at_once(deeds, seats[0])
    with seats[0].office.at_work():
        assert reads_stock.on_hand(seats[0].office.journal.node_id) == 17
        assert reads_stock.ledger_sum() == 0
