"""A signature as a pen's path: loops that a hand could draw, never a real name."""

from __future__ import annotations

import numpy as np

from perahu.devices.iso19794 import SignaturePoint
from perahu.devices.synth.seeds import stream

PAD_WIDTH, PAD_HEIGHT = 3_200, 1_200
"""Pad units: a pad of 64 x 24 mm at 50 a millimetre."""

_STEP_MS = 8


def strokes_of(seed: int, number: int, by_line: bool = False) -> list[SignaturePoint]:
    """The path of capture `number`; `by_line` where the person can only draw a line."""
    own, hand = stream(seed, "signature"), stream(seed, "signature", number)
    count = 90 if by_line else int(own.integers(320, 460))
    t = np.linspace(0, 1, count)
    if by_line:
        x, y = 0.15 + 0.7 * t, 0.5 + 0.02 * np.sin(9 * t)
    else:
        x, y = _loops(own, t)
    wobble = np.cumsum(hand.normal(0, 0.0012, (2, count)), axis=1)
    x, y = x + wobble[0] + hand.normal(0, 0.008), y + wobble[1] * 2
    press = 150 + 60 * np.sin(11 * t + hand.uniform(0, 6)) + hand.normal(0, 8, count)
    columns = (
        np.clip(x * PAD_WIDTH, 0, PAD_WIDTH - 1),
        np.clip(y * PAD_HEIGHT, 0, PAD_HEIGHT - 1),
        np.arange(count) * _STEP_MS,
        np.clip(press, 1, 255),
    )
    rows = np.stack(columns, axis=1).astype(int).tolist()
    return [SignaturePoint(*row) for row in rows]


def _loops(
    own: np.random.Generator, t: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], ...]:
    """A large first letter, small letters that die out, and a line under them."""
    letters, phase = own.uniform(3.5, 9), own.uniform(0, 2 * np.pi)
    fade, slant = own.uniform(1.5, 6), own.uniform(-0.1, 0.5)
    body = np.clip(t / 0.78, 0, 1)
    turn = 2 * np.pi * letters * body + phase
    odd = own.uniform(0.3, 0.8)
    tall = own.uniform(0.2, 0.34) * np.exp(-fade * body) + own.uniform(0.05, 0.12)
    tall = tall * (1 + 0.5 * np.sin(odd * turn + own.uniform(0, 6)))
    rise = tall * np.sin(turn)
    wide = own.uniform(0.03, 0.06) * (0.6 + np.exp(-4 * body))
    x = 0.13 + 0.6 * body + wide * np.cos(turn) + slant * rise * 0.4
    y = own.uniform(0.42, 0.52) - rise + 0.03 * np.sin(2.3 * turn + phase)
    y = y - own.uniform(0, 0.16) * body
    # The flourish: back under the letters and out again.
    back = np.clip((t - 0.78) / 0.22, 0, 1)
    x = x - 0.55 * np.sin(np.pi * back * 0.62) + 0.62 * np.clip(back - 0.6, 0, 1)
    y = y + own.uniform(0.18, 0.30) * np.sin(np.pi * back / 2)
    return x, y
