"""The desk's scanners by MOSIP's Secure Biometric Interface 0.9.5: a `Scanner`.

What is checked before a capture counts:

- the answer is JSON within the limits, and its data are a JWS (RS256) of a device whose
  certificate stands under the root pinned in the settings;
- the hash chain: HEX SHA256(previous ‖ SHA256(record)), from the empty hash on, through
  all captures of this desk;
- it answers our transaction, in our environment, with the part that was asked for;
- the record is valid ISO/IEC 19794 of that very part, and its picture decodes.

A face or an eye that the device packs less tightly than we do is packed anew (`lean.py`).

Numbers travel as strings (count, requestedScore, deviceSubId, timeout). Each capture
asks one part, so that each is judged, sealed and resumed by itself. The signature pad is
not of SBI: it is asked at `/pad` of the same ports, and checked in the same way.

What it does not do: judge a score, keep a picture, or seek devices on other machines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from cryptography import x509

from perahu.devices import jws, pictures
from perahu.devices.iso19794 import RECORD_BYTES_MAX, BiometricRecord, parse
from perahu.devices.lean import lean
from perahu.devices.parts import BY_NAME, PAD, PHOTO, Part
from perahu.devices.ports import Capture, DeviceFault, ScannerStatus
from perahu.devices.sbi_faults import fault, fault_of
from perahu.devices.sbi_link import GRACE_S, Link

SPEC = "0.9.5"
PORTS = range(4501, 4601)
DISCOVERY_S = 2.0
TIMEOUT_S_MAX = 120.0
DEVICES_MAX = 32
_EMPTY_HASH = sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class SbiSettings:
    """What an office sets about its scanners."""

    root_pem: bytes
    """The pinned certificate under which the devices sign."""
    ports: Sequence[int] = PORTS
    env: str = "Developer"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the node hands over."""

    wall: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    new_id: Callable[[], str]
    """Makes a fresh transaction id, of letters, digits and hyphens."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A device and where it answers."""

    link: Link
    status: ScannerStatus
    device_id: str


