"""A big frame in parts, so that on a slow link a new fact need not wait for all of it.

    PART   payload: some bytes of another frame as it would stand in the stream;
           flag 1: the last of them

Between two parts whole frames may stand, but no part of another frame. Only frames that
say nothing until they are whole travel so: CHUNK and PARCEL.
"""

from __future__ import annotations

from perahu.sync import frames, limits
from perahu.sync.frames import Frame, broken_stream

LAST = 0x01
_PART_BYTES_MIN = 1024
_WHOLE_BYTES_MAX = limits.FRAME_BYTES_MAX + frames.OVERHEAD_BYTES
_IN_PARTS = frozenset({frames.CHUNK, frames.PARCEL})


class Parting:
    """The frame that is on its way in parts."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def is_on(self) -> bool:
        """Something of a frame is still to go."""
        return bool(self._rest)

    def takes(self, frame: Frame, bytes_max: int) -> bool:
        """Take a frame that is much more than what goes out at once."""
        size = len(frame.payload) + frames.OVERHEAD_BYTES
        if frame.type not in _IN_PARTS or size <= 2 * bytes_max:
            return False
        assert not self._rest, "one frame at a time"
        self._rest = frame.encode()
        return True

    def next(self, bytes_max: int) -> Frame:
        """The next part, of about so many bytes in the stream."""
        count = max(_PART_BYTES_MIN, bytes_max - frames.OVERHEAD_BYTES)
        piece, self._rest = self._rest[:count], self._rest[count:]
        assert piece, "asked while something is on its way"
        return Frame(frames.PART, piece, 0 if self._rest else LAST)


class Joining:
    """The parts that have come of one frame."""

    def __init__(self) -> None:
        # Many small parts must not cost a copy of all before them each.
        self._content = bytearray()

    def joined(self, part: Frame) -> Frame | None:
        """The frame once it is whole. Raises Refusal "broken_stream"."""
        self._content += part.payload
        if len(self._content) > _WHOLE_BYTES_MAX:
            raise broken_stream("parts")
        if not part.flags & LAST:
            return None
        whole, self._content = bytes(self._content), bytearray()
        found = frames.decode(whole)
        if found.type not in _IN_PARTS:
            raise broken_stream("parts")
        return found
