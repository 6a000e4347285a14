"""Madiun, September 2016 to October 2017: 15,600 recordings of 4 kecamatan never arrived.

They were carried to Jakarta in the kecamatan's server boxes (README.md, "Madiun"). Here the
four offices record for thirteen months without any road; two then send a stick, two a line
that keeps breaking.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from perahu.enrolment import reads_hub
from perahu.enrolment.actions import level_of
from perahu.journal.types import Level
from tests.enrolment.stations import Station
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Neighbour, Place, Stage, size, staged, watched

MADIUN = Place(code="3519", offices=("351912", "351905", "351901", "351906"))
BY_STICK, BY_LINE = ("Saradan", "Kare"), ("Kebonsari", "Gemarang")
MONTHS = 13
BREAKS = (3_000, 20_000, 60_000)
"""After so many bytes the line breaks, one call after the other."""


def test_it_brings_every_stranded_recording_to_the_hub(tmp_path: Path) -> None:
    """Everybody is recorded and told so; a year later each stands at the hub, once."""
    count = size(15_600, 12)
    with staged(tmp_path, MADIUN, "2016-09-01 08:00") as stage:
        town, people = Town(stage), stage.register(count)
        stage.meet_all()
        stage.line.is_up = False
        recorded = _a_year_alone(town, people)
        assert len(recorded) == count
        _is_known_to_nobody_else(stage, count)
        stage.at("2017-10-05 09:00")
        for name in BY_STICK:
            brought = town.send(stage.stations[name], tmp_path / f"stick {name}")
            assert "Berkas kurir utuh" in brought.words.id
        for name in BY_LINE:
            _over_a_bad_line(stage, stage.stations[name])
        assert all(_level(stage, one) is Level.RECEIVED for one in recorded)
        _is_counted(stage, people)
        stage.line.is_up = True
        stage.days_pass(4)
        everybody_is_at_the_centre(stage, count)
        _cards_for_nine_of_fifteen(town, recorded)
        settle(town)


def _a_year_alone(town: Town, people: dict[str, list[Neighbour]]) -> list[Recorded]:
    """Each month each office records its share; once a year a machine is new started."""
    stage, found = town.stage, list[Recorded]()
    waiting = {name: iter(some) for name, some in people.items()}
    for month in watched(range(MONTHS), "13 bulan"):
        for name, some in waiting.items():
            share = -(-len(people[name]) // MONTHS)
            office = stage.stations[name]
            fresh = [town.record(office, who) for who in islice(some, share)]
            for one in fresh[:1]:
                assert town.told(office, one) == (
                    f"Sudah direkam dan tercatat di {name}; menunggu dikirim ke pusat. "
                    "Tidak perlu rekam ulang."
                )
            found += fresh
        stage.wait(days=30)
        if month == MONTHS // 2:
            stage.restart("Kare")
    return found


def _is_known_to_nobody_else(stage: Stage, count: int) -> None:
    with stage.hub.at_work():
        assert not reads_hub.counts_by_node()
    waiting = [office.journal.waiting() for office in stage.offices]
    assert sum(one.entries for one in waiting) == len(stage.receipts) == 20 * count
    assert sum(one.blobs for one in waiting) == 16 * count


def _over_a_bad_line(stage: Stage, office: Station) -> None:
    for cut in BREAKS:
        stage.meet(office, cut)
    stage.meet(office)
    waiting = office.journal.waiting()
    assert not waiting.entries and not waiting.blobs


def _level(stage: Stage, one: Recorded) -> Level:
    office = stage.stations[one.who.office]
    with office.at_work() as journal:
        return level_of(journal, one.recording)


def _is_counted(stage: Stage, people: dict[str, list[Neighbour]]) -> None:
    """The hub knows the number of each office, to the last one."""
    with stage.hub.at_work():
        counts = reads_hub.counts_by_node()
    for name, some in people.items():
        assert counts[stage.stations[name].journal.node_id]["closed"] == len(some)


def _cards_for_nine_of_fifteen(town: Town, recorded: list[Recorded]) -> None:
    """Blanko come for 9,000 of 15,600; whose turn is not yet is told the number."""
    stage = town.stage
    town.deliver({o.name: len(recorded) * 9 // 15 // 4 for o in stage.offices})
    stage.meet_all()
    for office in stage.offices:
        blanko = town.count_in(office)
        assert town.print_all(office) == blanko
        ready = 0
        for one in (r for r in recorded if r.who.office == office.name):
            told = town.told(office, one)
            if told.startswith("KTP sudah jadi. Ambil di "):
                ready += 1
                town.hand_over(office, one.who.person, one.code)
                assert town.told(office, one).startswith(
                    "KTP sudah diserahkan tanggal "
                )
            else:
                assert told.startswith("Siap cetak, nomor urut ")
                assert told.endswith("Blanko tersisa 0; menunggu kiriman blanko.")
        assert ready == blanko
    stage.meet_all()
