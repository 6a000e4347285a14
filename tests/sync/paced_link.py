"""A bad link in virtual time with a paced end at each side of it: no socket, no sleep.

The narrow place has a drop-tail queue; what is lost has used the air. A stream of one
side's bytes is carried to the other, and the clock jumps from one event to the next.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from perahu.sync.links import RoadKey
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.paced.seal import Seal
from perahu.sync.paced.way import UDP_BYTES

KEY = RoadKey(b"8 bytes!", bytes(range(32)), 4433)


@dataclass(kw_only=True)
class Air:
    """One link, both ways alike; rates in bytes a second."""

    rate: float = 16_000.0
    rtt_s: float = 0.6
    jitter_s: float = 0.0
    """Of the round trip, half each way, in order."""
    disorder_s: float = 0.0
    """Of each way, and later ones overtake."""
    loss: float = 0.0
    burst: tuple[float, float, float] | None = None
    """Into bad air, out of it, loss within."""
    queue_bytes: int = 30_000
    up_s: float = 0.0
    down_s: float = 0.0
    first_s: float = 0.0
    switches_s: float = 0.0
    size_max: int = 1500
    longer_from_s: float = 0.0
    """From then on each way takes a quarter of a second longer."""
    rate_at: Callable[[float], float] | None = None

    def is_up(self, now_s: float) -> bool:
        """Whether the air carries anything."""
        if not self.up_s or now_s < self.first_s:
            return True
        return (now_s - self.first_s) % (self.up_s + self.down_s) >= self.down_s

    def carrier(self, now_s: float) -> int:
        """How often it was switched."""
        return int(now_s / self.switches_s) if self.switches_s else 0

    def rate_of(self, now_s: float) -> float:
        """What goes through now."""
        return self.rate_at(now_s) if self.rate_at else self.rate

    @property
    def mean_loss(self) -> float:
        """The share of datagrams lost in the long run."""
        if self.burst is None:
            return self.loss
        into, out, loss = self.burst
        return loss * into / (into + out)


@dataclass
class Lane:
    """One direction."""

    free_s: float = 0.0
    last_s: float = 0.0
    is_bad: bool = False
    sent_bytes: int = 0
    dropped: int = 0
    waits: list[float] = field(default_factory=list)


class World:
    """Events in virtual time."""

    def __init__(self, air: Air, seed: int) -> None:
        self.air, self.now_s = air, 0.0
        self.rng = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, when_s: float, what: Callable[[], None]) -> None:
        """Let something happen."""
        heapq.heappush(self._events, (when_s, next(self._order), what))

    def step(self) -> None:
        """The next thing happens."""
        when_s, _, what = heapq.heappop(self._events)
        self.now_s = max(self.now_s, when_s)
        what()

    def carry(self, lane: Lane, size: int, arrive: Callable[[], None]) -> None:
        """Send something of this size through a lane."""
        air, now_s = self.air, self.now_s
        lane.sent_bytes += size
        if size > air.size_max or not air.is_up(now_s):
            return
        rate = air.rate_of(now_s)
        waiting_s = max(0.0, lane.free_s - now_s)
        if waiting_s * rate + size > air.queue_bytes:
            lane.dropped += 1
            return
        lane.waits.append(waiting_s)
        lane.free_s = max(lane.free_s, now_s) + size / rate
        if self._is_lost(lane):
            return
        there_s = lane.free_s + air.rtt_s / 2
        there_s += 0.25 * (0 < air.longer_from_s <= now_s)
        there_s += self.rng.uniform(-air.jitter_s, air.jitter_s) / 2
        lane.last_s = there_s = max(there_s, lane.last_s)
        self.at(there_s + self.rng.uniform(0, air.disorder_s), arrive)

    def _is_lost(self, lane: Lane) -> bool:
        air = self.air
        if air.burst is None:
            return self.rng.random() < air.loss
        into, out, loss = air.burst
        if self.rng.random() < (out if lane.is_bad else into):
            lane.is_bad = not lane.is_bad
        return lane.is_bad and self.rng.random() < loss


class Pair:
    """A calling and an answering end, a lane each way, and what one sends the other."""

    def __init__(self, world: World, payload: int, guess: Guess | None = None) -> None:
        self.world, self.payload = world, payload
        guess = guess or Guess()
        self.caller = PacedEnd(
            Seal(KEY, 0, calls=True), world.now_s, guess, follows=False
        )
        self.hub = PacedEnd(
            Seal(KEY, 0, calls=False), world.now_s, Guess(), follows=True
        )
        self.up, self.down = Lane(), Lane()
        self.offered = self.arrived = 0
        self.is_done = False
        self.done_s = 0.0
        self.bytes_out = bytes(random.Random(7).randbytes(64 * 1024))
        self.moved_s = -9.0
        self.carriers = [0]
        self.arrivals: list[tuple[float, int]] = []
        self._wakes: dict[int, float] = {}

    def start(self) -> None:
        """Begin now."""
        self.turn()

    def turn(self) -> None:
        """What a node does whenever it wakes."""
        self._fill()
        self._send(self.caller, self.up, self.hub)
        piece = self.hub.take(1 << 20)
        if piece:
            assert piece == self._slice(self.arrived, len(piece))
            self.arrived += len(piece)
            self.arrivals.append((self.world.now_s, self.arrived))
        self._send(self.hub, self.down, self.caller)
        if self.arrived >= self.payload and not self.caller.unacked_bytes:
            if not self.is_done:
                self.is_done, self.done_s = True, self.world.now_s
            return
        self._wake()

    def _slice(self, start: int, length: int) -> bytes:
        start %= len(self.bytes_out)
        found = self.bytes_out[start : start + length]
        return (
            found
            if len(found) == length
            else (self.bytes_out * 32)[start : start + length]
        )

    def _fill(self) -> None:
        now_s = self.world.now_s
        if self.caller.is_silent(now_s) and now_s - self.moved_s > 2.0:
            self.moved_s = now_s
            self.carriers.append(self.world.air.carrier(now_s))
            self.caller.move(len(self.carriers) - 1, now_s)
        while self.offered < self.payload:
            room = min(self.caller.room(now_s), self.payload - self.offered)
            if not room:
                return
            self.offered += self.caller.put(self._slice(self.offered, room), now_s)
            self._send(self.caller, self.up, self.hub)

    def _send(self, end: PacedEnd, lane: Lane, other: PacedEnd) -> None:
        for datagram in end.datagrams(self.world.now_s):
            way = end.way

            def arrive(datagram: bytes = datagram, way: int = way) -> None:
                if self.carriers[way] == self.world.air.carrier(self.world.now_s):
                    other.heard(datagram, way, self.world.now_s)
                    self.turn()

            self.world.carry(lane, len(datagram) + UDP_BYTES, arrive)

    def _wake(self) -> None:
        """One timer for both ends; a later one that is there already is enough."""
        now_s = self.world.now_s
        due = [self.caller.due_s(now_s), self.hub.due_s(now_s)]
        room_s = self.caller.room_due_s()
        if self.offered < self.payload and room_s is not None:
            due.append(room_s)
        when_s = max(min(due), now_s + 0.0005)
        if self._wakes.get(0, 0.0) > now_s and self._wakes[0] <= when_s:
            return
        self._wakes[0] = when_s
        self.world.at(when_s, self.turn)


@dataclass
class Result:
    """How a transfer went."""

    seconds: float
    share: float
    """Of what the link could carry while it was up."""
    ratio: float
    """Bytes sent by the payload."""
    pair: Pair


def transfer(
    air: Air, seed: int, payload: int = 1_500_000, guess: Guess | None = None
) -> Result:
    """Carry a payload, and say how near to the limit it came."""
    world = World(air, seed)
    pair = Pair(world, payload, guess)
    pair.start()
    while not pair.is_done and world.now_s < 3600:
        world.step()
    assert pair.is_done, "it finishes"
    up_s = sum(air.is_up(i / 20) for i in range(int(pair.done_s * 20))) / 20
    limit_s = payload / (air.rate * (1 - air.mean_loss))
    return Result(pair.done_s, limit_s / up_s, pair.up.sent_bytes / payload, pair)


def seeds(how_many: int) -> Iterator[int]:
    """Seeds that a test tries."""
    return iter(range(1, how_many + 1))


class Download:
    """Somebody else's bulk transfer over the same link: a window that grows and halves."""

    def __init__(self, world: World, lane: Lane, until_s: float) -> None:
        self.world, self.lane, self.until_s = world, lane, until_s
        self.window, self.threshold = 10.0, 1e9
        self.sent = self.arrived = self.known = 0
        self._fallen_at = -1
        self._lost: set[int] = set()
        self._heard_s = 0.0

    def turn(self) -> None:
        """Send what the window allows."""
        world = self.world
        if world.now_s >= self.until_s:
            return
        if world.now_s - self._heard_s > 2.0 + 2 * world.air.rtt_s:
            self.window, self.threshold = 2.0, max(2.0, self.window / 2)
            self.known, self._heard_s = self.sent, world.now_s
            world.at(world.now_s + 3.0, self.turn)
        while self.sent - self.known < self.window:
            number, self.sent = self.sent, self.sent + 1
            world.carry(self.lane, 1500, partial(self._arrive, number))

    def _arrive(self, number: int) -> None:
        self.arrived += 1500
        back_s = self.world.now_s + self.world.air.rtt_s / 2
        self.world.at(back_s, lambda: self._acked(number))

    def _acked(self, number: int) -> None:
        self._heard_s = self.world.now_s
        if number > self.known and number > self._fallen_at:
            # Numbers in between are missing: half as fast, once a window.
            self.threshold = self.window = max(2.0, self.window / 2)
            self._fallen_at = self.sent
        else:
            grows = 1.0 if self.window < self.threshold else 1 / self.window
            self.window += grows
        self.known = max(self.known, number + 1)
        self.turn()
