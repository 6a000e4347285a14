"""The real link: a non-blocking TLS 1.3 connection with timers on progress, not requests."""

from __future__ import annotations

import fcntl
import select
import socket
import ssl
import struct
import termios
import time
from contextlib import suppress

from perahu.sync import limits
from perahu.sync.exchange import BrokenLink
from perahu.sync.http import captive_portal
from perahu.words import Refusal

_USER_TIMEOUT_MS = 20_000
_UNSENT_BYTES_MAX = 16 * 1024
"""What the kernel takes ahead of the network: the less, the sooner a new fact goes out."""
_TCP_INFO_BYTES = 232
_TCP_INFO_COUNTS = struct.Struct("=QQ")
_TCP_INFO_COUNTS_AT = 120
"""Where struct tcp_info holds bytes_acked and bytes_received (linux/tcp.h)."""


class TlsStream:
    """One TLS connection, either side, moved without blocking."""

    host = ""

    def __init__(self, connection: ssl.SSLSocket | None = None) -> None:
        self._connection = connection
        self._wants_write = False
        if connection is not None:
            tune(connection)
            connection.setblocking(False)

    def open(self) -> None:
        """An accepted connection is open already."""

    def send(self, piece: bytes) -> int:
        """How many bytes were taken."""
        assert self._connection is not None
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

    def wait(self, seconds: float, *, to_send: bool) -> None:
        """Until the socket is ready or the time is over."""
        assert self._connection is not None
        if self._connection.pending():
            return
        events = select.POLLIN | (select.POLLOUT if to_send else 0)
        poll = select.poll()
        poll.register(self._connection, events)
        poll.poll(seconds * 1000)

    def unacked_bytes(self) -> int:
        """SIOCOUTQ: in the send queue or on the way, unconfirmed."""
        assert self._connection is not None
        with suppress(OSError):
            raw = fcntl.ioctl(self._connection, termios.TIOCOUTQ, bytes(4))
            return int(struct.unpack("i", raw)[0])
        return 0

    def wire_bytes(self) -> tuple[int, int]:
        """(confirmed by the peer, received), out of the kernel's own counts."""
        if self._connection is None:
            return 0, 0
        with suppress(OSError, struct.error):
            told = self._connection.getsockopt(
                socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES
            )
            acked, received = _TCP_INFO_COUNTS.unpack_from(told, _TCP_INFO_COUNTS_AT)
            return int(acked), int(received)
        return 0, 0

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def close(self) -> None:
        """Close without waiting for the peer; who says no goodbye resumes no session."""
        if self._connection is not None:
            with suppress(OSError, ValueError):
                self._connection.unwrap()
            with suppress(OSError):
                self._connection.close()
            self._connection = None


class TlsLink(TlsStream):
    """The calling side: connects anew as often as asked, resuming the TLS session."""

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext, server_name: str
    ) -> None:
        """`server_name` is the peer's road name, whatever the address (tls.road_name)."""
        super().__init__()
        self.host = f"{address[0]}:{address[1]}"
        self._address, self._context, self._name = address, context, server_name
        self._session: ssl.SSLSession | None = None

    def open(self) -> None:
        """Connect and shake hands. Raises Refusal in words about what is there instead."""
        self.close()
        plain = self._connect()
        try:
            tune(plain)
            plain.settimeout(limits.HANDSHAKE_S_MAX)
            self._connection = self._context.wrap_socket(
                plain, server_hostname=self._name, session=self._session
            )
            self._connection.setblocking(False)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise _wrong_certificate() from error
        except ssl.SSLError as error:
            plain.close()
            # A portal that speaks plain HTTP on any port gives itself away here.
            if "WRONG_VERSION" in str(error) or "HTTP_REQUEST" in str(error):
                raise captive_portal() from error
            raise BrokenLink(_short(error)) from error
        except OSError as error:
            plain.close()
            raise BrokenLink(_short(error)) from error

    def _connect(self) -> socket.socket:
        try:
            return socket.create_connection(self._address, timeout=limits.CONNECT_S_MAX)
        except OSError as error:
            raise _unreachable(self.host) from error

    def close(self) -> None:
        """Close, and keep the ticket for the next connection."""
        if self._connection is not None:
            with suppress(OSError, ValueError):
                self._session = self._connection.session
        super().close()


def tune(connection: socket.socket) -> None:
    """What a bad road wants of TCP; an option the kernel lacks is left out."""
    for level, option, value in (
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS),
        (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES_MAX),
    ):
        with suppress(OSError):
            connection.setsockopt(level, option, value)
    with suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"bbr")


def _short(error: Exception) -> str:
    return type(error).__name__


def _unreachable(host: str) -> Refusal:
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
