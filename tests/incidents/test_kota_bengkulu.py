"""Kota Bengkulu, 9 to 11 March 2020: three days without a network, about 100 people a day.

They were sent home, and printing came back last (README.md, "Kota Bengkulu"). Here the two
offices cannot call anybody for three days and serve whoever comes.

All 300: 56 s of one core that other work shared.
"""

from __future__ import annotations

from pathlib import Path

from perahu.people import reads
from perahu.people.actions import correct_biodata
from perahu.people.rules import Change
from tests.enrolment.stations import Station
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Neighbour, Place, Stage, size, staged

BENGKULU = Place(code="1771", offices=("177101", "177105"))
DAYS = ("2020-03-09 08:00", "2020-03-10 08:00", "2020-03-11 08:00")
WISHES = ("record", "card", "record", "correct")
REPAIRED = "2020-03-12 07:30"


def test_it_serves_everybody_for_three_days_alone(tmp_path: Path) -> None:
    """A hundred a day: recorded, printed, handed over, corrected; then one call tells all."""
    count = size(100, 10)
    with staged(tmp_path, BENGKULU, "2020-03-02 08:00") as stage:
        town = Town(stage)
        people = _the_week_before(town, 3 * count)
        stage.line.is_up = False
        recorded, served = list[Recorded](), 0
        for day, moment in enumerate(DAYS):
            stage.at(moment)
            for office in stage.offices:
                today = people[office.name][day :: len(DAYS)]
                recorded += _a_day(town, office, today)
                served += len(today)
        assert served == 3 * count and 0 < len(recorded) < served
        assert all(machine.made for machine in town.machines.values())
        _the_kabupaten_sees_the_silence(town)
        stage.at(REPAIRED)
        stage.line.is_up = True
        _one_call_tells_all(stage)
        stage.days_pass(4)
        everybody_is_at_the_centre(stage, len(recorded))
        settle(town)


def _the_week_before(town: Town, count: int) -> dict[str, list[Neighbour]]:
    """Rights and blanko for those who are siap cetak lie at the offices since Friday."""
    stage, people = town.stage, town.stage.register(count)
    stage.meet_all()
    town.order(
        [who for some in people.values() for who in some if _wish(who) == "card"]
    )
    town.deliver({name: len(some) for name, some in people.items()})
    stage.at("2020-03-06 15:00")
    stage.hub_works()
    stage.meet_all()
    for office in stage.offices:
        town.count_in(office)
    stage.meet_all()
    return people


def _wish(who: Neighbour) -> str:
    """Half come to be recorded, a quarter for a card, a quarter with a changed biodata."""
    return WISHES[sum(map(int, who.nik)) % len(WISHES)]


def _a_day(town: Town, office: Station, today: list[Neighbour]) -> list[Recorded]:
    found = []
    for who in today:
        match _wish(who):
            case "record":
                one = town.record(office, who)
                assert town.told(office, one) == (
                    f"Sudah direkam dan tercatat di {office.name}; menunggu dikirim ke "
                    "pusat. Tidak perlu rekam ulang."
                )
                found.append(one)
            case "card":
                assert town.standing(office, who) == "siap cetak"
                assert town.print(office, town.order_of(office, who)) == "printed"
                town.hand_over(office, who.person, town.codes[who.person])
                assert town.standing(office, who) == "sudah diserahkan"
            case _:
                _correct(town, office, who)
    return found


def _correct(town: Town, office: Station, who: Neighbour) -> None:
    """A new occupation, with the paper that proves it; the desk shows it at once."""
    with office.at_work() as journal:
        before = reads.biodata(who.person)
        assert before is not None
        job = 9 if before.pekerjaan != 9 else 11
        change = Change("pekerjaan", str(job), "surat keterangan desa")
        town.keep(
            correct_biodata(
                journal, office.ask(), person=who.person, changes=[change],
                wilayah=office.wilayah,
            )
        )  # fmt: skip
        after = reads.biodata(who.person)
        assert after is not None and after.pekerjaan == job


def _the_kabupaten_sees_the_silence(town: Town) -> None:
    """Nobody has to telephone to find out: the page names the offices and the days."""
    town.stage.at("2020-03-11 16:00")
    for office in town.stage.offices:
        assert "tidak ada kontak 5 hari" in town.alarms(office)


def _one_call_tells_all(stage: Stage) -> None:
    for office in stage.offices:
        assert office.journal.waiting().entries
        stage.meet(office)
        assert not office.journal.waiting().entries
        assert not office.journal.waiting().blobs
