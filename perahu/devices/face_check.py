"""What can be said of a webcam's photo without knowing the person: is it fit for a card.

- A browser's file is never trusted: bytes, format and pixels are limited before anything
  is decoded, and a large picture is decoded at a fraction of its size.
- `photo.js` measures sharpness, light and background on the same regions with the same
  limits, so that the desk rarely hears another verdict than the one on the screen. A
  change here is a change there.

It does not look for a face: the browser does that, and the operator.
"""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from perahu.devices.ports import DeviceFault

BYTES_MAX = 8_000_000
"""A telephone's camera gives up to 6 MB where the page has no webcam."""
PIXELS_MAX = 26_000_000
WIDTH, HEIGHT = 480, 640
"""The size of the simulated camera's photos, and of those on a card."""
SIDE_MIN = 240
"""Fewer pixels across than this, after cropping, are no photo for a card."""

SHARP_FULL = 20.0
"""The variance of the Laplacian from which a photo counts as wholly sharp."""
DARK_ZERO, DARK_FULL = 15.0, 60.0
BRIGHT_FULL, BRIGHT_ZERO = 205.0, 250.0
"""Mean grey of the face's region between which light costs nothing of the score."""

# What Pillow raises for broken pictures and for the broken EXIF in them.
_UNREADABLE = (
    OSError, ValueError, SyntaxError, EOFError, struct.error, KeyError, IndexError,
    TypeError, Image.DecompressionBombError,
)  # fmt: skip

Grey = NDArray[np.float32]


def refused(code: str, id: str, en: str) -> DeviceFault:
    """A fault of the browser's picture, with the two sentences every fault owes."""
    return DeviceFault(
        code,
        id=f"{id} Bagian ini belum tersimpan; bagian lain tetap aman.",
        en=f"{en} This part was not kept; the others are safe.",
    )


def photo_from(jpeg: bytes) -> Image.Image:
    """The photo upright, cropped to 3:4 about its middle, 480 x 640; raises DeviceFault."""
    if not jpeg:
        raise refused("no_object", "Foto belum diambil. Ambil foto dulu.",
                      "No photo was taken yet. Take the photo first.")  # fmt: skip
    if len(jpeg) > BYTES_MAX:
        raise refused("bad_answer", "Berkas foto terlalu besar (paling besar 8 MB).",
                      "The photo's file is too large (at most 8 MB).")  # fmt: skip
    whole = _decoded(jpeg)
    width, height = whole.size
    across = min(width, height * WIDTH // HEIGHT)
    if across < SIDE_MIN:
        raise refused(
            "poor_quality",
            "Foto terlalu kecil untuk kartu. Pakai kamera yang lebih tajam, atau dekatkan.",
            "The photo is too small for a card. Use a better camera, or come closer.",
        )
    return ImageOps.fit(whole, (WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _decoded(jpeg: bytes) -> Image.Image:
    """The pixels, in RGB and upright."""
    try:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
            if image.width * image.height > PIXELS_MAX:
                raise ValueError("pixels")
            # JPEG can be decoded at 1/2, 1/4 or 1/8: twice the size we keep is enough.
            image.draft("RGB", (WIDTH * 2, WIDTH * 2))
            image.load()
            return ImageOps.exif_transpose(image).convert("RGB")
    except _UNREADABLE as error:
        raise refused(
            "bad_answer",
            "Berkas ini bukan foto JPEG yang utuh. Ambil foto sekali lagi.",
            "This file is no whole JPEG photo. Take the photo again.",
        ) from error


def _face_region(photo: Image.Image) -> Image.Image:
    """The middle of the photo in grey, at half its size: where a centred face is."""
    small = photo.convert("L").resize((240, 320), Image.Resampling.BOX)
    return small.crop((60, 64, 180, 240))


def sharpness(photo: Image.Image) -> float:
    """The variance of the Laplacian of the face's region.

    Smoothed by 3 x 3 first: otherwise the grain of a dark webcam picture looks sharp.
    """
    region = _face_region(photo).filter(ImageFilter.BoxBlur(1))
    grey: Grey = np.asarray(region, dtype=np.float32)
    around = grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1]
    return float((around - 4 * grey[1:-1, 1:-1]).var())


def brightness(photo: Image.Image) -> float:
    """The mean grey of the face's region, 0..255."""
    return float(np.asarray(_face_region(photo), dtype=np.float32).mean())


def score(photo: Image.Image) -> int:
    """0..100: as good as the weaker of sharpness and light."""
    light = brightness(photo)
    dark = (light - DARK_ZERO) / (DARK_FULL - DARK_ZERO)
    bright = (BRIGHT_ZERO - light) / (BRIGHT_ZERO - BRIGHT_FULL)
    sharp = sharpness(photo) / SHARP_FULL
    return round(100 * min(1.0, max(0.0, min(dark, bright, sharp))))
