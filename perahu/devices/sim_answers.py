"""The simulated devices' answers in SBI 0.9.5's words: discovery, status and captures.

- Field names and the shape of the answers are those of the specification: the data of
  each capture are a JWS; `hash` is HEX SHA256(previous ‖ SHA256(bioValue)).
- The signature pad is no SBI device. It answers in the same shape at `POST /pad`, so
  that the client can check it in the same way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from perahu.devices import jws
from perahu.devices.parts import PAD
from perahu.devices.ports import SIGNATURE
from perahu.devices.sim_desk import (
    ERRORS,
    Desk,
    Device,
    DeviceError,
    Fault,
    Shot,
    asked_parts,
    other_finger,
)
from perahu.devices.sim_keys import DeviceKeys

SPEC = "0.9.5"
MAKE = "PERAHU SIM"
ENVIRONMENTS = ("None", "Staging", "Developer", "Pre-Production", "Production")
EMPTY_HASH = sha256(b"").hexdigest().upper()
TIMEOUT_MS_MAX = 60_000
_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A capture request that passed the checks."""

    device: Device
    transaction: str
    env: str
    score: str
    timeout_ms: int
    previous: bytes
    taken: datetime
    backdrop: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send, and when."""

    body: bytes | None
    """None closes the connection without an answer."""
    delay_ms: int = 0


def error_of(code: str) -> Json:
    """SBI's error object."""
    return {"errorCode": code, "errorInfo": ERRORS.get(code, "Custom error")}


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def device_name(device: Device) -> str:
    """Make, model and serial number."""
    return f"{MAKE} {device.model} {device.serial}"


def digital_id(device: Device, keys: DeviceKeys) -> str:
    """The signed identity of a device."""
    told = {
        "serialNo": device.serial,
        "make": MAKE,
        "model": device.model,
        "type": device.kind,
        "deviceSubType": device.subtype,
        "deviceProvider": MAKE,
        "deviceProviderId": "UJI",
        "dateTime": _UNDATED.isoformat(),
    }
    return jws.sign(_bytes(told), keys.key, keys.certificate)


def _told(device: Device, keys: DeviceKeys, address: str) -> Json:
    """What discovery and status both say of a device."""
    return {
        "deviceId": device.device_id,
        "deviceStatus": device.state,
        "certification": "L0",
        "serviceVersion": SPEC,
        "deviceSubId": list(device.sub_ids),
        "callbackId": address,
        "digitalId": digital_id(device, keys),
        "deviceCode": device.serial,
        "specVersion": [SPEC],
        "purpose": "Registration",
    }


def discovery(desk: Desk, keys: DeviceKeys, address: str, kind: str) -> bytes:
    """The answer to MOSIPDISC /device; the pad is not of SBI and stays out of it."""
    if kind not in ("Biometric Device", "Finger", "Iris", "Face"):
        return _bytes([{"error": error_of("502")}])
    wanted = "" if kind == "Biometric Device" else kind
    found = [device for device in desk.plugged(wanted) if device.kind != SIGNATURE]
    rows = [{**_told(d, keys, address), "error": error_of_none()} for d in found]
    return _bytes(rows)


def error_of_none() -> Json:
    """SBI's error object of a success."""
    return {"errorCode": "0", "errorInfo": "Success"}


def status(desk: Desk, keys: DeviceKeys, address: str, pad: bool = False) -> bytes:
    """The answer to MOSIPDINFO /info, and to GET /pad for the pad alone."""
    rows = []
    for device in desk.plugged():
        if (device.kind == SIGNATURE) != pad:
            continue
        told = {**_told(device, keys, address), "firmware": SPEC, "env": "Developer"}
        token = jws.sign(_bytes(told), keys.key, keys.certificate)
        rows.append({"deviceInfo": token, "error": error_of_none()})
    return _bytes(rows)


def capture(desk: Desk, keys: DeviceKeys, body: bytes, pad: bool = False) -> Answer:
    """The answer to RCAPTURE /capture, and to POST /pad."""
    try:
        asked, parts = _read(desk, body, pad)
        fault = desk.fault_for(parts[0])
        if fault is not None and (answer := _instead(fault, asked, desk)) is not None:
            return answer
        rows, previous = [], asked.previous
        for part in parts:
            shown = other_finger(part) if _is(fault, "wrong_part") else part
            shot = desk.shoot(shown, asked.taken, asked.backdrop, fault)
            row, previous = _row(shot, asked, keys, previous, fault)
            rows.append(row)
    except DeviceError as error:
        return Answer(_error(error.code), desk.delay_ms)
    slow = fault.delay_ms if fault is not None else 0
    return Answer(_bytes({"biometrics": rows}), desk.delay_ms + slow)


