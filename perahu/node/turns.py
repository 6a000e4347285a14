"""Slow browsers wait by themselves: what they send is read before a page is worked on.

Few threads work on pages; a form that trickles in, or an answer that is fetched byte by
byte, would hold one of them for as long as a stranger likes. So each connection has a
thread of its own to send and fetch with, one address only so many, and the pages' turns
are taken in between.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from perahu.web.routes import FORM_BYTES_MAX

TURNS, SLOW_TURNS = 2, 4
"""Requests that are worked on at the same time: two fill the interpreter, and each further
one only makes all of them later (docs/benchmarks.md, pages). Those that wait for a device
or a PIN have turns of their own, so that nobody else waits for them."""
AHEAD = 10
"""So many saves pass a waiting look: ten desks press at one moment."""
HANDS = 64
"""Requests whose browsers may be slow at the same time."""
HANDS_EACH = 16
"""Of one address: ten desks may sit behind one."""


class Line:
    """Who waits for one of a few turns: saves before looks, and each in its order.

    A semaphore lets whoever comes at the right moment pass; then the page that one desk
    sees after its save goes before the saves of nine others. After so many saves in a row
    a look has its turn, so that forms without end keep no page from anybody.
    """

    def __init__(self, turns: int) -> None:
        self._free, self._ahead = turns, 0
        self._lock = threading.Lock()
        self._saves: deque[threading.Event] = deque()
        self._looks: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, *, is_look: bool) -> Iterator[None]:
        """Wait for a turn and hold it for a `with`."""
        mine = threading.Event()
        with self._lock:
            (self._looks if is_look else self._saves).append(mine)
            self._call()
        mine.wait()
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._call()

    def _call(self) -> None:
        while self._free and (self._saves or self._looks):
            is_save = bool(self._saves) and not (self._looks and self._ahead >= AHEAD)
            self._ahead = self._ahead + 1 if is_save and self._looks else 0
            self._free -= 1
            (self._saves if is_save else self._looks).popleft().set()


Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Turns:
    """A WSGI application that lets another one have whole requests, a few at a time."""

    def __init__(
        self, application: Application, is_slow: Callable[[str], bool]
    ) -> None:
        self._application, self._is_slow = application, is_slow
        self._line, self._slow_line = Line(TURNS), Line(SLOW_TURNS)
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
        is_look = environ.get("REQUEST_METHOD") != "POST"
        is_slow = self._is_slow(environ.get("PATH_INFO", "/"))
        line = self._slow_line if is_slow else self._line
        with line.turn(is_look=is_look):
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
