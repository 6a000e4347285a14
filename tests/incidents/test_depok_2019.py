"""Depok, 2-3 February 2019: a weekend for 50,000 cards, lost to the server.

README.md, "Depok". Here rights, photos and blanko lie at the eleven kecamatan since Friday:
all weekend nobody can call anybody, and the printers run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.devices.printer_ports import SPOILED, UNCERTAIN
from perahu.words import Refusal
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Neighbour, Place, size, staged, watched

DEPOK = Place(code="3276", offices=tuple(f"3276{n:02d}" for n in range(1, 12)))
PRINTERS = 6
"""63 kelurahan in eleven kecamatan."""
SPARE = 3
"""Blanko at each office beyond the cards planned there: some are spoiled."""
SATURDAY, SUNDAY, MONDAY = "2019-02-02 08:00", "2019-02-03 08:00", "2019-02-04 08:00"


def test_it_prints_a_weekend_from_what_the_offices_hold(tmp_path: Path) -> None:
    """Every card planned is made, none twice, whatever printers and power do meanwhile."""
    count = size(50_000, 32)
    with staged(tmp_path, DEPOK, "2019-01-21 08:00") as stage:
        town = Town(stage, printers=PRINTERS)
        people, recorded = _the_weeks_before(town, count)
        stage.line.is_up = False
        for day, share in ((SATURDAY, 2), (SUNDAY, 1)):
            stage.at(day)
            for name in watched(list(people), day):
                _goes_wrong(town, name)
                office = stage.stations[name]
                waiting = len(town.queue(office, 1 << 20))
                town.print_all(office, -(-waiting // share))
        _nobody_waits_for_print(town, people, recorded)
        _some_take_their_cards(town, people)
        stage.at(MONDAY)
        stage.line.is_up = True
        stage.meet_all()
        settle(town)
        assert sum(len(one.made) for one in town.machines.values()) == count


def _the_weeks_before(
    town: Town, count: int
) -> tuple[dict[str, list[Neighbour]], list[Recorded]]:
    """One of each office is recorded and found unique now, all others were years ago."""
    stage, people = town.stage, town.stage.register(count)
    stage.meet_all()
    recorded = [town.record(o, people[o.name].pop()) for o in stage.offices]
    stage.meet_all()
    stage.days_pass(4)
    everybody_is_at_the_centre(stage, len(recorded))
    for some in watched(list(people.values()), "pesanan"):
        town.order(some)
    town.deliver({name: len(some) + 1 + SPARE for name, some in people.items()})
    stage.at("2019-02-01 15:00")
    stage.meet_all()
    for office in stage.offices:
        town.count_in(office)
        assert len(town.queue(office, 1 << 20)) == len(people[office.name]) + 1
    return people, recorded


def _goes_wrong(town: Town, name: str) -> None:
    """A jam, a cable that falls out with the card made, a power cut with none made."""
    faults = {"Cimanggis": "jam", "Limo": "drop_printed", "Beji": "drop_lost"}
    fault, office = faults.get(name), town.stage.stations[name]
    waiting = town.queue(office, 1)
    if fault is None or not waiting:
        return
    machine = town.machine(office)
    machine.engine.faults.append(fault)
    before = len(machine.made)
    outcome = town.print(office, waiting[0])
    assert outcome == (SPOILED if fault == "jam" else UNCERTAIN)
    if fault == "jam":
        return
    again = town.stage.restart(name)
    # Nobody knows what became of it: it is not printed again until somebody looked.
    with pytest.raises(Refusal) as caught:
        town.print(again, waiting[0])
    assert caught.value.code == "look_first"
    assert "tidak diulang sendiri. Lihat printer" in caught.value.words.id
    assert town.look(again) == len(machine.made) - before == (fault == "drop_printed")


def _nobody_waits_for_print(
    town: Town, people: dict[str, list[Neighbour]], recorded: list[Recorded]
) -> None:
    for office in town.stage.offices:
        assert town.queue(office) == []
        asked = people[office.name][::500]
        assert {town.standing(office, who) for who in asked} == {"kartu siap diambil"}
    for one in recorded:
        office = town.stage.stations[one.who.office]
        assert town.told(office, one) == (
            f"KTP sudah jadi. Ambil di {office.name}, bawa bukti perekaman dan KK. Gratis."
        )
        town.hand_over(office, one.who.person, one.code)
        assert town.told(office, one) == "KTP sudah diserahkan tanggal 3 Februari 2019."


def _some_take_their_cards(town: Town, people: dict[str, list[Neighbour]]) -> None:
    """On Sunday every third who was told comes."""
    for office in town.stage.offices:
        for who in people[office.name][::3]:
            town.hand_over(office, who.person, town.codes[who.person])
