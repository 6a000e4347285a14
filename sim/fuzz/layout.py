"""Where everything stands in a sound courier file, and what a damage of it must cost.

Written from docs/journal-format.md and not from the reader: the two must agree on what can
be mended and on what is missing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from perahu.sync.courier.groups import Layout
from perahu.sync.courier.writing import LAST_BYTES, SIZE
from perahu.sync.frames import Frame
from perahu.sync.hello import Hello, hear

HEAD_BYTES = 16 * 1024
SQUARE = 4096
_TABLE, _PIECE, _HELLO = 30, 31, 1
_FRAME = struct.Struct(">BBI")
_PIECE_AT = struct.Struct(">8sIHH")

Span = tuple[int, int]
"""Where something begins and ends in a file."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame and where it stands."""

    begin: int
    end: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Group:
    """Data squares and what mends them."""

    squares: tuple[Span, ...]
    columns: int
    frames: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Sound:
    """A whole file, taken apart."""

    content: bytes
    heads: tuple[Placed, ...]
    groups: tuple[Group, ...]
    hello: Hello

    @property
    def frames(self) -> list[Placed]:
        """All frames between the heads."""
        return [one for group in self.groups for one in group.frames]


@dataclass(frozen=True, slots=True)
class Cost:
    """What of a damaged file must be missing."""

    frames: int
    bytes: int
    mended_squares: int


def taken_apart(content: bytes) -> Sound:
    """A file as it was written."""
    front = _frames(content, 4, HEAD_BYTES)
    heads = [one for one in front if one.frame.type == _HELLO]
    hello = hear(heads[0].frame).hello
    size, last = hello.file[SIZE], hello.file[LAST_BYTES]
    end = HEAD_BYTES + size
    groups = [
        _group(content, HEAD_BYTES + at, grid.data_bytes, grid.bytes)
        for at, grid in Layout(size, last).groups()
    ]
    heads += _frames(content, end, len(content))
    assert len(heads) == 3, "three heads"
    return Sound(content, tuple(heads), tuple(groups), hello)


def _frames(content: bytes, at: int, end: int) -> list[Placed]:
    """Frames one behind the other."""
    found = []
    while at < end:
        kind, flags, length = _FRAME.unpack_from(content, at)
        stop = at + _FRAME.size + length + 4
        body = content[at : stop - 4]
        assert crc32(body) == int.from_bytes(content[stop - 4 : stop], "big")
        found.append(Placed(at, stop, Frame(kind, body[_FRAME.size :], flags)))
        at = stop
    assert at == end, "frames fill their room"
    return found


def _group(content: bytes, at: int, data_bytes: int, size: int) -> Group:
    count = data_bytes // SQUARE
    squares = tuple(
        (at + n * SQUARE, at + (n + 1) * SQUARE) for n in range(data_bytes // SQUARE)
    )
    return Group(squares, -(-count // 100), tuple(_frames(content, at, at + size)))


def cost(sound: Sound, damaged: bytes) -> Cost:
    """What a damage in place must cost: no more is missing, and no less."""
    assert len(damaged) == len(sound.content)
    lost = lost_bytes = mended = 0
    for group in sound.groups:
        made = _made_again(group, sound.content, damaged)
        bad = [
            span
            for n, span in enumerate(group.squares)
            if n not in made and _differs(span, sound.content, damaged)
        ]
        mended += len(made)
        missing = _missing(group.frames, bad, made, (sound.content, damaged))
        lost += len(missing)
        lost_bytes += sum(one.end - one.begin for one in missing)
    return Cost(lost, lost_bytes, mended)


def _differs(span: Span, before: bytes, after: bytes) -> bool:
    return before[span[0] : span[1]] != after[span[0] : span[1]]


def _made_again(group: Group, before: bytes, after: bytes) -> set[int]:
    """The squares that their column's pieces suffice for."""
    tables, left = 0, dict.fromkeys(range(group.columns), 0)
    for one in group.frames:
        if _differs((one.begin, one.end), before, after):
            continue
        tables += one.frame.type == _TABLE
        if one.frame.type == _PIECE:
            left[_PIECE_AT.unpack_from(one.frame.payload)[3]] += 1
    bad: dict[int, set[int]] = {}
    for n, span in enumerate(group.squares):
        if _differs(span, before, after):
            bad.setdefault(n % group.columns, set()).add(n)
    if not tables:
        return set()
    return {
        n for column, some in bad.items() if len(some) <= left[column] for n in some
    }


def _missing(
    frames: Sequence[Placed],
    bad: list[Span],
    made: set[int],
    contents: tuple[bytes, bytes],
) -> list[Placed]:
    before, after = contents
    harmed = [one for one in frames if _differs((one.begin, one.end), before, after)]
    repair = [one for one in harmed if one.frame.type in (_TABLE, _PIECE)]
    tables = [one for one in frames if one.frame.type == _TABLE]
    if all(one in harmed for one in tables):
        return harmed
    if not bad:
        # The data is whole, so its repair data is what it was.
        return []
    inside = [one for one in harmed if one not in repair]
    return repair + [one for one in inside if _is_cut(one, bad, contents)]


def _is_cut(one: Placed, bad: list[Span], contents: tuple[bytes, bytes]) -> bool:
    """Whether a frame has changed bytes in a square that could not be made again."""
    before, after = contents
    spans = ((max(one.begin, a), min(one.end, b)) for a, b in bad)
    return any(a < b and _differs((a, b), before, after) for a, b in spans)
