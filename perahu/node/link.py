"""Road A: a TLS 1.3 connection that never blocks, with timers on progress, not requests.

    TlsStream   one connection, either side: bytes, and what the kernel knows of the way
    TlsLink     the calling side: connects, with a fresh SYN every few seconds
    OneRoad     the ways to a peer that has one address

Congestion control is BBR where the kernel has it.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, cast

from perahu.node import tcp
from perahu.node.tcp_flow import Counts, Flow
from perahu.node.udp.stream import KnownRoad, PacedLink
from perahu.sync import limits, links
from perahu.sync.http import captive_portal
from perahu.sync.links import Leg, Link, RoadKey, Sight
from perahu.sync.passage import BrokenLink
from perahu.words import Refusal

_LOOK_S = 1.0
"""How often a connection's own timers are fitted to what its way shows."""
_FULL_S = 0.015
"""How often a full way is looked at: a segment takes five times as long on a slow link."""
_BBR_S = 9.0
_KNOWN_BYTES_MAX = 32 * 1024
_TURN_S = 0.1
_TRIES_MAX = 3
"""Connections under way at once while one link is dialled."""


class Waitable(Protocol):
    """What a link shows besides `links.Link` so that several can be waited for at once."""

    def polls(self, to_send: bool) -> list[tuple[int, int]]:
        """(file number, poll events) of its sockets."""

    def due_s(self) -> float:
        """Seconds until it wants a turn by itself; infinite where it does not."""


def wait_for(waiting: Sequence[tuple[Link, bool]], seconds: float) -> None:
    """Until a link can be read, or written where asked, or wants a turn; or time is over."""
    poll = select.poll()
    for link, to_send in waiting:
        one = cast(Waitable, link)
        seconds = min(seconds, max(0.0, one.due_s()))
        for number, events in one.polls(to_send):
            poll.register(number, events)
    poll.poll(seconds * 1000)


