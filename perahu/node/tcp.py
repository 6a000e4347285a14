"""What a bad road wants of TCP, and what the kernel tells of it (Linux; else nothing)."""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
import threading
from contextlib import suppress
from dataclasses import dataclass

Target = tuple[int, tuple[str, int]]
"""Address family and address."""

_USER_TIMEOUT_MS = 75_000
"""An outage of a minute is slept through: another connection is dialled beside anyway."""
_SYN_COUNT = 4
_RTO_MAX_MS = 44
"""TCP_RTO_MAX_MS of Linux 6.15, which the socket module does not name: without it a
connection that met an outage of half a minute sleeps on for a quarter of one."""
_RTO_S_MIN, _RTO_S_MAX = 1.2, 10.0
RTO_S_START = 3.0
_RTO_MARGIN, _RTO_GROWTH = 1.3, 1.4
_UNSENT_S = 0.25
UNSENT_BYTES_MIN, _UNSENT_BYTES_MAX = 2 * 1024, 128 * 1024
"""What the kernel takes ahead of the network: the less, the sooner a new fact goes out."""
_STATE_LOSS = 4
_SEGMENT_OVERHEAD = 52
"""IPv4 and TCP with time stamps."""
_INFO = struct.Struct("=xB6x24I4Q6I4Q2I2Q")
"""struct tcp_info (linux/tcp.h) from the round trip's timers to bytes sent again."""


@dataclass(frozen=True, slots=True)
class Told:
    """What TCP_INFO says of one connection."""

    is_lost: bool = False
    """Its timer ran out: nothing comes back."""
    sacked_bytes: int = 0
    unsent_bytes: int = 0
    flying_bytes: int = 0
    delivered_bytes: int = 0
    rtt_s: float = 0.0
    rtt_spread_s: float = 0.0
    rtt_min_s: float = 0.0
    delivery_bytes_s: int = 0
    sent_bytes: int = 0
    resent_bytes: int = 0
    received_bytes: int = 0
    segments_out: int = 0
    segments_in: int = 0

    @property
    def sent_wire_bytes(self) -> int:
        """With headers, repetitions included."""
        return self.sent_bytes + self.segments_out * _SEGMENT_OVERHEAD

    @property
    def received_wire_bytes(self) -> int:
        """With headers."""
        return self.received_bytes + self.segments_in * _SEGMENT_OVERHEAD

    @property
    def resent_share(self) -> float:
        """Bytes that were sent again, as a share of all."""
        return self.resent_bytes / self.sent_bytes if self.sent_bytes else 0.0


NOTHING = Told()


def told_by(connection: socket.socket) -> Told:
    """What the kernel tells now; NOTHING where it tells too little."""
    try:
        raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
        state, *found = _INFO.unpack(raw)
    except (OSError, struct.error):
        return NOTHING
    mss, sacked, rtt_us, spread_us = found[2], found[5], found[15], found[16]
    received, segments_out, segments_in = found[27], found[28], found[29]
    rtt_min_us, delivery = found[31], found[34]
    sent, resent = found[40], found[41]
    # The kernel says all ones for a minimum that it has not seen yet.
    is_measured = rtt_min_us < 1 << 31
    return Told(
        is_lost=state == _STATE_LOSS,
        sacked_bytes=sacked * mss,
        unsent_bytes=found[30],
        flying_bytes=max(0, found[4] - sacked - found[6] + found[7]) * mss,
        delivered_bytes=found[38] * mss,
        rtt_s=rtt_us / 1e6,
        rtt_spread_s=spread_us / 1e6,
        rtt_min_s=rtt_min_us / 1e6 if is_measured else 0.0,
        delivery_bytes_s=delivery,
        sent_bytes=sent,
        resent_bytes=resent,
        received_bytes=received,
        segments_out=segments_out,
        segments_in=segments_in,
    )


