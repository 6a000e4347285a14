"""A node whose clock is years off: order, tables and receipts do not care; people are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from perahu.journal.types import Ask, Receipt
from perahu.node.actions import GrantPlan, grant_operator
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.node.status import status_of
from perahu.people import actions as people
from perahu.people import reads
from perahu.people.rules import Change
from perahu.words import Refusal, in_language
from tests.people.builders import create_biodata
from tests.system.desks import record
from tests.system.world import ENGGANO, HUB, World, answering, call, officer_of

DAY = timedelta(days=1)
YEAR = 365 * DAY


class Hands:
    """The wall clock of a machine, moved by the test."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> float:
        """Seconds since 1970; each look is a millisecond later."""
        self.now += timedelta(milliseconds=1)
        return self.now.timestamp()


@contextmanager
def hub_of(world: World) -> Iterator[Office]:
    """The hub with a right clock, having given Sari rights for a long time."""
    with world.open(HUB) as hub:
        today = hub.now().today
        plan = GrantPlan(
            login="sari",
            name="Sari",
            rights=("intake", "record"),
            wilayah=("170301",),
            valid_from=today - 2 * YEAR,
            valid_until=today + 2 * YEAR,
            decree="SK 2",
        )
        grant_operator(
            hub.journal,
            hub.ask(),
            plan,
            operator=system_random(8),
            activation=system_random(32),
        )
        yield hub


def correct(office: Office, nik: str, job: int, ask: Ask | None = None) -> Receipt:
    """Sari corrects a resident's occupation."""
    with office.at_work():
        known = reads.by_nik(nik)
        assert known is not None
        return people.correct_biodata(
            office.journal,
            ask or office.ask(officer_of(office, ENGGANO)),
            person=known.person,
            changes=[Change("pekerjaan", str(job), "surat desa")],
            wilayah="170301",
        )


def job_at(office: Office, nik: str) -> int:
    """The occupation that this node shows."""
    with office.at_work():
        known = reads.by_nik(nik)
        assert known is not None
        return known.biodata.pekerjaan


def status(office: Office) -> dict[str, Any]:
    """What the status page shows."""
    with office.at_work():
        found: dict[str, Any] = in_language(status_of(office), "en")
        return found


def test_it_works(world: World) -> None:
    """Jumps of years between acts: the order is that of the acts, at both nodes."""
    hands, nik = Hands(), world.residents()[0]
    office = world.open(ENGGANO, wall_s=hands)
    with hub_of(world) as hub, answering(hub) as listener:
        assert call(office, listener.port).is_complete
        receipts = []
        for job, jump in enumerate((-1.9, +3.5, -2.5, +0.9, 0), start=5):
            hands.now += jump * YEAR
            receipts.append(correct(office, nik, job))
        events = {e.h: e for e in office.journal.events(0, 10_000)}
        mine = [events[receipt.h] for receipt in receipts]
        assert [e.lamport for e in mine] == sorted(e.lamport for e in mine)
        assert [e.wall_ms for e in mine] != sorted(e.wall_ms for e in mine)
        assert call(office, listener.port).is_complete
        assert not hub.journal.parked()
        assert [office.journal.level_of(r.journal, r.seq) for r in receipts] == [1] * 5
        assert job_at(office, nik) == job_at(hub, nik) == 9
        for one in (hub, office):
            assert one.journal.verify().sound
            assert one.journal.verify().flagged == 0
    before = office.tables.content_hash()
    with office.at_work():
        office.tables.rebuild()
        office.journal.catch_up()
    assert office.tables.content_hash() == before


def test_it_does_not_move_the_hubs_time(world: World) -> None:
    """A caller years ahead or behind changes neither the hub's clock nor its lamport."""
    hands, nik = Hands(), world.residents()[0]
    office = world.open(ENGGANO, wall_s=hands)
    with hub_of(world) as hub, answering(hub) as listener:
        call(office, listener.port)
        hands.now += 1.9 * YEAR
        correct(office, nik, 5)
        result = call(office, listener.port)
        assert result.offset_ms is not None
        assert abs(result.offset_ms - 1.9 * YEAR / timedelta(milliseconds=1)) < 60_000
        assert hub.now().quality == "rtc"
        assert abs(hub.now().wall_ms / 1000 - datetime.now(UTC).timestamp()) < 60
        heads = [event.lamport for event in hub.journal.events(0, 10_000)]
        assert max(heads) <= len(heads)


