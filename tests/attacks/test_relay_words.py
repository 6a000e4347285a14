"""Any bytes where the messages and labels of the post are read: refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.keys import cbor
from perahu.sync import frames
from perahu.sync.courier import groups as courier_groups
from perahu.sync.courier.groups import Grid
from perahu.sync.frames import Frame
from perahu.sync.postbag import frames as wire
from perahu.sync.postbag.label import label_of, read_head
from perahu.words import Refusal

_POST = st.sampled_from(sorted(frames.POST))
_TREE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.binary(max_size=40)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=7)
        | st.dictionaries(st.integers(0, 20), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.binary(max_size=200) | _TREE.map(cbor.encode), _POST, st.integers(0, 255))
def test_it_sends_any_bytes_as_messages(payload: bytes, kind: int, flags: int) -> None:
    """Every message of the post: heard as it stands, or refused in words; never a crash."""
    frame = Frame(kind, payload, flags)
    hears = (
        wire.hear_parcels, wire.hear_want, wire.hear_piece,
        lambda one: wire.hear_got(one, bytes(32), bytes(16)),
    )  # fmt: skip
    for hear_one in hears:
        try:
            hear_one(frame)
        except Refusal as refusal:
            assert refusal.words.id and refusal.words.en


@given(st.lists(_TREE, max_size=8))
def test_it_writes_any_label(found: list[object]) -> None:
    """What stands on a parcel has its form, or is refused."""
    try:
        label = label_of(found)
    except Refusal:
        return
    assert label_of(label.plain()) == label


@given(st.binary(max_size=400), st.integers(0, 300))
def test_it_begins_a_file_with_any_bytes(rest: bytes, at: int) -> None:
    """A head that is none is refused in words."""
    front = (frames.MAGIC + rest).ljust(at, b"\0")
    with pytest.raises(Refusal):
        read_head(front, bytes(32))


@given(st.integers(1, 5), st.data())
def test_it_reads_or_refuses_any_repair(squares: int, data: st.DataObject) -> None:
    """Tables and pieces of any form behind a group: its length stays, nothing crashes."""
    grid = Grid(squares * courier_groups.SQUARE_BYTES)
    size = data.draw(st.integers(0, grid.bytes))
    raw = bytearray(size)
    at = min(size, grid.data_bytes)
    while at < size:
        kind = data.draw(st.sampled_from([courier_groups.TABLE, courier_groups.PIECE]))
        name = data.draw(st.sampled_from([b"n" * 8, bytes(8)]))
        room = data.draw(st.sampled_from([16, 12 + 4 * squares, 4112, 9]))
        payload = (name + data.draw(st.binary(max_size=12))).ljust(room, b"\0")
        frame = Frame(kind, payload).encode()
        raw[at : at + len(frame)] = frame
        at += len(frame)
    made = courier_groups.mended(b"n" * 8, 0, bytes(raw), grid, frames.Tries())
    assert len(made.content) >= min(size, grid.data_bytes)
