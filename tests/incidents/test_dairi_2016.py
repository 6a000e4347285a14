"""Dairi, 25 August to 28 September 2016: 4,075 recordings could not be printed.

The centre took what was sent and gave nothing back; people came again and again (README.md,
"Dairi"). Here recording goes on, the hub knows of every packet how long the centre is silent,
and who asks is told one true sentence.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from perahu.cases import reads as cases
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Neighbour, Place, Stage, size, staged, watched

DAIRI = Place(code="1211", offices=("121101", "121102"))
DAYS, RECORDING_DAYS = 34, 24
CENTRE_FORGETS, STUCK_CASE = "STUCK", "STUCK_AT_CENTRE"


def test_it_tells_the_truth_while_nothing_can_be_printed(tmp_path: Path) -> None:
    """Thirty-four days of silence: nobody is sent away wrongly, and all get their card."""
    count = size(4_075, 20)
    with staged(tmp_path, DAIRI, "2016-08-25 08:00") as stage:
        town, people = Town(stage), stage.register(count)
        everybody = [who for some in people.values() for who in some]
        stage.line.centre.plan({who.nik: CENTRE_FORGETS for who in everybody})
        stage.meet_all()
        recorded = _thirty_four_days(town, people)
        assert len(recorded) == count
        _says_who_is_silent(town, recorded)
        _one_person_is_asked_once(stage, count)
        forgotten = [recorded[1].who, recorded[-1].who]
        for one in watched(everybody, "pusat menjawab"):
            assert one in forgotten or stage.line.centre.release(one.nik)
        stage.days_pass(4)
        _the_forgotten_are_named(stage, forgotten)
        for one in forgotten:
            assert stage.line.centre.release(one.nik)
        stage.days_pass(4)
        everybody_is_at_the_centre(stage, count)
        _everybody_gets_a_card(town, recorded)
        settle(town)


def _thirty_four_days(town: Town, people: dict[str, list[Neighbour]]) -> list[Recorded]:
    stage, found = town.stage, list[Recorded]()
    waiting = {name: iter(some) for name, some in people.items()}
    for _ in watched(range(DAYS), "34 hari"):
        for name, some in waiting.items():
            share = -(-len(people[name]) // RECORDING_DAYS)
            office = stage.stations[name]
            found += [town.record(office, who) for who in islice(some, share)]
        stage.meet_all()
        stage.days_pass(1)
    return found


def _says_who_is_silent(town: Town, recorded: list[Recorded]) -> None:
    """Never "come again": it was sent that day, the centre looks, nothing is to do over."""
    stage = town.stage
    first, last = recorded[0], recorded[-1]
    assert town.told(stage.stations[first.who.office], first) == (
        "Sudah dikirim ke pusat tanggal 26 Agustus 2016. Pusat sedang memeriksa. Tidak "
        "perlu rekam ulang."
    )
    told = town.told(stage.stations[last.who.office], last)
    assert told.startswith("Sudah dikirim ke pusat tanggal ")
    assert told.endswith(
        "September 2016. Pusat sedang memeriksa. Tidak perlu rekam ulang."
    )
    for office in stage.offices:
        mine = sum(one.who.office == office.name for one in recorded)
        silent = f"{mine} rekaman “sudah diserahkan, belum ada kabar” 34 hari"
        assert silent in town.alarms(office)


def _one_person_is_asked_once(stage: Stage, count: int) -> None:
    """A centre that is silent about everybody is one matter, not one for each packet."""
    with stage.hub.at_work():
        [case] = cases.open_cases()
    assert case.kind == STUCK_CASE
    assert "Pusat tidak memberi kabar tentang siapa pun" in case.reason
    packets = stage.line.centre.truth()["packets"]
    assert isinstance(packets, list) and len(packets) == count
    # Each was handed over once more after three days, and then left alone.
    assert {one["submits"] for one in packets} == {2}


def _the_forgotten_are_named(stage: Stage, forgotten: list[Neighbour]) -> None:
    """Once others are judged, who is left behind is a case each."""
    with stage.hub.at_work():
        opened = cases.open_cases()
    assert len(opened) == 1 + len(forgotten)
    assert {one.kind for one in opened} == {STUCK_CASE}


def _everybody_gets_a_card(town: Town, recorded: list[Recorded]) -> None:
    stage = town.stage
    shares = {
        o.name: sum(r.who.office == o.name for r in recorded) for o in stage.offices
    }
    town.deliver(shares)
    stage.meet_all()
    for office in stage.offices:
        assert town.count_in(office) == town.print_all(office) == shares[office.name]
    for one in watched(recorded, "serah"):
        office = stage.stations[one.who.office]
        assert town.told(office, one).startswith(
            f"KTP sudah jadi. Ambil di {office.name}"
        )
        town.hand_over(office, one.who.person, one.code)
    stage.meet_all()
