"""What road B knows of the way its datagrams take: proven or not, and what fits it."""

from __future__ import annotations

from perahu.sync.paced.frames import TICKS_S
from perahu.sync.paced.sent import Outcome

UDP_BYTES = 28
"""IPv4 and UDP around a datagram."""
DATAGRAM_BYTES, DATAGRAM_BYTES_SAFE = 1500 - UDP_BYTES, 1280 - UDP_BYTES - 20
"""The largest we send, and the one that every road takes (also under IPv6)."""
UNPROVEN_TIMES = 3
"""An address that has proven nothing gets so many times what came from it."""
_SHRINK_STRIKES = 3


class Way:
    """The address that datagrams go to now; what its number means is node's."""

    def __init__(self, *, is_proven: bool) -> None:
        self.number = 0
        self.is_proven = is_proven
        self.came_bytes = self.went_bytes = 0
        self._first_sent = 0

    def change(self, number: int, next_sent: int, *, is_proven: bool) -> None:
        """Another address; what is sent there begins with this datagram's number."""
        self.number, self._first_sent = number, next_sent
        self.is_proven = is_proven
        self.came_bytes = self.went_bytes = 0

    def answered(self, largest: int) -> None:
        """The other end has got this datagram: if it went there, somebody is there."""
        self.is_proven = self.is_proven or largest >= self._first_sent

    def has_room(self, size: int) -> bool:
        """Whether so much more may go there."""
        out = self.went_bytes + size + UDP_BYTES
        return self.is_proven or out <= UNPROVEN_TIMES * self.came_bytes


class Fit:
    """How large a datagram the way takes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.has_full_arrived = False
        self._small_acked = self._lost_full = -1
        self._strikes = 0

    def watch(self, outcome: Outcome) -> bool:
        """Full ones that vanish between small ones that arrive are too large: true then."""
        if any(one.is_full for one in outcome.acked):
            self._strikes, self._lost_full = 0, -1
            self.has_full_arrived = True
        fulls = [one.number for one in outcome.lost if one.is_full]
        self._lost_full = max([self._lost_full, *fulls])
        small = max(
            (one.number for one in outcome.acked if not one.is_full), default=-1
        )
        if small > self._lost_full > self._small_acked >= 0:
            self._strikes += 1
        self._small_acked = max(self._small_acked, small)
        return self._strikes >= _SHRINK_STRIKES

    def shrink(self) -> None:
        """Send only what every road takes."""
        self.size = min(self.size, DATAGRAM_BYTES_SAFE)
        self._strikes = 0

    def is_full(self, size: int) -> bool:
        """Whether a datagram of this size, with IP and UDP, is about as large as can be."""
        return size >= 0.9 * (self.size + UDP_BYTES)


class FarClock:
    """The other end's clock, which wraps, as seconds that go on."""

    def __init__(self) -> None:
        self._now_s: float | None = None
        self._ticks = 0

    def at(self, ticks: int, now_s: float) -> float:
        """A moment it told; `now_s` only sets where we begin to count."""
        if self._now_s is None:
            self._now_s, self._ticks = now_s, ticks
        moved = (ticks - self._ticks + 2**31) % 2**32 - 2**31
        self._now_s += moved / TICKS_S
        self._ticks = ticks
        return self._now_s
