"""An iris as a near-infrared camera sees it: rings, fibres, furrows, lids and lashes.

The texture is drawn on a strip (angle by radius) that belongs to the person, then
wrapped round the pupil; a capture moves the eye, opens the pupil and lowers the lid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perahu.devices.synth.seeds import Field, clouds, stream

WIDTH, HEIGHT = 640, 480
_AROUND, _ACROSS = 1024, 128


@dataclass(frozen=True, slots=True)
class Gaze:
    """How the eye looked into the camera in one capture."""

    centre: tuple[float, float]
    pupil: float
    """Radius of the pupil, pixels."""
    turn: float
    lid: float
    """How far the upper lid covers the iris, 0..1."""
    blur: float
    noise: int


def gaze_of(seed: int, part: str, number: int, quality: int) -> Gaze:
    """How capture `number` went."""
    rng = stream(seed, part, "gaze", number)
    bad = 1 - quality / 100
    return Gaze(
        centre=(320 + rng.normal(0, 12), 244 + rng.normal(0, 9)),
        pupil=float(np.clip(rng.normal(44, 5), 30, 62)),
        turn=rng.normal(0, 0.03),
        lid=float(np.clip(0.12 + 0.45 * bad + rng.normal(0, 0.05), 0, 0.7)),
        blur=bad,
        noise=number,
    )


def texture_of(seed: int, part: str) -> Field:
    """The strip of one eye: columns go round, rows from the pupil to the white."""
    rng = stream(seed, part, "iris")
    size = (_AROUND // 2, _ACROSS)
    fibres = clouds(rng, size, (150, 5)) + 0.6 * clouds(rng, size, (60, 9))
    spots = clouds(rng, size, (34, 14))
    half = fibres + np.where(spots > 1.2, -1.4 * (spots - 1.2), 0)
    # The strip is closed by fading it into its own mirror image at the seam.
    whole = np.concatenate([half, half[:, ::-1]], axis=1)
    own = clouds(rng, (_AROUND, _ACROSS), (200, 12))
    radius = np.linspace(0, 1, _ACROSS, dtype=np.float32)[:, None]
    wander = clouds(rng, (_AROUND, 1), (18, 1))[:1] * np.float32(0.04)
    collar = np.exp(-(((radius - 0.33 - wander) / 0.07) ** 2))
    rings = np.cos(radius * np.float32(38)) * np.float32(0.25) * (radius > 0.5)
    strip: Field = 0.55 * whole + 0.5 * own + 1.5 * collar + rings - 0.5 * radius
    return strip.astype(np.float32)


def draw(texture: Field, gaze: Gaze, names: tuple[int, str]) -> NDArray[np.uint8]:
    """The picture of one capture, 640 x 480 in grey."""
    rng = stream(*names, "eye", gaze.noise)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    px, py = x - np.float32(gaze.centre[0]), y - np.float32(gaze.centre[1])
    radius = np.hypot(px, py)
    outer = np.float32(118)
    depth = (radius - np.float32(gaze.pupil)) / (outer - np.float32(gaze.pupil))
    around = np.arctan2(py, px) + np.float32(gaze.turn + np.pi)
    column = (around * np.float32(_AROUND / (2 * np.pi))).astype(np.int32) % _AROUND
    row = np.clip(depth * _ACROSS, 0, _ACROSS - 1).astype(np.int32)
    iris = 112 + texture[row, column] * np.float32(17 * (1 - 0.7 * gaze.blur))
    iris -= 34 * np.clip(depth - np.float32(0.86), 0, 1) / np.float32(0.14)
    skin = 168 + clouds(rng, (WIDTH, HEIGHT), (90, 70)) * np.float32(3)
    skin += clouds(rng, (WIDTH, HEIGHT), (6, 5)) * np.float32(6)
    white = 186 - 0.0006 * px * px + clouds(rng, (WIDTH, HEIGHT), (40, 12)) * 4
    eye = _blend(white, iris, (outer - radius) / 3)
    eye = _blend(eye, np.full_like(eye, 22), (np.float32(gaze.pupil) - radius) / 2)
    lashes = clouds(rng, (WIDTH, 1), (60, 1))[0]
    picture = _lids(skin, eye, (px, py), gaze, lashes)
    for dx, dy, size in ((-13, -10, 6), (12, -9, 5)):
        glint = np.hypot(px - dx, py - dy)
        picture = _blend(picture, np.full_like(eye, 250), size - glint)
    picture += rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(2.5)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _blend(below: Field, above: Field, edge: Field) -> Field:
    """Lay one picture over another where `edge` is positive, softly."""
    cover = np.clip(edge + np.float32(0.5), 0, 1)
    mixed: Field = below + (above - below) * cover
    return mixed


def _lids(
    skin: Field, eye: Field, at: tuple[Field, Field], gaze: Gaze, uneven: Field
) -> Field:
    """The opening between the lids, its shadow and the lashes."""
    px, py = at
    bow = 1 - (px / np.float32(225)) ** 2
    top = -np.float32(150 - 120 * gaze.lid) * bow
    bottom = np.float32(122) * bow
    inside = np.minimum(py - top, bottom - py)
    eye = eye - 46 * np.exp(-np.clip(py - top, 0, None) / 16)
    picture = _blend(skin, eye, inside / 3)
    fold = np.abs(py - top * np.float32(1.22) + 16)
    picture -= 30 * np.exp(-fold / 5) * (np.abs(px) < 230)
    # Lashes: thin dark lines that fan out from the upper lid, no two alike.
    above = np.clip(top - py, 0, 60)
    spread = px * (1 - above * np.float32(0.0042)) + above * np.float32(0.05)
    column = np.clip(spread + np.float32(WIDTH / 2), 0, WIDTH - 1).astype(np.int32)
    own = uneven[column]
    fan = np.sin(spread * np.float32(0.62) + 2 * own)
    long = np.float32(20) + 9 * own
    lashes = np.clip(fan - np.float32(0.35), 0, 1) * (py < top + 3)
    picture -= 150 * lashes * np.clip(1 - above / long, 0, 1) * (np.abs(px) < 212)
    result: Field = picture
    return result
