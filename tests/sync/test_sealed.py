"""SEG and CHUNK: a carrier sorts by the head, reads nothing, changes nothing."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from perahu.keys import cbor
from perahu.keys.sealing import FrameKey
from perahu.sync import dictionary, frames, limits
from perahu.sync.frames import Frame
from perahu.sync.sealed import ChunkCargo, Opener, Sealer, SegmentCargo, road_class
from perahu.words import Refusal
from tests.cast import Dice, District, with_hub
from tests.sync.road import record

KEY = FrameKey(bytes(range(32)))
SEGMENT = SegmentCargo(b"j" * 16, 1, 9, 1, b"", b"certificate", b"segment " * 50)
CHUNK = ChunkCargo(b"s" * 8, 3, 3, b"piece" * 100)


def _sealer() -> Sealer:
    return Sealer(KEY, level=dictionary.LEVEL_LIVE)


def test_it_works() -> None:
    """What is sealed is opened, and the head says the class in the clear."""
    sealer, opener = _sealer(), Opener(KEY)
    segment, chunk = sealer.segment(SEGMENT), sealer.chunk(CHUNK)
    assert opener.segment(segment) == SEGMENT
    assert opener.chunk(chunk) == CHUNK
    assert (road_class(segment), road_class(chunk)) == (1, 4)
    assert b"segment" not in segment.payload and b"piece" not in chunk.payload


def test_it_leaves_out_of_a_segment_what_the_head_says(district: District) -> None:
    """A real segment goes without its beginning; one that says otherwise goes whole."""
    _, office = with_hub(district)
    record(district, office, 3)
    office.seal()
    row = next(row for row in office.journals() if row.lane == 1)
    (segment,) = office.segments(row.id, 0)
    raw = segment.encode()
    said = SegmentCargo(row.id, segment.a, segment.b, 1, b"", row.certificate, raw)
    lying = dataclasses.replace(said, b=segment.b + 1)
    frame, longer = _sealer().segment(said), _sealer().segment(lying)
    assert Opener(KEY).segment(frame) == said
    assert Opener(KEY).segment(longer) == lying
    assert len(longer.payload) - len(frame.payload) >= 18


def test_it_never_seals_two_frames_alike() -> None:
    """Each frame has its own number, so one content twice is two ciphertexts."""
    sealer = _sealer()
    assert sealer.chunk(CHUNK).payload != sealer.chunk(CHUNK).payload


@given(st.integers(0, 2000), st.integers(1, 255))
def test_it_refuses_every_flipped_byte(at: int, flip: int) -> None:
    """One changed byte in head or content: refused."""
    frame = _sealer().segment(SEGMENT)
    torn = bytearray(frame.payload)
    torn[at % len(torn)] ^= flip
    with pytest.raises(Refusal):
        Opener(KEY).segment(Frame(frames.SEG, bytes(torn)))


def test_it_refuses_another_key() -> None:
    """A frame sealed for somebody else does not open."""
    frame = _sealer().segment(SEGMENT)
    with pytest.raises(Refusal, match="cannot_open"):
        Opener(FrameKey(bytes(32))).segment(frame)


def _packed(packed: bytes, size: int) -> Frame:
    head = cbor.encode([0, b"j" * 16, 1, 9, 1, size])
    content = KEY.seal(0, head, packed)
    return Frame(frames.SEG, struct.pack(">H", len(head)) + head + content)


@pytest.mark.parametrize("says_its_size", [True, False])
def test_it_defuses_a_bomb(says_its_size: bool) -> None:
    """A few bytes that would inflate to a gigabyte never get to."""
    maker = zstandard.ZstdCompressor(write_content_size=says_its_size)
    bomb = maker.compress(bytes(50_000_000))
    for claim in (limits.FRAME_BYTES_MAX, limits.FRAME_BYTES_MAX + 1, 50_000_000):
        with pytest.raises(Refusal, match="bad_packing"):
            Opener(KEY).segment(_packed(bomb, claim))


def test_it_refuses_a_size_that_is_not_so() -> None:
    """The head's size is what comes out, to the byte."""
    plain = cbor.encode([b"", 1, b"", b"x"])
    packed = zstandard.ZstdCompressor(write_content_size=False).compress(plain)
    assert Opener(KEY).segment(_packed(packed, len(plain))).segment == b"x"
    for size in (0, len(plain) - 1, len(plain) + 1):
        with pytest.raises(Refusal, match="bad_packing"):
            Opener(KEY).segment(_packed(packed, size))


