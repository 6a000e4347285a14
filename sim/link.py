"""A bad road between two real sessions, in virtual time: no socket, no thread, no sleep.

Road A is a stream, as TLS over TCP gives it: bytes come in order or not at all, in whatever
pieces, late, one way only, or cut in the middle of a frame; a portal may answer instead of
the hub. Road B is the production `PacedEnd` on both sides over datagrams that are lost,
doubled, overtaken and damaged.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from perahu.sync.initiator import Initiator
from perahu.sync.links import RoadKey
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.paced.seal import Seal
from perahu.sync.responder import Responder
from perahu.words import Refusal
from sim.chance import Chance
from sim.faults import Tally

PORTAL = b"HTTP/1.1 302 Found\r\nLocation: http://wifi.desa/masuk\r\n\r\n<html>Selamat datang"
TURNS_MAX = 20_000
DRY_S = 0.1
"""How long who had nothing to say and heard nothing since is not asked again."""
DATAGRAMS_S_MAX = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What a road is like in one world; shares of contacts, or of datagrams."""

    dead: float = 0.0
    cut: float = 0.0
    one_way: float = 0.0
    portal: float = 0.0
    crumbs: float = 0.0
    garbled: float = 0.0
    replay: float = 0.0
    wakes: float = 0.0
    datagrams: float = 0.0
    """Share of contacts over road B."""
    lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    flipped: float = 0.0
    blackout: float = 0.0
    datagram_bytes: int = 1200
    rtt_s: float = 0.2
    rate: float = 16_000.0


CALM = Weather(crumbs=0.0)
"""A road on which nothing goes wrong."""


@dataclass(slots=True)
class Called:
    """How one contact went."""

    up_bytes: int = 0
    down_bytes: int = 0
    seconds: float = 0.0
    is_whole: bool = False
    """Both sides said END and agreed."""
    refusals: list[Refusal] = field(default_factory=list)
    said: bytes = b""
    """What the caller said, for a replay."""


class SimLink:
    """The road of one world."""

    def __init__(self, chance: Chance, tally: Tally, weather: Weather) -> None:
        self.chance, self.tally, self.weather = chance, tally, weather
        self._connections = 0

    def carry(
        self, caller: Initiator, answering: Responder, passes: Callable[[float], None]
    ) -> Called:
        """Hold one exchange; `passes` is told of every second that goes by."""
        if self.chance.hits(self.weather.datagrams):
            done = _Datagrams(self, caller, answering, passes).run()
        else:
            done = self._stream(caller, answering, passes)
        done.is_whole = caller.finished and answering.finished and caller.is_agreed
        return done

    # -- road A -----------------------------------------------------------------------

    def _stream(
        self, caller: Initiator, answering: Responder, passes: Callable[[float], None]
    ) -> Called:
        chance, weather, done = self.chance, self.weather, Called()
        left = 1 << 40
        if chance.hits(weather.cut):
            left = int(chance.choice((200, 1_500, 6_000, 40_000)) * chance.random()) + 1
        mutes_after = -1
        if chance.hits(weather.one_way):
            mutes_after = chance.choice((0, 0, 2_000))
        garbles_at = chance.randrange(4_000) if chance.hits(weather.garbled) else -1
        piece = 1 << 16
        if chance.hits(weather.crumbs):
            piece = chance.choice((1, 7, 100, 536))
            piece = max(piece, 60)
            self.tally.add("crumbs")
        is_portal = chance.hits(weather.portal)
        if is_portal:
            self.tally.add("portal")
        for _ in range(TURNS_MAX):
            up = caller.to_send(min(piece, left))
            left -= len(up)
            done.up_bytes += len(up)
            done.said += up if done.up_bytes < 100_000 else b""
            if is_portal:
                self._hears(caller, PORTAL, done)
                break
            if garbles_at >= 0 and done.up_bytes > garbles_at and up:
                garbles_at = -1
                up = self._garbled(up)
            if not self._hears(answering, up, done):
                # A polite END is still said.
                self._hears(caller, answering.to_send(1 << 16), done)
                break
            down = answering.to_send(min(piece, left))
            if 0 <= mutes_after < done.down_bytes + len(down):
                self.tally.add("one_way")
                break
            left -= len(down)
            done.down_bytes += len(down)
            if not self._hears(caller, down, done):
                break
            if not up and not down:
                break
            if left <= 0:
                self.tally.add("cut")
                break
            spent_s = weather.rtt_s + (len(up) + len(down)) / weather.rate
            done.seconds += spent_s
            passes(spent_s)
        return done

    def _garbled(self, piece: bytes) -> bytes:
        """TLS would end the connection; a session must stand it all the same."""
        self.tally.add("garbled")
        at = self.chance.randrange(len(piece))
        return piece[:at] + bytes([piece[at] ^ 0x40]) + piece[at + 1 :]

    @staticmethod
    def _hears(session: Initiator | Responder, piece: bytes, done: Called) -> bool:
        """Hand over bytes; false where the session will hear no more."""
        try:
            session.received(piece)
        except Refusal as refusal:
            done.refusals.append(refusal)
            return False
        return True

    def next_connection(self) -> int:
        """A fresh number for the names of road B."""
        self._connections += 1
        return self._connections