def queued_bytes(connection: socket.socket) -> int:
    """SIOCOUTQ: taken by the kernel and not confirmed in order."""
    with suppress(OSError):
        raw = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
        return int(struct.unpack("i", raw)[0])
    return 0


def tune(connection: socket.socket) -> None:
    """The options that never change; one the kernel lacks is left out."""
    _set(connection, socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _set(connection, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    _set(connection, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
    _set(connection, socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES_MIN)
    _set(connection, socket.IPPROTO_TCP, _RTO_MAX_MS, int(RTO_S_START * 1000))
    set_bbr(connection)


def set_bbr(connection: socket.socket) -> bool:
    """BBR where the kernel has it, from its beginning; true where it has.

    On a link that loses a fifth BBR's own estimate only ever sinks, and every ten seconds
    it lets the link run dry to look at the round trip. Begun anew it does neither.
    """
    name = socket.TCP_CONGESTION
    with suppress(OSError):
        if connection.getsockopt(socket.IPPROTO_TCP, name, 16).startswith(b"bbr"):
            connection.setsockopt(socket.IPPROTO_TCP, name, b"reno")
        connection.setsockopt(socket.IPPROTO_TCP, name, b"bbr")
        return True
    return False


def fit(connection: socket.socket, told: Told, rto_s: float) -> float:
    """Set the options that follow what the way shows; gives the longest wait of TCP now.

    `rto_s` is the one before: it grows slowly, for after an outage one round trip of half
    a minute is seen, and what was on the way must be sent again at once all the same.
    """
    # Little more than a healthy repetition waits: where the air is bad for some packets,
    # only packets find out that it is good again.
    wanted_s = _RTO_MARGIN * (told.rtt_s + 4 * told.rtt_spread_s)
    rto_s = max(_RTO_S_MIN, min(_RTO_S_MAX, wanted_s, rto_s * _RTO_GROWTH))
    _set(connection, socket.IPPROTO_TCP, _RTO_MAX_MS, int(rto_s * 1000))
    unsent = unsent_max(told)
    _set(connection, socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, unsent)
    return rto_s


def unsent_max(told: Told) -> int:
    """How much may wait in the kernel: a fraction of a second of the way."""
    unsent = int(told.delivery_bytes_s * _UNSENT_S)
    return max(UNSENT_BYTES_MIN, min(_UNSENT_BYTES_MAX, unsent))


def _set(connection: socket.socket, level: int, option: int, value: int) -> None:
    with suppress(OSError):
        connection.setsockopt(level, option, value)


class Addresses:
    """The addresses behind a peer's name; looked up aside, for a name server may be away."""

    def __init__(self, host: str, port: int) -> None:
        self._where = host, port
        self._known: list[Target] = []
        self._asking: threading.Thread | None = None
        self._is_old = False

    def known(self) -> list[Target]:
        """What is known now; where that is nothing or old, the answer is on its way."""
        if not self._known:
            self._known = _looked_up(*self._where, socket.AI_NUMERICHOST)
        is_asking = self._asking is not None and self._asking.is_alive()
        if (not self._known or self._is_old) and not is_asking:
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()
        return self._known

    def doubt(self) -> None:
        """Nobody was there: ask again before the next time."""
        self._is_old = True

    def _ask(self) -> None:
        self._known = _looked_up(*self._where, 0) or self._known
        self._is_old = False


def _looked_up(host: str, port: int, flags: int) -> list[Target]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return []
    return [(one[0], (str(one[4][0]), int(one[4][1]))) for one in found]


def connecting(target: Target, source: str, device: str) -> socket.socket:
    """A socket that has just begun to connect. Raises OSError."""
    family, address = target
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        tune(plain)
        _set(plain, socket.IPPROTO_TCP, socket.TCP_SYNCNT, _SYN_COUNT)
        if device:
            bound = device.encode()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, bound)
        if source:
            plain.bind((source, 0))
        plain.setblocking(False)
        with suppress(BlockingIOError):
            plain.connect(address)
    except OSError:
        plain.close()
        raise
    return plain
