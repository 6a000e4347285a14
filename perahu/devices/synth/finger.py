"""A fingerprint as a closed-form ridge model (amplitude and frequency modulation).

The skin's ridges are the level lines of one phase:

    phase(p) = 2π · distance(p) / ridge period + Σ ± angle(p - m_i)

- `distance` is measured to the pattern's skeleton: of a loop two rays, one from its
  core and one from its delta; of a whorl the core and the rays of two deltas; of an
  arch a bulging line. Softened minima let the ridges flow from one into the other.
- Every spiral `± angle(p - m_i)` makes exactly one minutia at m_i: a ridge ends or
  forks there. So the true minutiae of a finger are known, and tests can ask for them.
- A capture moves, turns and stretches the finger, presses it harder or softer, and
  adds the dirt of a scanner; the minutiae move with it.

Coordinates are pixels at 500 ppi with the core at the origin, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perahu.devices.synth.seeds import Field, clouds, stream

WIDTH, HEIGHT = 416, 560
"""Pixels of a single finger at 500 ppi: 21 x 28 mm."""

_MINUTIAE = 46
_MINUTIAE_APART = 26.0


@dataclass(frozen=True, slots=True)
class Finger:
    """One finger of one person: what is the same in every capture of it."""

    pattern: str
    period: float
    skeleton: tuple[tuple[float, float, float], ...]
    """Rays (x, y, direction in radians); of a whorl the first is only a point."""
    squeeze: float
    """How much taller than wide the pattern is."""
    waves: tuple[tuple[float, float, float, float, float], ...]
    """Bends of the skin: wave vector x, y, phase, shift x, shift y."""
    minutiae: tuple[tuple[float, float, int], ...]
    """Where a ridge ends or forks, and the turn of its spiral, +1 or -1."""


@dataclass(frozen=True, slots=True)
class Pressing:
    """How the finger lay on the glass in one capture."""

    shift: tuple[float, float]
    turn: float
    stretch: float
    pressure: float
    """-1 light and dry .. +1 hard and wet."""
    dirt: float
    """0 clean .. 1 hardly readable."""
    noise: int


def _skeleton(
    rng: np.random.Generator, pattern: str, side: float
) -> tuple[tuple[float, float, float], ...]:
    """The rays of a pattern; `side` is +1 where a loop opens to the left, -1 right."""
    down = np.pi / 2

    def delta(towards: float, across: float) -> tuple[float, float, float]:
        x = towards * (across + rng.uniform(-12, 12))
        tilt = rng.uniform(0.12, 0.45)
        return (x, 105 + rng.uniform(-15, 35), down - towards * (down - tilt))

    if pattern == "loop":
        core = (0.0, 0.0, down + side * rng.uniform(0.45, 0.8))
        return (core, delta(side, 95))
    if pattern == "whorl":
        return ((0.0, 0.0, 0.0), delta(1, 105), delta(-1, 105))
    return ((0.0, 0.0, rng.uniform(-0.2, 0.2)),)


def finger_of(seed: int, part: str) -> Finger:
    """The finger of the person with this seed."""
    rng = stream(seed, part, "finger")
    pattern = str(rng.choice(["loop", "whorl", "arch"], p=[0.62, 0.31, 0.07]))
    side = 1.0 if part.startswith("right") else -1.0
    if rng.random() < 0.06:
        side = -side
    skeleton = _skeleton(rng, pattern, side)
    waves = tuple(
        (
            *(rng.normal(0, 1, 2) * 0.011),
            rng.uniform(0, 2 * np.pi),
            *(rng.normal(0, 1, 2) * 4.5),
        )
        for _ in range(5)
    )
    minutiae = _scattered(rng)
    squeeze = rng.uniform(1.0, 1.25)
    return Finger(pattern, rng.uniform(8.2, 9.8), skeleton, squeeze, waves, minutiae)


def _scattered(rng: np.random.Generator) -> tuple[tuple[float, float, int], ...]:
    """Minutiae all over the pad, none nearer to another than real ones are."""
    placed: list[tuple[float, float, int]] = []
    sign = 1
    for x, y in rng.uniform((-185, -225), (185, 260), (_MINUTIAE * 8, 2)):
        far = all(np.hypot(x - a, y - b) > _MINUTIAE_APART for a, b, _ in placed)
        if far and np.hypot(x, y) > 14:
            placed.append((float(x), float(y), sign))
            sign = -sign
        if len(placed) == _MINUTIAE:
            break
    return tuple(placed)


def pressing_of(seed: int, part: str, number: int, quality: int) -> Pressing:
    """How capture `number` went; a low `quality` is a dirtier, stranger one."""
    rng = stream(seed, part, "pressing", number)
    bad = 1 - quality / 100
    spread = 0.6 + 1.4 * bad
    return Pressing(
        shift=(rng.normal(0, 9 * spread), rng.normal(0, 11 * spread)),
        turn=float(np.clip(rng.normal(0, 0.07 * spread), -0.3, 0.3)),
        stretch=1 + rng.normal(0, 0.008),
        pressure=float(np.clip(rng.normal(0, 0.3 + 0.5 * bad), -1, 1)),
        dirt=bad,
        noise=number,
    )


def _to_finger(press: Pressing) -> tuple[Field, Field]:
    """For every pixel of the picture, where on the finger it lies."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x -= np.float32(WIDTH / 2 + press.shift[0])
    y -= np.float32(HEIGHT * 0.44 + press.shift[1])
    cos = np.float32(np.cos(press.turn) / press.stretch)
    sin = np.float32(np.sin(press.turn) / press.stretch)
    return cos * x + sin * y, cos * y - sin * x


