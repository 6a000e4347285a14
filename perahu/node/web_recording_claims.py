"""Who works on whom at this node's desks: in memory, so that it never outlives a power cut.

A claim is no lock of the book: it keeps two desks from editing one person unknowingly. A
desk that shows nothing for a while has let go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from perahu.web.recording.ports import Claim, Sitter

CLAIM_IDLE_S = 15 * 60.0
"""A desk that asked for no page of a person for so long does not work on them any more."""
CLAIMS_MAX = 200
"""More persons than stand before all desks of an office."""


@dataclass(slots=True)
class _Held:
    claim: Claim
    seen_s: float


class Claims:
    """All of one node."""

    def __init__(
        self, monotonic_s: Callable[[], float], wall_ms: Callable[[], int]
    ) -> None:
        self._monotonic_s, self._wall_ms = monotonic_s, wall_ms
        self._held: dict[bytes, _Held] = {}
        self._lock = threading.Lock()

    def holder(self, person: bytes, sitter: Sitter) -> Claim | None:
        """Who else works on this person now."""
        with self._lock:
            held = self._live(person)
            is_mine = held is None or held.claim.sitter.session == sitter.session
            return None if held is None or is_mine else held.claim

    def claim(self, person: bytes, sitter: Sitter) -> Claim | None:
        """Work on this person from here; None where that is so now, else who does."""
        with self._lock:
            held = self._live(person)
            if held is None:
                self._put(person, Claim(sitter=sitter, since_ms=self._wall_ms()))
                return None
            if held.claim.sitter.session != sitter.session:
                return held.claim
            held.seen_s = self._monotonic_s()
            return None

    def take_over(self, person: bytes, sitter: Sitter) -> None:
        """Work on this person from here, whoever did before."""
        with self._lock:
            held = self._held.get(person)
            before = "" if held is None else held.claim.sitter.session
            if before != sitter.session:
                since_ms = self._wall_ms()
                claim = Claim(sitter=sitter, since_ms=since_ms, taken_from=before)
                self._put(person, claim)

    def let_go(self, person: bytes, sitter: Sitter) -> None:
        """Work on this person no more."""
        with self._lock:
            held = self._held.get(person)
            if held is not None and held.claim.sitter.session == sitter.session:
                del self._held[person]

    def _live(self, person: bytes) -> _Held | None:
        held = self._held.get(person)
        is_idle = held and self._monotonic_s() - held.seen_s > CLAIM_IDLE_S
        return None if is_idle else held

    def _put(self, person: bytes, claim: Claim) -> None:
        self._held.pop(person, None)
        while len(self._held) >= CLAIMS_MAX:
            del self._held[min(self._held, key=lambda one: self._held[one].seen_s)]
        self._held[person] = _Held(claim, self._monotonic_s())
