"""The whole recording under both policies: offline capture, and only while the centre is near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from perahu.centre.ports import CentrePacket, CentreUnreachable, StatusPage
from perahu.enrolment import reads
from perahu.keys.facts import ONLINE_ONLY, STORE_AND_FORWARD, PolicySet
from perahu.node.actions import set_policy
from perahu.node.desk import Desk, Progress, record_person
from perahu.node.hub import Hub, hub_round
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.people import actions as people
from perahu.people import reads as residents
from perahu.people.rules import Change
from perahu.words import Refusal
from tests.system.desks import NameMatcher, SteadyScanner, record
from tests.system.world import ENGGANO, HUB, World, answering, call, officer_of

STALE = timedelta(minutes=11)


class Centre:
    """A centre without news, that can be out of reach."""

    is_away = False

    def submit(self, packet: CentrePacket) -> str:
        """Take it."""
        self._look()
        return f"REF {packet.recording}"

    def statuses(self, since: str = "") -> StatusPage:
        """No news."""
        self._look()
        return StatusPage((), since)

    def _look(self) -> None:
        if self.is_away:
            raise CentreUnreachable("centre_unreachable", id="putus", en="cut")


class District:
    """Hub and Enggano on one true clock that the test moves."""

    def __init__(self, world: World) -> None:
        self.now = datetime.now(UTC)
        self.hub = world.open(HUB, wall_s=self._wall_s)
        self.enggano = world.open(ENGGANO, wall_s=self._wall_s)
        self.centre = Centre()
        self._hub = Hub(office=self.hub, centre=self.centre, extract=lambda r: r)

    def _wall_s(self) -> float:
        self.now += timedelta(milliseconds=1)
        return self.now.timestamp()

    def decree(self, policy: str) -> None:
        """The kabupaten states a policy."""
        fact = PolicySet(policy=policy, decree="SK 9")
        set_policy(self.hub.journal, self.hub.ask(), policy=fact)

    def round(self) -> None:
        """The hub asks the centre, and Enggano hears of it."""
        with self.hub.at_work():
            hub_round(self._hub)
        with answering(self.hub) as listener:
            assert call(self.enggano, listener.port).is_complete


@pytest.fixture
def district(world: World) -> District:
    """Hub and Enggano, who have just been in contact; the centre was never seen."""
    made = District(world)
    made.centre.is_away = True
    made.round()
    made.centre.is_away = False
    return made


def _refused(office: Office, nik: str, scanner: SteadyScanner) -> str:
    """Try to record; gives the code of the refusal."""
    desk = Desk(
        office=office,
        scanner=scanner,
        matcher=NameMatcher(),
        officer=officer_of(office, ENGGANO),
        random=system_random,
    )
    with pytest.raises(Refusal) as refusal, office.at_work():
        record_person(desk, nik=nik, resume=True)
    assert refusal.value.words.id != refusal.value.words.en
    return refusal.value.code


def test_it_works(district: District, world: World) -> None:
    """STORE_AND_FORWARD: a whole recording, whatever the centre and the network do."""
    assert district.enggano.authority.policy.policy == STORE_AND_FORWARD
    district.centre.is_away = True
    district.now += timedelta(days=20)
    recorded = record(district.enggano, ENGGANO, world.residents()[0])
    assert recorded.number.startswith("0001/170301/")
    assert district.enggano.authority.centre_seen_ms == 0


def test_it_captures_nothing_while_the_centre_was_never_seen(
    district: District, world: World
) -> None:
    """ONLINE_ONLY and no answer yet: refused before any device is started."""
    district.centre.is_away = True
    district.decree(ONLINE_ONLY)
    district.round()
    scanner, nik = SteadyScanner(), world.residents()[0]
    assert _refused(district.enggano, nik, scanner) == "centre_not_seen"
    assert scanner.taken == []


def test_it_records_while_the_centre_is_fresh(district: District, world: World) -> None:
    """ONLINE_ONLY with an answer younger than ten minutes: the whole flow, as ever."""
    district.decree(ONLINE_ONLY)
    district.round()
    assert district.enggano.authority.centre_seen_ms > 0
    district.now += timedelta(minutes=9)
    recorded = record(district.enggano, ENGGANO, world.residents()[0])
    assert recorded.receipt.level == 0
    district.round()
    with district.hub.at_work():
        assert reads.next_step(recorded.recording).name == "done"


def test_it_stops_at_the_finger_where_the_answer_grew_old(
    district: District, world: World
) -> None:
    """What was captured stays; with a fresh answer it goes on at the same finger."""
    nik, office = world.residents()[0], district.enggano
    district.decree(ONLINE_ONLY)
    district.round()

    def grow_old(progress: Progress) -> None:
        if progress.settled == 5:
            district.now += STALE

    with pytest.raises(Refusal) as refusal:
        record(office, ENGGANO, nik, on_progress=grow_old)
    assert refusal.value.code == "centre_not_seen"
    scanner = SteadyScanner(ENGGANO + nik)
    assert _refused(office, nik, scanner) == "centre_not_seen"
    assert scanner.taken == []
    with office.at_work():
        (begun,) = reads.unfinished(office.journal.node_id)
        stopped_at = reads.next_step(begun.recording)
    assert stopped_at.name == "capture" and len(begun.open_parts) == 9
    district.round()
    told: list[Progress] = []
    recorded = record(office, ENGGANO, nik, resume=True, on_progress=told.append)
    assert recorded.recording == begun.recording
    first = next(one for one in told if one.step == "capture")
    assert (first.part, first.settled) == (stopped_at.part, 6)


def test_it_goes_on_with_everything_else(district: District, world: World) -> None:
    """Under ONLINE_ONLY with an old answer only the capture waits: intake goes on."""
    nik, office = world.residents()[0], district.enggano
    district.decree(ONLINE_ONLY)
    district.round()
    district.now += STALE
    with office.at_work():
        known = residents.by_nik(nik)
        assert known is not None
        people.correct_biodata(
            office.journal,
            office.ask(officer_of(office, ENGGANO)),
            person=known.person,
            changes=[Change("alamat", "DATA UJI, JL. BARU", "surat desa")],
            wilayah="170301",
        )
    district.decree(STORE_AND_FORWARD)
    assert _refused(office, nik, SteadyScanner()) == "centre_not_seen"
    district.round()
    assert record(office, ENGGANO, nik, resume=True).number
