"""Card printers for the tests: the simulated one on a real socket, and one that replies by rote."""

from __future__ import annotations

import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from perahu.devices import ipp_wire as wire
from perahu.devices.ipp import IppLimits, IppPrinter
from perahu.devices.ipp_wire import Attributes, Group, Message
from perahu.devices.printer_ports import CardJob, PrintOutcome
from perahu.devices.sim_printer import PrinterServer, keep_in
from perahu.devices.sim_printer_engine import CardPrinterEngine

LIMITS = IppLimits(answer_s=5.0, print_s=20.0, poll_s=0.5)


@dataclass
class HandClock:
    """Seconds that pass only when someone waits."""

    now_s: float = 100.0
    waits: list[float] = field(default_factory=list)

    def monotonic_s(self) -> float:
        """The time now."""
        return self.now_s

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        self.now_s += seconds


def card_png(*, width: int = 1011, height: int = 638) -> bytes:
    """A white card."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * 3 * width) * height)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def card_job(name: str = "a1" * 13) -> CardJob:
    """One attempt at one card."""
    return CardJob(name, card_png())


@dataclass
class Bench:
    """A simulated printer on a socket, the client that prints on it, and their clock."""

    clock: HandClock
    engine: CardPrinterEngine
    server: PrinterServer
    printer: IppPrinter
    folder: Path

    def print(self, name: str = "a1" * 13) -> PrintOutcome:
        """Print one card."""
        return self.printer.print(card_job(name))

    def fates(self, name: str = "a1" * 13) -> list[str]:
        """What truly became of every job of this name."""
        return [job.fate for job in self.engine.jobs.values() if job.name == name]


@contextmanager
def bench(
    folder: Path, *, faults: tuple[str, ...] = (), cards: int = 100
) -> Iterator[Bench]:
    """A printer that will meet these faults, one a job."""
    clock = HandClock()
    engine = CardPrinterEngine(clock.monotonic_s, keep_in(folder), cards=cards)
    engine.faults = list(faults)
    server = PrinterServer(0, engine)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    printer = IppPrinter(
        server.uri, wait=clock.wait, monotonic_s=clock.monotonic_s, limits=LIMITS
    )
    try:
        yield Bench(clock, engine, server, printer, folder)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


Reply = Callable[[Message], bytes | None]
"""What a printer by rote does with a request: bytes of HTTP, or None to break off."""


def http_reply(body: bytes, *, status: str = "200 OK") -> bytes:
    """An HTTP answer around these bytes."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def said(
    request: Message, attributes: Attributes | None = None, code: int = 0
) -> bytes:
    """A proper IPP answer to this request, with these job attributes."""
    groups = (Group(wire.JOB, attributes),) if attributes else ()
    return http_reply(Message(code, request.request_id, groups).encode())


def by_rote(request: Message) -> bytes | None:
    """A printer with which all goes well; tests replace single operations."""
    if request.code == wire.GET_JOBS:
        return said(request)
    if request.code == wire.GET_PRINTER_ATTRIBUTES:
        group = Group(wire.PRINTER, {"printer-state": (wire.enum(3),)})
        return http_reply(Message(0, request.request_id, (group,)).encode())
    return said(request, job_attributes(state=9, sides=1, cards=1))


def job_attributes(
    *,
    state: int,
    sides: int | None = None,
    cards: int | None = None,
    reason: str = "none",
) -> Attributes:
    """What a printer says of job 7."""
    told = {
        "job-id": (wire.integer(7),),
        "job-state": (wire.enum(state),),
        "job-state-reasons": wire.keywords(reason),
    }
    if sides is not None:
        told["job-impressions-completed"] = (wire.integer(sides),)
    if cards is not None:
        told["job-media-sheets-completed"] = (wire.integer(cards),)
    return told


@dataclass
class RotePrinter:
    """A client and the operations that reached the printer, in order."""

    printer: IppPrinter
    clock: HandClock
    asked: list[int]


@contextmanager
def rote_printer(replies: dict[int, Reply]) -> Iterator[RotePrinter]:
    """A printer that answers by rote, but for these operations."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[int] = []

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer:
                request = wire.decode(_http_body(peer))
                asked.append(request.code)
                reply = replies.get(request.code, by_rote)(request)
                if reply is not None:
                    peer.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    clock = HandClock()
    uri = f"ipp://127.0.0.1:{listener.getsockname()[1]}/ipp/print"
    printer = IppPrinter(
        uri, wait=clock.wait, monotonic_s=clock.monotonic_s, limits=LIMITS
    )
    try:
        yield RotePrinter(printer, clock, asked)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _http_body(peer: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += peer.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(one[15:]) for one in lines if one.startswith(b"content-length:"))
    while len(body) < length:
        body += peer.recv(65536)
    return body
