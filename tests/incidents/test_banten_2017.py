"""Banten, March 2017: the centre cannot receive for weeks; letter 471.13/3256/DUKCAPIL.

Keep recording, back up yourselves, print what was found unique before (README.md,
"Banten"). Here the backup is no deed of its own: each receipt names a level, and says
*aman* when the provinsi holds it too. One machine's disk dies on the way.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from perahu.enrolment.actions import level_of
from perahu.journal.types import Level
from tests.enrolment.stations import Station
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Neighbour, Place, Stage, size, staged, watched

SERANG = Place(
    code="3673", offices=("367301", "367302"), has_second_site=True, has_mirrors=True
)
WEEKS = 6
CARRIED_WEEK, DEAD_WEEK = 1, 3
"""When somebody last copied the machine's folder, and when its disk died."""
UNLUCKY = "Kasemen"


def test_it_keeps_recording_and_is_its_own_backup(tmp_path: Path) -> None:
    """Six weeks without the centre: all is *aman* each evening, also past a dead disk."""
    count = size(1_200, 20)
    with staged(tmp_path, SERANG, "2017-03-06 08:00") as stage:
        town, people = Town(stage), stage.register(count)
        stage.meet_all()
        before = _found_unique_before_the_letter(town, people)
        stage.at("2017-03-17 08:00")
        stage.line.is_up = False
        recorded = list(_six_weeks(town, people, tmp_path / "copy"))
        assert len(recorded) + len(before) == count
        _what_was_unique_is_printed(town, before)
        stage.line.is_up = True
        stage.days_pass(4)
        everybody_is_at_the_centre(stage, count)
        for one in recorded:
            told = town.told(stage.stations[one.who.office], one)
            assert told.startswith("Siap cetak, nomor urut ")
        settle(town, level=Level.SAFE)


def _found_unique_before_the_letter(
    town: Town, people: dict[str, list[Neighbour]]
) -> list[Recorded]:
    """A few of each office are siap cetak already, and blanko lie there."""
    stage, found = town.stage, list[Recorded]()
    for office in stage.offices:
        early = people[office.name][: len(people[office.name]) // 5]
        del people[office.name][: len(early)]
        found += [town.record(office, who) for who in early]
    stage.meet_all()
    stage.days_pass(4)
    town.deliver({office.name: len(found) for office in stage.offices})
    stage.meet_all()
    for office in stage.offices:
        town.count_in(office)
    return found


def _six_weeks(
    town: Town, people: dict[str, list[Neighbour]], copy: Path
) -> Iterator[Recorded]:
    stage = town.stage
    for week in watched(range(WEEKS), "6 minggu"):
        fresh = []
        for office in stage.offices:
            fresh += [
                town.record(office, who) for who in people[office.name][week::WEEKS]
            ]
        # Before anybody heard *tercatat* the second medium had it.
        assert all(receipt.mirrored for receipt in stage.receipts)
        stage.days_pass(7)
        for one in fresh:
            with stage.stations[one.who.office].at_work() as journal:
                assert level_of(journal, one.recording) is Level.SAFE
        yield from fresh
        if week == CARRIED_WEEK:
            _copy_the_folder(stage, copy)
        if week == DEAD_WEEK:
            _disk_dies(stage, copy)


def _copy_the_folder(stage: Stage, copy: Path) -> None:
    """The routine backup of the letter: somebody copies the machine, on a quiet evening."""
    stage.stop(UNLUCKY)
    shutil.copytree(stage.district.members[UNLUCKY].folder, copy)
    stage.start(UNLUCKY)


def _disk_dies(stage: Stage, copy: Path) -> None:
    """The copy of two weeks ago goes on a new disk; the stick brings the rest back."""
    folder = stage.district.members[UNLUCKY].folder
    heads = _own_heads(stage.stations[UNLUCKY])
    stage.stop(UNLUCKY)
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    back = stage.start(UNLUCKY)
    assert back.journal.healing.copied_back > 0
    assert not back.journal.healing.rolled_back and back.journal.epoch == 1
    assert _own_heads(back) == heads
    assert back.journal.halts() == []
    stage.meet(back)


def _own_heads(office: Station) -> dict[bytes, tuple[int, bytes]]:
    rows = office.journal.journals()
    return {row.id: (row.head_seq, row.head_h) for row in rows if row.own}


def _what_was_unique_is_printed(town: Town, before: list[Recorded]) -> None:
    """The letter's fourth point: siap cetak stays siap cetak, whatever the centre does."""
    for one in before:
        office = town.stage.stations[one.who.office]
        assert town.print(office, town.order_of(office, one.who)) == "printed"
        assert town.told(office, one).startswith("KTP sudah jadi. Ambil di ")
        town.hand_over(office, one.who.person, one.code)
    town.stage.meet_all()
