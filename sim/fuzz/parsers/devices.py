"""What scanners, printers and browsers answer: signed captures, records, pictures, IPP."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from zlib import crc32

from PIL import Image

from perahu.devices import ipp_answers, ipp_wire, iso19794, jws, minutiae, pictures
from perahu.devices.from_browser import CHUNK, photo_of, signature_of
from perahu.devices.iso19794 import BiometricRecord, SignaturePoint
from perahu.devices.minutiae import Minutia, Template
from perahu.devices.parts import BY_NAME
from perahu.devices.ports import FACE, FINGER, IRIS, DeviceFault, ScannerStatus
from perahu.devices.sbi import Desk, SbiScanner, SbiSettings, _Found
from perahu.devices.sbi_faults import fault
from perahu.devices.sbi_link import Link
from perahu.devices.sim_keys import DeviceKeys
from sim.chance import Chance
from sim.fuzz.damage import bent, damaged
from sim.fuzz.parsers import Parser, plain

_AT = datetime(2026, 3, 12, 8, 30, tzinfo=UTC)
_PART = "right_thumb"
_REFUSES = (DeviceFault,)


def parsers(chance: Chance) -> list[Parser]:
    """All of this file."""
    records = _records(chance)
    keys = DeviceKeys.new()
    return [
        Parser(
            name="ISO 19794", seeds=[*records, _pen_path()], refuses=_REFUSES,
            read=_read_record, weight=150,
        ),
        Parser(
            name="WSQ of devices", seeds=records[:1], refuses=_REFUSES,
            read=lambda raw: pictures.decoded(iso19794.parse(raw)),
            make=_odd_picture, weight=6,
        ),
        Parser(
            name="JPEG 2000 of devices", seeds=records[1:], refuses=_REFUSES,
            read=lambda raw: pictures.decoded(iso19794.parse(raw)),
            make=_odd_picture, weight=60, is_native=True,
        ),
        Parser(
            name="template", seeds=[minutiae.write(_template())], refuses=_REFUSES,
            read=minutiae.parse,
        ),
        Parser(
            name="photo of a browser", seeds=[_jpeg(chance)], refuses=_REFUSES,
            read=photo_of, weight=6, is_native=True,
        ),
        Parser(
            name="signature of a browser", seeds=[_png()], refuses=_REFUSES,
            read=signature_of, make=_odd_chunks,
        ),
        _sbi(keys, records[0]),
        Parser(
            name="JWS", seeds=[jws.sign(b"{}", keys.key, keys.certificate).encode()],
            read=lambda raw: jws.verified(raw.decode("latin-1"), keys.root),
            refuses=(jws.BadToken,), weight=60,
        ),
        Parser(
            name="IPP", seeds=[_ipp()], read=_read_ipp, refuses=(ipp_wire.WireError,)
        ),
    ]  # fmt: skip


def _picture(chance: Chance, form: str, mode: str, size: tuple[int, int]) -> bytes:
    noise = chance.randbytes(size[0] * size[1] * len(mode.replace("RGB", "xxx")))
    image, out = Image.frombytes(mode, size, noise), BytesIO()
    smooth = image.resize((size[0] // 8, size[1] // 8)).resize(size)
    smooth.save(out, format=form)
    return out.getvalue()


def _records(chance: Chance) -> list[bytes]:
    forms: tuple[tuple[str, int, str, str, str], ...] = (
        (FINGER, 1, iso19794.WSQ, "WSQ", "L"),
        (FACE, 0, iso19794.JPEG_2000, "JPEG2000", "RGB"),
        (IRIS, 1, iso19794.JPEG_2000, "JPEG2000", "L"),
    )
    found = []
    for kind, position, image_format, form, mode in forms:
        size = (128, 160)
        image = _picture(chance, form, mode, size)
        record = BiometricRecord(kind, position, image, image_format, *size, 70, _AT)
        found.append(iso19794.write(record))
    return found


def _pen_path() -> bytes:
    points = [SignaturePoint(9 * n, 7 * n, 10 * n, 200) for n in range(40)]
    return iso19794.write_signature(points)


def _read_record(raw: bytes) -> None:
    record = iso19794.parse(raw)
    if record.image_format == iso19794.POINTS:
        iso19794.signature_points(record)


def _odd_picture(chance: Chance, content: bytes) -> bytes:
    """The record as it should be, and in it a picture that is not."""
    record = iso19794.parse(content)
    image = damaged(chance, record.image)[:100_000] or b"x"
    told = (record.kind, record.position, image, record.image_format)
    return iso19794.write(
        BiometricRecord(*told, record.width, record.height, record.quality, _AT)
    )


def _template() -> Template:
    found = tuple(Minutia(10 + n, 20 + n, n, 1, 60) for n in range(20))
    return Template(1, 300, 400, 80, found)


def _jpeg(chance: Chance) -> bytes:
    return _picture(chance, "JPEG", "RGB", (480, 640))


def _png() -> bytes:
    """A canvas as `signature.js` sends it."""
    path = b"".join(struct.pack(">HHHB", 40 * n, 50 * n, 9 * n, 120) for n in range(30))
    image, out = Image.new("L", (8, 8), 255), BytesIO()
    image.save(out, format="PNG")
    raw = out.getvalue()
    return raw[:33] + _chunk(CHUNK, path) + raw[33:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return (
        len(body).to_bytes(4, "big")
        + kind
        + body
        + crc32(kind + body).to_bytes(4, "big")
    )


def _odd_chunks(chance: Chance, content: bytes) -> bytes:
    """Chunks with sums that fit, and paths that do not."""
    size = 7 * chance.choice((0, 1, 8, 30, 20_000, 20_001))
    path = chance.randbytes(size + chance.choice((0, 0, 1)))
    return content[:33] + _chunk(chance.choice((CHUNK, b"peNb")), path) + content[-12:]


def _sbi(keys: DeviceKeys, record: bytes) -> Parser:
    """Answers of a device that signs whatever it likes with its own good key."""
    settings = SbiSettings(keys.root_pem, ports=())
    desk = Desk(lambda: _AT, lambda: 0.0, lambda: "fuzz-1")
    part, link = BY_NAME[_PART], Link(4501, lambda: 0.0)
    device = _Found(link, ScannerStatus("x", part.kind, "Ready"), "d1")
    claims = {
        "transactionId": "fuzz-1", "env": "Developer", "bioType": part.kind,
        "bioSubType": part.subtype, "qualityScore": "71", "bioValue": jws.encode(record),
    }  # fmt: skip

    def row(told: Any) -> dict[str, Any]:
        token = jws.sign(json.dumps(told).encode(), keys.key, keys.certificate)
        chained = sha256(sha256(b"").digest() + sha256(record).digest()).hexdigest()
        return {"data": token, "hash": chained.upper(), "error": {"errorCode": "0"}}

    own = {"make": "a", "model": "b", "serialNo": "c", "type": part.kind}
    signed = jws.sign(json.dumps(own).encode(), keys.key, keys.certificate)
    status = {"digitalId": signed, "deviceStatus": "Ready", "deviceId": "d1"}
    shown = jws.sign(json.dumps(status).encode(), keys.key, keys.certificate)
    answer = {"biometrics": [row(claims)], "deviceInfo": shown}

    def read(raw: bytes) -> None:
        scanner = SbiScanner(settings, desk)
        try:
            told = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise fault("bad_answer") from error
        scanner._status(told, link)
        request = scanner._request(part, device, 60, 10.0)
        scanner._checked(told, part, device, request)

    def make(chance: Chance, content: bytes) -> bytes:
        if chance.hits(0.4):
            return json.dumps(
                {"biometrics": [row(plain(bent(chance, claims)))]}
            ).encode()
        return json.dumps(plain(bent(chance, answer))).encode()

    return Parser(
        name="SBI", seeds=[json.dumps(answer).encode()], read=read, make=make,
        refuses=_REFUSES, weight=40, is_native=True,
    )  # fmt: skip


def _ipp() -> bytes:
    told: dict[str, tuple[ipp_wire.Value, ...]] = {
        "job-state": (ipp_wire.enum(9),),
        "job-impressions-completed": (ipp_wire.integer(1),),
        "job-state-reasons": ipp_wire.keywords("none", "media-jam-error"),
        "marker-levels": (ipp_wire.integer(60), ipp_wire.integer(3)),
        "marker-types": ipp_wire.keywords("toner", "ribbon-wax"),
        "printer-input-tray": (ipp_wire.Value(ipp_wire.OCTETS, b"type=x;level=40;"),),
        "printer-state": (ipp_wire.enum(3),),
    }
    groups = (ipp_wire.Group(ipp_wire.OPERATION, ipp_wire.opening("ipp://x")),
              ipp_wire.Group(ipp_wire.PRINTER, told))  # fmt: skip
    return ipp_wire.Message(ipp_wire.OK, 3, groups).encode()


def _read_ipp(raw: bytes) -> None:
    message = ipp_wire.decode(raw)
    reads: tuple[Callable[[ipp_wire.Attributes], object], ...] = (
        ipp_answers.printer_state, ipp_answers.job_outcome,
    )  # fmt: skip
    for group in message.groups:
        for read in reads:
            read(group.attributes)
