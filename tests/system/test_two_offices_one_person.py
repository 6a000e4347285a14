"""One person recorded at two offices that cannot hear each other: both are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perahu.cases import reads as cases
from perahu.cases.rules import SAH, SENGKETA
from perahu.centre.ports import CentrePacket, StatusPage
from perahu.enrolment import reads, reads_hub
from perahu.node.desk import Recorded
from perahu.node.hub import Hub, HubRound, hub_round
from perahu.node.office import Office
from perahu.people import actions as people
from perahu.people import reads as residents
from tests.system.desks import record
from tests.system.world import (
    ENGGANO,
    HUB,
    KAPAL,
    KETAHUN,
    World,
    answering,
    call,
    officer_of,
)  # fmt: skip


class Counting:
    """A centre that takes every packet and says nothing yet."""

    def __init__(self) -> None:
        self.packets: list[CentrePacket] = []

    def submit(self, packet: CentrePacket) -> str:
        """Take it under a number."""
        self.packets.append(packet)
        return f"REF-{len(self.packets)}"

    def statuses(self, since: str = "") -> StatusPage:
        """No news."""
        return StatusPage((), since)


@pytest.fixture
def hub(world: World) -> Iterator[Office]:
    """The hub's open book."""
    with world.open(HUB) as office:
        yield office


def _round(hub: Office, centre: Counting) -> HubRound:
    with hub.at_work():
        return hub_round(Hub(office=hub, centre=centre, extract=lambda record: record))


def _meet(hub: Office, *offices: Office) -> None:
    with answering(hub) as listener:
        for office in offices:
            result = call(office, listener.port)
            assert result.is_complete, result.refusal


def _decisions(hub: Office, *recorded: Recorded) -> list[str]:
    with hub.at_work():
        found = [reads_hub.closed(one.recording) for one in recorded]
        assert all(found), "both are kept"
        return [cases.decision_of(one.journal, one.seq) or "" for one in found if one]


def test_it_works(world: World, hub: Office) -> None:
    """Enggano and its boat record Budi: both stay, one stands, a case is open, once sent."""
    nik = world.residents()[0]
    enggano, kapal = world.open(ENGGANO), world.open(KAPAL)
    both = record(enggano, ENGGANO, nik), record(kapal, KAPAL, nik)
    assert both[0].person == both[1].person
    _meet(hub, enggano, kapal)
    centre = Counting()
    _round(hub, centre)
    assert sorted(_decisions(hub, *both)) == [SAH, SENGKETA]
    with hub.at_work():
        (case,) = cases.open_cases()
        assert case.kind == "TWO_RECORDINGS"
    stands = both[_decisions(hub, *both).index(SAH)]
    assert [packet.recording for packet in centre.packets] == [stands.recording.hex()]


def test_it_sees_one_person_under_two_ids(world: World, hub: Office) -> None:
    """A NIK that Ketahun did not know and registered is still the same person's."""
    nik = world.residents()[0]
    enggano, ketahun = world.open(ENGGANO), world.open(KETAHUN)
    with enggano.at_work():
        known = residents.by_nik(nik)
        assert known is not None
    with ketahun.at_work():
        people.register_resident(
            ketahun.journal,
            ketahun.ask(officer_of(ketahun, KETAHUN)),
            person=b"visitor-0001",
            biodata=known.biodata,
            wilayah="170312",
            papers="KK",
        )
    both = record(enggano, ENGGANO, nik), record(ketahun, KETAHUN, nik)
    assert both[0].person != both[1].person
    _meet(hub, enggano, ketahun)
    centre = Counting()
    _round(hub, centre)
    assert sorted(_decisions(hub, *both)) == [SAH, SENGKETA]
    assert len(centre.packets) == 1
    with hub.at_work():
        assert [case.kind for case in cases.open_cases()] == ["TWO_RECORDINGS"]


def test_it_tells_both_offices_and_decides_once(world: World, hub: Office) -> None:
    """The one in dispute hears of it; another round adds nothing; the books are sound."""
    nik = world.residents()[1]
    enggano, kapal = world.open(ENGGANO), world.open(KAPAL)
    both = record(enggano, ENGGANO, nik), record(kapal, KAPAL, nik)
    _meet(hub, kapal, enggano)
    centre = Counting()
    _round(hub, centre)
    before = hub.journal.journals()
    assert not _round(hub, centre).did_something
    assert hub.journal.journals() == before
    _meet(hub, enggano, kapal)
    loser = both[_decisions(hub, *both).index(SENGKETA)]
    (office,) = (o for o, r in zip((enggano, kapal), both, strict=True) if r is loser)
    with office.at_work():
        assert [case.kind for case in cases.open_cases()] == ["TWO_RECORDINGS"]
        assert reads.recording(loser.recording) is not None
    for one in (hub, enggano, kapal):
        assert one.journal.verify().sound and not one.journal.parked()


def test_it_keeps_what_stood_already(world: World, hub: Office) -> None:
    """A recording that was accepted before the other arrived is never put in doubt."""
    nik = world.residents()[2]
    enggano, kapal = world.open(ENGGANO), world.open(KAPAL)
    late = record(kapal, KAPAL, nik)
    early = record(enggano, ENGGANO, nik)
    _meet(hub, enggano)
    centre = Counting()
    _round(hub, centre)
    assert _decisions(hub, early) == [SAH]
    _meet(hub, kapal)
    _round(hub, centre)
    assert _decisions(hub, early, late) == [SAH, SENGKETA]
    assert len(centre.packets) == 1
