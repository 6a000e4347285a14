"""Whether the other kind of road is worth a try, and whether it was worth it.

Road A carries; once it was measured for a while and much still waits, road B is tried over
the same carrier. What is kept is what carried more; where nobody answers over B, A goes on
and B is left alone for this exchange. A road that was better last time is tried at once.
"""

from __future__ import annotations

from dataclasses import replace

from perahu.sync import limits
from perahu.sync.links import PACED, TLS, Link, Roads, Sight
from perahu.sync.passage import Passage

_LOOK_S = 0.2
_HELD_BACK_MAX = 0.5
_LOSS_MIN, _NEAR_S = 0.005, 0.25
"""Where the kernel of road A repeats less over so short a round trip, road A carries as
much, and a change costs. (On a longer one nothing was lost yet for want of time.)"""
_UNKNOWN_S, _UNKNOWN_RTTS = 1.5, 3
"""How long road A gets only one chunk while its kernel has no figure yet."""
_BURST_SHARE = 0.6
"""Of the kernel's figure, which is of its best round trip: jitter alone makes that better."""


class Trial:
    """The one try of one exchange."""

    def __init__(self) -> None:
        self._measured: Passage | None = None
        self._began_s = 0.0
        self._began_bytes = 0
        self._rate_before = self._rate_seen = 0.0
        self._is_over = False
        self._is_tried = False
        self._look_s = 0.0
        self._is_waiting = False
        """Road A has one chunk, and no more before it is known what it carries."""

    def link(self, passage: Passage, roads: Roads, now_s: float) -> Link | None:
        """The link to change over to now; None while there is no reason to."""
        if self._is_over or not passage.session.is_greeted:
            return None
        if passage is not self._measured:
            self._measured, self._began_s = passage, now_s
            self._began_bytes = passage.confirmed_bytes
        if passage.link.kind == TLS and not self._is_tried:
            found = self._faster(passage, roads, now_s)
            self._hold(passage, now_s, is_tried=found is not None)
            return found
        if passage.link.kind == PACED and self._rate_before:
            return self._back(passage, roads, now_s)
        return None

    def _hold(self, passage: Passage, now_s: float, *, is_tried: bool) -> None:
        """One chunk tells what road A carries; what follows would go twice at a change."""
        session = passage.session
        limit_s = max(_UNKNOWN_S, _UNKNOWN_RTTS * session.progress.rtt_s)
        is_known = passage.link.sight().rate_bytes_s or now_s - self._began_s > limit_s
        if is_tried or is_known:
            if self._is_waiting and not is_tried:
                session.go_on()
            self._is_waiting = False
            return
        if self._is_waiting or session.window.flying_bytes < limits.CHUNK_BYTES:
            return
        key = session.road_key()
        is_much = session.sending.queued_bytes() >= limits.TRIAL_BYTES_MIN
        if key is not None and key.port and is_much:
            self._is_waiting = True
            session.pause()

    def failed(self) -> None:
        """Nobody answered, or it broke: no more of it in this exchange."""
        self._is_over = True

    def _faster(self, passage: Passage, roads: Roads, now_s: float) -> Link | None:
        """Road B, once it is known what road A carries and much is left."""
        if now_s < self._look_s:
            return None
        self._look_s = now_s + _LOOK_S
        left_bytes = passage.session.sending.queued_bytes()
        if left_bytes < limits.TRIAL_BYTES_MIN:
            return None
        is_preferred = roads.prefers_paced(passage.link)
        sight = passage.link.sight()
        rate, before = self._rates(passage, sight, now_s)
        is_good = sight.loss < _LOSS_MIN and 0 < sight.rtt_s < _NEAR_S
        is_slow = 0 < rate <= limits.TRIAL_RATE_MAX and not is_good
        is_long = left_bytes > limits.TRIAL_LEFT_S * rate
        key = passage.session.road_key()
        if not (is_preferred or (is_slow and is_long)) or key is None or not key.port:
            return None
        self._is_tried, self._rate_before = True, before
        self._rate_seen = rate
        return roads.faster(passage.link, key)

    def tell(self, link: Link, passage: Passage) -> None:
        """Road A has said all it had: by now its kernel knows it better than before."""
        if link.kind != PACED:
            return
        sight = passage.link.sight()
        # Loss holds TCP back by more than what is lost.
        held_back = 1 - min(_HELD_BACK_MAX, 2 * sight.loss)
        rate = max(self._rate_seen, sight.rate_bytes_s) / held_back
        self._rate_before = max(self._rate_before, _BURST_SHARE * sight.rate_bytes_s)
        link.begin_like(replace(sight, rate_bytes_s=rate))

    def _rates(
        self, passage: Passage, sight: Sight, now_s: float
    ) -> tuple[float, float]:
        """What road A carries, and what road B must come near to.

        The kernel measures it over the first round trips; where it does not, and where
        there was time, what was confirmed counts.
        """
        rtt_s, span_s = passage.session.progress.rtt_s, now_s - self._began_s
        if span_s < max(limits.TRIAL_S, limits.TRIAL_RTTS * rtt_s):
            return sight.rate_bytes_s, _BURST_SHARE * sight.rate_bytes_s
        rate = (passage.confirmed_bytes - self._began_bytes) / span_s
        return rate, rate

    def _back(self, passage: Passage, roads: Roads, now_s: float) -> Link | None:
        span_s = now_s - self._began_s
        rtt_s = passage.session.progress.rtt_s
        if span_s < max(limits.TRIAL_JUDGED_S, limits.TRIAL_JUDGED_RTTS * rtt_s):
            return None
        rate = (passage.confirmed_bytes - self._began_bytes) / span_s
        self._is_over = True
        if rate >= limits.TRIAL_SHARE_MIN * self._rate_before:
            return None
        found = roads.first()
        return found if found.kind == TLS else None
