"""Both ends of road B, datagram by datagram: what goes twice for haste, and how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from perahu.sync.links import RoadKey
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.paced.frames import (
    ACK,
    CLOSE,
    STREAM,
    Ack,
    Frames,
    Malformed,
    decode,
    number,
)
from perahu.sync.paced.loss import Overflow
from perahu.sync.paced.rate import Air, Rate, Sample
from perahu.sync.paced.seal import Seal
from perahu.sync.paced.sent import Packet, Sent
from tests.sync import paced_link
from tests.sync.paced_link import KEY, Pair, World

STEP_S, WAY_S = 0.005, 0.05
FULL = 1_400


def never(frames: Frames, copies: int) -> bool:
    """Every datagram arrives."""
    return False


@dataclass
class Wire:
    """A calling and an answering end, and a link that loses what a test says."""

    loses: Callable[[Frames, int], bool] = never
    """Asked of each of the caller's datagrams; how often its bytes went before."""
    rate: float = 200_000
    caller: PacedEnd = field(init=False)
    hub: PacedEnd = field(init=False)
    now_s: float = 0.0
    came: bytes = b""
    copies: Counter[int] = field(default_factory=Counter)
    """How often the bytes from an offset went out."""

    def __post_init__(self) -> None:
        guess = Guess(rate=self.rate, rtt_s=2 * WAY_S)
        self.caller = PacedEnd(Seal(KEY, 0, calls=True), 0.0, guess, follows=False)
        self.hub = PacedEnd(Seal(KEY, 0, calls=False), 0.0, guess, follows=True)
        self._spy = Seal(KEY, 0, calls=False)
        self._up: list[tuple[float, bytes]] = []
        self._down: list[tuple[float, bytes]] = []

    @property
    def is_over(self) -> bool:
        """Whether the hub knows that nothing more will come."""
        return self.hub.is_over

    def run(self, seconds: float, content: bytes = b"", *, hurry: bool = False) -> None:
        """Let time go by; the caller puts what it may of this content."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += STEP_S
            while content and (taken := self.caller.put(content, self.now_s)):
                content = content[taken:]
                if hurry:
                    self.caller.hurry()
                self._turn()
            self._turn()
        assert not content, "the road took all of it"

    def _turn(self) -> None:
        for datagram in self.caller.datagrams(self.now_s):
            opened = self._spy.open(datagram)
            assert opened is not None
            frames = decode(opened[1])
            is_lost = self.loses(frames, self.copies[frames.offset])
            if frames.piece:
                self.copies[frames.offset] += 1
            if not is_lost:
                self._up.append((self.now_s + WAY_S, datagram))
        for datagram in self.hub.datagrams(self.now_s):
            self._down.append((self.now_s + WAY_S, datagram))
        for end, flying in ((self.hub, self._up), (self.caller, self._down)):
            while flying and flying[0][0] <= self.now_s:
                assert end.heard(flying.pop(0)[1], 0, self.now_s)
        self.came += self.hub.take(1 << 20)


def greeted(wire: Wire) -> int:
    """HELLO has arrived, and all is quiet; gives how long the stream is."""
    wire.run(1.0, b"HELLO")
    assert wire.came == b"HELLO" and not wire.caller.unacked_bytes
    return len(wire.came)


@pytest.mark.parametrize(("hurry", "copies"), [(False, 1), (True, 2)])
def test_it_says_a_small_thing_twice_where_somebody_waits(
    hurry: bool, copies: int
) -> None:
    """Nothing behind it would tell that it was lost, so it goes again at once."""
    wire = Wire()
    begin = greeted(wire)
    wire.run(1.0, b"a small fact", hurry=hurry)
    assert wire.copies[begin] == copies
    assert wire.came == b"HELLOa small fact"


def test_it_says_nothing_twice_that_has_arrived() -> None:
    """On a slow road the answer is here before the echo has its turn: it is left out."""
    wire = Wire(rate=500)
    greeted(wire)
    wire.run(0.03, b"the first fact", hurry=True)
    longer = b"the second fact" * 10
    wire.run(2.0, longer, hurry=True)
    assert wire.came == b"HELLOthe first fact" + longer
    assert wire.copies[len(b"HELLOthe first fact")] == 1


@pytest.mark.parametrize(
    ("hurry", "lost_times", "copies"),
    [(True, 1, 2), (True, 2, 4), (False, 2, 3)],
)
def test_it_repeats_twice_what_was_lost_twice(
    hurry: bool, lost_times: int, copies: int
) -> None:
    """A first repeat goes once; the next one, for which somebody waits, goes with an echo."""
    wire = Wire()
    begin = greeted(wire)
    middle: list[int] = []

    def loses(frames: Frames, before: int) -> bool:
        if len(frames.piece) > 1_000 and not middle and frames.offset > begin + 20_000:
            middle.append(frames.offset)
        return frames.offset in middle and before < lost_times

    wire.loses = loses
    content = bytes(range(256)) * 400
    wire.run(3.0, content, hurry=hurry)
    assert wire.came == b"HELLO" + content
    assert wire.copies[middle[0]] == copies


def test_it_repeats_the_last_twice() -> None:
    """Behind the last one comes nothing: its repeat is not left to chance."""
    wire = Wire()
    begin = greeted(wire)
    last = begin + 50 * FULL + 300

    def loses(frames: Frames, before: int) -> bool:
        return frames.offset + len(frames.piece) == last and not before

    wire.loses = loses
    wire.run(3.0, bytes(last - begin), hurry=True)
    assert len(wire.came) == last
    offset = max(wire.copies)
    assert last - offset > 800, "short ones go twice from the first"
    assert wire.copies[offset] == 3


def test_it_spends_little_on_haste() -> None:
    """Half of all is lost for long: what goes twice for haste stays within its bounds."""
    flip = [False]

    def every_other(frames: Frames, before: int) -> bool:
        flip[0] = not flip[0]
        return flip[0]

    plain, hasty = Wire(every_other), Wire(every_other)
    content = bytes(200_000)
    plain.run(40.0, content)
    flip[0] = False
    hasty.run(40.0, content, hurry=True)
    assert len(plain.came) == len(hasty.came) == len(content)
    assert hasty.caller.sent_bytes < plain.caller.sent_bytes * 1.25 + 24_000


def test_it_ends_when_all_was_taken() -> None:
    """CLOSE names the length: over is when that much was taken, however often it comes."""
    wire = Wire()
    greeted(wire)
    wire.run(STEP_S, b"the end")
    wire.caller.close()
    wire.caller.close()
    assert wire.caller.put(b"more", wire.now_s) == 0, "nothing after the end"
    over_before = wire.is_over
    wire.run(1.0)
    assert wire.came == b"HELLOthe end"
    assert (over_before, wire.is_over) == (False, True)
    assert not wire.caller.is_over and not wire.caller.unacked_bytes


def test_it_is_not_over_while_something_is_missing() -> None:
    """Who closes and loses a datagram is over only when that came too."""

    def loses(frames: Frames, before: int) -> bool:
        return frames.offset == 5 and before < 3

    wire = Wire(loses)
    greeted(wire)
    wire.run(STEP_S, b"the end")
    wire.caller.close()
    wire.run(0.1)
    over_before = wire.is_over
    wire.run(5.0)
    assert wire.came == b"HELLOthe end"
    assert (over_before, wire.is_over) == (False, True)


def test_it_sends_smaller_ones_where_a_tunnel_begins() -> None:
    """Full ones arrived before; then a way that swallows them and lets the small pass."""
    air = paced_link.Air(rate=64_000, rtt_s=0.2)
    world = World(air, 1)
    pair = Pair(world, 600_000, Guess(rate=50_000, rtt_s=0.2))
    pair.start()
    before: list[int] = []

    def begin() -> None:
        air.size_max = 1_400
        before.append(pair.arrived)

    world.at(4.0, begin)
    while not pair.is_done and world.now_s < 120:
        world.step()
    assert pair.is_done and 0 < before[0] < 600_000
    assert pair.up.sent_bytes < 600_000 * 1.3


@pytest.mark.parametrize(
    "content",
    [
        bytes([9]),
        bytes([STREAM]),
        bytes([STREAM]) + number(7),
        bytes([STREAM]) + number(2**62 - 1) + b"x",
        bytes([CLOSE]) + number(1) + bytes([CLOSE]) + number(1),
        bytes([ACK]) + number(5) + number(0) + bytes(4) + bytes([33]) + number(0),
        bytes([ACK]) + number(5) + number(0) + bytes(4) + bytes([0]) + number(6),
        bytes([ACK]) + number(2**32) + number(0) + bytes(4) + bytes([0]) + number(0),
    ],
)
def test_it_takes_nothing_malformed(content: bytes) -> None:
    """Sealed with the right key and yet no frames: unknown, empty, too far, told twice."""
    with pytest.raises(Malformed):
        decode(content)


def test_it_writes_no_number_that_has_no_room() -> None:
    """62 bits, as in QUIC, and a key of 32 bytes: anything else is a fault of ours."""
    assert number(2**62 - 1) == bytes([255]) * 8
    with pytest.raises(ValueError, match="number"):
        number(2**62)
    with pytest.raises(ValueError, match="road key"):
        Seal(RoadKey(b"8 bytes!", b"short", 1), 0, calls=True)
    with pytest.raises(ValueError, match="road key"):
        Seal(KEY, -1, calls=True)


def test_it_takes_no_rate_from_no_time() -> None:
    """Datagrams judged in the instant in which the tally began: no rate comes of them."""
    overflow = Overflow(7.0)
    for _ in range(4):
        overflow.add([(7.0, 1500)] * 20, [7.0] * 6, 7.0, 1.0)
    assert overflow.limit == float("inf"), "nothing is known of what arrives"
    for second in range(8, 12):
        overflow.add([(second, 1500)] * 20, [second] * 6, float(second), 1.0)
    assert overflow.limit < 20 * 1500 * 1.6


def fifth_lost(overflow: Overflow, now_s: float) -> None:
    """A hundred datagrams sent just now, of which twenty did not arrive."""
    overflow.add([(now_s, 1500)] * 80, [now_s] * 20, now_s, 10_000.0)


def test_it_takes_loss_that_stays_for_the_weather() -> None:
    """Slower by a share, and as much is lost: as fast as before, and not tried again."""
    overflow = Overflow(0.0)
    fifth_lost(overflow, 16.0)
    assert overflow.limit == pytest.approx(8_500), "the try is on"
    fifth_lost(overflow, 17.0)
    assert overflow.limit > 10_000, "it was the weather"
    fifth_lost(overflow, 60.0)
    assert overflow.limit > 10_000


def test_it_tells_nothing_from_what_came_out_of_order() -> None:
    """Two arrivals with nothing, or less than nothing, between them: no gap to measure."""
    air, same = Air(), Air()
    for one in (air, same):
        for _ in range(40):
            one.add(1.0, 10_000, 0)
            one.add(1.0, 10_000, 5_000)
    air.add(9.0, 0, 90_000)
    air.add(9.0, 10_000, -90_000)
    assert air.lost_share == same.lost_share


def test_it_counts_what_is_lost_as_carried_where_it_cannot_tell() -> None:
    """Gaps that only the lost ones made say nothing of those that came."""
    air = Air()
    air.add(1.0, 1_000, 20_000)
    air.add(0.0, 10_000, 0)
    air.add(0.0, 5_000, 5_000)
    assert air.lost_share == 1.0
    dropped = Air()
    for _ in range(40):
        dropped.add(1.0, 10_000, 0)
        dropped.add(1.0, 10_000, 5_000)
    assert dropped.lost_share < 0.1, "a full queue's drops take no time at all"


def sample(number_: int, arrived_s: float) -> Sample:
    """The n-th full datagram of a steady stream of 1,500 bytes each."""
    return Sample(
        now_s=arrived_s + WAY_S, sent_s=arrived_s - WAY_S, arrived_s=arrived_s,
        total=1_500 * number_, missing=0, rtt_s=1.0, is_full=True, is_limited=False,
    )  # fmt: skip


def test_it_keeps_few_samples_of_a_fast_road() -> None:
    """Thousands within one round trip are thinned out, and the rate is the same."""
    rate = Rate(1_500, 16_000, 1.0, 0.0)
    for step in range(1, 3_000):
        rate.add(sample(step, step / 1_000))
    assert len(rate._ways) <= 64
    assert rate.found == pytest.approx(1_500_000, rel=0.05)
    before = rate.found
    rate.add(sample(3_000, 1.0))
    assert rate.found == before, "what arrived out of order measures nothing"


def test_it_repeats_no_more_at_once_than_fits() -> None:
    """A longer range goes in pieces, in their order; what arrived meanwhile is left out."""
    sent = Sent()
    sent.stream.add(bytes(3_000))
    sent.echo(0, 3_000)
    assert sent.repeat(1_000) == (0, 1_000)
    sent.stream.acked(1_500, 2_000)
    assert sent.repeat(1_000) == (1_000, 500)
    assert sent.repeat(1_000) == (2_000, 1_000)
    assert sent.repeat(1_000) is None


def test_it_measures_nothing_by_an_older_ack() -> None:
    """ACKs overtake each other too: what an older one adds arrived, and is no news of now."""
    sent = Sent()
    for at in range(3):
        sent.stream.add(bytes(100))
        sent.add(
            Packet(at, float(at), 150, 150 * (at + 1), 100 * at, 100, False, False)
        )
    newer = sent.acked(Ack(((2, 2),), 0, 0), 3.0, 9.0)
    older = sent.acked(Ack(((0, 1),), 0, 0), 3.1, 9.0)
    assert newer.newest is not None and newer.newest.number == 2
    assert older.newest is None and [one.number for one in older.acked] == [0, 1]
    assert sent.stream.unacked_bytes == 0
