"""How alike a picture stays when it is packed: what the card prints, what a matcher sees.

- A photo: structural similarity (SSIM, 7 x 7 windows, brightness) with the picture under the
  camera's noise, both as a card prints them: 242 x 322 dots at 300 dpi. An encoder that keeps
  the noise is no better than one that takes it away, so the noise is no part of the truth.
- An iris: an iris code after Daugman (the ring unrolled, the phase of a log-Gabor filter, lids
  masked) and the share of bits that differ: between the packed and the raw picture, between
  two captures of one eye, and the least between two eyes. From 0.32 on eyes are different.
- A finger: the desk's own matcher, between two captures of one finger and between fingers.

Everything is synthetic and drawn by a seed: the figures are the same in every run with the
same libraries, and say nothing of a real camera's lens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from statistics import mean

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from perahu.devices.extraction import minutiae_of
from perahu.devices.matcher import match
from perahu.devices.minutiae import Template
from perahu.devices.minutiae import write as write_template
from perahu.devices.synth import face, finger, iris

Pixels = NDArray[np.float64]
Packer = Callable[[Image.Image], bytes]

_CARD_DOTS = (242, 322)
_WINDOW = 7
_PEOPLE = (1, 2, 3, 4)
_ROUND, _RINGS = 256, 8
_OUTER_PX = 118
_TURNS = range(-6, 7)
CROP = (128, 84, 512, 404)
"""The middle of an eye's picture, pixels."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How large and how good an encoding is, over all pictures tried."""

    size: float
    """Mean bytes."""
    alike: float
    """Photo, thumbnail: least SSIM. Iris: mean share of bits that differ from the raw
    picture. Finger: mean score against the raw picture."""
    own: float = 0.0
    """Iris, finger: two captures of one, the worst."""
    others: float = 0.0
    """Iris, finger: captures of different ones, the nearest."""


def photo(pack: Packer) -> Quality:
    """Of four faces before the law's colours."""
    sizes, alike = [], []
    for seed, behind in zip(_PEOPLE, ("red", "blue") * 2, strict=True):
        drawn = [
            face.draw(face.face_of(seed), behind, (seed, 1), 80, grain=grain)
            for grain in (4.0, 0.0)
        ]
        data = pack(drawn[0])
        sizes.append(len(data))
        alike.append(_ssim(_printed(_unpacked(data)), _printed(drawn[1])))
    return Quality(mean(sizes), min(alike))


def thumbnails(pack: Packer) -> Quality:
    """Of the same faces at 72 x 96, as a screen shows them, noise and all."""
    sizes, alike = [], []
    for seed, behind in zip(_PEOPLE, ("red", "blue") * 2, strict=True):
        drawn = face.draw(face.face_of(seed), behind, (seed, 1), 80)
        small = ImageOps.contain(drawn, (72, 96))
        data = pack(small)
        sizes.append(len(data))
        alike.append(_ssim(_grey(_unpacked(data)), _grey(small)))
    return Quality(mean(sizes), min(alike))


def eyes(pack: Packer) -> Quality:
    """Of two captures each of four right eyes."""
    sizes, apart, codes = [], [], {}
    for seed, number in product(_PEOPLE, (1, 2)):
        gaze = iris.gaze_of(seed, "right_iris", number, 80)
        own = iris.texture_of(seed, "right_iris")
        raw = iris.draw(own, gaze, (seed, "right_iris"))
        data = pack(Image.fromarray(raw))
        sizes.append(len(data))
        codes[seed, number] = _code(_grey(_whole(_unpacked(data))), gaze)
        apart.append(_differ(codes[seed, number], _code(raw.astype(np.float64), gaze)))
    own_share = max(_differ(codes[s, 1], codes[s, 2]) for s in _PEOPLE)
    others = min(
        _differ(codes[s, 1], codes[t, 1]) for s, t in product(_PEOPLE, _PEOPLE) if s < t
    )
    return Quality(mean(sizes), mean(apart), own_share, others)


def fingers(pack: Packer) -> Quality:
    """Of two captures each of two fingers of three people."""
    sizes, alike, seen = [], [], {}
    for seed, part, number in product(
        _PEOPLE[:3], ("right_index", "left_thumb"), (1, 2)
    ):
        press = finger.pressing_of(seed, part, number, 82)
        raw = finger.draw(finger.finger_of(seed, part), press, (seed, part))
        data = pack(Image.fromarray(raw))
        sizes.append(len(data))
        unpacked = np.asarray(_unpacked(data).convert("L"), dtype=np.uint8)
        seen[seed, part, number] = _template(unpacked)
        alike.append(match(seen[seed, part, number], _template(raw)))
    firsts = [key for key in seen if key[2] == 1]
    own = min(match(seen[key], seen[(*key[:2], 2)]) for key in firsts)
    others = max(match(seen[a], seen[b]) for a, b in product(firsts, firsts) if a < b)
    return Quality(mean(sizes), mean(alike), own, others)


