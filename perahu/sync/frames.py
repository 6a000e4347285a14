"""Frames: the one form of everything that travels, on a wire and in a file.

    "JRN1", then frames:
    u8 type ‖ u8 flags ‖ u32 length ‖ payload ‖ u32 crc32(type … payload)

Numbers are big-endian. A frame of unknown type is skipped by its length; a length over
the limit or a wrong checksum ends a connection, because nothing behind it can be
trusted to begin where it seems to. In a file `salvage` looks for the next whole frame.
The checksum finds accidents; signatures and seals find everything else.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

from perahu.sync import limits
from perahu.words import Refusal

MAGIC = b"JRN1"
HELLO, SEG, MANIFEST, CHUNK, ACK, HAVE, EVIDENCE, DICT, END = range(1, 10)
PART = 10
"""A piece of a bigger frame (parts.py); in a live stream only."""
PARCELS, WANT, PARCEL, GOT = range(20, 24)
"""Other nodes' post (postbag_frames.py)."""
POST = frozenset(range(PARCELS, GOT + 1))
KNOWN = frozenset(range(HELLO, PART + 1)) | POST

DICTIONARY = 0x01
"""Flag of a SEG: compressed with the dictionary that both HELLOs named."""

_HEAD = struct.Struct(">BBI")
_CRC = struct.Struct(">I")
_LONGEST = _HEAD.size + limits.FRAME_BYTES_MAX + _CRC.size
_BLOCK_BYTES = 1 << 20
OVERHEAD_BYTES = _HEAD.size + _CRC.size
_ZEROS = re.compile(b"\0+")
_ZEROS_KEPT = OVERHEAD_BYTES - 1
"""No frame is ten zeros; one may begin in the last nine of a run of them."""
_MAY_BEGIN, _LOOKED_AT = re.compile(rb"..\0[\0\1]", re.DOTALL), 4
"""Type, flags, and the upper half of a length within FRAME_BYTES_MAX: one place of
30,000 in noise, so that looking costs little where nothing is whole."""
_TRY_BYTES = 256
"""What looking once costs beside the bytes it reads."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; the payload is as it came."""

    type: int
    payload: bytes
    flags: int = 0

    def encode(self) -> bytes:
        """The bytes of the frame; asserts the limit that every reader enforces."""
        assert len(self.payload) <= limits.FRAME_BYTES_MAX, "frame too big to send"
        assert 0 <= self.type < 256 and 0 <= self.flags < 256
        body = _HEAD.pack(self.type, self.flags, len(self.payload)) + self.payload
        return body + _CRC.pack(crc32(body))


def broken_stream(why: str) -> Refusal:
    """What is said when bytes are no frames."""
    return Refusal(
        "broken_stream",
        f"Kiriman rusak di jalan ({why}); semua yang utuh sebelumnya sudah disimpan. "
        "Sambungan diulang dari bagian terakhir yang utuh.",
        f"The transmission was damaged on the way ({why}); everything whole before it is "
        "stored. The connection is made again from the last whole piece.",
    )


class FrameReader:
    """Frames out of a stream that arrives in pieces of any size."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._greeted = False

    @property
    def pending_bytes(self) -> int:
        """Bytes of a frame that is not whole yet."""
        return len(self._pending)

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Every frame that is whole now. Raises Refusal "broken_stream".

        Frames before the damage are given out before it is raised.
        """
        self._pending += piece
        if not self._greeted:
            greeting = bytes(self._pending[: len(MAGIC)])
            if not MAGIC.startswith(greeting):
                raise broken_stream("no JRN1")
            if len(greeting) < len(MAGIC):
                return
            del self._pending[: len(MAGIC)]
            self._greeted = True
        while frame := self._next():
            if frame.type in KNOWN:
                yield frame

    def _next(self) -> Frame | None:
        if len(self._pending) < _HEAD.size:
            return None
        kind, flags, length = _HEAD.unpack_from(self._pending)
        if length > limits.FRAME_BYTES_MAX:
            raise broken_stream(f"{length} > {limits.FRAME_BYTES_MAX}")
        end = _HEAD.size + length
        if len(self._pending) < end + _CRC.size:
            return None
        body = bytes(self._pending[:end])
        if _CRC.unpack_from(self._pending, end)[0] != crc32(body):
            raise broken_stream("crc32")
        del self._pending[: end + _CRC.size]
        return Frame(kind, body[_HEAD.size :], flags)


