"""A node's clock in the simulator: the real one, fed with a wall time that goes wrong.

It may drift, jump by years, stand still, begin at 1970 after a dead battery, or show the
time of the next zone. The timer (`monotonic_s`) is apart from it and never goes back.
"""

from __future__ import annotations

from collections.abc import Callable

from perahu.node.clock import RealClock

YEAR_S = 365.25 * 86400
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


class Wall:
    """The wall time of one machine, as far from the true one as its faults make it."""

    def __init__(self, true_s: Callable[[], float]) -> None:
        self._true_s = true_s
        self.offset_s = 0.0
        self.drift = 0.0
        """Seconds gained in a second."""
        self._since_s = true_s()
        self._stuck_s: float | None = None

    def __call__(self) -> float:
        """What the machine shows now."""
        if self._stuck_s is not None:
            return self._stuck_s
        now_s = self._true_s()
        return now_s + self.offset_s + self.drift * (now_s - self._since_s)

    def drifts(self, rate: float) -> None:
        """From now on it gains so many seconds in a second."""
        shown_s, now_s = self(), self._true_s()
        self.offset_s, self.drift, self._since_s = shown_s - now_s, rate, now_s

    def jumps(self, by_s: float) -> None:
        """It is set, or sets itself, forward or back."""
        self._stuck_s = None
        self.offset_s += by_s

    def begins_at(self, wall_s: float) -> None:
        """The battery is dead: after a start it shows this time and goes on from there."""
        self._stuck_s, self.drift = None, 0.0
        self.offset_s = wall_s - self._true_s()

    def sticks(self) -> None:
        """It stands still."""
        self._stuck_s = self()

    def is_set_right(self) -> None:
        """Somebody set it."""
        self.offset_s = self.drift = 0.0
        self._stuck_s = None


def clock_of(wall: Wall, true_s: Callable[[], float], zone: str) -> RealClock:
    """The production clock over this wall time; its timer is the world's own time."""
    return RealClock(zone, wall_s=wall, monotonic_s=true_s)
