"""Randomness for synthetic pictures: a stream for every (seed, name, number)."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]


def stream(*names: int | str) -> np.random.Generator:
    """The stream of random numbers that belongs to these names, always the same."""
    text = "/".join(str(name) for name in names)
    return np.random.default_rng(int.from_bytes(sha256(text.encode()).digest()[:16]))


def clouds(
    rng: np.random.Generator, size: tuple[int, int], cells: tuple[int, int]
) -> Field:
    """Smooth noise of about unit strength: `cells` random values across, interpolated."""
    width, height = size
    coarse = rng.standard_normal((cells[1], cells[0]), dtype=np.float32)
    picture = Image.fromarray(coarse, mode="F")
    grown = picture.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(grown, dtype=np.float32)