def decode(content: bytes) -> Frame:
    """Exactly one frame. Raises Refusal "broken_stream"."""
    frame = _frame_at(content, 0)[1]
    if frame is None or len(frame.payload) + OVERHEAD_BYTES != len(content):
        raise broken_stream("frame")
    return frame


def has_first_frame(content: bytes) -> bool:
    """Whether a stream's first frame is whole, or can never be: a reader will say which."""
    greeting = content[: len(MAGIC)]
    if not MAGIC.startswith(greeting):
        return True
    if len(content) < len(MAGIC) + _HEAD.size:
        return False
    length = int(_HEAD.unpack_from(content, len(MAGIC))[2])
    whole = len(MAGIC) + length + OVERHEAD_BYTES
    return length > limits.FRAME_BYTES_MAX or len(content) >= whole


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a file that are no whole frame."""

    size: int


@dataclass(slots=True)
class Tries:
    """How many more bytes may be checksummed while looking for whole frames."""

    left: int = limits.COURIER_TRIES_BYTES_MAX


def salvage(
    read: Callable[[int, int], bytes], size: int, tries: Tries | None = None
) -> Iterator[Frame | Gap]:
    """The whole frames of damaged content, of any type, and the gaps between them.

    `read(offset, count)` gives pieces of the content. Looks for the next frame at a
    bounded number of places, so that content made to look like frames everywhere costs
    no more than a second; what lies behind the last of them is one gap. Pieces of one
    file share their `tries`.
    """
    begin, content, at, gap = 0, b"", 0, 0
    tries = tries or Tries()
    while begin + at < size:
        if len(content) - at < _LONGEST and begin + len(content) < size:
            begin, at = begin + at, 0
            content = read(begin, _BLOCK_BYTES)
            if not content:
                break
        tried, frame = _frame_at(content, at)
        if frame is not None:
            if gap:
                yield Gap(gap)
            gap = 0
            at += len(frame.payload) + OVERHEAD_BYTES
            yield frame
            continue
        tries.left -= tried
        if tries.left < 0:
            break
        step = _next_look(content, at) - at
        at, gap = at + step, gap + step
    gap += max(0, size - begin - at)
    if gap:
        yield Gap(gap)


def _next_look(content: bytes, at: int) -> int:
    """The next place where a frame may begin, by its length alone."""
    after = at + max(1, _zeros_at(content, at) - _ZEROS_KEPT)
    found = _MAY_BEGIN.search(content, after)
    # The last bytes may be the beginning of a place that is not read yet.
    return found.start() if found else max(after, len(content) - _LOOKED_AT + 1)


def _zeros_at(content: bytes, at: int) -> int:
    """How many zeros stand here: what a medium gives for a sector that is gone."""
    found = _ZEROS.match(content, at)
    return found.end() - at if found else 0


def _frame_at(content: bytes, at: int) -> tuple[int, Frame | None]:
    """What it cost to see whether a frame begins here, and the frame if it does."""
    if at + OVERHEAD_BYTES > len(content):
        return 0, None
    kind, flags, length = _HEAD.unpack_from(content, at)
    end = at + _HEAD.size + length
    if length > limits.FRAME_BYTES_MAX or end + _CRC.size > len(content):
        return 0, None
    if _CRC.unpack_from(content, end)[0] != crc32(memoryview(content)[at:end]):
        return _TRY_BYTES + length, None
    return 0, Frame(kind, content[at + _HEAD.size : end], flags)