@given(st.binary(max_size=200))
def test_it_never_falls_over(noise: bytes) -> None:
    """Any payload is content or a refusal."""
    for open_ in (Opener(KEY).segment, Opener(KEY).chunk):
        with pytest.raises(Refusal):
            open_(Frame(frames.SEG, noise))


def test_it_packs_random_bytes_that_do_not_compress() -> None:
    """The biggest segment of incompressible bodies still fits a frame."""
    content = Dice("noise")(48 * 1024)
    cargo = SegmentCargo(b"j" * 16, 1, 9, 1, b"", bytes(4096), content)
    assert Opener(KEY).segment(_sealer().segment(cargo)).segment == content


def test_it_packs_with_a_dictionary_that_both_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shared dictionary makes segments smaller; without it they do not open."""
    samples: list[bytes | bytearray | memoryview] = [
        b"pekerjaan,3,11,surat desa %d" % i * 9 for i in range(400)
    ]
    trained = zstandard.train_dictionary(2_000, samples).as_bytes()
    (tmp_path / "dictionary.zdict").write_bytes(trained)
    cargo = SegmentCargo(b"j" * 16, 2, 9, 1, b"", b"", bytes(samples[7]))
    plain = _sealer().segment(cargo)
    monkeypatch.setattr(dictionary, "_PATH", tmp_path / "dictionary.zdict")
    dictionary.ours.cache_clear()
    try:
        assert len(dictionary.ours()[0]) == 8
        sealer = Sealer(KEY, level=dictionary.LEVEL_LIVE, with_dictionary=True)
        frame = sealer.segment(cargo)
        assert len(frame.payload) < len(plain.payload)
        assert Opener(KEY).segment(frame) == cargo
    finally:
        monkeypatch.undo()
        dictionary.ours.cache_clear()
    if dictionary.ours()[0] == dictionary.NONE:
        with pytest.raises(Refusal, match="bad_packing"):
            Opener(KEY).segment(frame)


def _content(kind: int, head: list[object], content: bytes) -> Frame:
    """A frame whose seal is right, whatever its head and content are."""
    raw = cbor.encode(head)
    sealed = KEY.seal(head[0] if type(head[0]) is int else 0, raw, content)
    return Frame(kind, struct.pack(">H", len(raw)) + raw + sealed)


def _segment_of(fields: object) -> Frame:
    plain = cbor.encode(fields)
    packed = zstandard.ZstdCompressor(write_content_size=False).compress(plain)
    return _packed(packed, len(plain))


@pytest.mark.parametrize(
    "frame",
    [
        _segment_of({}),
        _segment_of([b"", 1, b""]),
        _segment_of([b"", 3, b"", b"x"]),
        _segment_of([b"", True, b"", b"x"]),
        _segment_of(["", 1, b"", b"x"]),
        _segment_of([b"", 1, 7, b"x"]),
        _content(frames.SEG, [0, b"short", 1, 9, 1, 5], b"x"),
        _content(frames.SEG, [0, b"j" * 16, -1, 9, 1, 5], b"x"),
        _content(frames.SEG, [0, b"j" * 16, 1], b"x"),
    ],
)
def test_it_refuses_a_segment_of_another_form(frame: Frame) -> None:
    """Sealed by whoever holds the key, and still not what a SEG holds."""
    with pytest.raises(Refusal, match="bad_message"):
        Opener(KEY).segment(frame)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        ([0, b"short", 3, 4], b"x"),
        ([0, b"s" * 8, -3, 4], b"x"),
        ([0, b"s" * 8, 3, 0], b"x"),
        ([0, b"s" * 8, 3, "4"], b"x"),
        ([0, b"s" * 8, 3, 4], b""),
        ([0, b"s" * 8, 3, 4], bytes(limits.CHUNK_BYTES + 1)),
        ([0, b"s" * 8, 3], b"x"),
    ],
)
def test_it_refuses_a_chunk_of_another_form(head: list[object], piece: bytes) -> None:
    """A name, a number or a class that is none; no bytes, and more than a chunk."""
    with pytest.raises(Refusal, match="bad_message"):
        Opener(KEY).chunk(_content(frames.CHUNK, head, piece))


@pytest.mark.parametrize("found", [-1, 7, "1", None])
def test_it_sorts_by_no_class_that_is_none(found: object) -> None:
    """The clear head of a carrier's frame names a class that no road has."""
    with pytest.raises(Refusal, match="bad_message"):
        road_class(_content(frames.CHUNK, [0, b"s" * 8, 3, found], b"x"))
