"""Rounds of the hub against the simulated centre: hand over, listen, order, recall, ask."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from perahu.cards import reads as orders
from perahu.cases import reads as cases
from perahu.centre.ports import (
    CentrePacket,
    CentreStatus,
    CentreUnreachable,
    StatusPage,
)
from perahu.centre.sim import SimulatedCentre, SimulatorSettings
from perahu.centre.sim_store import open_store
from perahu.devices.ports import DeviceFault
from perahu.enrolment import actions, reads, reads_hub
from perahu.enrolment.facts import INDEXES
from perahu.keys.sealing import open_blob
from perahu.node.hub import PAGES_PER_ROUND, Hub, HubRound, hub_round
from tests.enrolment.builders import NIK, PERSON, RECORDING, create_biodata
from tests.enrolment.stations import Network, finish, open_station, record_all

DAY_MS = 24 * 3600 * 1000


@dataclass
class Link:
    """The road to the centre, which can be cut, also after a request was heard."""

    centre: SimulatedCentre
    cut: str = ""
    """"", "before" (nothing gets through) or "after" (the answer is lost)."""
    submits: list[CentrePacket] = field(default_factory=list)
    of_others: int = 0
    """So many pages are about packets of other hubs before one is about ours."""

    def submit(self, packet: CentrePacket) -> str:
        """As the centre does."""
        self._break("before")
        reference = self.centre.submit(packet)
        self.submits.append(packet)
        self._break("after")
        return reference

    def statuses(self, since: str = "") -> StatusPage:
        """As the centre does."""
        self._break("before")
        if self.of_others:
            self.of_others -= 1
            other = CentreStatus("REF-9", "SENT_FOR_DEDUP", "", "", "", 0)
            return StatusPage((other,), f"{since}+")
        return self.centre.statuses(since.rstrip("+"))

    def _break(self, when: str) -> None:
        if self.cut == when:
            raise CentreUnreachable("centre_unreachable", id="putus", en="cut")


@dataclass
class World:
    """A network whose hub speaks with a simulated centre."""

    network: Network
    hub: Hub
    link: Link

    def round(self, *, days: float = 0) -> HubRound:
        """One round, after so many days."""
        clock = self.network.hub.district.members["Hub"].clock
        clock.wall_ms += int(days * DAY_MS)
        with self.network.hub.at_work():
            return hub_round(self.hub)

    def rounds(self, count: int, *, days: float = 3) -> None:
        """Several rounds, days apart."""
        for _ in range(count):
            self.round(days=days)

    def state_of_order(self) -> str:
        """The state of the order of Budi's recording."""
        with self.network.hub.at_work():
            order = orders.order_of_recording(RECORDING)
            return orders.state(order.order) if order else ""

    def open_cases(self) -> list[str]:
        """The kinds of the open cases."""
        with self.network.hub.at_work():
            return [case.kind for case in cases.open_cases()]


def name_of(record: bytes) -> bytes:
    """A template in the form a card room recognises."""
    return b"FMR\x00" + record


@pytest.fixture
def world(network: Network) -> World:
    """Budi was recorded at Enggano, and everything is at the hub."""
    record_all(network.enggano)
    network.collect()
    return world_of(network)


def world_of(network: Network, extract: Callable[[bytes], bytes] = name_of) -> World:
    """A hub with its centre, all packets PRR unless planned otherwise."""
    clock = network.hub.district.members["Hub"].clock
    store: sqlite3.Connection = open_store(":memory:")
    centre = SimulatedCentre(
        store, now_ms=lambda: clock.wall_ms, settings=SimulatorSettings(seed=1)
    )
    link = Link(centre)
    hub = Hub(office=network.hub, centre=link, extract=extract, patience_ms=5 * DAY_MS)
    return World(network, hub, link)


def test_it_works(world: World) -> None:
    """Accepted, handed over, PRR, ordered: the office can print, and only the office."""
    first = world.round()
    assert (first.decided, first.submitted, first.centre_answered) == (True, 1, True)
    world.rounds(3)
    assert world.state_of_order() == orders.QUEUED
    world.network.give()
    office = world.network.enggano
    with office.at_work() as journal:
        order = orders.order_of_recording(RECORDING)
        assert order is not None
        assert order.holder == journal.node_id
        assert order.pickup == reads.pickup_of(RECORDING)
        assert len(order.blobs) == 2 + len(INDEXES)
    for sha in order.blobs:
        cipher = world.network.hub.journal.blobs.read(sha)
        assert open_blob(cipher, office.journal.keys.age_identity)
    assert world.open_cases() == []


