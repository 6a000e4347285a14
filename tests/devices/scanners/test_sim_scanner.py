"""The simulated devices: SBI's words on the wire, and the control of the simulator."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509

from perahu.devices import jws
from tests.devices.scanners.desk import ROOT, SimulatedDesk


def rcapture(bio: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """A correct request for the left slap, with changes."""
    slap = {
        "type": "Finger",
        "count": "4",
        "bioSubType": [],
        "exception": [],
        "requestedScore": "60",
        "deviceId": "1",
        "deviceSubId": "1",
        "previousHash": "",
        **(bio or {}),
    }
    return {
        "env": "Developer",
        "purpose": "Registration",
        "specVersion": "0.9.5",
        "timeout": "10000",
        "captureTime": "2026-03-12T08:30:00+00:00",
        "domainUri": "",
        "transactionId": "test-1",
        "bio": [slap],
        "customOpts": None,
        **changed,
    }


def answer(desk: SimulatedDesk, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a capture's answer."""
    status, told = desk.ask("RCAPTURE", "/capture", request)
    assert status == 200
    return list(told["biometrics"])


def test_it_captures_a_slap_of_four(desk: SimulatedDesk) -> None:
    """Four fingers of one hand come signed, each chained to the one before."""
    root = x509.load_pem_x509_certificate((desk.keys / "root.pem").read_bytes())
    previous = sha256(b"").digest()
    subtypes = []
    for row in answer(desk, rcapture()):
        told = json.loads(jws.verified(row["data"], root))
        value = jws.decode(told["bioValue"])
        previous = sha256(previous + sha256(value).digest()).digest()
        assert row["hash"] == previous.hex().upper()
        assert told["purpose"] == "Registration"
        subtypes.append(told["bioSubType"])
    assert subtypes == [
        f"Left {finger}Finger" for finger in ("Index", "Middle", "Ring", "Little")
    ]


def test_it_leaves_out_excepted_fingers(desk: SimulatedDesk) -> None:
    """A slap with an exception gives the fingers that are left."""
    request = rcapture({"count": "3", "exception": ["Left RingFinger"]})
    assert len(answer(desk, request)) == 3


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (rcapture(specVersion="1.0.0"), "121"),
        (rcapture(purpose="Auth"), "121"),
        (rcapture(env="Home"), "115"),
        (rcapture(transactionId=""), "112"),
        (rcapture(timeout=10_000), "710"),
        (rcapture({"count": "2"}), "113"),
        (rcapture({"type": "Ear"}), "114"),
        (rcapture({"deviceId": ""}), "704"),
        (rcapture({"deviceId": "9"}), "705"),
        (rcapture({"bioSubType": ["Left Toe"]}), "119"),
        (rcapture({"exception": ["Right Thumb"], "deviceSubId": "7"}), "109"),
        ({"bio": []}, "710"),
    ],
)
def test_it_answers_a_wrong_request_with_its_code(
    desk: SimulatedDesk, request_: dict[str, Any], code: str
) -> None:
    """Wrong requests get the error codes that real devices give."""
    (row,) = answer(desk, request_)
    assert row["error"]["errorCode"] == code
    assert row["data"] is None


def test_it_answers_discovery_by_kind(desk: SimulatedDesk) -> None:
    """MOSIPDISC names the devices of one kind, or all; the pad is not of SBI."""
    _, irises = desk.ask("MOSIPDISC", "/device", {"type": "Iris"})
    assert [row["deviceId"] for row in irises] == ["2"]
    _, everything = desk.ask("MOSIPDISC", "/device", {"type": "Biometric Device"})
    assert [row["deviceId"] for row in everything] == ["1", "2", "3"]
    assert everything[0]["specVersion"] == ["0.9.5"]
    _, wrong = desk.ask("MOSIPDISC", "/device", {"type": "Ear"})
    assert wrong[0]["error"]["errorCode"] == "502"


def test_it_streams_pictures(desk: SimulatedDesk) -> None:
    """STREAM gives JPEG frames as multipart/x-mixed-replace."""
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=5)
    connection.request("STREAM", "/stream", json.dumps({"deviceId": "3"}))
    response = connection.getresponse()
    assert "multipart/x-mixed-replace" in response.headers["Content-Type"]
    assert b"\xff\xd8\xff" in response.read(400)
    connection.close()


def test_it_tells_discovery_while_a_capture_hangs(desk: SimulatedDesk) -> None:
    """A silent finger scanner does not keep the desk from seeing its devices."""
    desk.control("fault", fault="silent", kind="Finger")
    hanging = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=5)
    hanging.request("RCAPTURE", "/capture", json.dumps(rcapture()))
    assert len(desk.scanner().devices()) == 4
    hanging.close()


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("fault", b'{"fault": "explode"}'),
        ("fault", b'{"fault": "error", "times": 0}'),
        ("fault", b'{"fault": "error", "colour": 1}'),
        ("person", b"{}"),
        ("person", b'{"seed": 1, "missing_parts": ["tail"]}'),
        ("person", b'{"seed": 1, "backdrop": "green"}'),
        ("device", b'{"kind": "Finger", "state": "Sleeping"}'),
        ("delay", b'{"delay_ms": 999999999}'),
        ("nothing", b"{}"),
        ("person", b"no JSON"),
        ("person", b"[]"),
    ],
)
def test_it_refuses_control_that_makes_no_sense(
    desk: SimulatedDesk, what: str, body: bytes
) -> None:
    """A mistake in a test's control is told at once and changes nothing."""
    before = desk.ask("GET", "/sim/state")
    status, told = desk.ask("POST", f"/sim/{what}", raw=body)
    assert status == 400 and told["why"]
    assert desk.ask("GET", "/sim/state") == before


def test_it_keeps_its_root_over_a_restart(
    desk: SimulatedDesk, tmp_path: object
) -> None:
    """The certificate a desk pinned stays the same when the simulator starts again."""
    pem = (desk.keys / "root.pem").read_bytes()
    status, told = desk.ask("GET", "/sim/root.pem")
    assert (status, told) == (200, pem)
    other = SimulatedDesk.start(desk.keys)
    try:
        assert other.ask("GET", "/sim/root.pem")[1] == pem
    finally:
        other.stop()


def test_it_says_that_its_port_is_taken(desk: SimulatedDesk) -> None:
    """A second simulator on the port ends in one sentence and exit code 2."""
    words = [sys.executable, "-m", "perahu.devices.sim_scanner"]
    done = subprocess.run(
        [*words, "--port", str(desk.port)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"Port {desk.port}") and done.stderr.count("\n") == 1