def true_minutiae(finger: Finger, press: Pressing) -> list[tuple[float, float]]:
    """Where in the picture of this capture the finger's minutiae lie."""
    cos, sin = np.cos(press.turn) * press.stretch, np.sin(press.turn) * press.stretch
    return [
        (
            float(cos * x - sin * y) + WIDTH / 2 + press.shift[0],
            float(sin * x + cos * y) + HEIGHT * 0.44 + press.shift[1],
        )
        for x, y, _ in finger.minutiae
    ]


def _ray(x: Field, y: Field, ray: tuple[float, float, float]) -> Field:
    """Distance to a ray: circles round its end, parallels along it."""
    dx, dy = np.float32(np.cos(ray[2])), np.float32(np.sin(ray[2]))
    px, py = x - np.float32(ray[0]), y - np.float32(ray[1])
    along = px * dx + py * dy
    across = np.abs(px * dy - py * dx)
    distance: Field = np.where(along > 0, across, np.hypot(px, py))
    return distance


def _softest(one: Field, other: Field, width: float) -> Field:
    """The smaller of two distances, rounded where they meet (polynomial minimum)."""
    gap = np.clip(1 - np.abs(one - other) / np.float32(width), 0, 1)
    lower: Field = np.minimum(one, other) - gap * gap * np.float32(width / 4)
    return lower


def _distance(finger: Finger, x: Field, y: Field) -> Field:
    """Distance to the skeleton: its level lines are the ridges without minutiae."""
    bent_x, bent_y = x.copy(), y / np.float32(finger.squeeze)
    for kx, ky, phase, shift_x, shift_y in finger.waves:
        wave = np.sin(np.float32(kx) * x + np.float32(ky) * y + np.float32(phase))
        bent_x += np.float32(shift_x) * wave
        bent_y += np.float32(shift_y) * wave
    if finger.pattern == "arch":
        tilt = np.float32(finger.skeleton[0][2])
        bulge = np.exp(-((bent_x / 95) ** 2)) * np.exp(-(((bent_y - 20) / 120) ** 2))
        arch: Field = bent_y + tilt * bent_x + np.float32(58) * bulge
        return arch
    if finger.pattern == "whorl":
        distance: Field = np.hypot(bent_x, bent_y)
    else:
        distance = _ray(bent_x, bent_y, finger.skeleton[0])
    for ray in finger.skeleton[1:]:
        reach = float(np.hypot(ray[0], ray[1]))
        beyond = _ray(bent_x, bent_y, ray) + np.float32(reach)
        distance = _softest(distance, beyond, 42)
    return distance


def _spirals(finger: Finger, x: Field, y: Field) -> NDArray[np.complex64]:
    """The product of all unit spirals: its angle is their sum, one multiply each."""
    here = (x + 1j * y).astype(np.complex64) * np.complex64(1 / 120)
    product = np.ones_like(here)
    for n, (mx, my, sign) in enumerate(finger.minutiae):
        away = here - np.complex64((mx + 1j * my) / 120)
        product *= away if sign > 0 else np.conj(away)
        if n % 12 == 11:
            product /= np.abs(product) + np.float32(1e-20)
    return product


def ridges(finger: Finger, press: Pressing) -> Field:
    """The skin's height at every pixel, -1 in a valley .. +1 on a ridge."""
    x, y = _to_finger(press)
    turns = _distance(finger, x, y) * np.float32(2 * np.pi / finger.period)
    height: Field = np.cos(turns + np.angle(_spirals(finger, x, y)))
    return height


def draw(finger: Finger, press: Pressing, names: tuple[int, str]) -> NDArray[np.uint8]:
    """The picture of one capture, as a scanner gives it: dark ridges on light."""
    rng = stream(*names, "scan", press.noise)
    size = (WIDTH, HEIGHT)
    height = ridges(finger, press)
    touch = clouds(rng, size, (9, 12)) * np.float32(0.12 + 0.35 * press.dirt)
    grain = clouds(rng, size, (WIDTH // 3, HEIGHT // 3))
    height += touch + grain * np.float32(0.16 + 0.5 * press.dirt)
    height += np.float32(0.35 * press.pressure)
    ink = 1 / (1 + np.exp(np.float32(-3.2) * height))
    cover = _cover(rng, press)
    picture = 242 - cover * ink * np.float32(190)
    picture += rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(5)
    scan: NDArray[np.uint8] = np.clip(picture, 0, 255).astype(np.uint8)
    return scan


def _cover(rng: np.random.Generator, press: Pressing) -> Field:
    """Where skin touches glass: an oval with a ragged edge."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x = (x - np.float32(WIDTH / 2 + press.shift[0] * 0.5)) / np.float32(188)
    y = (y - np.float32(HEIGHT * 0.5 + press.shift[1] * 0.5)) / np.float32(262)
    edge = 1 - (np.abs(x) ** np.float32(2.4) + np.abs(y) ** np.float32(2.6))
    edge += clouds(rng, (WIDTH, HEIGHT), (14, 18)) * np.float32(0.05)
    edge += clouds(rng, (WIDTH, HEIGHT), (80, 108)) * np.float32(0.04)
    cover: Field = np.clip(edge * 7, 0, 1)
    return cover
