"""How much may be on the way of one slow TCP connection: so much that the link is never
idle, so little that what waits before it waits in our own queue, where facts go first.

TCP's own control either fills the modem's queue with seconds of fingerprints or takes
every lost packet for a full link. So the kernel is only given what a window of ours lets
through. It follows the delay, as LEDBAT (RFC 6817) does: it grows while the round trip is
near its shortest and shrinks when a queue stands; loss says nothing. So it also makes way
for other traffic on the same modem. Told the time and the counts; has no clock, no socket.
"""

from __future__ import annotations

from dataclasses import dataclass

_SEGMENT_BYTES = 1448
_START_SEGMENTS, _LEAST_SEGMENTS = 10, 4
_QUEUE_S, _QUEUE_RTTS, _QUEUE_SEGMENTS = 0.2, 0.25, 3.0
"""What may wait before the link: a time, a share of the round trip, some segments."""
_FAST_BYTES_S = 128 * 1024
"""From here on the kernel's own control keeps nobody waiting."""
_RATE_MEMORY_S, _SPAN_S = 20.0, 0.5
_LEAP, _CALM_RTTS = 2.0, 5.0
_GROWTH = 1.6
"""A round trip, until the first queue is seen."""
WINDOW_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Counts:
    """What the kernel knows of the way now."""

    rtt_s: float
    rtt_min_s: float
    flying_bytes: int
    """Sent, and neither confirmed nor known to be lost."""
    delivered_bytes: int
    """Confirmed since the beginning, in whatever order."""


class Flow:
    """The window of one connection."""

    def __init__(self, start_bytes: int = 0) -> None:
        """`start_bytes` is what an earlier connection on the same way settled at."""
        self.window_bytes = start_bytes or _START_SEGMENTS * _SEGMENT_BYTES
        self._is_starting = not start_bytes
        self._looked_s = 0.0
        self._marks: list[tuple[float, int]] = []
        self._latest = self._rtt_s = self._calm_s = 0.0
        self.rate_bytes_s = 0.0
        """The best that was delivered over a round trip lately."""

    @property
    def is_fast(self) -> bool:
        """Too quick a link for this to matter."""
        return self.rate_bytes_s > _FAST_BYTES_S

    def room_bytes(self, flying_bytes: int, unsent_bytes: int) -> int:
        """How much more may be given to the kernel."""
        if self.is_fast:
            return WINDOW_BYTES_MAX
        return self.window_bytes - flying_bytes - unsent_bytes

    def look(self, counts: Counts, now_s: float) -> None:
        """Take in the counts; to be called often."""
        passed_s = now_s - self._looked_s
        if not counts.rtt_s or passed_s < counts.rtt_s / 4:
            return
        self._looked_s = now_s
        self._measure(counts, now_s)
        if not self._is_calm(counts.rtt_s, now_s):
            return
        waits_s = counts.rtt_s - counts.rtt_min_s
        target_s = self._target_s(counts)
        turns = min(1.0, passed_s / counts.rtt_s)
        is_used = counts.flying_bytes > self.window_bytes / 2
        if waits_s > 2 * target_s and self._latest:
            # Far too much: back to what this link can hold, and no further at once.
            holds = int(self._latest * (counts.rtt_min_s + target_s))
            self.window_bytes = max(holds, int(self.window_bytes * 0.7**turns))
            self._is_starting = False
        elif self._is_starting:
            self._is_starting = waits_s < target_s / 4
            if is_used and self._is_starting:
                self.window_bytes = int(self.window_bytes * _GROWTH**turns)
        elif is_used or waits_s > target_s:
            share = (target_s - waits_s) / target_s
            self.window_bytes += int(2 * _SEGMENT_BYTES * share * turns)
        least = _LEAST_SEGMENTS * _SEGMENT_BYTES
        self.window_bytes = max(least, min(WINDOW_BYTES_MAX, self.window_bytes))

    def _is_calm(self, rtt_s: float, now_s: float) -> bool:
        """False for a while after a leap: an outage looks like one long round trip."""
        if self._rtt_s and rtt_s > _LEAP * self._rtt_s:
            self._calm_s = now_s + _CALM_RTTS * self._rtt_s
        self._rtt_s = rtt_s
        return now_s >= self._calm_s

    def _target_s(self, counts: Counts) -> float:
        segments_s = _QUEUE_SEGMENTS * _SEGMENT_BYTES / max(self.rate_bytes_s, 4000.0)
        return _QUEUE_S + _QUEUE_RTTS * counts.rtt_min_s + segments_s

    def _measure(self, counts: Counts, now_s: float) -> None:
        """The delivery rate over half a second and a round trip at least."""
        self._marks.append((now_s, counts.delivered_bytes))
        span_s = max(_SPAN_S, counts.rtt_s)
        while len(self._marks) > 2 and now_s - self._marks[1][0] >= span_s:
            self._marks.pop(0)
        began_s, began = self._marks[0]
        if now_s - began_s >= span_s:
            rate = (counts.delivered_bytes - began) / (now_s - began_s)
            self._latest = rate
            faded = self.rate_bytes_s * (1 - (now_s - began_s) / _RATE_MEMORY_S / 4)
            self.rate_bytes_s = max(rate, faded)
