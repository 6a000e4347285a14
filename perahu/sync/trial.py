"""Whether the other kind of road is worth a try, and whether it was worth it.

Road A carries; once it was measured for a while and much still waits, road B is tried over
the same carrier. What is kept is what carried more; where nobody answers over B, A goes on
and B is left alone for this exchange. A road that was better last time is tried at once.
"""

from __future__ import annotations

from dataclasses import replace

from perahu.sync import limits
from perahu.sync.links import PACED, TLS, Link, Roads
from perahu.sync.passage import Passage


class Trial:
    """The one try of one exchange."""

    def __init__(self) -> None:
        self._measured: Passage | None = None
        self._began_s = 0.0
        self._began_bytes = 0
        self._rate_before = 0.0
        self._is_over = False
        self._is_tried = False

    def link(self, passage: Passage, roads: Roads, now_s: float) -> Link | None:
        """The link to change over to now; None while there is no reason to."""
        if self._is_over or not passage.session.is_greeted:
            return None
        if passage is not self._measured:
            self._measured, self._began_s = passage, now_s
            self._began_bytes = passage.confirmed_bytes
        if passage.link.kind == TLS and not self._is_tried:
            return self._faster(passage, roads, now_s)
        if passage.link.kind == PACED and self._rate_before:
            return self._back(passage, roads, now_s)
        return None

    def failed(self) -> None:
        """Nobody answered, or it broke: no more of it in this exchange."""
        self._is_over = True

    def _faster(self, passage: Passage, roads: Roads, now_s: float) -> Link | None:
        span_s = now_s - self._began_s
        sight = passage.link.sight()
        # Where much is lost road B is far ahead: each second of waiting is a second lost.
        is_lossy = sight.loss >= limits.TRIAL_LOSS
        is_preferred = is_lossy or roads.prefers_paced(passage.link)
        enough_s = max(
            limits.TRIAL_S, limits.TRIAL_RTTS * passage.session.progress.rtt_s
        )
        if span_s < enough_s and not is_preferred:
            return None
        rate = (passage.confirmed_bytes - self._began_bytes) / max(span_s, 0.1)
        left_bytes = passage.session.queued_bytes
        is_long = left_bytes > enough_s * rate and rate < limits.TRIAL_RATE_MAX
        if left_bytes < limits.TRIAL_BYTES_MIN or not (is_long or is_preferred):
            # Looked at again when another such span is over.
            self._measured = None if span_s >= enough_s else self._measured
            return None
        key = passage.session.road_key()
        self._is_tried = True
        if key is None or not key.port:
            return None
        self._rate_before = rate if span_s >= limits.TRIAL_S / 2 else 0.0
        link = roads.faster(passage.link, key)
        if link is not None:
            link.begin_like(replace(sight, rate_bytes_s=self._rate_before))
        return link

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
