"""Our window over TCP: a slow link is busy, its queue is short, an outage fools nobody."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from perahu.node.tcp_flow import Counts, Flow


@dataclass
class Line:
    """An ideal link: what is more than it holds waits before it."""

    rate_bytes_s: float
    rtt_s: float
    flow: Flow = field(default_factory=Flow)
    now_s: float = 100.0
    delivered: float = 0.0

    @property
    def queue_s(self) -> float:
        """How long what waits before the link will take."""
        held = self.rate_bytes_s * self.rtt_s
        return max(0.0, self.flow.window_bytes - held) / self.rate_bytes_s

    def go(self, seconds: float) -> float:
        """Let it run with a window that is always used; gives the share of the rate."""
        began, until_s = self.delivered, self.now_s + seconds
        while self.now_s < until_s:
            seen_s = self.rtt_s + self.queue_s
            rate = min(self.rate_bytes_s, self.flow.window_bytes / seen_s)
            self.now_s += 0.05
            self.delivered += rate * 0.05
            self.look(seen_s)
        return (self.delivered - began) / seconds / self.rate_bytes_s

    def look(self, seen_s: float) -> None:
        """What the kernel would tell now."""
        counts = Counts(seen_s, self.rtt_s, self.flow.window_bytes, int(self.delivered))
        self.flow.look(counts, self.now_s)


@pytest.mark.parametrize(
    ("rate_bytes_s", "rtt_s"), [(8_000, 1.2), (16_000, 0.6), (32_000, 0.1)]
)
def test_it_works(rate_bytes_s: float, rtt_s: float) -> None:
    """After a few seconds the link is full and little waits before it."""
    line = Line(rate_bytes_s, rtt_s)
    line.go(20)
    assert line.go(20) >= 0.97
    assert 0.05 <= line.queue_s <= 1.2


def test_it_lets_a_fast_link_be() -> None:
    """Where nobody waits long TCP's own control is enough."""
    line = Line(2_000_000, 0.05)
    line.go(20)
    assert line.flow.is_fast
    assert line.flow.room_bytes(10_000_000, 0) > 1_000_000


def test_it_makes_way_for_others() -> None:
    """A standing queue of somebody else's makes it smaller, not larger."""
    line = Line(16_000, 0.6)
    line.go(20)
    before = line.flow.window_bytes
    for _ in range(100):
        line.now_s += 0.3
        line.delivered += 2_400
        line.look(1.9)
    assert line.flow.window_bytes < before


def test_it_is_not_fooled_by_an_outage() -> None:
    """One round trip of half a minute is no queue: the window stays."""
    line = Line(16_000, 0.6)
    line.go(20)
    before = line.flow.window_bytes
    line.now_s += 30
    for seen_s in (4.9, 4.4, 3.9, 3.5, 3.1):
        line.now_s += 0.2
        line.look(seen_s)
    assert line.flow.window_bytes >= before * 0.9


def test_it_starts_where_an_earlier_connection_was() -> None:
    """A window that was found once need not be sought again."""
    assert Flow(30_000).window_bytes == 30_000
    line = Line(16_000, 0.6, Flow(20_000))
    assert line.go(5) >= 0.95