def test_it_refuses_an_act_outside_the_grants_period(world: World) -> None:
    """In 1970 nobody holds a right: one sentence, nothing written, and the doubt is shown."""
    hands, nik = Hands(), world.residents()[0]
    with world.open(HUB) as hub, answering(hub) as listener:
        call(world.open(ENGGANO), listener.port)
    hands.now = datetime(1970, 1, 1, tzinfo=UTC)
    office = world.open(ENGGANO, wall_s=hands)
    before = [row.head_seq for row in office.journal.journals()]
    with pytest.raises(Refusal) as refusal:
        correct(office, nik, 5)
    assert "period" in refusal.value.words.en
    assert [row.head_seq for row in office.journal.journals()] == before
    assert "behind" in status(office)["clock_doubt"]


def test_it_flags_a_date_outside_the_period(world: World) -> None:
    """An entry dated after its author's grant stands at the hub, and verify counts it."""
    nik = world.residents()[0]
    office = world.open(ENGGANO)
    at = replace(office.now(), wall_ms=office.now().wall_ms + 3 * 31_536_000_000)
    ask = Ask(system_random(16), officer_of(office, ENGGANO), at)
    receipt = correct(office, nik, 7, ask)
    with world.open(HUB) as hub, answering(hub) as listener:
        assert call(office, listener.port).is_complete
        assert hub.journal.hash_at(receipt.journal, receipt.seq) == receipt.h
        assert job_at(hub, nik) == 7
        report = hub.journal.verify()
        assert (report.sound, report.parked, report.flagged) == (True, 0, 1)


def test_it_counts_age_by_the_date_at_the_office(world: World) -> None:
    """A birthday begins at local midnight: 16 at 17:30 UTC of the day before, not earlier."""
    hands = Hands()
    office = world.open(ENGGANO, wall_s=hands)
    day = hands.now.date() + 30 * DAY
    born = date(day.year - 16, day.month, min(day.day, 28))
    birthday = date(day.year, born.month, born.day)
    biodata = create_biodata(
        nik=f"170301{born:%d%m%y}9007", tanggal_lahir=born, status_kawin=1
    )
    with office.at_work():
        people.register_resident(
            office.journal,
            office.ask(officer_of(office, ENGGANO)),
            person=b"young-person",
            biodata=biodata,
            wilayah="170301",
            papers="akta",
        )
    eve = datetime.combine(birthday - DAY, datetime.min.time(), UTC)
    hands.now = eve + timedelta(hours=16, minutes=30)
    with pytest.raises(Refusal) as refusal:
        record(office, ENGGANO, biodata.nik)
    assert refusal.value.code == "too_young"
    hands.now = eve + timedelta(hours=17, minutes=30)
    assert record(office, ENGGANO, biodata.nik).number.startswith("0001/170301/")


def test_it_says_that_the_clock_is_in_doubt(world: World) -> None:
    """Behind the last record, behind the hub's last time, or far ahead of it: a person looks."""
    hands, nik = Hands(), world.residents()[0]
    office = world.open(ENGGANO, wall_s=hands)
    assert status(office)["clock_doubt"] is None
    correct(office, nik, 5)
    hands.now -= timedelta(hours=1)
    assert "behind" in status(office)["clock_doubt"]
    hands.now += timedelta(hours=2)
    assert status(office)["clock_doubt"] is None
    with world.open(HUB) as hub, answering(hub) as listener:
        assert call(office, listener.port).is_complete
    hands.now += 3 * DAY
    assert "ahead" in status(office)["clock_doubt"]
    assert status(office)["clock"] == "rtc"
    again = world.open(ENGGANO, wall_s=lambda: hands() - 10 * 86_400)
    assert "behind" in status(again)["clock_doubt"]
