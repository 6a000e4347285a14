"""Callers who mean ill: raw bytes over real TLS, recorded exchanges, half-open connections."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from perahu.node import trust
from perahu.node.link import OneRoad, TlsLink
from perahu.node.office import Office
from perahu.node.road import parent_of, side_of
from perahu.node.tls import client_context, road_name
from perahu.sync import frames
from perahu.sync.ack import End, hear_end
from perahu.sync.exchange import ExchangeResult, exchange
from perahu.sync.frames import FrameReader
from perahu.sync.http import ClientHttp, ServerHttp
from perahu.sync.links import Link
from perahu.words import Refusal
from tests.system.world import LOOPBACK

ANSWER_S = 30.0


@dataclass
class Knock:
    """Connections to a listener by somebody who trusts its certificate."""

    ca: bytes
    hub: bytes
    port: int

    @contextmanager
    def connected(self) -> Iterator[ssl.SSLSocket]:
        """A TLS connection."""
        context = client_context(self.ca)
        with (
            socket.create_connection((LOOPBACK, self.port), ANSWER_S) as plain,
            context.wrap_socket(plain, server_hostname=road_name(self.hub)) as secure,
        ):
            yield secure

    def exchange(self, content: bytes) -> End | None:
        """Send the body of an exchange; gives the END that was answered, if there was one."""
        http, reader = ClientHttp("hub"), FrameReader()
        with self.connected() as secure, suppress(OSError, Refusal):
            secure.sendall(http.wrap(content))
            while piece := secure.recv(65536):
                for frame in reader.feed(http.unwrap(piece)):
                    if frame.type == frames.END:
                        return hear_end(frame)
        return None

    @contextmanager
    def half_open(self, count: int) -> Iterator[None]:
        """So many connections that begin and never go on, each a little further."""
        head = b"POST /jrn/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        with ExitStack() as held:
            for number in range(count):
                if number % 3 == 0:
                    plain = socket.create_connection((LOOPBACK, self.port), ANSWER_S)
                    held.enter_context(plain).sendall(b"\x16\x03\x01")
                    continue
                with suppress(OSError):
                    secure = held.enter_context(self.connected())
                    secure.sendall(head if number % 3 == 1 else head + b"\r\n5\r\nJRN1")
            yield


def knock_of(office: Office, port: int) -> Knock:
    """Whoever has an office's files can knock at its hub."""
    return Knock(trust.ca_of(office.folder), parent_of(office).node_id, port)


@dataclass
class Tape:
    """A link that keeps every byte of the request, as a listener on the line would not
    be able to (it is inside TLS), but a thief of the machine is."""

    sent: bytearray = field(default_factory=bytearray)


class TapedLink(TlsLink):
    """The real link, with a tape running."""

    def __init__(self, road: TapedRoad, tape: Tape) -> None:
        super().__init__(road.address, road.peer)
        self._tape = tape

    def send(self, piece: bytes) -> int:
        """As TlsLink."""
        count = super().send(piece)
        self._tape.sent += piece[:count]
        return count


class TapedRoad(OneRoad):
    """The way to the hub, over taped links."""

    def __init__(self, knock: Knock, tape: Tape) -> None:
        self.address = (LOOPBACK, knock.port)
        super().__init__(self.address, client_context(knock.ca), road_name(knock.hub))
        self._tape = tape

    def first(self) -> Link:
        """As OneRoad."""
        return TapedLink(self, self._tape)


def taped_exchange(office: Office, port: int) -> tuple[ExchangeResult, bytes]:
    """A whole exchange, and the body of its request."""
    tape, up = Tape(), office.settings.row.up
    assert up is not None
    roads = TapedRoad(knock_of(office, port), tape)
    with office.at_work():
        result = exchange(side_of(office), parent_of(office), up, roads)
    return result, ServerHttp().unwrap(bytes(tape.sent))
