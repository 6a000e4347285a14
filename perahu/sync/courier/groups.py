"""The groups of a courier file: frames, and behind them what mends a bad sector.

    group = data (whole frames, filled up to 4,096 bytes) ‖ TABLE ‖ half of the PIECEs ‖
            TABLE ‖ the other PIECEs ‖ TABLE

Every group but the last holds the same number of data bytes, so that each is found without
reading the one before it. The data is a grid of 4,096-byte squares, written row by row;
each column is mended by itself, so that a run of bad sectors takes at most a few squares
of each. The table holds the CRC-32 of every square: it says which are bad, also where the
medium gave other bytes without a word. Everything is accident-proof only; seals and
signatures inside the frames say what is true.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from perahu.sync import frames, limits
from perahu.sync.courier import code as courier_code
from perahu.sync.fields import bad_message
from perahu.sync.frames import Frame, Gap, Tries

TABLE, PIECE = 30, 31
"""Frame types; older readers pass over them by their length."""
SQUARE_BYTES = limits.COURIER_SQUARE_BYTES
GROUP_BYTES = limits.COURIER_GROUP_BYTES
COLUMNS_MAX = 4
ROWS_MAX = 100
REPAIR_ROWS_MIN = 4
"""Also the smallest file survives a sector of 4 KB wherever it lies."""
_FILLER = 0
_TABLE_HEAD = struct.Struct(">8sII")
_PIECE_HEAD = struct.Struct(">8sIHH")
_TABLE_COPIES = 3

assert GROUP_BYTES == COLUMNS_MAX * ROWS_MAX * SQUARE_BYTES


@dataclass(frozen=True, slots=True)
class Grid:
    """How a group of so many data bytes is laid out; follows from their number alone."""

    data_bytes: int

    @property
    def squares(self) -> int:
        """Data squares."""
        return self.data_bytes // SQUARE_BYTES

    @property
    def columns(self) -> int:
        """As many as keep a column within its rows."""
        return -(-self.squares // ROWS_MAX)

    @property
    def rows(self) -> int:
        """Data rows; the last one may lack squares, which count as zeros."""
        return -(-self.squares // self.columns)

    @property
    def repair_rows(self) -> int:
        """About a tenth of the data rows."""
        return max(REPAIR_ROWS_MIN, -(-self.rows // 10))

    @property
    def bytes(self) -> int:
        """The whole group, with its repair data."""
        table = _TABLE_HEAD.size + 4 * self.squares + frames.OVERHEAD_BYTES
        piece = _PIECE_HEAD.size + SQUARE_BYTES + frames.OVERHEAD_BYTES
        pieces = self.repair_rows * self.columns
        return self.data_bytes + _TABLE_COPIES * table + pieces * piece


def filled(size: int) -> int:
    """The data bytes of a last group with so many bytes of frames in it."""
    grown = -(-size // SQUARE_BYTES) * SQUARE_BYTES
    is_room = grown == size or grown - size >= frames.OVERHEAD_BYTES
    return grown if is_room else grown + SQUARE_BYTES


def filler(size: int) -> bytes:
    """A frame of exactly so many bytes that says nothing; none where there is no room."""
    if not size:
        return b""
    return Frame(_FILLER, bytes(size - frames.OVERHEAD_BYTES)).encode()


def fits(size: int, more: int) -> bool:
    """Whether so many more bytes of frames leave a group that can still be filled up."""
    rest = GROUP_BYTES - size - more
    return rest == 0 or rest >= frames.OVERHEAD_BYTES


def repair(name: bytes, group: int, data: bytes) -> list[bytes]:
    """The frames that stand behind a group's data; `name` is of the file."""
    grid = Grid(len(data))
    assert len(name) == 8 and grid.squares * SQUARE_BYTES == len(data)
    squares = _squares(data)
    sums = struct.pack(f">{len(squares)}I", *map(crc32, squares))
    table = Frame(TABLE, _TABLE_HEAD.pack(name, group, len(data)) + sums).encode()
    width = grid.columns * SQUARE_BYTES
    rows = [
        data[at : at + width].ljust(width, b"\0") for at in range(0, len(data), width)
    ]
    made = courier_code.repair_rows(rows, grid.repair_rows)
    pieces = [
        Frame(PIECE, _PIECE_HEAD.pack(name, group, row, column) + square).encode()
        for row, squares_of in enumerate(made)
        for column, square in enumerate(_squares(squares_of))
    ]
    half = len(pieces) // 2
    return [table, *pieces[:half], table, *pieces[half:], table]


