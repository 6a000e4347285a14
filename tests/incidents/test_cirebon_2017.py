"""Kota Cirebon, April 2017: 6,000 blanko lay idle because printing needs the centre.

Before them there had been none since October, and 12,000 to 15,000 waited (README.md,
"Cirebon"). Here people keep their place in a queue they are told of, and the blanko are
cards the day they come, though the centre is away.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.cards import actions_stock
from perahu.words import Refusal
from tests.enrolment.stations import Station
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Place, size, staged, watched

CIREBON = Place(code="3274", offices=("327401", "327403"))
RECORDED_NOW = 12
"""So many go the whole way in this story; all others were found unique before October."""
SPOILED = 2
"""Blanko of the delivery that came with a fault, at each office."""


def test_it_prints_the_day_the_blanko_come(tmp_path: Path) -> None:
    """No blanko lies idle, no place in the queue is lost, and every piece is explained."""
    blanko = size(6_000, 32)
    with staged(tmp_path, CIREBON, "2016-10-03 08:00") as stage:
        town = Town(stage)
        recorded = _half_a_year_without_blanko(town, 2 * blanko)
        queues = {office.name: town.queue(office, 1 << 20) for office in stage.offices}
        assert sum(map(len, queues.values())) == 2 * blanko
        for office in stage.offices:
            _says_that_blanko_are_out(town, office)
        _says_whose_turn_it_is(town, recorded, queues)
        _delivery(town, blanko)
        stage.at("2017-04-13 08:00")
        stage.line.is_up = False
        for office in watched(stage.offices, "cetak"):
            _prints_until_none_is_left(town, office, queues[office.name])
        _says_whose_turn_it_is(town, recorded, queues)
        stage.at("2017-04-18 08:00")
        stage.line.is_up = True
        stage.meet_all()
        settle(town)


def _half_a_year_without_blanko(town: Town, waiting: int) -> list[Recorded]:
    """Who comes is recorded all the same, and found unique; nobody is printed."""
    stage, people = town.stage, town.stage.register(waiting)
    stage.meet_all()
    fresh = [who for some in people.values() for who in some[-RECORDED_NOW // 2 :]]
    for some in people.values():
        del some[-RECORDED_NOW // 2 :]
    older = {name: some[: len(some) // 3] for name, some in people.items()}
    town.order([who for some in older.values() for who in some])
    recorded = []
    for who in fresh:
        recorded.append(town.record(stage.stations[who.office], who))
        stage.wait(days=1)
    stage.days_pass(4)
    everybody_is_at_the_centre(stage, len(recorded))
    for name, some in people.items():
        town.order(some[len(older[name]) :])
    stage.at("2017-04-10 08:00")
    stage.meet_all()
    return recorded


def _says_that_blanko_are_out(town: Town, office: Station) -> None:
    """At the desk, and to the head of the kabupaten, before anybody prints in vain."""
    with pytest.raises(Refusal) as caught:
        town.print(office, town.queue(office, 1)[0])
    assert caught.value.words.id.startswith("Printer belum siap")
    assert "Belum ada blanko yang dipakai" in caught.value.words.id
    waiting = len(town.queue(office, 1 << 20))
    alarms = town.alarms(office)
    assert f"{waiting} kartu antre, belum pernah ada blanko di buku" in alarms
    assert any(one.startswith("kartu tertua antre cetak 18") for one in alarms)


def _says_whose_turn_it_is(
    town: Town, recorded: list[Recorded], queues: dict[str, list[bytes]]
) -> None:
    """The number that everybody is told is the place in the queue, as it is now."""
    for one in recorded:
        office = town.stage.stations[one.who.office]
        order, now = town.order_of(office, one.who), town.queue(office, 1 << 20)
        told = town.told(office, one)
        if order in now:
            assert told == (
                f"Siap cetak, nomor urut {now.index(order) + 1} dari {len(now)}. Blanko "
                "tersisa 0; menunggu kiriman blanko."
            )
        else:
            assert queues[office.name].index(order) < len(queues[office.name]) - len(
                now
            )
            assert told.startswith(f"KTP sudah jadi. Ambil di {office.name}")


def _delivery(town: Town, blanko: int) -> None:
    """On Wednesday they come to the hub, and are at the offices by the evening."""
    stage = town.stage
    stage.at("2017-04-12 09:00")
    town.deliver({office.name: blanko // 2 for office in stage.offices})
    stage.meet_all()
    for office in stage.offices:
        assert town.count_in(office) == blanko // 2
    stage.meet_all()


def _prints_until_none_is_left(town: Town, office: Station, queue: list[bytes]) -> None:
    """First come, first served, whatever the centre does; some pieces are faulty."""
    machine = town.machine(office)
    with office.at_work() as journal:
        town.keep(
            actions_stock.spoil_stock(
                journal,
                office.ask(),
                item="blanko",
                count=SPOILED,
                cause="CACAT_PABRIK",
            )
        )
    machine.throw_away(SPOILED)
    blanko = machine.engine.cards
    machine.engine.faults.append("jam")
    assert town.print_all(office) == blanko - 1
    assert machine.engine.cards == 0
    assert set(machine.orders_made) == {order.hex() for order in queue[: blanko - 1]}
