"""What a page sends becomes the records that the desk's devices give."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from perahu.devices.from_browser import (
    CANVAS,
    CHUNK,
    PNG_BYTES_MAX,
    WEBCAM,
    photo_of,
    signature_of,
)
from perahu.devices.iso19794 import (
    JPEG_2000,
    POINTS,
    SignaturePoint,
    parse,
    signature_points,
)
from perahu.devices.pictures import decoded, signature_png
from perahu.devices.ports import FACE, SIGNATURE, DeviceFault
from perahu.devices.synth.signature import strokes_of
from tests.devices.test_face_check import drawn, jpeg

NOON = datetime(2026, 11, 21, 5, 30, tzinfo=UTC)


def png_of(points: list[SignaturePoint], name: bytes = CHUNK) -> bytes:
    """What `signature.js` sends: a picture with the path in a chunk before its end."""
    out = BytesIO()
    Image.new("L", (96, 36), 255).save(out, format="PNG")
    path = b"".join(struct.pack(">HHHB", p.x, p.y, p.at_ms, p.pressure) for p in points)
    told = struct.pack(">I", len(path)) + name + path
    chunk = told + struct.pack(">I", zlib.crc32(name + path))
    return out.getvalue()[:-12] + chunk + out.getvalue()[-12:]


def line(count: int, step: int = 20) -> list[SignaturePoint]:
    """A stroke of so many points."""
    return [SignaturePoint(n * step, 500, n * 8, 120) for n in range(count)]


@pytest.mark.parametrize("background", ["red", "blue", "orange"])
def test_it_wraps_a_photo_as_the_camera_does(background: str) -> None:
    """ISO 19794-5 with JPEG 2000 inside, the colour seen, and a thumbnail to know a face by."""
    capture = photo_of(jpeg(drawn(background)), taken=NOON)
    record = parse(capture.record)
    assert (capture.part, capture.device) == ("photo", WEBCAM)
    assert (record.kind, record.image_format, record.taken) == (FACE, JPEG_2000, NOON)
    assert (record.width, record.height, record.quality) == (480, 640, capture.score)
    assert decoded(record).size == (480, 640)
    assert capture.background == background
    assert capture.thumbnail is not None
    assert len(capture.thumbnail) <= 1_500
    assert len(capture.record) < 45_000


def test_it_names_no_colour_before_a_grey_wall() -> None:
    """The rules warn; the colour is not made up."""
    assert photo_of(jpeg(drawn(""))).background == ""


def test_it_keeps_the_path_of_a_signature() -> None:
    """What the pen did is in the record, point by point."""
    points = strokes_of(7, 0)
    capture = signature_of(png_of(points))
    record = parse(capture.record)
    assert (capture.part, capture.device) == ("signature", CANVAS)
    assert (record.kind, record.image_format) == (SIGNATURE, POINTS)
    assert signature_points(record) == points
    assert capture.score >= 40


def test_it_draws_no_line_where_the_pen_was_lifted() -> None:
    """Two strokes stay two strokes on the card: pressure 0 between them is air."""
    left, right = (
        line(20),
        [SignaturePoint(2_000 + n * 20, 500, 999, 120) for n in range(20)],
    )
    lifted = [*left, SignaturePoint(left[-1].x, 500, 998, 0), *right]
    darkest = []
    for points in ([*left, *right], lifted):
        png = signature_png(signature_of(png_of(points)).record)
        with Image.open(BytesIO(png)) as picture:
            darkest.append(picture.crop((190, 0, 290, 48)).tobytes())
    joined, apart = darkest
    assert min(joined) < 128 < min(apart)


@pytest.mark.parametrize(
    ("png", "code"),
    [
        (b"", "no_object"),
        (png_of([]), "no_object"),
        (png_of(line(7, 200)), "no_object"),
        (png_of(line(30, 1)), "no_object"),
        (png_of([SignaturePoint(n * 50, 9, n, n % 2) for n in range(60)]), "no_object"),
        (png_of(line(40), name=b"teXt"), "bad_answer"),
        (png_of(line(40))[:-30], "bad_answer"),
        (b"\xff\xd8\xff\xe0", "bad_answer"),
        (png_of(line(40)) + bytes(PNG_BYTES_MAX), "bad_answer"),
        (png_of([SignaturePoint(n % 3_000, 5, 9, 9) for n in range(20_001)]), "bad_answer"),
    ],
    ids=["nothing", "no ink", "few", "tiny", "air", "no path", "cut", "jpeg", "big", "long"],
)  # fmt: skip
def test_it_refuses(png: bytes, code: str) -> None:
    """Empty, too small, too large, or not from our page: refused in words."""
    with pytest.raises(DeviceFault) as caught:
        signature_of(png)
    assert caught.value.code == code
    assert "aman" in caught.value.words.id


def test_it_takes_exactly_the_most_points() -> None:
    """The limit itself is still a signature."""
    points = [SignaturePoint(n % 3_000, 5, 9, 9) for n in range(20_000)]
    assert len(signature_points(parse(signature_of(png_of(points)).record))) == 20_000


def test_it_notices_a_flipped_bit() -> None:
    """The chunk's check sum covers the path."""
    whole = bytearray(png_of(line(40)))
    whole[-60] ^= 1
    with pytest.raises(DeviceFault) as caught:
        signature_of(bytes(whole))
    assert caught.value.code == "bad_answer"


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_it_survives_any_bytes(noise: bytes, at: int) -> None:
    """A file with any bytes written over it is a signature or a refusal."""
    whole = png_of(line(40))
    broken = whole[:at] + noise + whole[at + len(noise) :]
    with suppress(DeviceFault):
        assert signature_of(broken).record.startswith(b"SDI")