def is_of(name: bytes, frame: Frame) -> bool:
    """False for repair data of another file: an old one lies under a stale sector."""
    return frame.type not in (TABLE, PIECE) or frame.payload.startswith(name)


def _squares(data: bytes) -> list[bytes]:
    return [data[at : at + SQUARE_BYTES] for at in range(0, len(data), SQUARE_BYTES)]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the groups of a file lie, from its head."""

    size: int
    """Bytes between the heads."""
    last_bytes: int
    """Data bytes of the last group; 0 in a file of the time before repair data."""

    def check(self) -> None:
        """Raises Refusal "bad_message" for a layout that cannot be."""
        last = self.last_bytes
        is_sound = 0 < last <= GROUP_BYTES and last % SQUARE_BYTES == 0
        rest = self.size - Grid(last).bytes if is_sound else -1
        if rest < 0 or rest % Grid(GROUP_BYTES).bytes:
            raise bad_message("groups")

    def groups(self) -> Iterator[tuple[int, Grid]]:
        """(where it begins between the heads, its grid) of each group."""
        full, last = Grid(GROUP_BYTES), Grid(self.last_bytes)
        rest = self.size - last.bytes
        for at in range(0, rest, full.bytes):
            yield at, full
        yield rest, last


@dataclass(frozen=True, slots=True)
class Mended:
    """One group as it can be read."""

    content: bytes
    squares: int
    """How many squares were made again."""


def mended(name: bytes, group: int, raw: bytes, grid: Grid, tries: Tries) -> Mended:
    """A group with what could be made again; `raw` as read, zeros for what was not."""
    found = list(frames.salvage(lambda at, n: raw[at : at + n], len(raw), tries))
    if len(raw) == grid.bytes and not any(isinstance(one, Gap) for one in found):
        return Mended(raw, 0)
    sums, pieces = _repair_of(name, group, grid, found)
    if not sums or len(raw) < grid.data_bytes:
        # Torn: what is behind the tear is no bad sector, and its repair data is gone too.
        return Mended(raw, 0)
    squares = _squares(raw[: grid.data_bytes])
    bad = {i for i, one in enumerate(squares) if crc32(one) != sums[i]}
    made = _made_again(squares, bad, pieces, grid)
    made = {i: one for i, one in made.items() if crc32(one) == sums[i]}
    for i, one in made.items():
        squares[i] = one
    data = b"".join(squares)
    if len(made) < len(bad):
        return Mended(data + raw[grid.data_bytes :], len(made))
    # All is whole again, so its repair data is what it was: the check words agree.
    return Mended(data + b"".join(repair(name, group, data)), len(made))


def _repair_of(
    name: bytes, group: int, grid: Grid, found: Sequence[Frame | Gap]
) -> tuple[list[int], dict[tuple[int, int], bytes]]:
    """The sums of the squares (none where no table is left), and the pieces left."""
    sums: list[int] = []
    pieces: dict[tuple[int, int], bytes] = {}
    for one in found:
        if isinstance(one, Gap):
            continue
        if one.type == TABLE and len(one.payload) == _TABLE_HEAD.size + 4 * (
            grid.squares
        ):
            head = _TABLE_HEAD.unpack_from(one.payload)
            if head == (name, group, grid.data_bytes):
                form = f">{grid.squares}I"
                sums = list(struct.unpack_from(form, one.payload, _TABLE_HEAD.size))
        elif one.type == PIECE and len(one.payload) == _PIECE_HEAD.size + SQUARE_BYTES:
            of, number, row, column = _PIECE_HEAD.unpack_from(one.payload)
            is_ours = of == name and number == group and column < grid.columns
            if is_ours and row < grid.repair_rows:
                pieces[row, column] = one.payload[_PIECE_HEAD.size :]
    return sums, pieces


def _made_again(
    squares: Sequence[bytes],
    bad: set[int],
    pieces: dict[tuple[int, int], bytes],
    grid: Grid,
) -> dict[int, bytes]:
    """The bad squares that their column's pieces suffice for, by number."""
    found: dict[int, bytes] = {}
    for column in sorted({i % grid.columns for i in bad}):
        numbers = range(column, grid.rows * grid.columns, grid.columns)
        data = {
            row: squares[i] if i < len(squares) else bytes(SQUARE_BYTES)
            for row, i in enumerate(numbers)
            if i not in bad
        }
        ours = {row: one for (row, where), one in pieces.items() if where == column}
        made = courier_code.lost_rows(data, ours, grid.rows) or {}
        found |= {row * grid.columns + column: one for row, one in made.items()}
    return found
