"""Writing and reading the ISO/IEC 19794 records that travel in a packet.

Parts 4 (finger, 2011), 5 (face, 2011), 6 (iris, 2011) and 7 (signature, 2007), each
with exactly one representation, one quality block and no certification block: what an
enrolment device gives for one part. Part 2 (minutiae) is in `minutiae.py`.

- Everything is big-endian; a length in a header must be the length of what is there.
- `parse` never trusts a number: every length is checked before it is used, and what
  does not fit raises `DeviceFault` "bad_answer".

It does not decode the picture inside: see `pictures.py`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from perahu.devices.ports import FACE, FINGER, IRIS, SIGNATURE, DeviceFault

RECORD_BYTES_MAX = 2_000_000
PIXELS_SIDE_MAX = 4_096
SIGNATURE_POINTS_MAX = 20_000

_MAGIC = {
    b"FIR\x00020\x00": FINGER,
    b"FAC\x00030\x00": FACE,
    b"IIR\x00020\x00": IRIS,
    b"SDI\x00 10\x00": SIGNATURE,
}
_VERSION = {kind: magic for magic, kind in _MAGIC.items()}

_HEAD = {FINGER: 16, FACE: 17, IRIS: 16}
_COMMON = struct.Struct(">I HBBBBBH B H H B B H H".replace(" ", ""))
"""Length; year, month, day, hour, minute, second, milliseconds; device technology,
vendor, type; one quality block: count, score, algorithm's vendor, algorithm."""
_FINGER = struct.Struct(">BBBHHHHBBBHHI")
_FACE = struct.Struct(">HBBBB3sH3s3sBBHHBHBBI")
_IRIS = struct.Struct(">HBBBBHHBHHHHHHHHHI")

WSQ, JPEG_2000, POINTS = "WSQ", "JPEG2000", "points"
_FINGER_WSQ = 2
_FACE_JPEG_2000, _FACE_LOSSLESS = 1, 2
_FACE_FORMAT_AT = struct.calcsize(">HBBBB3sH3s3sB")
_IRIS_JPEG_2000 = 0x0A
_SAMPLING_PPI = 500
_UNKNOWN_16 = 0xFFFF
_QUALITY_FAILED = 255


@dataclass(frozen=True, slots=True)
class BiometricRecord:
    """One part as its record says it is."""

    kind: str
    """FINGER, FACE, IRIS or SIGNATURE."""
    position: int
    """Finger 1..10, eye 1 (right) or 2 (left), else 0."""
    image: bytes
    """The compressed picture; of a signature its sample points."""
    image_format: str
    """WSQ, JPEG_2000 or POINTS."""
    width: int
    height: int
    quality: int
    """0..100."""
    taken: datetime
    """When the device says it took it (UTC); 1970 of a signature, which has no date."""


@dataclass(frozen=True, slots=True)
class SignaturePoint:
    """Where the pen was: position in pad units, milliseconds, pressure 0..255."""

    x: int
    y: int
    at_ms: int
    pressure: int


def _broken(why: str) -> DeviceFault:
    """The one fault of this module."""
    return DeviceFault(
        "bad_answer",
        id=f"Rekaman dari alat tidak sesuai ISO 19794 ({why}). Bagian ini belum"
        " tersimpan; bagian lain tetap aman. Ulangi pengambilan.",
        en=f"The record from the device is not valid ISO 19794 ({why}). This part was"
        " not kept; the others are safe. Capture it again.",
    )


def _common(length: int, record: BiometricRecord) -> bytes:
    """The fields that open every representation of 2011."""
    at = record.taken.astimezone(UTC)
    day = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    milliseconds = at.microsecond // 1000
    return _COMMON.pack(length, *day, milliseconds, 0, 0, 0, 1, record.quality, 0, 0)


def write(record: BiometricRecord) -> bytes:
    """The record's bytes, for a finger, a face or an iris."""
    assert record.kind in _HEAD, record.kind
    assert 0 <= record.quality <= 100
    size, image = (record.width, record.height), record.image
    if record.kind == FINGER:
        rates = (_SAMPLING_PPI,) * 4
        own = (record.position, 0, 1, *rates, 8, _FINGER_WSQ, 0, *size, len(image))
        body, tail = _FINGER.pack(*own), bytes((0, 1))
    elif record.kind == FACE:
        person = (0, 0, 0, 0, 0, bytes(3), 0, bytes(3), bytes(3))
        picture = (1, _FACE_JPEG_2000, *size, 0, 0, 0, 1, len(image))
        body, tail = _FACE.pack(*person, *picture), bytes(3)
    else:
        rings = (_UNKNOWN_16, 0, _UNKNOWN_16, 0, 0, 0, 0, 0, 0)
        own6 = (1, record.position, 2, _IRIS_JPEG_2000, 0, *size, 8)
        body, tail = _IRIS.pack(*own6, *rings, len(image)), bytes((0, 1))
    length = _COMMON.size + len(body) + len(image)
    total = _HEAD[record.kind] + length
    head = _VERSION[record.kind] + struct.pack(">IH", total, 1) + tail
    written = head + _common(length, record) + body + image
    assert len(written) == total
    return written


def with_image(data: bytes, image: bytes) -> bytes:
    """A valid record of a face or an eye with another JPEG 2000 picture of the same size."""
    kind = _MAGIC[data[:8]]
    own, head = {FACE: _FACE, IRIS: _IRIS}[kind], _HEAD[kind]
    start = head + _COMMON.size + own.size
    changed = bytearray(data[:start])
    total = start + len(image)
    struct.pack_into(">I", changed, 8, total)
    struct.pack_into(">I", changed, head, total - head)
    struct.pack_into(">I", changed, start - 4, len(image))
    if kind == FACE:
        changed[head + _COMMON.size + _FACE_FORMAT_AT] = _FACE_JPEG_2000
    return bytes(changed) + image


