"""Frames: the same bytes for ever, and no bytes at all that make a reader fall over."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.sync import frames, limits
from perahu.sync.frames import Frame, FrameReader, Gap, salvage
from perahu.words import Refusal

GOLDEN = "4a524e310201000000037365678b0b2e48"
"""`JRN1` and a SEG frame with flag 1 and payload "seg": kept for ever."""


def _stream(*sent: Frame) -> bytes:
    return frames.MAGIC + b"".join(frame.encode() for frame in sent)


def _salvaged(content: bytes) -> list[Frame | Gap]:
    return list(salvage(lambda at, count: content[at : at + count], len(content)))


def test_it_works() -> None:
    """A frame is written in the golden bytes and read back from them."""
    frame = Frame(frames.SEG, b"seg", frames.DICTIONARY)
    assert _stream(frame).hex() == GOLDEN
    assert list(FrameReader().feed(bytes.fromhex(GOLDEN))) == [frame]


@given(
    st.lists(st.tuples(st.sampled_from(sorted(frames.KNOWN)), st.binary(max_size=200))),
    st.integers(1, 50),
)
def test_it_reads_pieces_of_any_size(sent: list[tuple[int, bytes]], piece: int) -> None:
    """However the network cuts the stream, the same frames come out."""
    whole = [Frame(kind, payload) for kind, payload in sent]
    stream, reader = _stream(*whole), FrameReader()
    got = [
        frame
        for at in range(0, len(stream), piece)
        for frame in reader.feed(stream[at : at + piece])
    ]
    assert got == whole
    assert reader.pending_bytes == 0


@settings(max_examples=300)
@given(st.binary(max_size=300), st.booleans())
def test_it_never_falls_over(noise: bytes, greeted: bool) -> None:
    """Any bytes at all are frames, a refusal, or not enough yet."""
    reader = FrameReader()
    try:
        list(reader.feed((frames.MAGIC if greeted else b"") + noise))
    except Refusal as refusal:
        assert refusal.code == "broken_stream"


@given(st.integers(0, 200), st.integers(1, 255))
def test_it_refuses_a_flipped_byte(at: int, flip: int) -> None:
    """One byte changed on the way: nothing of that frame is believed."""
    stream = bytearray(_stream(Frame(frames.ACK, bytes(range(60)))))
    at %= len(stream)
    stream[at] ^= flip
    try:
        got = list(FrameReader().feed(bytes(stream)))
    except Refusal:
        return
    # Only a changed length can leave the reader waiting for more; a changed type is
    # covered by the checksum.
    assert got == []


def test_it_skips_an_unknown_type() -> None:
    """A newer node's frame is passed over by its length."""
    known = Frame(frames.END, b"\xa0")
    assert list(FrameReader().feed(_stream(Frame(77, b"new"), known))) == [known]


def test_it_gives_what_was_whole_before_the_damage() -> None:
    """Frames before a broken one are given out first."""
    good, stream = Frame(frames.END, b"\xa0"), b""
    stream = _stream(good, Frame(frames.ACK, b"xxxx"))[:-1] + b"\0"
    got = []
    with pytest.raises(Refusal, match="crc32"):
        for frame in FrameReader().feed(stream):
            got.append(frame)
    assert got == [good]


def test_it_takes_the_longest_frame_and_no_longer() -> None:
    """The limit, at it and one over."""
    longest = Frame(frames.CHUNK, bytes(limits.FRAME_BYTES_MAX))
    assert list(FrameReader().feed(_stream(longest))) == [longest]
    with pytest.raises(AssertionError):
        Frame(frames.CHUNK, bytes(limits.FRAME_BYTES_MAX + 1)).encode()
    claim = frames.MAGIC + b"\x04\x00" + (limits.FRAME_BYTES_MAX + 1).to_bytes(4, "big")
    with pytest.raises(Refusal, match="broken_stream"):
        list(FrameReader().feed(claim))


@given(
    st.lists(st.binary(max_size=80), min_size=1, max_size=8),
    st.integers(0, 700),
    st.binary(max_size=40),
)
def test_it_salvages_every_whole_frame(
    payloads: list[bytes], at: int, garbage: bytes
) -> None:
    """Bytes pushed in between two frames cost no frame; the gap has their size."""
    whole = [Frame(frames.CHUNK, payload) for payload in payloads]
    raw = [frame.encode() for frame in whole]
    cut = at % (len(raw) + 1)
    content = b"".join(raw[:cut]) + garbage + b"".join(raw[cut:])
    found = _salvaged(content)
    assert [f for f in found if isinstance(f, Frame)] == whole
    assert sum(g.size for g in found if isinstance(g, Gap)) == len(garbage)


@given(st.binary(min_size=20, max_size=120), st.integers(0, 5000), st.integers(1, 255))
def test_it_loses_one_frame_to_one_flip(payload: bytes, at: int, flip: int) -> None:
    """Bit rot in one frame leaves all others readable."""
    whole = [Frame(frames.CHUNK, payload + bytes([i])) for i in range(6)]
    content = bytearray(b"".join(frame.encode() for frame in whole))
    content[at % len(content)] ^= flip
    found = [f for f in _salvaged(bytes(content)) if isinstance(f, Frame)]
    assert len(found) == 5
    assert all(frame in whole for frame in found)


def test_it_does_not_look_for_ever() -> None:
    """Content that looks like a frame at every byte costs a bounded search."""
    claim = b"\x02\x00\x00\x00\x00\x01"
    content, tries = claim * 10_000, frames.Tries(left=100_000)
    found = list(frames.salvage(lambda at, n: content[at : at + n], 60_000, tries))
    assert found == [Gap(60_000)] and -70_000 < tries.left < 0


def test_it_leaps_over_zeros() -> None:
    """A sector given back as zeros costs nothing, and hides no frame that begins in it."""
    frame = Frame(0, bytes(300))
    for count in (9, 10, 11, 4096, 3 << 20):
        content, tries = bytes(count) + frame.encode(), frames.Tries(left=10_000)

        def read(at: int, n: int, content: bytes = content) -> bytes:
            return content[at : at + n]

        found = list(frames.salvage(read, len(content), tries))
        assert found == [Gap(count), frame]


def test_it_knows_when_a_first_frame_can_be_read() -> None:
    """Byte by byte: not yet, not yet, and whole; what can never be is said at once."""
    stream = _stream(Frame(frames.SEG, b"seg"))
    found = [frames.has_first_frame(stream[:end]) for end in range(len(stream) + 1)]
    assert found == [False] * len(stream) + [True]
    assert frames.has_first_frame(b"HTTP")
    too_long = frames.MAGIC + bytes([2, 0]) + (1 << 31).to_bytes(4, "big")
    assert frames.has_first_frame(too_long)


def test_it_ends_where_the_medium_gives_no_more() -> None:
    """The stick is shorter than it said: what was read is salvaged, and then it ends."""
    frame = Frame(frames.SEG, bytes(300_000 % 60_000))
    content = frame.encode()
    found = list(salvage(lambda at, count: content[at : at + count], len(content) * 3))
    assert found[0] == frame
