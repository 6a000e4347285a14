"""Who sits at which browser: kept in memory alone, so after a restart the PIN is asked again.

A session locks by itself after a while without a hand on it; a locked one knows who she
was, so that she only types her PIN and stands where she stood. Where an answer to a form
comes too late, its fields wait as a draft in the book (`drafts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

IDLE_S = 10 * 60.0
"""So long without a click, and the page asks for the PIN."""
WHOLE_S = 14 * 3600.0
"""No session outlives a long day."""
SESSIONS_MAX = 500
"""More browsers than any office has; the one unused longest goes first."""
SESSIONS_EACH = 20
"""Of one operator: who signs in again and again pushes out her own, not the others'."""


@dataclass(slots=True)
class Session:
    """One browser at which somebody signed in."""

    name: str
    """Random, 32 hexadecimal characters: the cookie's value."""
    operator: bytes
    desk: int
    opened_s: float
    seen_s: float
    is_locked: bool = False


class Sessions:
    """All of one node."""

    def __init__(
        self, monotonic_s: Callable[[], float], random: Callable[[int], bytes]
    ) -> None:
        self._monotonic_s, self._random = monotonic_s, random
        self._all: dict[str, Session] = {}

    def open(self, operator: bytes, desk: int) -> Session:
        """Begin one; the caller has checked the PIN."""
        now = self._monotonic_s()
        every = list(self._all.values())
        hers = [one for one in every if one.operator == operator]
        if len(hers) >= SESSIONS_EACH or len(every) >= SESSIONS_MAX:
            crowd = hers if len(hers) >= SESSIONS_EACH else every
            self.close(min(crowd, key=lambda one: one.seen_s).name)
        session = Session(self._random(16).hex(), operator, desk, now, now)
        self._all[session.name] = session
        return session

    def find(self, name: str) -> Session | None:
        """The session of this cookie, locked if it idled; None where it is no more."""
        session = self._all.get(name)
        if session is None:
            return None
        now = self._monotonic_s()
        if now - session.opened_s > WHOLE_S:
            self.close(name)
            return None
        if now - session.seen_s > IDLE_S:
            session.is_locked = True
        return session

    def touch(self, session: Session) -> None:
        """A person's hand was on this page just now."""
        session.seen_s = self._monotonic_s()

    def unlock(self, session: Session) -> None:
        """The PIN was typed again."""
        session.is_locked = False
        self.touch(session)

    def close(self, name: str) -> None:
        """Sign out."""
        self._all.pop(name, None)

    def live(self) -> list[Session]:
        """The sessions somebody sits at now."""
        return [one for name in list(self._all) if (one := self.find(name))]
