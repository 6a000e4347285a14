"""How fast road B sends: as fast as the narrowest place lets through, with hardly a queue.

- The rate is measured where it counts: bytes sent between two datagrams, over the time
  between their arrivals. A lost one in between used the air as well, so random loss takes
  nothing away.
- The queue is how much later than ever a full datagram arrives, the smallest of several,
  so that jitter does not count. A queue longer than a few datagrams makes us slower: who
  else is on the road fills it and gets the room.
- Loss that grows with the rate is a queue too short to be seen; then the rate stays where
  it brought as much.

It is told the time; it has no clock. Rates are in bytes a second, IP and UDP included.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

from perahu.sync.paced.loss import Overflow

RATE_START = 16_000.0
_RATE_MIN, _RATE_MAX = 500.0, 1e9
_QUEUE_S_MIN, _QUEUE_S_MAX = 0.05, 0.4
_QUEUE_PACKETS = 1.5
"""The queue we aim at: enough that the road is never idle."""
_LOW_S = 120.0
"""How long the shortest way is remembered."""
_HINT_S, _HINT_MARGIN_S = 5.0, 0.2
"""How long a round trip is believed that we have not measured ourselves, and by how much
ours must be longer before that is a queue and no jitter."""
_SAMPLES_MAX = 64
_AIR_MEMORY = 0.99
_AIR_LOST_BYTES = 12_000.0
_AIR_SHARE_MIN = 0.5
"""Of a datagram's time: a lost one that took so much counts whole."""
_QUICK, _CALM = 0.5, 0.25
"""How much a measurement counts, while the rate is looked for and later."""
_GAIN_START = 2.0
"""While the rate is looked for."""
_GAIN_MIN, _GAIN_EMPTY = 0.5, 1.5
_EMPTY_RTTS = 3
"""A queue that was empty for so long is not about to fill."""
_FLOOR_S = 40.0
_FLOOR_SHARE = 0.05
"""Of the best rate seen: what we keep beside others, so that the road is not forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One newest datagram acknowledged."""

    now_s: float
    sent_s: float
    arrived_s: float
    """By the other end's clock."""
    total: int
    """Bytes sent until and with it."""
    missing: int
    """Of those, what has not arrived."""
    rtt_s: float
    is_full: bool
    is_limited: bool


class Trip:
    """The round trip: smoothed, its variation and the shortest."""

    def __init__(self, rtt_s: float) -> None:
        """`rtt_s` is a first guess, or 0."""
        self.smooth_s = rtt_s or 0.5
        self.varies_s = self.smooth_s / 4
        self.shortest_s = 0.0

    def add(self, rtt_s: float) -> None:
        """A round trip, without the time an ACK was held back."""
        if not self.shortest_s:
            self.smooth_s, self.varies_s = rtt_s, rtt_s / 4
            self.shortest_s = rtt_s
        self.varies_s += (abs(rtt_s - self.smooth_s) - self.varies_s) / 4
        self.smooth_s += (rtt_s - self.smooth_s) / 8
        self.shortest_s = min(self.shortest_s, rtt_s)

    @property
    def late_s(self) -> float:
        """A round trip that is long even for this road."""
        return max(1.1 * self.smooth_s, self.smooth_s + 3 * self.varies_s)

    @property
    def probe_s(self) -> float:
        """Silence after which something is sent only to be answered."""
        return max(0.3, 1.5 * self.smooth_s, self.smooth_s + 4 * self.varies_s)


class Queue:
    """How long full datagrams wait on the way, by the other end's clock."""

    def __init__(self) -> None:
        self._lows: deque[tuple[float, float]] = deque()
        self._last: deque[tuple[float, float]] = deque()

    def forget(self) -> None:
        """The road is another one."""
        self._lows.clear()
        self._last.clear()

    def hint(self, now_s: float, way_s: float) -> None:
        """The shortest as others saw it, while our first ones wait behind their bytes."""
        assert not self._lows, "told before the first of ours has arrived"
        self._lows.append((now_s - _LOW_S + _HINT_S, way_s))

    def add(self, now_s: float, way_s: float, span_s: float) -> None:
        """A way that took so long; `span_s` is how far back counts as now."""
        while self._lows and self._lows[-1][1] >= way_s:
            self._lows.pop()
        self._lows.append((now_s, way_s))
        while self._lows[0][0] < now_s - _LOW_S:
            self._lows.popleft()
        self._last.append((now_s, way_s))
        while len(self._last) > 3 and self._last[0][0] < now_s - span_s:
            self._last.popleft()

    @property
    def length_s(self) -> float | None:
        """The queue now; None while too little is known."""
        if len(self._last) < 3:
            return None
        return min(way for _, way in self._last) - self._lows[0][1]


