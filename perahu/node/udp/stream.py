"""Road B on real sockets, the calling side: datagrams out and in, new sockets at a switch.

Nothing here has a thread: who waits for a link (link.wait_for) is told when it wants a
turn, and every send and receive looks at the sockets and the timers.
"""

from __future__ import annotations

import errno
import select
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from perahu.sync import links
from perahu.sync.links import Leg, RoadKey, Sight
from perahu.sync.paced.end import Guess, PacedEnd
from perahu.sync.paced.seal import CONNECTIONS_MAX, Seal
from perahu.sync.passage import BrokenLink

_READ_BYTES = 2048
_READS_MAX = 256
"""Datagrams taken in at one turn."""
_SOCKETS_MAX = 3
_NEW_SOCKET_S, _NEW_SOCKET_S_MAX = 2.0, 5.0
_KEYS_MAX = 8
_GUESS_BYTES_S_MIN = 6_000.0
"""What a road is begun with at least: slower ones show it at once."""
_IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE = 10, 3
_SOCKET_BYTES = 512 * 1024


class PacedStream:
    """One end of a paced connection as a link; where datagrams go is its children's."""

    carrier = ""
    kind = links.PACED
    host = ""
    is_http = False

    def __init__(self) -> None:
        self._end: PacedEnd | None = None
        self._wants_room = False

    @property
    def end(self) -> PacedEnd:
        """The protocol; there once it was dialled."""
        assert self._end is not None, "dialled before it is used"
        return self._end

    def send(self, piece: bytes) -> int:
        """How many bytes may go now: at most what fits a datagram or two."""
        end, taken = self.end, 0
        self._read()
        while taken < len(piece):
            now_s = time.monotonic()
            found = end.put(piece[taken : taken + end.room(now_s)], now_s)
            if not found:
                break
            taken += found
            self._write(end.datagrams(now_s))
        self._wants_room = taken < len(piece)
        self._look()
        return taken

    def hurry(self) -> None:
        """Somebody waits for what was taken (small facts, the END)."""
        self.end.hurry()

    def receive(self) -> bytes | None:
        """What has come; b"" for nothing now, None for the end."""
        self._read()
        self._look()
        found = self.end.take(_READ_BYTES * 32)
        return None if not found and self.end.is_over else found

    def _look(self) -> None:
        """What the timers want to be sent."""
        self._write(self.end.datagrams(time.monotonic()))

    def due_s(self) -> float:
        """Seconds until it wants a turn."""
        if self._end is None:
            return float("inf")
        now_s = time.monotonic()
        due_s = self._end.due_s(now_s)
        room_s = self._end.room_due_s() if self._wants_room else None
        return (due_s if room_s is None else min(due_s, room_s)) - now_s

    def unacked_bytes(self) -> int:
        """Taken and not confirmed."""
        return self._end.unacked_bytes if self._end is not None else 0

    def wire_bytes(self) -> tuple[int, int]:
        """(sent, received), IP and UDP included."""
        if self._end is None:
            return 0, 0
        return self._end.sent_bytes, self._end.received_bytes

    def sight(self) -> Sight:
        """The shortest round trip and the share that was lost."""
        if self._end is None:
            return Sight()
        sent = self._end.sent
        known = sent.lost_count + sent.acked_count
        return Sight(self._end.rate.trip.shortest_s, sent.lost_count / max(1, known))

    def _read(self) -> None:
        """Hand what has come to the protocol. Raises BrokenLink."""
        raise AssertionError("each side reads in its own way")

    def _write(self, datagrams: list[bytes]) -> None:
        """Send by the way the protocol names."""
        raise AssertionError("each side writes in its own way")


@dataclass(slots=True)
class KnownRoad:
    """What the calling side remembers of road B to a peer, as long as the program runs."""

    numbers: dict[bytes, int] = field(default_factory=dict)
    """By the name of a key: the next connection under it; a number is never used twice."""
    guess: Guess = field(default_factory=Guess)
    """The rate and round trip of the last connection."""
    is_shut: bool = False
    """Nothing came back: UDP does not get through here."""
    is_better: bool = False
    """It carried to the end the last time it was tried."""

    def note(self, leg: Leg) -> None:
        """A leg over either road is over."""
        if leg.kind == links.PACED:
            self.is_shut = not leg.received_bytes
            self.is_better = leg.reason == "done"

    def next_number(self, key: RoadKey) -> int:
        """A connection of its own. Raises BrokenLink where a key is used up."""
        number = self.numbers.pop(key.name, 0)
        if number >= CONNECTIONS_MAX:
            raise BrokenLink("key")
        self.numbers[key.name] = number + 1
        while len(self.numbers) > _KEYS_MAX:
            del self.numbers[next(iter(self.numbers))]
        return number


