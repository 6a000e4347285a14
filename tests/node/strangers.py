"""Things that answer in the hub's place, with real sockets: portals, proxies, black holes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from perahu.node.tls import issue, make_authority

LOOPBACK = "127.0.0.1"
Answer = Callable[[socket.socket], None]

PORTAL = (
    b"HTTP/1.1 302 Found\r\nLocation: http://masuk.wifi.example/login\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html>Pulsa habis</html>"
)


@contextmanager
def answering(answer: Answer) -> Iterator[int]:
    """A listener that treats each connection so; gives its port."""
    listener = socket.create_server((LOOPBACK, 0))
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            answer(connection)

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(
                threading.Thread(target=one, args=(connection,), daemon=True)
            )
            threads[-1].start()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        # A plain close would leave the thread in accept.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def portal(page: bytes = PORTAL) -> Answer:
    """A captive portal: whatever is asked, it shows its own page."""

    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(page)

    return answer


def silence(connection: socket.socket) -> None:
    """Takes the connection and says nothing: what a black hole for large packets does."""
    while connection.recv(4096):
        pass


def reset(connection: socket.socket) -> None:
    """Cuts as soon as something comes."""
    connection.recv(1)
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def shut(connection: socket.socket) -> None:
    """Takes the handshake's beginning, and hangs up politely."""
    connection.recv(4096)


@dataclass
class Tls:
    """Answers inside TLS with a certificate for some name."""

    context: ssl.SSLContext
    reply: bytes = b""
    pace_s: float = 0.0
    small_only: bool = False

    def __call__(self, connection: socket.socket) -> None:
        """One connection: handshake, a head, the reply."""
        segment = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
        if self.small_only and segment > 1000:
            silence(connection)
            return
        with self.context.wrap_socket(connection, server_side=True) as secure:
            head = b""
            while b"\r\n\r\n" not in head and (piece := secure.recv(65536)):
                head += piece
            if self.pace_s:
                threading.Event().wait(self.pace_s)
            if self.reply:
                secure.sendall(self.reply)


def foreign_context(folder: Path, issuer: str, node_id: bytes) -> ssl.SSLContext:
    """The certificate of a proxy that has an authority of its own."""
    pair = issue(make_authority(issuer), node_id)
    return context_of(folder, pair.certificate, pair.key)


def context_of(folder: Path, certificate: bytes, key: bytes) -> ssl.SSLContext:
    """A server's context with this certificate."""
    file = folder / "foreign.pem"
    file.write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def nobody() -> int:
    """A port of this machine where nobody listens."""
    with socket.create_server((LOOPBACK, 0)) as taken:
        return int(taken.getsockname()[1])


def freezing(port: int, after_bytes: int) -> Answer:
    """A way to a port of this machine that goes silent after so many bytes upwards."""

    def pump(source: socket.socket, target: socket.socket, left: list[int]) -> None:
        with suppress(OSError):
            while piece := source.recv(4096):
                left[0] -= len(piece)
                if left[0] < 0:
                    return
                target.sendall(piece)

    def answer(connection: socket.socket) -> None:
        with socket.create_connection((LOOPBACK, port)) as onwards:
            left = [after_bytes]
            down = threading.Thread(
                target=pump, args=(onwards, connection, [1 << 40]), daemon=True
            )
            down.start()
            pump(connection, onwards, left)
            # Neither end hears that nothing is passed on any more.
            threading.Event().wait(15)

    return answer