class Air:
    """Whether lost datagrams have used the narrow place, or were dropped in front of it.

    What was lost behind it leaves a gap of its own length between the arrivals around it;
    what a full queue dropped leaves none. Least squares over gaps:
    gap = a * bytes that came + b * bytes that did not.
    """

    def __init__(self) -> None:
        self._cc = self._cl = self._ll = self._gc = self._gl = 0.0
        self._lost = 0.0

    def add(self, gap_s: float, came: int, lost: int) -> None:
        """Two arrivals one after the other, and what was sent between."""
        if came <= 0 or lost < 0:
            return
        for name, value in (
            ("_cc", came * came),
            ("_cl", came * lost),
            ("_ll", lost * lost),
            ("_gc", gap_s * came),
            ("_gl", gap_s * lost),
            ("_lost", lost),
        ):
            setattr(self, name, _AIR_MEMORY * getattr(self, name) + value)

    @property
    def lost_share(self) -> float:
        """How much of what was lost counts as carried, 0..1; all until we know better."""
        below = self._cc * self._ll - self._cl * self._cl
        if self._lost < _AIR_LOST_BYTES or below <= 0:
            return 1.0
        came_s = self._gc * self._ll - self._gl * self._cl
        lost_s = self._gl * self._cc - self._gc * self._cl
        if came_s <= 0:
            return 1.0
        share = max(0.0, lost_s / came_s)
        return 1.0 if share > _AIR_SHARE_MIN else share


