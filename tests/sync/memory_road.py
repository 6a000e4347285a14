"""Links without sockets between two nodes of a test, and a time that is told, not waited for.

What a link takes is delivered at once, until the road stands still: then a link holds what
it took, as a kernel does, and delivers it when it wakes up. A dead link never does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from perahu.sync import links
from perahu.sync.exchange import BrokenLink
from perahu.sync.http import Bare, ServerHttp
from perahu.sync.links import Leg, Link, RoadKey, Sight
from perahu.sync.passage import Passage
from perahu.words import Refusal
from tests.cast import HandClock
from tests.sync.road import Meeting

HELD_BYTES_MAX = 40_000


class MemoryLink:
    """One connection; its other end answers whenever bytes reach it."""

    carrier = "memory"
    kind = links.TLS
    host = "hub"
    is_http = True

    def __init__(self, road: MemoryRoad) -> None:
        self._road = road
        self._far = _FarEnd(road.meeting, self.is_http)
        self._held, self._down = b"", b""
        self.is_still = self.is_dead = self.is_reset = self.is_closed = False
        self.delivered_bytes = 0

    def begin_like(self, sight: Sight) -> None:
        """Nothing to begin with."""

    def dial(self) -> None:
        """Nothing yet."""

    def is_up(self) -> bool:
        """Once the road is open."""
        return self._road.is_open

    def send(self, piece: bytes) -> int:
        """All of it, or what a kernel would hold."""
        if self.is_reset:
            raise BrokenLink("reset")
        if self.is_still:
            taken = min(len(piece), max(0, HELD_BYTES_MAX - len(self._held)))
            self._held += piece[:taken]
            return taken
        self._deliver(piece)
        self._road.passed(self)
        return len(piece)

    def wake(self) -> None:
        """What was held arrives, unless the flow is dead."""
        if not self.is_dead:
            self.is_still, held = False, self._held
            self._held = b""
            self._deliver(held)

    def _deliver(self, piece: bytes) -> None:
        self.delivered_bytes += len(piece)
        self._down += self._far.take(piece)

    def receive(self) -> bytes | None:
        """What came; None once the other end has closed."""
        found, self._down = self._down, b""
        return found or (None if self._far.is_closed and not self.is_still else b"")

    def unacked_bytes(self) -> int:
        """What is held."""
        return len(self._held)

    def wire_bytes(self) -> tuple[int, int]:
        """What reached the other end."""
        return self.delivered_bytes, 0

    def sight(self) -> Sight:
        """Nothing to tell."""
        return Sight()

    def close(self) -> None:
        """Let go."""
        self.is_closed = True


class _FarEnd:
    """The answering node's side of one link."""

    def __init__(self, meeting: Meeting, is_http: bool) -> None:
        self._link = _Buffer()
        self.session = meeting.responder()
        self._http = ServerHttp() if is_http else Bare()
        self._passage = Passage(self.session, self._link, self._http)
        self._is_asked = False
        self.is_closed = False

    def take(self, piece: bytes) -> bytes:
        """Bytes of the caller; gives what is said to them."""
        if self.is_closed:
            return b""
        try:
            if not self._is_asked:
                self._is_asked, piece = True, self._http.unwrap(piece)
                self.session.received(piece)
                piece = b""
            self._link.came += piece
            while self._passage.turn():
                pass
        except Refusal:
            self.is_closed = True
            self.session.close()
        found, self._link.said = self._link.said, b""
        if not self.is_closed and self._passage.is_done(answers=True):
            found += self._http.finish()
        return found


class _Buffer(MemoryLink):
    """The near end of a far end: two strings of bytes."""

    def __init__(self) -> None:
        self.came, self.said = b"", b""

    def send(self, piece: bytes) -> int:
        self.said += piece
        return len(piece)

    def receive(self) -> bytes | None:
        found, self.came = self.came, b""
        return found

    def unacked_bytes(self) -> int:
        return 0


@dataclass
class MemoryRoad:
    """Ways to the answering node; `later` is what happens when, by the test's time."""

    meeting: Meeting
    clock: HandClock
    stop_after: int = 1 << 30
    """Bytes over the first link after which `stop` happens to it."""
    stop: Callable[[MemoryLink], None] = lambda link: None
    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    links: list[MemoryLink] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    is_open: bool = True
    stopped_s: float = 0.0

    def passed(self, link: MemoryLink) -> None:
        """Bytes went over a link."""
        if link is self.links[0] and link.delivered_bytes >= self.stop_after:
            self.stop_after = 1 << 30
            self.stopped_s = self.clock.monotonic_s()
            self.stop(link)

    def first(self) -> MemoryLink:
        """A new link."""
        self.links.append(MemoryLink(self))
        return self.links[-1]

    def after(self, failed: Link, refusal: Refusal) -> Link:
        """The same."""
        return self.first()

    def beside(self, stalled: Link) -> Link | None:
        """The same."""
        return self.first()

    def faster(self, current: Link, key: RoadKey) -> Link | None:
        """None."""
        return None

    def prefers_paced(self, current: Link) -> bool:
        """No."""
        return False

    def note(self, leg: Leg) -> None:
        """Kept."""
        self.legs.append(leg)

    def wait(self, waiting: Sequence[tuple[Link, bool]], seconds: float) -> None:
        """Let the time go by, and happen what is due."""
        self.pause(seconds)

    def pause(self, seconds: float) -> None:
        """As wait."""
        self.clock.wall_ms += int(seconds * 1000)
        passed_s = self.clock.monotonic_s() - self.stopped_s
        while self.stopped_s and self.later and self.later[0][0] <= passed_s:
            self.later.pop(0)[1]()
