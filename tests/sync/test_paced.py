"""Road B over bad links in virtual time: near the limit, few bytes twice, no queue."""

from __future__ import annotations

from statistics import mean

from perahu.sync.paced.end import Guess
from tests.sync.paced_link import Air, Download, Pair, Result, World, transfer

PAYLOAD = 400_000
LIKE_A = Guess(rate=12_000, rtt_s=0.6)
"""What road A showed before."""


def tried(air: Air, guess: Guess = LIKE_A, payload: int = PAYLOAD) -> list[Result]:
    """Three seeds."""
    return [transfer(air, seed, payload, guess) for seed in (1, 2, 3)]


def share(results: list[Result]) -> float:
    """The mean share of the limit."""
    return mean(one.share for one in results)


def ratio(results: list[Result]) -> float:
    """The mean of bytes sent by the payload."""
    return mean(one.ratio for one in results)


def queue_s(result: Result) -> float:
    """How long nine of ten datagrams wait at most in front of the narrow place."""
    waits = sorted(result.pair.up.waits)
    return waits[len(waits) * 9 // 10]


def test_it_fills_a_slow_clean_line() -> None:
    """Nothing goes twice, and hardly anything waits."""
    found = tried(Air(rate=32_000, rtt_s=0.1), Guess(rate=24_000, rtt_s=0.1))
    assert share(found) >= 0.94 and ratio(found) <= 1.05
    assert max(queue_s(one) for one in found) < 0.25
    assert all(one.pair.caller.sent.lost_count == 0 for one in found)


def test_it_is_not_slowed_by_random_loss() -> None:
    """A fifth lost by chance costs a fifth, not the rate."""
    little, much = tried(Air(loss=0.02)), tried(Air(loss=0.2))
    assert share(little) >= 0.9 and ratio(little) <= 1.1
    assert share(much) >= 0.85 and ratio(much) <= 1.36


def test_it_is_not_slowed_by_jitter() -> None:
    """A fifth of a second to and fro is no queue."""
    air = Air(rate=8_000, rtt_s=1.2, jitter_s=0.2, loss=0.1)
    found = tried(air, Guess(rate=6_000, rtt_s=1.2))
    assert share(found) >= 0.87 and ratio(found) <= 1.22


def test_it_stands_bursts() -> None:
    """Seven datagrams in a row that vanish are repeated, and nothing else."""
    found = tried(Air(burst=(0.02, 0.14, 0.8)), payload=1_000_000)
    assert share(found) >= 0.8 and ratio(found) <= 1.3


def test_it_takes_disorder_for_no_loss() -> None:
    """Datagrams that overtake each other go once."""
    found = tried(Air(disorder_s=0.3))
    assert share(found) >= 0.88 and ratio(found) <= 1.07


def test_it_goes_on_after_outages() -> None:
    """Half of the time there is nothing; what is repeated is what flew."""
    air = Air(loss=0.02, up_s=20, down_s=40, first_s=10)
    found = tried(air)
    assert share(found) >= 0.85 and ratio(found) <= 1.2


def test_it_is_heard_again_soon_after_an_outage() -> None:
    """The first new bytes are there within three seconds of the link's return."""
    for back_s, up_s, down_s, first_s in ((25.0, 60, 15, 10), (70.0, 60, 60, 10)):
        air = Air(loss=0.02, up_s=up_s, down_s=down_s, first_s=first_s)
        result = transfer(air, 1, 1_000_000, LIKE_A)
        before = max(n for at, n in result.pair.arrivals if at < back_s)
        after_s = min(at for at, n in result.pair.arrivals if n > before + 16_384)
        assert after_s + 0.3 < back_s + 3


def test_it_spends_little_on_a_long_outage() -> None:
    """Ten minutes of asking into the silence cost less than a few dozen kilobytes."""
    world = World(Air(up_s=9999, down_s=600, first_s=5), 1)
    pair = Pair(world, 1_000_000, LIKE_A)
    pair.start()
    while world.now_s < 600:
        world.step()
    assert pair.up.sent_bytes - pair.arrived < 60_000


def test_it_is_quiet_where_nothing_is_left_to_say() -> None:
    """All is acknowledged: not one datagram more."""
    result = transfer(Air(), 1, 50_000, LIKE_A)
    pair, now_s = result.pair, result.pair.world.now_s
    later = [now_s + step for step in range(1, 300)]
    sent = [end.datagrams(at) for end in (pair.caller, pair.hub) for at in later]
    assert sum(map(len, sent)) <= 1


def test_it_follows_a_switch_of_the_carrier() -> None:
    """Old flows are dead for ever; a new socket goes on within seconds."""
    found = tried(Air(loss=0.02, switches_s=20))
    assert share(found) >= 0.75 and ratio(found) <= 1.2


def test_it_takes_what_is_there_when_the_road_widens() -> None:
    """Half of the rate for twenty seconds, then all of it."""
    air = Air(rate_at=lambda now_s: 8_000 if now_s < 20 else 16_000)
    result = transfer(air, 1, 600_000, LIKE_A)
    assert result.seconds <= 20 + (600_000 * 1.06 - 160_000) / 16_000 + 6
    assert result.pair.up.dropped == 0


def test_it_outlives_a_way_that_grows_longer() -> None:
    """A quarter of a second more each way looks like a queue, but not for ever."""
    result = transfer(Air(longer_from_s=20), 1, 1_000_000, LIKE_A)
    assert result.share >= 0.5


def beside(air: Air) -> tuple[float, float, float]:
    """Shares of the link: a download's from 45 s on, ours meanwhile, ours once it is over."""
    world = World(air, 1)
    pair = Pair(world, 1 << 40, Guess(rate=air.rate / 2, rtt_s=air.rtt_s))
    download = Download(world, pair.up, until_s=100)
    pair.start()
    world.at(30, download.turn)
    seen: dict[int, tuple[int, int]] = {}
    while world.now_s < 150:
        world.step()
        seen[int(world.now_s)] = (download.arrived, pair.arrived)
    theirs = (seen[99][0] - seen[45][0]) / 54 / air.rate
    ours = (seen[99][1] - seen[45][1]) / 54 / air.rate
    after = (seen[149][1] - seen[115][1]) / 34 / air.rate
    return theirs, ours, after


def test_it_makes_room_for_others_and_takes_it_back() -> None:
    """A download beside it has four fifths and more; all is ours again when it is over."""
    for air in (Air(), Air(rate=32_000, rtt_s=0.1, queue_bytes=48_000)):
        theirs, ours, after = beside(air)
        assert theirs >= 0.8 and ours >= 0.02 and after >= 0.85


def test_it_leaves_half_where_the_queue_is_short() -> None:
    """Eight datagrams of room: the other one still has clearly more than we."""
    theirs, ours, _ = beside(Air(queue_bytes=12_000))
    assert theirs > 1.2 * ours


def test_it_does_not_overdrive_a_queue_it_cannot_see() -> None:
    """Loss that grows with the rate is our own: two datagrams of room, no delay to see."""
    air = Air(rate=64_000, rtt_s=0.2, queue_bytes=3_100)
    result = transfer(air, 1, 3_000_000, Guess(rate=50_000, rtt_s=0.2))
    assert result.share >= 0.85 and result.ratio <= 1.6


def test_it_sends_smaller_ones_where_full_ones_vanish() -> None:
    """A tunnel that swallows what is too large and says nothing."""
    result = transfer(Air(size_max=1400), 1, 100_000, LIKE_A)
    assert result.ratio < 1.4


def test_it_is_the_same_each_time() -> None:
    """Nothing in it depends on more than what it is handed."""
    one, two = (transfer(Air(loss=0.2), 5, 100_000) for _ in range(2))
    assert (one.seconds, one.ratio) == (two.seconds, two.ratio)
