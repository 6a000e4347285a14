"""Pictures out of records: decoded pixels, thumbnails, backdrops, drawn signatures.

Only records of pinned devices come here (their signature was checked), yet every size
in a picture is compared with its record's before the pixels are decoded.
"""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import numpy as np
import wsq  # noqa: F401  (registers the WSQ format with Pillow)
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from perahu.devices import wsq_apart
from perahu.devices.iso19794 import (
    JPEG_2000,
    WSQ,
    BiometricRecord,
    parse,
    signature_points,
)
from perahu.devices.ports import DeviceFault

THUMBNAIL_BYTES_MAX = 1_500
_THUMBNAIL_SIDE = 72
_INK = 28


def decoded(record: BiometricRecord) -> Image.Image:
    """The picture of a finger, an eye or a face; raises DeviceFault."""
    assert record.image_format in (WSQ, JPEG_2000), record.image_format
    size = record.width, record.height
    try:
        if record.image_format == WSQ:
            return wsq_apart.decoded(record.image, size)
        with Image.open(BytesIO(record.image), formats=[JPEG_2000]) as image:
            if image.size != size:
                raise ValueError("size")
            image.load()
            return image.copy()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DeviceFault(
            "bad_answer",
            id="Gambar dari alat tidak dapat dibaca. Bagian ini belum tersimpan;"
            " bagian lain tetap aman. Ulangi pengambilan.",
            en="The picture from the device cannot be read. This part was not kept;"
            " the others are safe. Capture it again.",
        ) from error


def grey(record: BiometricRecord) -> NDArray[np.uint8]:
    """The pixels of a finger or an eye."""
    return np.asarray(decoded(record).convert("L"), dtype=np.uint8)


def thumbnail(photo: Image.Image) -> bytes:
    """A WebP of at most 1.5 kB to know a person by; only our own pages show it."""
    small = ImageOps.contain(photo.convert("RGB"), (_THUMBNAIL_SIDE, 96))
    for quality in (70, 55, 40, 25, 10, 0):
        out = BytesIO()
        small.save(out, format="WEBP", quality=quality, method=6)
        if out.tell() <= THUMBNAIL_BYTES_MAX:
            return out.getvalue()
    raise AssertionError("72 x 96 pixels at quality 0 are never above 1.5 kB")


def background_seen(photo: Image.Image) -> str:
    """The colour behind the head: red, blue, orange, or "" where it is none of them.

    Measured on the two upper corners, where no head is (ISO 19794-5 frontal pose).
    """
    pixels = np.asarray(photo.convert("HSV").resize((60, 80)), dtype=np.float32)
    corners = np.concatenate([pixels[3:22, 2:12], pixels[3:22, 48:58]]).reshape(-1, 3)
    strong = corners[(corners[:, 1] > 90) & (corners[:, 2] > 60)]
    if len(strong) < 0.6 * len(corners):
        return ""
    hue = strong[:, 0] * np.float32(360 / 255)
    spans = {
        "red": (hue < 15) | (hue > 335),
        "orange": (hue >= 15) & (hue < 48),
        "blue": (hue > 195) & (hue < 255),
    }
    colour, share = max(
        ((name, float(inside.mean())) for name, inside in spans.items()),
        key=lambda found: found[1],
    )
    return colour if share > 0.8 else ""


def signature_png(record: bytes, width: int = 480) -> bytes:
    """A signature's record drawn in black on white, for the card and the proof."""
    points = signature_points(parse(record))
    left, top = min(p.x for p in points), min(p.y for p in points)
    right, bottom = max(p.x for p in points), max(p.y for p in points)
    # Drawn at twice its size, with 12 px of white around; a flat line keeps a height.
    scale = 2 * (width - 24) / max(right - left, bottom - top, 1)
    height = max(int((bottom - top) * scale / 2) + 24, 48)
    image = Image.new("L", (width * 2, height * 2), 255)
    pen = ImageDraw.Draw(image)
    path = [
        ((p.x - left) * scale + 24, (p.y - top) * scale + 24, p.pressure)
        for p in points
    ]
    for (x1, y1, before), (x2, y2, press) in pairwise(path):
        if not before or not press:
            continue  # pressure 0: the pen was in the air between two strokes
        pen.line([x1, y1, x2, y2], fill=_INK, width=3 + press // 60)
    out = BytesIO()
    image.reduce(2).save(out, format="PNG", optimize=True)
    return out.getvalue()
