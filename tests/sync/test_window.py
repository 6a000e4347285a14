"""The window: enough on a slow link, large on a fast one, and never fooled by the peer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perahu.sync import limits
from perahu.sync.window import Window


def _settle(rate_bytes_s: float, rtt_s: float, seconds: float = 25.0) -> Window:
    """A sender on an ideal link of this rate and round trip."""
    window, now_s, line_free_s = Window(), 0.0, 0.0
    flying: list[tuple[float, int]] = []
    while now_s < seconds:
        while window.is_open:
            window.sent(16_384, now_s)
            line_free_s = max(line_free_s, now_s) + 16_384 / rate_bytes_s
            flying.append((line_free_s + rtt_s, window.sent_bytes))
        now_s, total = flying.pop(0)
        assert window.acked(total, now_s)
    return window


def test_it_works() -> None:
    """It starts at the first window and opens as bytes are acknowledged."""
    window = Window()
    assert (window.is_open, window.size_bytes) == (True, limits.WINDOW_START_BYTES)
    window.sent(limits.WINDOW_START_BYTES, 0.0)
    assert (window.is_open, window.acked(40_000, 0.5)) == (False, True)
    assert window.flying_bytes == limits.WINDOW_START_BYTES - 40_000


def test_it_never_starves_a_slow_link() -> None:
    """At 64 kbit/s it is as small as it gets, and still many chunks: the link's own window
    (tcp_flow.py) keeps the queue short."""
    window = _settle(8_000, 0.6)
    assert window.size_bytes == limits.WINDOW_BYTES_MIN >= 4 * limits.CHUNK_BYTES


def test_it_grows_on_a_fast_link() -> None:
    """At 20 Mbit/s and 0.6 s it fills the link, far beyond the first window."""
    window = _settle(2_500_000, 0.6)
    assert window.size_bytes >= 1_200_000


def test_it_does_not_believe_too_much() -> None:
    """An ack of more than was sent is a lie; an old one is no news."""
    window = Window()
    window.sent(100, 0.0)
    assert not window.acked(101, 1.0)
    assert window.acked(100, 1.0) and window.acked(50, 2.0)
    assert window.acked_bytes == 100


@given(st.lists(st.tuples(st.integers(1, 100_000), st.floats(0.001, 60)), max_size=40))
def test_it_stays_within_its_limits(steps: list[tuple[int, float]]) -> None:
    """Whatever the link does, the window is neither nothing nor everything."""
    window, now_s = Window(), 0.0
    for size, wait_s in steps:
        window.sent(size, now_s)
        now_s += wait_s
        assert window.acked(window.sent_bytes, now_s)
        assert limits.WINDOW_BYTES_MIN <= window.size_bytes <= limits.WINDOW_BYTES_MAX
