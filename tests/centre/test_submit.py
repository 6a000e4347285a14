"""Submitting packets: once, again, in another version, and for whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perahu.centre.ports import CentreRefused
from perahu.centre.sim import SimulatorSettings
from perahu.centre.sim_plan import FINGERS
from tests.centre.packets import create_packet, hand_centre

AT_ONCE = SimulatorSettings(delay_scale=0)


def test_it_takes_a_packet_once() -> None:
    """The same recording and version is one packet, however often it comes."""
    hand = hand_centre()
    references = {hand.centre.submit(create_packet()) for _ in range(3)}
    hand.pass_days()
    assert len(references) == 1
    assert len(hand.told) == 4
    packets = hand.centre.truth()["packets"]
    assert isinstance(packets, list)
    assert [(row["submits"], row["status"]) for row in packets] == [
        (3, "PRINT_READY_RECORD")
    ]


def test_it_refuses_another_content_under_the_same_version() -> None:
    """A changed part needs a new version; nothing is overwritten."""
    hand = hand_centre()
    hand.centre.submit(create_packet())
    with pytest.raises(CentreRefused, match="centre_packet_differs"):
        hand.centre.submit(create_packet(changed={"photo": b"another"}))


@pytest.mark.parametrize(
    "wrong", [{"nik": "123"}, {"nik": "x" * 16}, {"version": 0}, {"recording": ""}]
)
def test_it_refuses_a_malformed_packet(wrong: dict[str, object]) -> None:
    """Without NIK, version or recording there is nothing to register."""
    packet = replace(create_packet(), **wrong)  # type: ignore[arg-type]
    with pytest.raises(CentreRefused, match="centre_packet_malformed"):
        hand_centre().centre.submit(packet)


def test_it_forgets_a_lost_packet_until_it_comes_again() -> None:
    """A lost packet is accepted and never mentioned; the same packet again heals it."""
    hand = hand_centre()
    packet = create_packet()
    hand.centre.plan({packet.nik: "LOST"})
    reference = hand.centre.submit(packet)
    hand.pass_days(300)
    assert hand.names(reference) == ["SENT_FOR_ENROLLMENT"]
    assert hand.centre.submit(packet) == reference
    hand.pass_days()
    assert hand.names(reference)[-1] == "PRINT_READY_RECORD"


def test_it_passes_once_the_unreadable_finger_is_new() -> None:
    """The same finger again fails again; a new one as the next version passes."""
    hand = hand_centre()
    hand.centre.plan({"0": "EFAC:right_middle"})
    first = hand.centre.submit(create_packet())
    hand.pass_days()
    second = hand.centre.submit(create_packet(version=2))
    hand.pass_days()
    third = hand.centre.submit(
        create_packet(version=3, changed={"right_middle": b"clean"})
    )
    hand.pass_days()
    last = [hand.of(reference)[-1] for reference in (first, second, third)]
    assert [one.detail for one in last] == ["right_middle", "right_middle", ""]
    assert last[2].status == "PRINT_READY_RECORD"
    assert len({first, second, third}) == 3


def test_it_passes_once_the_unreadable_finger_is_excepted() -> None:
    """A finger that cannot be taken is excepted in the next version, which passes."""
    hand = hand_centre()
    hand.centre.plan({"0": "EFAC:right_middle"})
    hand.centre.submit(create_packet())
    hand.pass_days()
    packet = create_packet(version=2, excepted=("right_middle",))
    reference = hand.centre.submit(packet)
    hand.pass_days()
    assert hand.names(reference)[-1] == "PRINT_READY_RECORD"


def test_it_takes_a_later_version_with_the_recalled_part_alone() -> None:
    """Parts that the next version leaves out stay as they were."""
    hand = hand_centre()
    hand.centre.plan({"0": "EFAC:left_iris"})
    hand.centre.submit(create_packet())
    hand.pass_days()
    alone = replace(create_packet(version=2), parts={"left_iris": b"clear"})
    reference = hand.centre.submit(alone)
    hand.pass_days()
    assert hand.names(reference)[-1] == "PRINT_READY_RECORD"


def test_it_lets_a_later_version_take_over() -> None:
    """A version still on its way says no more once the next has come."""
    hand = hand_centre()
    first = hand.centre.submit(create_packet())
    second = hand.centre.submit(create_packet(version=2))
    late = hand.centre.submit(create_packet(person=1, version=2))
    older = hand.centre.submit(create_packet(person=1, version=1))
    hand.pass_days()
    assert hand.names(first) == ["SENT_FOR_ENROLLMENT"]
    assert hand.names(second)[-1] == "PRINT_READY_RECORD"
    assert hand.names(late)[-1] == "PRINT_READY_RECORD"
    assert hand.names(older) == []


def test_it_names_a_part_that_is_missing() -> None:
    """A packet with a part neither taken nor excepted fails, naming it."""
    hand = hand_centre(settings=AT_ONCE)
    packet = create_packet()
    parts = {name: part for name, part in packet.parts.items() if name != "left_ring"}
    reference = hand.centre.submit(replace(packet, parts=parts))
    hand.pass_days(0)
    assert hand.of(reference)[-1].detail == "left_ring"


def test_it_never_complains_of_a_finger_that_was_excepted() -> None:
    """A planned failure names a finger the packet has."""
    hand = hand_centre(settings=AT_ONCE)
    hand.centre.plan({"0": "EFAC:right_thumb"})
    packet = create_packet(excepted=("right_thumb", "right_index"))
    reference = hand.centre.submit(packet)
    hand.pass_days(0)
    assert hand.of(reference)[-1].detail in packet.parts


def test_it_finds_the_same_fingers_under_another_nik() -> None:
    """The second record of one person under two NIKs is a duplicate, one to one."""
    hand = hand_centre(settings=AT_ONCE)
    first = hand.centre.submit(create_packet(person=1))
    second = hand.centre.submit(create_packet(person=2, fingers_of=1))
    hand.pass_days(0)
    assert hand.names(first)[-1] == "PRINT_READY_RECORD"
    last = hand.of(second)[-1]
    assert (last.status, last.detail) == ("DUPLICATE_RECORD", "ONE_TO_ONE")
    assert last.other_nik == "170305******9001"


def test_it_finds_a_duplicate_that_overtook() -> None:
    """Of two on their way the one that came first stands, whichever is faster."""
    for seed in range(8):
        hand = hand_centre(settings=SimulatorSettings(seed=seed))
        first = hand.centre.submit(create_packet(person=1))
        second = hand.centre.submit(create_packet(person=2, fingers_of=1))
        hand.pass_days()
        assert hand.names(first)[-1] == "PRINT_READY_RECORD"
        assert hand.names(second)[-1] == "DUPLICATE_RECORD"


def test_it_finds_two_recordings_of_one_nik() -> None:
    """One NIK recorded twice with other fingers is one to many."""
    hand = hand_centre(settings=AT_ONCE)
    nik = create_packet(person=1).nik
    hand.centre.submit(create_packet(person=1))
    second = hand.centre.submit(create_packet(person=2, nik=nik))
    hand.pass_days(0)
    last = hand.of(second)[-1]
    assert (last.status, last.detail) == ("DUPLICATE_RECORD", "ONE_TO_MANY")


def test_it_finds_the_same_fingers_under_two_other_niks() -> None:
    """A third record is one to many while the second is undecided, else one to one."""
    details = set()
    for seed in range(8):
        hand = hand_centre(settings=SimulatorSettings(seed=seed))
        hand.centre.submit(create_packet(person=1))
        hand.pass_days()
        hand.centre.submit(create_packet(person=2, fingers_of=1))
        third = hand.centre.submit(create_packet(person=3, fingers_of=1))
        hand.pass_days()
        assert hand.names(third)[-1] == "DUPLICATE_RECORD"
        details.add(hand.of(third)[-1].detail)
    assert details == {"ONE_TO_ONE", "ONE_TO_MANY"}


def test_it_matches_nobody_by_missing_fingers() -> None:
    """Two people without fingers are not each other's duplicate."""
    hand = hand_centre(settings=AT_ONCE)
    for person in (1, 2):
        reference = hand.centre.submit(create_packet(person=person, excepted=FINGERS))
    hand.pass_days(0)
    assert hand.names(reference)[-1] == "PRINT_READY_RECORD"


def test_it_remembers_after_a_restart(tmp_path: Path) -> None:
    """Packets, pending steps and the cursor survive the process."""
    store = str(tmp_path / "centre.db")
    hand = hand_centre(store=store)
    reference = hand.centre.submit(create_packet())
    hand.pass_days(0)
    again = hand_centre(store=store)
    again.cursor, again.clock = hand.cursor, again.clock
    assert again.centre.submit(create_packet()) == reference
    again.pass_days()
    assert again.names(reference) == [
        "RECEIVED_AT_CENTRAL", "SENT_FOR_DEDUP", "PRINT_READY_RECORD",
    ]  # fmt: skip
