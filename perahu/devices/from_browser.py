"""Captures that a page sends: the webcam's photo and the signature drawn on a canvas.

They become the same records as those of the desk's devices, so that a packet cannot tell
where a part came from except by the device's name. The operator who is signed in vouches
for them, as she does for a scanner plugged in at her desk.

- The photo is a JPEG; what it must be like is in `face_check.py`.
- The signature is a PNG that carries the pen's path in a chunk of its own, `peNa` (7 bytes a
  point: x, y, milliseconds, pressure, big-endian; pressure 0 lifts the pen), because ISO
  19794-7 keeps the path and no picture. `signature.js` writes it. The pixels are for the eye
  alone and are not read.

The libraries for pictures are imported when the first photo comes: they cost 40 MB.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from math import hypot

from perahu.devices import iso19794
from perahu.devices.iso19794 import JPEG_2000, BiometricRecord, SignaturePoint
from perahu.devices.ports import FACE, Capture, DeviceFault

WEBCAM, CANVAS = "webcam", "canvas"
"""The devices' names in `PartCaptured.device`."""

PNG_BYTES_MAX = 1_000_000
POINTS_MIN = 8
INK_MIN = 400
"""Pad units (50 a millimetre): 8 mm of ink are less than anybody's signature."""
INK_FULL = 4_000
CHUNK = b"peNa"

_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNKS_MAX = 4_096
_POINT = struct.Struct(">HHHB")


def photo_of(jpeg: bytes, *, taken: datetime = _UNDATED) -> Capture:
    """The photo of a browser's camera or file; raises DeviceFault.

    `taken` is the moment it arrived; a record without it is dated 1970, which means unknown.
    """
    from perahu.devices import face_check, lean, pictures

    photo = face_check.photo_from(jpeg)
    score = face_check.score(photo)
    told = (FACE, 0, lean.packed(photo, FACE), JPEG_2000)
    record = BiometricRecord(*told, *photo.size, score, taken)
    return Capture(
        part="photo",
        score=score,
        record=iso19794.write(record),
        device=WEBCAM,
        background=pictures.background_seen(photo),
        thumbnail=pictures.thumbnail(photo),
    )


def signature_of(png: bytes) -> Capture:
    """The signature of a canvas; raises DeviceFault where there is too little or too much."""
    points = _path(png)
    ink = sum(
        hypot(b.x - a.x, b.y - a.y)
        for a, b in pairwise(points)
        if a.pressure and b.pressure
    )
    if len(points) < POINTS_MIN or ink < INK_MIN:
        raise _refused(
            "no_object",
            "Tanda tangan masih kosong atau terlalu kecil. Minta warga menulis lagi lebih"
            " besar, atau pilih tanda tangan garis.",
            "The signature is empty or too small. Ask for it again, larger, or choose the"
            " line instead of a signature.",
        )
    score = round(min(100.0, 40 + 60 * ink / INK_FULL))
    return Capture("signature", score, iso19794.write_signature(points), CANVAS)


def _path(png: bytes) -> list[SignaturePoint]:
    """The pen's path that a PNG carries."""
    if len(png) > PNG_BYTES_MAX:
        raise _refused("bad_answer", "Gambar tanda tangan terlalu besar. Hapus, lalu ulangi.",
                       "The signature is too large. Clear it and sign again.")  # fmt: skip
    if not png:
        return []
    path = next((body for kind, body in _chunks(png) if kind == CHUNK), None)
    if path is None or len(path) % _POINT.size:
        raise _broken()
    if len(path) > iso19794.SIGNATURE_POINTS_MAX * _POINT.size:
        raise _refused("bad_answer", "Tanda tangan terlalu panjang. Hapus, lalu ulangi.",
                       "The signature is too long. Clear it and sign again.")  # fmt: skip
    return [SignaturePoint(*point) for point in _POINT.iter_unpack(path)]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG, each length and check sum verified; raises DeviceFault."""
    at = len(_PNG)
    if png[:at] != _PNG:
        raise _broken()
    for _ in range(_CHUNKS_MAX):
        head = png[at : at + 8]
        length = int.from_bytes(head[:4], "big")
        body = png[at + 8 : at + 8 + length]
        told = png[at + 8 + length : at + 12 + length]
        if len(told) != 4 or zlib.crc32(head[4:] + body) != int.from_bytes(told, "big"):
            raise _broken()
        yield head[4:], body
        if head[4:] == b"IEND":
            return
        at += 12 + length
    raise _broken()


def _broken() -> DeviceFault:
    return _refused(
        "bad_answer",
        "Tanda tangan dari layar tidak dapat dibaca. Hapus, lalu minta warga menulis lagi.",
        "The signature from the screen cannot be read. Clear it and ask for it again.",
    )


def _refused(code: str, id: str, en: str) -> DeviceFault:
    """A fault in words; what was accepted before is as it was."""
    return DeviceFault(
        code,
        id=f"{id} Bagian lain tetap aman.",
        en=f"{en} The other parts are safe.",
    )
