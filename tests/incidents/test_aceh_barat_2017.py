"""Aceh Barat, March 2017: about 1,000 recorded offline while the centre was down.

The machine was carried to Jakarta to be installed anew (README.md, "Aceh Barat"). Here the
offices reach their hub and the hub reaches nobody; it keeps all, says so, and goes on by
itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.types import Level
from perahu.words import Refusal
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Neighbour, Place, Stage, size, staged, watched

ACEH_BARAT = Place(code="1105", offices=("110501", "110509"))
WEEKS = 4


def test_it_records_on_while_the_centre_is_down(tmp_path: Path) -> None:
    """A thousand are recorded, received at the hub, and reach the centre once it is back."""
    count = size(1_000, 12)
    with staged(tmp_path, ACEH_BARAT, "2017-03-13 08:00") as stage:
        town, people = Town(stage), stage.register(count)
        stage.meet_all()
        stage.line.is_up = False
        recorded = _four_weeks(town, people)
        assert stage.line.centre.truth()["packets"] == []
        _says_what_is_the_matter(stage)
        _nobody_is_recorded_twice(town, recorded[0])
        stage.line.is_up = True
        _goes_on_by_itself(town, recorded)
        stage.days_pass(4)
        everybody_is_at_the_centre(stage, count)
        _everybody_gets_a_card(town, recorded)
        settle(town)


def _four_weeks(town: Town, people: dict[str, list[Neighbour]]) -> list[Recorded]:
    """Every office records, calls in the evening, and each receipt is *diterima* that day."""
    stage, found = town.stage, list[Recorded]()
    for week in watched(range(WEEKS), "4 minggu"):
        for office in stage.offices:
            fresh = [
                town.record(office, who) for who in people[office.name][week::WEEKS]
            ]
            assert town.told(office, fresh[0]) == (
                f"Sudah direkam dan tercatat di {office.name}; menunggu dikirim ke pusat. "
                "Tidak perlu rekam ulang."
            )
            found += fresh
        stage.days_pass(1)
        last = stage.receipts[-1]
        journal = stage.offices[-1].journal
        assert journal.level_of(last.journal, last.seq) is Level.RECEIVED
        stage.wait(days=6)
        if week == WEEKS // 2:
            # The hub's machine is switched off and on: it asks nobody where it was.
            stage.restart("Hub")
    return found


def _says_what_is_the_matter(stage: Stage) -> None:
    """The hub's page: the centre does not answer, everything is kept, nobody must act."""
    said = [words.id for words in stage.trouble.words]
    assert len(said) == 1
    assert said[0].startswith("Pusat tidak menjawab dengan benar")
    assert (
        "Semua paket tetap tersimpan di sini dan dikirim lagi dengan sendirinya."
        in said[0]
    )


def _nobody_is_recorded_twice(town: Town, one: Recorded) -> None:
    """Who comes again, because nothing was heard, is told that it was done."""
    office = town.stage.stations[one.who.office]
    with pytest.raises(Refusal) as caught:
        town.record(office, one.who)
    assert caught.value.words.id == (
        f"Sudah direkam ({one.number}); sekali seumur hidup, tidak perlu ulang."
    )


def _goes_on_by_itself(town: Town, recorded: list[Recorded]) -> None:
    stage = town.stage
    day = f"{stage.moment.day} {'Maret' if stage.moment.month == 3 else 'April'} 2017"
    stage.hub_works()
    stage.meet_all()
    for one in (recorded[0], recorded[-1]):
        assert town.told(stage.stations[one.who.office], one) == (
            f"Sudah dikirim ke pusat tanggal {day}. Pusat sedang memeriksa. Tidak perlu "
            "rekam ulang."
        )
    packets = stage.line.centre.truth()["packets"]
    assert isinstance(packets, list) and {one["submits"] for one in packets} == {1}


def _everybody_gets_a_card(town: Town, recorded: list[Recorded]) -> None:
    stage = town.stage
    shares = {
        o.name: sum(r.who.office == o.name for r in recorded) for o in stage.offices
    }
    town.deliver(shares)
    stage.meet_all()
    for office in stage.offices:
        assert town.count_in(office) == town.print_all(office) == shares[office.name]
    for one in recorded:
        office = stage.stations[one.who.office]
        assert town.told(office, one) == (
            f"KTP sudah jadi. Ambil di {office.name}, bawa bukti perekaman dan KK. Gratis."
        )
        town.hand_over(office, one.who.person, one.code)
    stage.meet_all()
