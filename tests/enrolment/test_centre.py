"""What the hub notes of the centre, and what the office hears of it."""

from __future__ import annotations

from perahu.enrolment import actions_centre, reads, reads_hub
from perahu.enrolment.actions_centre import Taken
from perahu.enrolment.facts import CentreStatusSeen
from perahu.keys.facts import ONLINE_ONLY, PolicySet
from tests.enrolment.builders import PERSON, RECORDING
from tests.enrolment.stations import Network, finish, record_all


def submit(network: Network, version: int = 1) -> None:
    """The hub notes that the centre took Budi's packet."""
    with network.hub.at_work() as journal:
        taken = Taken(RECORDING, version, f"REF-{version}")
        actions_centre.note_submitted(journal, network.hub.ask(), taken=[taken])


def note(network: Network, status: str, detail: str = "") -> bool:
    """The hub notes a status; whether it was news."""
    seen = CentreStatusSeen(
        person=PERSON, recording=RECORDING, status=status, detail=detail
    )
    with network.hub.at_work() as journal:
        ask = network.hub.ask()
        return actions_centre.note_statuses(journal, ask, seen=[seen]) is not None


def test_it_works(network: Network) -> None:
    """Handed over and noted at the hub, the status reaches the office that recorded."""
    record_all(network.enggano)
    network.collect()
    submit(network)
    assert note(network, "SENT_FOR_ENROLLMENT")
    assert not note(network, "SENT_FOR_ENROLLMENT")
    network.give()
    with network.enggano.at_work():
        known = reads_hub.at_centre(RECORDING)
    assert known is not None
    assert known.status == "SENT_FOR_ENROLLMENT"
    with network.ketahun.at_work():
        assert reads_hub.at_centre(RECORDING) is None


def test_it_leaves_out_a_packet_that_changed_meanwhile(network: Network) -> None:
    """Taken in a version that is not the closed one: nothing is noted, it goes again."""
    record_all(network.enggano)
    network.collect()
    submit(network, version=2)
    with network.hub.at_work():
        assert reads_hub.at_centre(RECORDING) is None
        assert len(reads_hub.to_submit(9)) == 1


def test_it_calls_a_finger_back_and_gets_a_second_version(network: Network) -> None:
    """EFAC names a finger: only that is captured again, and the packet is version 2."""
    office = network.enggano
    record_all(office)
    network.collect()
    submit(network)
    note(network, "ENROLL_FAILURE_AT_CENTRAL", "left_ring")
    with network.hub.at_work() as journal:
        for _ in range(2):
            actions_centre.recall_parts(
                journal,
                network.hub.ask(),
                recording=RECORDING,
                parts=["left_ring"],
                reason="EFAC",
            )
    network.give()
    with office.at_work():
        assert reads.next_step(RECORDING) == ("capture", "left_ring")
        finish(office)
    network.collect()
    with network.hub.at_work():
        (closed,) = reads_hub.to_submit(9)
    assert closed.state.version == 2


def test_it_tells_all_that_the_centre_answers(network: Network) -> None:
    """Under ONLINE_ONLY after three minutes again, not before."""
    network.state(PolicySet(policy=ONLINE_ONLY, decree="SK 2"))
    hub = network.hub
    with hub.at_work() as journal:
        assert actions_centre.note_centre_seen(journal, hub.ask()) is not None
        assert actions_centre.note_centre_seen(journal, hub.ask()) is None
        hub.district.members["Hub"].clock.wall_ms += 3 * 60_000
        assert actions_centre.note_centre_seen(journal, hub.ask()) is not None
    network.give()
    assert network.enggano.journal.authority.centre_seen_ms > 0
