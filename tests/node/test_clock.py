"""The real clock: the site's date, and when its time may be believed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from perahu.node.clock import RealClock
from perahu.words import Refusal

HOUR_S = 3600.0


class Hands:
    """The two clocks of a machine, moved by the test."""

    def __init__(self, when: datetime) -> None:
        self.wall = when.timestamp()
        self.timer = 0.0

    def pass_s(self, seconds: float) -> None:
        """Let true time pass."""
        self.wall += seconds
        self.timer += seconds

    def clock(self, zone: str = "Asia/Jakarta") -> RealClock:
        """A clock with these hands."""
        return RealClock(zone, wall_s=lambda: self.wall, monotonic_s=lambda: self.timer)


def test_it_works() -> None:
    """At 23:30 UTC it is already tomorrow at Enggano."""
    hands = Hands(datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    assert hands.clock().now().today == date(2026, 11, 22)
    assert hands.clock("UTC").now().today == date(2026, 11, 21)
    assert hands.clock().now().quality == "rtc"


def test_it_survives_the_year_1970_and_before() -> None:
    """A machine without a battery shows 1970; it is shown as it is."""
    hands = Hands(datetime(1970, 1, 1, tzinfo=UTC))
    assert hands.clock().now().today == date(1970, 1, 1)
    hands.wall = -86400.0
    assert hands.clock().now().wall_ms == -86_400_000


def test_it_is_as_good_as_the_hubs_while_both_agree() -> None:
    """The quality is "hub" near the hub's time, and falls back when it jumps or ages."""
    hands = Hands(datetime(2026, 11, 21, tzinfo=UTC))
    clock = hands.clock()
    clock.hear_hub(int(hands.wall * 1000) - 2000)
    assert clock.now().quality == "hub"
    hands.pass_s(HOUR_S)
    assert clock.now().quality == "hub"
    hands.wall += HOUR_S
    assert clock.now().quality == "rtc"
    hands.wall -= HOUR_S
    hands.pass_s(25 * HOUR_S)
    assert clock.now().quality == "rtc"


def test_it_never_takes_over_the_hubs_time() -> None:
    """A hub that is a year wrong moves no clock."""
    hands = Hands(datetime(2026, 11, 21, tzinfo=UTC))
    clock = hands.clock()
    before = clock.now()
    heard = clock.hear_hub(before.wall_ms + 365 * 86_400_000)
    assert clock.now() == before and heard.offset_ms == -365 * 86_400_000


def test_it_asks_a_person_about_a_clock_that_went_back() -> None:
    """A wall time before the last record, or before a hub time kept, is doubted."""
    hands = Hands(datetime(2026, 11, 21, tzinfo=UTC))
    clock, now_ms = hands.clock(), int(hands.wall * 1000)
    assert clock.doubt(now_ms - 1) is None
    assert clock.doubt(now_ms + 1) is not None
    assert clock.doubt(0, last_hub_ms=now_ms + 1) is not None


def test_it_asks_a_person_about_a_clock_that_ran_ahead() -> None:
    """Two days ahead of what the hub's time allows is doubted; one day is not."""
    hands = Hands(datetime(2026, 11, 21, tzinfo=UTC))
    clock = hands.clock()
    clock.hear_hub(int(hands.wall * 1000))
    hands.pass_s(HOUR_S)
    hands.wall += 24 * HOUR_S
    assert clock.doubt(0) is None
    hands.wall += 24 * HOUR_S
    assert clock.doubt(0) is not None


def test_it_refuses_an_unknown_zone() -> None:
    """A zone that does not exist is refused in one sentence."""
    with pytest.raises(Refusal, match="unknown_zone"):
        RealClock("Asia/Atlantis")