def test_it_is_quiet_when_nothing_is_due(world: World) -> None:
    """After everything is done a round writes nothing more."""
    world.rounds(5)
    before = world.network.hub.journal.journals()
    assert not world.round().did_something
    assert world.network.hub.journal.journals() == before


def test_it_sends_the_centre_what_was_captured(world: World) -> None:
    """The parts opened, the biodata as text, nothing of the statement."""
    world.round()
    (packet,) = world.link.submits
    assert packet.nik == NIK
    assert packet.version == 1
    assert packet.parts["left_iris"] == RECORDING + b"left_iris"
    assert len(packet.parts) == 14
    assert packet.biodata["tanggal_lahir"] == "2000-01-20"


def test_it_waits_for_the_last_part(network: Network) -> None:
    """Without its blobs a packet is accepted but not handed over; then it is."""
    record_all(network.enggano)
    network.collect(blobs=False)
    world = world_of(network)
    assert world.round().submitted == 0
    network.bring_blobs(network.enggano)
    assert world.round().submitted == 1


def test_it_hands_over_once_where_the_answer_was_lost(world: World) -> None:
    """The link breaks after the centre heard: asked again, the centre took it once."""
    world.link.cut = "after"
    broken = world.round()
    assert (broken.submitted, len(broken.trouble)) == (0, 1)
    world.link.cut = ""
    assert world.round().submitted == 1
    assert len({packet.recording for packet in world.link.submits}) == 1
    world.rounds(4)
    with world.network.hub.at_work():
        assert len(orders.orders_of(PERSON)) == 1


def test_it_says_that_the_centre_is_away_and_goes_on_deciding(world: World) -> None:
    """The hub's own decisions do not wait for the centre."""
    world.link.cut = "before"
    done = world.round()
    assert done.decided
    assert not done.centre_answered
    assert [words.en for words in done.trouble] == ["cut"]


def test_it_calls_back_the_finger_the_centre_could_not_read(world: World) -> None:
    """EFAC naming a finger: captured again, version 2, and then the card."""
    world.link.centre.plan({NIK: "EFAC:left_ring"})
    world.rounds(3)
    network = world.network
    network.give()
    with network.enggano.at_work():
        assert reads.next_step(RECORDING) == ("capture", "left_ring")
    world.rounds(2)
    with network.hub.at_work():
        state = reads.recording(RECORDING)
        assert state is not None
        assert state.open_parts == ("left_ring",)
    with network.enggano.at_work():
        # The centre passes a later version once the part has changed.
        finish(network.enggano, prefix=b"better ")
    network.collect()
    world.rounds(5)
    assert [packet.version for packet in world.link.submits] == [1, 2]
    assert world.state_of_order()


@pytest.mark.parametrize(
    ("outcome", "case"),
    [
        ("ONE_TO_ONE", "DUPLICATE_ONE_TO_ONE"),
        ("ONE_TO_MANY", "DUPLICATE_ONE_TO_MANY"),
        ("ADJUDICATE", "ADJUDICATION"),
        ("VALIDATE", "VALIDATION"),
    ],
)
def test_it_asks_a_person_where_the_centre_does(
    world: World, outcome: str, case: str
) -> None:
    """A duplicate of either kind, an adjudication, a validation: one case, no card."""
    world.link.centre.plan({NIK: outcome})
    world.rounds(5)
    assert world.open_cases() == [case]
    assert world.state_of_order() == ""


def test_it_hands_a_lost_packet_over_again(world: World) -> None:
    """Silence for longer than patience: once more, and the centre goes on."""
    world.link.centre.plan({NIK: "LOST"})
    world.rounds(2, days=1)
    assert len(world.link.submits) == 1
    world.rounds(6)
    assert len(world.link.submits) == 2
    assert world.state_of_order()


def test_it_asks_a_person_about_a_stuck_packet(world: World) -> None:
    """Handed over twice and still silent: a case, and no third time."""
    world.link.centre.plan({NIK: "STUCK"})
    world.rounds(8)
    assert world.open_cases() == ["STUCK_AT_CENTRE"]
    assert len(world.link.submits) == 2


def test_it_asks_nobody_while_it_has_not_read_all_that_the_centre_said(
    world: World,
) -> None:
    """News that lies behind so many pages that a round ends before it is no silence."""
    world.link.centre.plan({NIK: "STUCK"})
    world.rounds(2, days=6)
    assert len(world.link.submits) == 2
    assert world.link.centre.release(NIK)
    world.link.of_others = PAGES_PER_ROUND
    assert world.round(days=6).cases == 0
    world.rounds(2)
    assert world.state_of_order() == orders.QUEUED
    assert world.open_cases() == [] and len(world.link.submits) == 2


