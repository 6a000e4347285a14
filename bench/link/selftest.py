"""The link emulator measured by its own yardstick: does it do what a profile says?

    python -m bench.link.selftest [--json] [--seed N]

UDP and TCP probes through real labs, about a minute. The exit code is 1 where a figure
breaks its bound: then the machine is too busy for the figures of the road, too.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from bench.figures import Figure, show
from bench.link.counts import Counts, Way
from bench.link.engine import Side
from bench.link.lab import Lab, NeedsRoot
from bench.link.probes import QUICK, Arrival, send_evenly, streams
from bench.link.profiles import PROFILES, Profile
from bench.link.tcp_checks import switches, transfer

RATE_PERCENT_MAX = 1.0
RTT_MS_MAX = 3.0
SIGMAS_MAX = 3.0
EDGE_MS_MAX = 20.0

_FLAPPING = replace(QUICK, up_s=1.5, down_s=1.0, first_s=(0.5, 1.5))


def main() -> int:
    """Measure, show, and say whether all holds."""
    parser = argparse.ArgumentParser(prog="bench.link.selftest")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--seed", type=int, default=1)
    call = parser.parse_args()
    try:
        found = [figure for check in CHECKS for figure in check(call.seed)]
    except NeedsRoot as reason:
        print(f"{reason.words.id}\n{reason.words.en}", file=sys.stderr)
        return 2
    show(found, as_json=call.json)
    return 0 if all(figure.holds is not False for figure in found) else 1


def round_trips(seed: int) -> list[Figure]:
    """The round trip of small packets that never wait."""
    found = []
    for name in ("clean256", "loss2", "edge64"):
        profile = replace(PROFILES[name], jitter_s=0.0)
        ways = _delays(profile, seed, 0.1).values()
        worst = sum(max(abs(delay) for _, delay in way) for way in ways)
        words = f"round trip of {name}: farthest from {profile.rtt_s:g} s"
        found.append(Figure(f"rtt_{name}_ms", words, worst * 1000, "ms", RTT_MS_MAX))
    return found


def jitter(seed: int) -> list[Figure]:
    """The round trip of the profile that has jitter, and the order of its packets."""
    profile = PROFILES["edge64"]
    ways = _delays(profile, seed, 0.02).values()
    half_s = profile.jitter_s / 2
    beyond = sum(max(abs(delay) - half_s for _, delay in way) for way in ways)
    spread = sum(max(d for _, d in way) - min(d for _, d in way) for way in ways)
    disorder = sum(b < a for way in ways for (a, _), (b, _) in pairwise(way))
    return [
        Figure(
            "jitter_ms", "jitter of edge64 beyond ± 0.2 s", max(0.0, beyond * 1000),
            "ms", RTT_MS_MAX,
        ),
        Figure(
            "jitter_spread_s", "… its spread, of 0.4 s", spread, "s", 0.2, at_most=False
        ),
        Figure("jitter_order", "… packets out of order", disorder, "", 0),
    ]  # fmt: skip


def _delays(
    profile: Profile, seed: int, every_s: float
) -> dict[Side, list[tuple[int, float]]]:
    """What came each way: its number, and by how many seconds it came too late."""
    size = 100
    takes_s = profile.rtt_s / 2 + size * 8 / profile.rate_bit_s
    with Lab(profile, seed) as lab, streams(lab, size) as both:
        send_evenly(both, 4.0, every_s)
        time.sleep(profile.rtt_s + 0.5)
        return {
            side: [
                (one.number, one.came_s - one.sent_s - takes_s)
                for one in stream.arrivals()
            ]
            for side, stream in both.items()
        }


def rates(seed: int) -> list[Figure]:
    """What comes through when a third more is sent than the link carries."""
    found = []
    for name in ("clean256", "loss2", "edge64"):
        profile = replace(PROFILES[name], loss=0.0, jitter_s=0.0)
        size = 1200
        with Lab(profile, seed) as lab, streams(lab, size) as both:
            send_evenly(both, 4.0, size * 8 / profile.rate_bit_s / 1.33)
            time.sleep(profile.queue_bytes * 8 / profile.rate_bit_s + profile.rtt_s)
            arrivals = {side: stream.arrivals() for side, stream in both.items()}
            sent = {side: len(stream.sent_s) for side, stream in both.items()}
            counts = lab.counts()
        worst = max(_rate_error(came, size, profile) for came in arrivals.values())
        odd = _miscounted(counts, sent, arrivals, size)
        found += [
            Figure(
                f"rate_{name}_percent",
                f"rate of {name}: off {profile.rate_bit_s / 1000:g} kbit/s by",
                worst * 100,
                "%",
                RATE_PERCENT_MAX,
            ),
            Figure(f"count_{name}_bytes", "… bytes counted wrongly", odd, "B", 0),
        ]
    return found


def _rate_error(came: list[Arrival], size: int, profile: Profile) -> float:
    """By which share the rate from the first to the last packet is off."""
    span_s = came[-1].came_s - came[0].came_s
    expected_s = (len(came) - 1) * size * 8 / profile.rate_bit_s
    return abs(span_s - expected_s) / expected_s


def _miscounted(
    counts: Counts, sent: dict[Side, int], came: dict[Side, list[Arrival]], size: int
) -> int:
    """Bytes by which the counts differ from what was sent and what came."""
    total = 0
    for side, way in _ways(counts).items():
        lane = way.udp
        total += abs(lane.offered.bytes - sent[side] * size)
        total += abs(lane.delivered.bytes - len(came[side]) * size)
        total += abs(lane.under_way) * size
    return total


def _ways(counts: Counts) -> dict[Side, Way]:
    return {Side.HUB: counts.to_hub, Side.OFFICE: counts.to_office}


def losses(seed: int) -> list[Figure]:
    """How many are lost of thousands, in standard deviations from what should be."""
    found = []
    for name in ("loss2", "loss20", "edge64", "burst"):
        profile = replace(QUICK, loss=PROFILES[name].loss, burst=PROFILES[name].burst)
        with Lab(profile, seed) as lab, streams(lab, 64) as both:
            send_evenly(both, 3.0, 0.004, at_once=8)
            time.sleep(0.2)
            arrived = {side: len(one.arrivals()) for side, one in both.items()}
            sent = len(both[Side.HUB].sent_s)
        sigma = deviation(profile, sent)
        worst = max(abs(1 - n / sent - profile.mean_loss) for n in arrived.values())
        words = f"loss of {name}: off {profile.mean_loss:.0%} by"
        found.append(
            Figure(f"loss_{name}_sigmas", words, worst / sigma, "sigma", SIGMAS_MAX)
        )
    return found


def deviation(profile: Profile, count: int) -> float:
    """The standard deviation of the share lost among so many packets."""
    mean = profile.mean_loss
    spread = mean * (1 - mean)
    if (burst := profile.burst) is not None:
        # The state of the air remembers: its covariances are a geometric series.
        turn = burst.into_bad + burst.out_of_bad
        bad = burst.into_bad / turn
        step = burst.loss_bad - burst.loss_good
        spread += 2 * step * step * bad * (1 - bad) * (1 - turn) / turn
    return math.sqrt(spread / count)


def schedule(seed: int) -> list[Figure]:
    """Where packets stop and come again, beside what the timeline says."""
    every_s, one_way_s = 0.004, _FLAPPING.rtt_s / 2
    with Lab(_FLAPPING, seed) as lab, streams(lab, 64) as both:
        send_evenly(both, 6.0, every_s)
        time.sleep(0.1)
        came = [stream.arrivals() for stream in both.values()]
        events, counts = lab.timeline(), lab.counts()
    worst = 0.0
    for arrivals in came:
        for event in events[1:]:
            if event.what == "down":
                last = max(one.came_s for one in arrivals if one.sent_s < event.at_s)
                worst = max(worst, abs(event.at_s - last))
            else:
                late = [one for one in arrivals if one.sent_s > event.at_s - one_way_s]
                worst = max(worst, abs(late[0].sent_s - event.at_s))
    gaps = [b.at_s - a.at_s for a, b in pairwise(events[1:])]
    ideal = [_FLAPPING.down_s, _FLAPPING.up_s] * len(gaps)
    off = max(abs(gap - one) for gap, one in zip(gaps, ideal, strict=False))
    down = sum(way.udp.outage.packets for way in _ways(counts).values())
    return [
        Figure("edge_ms", "edges of outages off by", worst * 1000, "ms", EDGE_MS_MAX),
        Figure("edge_gap_ms", "… their lengths off by", off * 1000, "ms", 1.0),
        Figure(
            "edge_count", "… outages and ends seen", len(gaps), "", 3, at_most=False
        ),
        Figure("edge_dropped", "… packets dropped", down, "", 100, at_most=False),
    ]


def queue(seed: int) -> list[Figure]:
    """A burst that is far too large: what is taken, beside the queue's bytes."""
    profile, size = PROFILES["clean256"], 1000
    with Lab(profile, seed) as lab, streams(lab, size) as both:
        stream = both[Side.HUB]
        stream.send(150)
        took_s = stream.sent_s[-1] - stream.sent_s[0]
        time.sleep(profile.queue_bytes * 8 / profile.rate_bit_s + 0.5)
        taken = len(stream.arrivals()) * size
        dropped = lab.counts().to_hub.udp.queue.packets
    sent_meanwhile = took_s * profile.rate_bit_s / 8
    off = abs(taken - profile.queue_bytes) - sent_meanwhile
    return [
        Figure("queue_bytes", "queue of clean256 off by", max(0.0, off), "B", size),
        Figure(
            "queue_dropped", "… packets that came or were dropped, of 150",
            taken / size + dropped, "", 150, at_most=False,
        ),
    ]  # fmt: skip


CHECKS: tuple[Callable[[int], list[Figure]], ...] = (
    round_trips, jitter, rates, losses, schedule, queue, switches, transfer,
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
