"""What a desk is told when a device fails, answers nonsense, or is not the office's."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from perahu.devices.ports import DeviceFault
from perahu.devices.sbi_faults import _CODES, _WORDS, fault_of
from perahu.devices.sbi_link import Link
from perahu.devices.sim_desk import ERRORS
from perahu.devices.sim_keys import DeviceKeys
from tests.devices.scanners.desk import SimulatedDesk, free_port


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"fault": "error", "code": "101"}, "no_object"),
        ({"fault": "error", "code": "102"}, "poor_quality"),
        ({"fault": "error", "code": "103"}, "device_error"),
        ({"fault": "error", "code": "730"}, "device_error"),
        ({"fault": "timeout"}, "timeout"),
        ({"fault": "silent"}, "timeout"),
        ({"fault": "hang_up"}, "bad_answer"),
        ({"fault": "garbage"}, "bad_answer"),
        ({"fault": "wrong_hash"}, "bad_answer"),
        ({"fault": "cut_record"}, "bad_answer"),
        ({"fault": "wrong_key"}, "bad_signature"),
        ({"fault": "wrong_part"}, "wrong_part"),
    ],
)
def test_it_says_what_went_wrong(
    desk: SimulatedDesk, fault: dict[str, str], code: str
) -> None:
    """Every failure of a device has its own words, and the next capture works."""
    desk.control("fault", part="left_ring", **fault)
    scanner = desk.scanner()
    with pytest.raises(DeviceFault) as refused:
        scanner.capture("left_ring", timeout_s=0.1)
    assert refused.value.code == code
    assert refused.value.words.id and refused.value.words.en
    assert scanner.capture("left_ring").part == "left_ring"


@pytest.mark.parametrize(
    ("state", "code"),
    [("Busy", "busy"), ("Not Ready", "busy"), ("Not Registered", "device_error")],
)
def test_it_says_that_a_device_is_not_ready(
    desk: SimulatedDesk, state: str, code: str
) -> None:
    """A device that is there but will not capture is named so."""
    desk.control("device", kind="Iris", state=state)
    scanner = desk.scanner()
    assert [device.state for device in scanner.devices() if not device.ready] == [state]
    with pytest.raises(DeviceFault) as refused:
        scanner.capture("left_iris")
    assert refused.value.code == code


def test_it_says_that_a_finger_is_not_there(desk: SimulatedDesk) -> None:
    """A finger the person does not have ends in the advice to record an exception."""
    desk.control("person", seed=7, missing_parts=["left_ring"])
    with pytest.raises(DeviceFault) as refused:
        desk.scanner().capture("left_ring")
    assert refused.value.code == "no_object"
    assert "pengecualian" in refused.value.words.id


def test_it_trusts_no_device_under_another_root(desk: SimulatedDesk) -> None:
    """Devices of a stranger do not exist for this desk."""
    stranger = DeviceKeys.new().root_pem
    scanner = desk.scanner(stranger)
    assert scanner.devices() == []
    with pytest.raises(DeviceFault):
        scanner.capture("left_ring")


def test_it_has_words_for_every_code() -> None:
    """Every code of SBI leads to a fault with words in both languages."""
    assert set(_CODES.values()) <= set(_WORDS)
    for code in ERRORS:
        assert fault_of(code).device_code == code


def test_it_shows_no_code_that_a_device_made_up() -> None:
    """An error code is shortened and stripped before a person reads it."""
    assert fault_of("<b>1234567890</b>").device_code == "b12345"


def _dripping(port: int, body: bytes, pause_s: float) -> threading.Thread:
    """A device that sends its answer byte by byte."""
    listener = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        with listener, listener.accept()[0] as client:
            client.recv(4_096)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
            try:
                while True:
                    client.sendall(body)
                    time.sleep(pause_s)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_it_is_not_held_up_by_an_answer_that_drips() -> None:
    """The whole answer has one deadline, not each byte of it."""
    port = free_port()
    thread = _dripping(port, b" ", 0.05)
    with pytest.raises(DeviceFault) as refused:
        Link(port, time.monotonic).ask("GET", "/", None, 0.4)
    assert refused.value.code == "timeout"
    thread.join(5)


def test_it_reads_no_answer_without_end() -> None:
    """An answer above the limit is cut off."""
    port = free_port()
    thread = _dripping(port, b" " * 500_000, 0)
    with pytest.raises(DeviceFault) as refused:
        Link(port, time.monotonic).ask("GET", "/", None, 20)
    assert refused.value.code == "bad_answer"
    thread.join(5)