def test_it_shows_that_the_two_centres_differ_and_still_orders(world: World) -> None:
    """The DRC lags behind: a case to look at, the card is ordered all the same."""
    world.link.centre.plan({NIK: "DRC"})
    world.rounds(20, days=0.25)
    assert "CENTRES_DIFFER" in world.open_cases()
    assert world.state_of_order()


def test_it_takes_the_order_back_where_the_centre_does(world: World) -> None:
    """Unique at first, then a duplicate: the order is cancelled and a person asked."""
    world.link.centre.plan({NIK: "REVOKED"})
    world.rounds(20, days=0.25)
    with world.network.hub.at_work():
        order = orders.order_of_recording(RECORDING)
    assert order is not None
    assert order.cancelled
    assert world.open_cases() == ["DUPLICATE_ONE_TO_ONE"]


def test_it_hands_only_one_of_two_recordings_over(network: Network) -> None:
    """Recorded at two offices: the kept one goes to the centre, the disputed one waits."""
    record_all(network.enggano)
    record_all(network.ketahun, recording=b"recording-02")
    network.collect()
    world = world_of(network)
    world.rounds(4)
    assert len({packet.recording for packet in world.link.submits}) == 1
    assert world.open_cases() == ["TWO_RECORDINGS"]
    with network.hub.at_work():
        assert len(orders.orders_of(PERSON)) == 1


def test_it_draws_the_consequences_after_a_crash(world: World) -> None:
    """The status was noted and then the hub died: the next process still orders the card."""
    world.rounds(2)
    hub = world.hub
    world.hub = Hub(
        office=hub.office,
        centre=hub.centre,
        extract=hub.extract,
        patience_ms=hub.patience_ms,
    )
    world.rounds(3)
    world.hub.followed = ""
    world.rounds(2)
    with world.network.hub.at_work():
        assert len(orders.orders_of(PERSON)) == 1


def test_it_reads_the_centre_from_the_beginning_without_harm(world: World) -> None:
    """The cursor is lost: nothing is ordered twice, no old status comes back."""
    world.rounds(4)
    journal = world.network.hub.journal
    journal.local.delete("centre", b"cursor")
    world.rounds(2)
    with world.network.hub.at_work():
        known = reads_hub.at_centre(RECORDING)
        assert known is not None
        assert known.status == "PRINT_READY_RECORD"
        assert len(orders.orders_of(PERSON)) == 1


def test_it_rebuilds_the_same_tables_from_the_book(world: World) -> None:
    """Everything the hub knows comes back from the book alone, byte for byte."""
    record_all(world.network.ketahun, recording=b"recording-02")
    world.network.collect()
    world.link.centre.plan({NIK: "EFAC:left_ring"})
    world.rounds(4)
    hub = world.network.hub
    before = hub.tables.content_hash()
    hub.tables.rebuild()
    assert hub.tables.content_hash() != before
    hub.journal.catch_up()
    assert hub.tables.content_hash() == before


def test_it_orders_without_a_template_that_cannot_be_made(network: Network) -> None:
    """A finger that gives no template leaves the hand-over to the pick-up code."""

    def refuse(record: bytes) -> bytes:
        raise DeviceFault("poor_quality", id="buram", en="poor")

    record_all(network.enggano)
    network.collect()
    world = world_of(network, refuse)
    world.rounds(4)
    with network.hub.at_work():
        order = orders.order_of_recording(RECORDING)
    assert order is not None
    assert len(order.blobs) == 2


def test_it_prints_at_the_kecamatan_what_a_boat_recorded(network: Network) -> None:
    """Kapal's wilayah is the whole kabupaten: Enggano's people are printed at Enggano."""
    district = network.hub.district
    kapal = open_station(district, "Kapal", b"ratna\0\0\0")
    network.give(kapal)
    biodata = create_biodata(nik="1703012111909005")
    network.import_person(kapal, person=b"person-kapal", biodata=biodata)
    with kapal.at_work():
        actions.open_recording(
            kapal.journal,
            kapal.ask(),
            person=b"person-kapal",
            recording=RECORDING,
            wilayah="170301",
        )
        finish(kapal)
    network.collect(kapal)
    world = world_of(network)
    world.rounds(4)
    with network.hub.at_work():
        order = orders.order_of_recording(RECORDING)
    assert order is not None
    assert order.holder == network.enggano.journal.node_id
    kapal.tables.close()
