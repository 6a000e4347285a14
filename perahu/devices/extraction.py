"""Minutiae out of a fingerprint's picture, by the phase of its ridges.

1. The ridges are isolated by a band-pass round their usual period (9 px at 500 ppi).
2. Their direction comes from the structure tensor of the Riesz transform, smoothed.
3. A bank of one-sided direction filters gives the ridges' complex signal; at every
   pixel the filter of the local direction is taken.
4. A minutia is where the signal's phase winds once round a pixel: a ridge more on one
   side than on the other. The winding's sign gives the direction, and whether a ridge
   or a valley ends there is read one half period further on.
5. Windings outside the finger, near its edge, or in pairs of opposite sign that noise
   makes, are dropped.

No thinning and no lookup of crossings: noise that does not turn the phase makes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from perahu.devices.minutiae import BIFURCATION, ENDING, MINUTIAE_MAX, Minutia

Field = NDArray[np.float32]
Waves = NDArray[np.complex64]
Scalar = TypeVar("Scalar", bound=np.generic)

_PERIOD = 9.0
_DIRECTIONS = 12
_BLOCK = 8
_EDGE_BLOCKS = 2
_PAIR_PX = 8.0
_COHERENCE_MIN = 0.45


@dataclass(frozen=True, slots=True)
class _Bank:
    """Filters of one picture size, in the frequency domain."""

    band: Field
    towards_x: Field
    towards_y: Field
    directions: Field


@lru_cache(maxsize=2)
def _bank(height: int, width: int) -> _Bank:
    """The filters, kept for the next picture of the same size."""
    v = np.fft.fftfreq(height).astype(np.float32)[:, None]
    u = np.fft.fftfreq(width).astype(np.float32)[None, :]
    rho = np.hypot(u, v)
    rho[0, 0] = 1
    band = np.exp(-((np.log(rho * _PERIOD) / 0.42) ** 2) / 2).astype(np.float32)
    band[0, 0] = 0
    theta = np.arctan2(v, u)
    filters = []
    for n in range(_DIRECTIONS):
        away = np.angle(np.exp(1j * (theta - n * np.pi / _DIRECTIONS)))
        filters.append(2 * band * np.exp(-((away / 0.30) ** 2) / 2))
    return _Bank(
        band,
        (u / rho).astype(np.float32),
        (v / rho).astype(np.float32),
        np.stack(filters).astype(np.float32),
    )


def _blocks(field: Field) -> Field:
    """The mean of each block of 8 x 8 pixels."""
    height, width = (n // _BLOCK * _BLOCK for n in field.shape)
    cut = field[:height, :width]
    shape = (height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    means: Field = cut.reshape(shape).mean(axis=(1, 3), dtype=np.float32)
    return means


def _smooth(field: Field, times: int) -> Field:
    """A binomial blur over neighbouring blocks, `times` over."""
    for _ in range(times):
        for axis in (0, 1):
            pad = [(1, 1) if axis == n else (0, 0) for n in (0, 1)]
            wide = np.pad(field, pad, mode="edge")
            left, middle, right = (
                np.take(wide, range(n, n + field.shape[axis]), axis) for n in range(3)
            )
            field = (left + 2 * middle + right) / np.float32(4)
    return field


def _eroded(mask: NDArray[np.bool_], times: int) -> NDArray[np.bool_]:
    """The mask without its outermost blocks; beyond the picture there is no finger."""
    for _ in range(times):
        wide = np.pad(mask, 1)
        mask = (
            wide[1:-1, 1:-1]
            & wide[:-2, 1:-1]
            & wide[2:, 1:-1]
            & wide[1:-1, :-2]
            & wide[1:-1, 2:]
        )
    return mask


def _grown(blocks: NDArray[Scalar], shape: tuple[int, ...]) -> NDArray[Scalar]:
    """Each block's value at all its pixels; the rest at the picture's end is zero."""
    whole = np.zeros(shape, blocks.dtype)
    wide = blocks.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)
    whole[: wide.shape[0], : wide.shape[1]] = wide
    return whole


def minutiae_of(picture: NDArray[np.uint8]) -> list[Minutia]:
    """The minutiae of a picture at 500 ppi with dark ridges, the best first."""
    ink = np.float32(255) - picture.astype(np.float32)
    bank = _bank(*ink.shape)
    spectrum = np.fft.fft2(ink - ink.mean()).astype(np.complex64)
    flat, along_x, along_y = _riesz(spectrum, bank)
    energy = _smooth(_blocks(flat**2 + along_x**2 + along_y**2), 1)
    cos2, sin2 = (
        _smooth(_blocks(along_x**2 - along_y**2), 2),
        _smooth(_blocks(2 * along_x * along_y), 2),
    )
    strength = _smooth(_blocks(along_x**2 + along_y**2), 2) + np.float32(1e-6)
    coherence = np.hypot(cos2, sin2) / strength
    finger = energy > 0.18 * np.quantile(energy, 0.9)
    inside = _eroded(finger, _EDGE_BLOCKS)
    normal = np.arctan2(sin2, cos2) / 2
    waves = _directed(spectrum, bank)
    trust = np.where(inside, coherence, 0).astype(np.float32)
    return _windings(waves, normal.astype(np.float32), trust)


def _riesz(spectrum: Waves, bank: _Bank) -> tuple[Field, Field, Field]:
    """The band-passed picture and its two quadratures."""
    passed = spectrum * bank.band
    # Both quadratures come from one transform: x is its real part, y its imaginary.
    both = np.fft.ifft2(passed * (bank.towards_y - 1j * bank.towards_x))
    flat = np.fft.ifft2(passed).real.astype(np.float32)
    return flat, both.real.astype(np.float32), both.imag.astype(np.float32)


def _directed(spectrum: Waves, bank: _Bank) -> Waves:
    """The complex signal of every direction filter, stacked."""
    stack = np.empty((_DIRECTIONS, *spectrum.shape), np.complex64)
    for n, wedge in enumerate(bank.directions):
        stack[n] = np.fft.ifft2(spectrum * wedge)
    return stack


def _windings(waves: Waves, normal: Field, trust: Field) -> list[Minutia]:
    """Every pixel round which the phase of its own direction's signal winds once."""
    shape = waves.shape[1:]
    index = np.round(normal * _DIRECTIONS / np.pi).astype(np.int64) % _DIRECTIONS
    chosen = _grown(index, shape)[:-1, :-1]
    rows, columns = np.nonzero(_grown(trust, shape)[:-1, :-1] > _COHERENCE_MIN)
    chosen = chosen[rows, columns]
    ring = [
        waves[chosen, rows + dy, columns + dx]
        for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    turned = sum(np.angle(ring[(n + 1) % 4] * np.conj(ring[n])) for n in range(4))
    sign = np.rint(np.asarray(turned) / (2 * np.pi)).astype(np.int64)
    found = np.nonzero(sign)[0]
    places = np.stack([columns[found], rows[found]], axis=1)
    found = found[_without_pairs(places, sign[found])]
    minutiae = [
        _minutia(waves, int(chosen[n]), (int(columns[n]), int(rows[n])), int(sign[n]),
                 float(trust[rows[n] // _BLOCK, columns[n] // _BLOCK]))
        for n in found
    ]  # fmt: skip
    minutiae.sort(key=lambda m: (-m.quality, m.y, m.x))
    return minutiae[:MINUTIAE_MAX]


def _without_pairs(
    places: NDArray[np.int64], sign: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The windings left when the nearest pairs of opposite sign have cancelled out."""
    if len(places) < 2:
        return np.arange(len(places))
    apart = np.hypot(
        *(places[:, None, axis] - places[None, :, axis] for axis in (0, 1))
    )
    apart[sign[:, None] == sign[None, :]] = np.inf
    left = np.ones(len(places), bool)
    for flat in np.argsort(apart, axis=None):
        one, other = divmod(int(flat), len(places))
        if apart[one, other] > _PAIR_PX:
            break
        if left[one] and left[other]:
            left[one] = left[other] = False
    return np.nonzero(left)[0]


def _minutia(
    waves: Waves, direction: int, at: tuple[int, int], sign: int, trust: float
) -> Minutia:
    """One winding as a minutia: its direction, and what ends there."""
    height, width = waves.shape[1:]
    across = direction * np.pi / _DIRECTIONS
    ux, uy = sign * np.sin(across), -sign * np.cos(across)
    x = int(np.clip(round(at[0] + ux * _PERIOD * 0.7), 0, width - 1))
    y = int(np.clip(round(at[1] + uy * _PERIOD * 0.7), 0, height - 1))
    kind = ENDING if waves[direction, y, x].real > 0 else BIFURCATION
    angle = round(float(np.arctan2(-uy, ux)) / (2 * np.pi) * 256) % 256
    return Minutia(at[0], at[1], angle, kind, max(1, min(100, round(trust * 100))))
