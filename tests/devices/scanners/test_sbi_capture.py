"""Capturing through SBI: what a desk gets of a person."""

from __future__ import annotations

import pytest

from perahu.devices.iso19794 import parse
from perahu.devices.parts import BY_NAME
from perahu.devices.ports import FACE, FINGER, IRIS, SIGNATURE, DeviceFault, Scanner
from perahu.enrolment.facts import PARTS
from tests.devices.scanners.desk import TAKEN, SimulatedDesk


def test_it_works(desk: SimulatedDesk) -> None:
    """A finger comes as its ISO record with a score and the device's name."""
    scanner: Scanner = desk.scanner()
    capture = scanner.capture("right_index")
    record = parse(capture.record)
    assert (record.kind, record.position) == (FINGER, 2)
    assert capture.score == record.quality and 0 < capture.score <= 100
    assert capture.device == "PERAHU SIM FP-SIM-4 UJI000000101"
    assert record.taken == TAKEN


def test_it_captures_a_whole_packet_of_real_size(desk: SimulatedDesk) -> None:
    """All fourteen parts together have the size of an industry packet."""
    scanner = desk.scanner()
    captures = [scanner.capture(part, background="red") for part in PARTS]
    assert [capture.part for capture in captures] == list(PARTS)
    assert 200_000 <= sum(len(capture.record) for capture in captures) <= 600_000


def test_it_knows_every_part_of_a_recording() -> None:
    """The devices' names of the parts are those of the facts."""
    assert set(BY_NAME) == set(PARTS)


def test_it_finds_the_four_devices(desk: SimulatedDesk) -> None:
    """Discovery names finger scanner, iris camera, photo camera and pad, all ready."""
    found = desk.scanner().devices()
    assert [device.kind for device in found] == [FINGER, IRIS, FACE, SIGNATURE]
    assert all(device.ready for device in found)


def test_it_finds_nothing_where_nobody_listens(desk: SimulatedDesk) -> None:
    """A desk without devices is told so, and a capture is refused in words."""
    scanner = desk.scanner()
    quiet = type(scanner)(
        type(scanner._settings)(scanner._settings.root_pem, (4599,)), scanner._desk
    )
    assert quiet.devices() == []
    with pytest.raises(DeviceFault) as refused:
        quiet.capture("left_thumb")
    assert refused.value.code == "not_connected"
    assert "tetap tersimpan" in refused.value.words.id


def test_it_gives_the_same_picture_of_the_same_capture(desk: SimulatedDesk) -> None:
    """Person, part and number of the capture decide every byte."""
    first = desk.scanner().capture("left_ring")
    second = desk.scanner().capture("left_ring")
    desk.control("reset")
    desk.control("person", seed=7)
    again = desk.scanner().capture("left_ring")
    assert first == again
    assert first.record != second.record


def test_it_measures_the_background_itself(desk: SimulatedDesk) -> None:
    """A wrong backdrop is seen in the picture, whatever was asked for."""
    scanner = desk.scanner()
    assert scanner.capture("photo", background="red").background == "red"
    desk.control("person", seed=7, backdrop="blue")
    assert scanner.capture("photo", background="red").background == "blue"
    desk.control("person", seed=7, backdrop="")
    assert scanner.capture("photo", background="red").background == ""


def test_it_gives_a_small_thumbnail_with_a_photo_only(desk: SimulatedDesk) -> None:
    """The thumbnail fits into 3 kB; fingers have none."""
    scanner = desk.scanner()
    small = scanner.capture("photo", background="orange").thumbnail
    assert small is not None and len(small) <= 3_000
    assert scanner.capture("left_thumb").thumbnail is None


def test_it_chains_every_capture_to_the_one_before(desk: SimulatedDesk) -> None:
    """The chain goes on after a capture that failed in between."""
    scanner = desk.scanner()
    scanner.capture("left_thumb")
    desk.control("fault", fault="wrong_hash")
    with pytest.raises(DeviceFault):
        scanner.capture("left_index")
    assert scanner.capture("left_index").part == "left_index"


def test_it_takes_a_low_score_as_it_is(desk: SimulatedDesk) -> None:
    """A poor capture is returned with its score: the rules judge it, not the port."""
    desk.control("fault", fault="score", score=20)
    scanner = desk.scanner()
    assert scanner.capture("left_ring", requested_score=60).score < 30
    assert scanner.capture("left_ring", requested_score=60).score > 40


def test_it_finds_a_device_again_after_its_process_moved(
    desk: SimulatedDesk,
) -> None:
    """An unplugged scanner is a fault; plugged in again, the next capture works."""
    scanner = desk.scanner()
    scanner.devices()
    desk.control("device", kind="Finger", state="Unplugged")
    assert FINGER not in [device.kind for device in scanner.devices()]
    with pytest.raises(DeviceFault) as refused:
        scanner.capture("left_ring")
    assert refused.value.code == "not_connected"
    desk.control("device", kind="Finger", state="Ready")
    assert scanner.capture("left_ring").score > 0
