"""Slow browsers wait by themselves: what they send is read before a page is worked on.

Few threads work on pages; a form that trickles in, or an answer that is fetched byte by
byte, would hold one of them for as long as a stranger likes. So each connection has a
thread of its own to send and fetch with, one address only so many, and the pages' turns
are taken in between.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

from perahu.web.routes import FORM_BYTES_MAX

TURNS = 4
"""Requests that are worked on at the same time."""
HANDS = 64
"""Requests whose browsers may be slow at the same time."""
HANDS_EACH = 16
"""Of one address: ten desks may sit behind one."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Turns:
    """A WSGI application that lets another one have whole requests, a few at a time."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._turns = threading.Semaphore(TURNS)
        self._lock = threading.Lock()
        self._hands: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer one request."""
        address = environ.get("REMOTE_ADDR", "")
        if not self._took_hand(address):
            start("503 Service Unavailable", [("Retry-After", "5")])
            return [b""]
        try:
            answer = self._answer(environ, start)
        except BaseException:
            self._let_go(address)
            raise
        return _Answer(answer, lambda: self._let_go(address))

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        # Of a longer one the page decides first whether anybody may send it at all.
        if not length.isdecimal() or int(length) > FORM_BYTES_MAX:
            return self._application(environ, start)
        if int(length):
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
        with self._turns:
            return self._application(environ, start)

    def _took_hand(self, address: str) -> bool:
        with self._lock:
            if self._hands[address] >= HANDS_EACH:
                return False
            self._hands[address] += 1
            return True

    def _let_go(self, address: str) -> None:
        with self._lock:
            self._hands[address] -= 1
            if not self._hands[address]:
                del self._hands[address]


class _Answer:
    """What is sent, until it is sent or nobody fetches it any more."""

    def __init__(self, answer: Iterable[bytes], ended: Callable[[], None]) -> None:
        self._answer = answer
        self._ended: Callable[[], None] | None = ended

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        """The connection goes on to its next request, or is gone."""
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()

    def __del__(self) -> None:
        self.close()
