"""The erasure code, and the groups of a courier file as the paper describes them."""

from __future__ import annotations

from random import Random
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.sync.courier import groups
from perahu.sync.courier.code import lost_rows, repair_rows
from perahu.sync.courier.groups import Grid, Layout
from perahu.sync.frames import Tries
from perahu.words import Refusal

NAME = b"filename"


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 120),
    repair=st.integers(1, 16),
    width=st.integers(1, 40),
    seed=st.integers(0, 1 << 32),
)
def test_it_makes_any_lost_rows_again(
    rows: int, repair: int, width: int, seed: int
) -> None:
    """As many as there are repair rows, whichever are lost; with one fewer it says no."""
    chance = Random(seed)
    data = [chance.randbytes(width) for _ in range(rows)]
    made = dict(enumerate(repair_rows(data, repair)))
    lost = set(chance.sample(range(rows), min(rows, repair)))
    left = {i: row for i, row in enumerate(data) if i not in lost}
    again = lost_rows(left, made, rows)
    assert again == {i: data[i] for i in lost}
    for i in chance.sample(range(repair), repair - len(lost) + 1):
        del made[i]
    assert lost_rows(left, made, rows) is None


def test_it_is_the_code_of_the_paper() -> None:
    """One byte, worked out by hand: c(0, 0) = 1/16, c(0, 1) = 1/17, and 0x11D."""

    def times(a: int, b: int) -> int:
        found = 0
        while b:
            found ^= a if b & 1 else 0
            a = a << 1 ^ (0x11D if a & 0x80 else 0)
            b >>= 1
        return found

    inverse = {a: b for a in range(1, 256) for b in range(1, 256) if times(a, b) == 1}
    for i, row in enumerate(repair_rows([b"\x53", b"\xca"], 3)):
        wanted = times(inverse[i ^ 16], 0x53) ^ times(inverse[i ^ 17], 0xCA)
        assert row == bytes([wanted])


@pytest.mark.parametrize("squares", [1, 2, 99, 100, 101, 250, 399, 400])
def test_it_lays_a_group_out_as_the_paper_says(squares: int) -> None:
    """Columns, rows, repair rows and bytes follow from the number of squares."""
    data = Random(squares).randbytes(squares * 4096)
    grid, behind = Grid(len(data)), groups.repair(NAME, 7, data)
    columns = -(-squares // 100)
    rows = -(-squares // columns)
    assert (grid.columns, grid.rows) == (columns, rows)
    assert grid.repair_rows == max(4, -(-rows // 10))
    assert len(behind) == 3 + columns * grid.repair_rows
    assert len(data) + len(b"".join(behind)) == grid.bytes
    table = behind[0]
    assert behind[-1] == table and behind[1 + (len(behind) - 3) // 2] == table
    assert table[:2] == b"\x1e\0" and table[6:14] == NAME
    assert table[14:22] == (7).to_bytes(4, "big") + len(data).to_bytes(4, "big")
    assert table[22:26] == crc32(data[:4096]).to_bytes(4, "big")
    assert behind[1][:2] == b"\x1f\0" and behind[1][14:22] == b"\0\0\0\x07\0\0\0\0"


@settings(max_examples=25, deadline=None)
@given(squares=st.sampled_from([1, 3, 40, 130, 400]), seed=st.integers(0, 1 << 32))
def test_it_mends_what_its_columns_can_bear(squares: int, seed: int) -> None:
    """Random squares, as many in each column as there are repair rows."""
    chance = Random(seed)
    data = chance.randbytes(squares * 4096)
    grid = Grid(len(data))
    raw = bytearray(data + b"".join(groups.repair(NAME, 0, data)))
    for column in range(grid.columns):
        mine = range(column, squares, grid.columns)
        for i in chance.sample(mine, min(len(mine), grid.repair_rows)):
            raw[i * 4096 + chance.randrange(4096)] ^= 1 + chance.randrange(255)
    got = groups.mended(NAME, 0, bytes(raw), grid, Tries())
    assert got.content[: len(data)] == data and len(got.content) == grid.bytes


def test_it_takes_no_pieces_of_another_file() -> None:
    """A stick that gives back an old sector gives the pieces of another file."""
    data, other = Random(1).randbytes(409_600), Random(2).randbytes(409_600)
    grid = Grid(len(data))
    raw = bytearray(data + b"".join(groups.repair(b"another.", 0, other)))
    raw[:4096] = bytes(4096)
    assert groups.mended(NAME, 0, bytes(raw), grid, Tries()).content == bytes(raw)


@pytest.mark.parametrize("size", [*range(1, 9000, 7), 4086, 4087, 4095, 4096, 4097])
def test_it_can_always_fill_a_group_up(size: int) -> None:
    """A filler is a frame: ten bytes at least, or none."""
    whole = groups.filled(size)
    assert whole % 4096 == 0 and (whole == size or whole - size >= 10)
    assert len(groups.filler(whole - size)) == whole - size


def test_it_refuses_a_layout_that_cannot_be() -> None:
    """Groups that do not add up to what the head says."""
    good = Grid(8192).bytes + 2 * Grid(groups.GROUP_BYTES).bytes
    Layout(good, 8192).check()
    assert [at for at, _ in Layout(good, 8192).groups()] == [0, 1_808_158, 3_616_316]
    for size, last in ((good + 1, 8192), (good, 4096), (0, 4096), (good, 8191)):
        with pytest.raises(Refusal, match="bad_message"):
            Layout(size, last).check()
