"""Pictures as small as they may be at equal quality, before they are sealed (ADR 0012).

| part | as it is sealed | why |
|---|---|---|
| photo | JPEG 2000, 40:1 | what the card prints stays as it is (SSIM), 23 kB instead of 33 |
| iris | JPEG 2000, 15:1 | the iris code stays as it is, 20 kB instead of 56 |
| finger | WSQ as the scanner gave it | the norm; WSQ is never packed twice |
| signature | the pen's path | 3 kB |

A device that packs less tightly has its picture packed anew; one that packs as tightly or
more keeps its own. Everything else in the record stays, byte by byte.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from perahu.devices import iso19794
from perahu.devices.iso19794 import BiometricRecord
from perahu.devices.ports import FACE, IRIS

RATES = {FACE: 40, IRIS: 15}
"""How many times smaller than its pixels a picture is made."""
_WORTH_IT = 1.1
"""A device's own packing is kept where ours would save less than this."""


def packed(picture: Image.Image, kind: str) -> bytes:
    """A face or an eye as JPEG 2000 at our rate."""
    out = BytesIO()
    picture.save(
        out,
        format="JPEG2000",
        quality_mode="rates",
        quality_layers=[RATES[kind]],
        irreversible=True,
        no_jp2=False,
    )
    return out.getvalue()


def lean(data: bytes, record: BiometricRecord, picture: Image.Image) -> bytes:
    """The record with its picture packed at our rate, or as it was."""
    rate = RATES.get(record.kind)
    if rate is None:
        return data
    pixels = record.width * record.height * len(picture.getbands())
    if len(record.image) <= _WORTH_IT * pixels / rate:
        return data
    image = packed(picture, record.kind)
    # A very small picture can be all head: then the device's own was no larger.
    return iso19794.with_image(data, image) if len(image) < len(record.image) else data