class SbiScanner:
    """All SBI devices of this machine, and the signature pad."""

    def __init__(self, settings: SbiSettings, desk: Desk) -> None:
        self._settings = settings
        self._desk = desk
        self._root = x509.load_pem_x509_certificate(settings.root_pem)
        self._known: dict[str, _Found] = {}
        self._hash = _EMPTY_HASH

    def devices(self) -> Sequence[ScannerStatus]:
        """Every device that answers and is signed under the pinned root."""
        found = [
            device
            for port in self._settings.ports
            for device in self._devices_at(Link(port, self._desk.monotonic_s))
        ]
        self._known = {device.status.kind: device for device in reversed(found)}
        return [device.status for device in found]

    def capture(
        self,
        part: str,
        *,
        requested_score: int = 60,
        timeout_s: float = 10.0,
        background: str = "",
    ) -> Capture:
        """Capture one part; raises DeviceFault."""
        assert 0 < timeout_s <= TIMEOUT_S_MAX and 0 <= requested_score <= 100
        wanted = BY_NAME[part]
        device = self._device_for(wanted)
        request = self._request(wanted, device, requested_score, timeout_s)
        if background:
            request["customOpts"] = {"background": background}
        verb, path = ("POST", "/pad") if wanted == PAD else ("RCAPTURE", "/capture")
        try:
            answer = device.link.ask(verb, path, request, timeout_s + GRACE_S)
        except DeviceFault as gone:
            if gone.code == "not_connected":
                self._known.pop(wanted.kind, None)
            raise
        return self._checked(answer, wanted, device, request)

    def _devices_at(self, link: Link) -> list[_Found]:
        """The devices of one port; nothing where nobody answers or nobody is trusted."""
        rows: list[tuple[Any, str]] = []
        for verb, path in (("MOSIPDINFO", "/info"), ("GET", "/pad")):
            try:
                answer = link.ask(verb, path, None, DISCOVERY_S)
            except DeviceFault as gone:
                if gone.code == "not_connected":
                    return []
                continue
            if isinstance(answer, list):
                rows += [(row, path) for row in answer[:DEVICES_MAX]]
        told = [self._status(row, link) for row, _ in rows]
        return [device for device in told if device is not None]

    def _status(self, row: Any, link: Link) -> _Found | None:
        """One row of a status answer, if a trusted device signed it."""
        try:
            device = json.loads(jws.verified(str(row["deviceInfo"]), self._root))
            own = json.loads(jws.verified(str(device["digitalId"]), self._root))
            name = " ".join(str(own[key]) for key in ("make", "model", "serialNo"))
            status = ScannerStatus(
                device=name[:120],
                kind=str(own["type"]),
                state=str(device["deviceStatus"]),
            )
            return _Found(link, status, str(device["deviceId"]))
        except (jws.BadToken, ValueError, KeyError, TypeError, RecursionError):
            # Not trusted or not readable: such a device does not exist for this desk.
            return None

    def _device_for(self, part: Part) -> _Found:
        """The device that takes this part, sought anew where it is not known."""
        if part.kind not in self._known:
            self.devices()
        if part.kind not in self._known:
            raise fault("not_connected")
        return self._known[part.kind]

    def _request(
        self, part: Part, device: _Found, requested_score: int, timeout_s: float
    ) -> dict[str, Any]:
        """An RCAPTURE request for one part."""
        bio = {
            "type": part.kind,
            "count": "1",
            "bioSubType": [part.subtype] if part.subtype else [],
            "exception": [],
            "requestedScore": str(requested_score),
            "deviceId": device.device_id,
            "deviceSubId": part.sub_id,
            "previousHash": self._hash.hex().upper(),
        }
        return {
            "env": self._settings.env,
            "purpose": "Registration",
            "specVersion": SPEC,
            "timeout": str(round(timeout_s * 1000)),
            "captureTime": self._desk.wall().astimezone(UTC).isoformat(),
            "domainUri": "",
            "transactionId": self._desk.new_id(),
            "bio": [bio],
            "customOpts": None,
        }

    def _checked(
        self, answer: Any, part: Part, device: _Found, request: dict[str, Any]
    ) -> Capture:
        """The capture in an answer, after every check; raises DeviceFault."""
        try:
            (row,) = answer["biometrics"]
            code = str((row.get("error") or {}).get("errorCode", "0"))
            if code != "0":
                raise fault_of(code)
            told = json.loads(jws.verified(row["data"], self._root))
            data = jws.decode(told["bioValue"])
            shown = bytes.fromhex(row["hash"])
            score = round(float(told["qualityScore"]))
            subtype = told.get("bioSubType") or ""
            echoed = all(told[key] == request[key] for key in ("transactionId", "env"))
            kind = told["bioType"]
        except jws.BadToken as error:
            raise fault("bad_signature") from error
        except (
            ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
        ) as error:  # fmt: skip
            raise fault("bad_answer") from error
        previous = bytes.fromhex(request["bio"][0]["previousHash"])
        chained = sha256(previous + sha256(data).digest()).digest()
        if not compare_digest(chained, shown):
            raise fault("bad_answer")
        if not echoed or not 0 <= score <= 100 or len(data) > RECORD_BYTES_MAX:
            raise fault("bad_answer")
        if (kind, subtype) != (part.kind, part.subtype):
            raise fault("wrong_part")
        capture = _capture(part, score, data, device.status.device)
        self._hash = chained
        return capture


def _capture(part: Part, score: int, data: bytes, device: str) -> Capture:
    """A `Capture` of a record that is what it should be; raises DeviceFault."""
    record: BiometricRecord = parse(data)
    if (record.kind, record.position) != (part.kind, part.position):
        raise fault("wrong_part")
    if part == PAD:
        return Capture(part.name, score, data, device)
    picture = pictures.decoded(record)
    data = lean(data, record, picture)
    if part != PHOTO:
        return Capture(part.name, score, data, device)
    return Capture(
        part.name,
        score,
        data,
        device,
        background=pictures.background_seen(picture),
        thumbnail=pictures.thumbnail(picture),
    )