def _unpacked(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as picture:
        picture.load()
        return picture.copy()


def _grey(picture: Image.Image) -> Pixels:
    return np.asarray(picture.convert("L"), dtype=np.float64)


# -- photo ------------------------------------------------------------------------------


def _printed(picture: Image.Image) -> Pixels:
    return _grey(picture.convert("RGB").resize(_CARD_DOTS, Image.Resampling.LANCZOS))


def _means(values: Pixels) -> Pixels:
    """The mean of every window."""
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    k = _WINDOW
    inside = sums[k:, k:] - sums[:-k, k:] - sums[k:, :-k] + sums[:-k, :-k]
    found: Pixels = inside / k**2
    return found


def _ssim(a: Pixels, b: Pixels) -> float:
    """Mean structural similarity (Wang 2004, uniform windows)."""
    dark, flat = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = _means(a), _means(b)
    va, vb = _means(a * a) - ma**2, _means(b * b) - mb**2
    both = _means(a * b) - ma * mb
    over = (2 * ma * mb + dark) * (2 * both + flat)
    return float((over / ((ma**2 + mb**2 + dark) * (va + vb + flat))).mean())


# -- iris -------------------------------------------------------------------------------


def _whole(picture: Image.Image) -> Image.Image:
    """A cropped eye where it was, with grey around."""
    if picture.size == (iris.WIDTH, iris.HEIGHT):
        return picture
    canvas = Image.new("L", (iris.WIDTH, iris.HEIGHT), 128)
    canvas.paste(picture.convert("L"), CROP[:2])
    return canvas


_Code = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def _code(pixels: Pixels, gaze: iris.Gaze) -> _Code:
    """The signs of the phase on the unrolled ring, and where no lid is."""
    around = np.linspace(0, 2 * np.pi, _ROUND, endpoint=False) - np.pi - gaze.turn
    share = np.linspace(0.08, 0.72, 2 * _RINGS)[:, None]
    radius = gaze.pupil + share * (_OUTER_PX - gaze.pupil)
    dx, dy = radius * np.cos(around), radius * np.sin(around)
    ring = _between(pixels, gaze.centre[0] + dx, gaze.centre[1] + dy)
    ring = ring.reshape(_RINGS, 2, _ROUND).mean(1)
    waves = np.arange(_ROUND)
    keep = (waves > 0) & (waves < _ROUND // 2)
    width = 2 * np.log(0.55) ** 2
    gabor = np.exp(-(np.log(np.maximum(waves, 1) / 16) ** 2) / width) * keep
    phase = np.fft.ifft(np.fft.fft(ring, axis=1) * gabor, axis=1)
    lid = -(150 - 120 * gaze.lid) * (1 - (dx / 225) ** 2) + 14
    free: NDArray[np.bool_] = (dy > lid).reshape(_RINGS, 2, _ROUND).min(1)
    return np.stack([phase.real > 0, phase.imag > 0]), free


def _between(pixels: Pixels, x: Pixels, y: Pixels) -> Pixels:
    """Bilinear."""
    height, width = pixels.shape
    left = np.clip(np.floor(x).astype(int), 0, width - 2)
    top = np.clip(np.floor(y).astype(int), 0, height - 2)
    fx, fy = x - left, y - top
    above = pixels[top, left] * (1 - fx) + pixels[top, left + 1] * fx
    below = pixels[top + 1, left] * (1 - fx) + pixels[top + 1, left + 1] * fx
    found: Pixels = above * (1 - fy) + below * fy
    return found


def _differ(a: _Code, b: _Code) -> float:
    """The least share of differing bits, over small turns of the eye."""
    shares = []
    for turn in _TURNS:
        free = a[1] & np.roll(b[1], turn, 1)
        differing = (a[0] ^ np.roll(b[0], turn, 2)) & free
        shares.append(float(differing.sum() / (2 * free.sum())))
    return min(shares)


# -- finger -----------------------------------------------------------------------------


def _template(pixels: NDArray[np.uint8]) -> bytes:
    height, width = pixels.shape
    return write_template(Template(1, width, height, 80, tuple(minutiae_of(pixels))))
