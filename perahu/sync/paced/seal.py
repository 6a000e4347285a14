"""The outside of a datagram of road B: a name, a number, and everything else sealed.

    datagram = 4 bytes name ‖ u16 number, its low end ‖ sealed(frames)

A RoadKey opens several connections one after another; each has a name and keys of its own,
one key a direction. So nothing of an older connection, and nothing of the other direction,
can be played again: it does not open.
"""

from __future__ import annotations

from hashlib import blake2b

from perahu.keys.sealing import FrameKey
from perahu.sync.links import RoadKey
from perahu.words import Refusal

NAME_BYTES = 4
_LOW_BYTES = 2
_LOW_SPAN = 1 << 8 * _LOW_BYTES
OVERHEAD_BYTES = NAME_BYTES + _LOW_BYTES + 16
NUMBER_MAX = 2**32 - 2
"""Datagrams under one key; far more than any exchange has."""
CONNECTIONS_MAX = 2**16
"""Connections under one RoadKey."""
_PURPOSE = b"JRN1-road-b"


def connection_name(key: RoadKey, connection: int) -> bytes:
    """What the datagrams of a connection begin with; a stranger cannot tell whose it is."""
    return _drawn(key, b"name", connection)[:NAME_BYTES]


def _drawn(key: RoadKey, use: bytes, connection: int) -> bytes:
    if len(key.secret) != 32 or not 0 <= connection < CONNECTIONS_MAX:
        raise ValueError("road key")
    context = use + key.name + connection.to_bytes(4, "big")
    return blake2b(context, digest_size=32, key=key.secret, person=_PURPOSE).digest()


class Seal:
    """Seals and opens the datagrams of one end of one connection."""

    def __init__(self, key: RoadKey, connection: int, *, calls: bool) -> None:
        """`calls` is true at the end that began the connection."""
        self.name = connection_name(key, connection)
        keys = [FrameKey(_drawn(key, use, connection)) for use in (b"call", b"answer")]
        self._ours, self._theirs = keys if calls else reversed(keys)
        self.next_number = 0
        self._next_heard = 0

    def seal(self, frames: bytes) -> bytes:
        """The next datagram; its number is `next_number` as it was before."""
        number = self.next_number
        assert 0 <= number <= NUMBER_MAX, "a number is never used twice"
        self.next_number += 1
        head = self.name + (number % _LOW_SPAN).to_bytes(_LOW_BYTES, "big")
        return head + self._ours.seal(number, head, frames)

    def open(self, datagram: bytes) -> tuple[int, bytes] | None:
        """The number and frames of a datagram of the other end; None for anything else."""
        if len(datagram) <= OVERHEAD_BYTES or datagram[:NAME_BYTES] != self.name:
            return None
        head = datagram[: NAME_BYTES + _LOW_BYTES]
        number = self._whole(int.from_bytes(head[NAME_BYTES:], "big"))
        try:
            found = self._theirs.open(number, head, datagram[len(head) :])
        except Refusal:
            return None
        self._next_heard = max(self._next_heard, number + 1)
        return number, found

    def _whole(self, low: int) -> int:
        """The number with this low end that is nearest to the next one we wait for.

        Where that is another number than was meant, the datagram does not open.
        """
        least = self._next_heard - _LOW_SPAN // 2
        number = least + (low - least) % _LOW_SPAN
        return number if number >= 0 else number + _LOW_SPAN
