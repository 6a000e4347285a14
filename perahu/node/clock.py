"""The real clock: the machine's wall time, the site's calendar, and how far to trust both.

The hub's signed time never corrects the wall time; it only says whether it can be
believed (journal.md 2, row 5).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from perahu.journal.ports import Instant
from perahu.words import Refusal, Words

HUB_TIME_TOLERANCE_MS = 5 * 60 * 1000
"""A clock this near to the hub's is called as good as the hub's."""
HUB_TIME_FRESH_S = 24 * 3600.0
CLOCK_AHEAD_MAX_MS = 36 * 3600 * 1000
"""More than this ahead of the last hub time plus the time since: a person must look."""


@dataclass(frozen=True, slots=True)
class HubTime:
    """A signed time of the hub, and what this node's clocks showed when it came."""

    hub_ms: int
    wall_ms: int
    monotonic_s: float

    @property
    def offset_ms(self) -> int:
        """How far this node's wall clock is ahead of the hub's."""
        return self.wall_ms - self.hub_ms


class RealClock:
    """The wall clock and the timer of this machine, with the time zone of the site."""

    def __init__(
        self,
        zone: str,
        *,
        wall_s: Callable[[], float] = time.time,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.set_zone(zone)
        self._wall_s = wall_s
        self._monotonic_s = monotonic_s
        self._hub_time: HubTime | None = None

    def set_zone(self, zone: str) -> None:
        """Take the site's time zone, as the policy of the kabupaten names it."""
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Refusal(
                "unknown_zone",
                id=f"Zona waktu {zone!r} tidak dikenal; pakai misalnya Asia/Jakarta.",
                en=f"The time zone {zone!r} is not known; use for example Asia/Jakarta.",
            ) from error

    def now(self) -> Instant:
        """The wall time as it is shown, its quality, and the date at the site."""
        wall_s = self._wall_s()
        local = datetime.fromtimestamp(wall_s, UTC).astimezone(self._zone)
        quality = "hub" if self._agrees_with_hub() else "rtc"
        return Instant(wall_ms=int(wall_s * 1000), quality=quality, today=local.date())

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return self._monotonic_s()

    def hear_hub(self, hub_ms: int) -> HubTime:
        """Take note of a signed hub time that has just arrived."""
        heard = HubTime(hub_ms, int(self._wall_s() * 1000), self._monotonic_s())
        self._hub_time = heard
        return heard

    @property
    def hub_time(self) -> HubTime | None:
        """The last hub time heard since this process began."""
        return self._hub_time

    def doubt(self, last_event_ms: int, last_hub_ms: int | None = None) -> Words | None:
        """Why a person must confirm the date, or None when it can stand.

        `last_hub_ms` is a hub time kept from before this process began.
        """
        wall_ms = int(self._wall_s() * 1000)
        if wall_ms < last_event_ms:
            return _BEHIND
        if self._hub_time is not None:
            elapsed_ms = int((self._monotonic_s() - self._hub_time.monotonic_s) * 1000)
            expected = self._hub_time.hub_ms + elapsed_ms
            return _AHEAD if wall_ms > expected + CLOCK_AHEAD_MAX_MS else None
        if last_hub_ms is not None and wall_ms < last_hub_ms:
            return _BEHIND
        return None

    def _agrees_with_hub(self) -> bool:
        heard = self._hub_time
        if heard is None:
            return False
        age_s = self._monotonic_s() - heard.monotonic_s
        drift_ms = int(self._wall_s() * 1000) - heard.hub_ms - int(age_s * 1000)
        return age_s < HUB_TIME_FRESH_S and abs(drift_ms) <= HUB_TIME_TOLERANCE_MS


_BEHIND = Words(
    "Jam komputer ini lebih mundur dari catatan terakhir; pastikan tanggal dan jam dahulu.",
    "This computer's clock is behind the last record; confirm the date and time first.",
)
_AHEAD = Words(
    "Jam komputer ini jauh lebih maju dari jam kabupaten; pastikan tanggal dan jam dahulu.",
    "This computer's clock is far ahead of the hub's; confirm the date and time first.",
)
