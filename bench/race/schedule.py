"""When a link will be up, known beforehand from its profile and seed."""

from __future__ import annotations

import random

from bench.link.counts import Event, up_between_s
from bench.link.engine import Link, Side
from bench.link.profiles import Profile
from bench.race.load import QUEUED_BYTES_MIN, SMALL_BYTES

HORIZON_S = 3600.0
CALM_BEFORE_S, CALM_AFTER_S = 4.0, 15.0
"""Small facts are stated when the link has been up for a little and stays up: what an
outage costs is measured apart, as the time until the first new bytes."""
CAP_FACTOR, CAP_EXTRA_S = 2.0, 30.0
_PACKET = bytes([0x45, 0, 0, 20]) + bytes(4) + bytes([64, 17]) + bytes(10)


def schedule(profile: Profile, seed: int) -> tuple[Event, ...]:
    """How the link will change, in seconds after its first packet."""
    link = Link(profile, random.Random(seed))
    link.offer(0.0, Side.HUB, _PACKET)
    link.snapshot(HORIZON_S)
    return tuple(link.timeline)


def expected_s(profile: Profile, seed: int, payload_bytes: int) -> float:
    """Wall time for a sender who wastes nothing, outages included."""
    limit_s, events = profile.limit_s(payload_bytes), schedule(profile, seed)
    low, high = limit_s, HORIZON_S
    assert up_between_s(events, 0.0, high) >= limit_s, "the link is hardly ever up"
    while high - low > 0.01:
        middle = (low + high) / 2
        if up_between_s(events, 0.0, middle) < limit_s:
            low = middle
        else:
            high = middle
    return high


def cap_s(profile: Profile, seed: int, payload_bytes: int) -> float:
    """How long a contender may take."""
    return CAP_FACTOR * expected_s(profile, seed, payload_bytes) + CAP_EXTRA_S


def small_at_s(profile: Profile, seed: int, payload_bytes: int) -> float:
    """When the small facts are stated: a quarter through, moved to a calm stretch.

    Nobody can have sent more by then than the link carried, so enough still waits.
    """
    events = schedule(profile, seed)
    at_s = expected_s(profile, seed, payload_bytes // 4)
    while not _is_calm(events, at_s):
        at_s += 0.25
    carried = up_between_s(events, 0.0, at_s) * profile.rate_bit_s / 8
    waiting = payload_bytes - SMALL_BYTES - carried
    assert waiting >= QUEUED_BYTES_MIN, "too late to matter"
    return at_s


def _is_calm(events: tuple[Event, ...], at_s: float) -> bool:
    """No change of the link from a little before until a while after; and it is up."""
    since_s, until_s = max(0.0, at_s - CALM_BEFORE_S), at_s + CALM_AFTER_S
    is_quiet = not any(since_s < event.at_s < until_s for event in events)
    return is_quiet and up_between_s(events, at_s, until_s) > 0
