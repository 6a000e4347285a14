"""An erasure code: rows of bytes, some more rows made of them, any lost ones made again.

Cauchy Reed-Solomon over GF(256), polynomial 0x11D (docs/adr/0011-repair-data.md): repair
row i is the sum over the data rows j of c(i, j) × row j, with c(i, j) = 1 / (i XOR (16 + j)).
Every square part of such a matrix can be inverted, so as many lost rows come back as
repair rows are there, whichever they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Row = NDArray[np.uint8]

REPAIR_ROWS_MAX = 16
DATA_ROWS_MAX = 240
_POLYNOMIAL = 0x11D


def _powers() -> tuple[list[int], list[int]]:
    powers, logs, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value <<= 1
        if value & 0x100:
            value ^= _POLYNOMIAL
    return powers, logs


_POWERS, _LOGS = _powers()


def _times(a: int, b: int) -> int:
    return _POWERS[_LOGS[a] + _LOGS[b]] if a and b else 0


def _inverse(a: int) -> int:
    assert a, "0 has no inverse"
    return _POWERS[255 - _LOGS[a]]


@cache
def _table(factor: int) -> bytes:
    """What every byte becomes times `factor`: `bytes.translate` is the fastest we have."""
    return bytes(_times(factor, byte) for byte in range(256))


def _factor(repair: int, data: int) -> int:
    return _inverse(repair ^ (REPAIR_ROWS_MAX + data))


def _add(into: _Row, factor: int, row: bytes) -> None:
    import numpy as np

    into ^= np.frombuffer(row.translate(_table(factor)), np.uint8)


def repair_rows(data: Sequence[bytes], count: int) -> list[bytes]:
    """So many repair rows of these data rows, all of one length."""
    # Here, not above: numpy weighs 20 MB, and most commands never see a stick.
    import numpy as np

    assert 0 < len(data) <= DATA_ROWS_MAX and 0 < count <= REPAIR_ROWS_MAX
    found = np.zeros((count, len(data[0])), np.uint8)
    for i in range(count):
        for j, row in enumerate(data):
            _add(found[i], _factor(i, j), row)
    return [row.tobytes() for row in found]


def lost_rows(
    data: Mapping[int, bytes], repair: Mapping[int, bytes], count: int
) -> dict[int, bytes] | None:
    """The rows of `count` that `data` lacks, by number; None where too many are lost."""
    import numpy as np

    lost = [j for j in range(count) if j not in data]
    if not lost:
        return {}
    if len(lost) > len(repair):
        return None
    used = sorted(repair)[: len(lost)]
    sums = [_without(repair[i], i, data) for i in used]
    back = _inverted([[_factor(i, j) for j in lost] for i in used])
    found = {}
    for factors, j in zip(back, lost, strict=True):
        row = np.zeros(len(sums[0]), np.uint8)
        for factor, one in zip(factors, sums, strict=True):
            _add(row, factor, one)
        found[j] = row.tobytes()
    return found


def _without(repair: bytes, i: int, data: Mapping[int, bytes]) -> bytes:
    """A repair row less what the rows that are there put into it."""
    import numpy as np

    rest = np.frombuffer(repair, np.uint8).copy()
    for j, row in data.items():
        _add(rest, _factor(i, j), row)
    return rest.tobytes()


def _inverted(matrix: list[list[int]]) -> list[list[int]]:
    """The inverse of a square matrix, by Gauss and Jordan."""
    size = len(matrix)
    both = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next(k for k in range(i, size) if both[k][i])
        both[i], both[pivot] = both[pivot], both[i]
        scale = _inverse(both[i][i])
        both[i] = [_times(scale, one) for one in both[i]]
        for k in range(size):
            factor = both[k][i]
            if k != i and factor:
                pairs = zip(both[k], both[i], strict=True)
                both[k] = [one ^ _times(factor, other) for one, other in pairs]
    return [row[size:] for row in both]