class Rate:
    """The rate, steered by what was measured."""

    def __init__(
        self, full_bytes: int, rate: float, rtt_s: float, now_s: float
    ) -> None:
        """`full_bytes` is a whole datagram; rate and round trip are guesses or 0."""
        self._full_bytes = full_bytes
        self.trip = Trip(rtt_s)
        self._hinted_s = rtt_s
        self.queue = Queue()
        self.overflow = Overflow(now_s)
        self.found = rate or RATE_START
        """What the narrowest place lets through, as far as we know."""
        self.now = self.found
        self.best = self.found
        self._ways: deque[tuple[float, int, int, bool]] = deque()
        """(arrival, bytes that arrived, bytes that did not, limited), all until then."""
        self._air = Air()
        self._is_starting = True
        self._empty_since_s = self._above_floor_s = now_s
        self._round_s, self._round_rate, self._flat_rounds = 0.0, 0.0, 0

    @property
    def packet_s(self) -> float:
        """How long a full datagram takes through the narrowest place."""
        return self._full_bytes / self.found

    @property
    def queue_wanted_s(self) -> float:
        """The queue we aim at."""
        return min(_QUEUE_S_MAX, max(_QUEUE_S_MIN, _QUEUE_PACKETS * self.packet_s))

    @property
    def flight_bytes_max(self) -> float:
        """What may be on the road at once."""
        trip_s = self.trip.shortest_s or self.trip.smooth_s
        room_s = trip_s + 2 * self.queue_wanted_s + 0.2
        gain = 1.5 if self._is_starting else 1.0
        return gain * self.found * room_s + 4 * self._full_bytes

    def broke(self, now_s: float, *, is_other_road: bool) -> None:
        """Nothing came through for a while: what was measured across it means nothing."""
        self._ways.clear()
        self.overflow.broke(now_s)
        if is_other_road:
            self.queue.forget()

    def add(self, sample: Sample) -> None:
        """Take in a measurement and steer."""
        self.trip.add(sample.rtt_s)
        span_s = max(self.trip.smooth_s, 6 * self.packet_s)
        if sample.is_full:
            way_s = sample.arrived_s - sample.sent_s
            if self._hinted_s:
                waited_s = sample.rtt_s - self._hinted_s - _HINT_MARGIN_S
                waited_s = max(0.0, waited_s)
                self.queue.hint(sample.now_s, way_s - waited_s)
                self._hinted_s = 0.0
            self.queue.add(sample.now_s, way_s, span_s)
        packets_s = 8 * self.packet_s
        if self._is_starting:
            packets_s = 6 * self._full_bytes / self.now
        self._measure(sample, max(1.5 * self.trip.smooth_s, packets_s))
        self._steer(sample.now_s)

    def _measure(self, sample: Sample, span_s: float) -> None:
        ways = self._ways
        if ways and sample.arrived_s <= ways[-1][0]:
            return
        arrived = sample.total - sample.missing
        if ways and not sample.is_limited:
            before = ways[-1]
            gap_s = sample.arrived_s - before[0]
            self._air.add(gap_s, arrived - before[1], sample.missing - before[2])
        ways.append((sample.arrived_s, arrived, sample.missing, sample.is_limited))
        while len(ways) > 2 and sample.arrived_s - ways[1][0] >= span_s:
            ways.popleft()
        while len(ways) > _SAMPLES_MAX:
            del ways[len(ways) // 2]
        if len(ways) < 4 or ways[-1][0] - ways[0][0] < span_s / 2:
            return
        share = self._air.lost_share
        found = _slope([(at, came + share * lost) for at, came, lost, _ in ways])
        if any(one[3] for one in islice(ways, 1, None)):
            self.found = max(self.found, found)
        else:
            quick = _QUICK if self._is_starting else _CALM
            self.found += (found - self.found) * quick
        limit = min(_RATE_MAX, self.overflow.limit)
        self.found = max(_RATE_MIN, min(limit, self.found))
        self.best = max(self.best * 0.9998, self.found)

    def _steer(self, now_s: float) -> None:
        length_s = self.queue.length_s
        if length_s is None:
            self.now = self.found * (1.25 if self._is_starting else 1.0)
            return
        wanted_s = self.queue_wanted_s
        self.overflow.look(has_queue=length_s > wanted_s / 2)
        if self._is_starting:
            self._end_start(now_s, length_s > wanted_s)
        if self._is_starting:
            self._empty_since_s = now_s
            self.now = min(self.found * _GAIN_START, 1.6 * self.overflow.limit)
            return
        within_s = 2 * (self.trip.shortest_s or self.trip.smooth_s) + 0.2
        gain = 1 + (wanted_s - length_s) / within_s
        if length_s > wanted_s / 4:
            self._empty_since_s = now_s
        elif now_s - self._empty_since_s > _EMPTY_RTTS * self.trip.smooth_s:
            # Nobody waits on this road, and we least of all: there is more to be had.
            gain = _GAIN_EMPTY
            if self.found < self.best / 2:
                # Who filled it before has gone: half of what it was good for, at once.
                self.found = self.best / 2
                self._ways.clear()
                self._empty_since_s = now_s
        floor = max(
            self._full_bytes / max(1.0, self.trip.smooth_s), _FLOOR_SHARE * self.best
        )
        now = self.found * min(_GAIN_EMPTY, max(_GAIN_MIN, gain))
        if now > floor:
            self._above_floor_s = now_s
        elif now_s - self._above_floor_s > _FLOOR_S:
            # Nobody fills a queue so evenly: the way itself may have grown longer.
            self.queue.forget()
            self._above_floor_s = now_s
        self.now = max(floor, min(now, self.overflow.limit))

    def _end_start(self, now_s: float, has_queue: bool) -> None:
        """The start is over once there is a queue, or three rounds brought no more."""
        if now_s - self._round_s >= self.trip.smooth_s:
            grew = self.found > 1.15 * self._round_rate
            self._flat_rounds = 0 if grew else self._flat_rounds + 1
            self._round_s = now_s
            self._round_rate = max(self._round_rate, self.found)
        if has_queue or self._flat_rounds >= 3:
            self._is_starting = False


def _slope(ways: list[tuple[float, float]]) -> float:
    """Bytes a second by least squares: one late arrival does not decide."""
    count = len(ways)
    mean_s = sum(at for at, _ in ways) / count
    mean = sum(total for _, total in ways) / count
    above = sum((at - mean_s) * (total - mean) for at, total in ways)
    below = sum((at - mean_s) ** 2 for at, _ in ways)
    return above / below if below > 0 else 0.0