class _Datagrams:
    """One exchange over road B."""

    def __init__(
        self,
        link: SimLink,
        caller: Initiator,
        answering: Responder,
        passes: Callable[[float], None],
    ) -> None:
        self.link, self.passes = link, passes
        self.chance, self.weather = link.chance, link.weather
        secret = bytes(self.chance.randrange(256) for _ in range(32))
        key, number = RoadKey(b"the road", secret, 4433), link.next_connection()
        guess = Guess(rate=self.weather.rate, rtt_s=self.weather.rtt_s)
        size = self.weather.datagram_bytes
        self.now_s = 0.0
        ends = (
            _end(Seal(key, number, calls=True), guess, size, follows=False),
            _end(Seal(key, number, calls=False), guess, size, follows=True),
        )
        self.sides: tuple[_Side, _Side] = (
            _Side(caller, ends[0]), _Side(answering, ends[1]),
        )  # fmt: skip
        self.done = Called()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._dark_until_s = -1.0
        self.is_over = False

    def run(self) -> Called:
        """Until both are done, silence, or the time is up."""
        while self.now_s < DATAGRAMS_S_MAX and not self.is_over:
            self._turn()
            if self._is_finished():
                break
            due_s = min(
                self.now_s + 1.0,
                *(side.end.due_s(self.now_s) for side in self.sides),
                *(side.wants_s(self.now_s) for side in self.sides),
            )
            due_s = max(due_s, self.now_s + 0.002)
            if self._heap and self._heap[0][0] <= due_s:
                due_s = self._heap[0][0]
            self._passes_to(due_s)
            while self._heap and self._heap[0][0] <= self.now_s:
                heapq.heappop(self._heap)[2]()
        self.done.seconds = self.now_s
        return self.done

    def _is_finished(self) -> bool:
        return all(
            side.session.finished and not side.end.unacked_bytes for side in self.sides
        )

    def _passes_to(self, when_s: float) -> None:
        self.passes(max(0.0, when_s - self.now_s))
        self.now_s = max(self.now_s, when_s)

    def _turn(self) -> None:
        for side, other in (self.sides, self.sides[::-1]):
            heard = side.end.take(1 << 20)
            if heard and not SimLink._hears(side.session, heard, self.done):
                self.is_over = True
                return
            if heard or not side.is_dry or self.now_s >= side.asked_s + DRY_S:
                side.fill(self.now_s)
            for datagram in side.end.datagrams(self.now_s):
                self._send(datagram, side, other)

    def _send(self, datagram: bytes, side: _Side, other: _Side) -> None:
        if side is self.sides[0]:
            self.done.up_bytes += len(datagram)
        else:
            self.done.down_bytes += len(datagram)
        chance, weather, tally = self.chance, self.weather, self.link.tally
        if self.now_s < self._dark_until_s or chance.hits(weather.lost):
            tally.add("lost")
            return
        if chance.hits(weather.blackout):
            tally.add("blackout")
            self._dark_until_s = self.now_s + chance.uniform(0.5, 12.0)
        delay_s = weather.rtt_s / 2 + len(datagram) / weather.rate
        if chance.hits(weather.late):
            tally.add("late")
            delay_s += chance.uniform(0.1, 3.0)
        if chance.hits(weather.flipped):
            tally.add("flipped")
            at = chance.randrange(len(datagram))
            datagram = datagram[:at] + bytes([datagram[at] ^ 1]) + datagram[at + 1 :]
        copies = 1
        if chance.hits(weather.twice):
            tally.add("twice")
            copies = 2
        for copy in range(copies):
            when_s = self.now_s + delay_s + copy * chance.uniform(0.0, 0.4)

            def arrive(datagram: bytes = datagram) -> None:
                other.end.heard(datagram, side.end.way, self.now_s)

            heapq.heappush(self._heap, (when_s, next(self._order), arrive))


def _end(seal: Seal, guess: Guess, size: int, *, follows: bool) -> PacedEnd:
    return PacedEnd(seal, 0.0, guess, follows=follows, datagram_bytes=size)


@dataclass(slots=True)
class _Side:
    """A session and its end of the road."""

    session: Initiator | Responder
    end: PacedEnd
    is_dry: bool = False
    """The session had nothing to say the last time it was asked."""
    asked_s: float = 0.0

    def fill(self, now_s: float) -> None:
        """Take from the session what the road may carry now."""
        self.is_dry, self.asked_s = False, now_s
        while room := self.end.room(now_s):
            piece = self.session.to_send(room)
            if not piece:
                self.is_dry = True
                return
            taken = self.end.put(piece, now_s)
            assert taken == len(piece), "the road said how much it takes"

    def wants_s(self, now_s: float) -> float:
        """When there is room again for a session that has more to say."""
        due_s = self.end.room_due_s()
        return now_s + 1.0 if due_s is None or self.is_dry else due_s
