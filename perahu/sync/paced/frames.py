"""What is inside a datagram of road B: an ACK, PING or CLOSE, and at most one STREAM.

    ACK    0x01 ‖ largest ‖ held back (0.1 ms) ‖ u32 clock at its arrival (0.1 ms)
                ‖ u8 further runs ‖ length of the newest run ‖ (gap ‖ length) of each other
    PING   0x02
    CLOSE  0x03 ‖ length of our stream
    STREAM 0x04 ‖ offset ‖ bytes to the end of the datagram

Numbers without a width are of 1, 2, 4 or 8 bytes: the two highest bits of the first say
which, as in QUIC. A run is of numbers that all arrived; runs go from the newest downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

ACK, PING, CLOSE, STREAM = 1, 2, 3, 4
RUNS_MAX = 32
RUNS_TOLD = 15
"""Further runs that an ACK may have, and that ours have: older ones were told before."""
TICKS_S = 10_000
"""Clock steps a second."""
_OFFSET_MAX = 2**62 - 1


class Malformed(Exception):
    """Sealed with the right key and yet no frames: a fault of the other end."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Which numbers arrived, newest run first, each run (first, last)."""

    runs: tuple[tuple[int, int], ...]
    held_ticks: int
    """From the arrival of the largest to the sending of this."""
    clock_ticks: int
    """When the largest arrived, by the clock of who says it, modulo 2**32."""

    @property
    def largest(self) -> int:
        """The highest number that arrived."""
        return self.runs[0][1]

    def encode(self) -> bytes:
        """As it stands in a datagram."""
        assert 0 < len(self.runs) <= RUNS_MAX + 1
        first, last = self.runs[0]
        out = bytes([ACK]) + number(last) + number(self.held_ticks)
        out += (self.clock_ticks % 2**32).to_bytes(4, "big")
        out += bytes([len(self.runs) - 1]) + number(last - first)
        for low, high in self.runs[1:]:
            assert low <= high < first - 1, "runs are apart and go downwards"
            out += number(first - high - 2) + number(high - low)
            first = low
        return out


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of one datagram."""

    ack: Ack | None = None
    is_ping: bool = False
    close: int | None = None
    """The length of the sender's stream, where it has closed."""
    offset: int = 0
    piece: bytes = b""

    @property
    def is_asking(self) -> bool:
        """Whether the other end must acknowledge it."""
        return self.is_ping or bool(self.piece) or self.close is not None


def number(value: int) -> bytes:
    """A number in as few bytes as it takes."""
    for width, top in ((1, 0x00), (2, 0x40), (4, 0x80), (8, 0xC0)):
        if value < 1 << (8 * width - 2):
            found = bytearray(value.to_bytes(width, "big"))
            found[0] |= top
            return bytes(found)
    raise ValueError("number")


def stream_head(offset: int) -> bytes:
    """What stands before the bytes of a STREAM."""
    return bytes([STREAM]) + number(offset)


class _Reader:
    """Reads fields from the front."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def is_over(self) -> bool:
        """Nothing is left."""
        return self._at >= len(self._content)

    def piece(self, count: int) -> bytes:
        """So many bytes, or Malformed."""
        found = self._content[self._at : self._at + count]
        if len(found) != count:
            raise Malformed
        self._at += count
        return found

    def byte(self) -> int:
        """One byte."""
        return self.piece(1)[0]

    def number(self) -> int:
        """A number of 1, 2, 4 or 8 bytes."""
        first = self.byte()
        rest = self.piece((1 << (first >> 6)) - 1)
        return int.from_bytes(bytes([first & 0x3F]) + rest, "big")

    def rest(self) -> bytes:
        """All that is left."""
        return self.piece(len(self._content) - self._at)


def decode(content: bytes) -> Frames:
    """The frames of an opened datagram. Raises Malformed."""
    reader, ack, is_ping = _Reader(content), None, False
    close: int | None = None
    offset, piece = 0, b""
    while not reader.is_over:
        kind = reader.byte()
        if kind == ACK and ack is None:
            ack = _ack(reader)
        elif kind == PING and not is_ping:
            is_ping = True
        elif kind == CLOSE and close is None:
            close = reader.number()
        elif kind == STREAM:
            offset, piece = reader.number(), reader.rest()
            if not piece or offset + len(piece) > _OFFSET_MAX:
                raise Malformed
        else:
            raise Malformed
    return Frames(ack, is_ping, close, offset, piece)


def _ack(reader: _Reader) -> Ack:
    last, held = reader.number(), reader.number()
    clock = int.from_bytes(reader.piece(4), "big")
    count, first = reader.byte(), last - reader.number()
    runs = [(first, last)]
    if count > RUNS_MAX:
        raise Malformed
    for _ in range(count):
        high = first - reader.number() - 2
        first = high - reader.number()
        runs.append((first, high))
    if first < 0 or last >= 2**32:
        raise Malformed
    return Ack(tuple(runs), held, clock)
