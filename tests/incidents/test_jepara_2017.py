"""Jepara, 14 June 2017: the centre fell at 08:30, 232 were in the queue by 10:00, back 10:40.

44 had been served (README.md, "Jepara"). Here nobody in the room waits for the centre: who
is to be recorded is recorded, who is siap cetak gets the card, who comes for one takes it.

All 232: 40 s of one core that other work shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from perahu.journal.types import COMMON, Draft
from perahu.keys.facts import ONLINE_ONLY, PolicySet
from perahu.words import Refusal
from tests.incidents.accounts import everybody_is_at_the_centre, settle
from tests.incidents.acts import Recorded, Town
from tests.incidents.stage import Neighbour, Place, Stage, size, staged

JEPARA = Place(code="3320", offices=("332006",))
FULL, SERVED_THEN = 232, 44
OPENS, FALLS, COUNTED, BACK = "07:30", "08:30", "10:00", "10:40"
DAY = "2017-06-14"
RECORD, PRINT, COLLECT = "record", "print", "collect"
DESKS = {RECORD: 4, PRINT: 1, COLLECT: 1}
MINUTES = {RECORD: 8.0, PRINT: 1.5, COLLECT: 1.0}
"""A set records 52 a day (domain: 156 with three); a printer gives a card a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One of the queue: what for, from when, and when it was done."""

    who: Neighbour
    wish: str
    came: datetime
    done: datetime


def test_it_serves_the_queue_while_the_centre_is_away(tmp_path: Path) -> None:
    """232 come; by 10:00 far more than 44 are served, and each goes home with an answer."""
    count = size(FULL, 36)
    with staged(tmp_path, JEPARA, "2017-06-12 08:00") as stage:
        town = Town(stage)
        wishes = _the_days_before(town, count)
        served, recorded = _morning(town, wishes)
        assert len(served) == count
        by_ten = [one for one in served if one.done <= _clock(COUNTED)]
        # 44 of 232 is what the same room had done by then, waiting for the centre.
        assert len(by_ten) * FULL > SERVED_THEN * count
        _goes_home_with_an_answer(town, recorded)
        stage.at(f"{DAY} {BACK}")
        _the_centre_is_back(town, recorded)
        stage.days_pass(3)
        everybody_is_at_the_centre(stage, len(recorded))
        settle(town)


def _the_days_before(town: Town, count: int) -> dict[str, list[Neighbour]]:
    """A third is to be recorded, a third is siap cetak, a third has a card lying here."""
    stage = town.stage
    [(_, people)] = stage.register(count).items()
    wishes = {RECORD: people[0::3], PRINT: people[1::3], COLLECT: people[2::3]}
    town.order([*wishes[COLLECT], *wishes[PRINT]])
    town.deliver({stage.offices[0].name: count})
    stage.meet_all()
    [office] = stage.offices
    town.count_in(office)
    assert town.print_all(office, len(wishes[COLLECT])) == len(wishes[COLLECT])
    stage.meet_all()
    return wishes


def _morning(
    town: Town, wishes: dict[str, list[Neighbour]]
) -> tuple[list[Served], list[Recorded]]:
    """Everybody of the queue at the desk that is free first, by the minutes it takes."""
    stage, recorded = town.stage, list[Recorded]()
    plan = _plan(wishes)
    for one in plan:
        stage.line.is_up = not _clock(FALLS) <= one.done < _clock(BACK)
        stage.at(f"{one.done:%Y-%m-%d %H:%M}")
        _serve(town, one, recorded)
        if one is plan[len(plan) // 2]:
            # The hub's loop goes on meanwhile, and the office tells it all it has.
            stage.hub_works()
            stage.meet_all()
    return plan, recorded


def _plan(wishes: dict[str, list[Neighbour]]) -> list[Served]:
    span = _clock(COUNTED) - _clock(OPENS)
    found = []
    for wish, people in wishes.items():
        free = [_clock(OPENS)] * DESKS[wish]
        for place, who in enumerate(people):
            came = _clock(OPENS) + span * place / len(people)
            desk = min(range(len(free)), key=free.__getitem__)
            free[desk] = max(free[desk], came) + timedelta(minutes=MINUTES[wish])
            found.append(Served(who=who, wish=wish, came=came, done=free[desk]))
    return sorted(found, key=lambda one: one.done)


def _serve(town: Town, one: Served, recorded: list[Recorded]) -> None:
    [office] = town.stage.offices
    if one.wish == RECORD:
        recorded.append(town.record(office, one.who))
        return
    if one.wish == PRINT:
        assert town.standing(office, one.who) == "siap cetak"
        assert town.print(office, town.order_of(office, one.who)) == "printed"
    assert town.standing(office, one.who) == "kartu siap diambil"
    town.hand_over(office, one.who.person, town.codes[one.who.person])
    assert town.standing(office, one.who) == "sudah diserahkan"


def _goes_home_with_an_answer(town: Town, recorded: list[Recorded]) -> None:
    [office] = town.stage.offices
    assert {town.told(office, one) for one in recorded} == {
        "Sudah direkam dan tercatat di Jepara; menunggu dikirim ke pusat. Tidak perlu rekam "
        "ulang."
    }


def _the_centre_is_back(town: Town, recorded: list[Recorded]) -> None:
    """Nobody does anything: what waited goes."""
    stage = town.stage
    stage.line.is_up = True
    stage.meet_all()
    stage.hub_works()
    stage.meet_all()
    [office] = stage.offices
    assert {town.told(office, one) for one in recorded} == {
        "Sudah dikirim ke pusat tanggal 14 Juni 2017. Pusat sedang memeriksa. Tidak perlu "
        "rekam ulang."
    }


def test_it_says_why_where_only_online_recording_is_allowed(tmp_path: Path) -> None:
    """ONLINE_ONLY: recording stops ten minutes after the centre, in words; cards go on."""
    with staged(tmp_path, JEPARA, "2017-06-12 08:00") as stage:
        town = Town(stage)
        wishes = _the_days_before(town, 9)
        _only_online(stage)
        stage.at(f"{DAY} 08:25")
        stage.hub_works()
        stage.meet_all()
        [office] = stage.offices
        first, second, _ = wishes[RECORD]
        recorded = [town.record(office, first)]
        stage.line.is_up = False
        stage.at(f"{DAY} 08:45")
        with pytest.raises(Refusal) as caught:
            town.record(office, second)
        assert caught.value.words.id == (
            "Kabupaten ini hanya merekam saat pusat terhubung, dan jawaban pusat sudah "
            "lebih dari 10 menit. Yang tercatat aman; antrean dan layanan lain tetap jalan."
        )
        for who in wishes[PRINT]:
            _serve(
                town,
                Served(who=who, wish=PRINT, came=stage.moment, done=stage.moment),
                [],
            )
        stage.line.is_up = True
        stage.at(f"{DAY} {BACK}")
        stage.hub_works()
        stage.meet_all()
        recorded += [town.resume(office, second)]
        stage.meet_all()
        stage.days_pass(4)
        everybody_is_at_the_centre(stage, len(recorded))
        settle(town)


def _only_online(stage: Stage) -> None:
    with stage.hub.journal.writing() as book:
        policy = PolicySet(policy=ONLINE_ONLY, decree="SK 2")
        book.append(stage.hub.ask(), [Draft(policy, audience=COMMON)])


def _clock(time: str) -> datetime:
    return datetime.fromisoformat(f"{DAY} {time}")