class TlsStream:
    """One TLS connection, either side, moved without blocking."""

    carrier = ""
    kind = links.TLS
    host = ""
    is_http = True

    def __init__(self, connection: ssl.SSLSocket | None = None) -> None:
        self._connection = connection
        self._looked_s = 0.0
        self._told = tcp.NOTHING
        self._rto_s = tcp.RTO_S_START
        self._flow = Flow()
        self._is_full = False
        self._began_bbr_s = time.monotonic()
        if connection is not None:
            tcp.tune(connection)
            connection.setblocking(False)

    def begin_like(self, sight: Sight) -> None:
        """The kernel finds out by itself."""

    def dial(self) -> None:
        """An accepted connection is there already."""

    def is_up(self) -> bool:
        """An accepted connection is up already."""
        return True

    def send(self, piece: bytes) -> int:
        """How many bytes were taken; none while enough of them wait in the kernel.

        Its own limit (TCP_NOTSENT_LOWAT) wakes the poll, but lets small writes pass.
        """
        assert self._connection is not None
        told = tcp.told_by(self._connection)
        room = self._flow.room_bytes(told.flying_bytes, told.unsent_bytes)
        self._is_full = room < min(len(piece) // 2, tcp.UNSENT_BYTES_MIN)
        if self._is_full or told.unsent_bytes >= tcp.unsent_max(told):
            return 0
        try:
            return self._connection.send(piece)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except (OSError, ValueError) as error:
            raise BrokenLink(_short(error)) from error

    def receive(self) -> bytes | None:
        """What has come; b"" for nothing now, None for the end."""
        assert self._connection is not None
        try:
            return self._connection.recv(limits.READ_BYTES) or None
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except ssl.SSLEOFError:
            return None
        except (OSError, ValueError) as error:
            raise BrokenLink(_short(error)) from error

    def polls(self, to_send: bool) -> list[tuple[int, int]]:
        """As Waitable."""
        assert self._connection is not None
        waits = to_send and not self._is_full
        events = select.POLLIN | (select.POLLOUT if waits else 0)
        return [(self._connection.fileno(), events)]

    def due_s(self) -> float:
        """At once where TLS holds bytes that no poll would show."""
        assert self._connection is not None
        if self._connection.pending():
            return 0.0
        # No poll says that something was confirmed.
        return _FULL_S if self._is_full else float("inf")

    def wait(self, to_send: bool, seconds: float) -> None:
        """Until this one can be read, or written where asked."""
        wait_for([(self, to_send)], seconds)

    def unacked_bytes(self) -> int:
        """In the send queue or on the way, and not even selectively confirmed."""
        assert self._connection is not None
        now_s = time.monotonic()
        told = tcp.told_by(self._connection)
        if now_s - self._looked_s >= _LOOK_S:
            self._looked_s = now_s
            self._fit(told, now_s)
        self._flow.look(
            Counts(told.rtt_s, told.rtt_min_s, told.flying_bytes, told.delivered_bytes),
            now_s,
        )
        return max(0, tcp.queued_bytes(self._connection) - told.sacked_bytes)

    def _fit(self, told: tcp.Told, now_s: float) -> None:
        """Let TCP's own timers follow what the way shows."""
        assert self._connection is not None
        self._rto_s = tcp.fit(self._connection, told, self._rto_s)
        is_due = now_s - self._began_bbr_s >= _BBR_S
        if is_due and not told.is_lost and not self._flow.is_fast:
            self._began_bbr_s = now_s
            tcp.set_bbr(self._connection)

    def wire_bytes(self) -> tuple[int, int]:
        """(sent, received), with what TCP and IP add, repetitions included."""
        self._look()
        return self._told.sent_wire_bytes, self._told.received_wire_bytes

    def sight(self) -> Sight:
        """The shortest round trip, and the share of bytes that were sent again."""
        self._look()
        told = self._told
        return Sight(told.rtt_min_s, told.resent_share, told.delivery_bytes_s)

    def _look(self) -> None:
        """Take down the kernel's counts; the last ones stay when it is closed."""
        if self._connection is not None:
            self._told = tcp.told_by(self._connection)

    def close(self) -> None:
        """Close without waiting for the peer; who says no goodbye resumes no session."""
        if self._connection is not None:
            self._look()
            with suppress(OSError, ValueError):
                self._connection.unwrap()
            with suppress(OSError):
                self._connection.close()
            self._connection = None


@dataclass(slots=True)
class Acquaintance:
    """What stays known of a peer between connections: the ticket saves a handshake."""

    context: ssl.SSLContext
    name: str
    """The peer's road name, whatever its address (tls.road_name)."""
    session: ssl.SSLSession | None = None
    windows: dict[str, int] = field(default_factory=dict)
    """By carrier: what the last connection found to be enough on the way."""
    resumed: int = 0
    """Handshakes that were resumed."""
    _addresses: dict[tuple[str, int], tcp.Addresses] = field(default_factory=dict)

    def at(self, address: tuple[str, int]) -> tcp.Addresses:
        """What is known of one of its addresses."""
        return self._addresses.setdefault(address, tcp.Addresses(*address))


class TlsLink(TlsStream):
    """The calling side of one connection; tries anew beside a try that does not come up."""

    def __init__(
        self,
        address: tuple[str, int],
        peer: Acquaintance,
        *,
        carrier: str = "",
        source: str = "",
        device: str = "",
    ) -> None:
        """`source` and `device` bind it to a local address or an interface."""
        super().__init__()
        self.host, self.carrier = f"{address[0]}:{address[1]}", carrier
        self._peer, self._addresses = peer, peer.at(address)
        self._source, self._device = source, device
        self._tries: list[_Try] = []
        self._began_s = self._tried_s = 0.0
        self._turn = 0

    def dial(self) -> None:
        """Begin to connect. Raises Refusal "unreachable"."""
        self._began_s = time.monotonic()
        self._try()

    def is_up(self) -> bool:
        """The next step of all tries; the first one with a finished handshake is it.

        Raises Refusal in words about what is there instead.
        """
        now_s = time.monotonic()
        for one in list(self._tries):
            try:
                if one.is_up(self._peer):
                    self._choose(one)
                    return True
            except BrokenLink:
                self._lose(one)
        if now_s - self._began_s > limits.CONNECT_S_MAX:
            self._addresses.doubt()
            raise unreachable(self.host)
        if not self._tries or now_s - self._tried_s >= limits.REDIAL_S:
            self._try()
        return False

    def _try(self) -> None:
        """A fresh SYN, to the next of the peer's addresses."""
        targets = self._addresses.known()
        if not targets:
            return
        target = targets[self._turn % len(targets)]
        self._turn, self._tried_s = self._turn + 1, time.monotonic()
        if len(self._tries) >= _TRIES_MAX:
            self._lose(self._tries[0])
        try:
            plain = tcp.connecting(target, self._source, self._device)
        except OSError as error:
            if not self._tries:
                raise unreachable(self.host) from error
            return
        self._tries.append(_Try(plain))

    def _lose(self, one: _Try) -> None:
        one.close()
        self._tries.remove(one)
        if not self._tries:
            # Refused at once: nobody listens there, and asking again at once is no use.
            self._addresses.doubt()
            raise BrokenLink("handshake") if one.is_met else unreachable(self.host)

    def _choose(self, one: _Try) -> None:
        self._flow = Flow(self._peer.windows.get(self.carrier, 0))
        self._connection = one.secure
        self._tries.remove(one)
        for other in self._tries:
            other.close()
        self._tries.clear()

    def receive(self) -> bytes | None:
        """As TlsStream; a ticket comes with the first bytes and is kept."""
        found = super().receive()
        if found and self._connection is not None:
            with suppress(OSError, ValueError):
                session = self._connection.session
                if session is not None and session.has_ticket:
                    self._peer.session = session
        return found

    def _fit(self, told: tcp.Told, now_s: float) -> None:
        """As TlsStream; the next connection begins with what this one found."""
        super()._fit(told, now_s)
        if self._flow.rate_bytes_s and not told.is_lost:
            known = min(self._flow.window_bytes, _KNOWN_BYTES_MAX)
            self._peer.windows[self.carrier] = known

    def polls(self, to_send: bool) -> list[tuple[int, int]]:
        """The connection, or all the tries."""
        if self._connection is not None:
            return super().polls(to_send)
        return [one.poll() for one in self._tries]

    def due_s(self) -> float:
        """While it is dialled: when the next try is due."""
        if self._connection is not None:
            return super().due_s()
        rest_s = self._tried_s + limits.REDIAL_S - time.monotonic()
        return rest_s if self._tries else max(_TURN_S, rest_s)

    def close(self) -> None:
        """Close everything."""
        for one in self._tries:
            one.close()
        self._tries.clear()
        super().close()


class _Try:
    """One connection on its way up: TCP, then TLS."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._met_s = 0.0
        self._events = select.POLLOUT
        self.secure: ssl.SSLSocket | None = None

    @property
    def is_met(self) -> bool:
        """Somebody has answered."""
        return bool(self._met_s)

    def poll(self) -> tuple[int, int]:
        """What to wait for."""
        return (self.secure or self._plain).fileno(), self._events

    def is_up(self, peer: Acquaintance) -> bool:
        """The next step. Raises BrokenLink where this try is dead, Refusal where all are."""
        if self.secure is None and not self._meet(peer):
            return False
        assert self.secure is not None
        if time.monotonic() - self._met_s > limits.HANDSHAKE_S_MAX:
            raise BrokenLink("handshake")
        try:
            self.secure.do_handshake()
        except ssl.SSLWantReadError:
            self._events = select.POLLIN
            return False
        except ssl.SSLWantWriteError:
            self._events = select.POLLOUT
            return False
        except (OSError, ValueError) as error:
            raise _of_handshake(error) from error
        peer.resumed += bool(self.secure.session_reused)
        return True

    def _meet(self, peer: Acquaintance) -> bool:
        """Whether TCP is connected; then TLS begins."""
        if not select.select([], [self._plain], [], 0)[1]:
            return False
        if self._plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise BrokenLink("connect")
        self._met_s = time.monotonic()
        try:
            self.secure = peer.context.wrap_socket(
                self._plain,
                server_hostname=peer.name,
                session=peer.session,
                do_handshake_on_connect=False,
            )
        except (OSError, ValueError) as error:
            raise BrokenLink(_short(error)) from error
        return True

    def close(self) -> None:
        """Let go."""
        with suppress(OSError):
            (self.secure or self._plain).close()


class OneRoad:
    """The ways to a peer that has one address and one carrier."""

    def __init__(
        self,
        address: tuple[str, int],
        context: ssl.SSLContext,
        server_name: str,
        *,
        kinds: Sequence[str] = (links.TLS,),
    ) -> None:
        """`server_name` is the peer's road name, whatever the address (tls.road_name)."""
        self.legs: list[Leg] = []
        self.kinds = kinds
        self.known = KnownRoad()
        self.peer = Acquaintance(context, server_name)
        self._address = address

    def first(self) -> Link:
        """The link to begin with."""
        return TlsLink(self._address, self.peer)

    def after(self, failed: Link, refusal: Refusal) -> Link:
        """The same again. Raises the refusal where another try would say the same."""
        if refusal.code in ("captive_portal", "wrong_certificate", "no_http"):
            raise refusal
        return self.first()

    def beside(self, stalled: Link) -> Link | None:
        """The same once more."""
        return self.first()

    def faster(self, current: Link, key: RoadKey) -> Link | None:
        """Road B, where it is wanted and was not shut before."""
        if links.PACED not in self.kinds or self.known.is_shut:
            return None
        return PacedLink(self._address, key, self.known)

    def prefers_paced(self, current: Link) -> bool:
        """Whether it went well the last time."""
        return links.PACED in self.kinds and self.known.is_better

    def note(self, leg: Leg) -> None:
        """Remember it for who asks."""
        self.legs.append(leg)
        self.known.note(leg)

    def wait(self, waiting: Sequence[tuple[Link, bool]], seconds: float) -> None:
        """As wait_for."""
        wait_for(waiting, seconds)

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


def _of_handshake(error: Exception) -> Refusal:
    """What a handshake that failed says of who is there."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _wrong_certificate()
    # A portal that speaks plain HTTP on any port gives itself away here.
    is_plain = "WRONG_VERSION" in str(error) or "HTTP_REQUEST" in str(error)
    return captive_portal() if is_plain else BrokenLink(_short(error))


def _short(error: Exception) -> str:
    return type(error).__name__


def unreachable(host: str) -> Refusal:
    """What is said where nobody answers."""
    return Refusal(
        "unreachable",
        f"Simpul tujuan {host} tidak terjangkau; semua tetap tersimpan di sini dan "
        "dikirim saat jaringan kembali.",
        f"The other node {host} cannot be reached; everything stays stored here and goes "
        "out when the network is back.",
    )


def _wrong_certificate() -> Refusal:
    return Refusal(
        "wrong_certificate",
        "Yang menjawab tidak memiliki sertifikat kabupaten kita; mungkin jaringan itu "
        "menyela sambungan. Tidak ada yang terkirim dan tidak ada yang hilang: masuk "
        "dahulu ke jaringan itu, atau pakai jaringan lain.",
        "Who answered does not hold our kabupaten's certificate; the network may be "
        "intercepting the connection. Nothing was sent and nothing is lost: sign in to "
        "that network first, or use another one.",
    )
