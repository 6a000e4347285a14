"""How many bytes may be in flight: enough to keep a link busy, so few that a new civil
fact does not wait behind megabytes of fingerprints.

It grows out of the delivery rate and the shortest round trip seen, within limits.py. It
is told the time; it has no clock.
"""

from __future__ import annotations

from collections import deque

from perahu.sync import limits

_RATE_MEMORY_S = 10.0
_RTT_MEMORY_S = 60.0
_GAIN_STARTING, _GAIN = 2.5, 1.5
_GROWTH = 1.25
_FLAT_ROUNDS = 3
"""Round trips without a quarter more of rate: the link is full, the start is over."""


class Window:
    """Bytes sent and acknowledged in one direction, and what they say about the link."""

    def __init__(self, start_bytes: int = limits.WINDOW_START_BYTES) -> None:
        """`start_bytes` is what an earlier connection of the exchange settled at."""
        self._start_bytes = start_bytes
        self.least_bytes = 0
        """So many may be in flight whatever was measured."""
        self.most_bytes = limits.WINDOW_BYTES_MAX
        """Never more than so many."""
        self.sent_bytes = 0
        self.acked_bytes = 0
        self._marks: deque[tuple[int, float]] = deque()
        self._acks: deque[tuple[float, int]] = deque()
        self._rates: deque[tuple[float, float]] = deque()
        self._trips: deque[tuple[float, float]] = deque()
        self._round_ends_bytes = 0
        self._round_rate = 0.0
        self._flat_rounds = 0

    @classmethod
    def after(cls, settled_bytes: int) -> Window:
        """What an earlier connection of the exchange learnt of the link is not forgotten."""
        return cls(settled_bytes) if settled_bytes else cls()

    @property
    def flying_bytes(self) -> int:
        """Sent and not yet acknowledged."""
        return self.sent_bytes - self.acked_bytes

    @property
    def rtt_s(self) -> float:
        """The shortest round trip seen lately; 0 before the first."""
        return min((trip for _, trip in self._trips), default=0.0)

    @property
    def rate_bytes_s(self) -> float:
        """The best delivery rate seen lately; 0 before the first."""
        return max((rate for _, rate in self._rates), default=0.0)

    @property
    def size_bytes(self) -> int:
        """How many bytes may be in flight now."""
        if not self._rates:
            return self._start_bytes
        is_starting = self._flat_rounds < _FLAT_ROUNDS
        gain = _GAIN_STARTING if is_starting else _GAIN
        return window_bytes(self.rate_bytes_s, self.rtt_s, gain)

    @property
    def is_open(self) -> bool:
        """Whether one more frame may go out; it may overshoot by that frame."""
        wanted = max(self.least_bytes, self.size_bytes)
        return self.flying_bytes < min(self.most_bytes, wanted)

    def sent(self, count: int, now_s: float) -> None:
        """Note bytes that just went out."""
        assert count > 0
        self.sent_bytes += count
        self._marks.append((self.sent_bytes, now_s))

    def acked(self, total: int, now_s: float) -> bool:
        """Note that the peer has committed so many bytes in all; false if it lies."""
        if total > self.sent_bytes:
            return False
        if total <= self.acked_bytes:
            return True
        self.acked_bytes = total
        assert self.flying_bytes >= 0
        sent_at = None
        while self._marks and self._marks[0][0] <= total:
            sent_at = self._marks.popleft()[1]
        if sent_at is not None:
            self._trips.append((now_s, max(0.001, now_s - sent_at)))
        self._measure(now_s)
        return True

    def _measure(self, now_s: float) -> None:
        """A rate over at least one round trip, so that bursts of acks do not flatter."""
        self._acks.append((now_s, self.acked_bytes))
        span_s = max(self.rtt_s, 0.05)
        while len(self._acks) > 2 and now_s - self._acks[1][0] >= span_s:
            self._acks.popleft()
        began_s, began = self._acks[0]
        if now_s - began_s >= span_s:
            self._rates.append((now_s, (self.acked_bytes - began) / (now_s - began_s)))
        if self.acked_bytes >= self._round_ends_bytes:
            self._end_round()
        _forget(self._rates, now_s - _RATE_MEMORY_S)
        _forget(self._trips, now_s - _RTT_MEMORY_S)

    def _end_round(self) -> None:
        """What was in flight a round trip ago is acknowledged: did the rate still grow?"""
        self._round_ends_bytes = self.sent_bytes
        if self.rate_bytes_s >= self._round_rate * _GROWTH:
            self._round_rate, self._flat_rounds = self.rate_bytes_s, 0
        else:
            self._flat_rounds += 1


def window_bytes(rate_bytes_s: float, rtt_s: float, gain: float = _GAIN) -> int:
    """One chunk and `gain` times what the link holds besides, within limits.

    On a slow link the shortest round trip that is ever seen has the sending time of a
    chunk in it; counting that twice would put seconds of the link in flight.
    """
    held = max(0.0, rate_bytes_s * rtt_s - limits.CHUNK_BYTES)
    wanted = limits.CHUNK_BYTES + int(gain * held)
    return max(limits.WINDOW_BYTES_MIN, min(limits.WINDOW_BYTES_MAX, wanted))


def _forget(memory: deque[tuple[float, float]], before_s: float) -> None:
    """Drop what is too old, but keep the last word."""
    while len(memory) > 1 and memory[0][0] < before_s:
        memory.popleft()