def _is(fault: Fault | None, name: str) -> bool:
    return fault is not None and fault.fault == name


def _error(code: str) -> bytes:
    """A capture's answer that holds nothing but an error."""
    row = {"specVersion": SPEC, "data": None, "hash": None, "error": error_of(code)}
    return _bytes({"biometrics": [row]})


def _instead(fault: Fault, asked: Asked, desk: Desk) -> Answer | None:
    """The answer of a fault that captures nothing; None where it captures after all."""
    delay = desk.delay_ms + fault.delay_ms
    if fault.fault == "error":
        return Answer(_error(fault.code), delay)
    if fault.fault == "timeout":
        return Answer(_error("701"), asked.timeout_ms)
    if fault.fault == "silent":
        return Answer(None, 2 * TIMEOUT_MS_MAX)
    if fault.fault == "hang_up":
        return Answer(None, delay)
    if fault.fault == "garbage":
        return Answer(b'{"biometrics": [{"data": 17', delay)
    return None


def _row(
    shot: Shot, asked: Asked, keys: DeviceKeys, previous: bytes, fault: Fault | None
) -> tuple[Json, bytes]:
    """One captured part in SBI's words, and the hash that the next one chains to."""
    record = (
        shot.record[: len(shot.record) // 2]
        if _is(fault, "cut_record")
        else shot.record
    )
    told = {
        "digitalId": digital_id(asked.device, keys),
        "deviceCode": asked.device.serial,
        "deviceServiceVersion": SPEC,
        "bioType": shot.part.kind,
        "bioSubType": shot.part.subtype,
        "purpose": "Registration",
        "env": asked.env,
        "bioValue": jws.encode(record),
        "transactionId": asked.transaction,
        "timestamp": asked.taken.isoformat(),
        "requestedScore": asked.score,
        "qualityScore": str(shot.score),
    }
    signer = keys.foreign() if _is(fault, "wrong_key") else keys
    token = jws.sign(_bytes(told), signer.key, signer.certificate)
    chained = sha256(previous + sha256(record).digest()).digest()
    shown = sha256(b"not the chain").digest() if _is(fault, "wrong_hash") else chained
    row = {
        "specVersion": SPEC,
        "data": token,
        "hash": shown.hex().upper(),
        "error": error_of_none(),
    }
    return row, chained


def _read(desk: Desk, body: bytes, pad: bool) -> tuple[Asked, list[Any]]:
    """Check a capture request as a device does; raises DeviceError."""
    try:
        asked = json.loads(body)
        bio = asked["bio"][0]
        assert isinstance(bio, dict) and len(asked["bio"]) == 1
        timeout_ms = min(int(asked["timeout"]), TIMEOUT_MS_MAX)
        previous = bytes.fromhex(bio.get("previousHash") or EMPTY_HASH)
        words = [list(map(str, bio.get(n) or [])) for n in ("bioSubType", "exception")]
        taken = datetime.fromisoformat(asked["captureTime"]).astimezone(UTC)
        options = asked.get("customOpts") or {}
        numbers = (bio["count"], bio["requestedScore"], bio["deviceSubId"])
        if not all(isinstance(n, str) for n in (asked["timeout"], *numbers)):
            raise DeviceError("710")
    except (ValueError, KeyError, IndexError, TypeError, AssertionError) as error:
        raise DeviceError("710") from error
    if asked.get("specVersion") != SPEC or asked.get("purpose") != "Registration":
        raise DeviceError("121")
    if asked.get("env") not in ENVIRONMENTS:
        raise DeviceError("115")
    if not asked.get("transactionId"):
        raise DeviceError("112")
    if not bio.get("deviceId"):
        raise DeviceError("704")
    kind = str(bio.get("type"))
    if (kind == SIGNATURE) != pad:
        raise DeviceError("114")
    device = desk.ready(kind, str(bio["deviceId"]))
    parts = [PAD] if pad else asked_parts(kind, words[0], words[1], bio["deviceSubId"])
    if bio["count"] != str(len(parts)):
        raise DeviceError("113")
    request = Asked(
        device, str(asked["transactionId"]), asked["env"], bio["requestedScore"],
        timeout_ms, previous, taken, str(options.get("background", "")),
    )  # fmt: skip
    return request, parts
