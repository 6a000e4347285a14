"""Loss that we make ourselves: a queue too short to be seen, or somebody who polices.

Random loss is no reason to be slower. Loss that goes away when we are a little slower is:
then more is not brought by sending more. So,

- never faster than a quarter more than what arrived lately would need;
- where much is lost, try once in a while to be slower for some hundred datagrams: if
  less is lost then, the rate stays there and creeps up; if not, loss is the weather.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_PERIOD_PACKETS = 24
_PERIODS = 20
_PERIODS_MIN = 3
"""Periods that say what arrives at best; no judgement before the fewest."""
_HEADROOM = 1.3
_WEATHER_MAX = 0.15
_HARMLESS = 0.04
"""Where so little is lost nothing is too fast."""
_TRIED_PACKETS = 96
"""Datagrams that a judgement takes, before the try and within it."""
_SUSPECT = 0.14
"""Loss above the weather's that is worth a try."""
_TRY_SHARE = 0.85
_LESS = 0.09
"""So much less is lost when we are slower by that share and it was our own doing."""
_SEEN_SHARE = 0.2
"""A queue that is seen so often is one."""
_TRIES = 2
"""Tries in a row that must agree: bad weather comes and goes too."""
_CREEP = 1.01
_FIRST_TRY_S, _TRY_S_MAX = 15.0, 240.0


@dataclass(slots=True)
class _Tally:
    """Datagrams whose fate is known."""

    began_s: float
    acked: int = 0
    lost: int = 0
    acked_bytes: int = 0

    @property
    def count(self) -> int:
        return self.acked + self.lost

    @property
    def loss(self) -> float:
        return self.lost / max(1, self.count)


class Overflow:
    """Watches losses and says how fast is too fast."""

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        """Only what was sent since then counts: an outage is no overflow."""
        self._period = _Tally(now_s)
        self._long = _Tally(now_s)
        self._best: deque[float] = deque(maxlen=_PERIODS)
        self._last_loss = self._weather = 0.0
        """The least loss of a period lately: nobody's fault."""
        self._believed = 0.0
        """Loss that a try has shown to be the weather."""
        self._tried_loss: float | None = None
        """The loss before the try that is on."""
        self._agreed = 0
        self._next_try_s = now_s + _FIRST_TRY_S
        self._pause_s = _FIRST_TRY_S
        self._ceiling = float("inf")
        self._seen = self._looks = 0
        """How often a queue was seen, and looked for, since the last judgement."""

    def look(self, *, has_queue: bool) -> None:
        """Whether datagrams wait in a queue now: who queues them does not police."""
        self._looks += 1
        self._seen += has_queue

    def broke(self, now_s: float) -> None:
        """An outage: what was on the road then does not count."""
        self._since_s = now_s
        self._period, self._long = _Tally(now_s), _Tally(now_s)
        self._tried_loss = None

    @property
    def limit(self) -> float:
        """The rate not to exceed."""
        if len(self._best) < _PERIODS_MIN or self._last_loss < _HARMLESS:
            return self._ceiling
        needed = max(self._best) / (1 - self._weather)
        return min(self._ceiling, _HEADROOM * needed)

    def add(
        self,
        sent_s: list[tuple[float, int]],
        lost_s: list[float],
        now_s: float,
        rate: float,
    ) -> None:
        """Take in when those acknowledged (with their bytes) and those lost were sent."""
        acked = [size for at, size in sent_s if at >= self._since_s]
        lost = sum(at >= self._since_s for at in lost_s)
        for tally in (self._period, self._long):
            tally.acked += len(acked)
            tally.acked_bytes += sum(acked)
            tally.lost += lost
        if self._period.count >= _PERIOD_PACKETS:
            self._end_period(now_s)
        if self._long.count >= _TRIED_PACKETS:
            self._judge(now_s, rate)

    def _end_period(self, now_s: float) -> None:
        period, self._period = self._period, _Tally(now_s)
        if now_s > period.began_s:
            self._best.append(period.acked_bytes / (now_s - period.began_s))
        self._last_loss = period.loss
        # What the weather was at best is forgotten slowly.
        self._weather = min(period.loss, self._weather + 0.01, _WEATHER_MAX)
        self._ceiling *= _CREEP

    def _judge(self, now_s: float, rate: float) -> None:
        tally, self._long = self._long, _Tally(now_s)
        has_queue = self._seen > _SEEN_SHARE * self._looks
        self._seen = self._looks = 0
        if self._tried_loss is not None:
            self._end_try(tally.loss, now_s)
        elif (
            not has_queue
            and now_s >= self._next_try_s
            and tally.loss > self._believed + _SUSPECT
        ):
            self._tried_loss = tally.loss
            self._ceiling = _TRY_SHARE * min(rate, self.limit)
            # What is on the road was sent before the try.
            self._since_s = now_s

    def _end_try(self, loss: float, now_s: float) -> None:
        assert self._tried_loss is not None
        is_ours = loss < self._tried_loss - _LESS
        self._tried_loss = None
        self._agreed = self._agreed + 1 if is_ours else 0
        if self._agreed == _TRIES:
            # Another step down follows at once where there is still loss to lose.
            self._agreed = _TRIES - 1
            self._next_try_s, self._pause_s = now_s, _FIRST_TRY_S
            return
        self._ceiling = float("inf")
        if is_ours:
            self._next_try_s = now_s
            return
        self._believed = max(self._believed, loss)
        self._pause_s = min(_TRY_S_MAX, 2 * self._pause_s)
        self._next_try_s = now_s + self._pause_s