def parse(data: bytes) -> BiometricRecord:
    """Read one record; raises DeviceFault where anything in it does not add up."""
    if len(data) > RECORD_BYTES_MAX:
        raise _broken("terlalu besar / too large")
    kind = _MAGIC.get(data[:8])
    if kind is None:
        raise _broken("jenis tidak dikenal / unknown kind")
    if kind == SIGNATURE:
        return _parse_signature(data)
    try:
        return _parse_picture(kind, data)
    except (struct.error, ValueError) as error:
        raise _broken("terpotong / truncated") from error


def _parse_picture(kind: str, data: bytes) -> BiometricRecord:
    """The three picture formats, which differ only after the common fields."""
    head = _HEAD[kind]
    total, count = struct.unpack_from(">IH", data, 8)
    if total != len(data) or count != 1 or data[14] != 0:
        raise _broken("panjang atau jumlah / length or count")
    length, *day, ms, _tech, _vendor, _type, blocks, quality, _av, _alg = (
        _COMMON.unpack_from(data, head)
    )
    if length != total - head or blocks != 1:
        raise _broken("panjang / length")
    if quality == _QUALITY_FAILED or quality > 100:
        raise _broken("mutu / quality")
    own = {FINGER: _FINGER, FACE: _FACE, IRIS: _IRIS}[kind]
    fields = own.unpack_from(data, head + _COMMON.size)
    position, (width, height), image_format = _told(kind, fields)
    image = data[head + _COMMON.size + own.size :]
    if fields[-1] != len(image) or not image:
        raise _broken("panjang gambar / picture length")
    if not (0 < width <= PIXELS_SIDE_MAX and 0 < height <= PIXELS_SIDE_MAX):
        raise _broken("ukuran gambar / picture size")
    year, month, date, hour, minute, second = day
    taken = datetime(year, month, date, hour, minute, second, ms * 1000, UTC)
    return BiometricRecord(
        kind, position, image, image_format, width, height, quality, taken
    )


def _told(kind: str, fields: tuple[int, ...]) -> tuple[int, tuple[int, int], str]:
    """Position, size and format out of a representation's own fields."""
    if kind == FINGER:
        if not 1 <= fields[0] <= 10 or fields[8] != _FINGER_WSQ:
            raise _broken("jari atau format / finger or format")
        return fields[0], (fields[10], fields[11]), WSQ
    if kind == FACE:
        if fields[0] != 0 or fields[10] not in (_FACE_JPEG_2000, _FACE_LOSSLESS):
            raise _broken("format wajah / face format")
        return 0, (fields[11], fields[12]), JPEG_2000
    if fields[1] not in (1, 2) or fields[3] != _IRIS_JPEG_2000:
        raise _broken("mata atau format / eye or format")
    return fields[1], (fields[5], fields[6]), JPEG_2000


# ISO/IEC 19794-7: channels X, Y, T and F of the sixteen, in this order of bits.
_CHANNELS = 0x8000 | 0x4000 | 0x0100 | 0x0040
_POINT = struct.Struct(">HHHB")
_SIGNATURE_HEAD = struct.Struct(">8sH4s2s")
_SIGNATURE_TOLD = bytes(4)
"""The four channels' description preambles: nothing more is told of any."""


def write_signature(points: list[SignaturePoint]) -> bytes:
    """A signature's sample points as a 19794-7 full-format record."""
    assert 0 < len(points) <= SIGNATURE_POINTS_MAX
    magic = _VERSION[SIGNATURE]
    head = _SIGNATURE_HEAD.pack(magic, _CHANNELS, _SIGNATURE_TOLD, bytes(2))
    body = b"".join(_POINT.pack(p.x, p.y, p.at_ms, p.pressure) for p in points)
    return head + len(points).to_bytes(3, "big") + body + bytes(2)


def signature_points(record: BiometricRecord) -> list[SignaturePoint]:
    """The pen's path out of a parsed signature."""
    assert record.kind == SIGNATURE
    return [SignaturePoint(*point) for point in _POINT.iter_unpack(record.image)]


def _parse_signature(data: bytes) -> BiometricRecord:
    """A 19794-7 record of exactly our four channels."""
    start = _SIGNATURE_HEAD.size + 3
    if len(data) < start + _POINT.size + 2:
        raise _broken("terpotong / truncated")
    _, channels, told, _ = _SIGNATURE_HEAD.unpack_from(data)
    count = int.from_bytes(data[start - 3 : start], "big")
    if channels != _CHANNELS or told != _SIGNATURE_TOLD:
        raise _broken("saluran / channels")
    if not 0 < count <= SIGNATURE_POINTS_MAX:
        raise _broken("jumlah titik / number of points")
    if len(data) != start + count * _POINT.size + 2:
        raise _broken("panjang / length")
    points = data[start : start + count * _POINT.size]
    across = [(x, y) for x, y, _, _ in _POINT.iter_unpack(points)]
    width, height = max(x for x, _ in across) + 1, max(y for _, y in across) + 1
    return BiometricRecord(
        SIGNATURE,
        0,
        points,
        POINTS,
        width,
        height,
        100,
        datetime(1970, 1, 1, tzinfo=UTC),
    )