class PacedLink(PacedStream):
    """The calling side of a paced connection."""

    def __init__(
        self,
        address: tuple[str, int],
        key: RoadKey,
        known: KnownRoad,
        *,
        carrier: str = "",
        source: str = "",
        device: str = "",
    ) -> None:
        """`address` is the peer's host; the port is the key's."""
        super().__init__()
        self.host, self.carrier = f"{address[0]}:{key.port}", carrier
        self._target = (address[0], key.port)
        self._key, self._known = key, known
        self._guess = known.guess
        self._source, self._device = source, device
        self._sockets: list[socket.socket] = []
        self._ways = 0
        self._moved_s = 0.0
        self._move_after_s = _NEW_SOCKET_S
        self._is_heard = False

    def begin_like(self, sight: Sight) -> None:
        """What road A has seen, unless an earlier connection has seen it better."""
        if not self._known.guess.rate:
            rate = max(sight.rate_bytes_s, _GUESS_BYTES_S_MIN)
            self._guess = Guess(rate=rate, rtt_s=sight.rtt_s)

    def dial(self) -> None:
        """Make a socket; nothing is sent before there are bytes. Raises Refusal."""
        seal = Seal(self._key, self._known.next_number(self._key), calls=True)
        try:
            self._target = self._resolved()
            self._sockets.append(self._new_socket())
        except OSError as error:
            raise BrokenLink(type(error).__name__) from error
        self._end = PacedEnd(seal, time.monotonic(), self._guess, follows=False)

    def _resolved(self) -> tuple[str, int]:
        found = socket.getaddrinfo(*self._target, socket.AF_INET, socket.SOCK_DGRAM)
        host, port = found[0][4][:2]
        return str(host), int(port)

    def is_up(self) -> bool:
        """At once: the first datagrams carry HELLO and what follows."""
        return True

    def polls(self, to_send: bool) -> list[tuple[int, int]]:
        """All sockets, to read."""
        return [(one.fileno(), select.POLLIN) for one in self._sockets]

    def _new_socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            tune(made)
            if self._device:
                made.setsockopt(
                    socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._device.encode()
                )
            if self._source:
                made.bind((self._source, 0))
            made.connect(self._target)
        except OSError:
            made.close()
            raise
        return made

    def _read(self) -> None:
        now_s = time.monotonic()
        first = self._ways - len(self._sockets) + 1
        for way, one in enumerate(self._sockets, first):
            for _ in range(_READS_MAX):
                try:
                    datagram = one.recv(_READ_BYTES)
                except BlockingIOError:
                    break
                except OSError as error:
                    self._refused(error)
                    break
                self._is_heard |= self.end.heard(datagram, way, now_s)
        if self.end.is_silent(now_s):
            self._move(now_s)
        elif self._is_heard:
            self._move_after_s = _NEW_SOCKET_S

    def _refused(self, error: OSError) -> None:
        """Who was never heard and says that nobody is there is believed."""
        if not self._is_heard and error.errno == errno.ECONNREFUSED:
            raise BrokenLink("refused") from error

    def _move(self, now_s: float) -> None:
        """After a switch of the carrier the old pair of ports may be dead for ever."""
        if now_s - self._moved_s < self._move_after_s or not self._is_heard:
            return
        self._moved_s = now_s
        self._move_after_s = min(2 * self._move_after_s, _NEW_SOCKET_S_MAX)
        with suppress(OSError):
            self._sockets.append(self._new_socket())
            self._ways += 1
            self.end.move(self._ways, now_s)
            if len(self._sockets) > _SOCKETS_MAX:
                self._sockets.pop(0).close()

    def _write(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            try:
                self._sockets[-1].send(datagram)
            except OSError as error:
                # Whatever did not go out is lost like anything else on the road.
                if error.errno == errno.EMSGSIZE:
                    self.end.shrink()
                else:
                    self._refused(error)

    def close(self) -> None:
        """Say goodbye without waiting for an answer, and keep what was learnt."""
        if not self._sockets:
            return
        with suppress(BrokenLink):
            self.end.close()
            self._look()
        for one in self._sockets:
            one.close()
        self._sockets.clear()
        if self._is_heard:
            rate = self.end.rate
            self._known.guess = Guess(rate=rate.found, rtt_s=rate.trip.shortest_s)


def tune(made: socket.socket) -> None:
    """Datagrams are never cut into pieces on the way; what the kernel lacks is left out."""
    for level, option, value in (
        (socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE),
        (socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES),
    ):
        with suppress(OSError):
            made.setsockopt(level, option, value)
