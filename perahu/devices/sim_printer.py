"""A simulated card printer as a process of its own, speaking IPP over HTTP on loopback.

    python -m perahu.devices.sim_printer --port 6310 --seed 1 --folder cards/

POST /ipp/print is IPP; POST /sim takes a JSON object (sim_printer_engine.set_state) and
GET /sim gives the truth, so that a test or the demo can compare it with the books. One
request at a time: the order of events is the order of requests.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from perahu.devices import ipp_wire as wire
from perahu.devices.ipp_answers import PENDING
from perahu.devices.ipp_wire import (
    Attributes,
    Group,
    Message,
    Value,
    first_int,
    first_text,
)
from perahu.devices.printer_ports import CARD_MEDIA, CARD_PNG_BYTES_MAX
from perahu.devices.sim_printer_engine import (
    HOPPER_CARDS,
    CardPrinterEngine,
    SimJob,
    known_faults,
    set_state,
)

REQUEST_BYTES_MAX = CARD_PNG_BYTES_MAX + 65_536
REQUEST_S = 20.0
JOBS_LISTED_MAX = 500
OPERATIONS = (
    wire.PRINT_JOB, wire.VALIDATE_JOB, wire.CREATE_JOB, wire.SEND_DOCUMENT,
    wire.CANCEL_JOB, wire.GET_JOB_ATTRIBUTES, wire.GET_JOBS, wire.GET_PRINTER_ATTRIBUTES,
)  # fmt: skip
_PNG = b"\x89PNG\r\n\x1a\n"


class IppFace:
    """The IPP operations of a printer, on the engine behind it."""

    def __init__(self, engine: CardPrinterEngine, uri: str) -> None:
        self.engine = engine
        self._uri = uri

    def answer(self, request: Message) -> Message | None:
        """The answer to a request; None breaks the connection instead."""
        asked = request.group(wire.OPERATION)
        operations: dict[int, Callable[[Attributes, bytes], Message | None]] = {
            wire.PRINT_JOB: self._print_job,
            wire.VALIDATE_JOB: lambda _asked, _document: _said(wire.OK),
            wire.CREATE_JOB: lambda asked, _document: self._create(asked),
            wire.SEND_DOCUMENT: self._send_document,
            wire.CANCEL_JOB: lambda asked, _document: self._cancel(asked),
            wire.GET_JOB_ATTRIBUTES: lambda asked, _document: self._job(asked),
            wire.GET_JOBS: lambda asked, _document: self._jobs(asked),
            wire.GET_PRINTER_ATTRIBUTES: lambda _asked, _document: self._printer(),
        }
        operation = operations.get(request.code)
        if operation is None:
            said: Message | None = _said(wire.OPERATION_NOT_SUPPORTED)
        else:
            said = operation(asked, request.document)
        return said and Message(said.code, request.request_id, said.groups)

    def _create(self, asked: Attributes) -> Message:
        job = self.engine.create(first_text(asked, "job-name") or "untitled")
        return _said(wire.NOT_ACCEPTING_JOBS) if job is None else self._job_said(job)

    def _print_job(self, asked: Attributes, document: bytes) -> Message | None:
        if not document.startswith(_PNG):
            return _said(wire.FORMAT_NOT_SUPPORTED)
        job = self.engine.create(first_text(asked, "job-name") or "untitled")
        if job is None:
            return _said(wire.NOT_ACCEPTING_JOBS)
        return self._job_said(job) if self.engine.take_document(job, document) else None

    def _send_document(self, asked: Attributes, document: bytes) -> Message | None:
        job = self._asked_job(asked)
        if job is None:
            return _said(wire.NOT_FOUND)
        if job.image or job.fate != "none" or job.state != PENDING:
            return _said(wire.NOT_POSSIBLE)
        if not document.startswith(_PNG):
            return _said(wire.FORMAT_NOT_SUPPORTED)
        return self._job_said(job) if self.engine.take_document(job, document) else None

    def _cancel(self, asked: Attributes) -> Message:
        job = self._asked_job(asked)
        if job is None:
            return _said(wire.NOT_FOUND)
        return _said(wire.OK if self.engine.cancel(job) else wire.NOT_POSSIBLE)

    def _job(self, asked: Attributes) -> Message:
        job = self._asked_job(asked)
        return _said(wire.NOT_FOUND) if job is None else self._job_said(job)

    def _jobs(self, asked: Attributes) -> Message:
        limit = first_int(asked, "limit") or JOBS_LISTED_MAX
        final = first_text(asked, "which-jobs") == "completed"
        jobs = self.engine.listed(final=final, limit=min(limit, JOBS_LISTED_MAX))
        return _said(wire.OK, *(Group(wire.JOB, self._attributes(job)) for job in jobs))

    def _asked_job(self, asked: Attributes) -> SimJob | None:
        return self.engine.known(first_int(asked, "job-id") or 0)

    def _job_said(self, job: SimJob) -> Message:
        return _said(wire.OK, Group(wire.JOB, self._attributes(job)))

    def _attributes(self, job: SimJob) -> Attributes:
        told: dict[str, tuple[Value, ...]] = {
            "job-id": (wire.integer(job.job_id),),
            "job-uri": (Value(wire.URI, f"{self._uri}/{job.job_id}"),),
            "job-name": (Value(wire.NAME, job.name),),
            "job-state": (wire.enum(job.state),),
            "job-state-reasons": wire.keywords(*job.reasons),
        }
        if job.sides is not None:
            told["job-impressions-completed"] = (wire.integer(job.sides),)
        if job.cards is not None:
            told["job-media-sheets-completed"] = (wire.integer(job.cards),)
        return told

    def _printer(self) -> Message:
        engine = self.engine
        engine.advance()
        tray = (
            f"type=sheetFeedAutoNonRemovableTray;maxcapacity=1000;level={engine.cards};"
        )
        told: dict[str, tuple[Value, ...]] = {
            "printer-uri-supported": (Value(wire.URI, self._uri),),
            "uri-security-supported": wire.keywords("none"),
            "uri-authentication-supported": wire.keywords("none"),
            "printer-name": (Value(wire.NAME, "perahu-card-simulator"),),
            "printer-state": (wire.enum(engine.printer_state()),),
            "printer-state-reasons": wire.keywords(*engine.reasons()),
            "printer-is-accepting-jobs": (Value(wire.BOOLEAN, True),),
            "ipp-versions-supported": wire.keywords("1.1", "2.0"),
            "operations-supported": tuple(wire.enum(o) for o in OPERATIONS),
            "charset-configured": (Value(wire.CHARSET, "utf-8"),),
            "charset-supported": (Value(wire.CHARSET, "utf-8"),),
            "natural-language-configured": (Value(wire.LANGUAGE, "id"),),
            "generated-natural-language-supported": (Value(wire.LANGUAGE, "id"),),
            "document-format-default": (Value(wire.MIME, "image/png"),),
            "document-format-supported": (Value(wire.MIME, "image/png"),),
            "media-default": wire.keywords(CARD_MEDIA),
            "media-supported": wire.keywords(CARD_MEDIA),
            "printer-input-tray": (Value(wire.OCTETS, tray.encode()),),
            "marker-names": (Value(wire.NAME, "YMCKO"),),
            "marker-types": wire.keywords("ribbon-wax"),
            "marker-levels": (wire.integer(engine.ribbon_percent()),),
            "queued-job-count": (wire.integer(len(engine.waiting())),),
        }
        return _said(wire.OK, Group(wire.PRINTER, told))


def _said(code: int, *groups: Group) -> Message:
    opening = {
        "attributes-charset": (Value(wire.CHARSET, "utf-8"),),
        "attributes-natural-language": (Value(wire.LANGUAGE, "id"),),
    }
    return Message(code, 1, (Group(wire.OPERATION, opening), *groups))


class _Requests(BaseHTTPRequestHandler):
    """HTTP in front of the printer; every connection ends after one answer."""

    protocol_version = "HTTP/1.1"
    timeout = REQUEST_S
    server: PrinterServer

    def do_POST(self) -> None:
        """IPP, or a change by the control endpoint."""
        self.close_connection = True
        body = self._body()
        if body is None:
            self._send(413, "text/plain", b"too large or without a length")
        elif self.path == "/sim":
            self._control(body)
        elif self.path == self.server.ipp_path:
            self._ipp(body)
        else:
            self._send(404, "text/plain", b"not here")

    def do_GET(self) -> None:
        """The truth."""
        self.close_connection = True
        if self.path == "/sim":
            self._json(200, self.server.face.engine.truth())
        else:
            self._send(404, "text/plain", b"not here")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal: the truth is at /sim."""

    def _ipp(self, body: bytes) -> None:
        try:
            request = wire.decode(body)
        except wire.WireError:
            said: Message | None = _said(wire.BAD_REQUEST)
        else:
            said = self.server.face.answer(request)
        if said is not None:
            self._send(200, "application/ipp", said.encode())

    def _control(self, body: bytes) -> None:
        try:
            change = json.loads(body)
            if not isinstance(change, dict):
                raise ValueError("a JSON object is needed")
            set_state(self.server.face.engine, change)
        except ValueError as error:
            self._json(400, {"error": str(error)})
        else:
            self._json(200, self.server.face.engine.truth())

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return self._chunks()
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 9 or int(length) > REQUEST_BYTES_MAX:
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the request was cut")
        return body

    def _chunks(self) -> bytes | None:
        read = b""
        while size := int(self.rfile.readline(20).split(b";")[0] or b"0", 16):
            if len(read) + size > REQUEST_BYTES_MAX:
                return None
            read += self.rfile.read(size)
            self.rfile.readline(4)
        self.rfile.readline(4)
        return read

    def _json(self, code: int, value: object) -> None:
        self._send(code, "application/json", json.dumps(value).encode())

    def _send(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


class PrinterServer(HTTPServer):
    """Listens on loopback only; port 0 takes a free one."""

    ipp_path = "/ipp/print"

    def __init__(self, port: int, engine: CardPrinterEngine) -> None:
        super().__init__(("127.0.0.1", port), _Requests)
        self.face = IppFace(engine, self.uri)

    @property
    def uri(self) -> str:
        """Where a client finds the printer."""
        return f"ipp://127.0.0.1:{self.server_port}{self.ipp_path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A broken connection of a client ends that connection, nothing else."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError | ValueError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def keep_in(folder: Path) -> Callable[[str, bytes], None]:
    """Saves each printed card as `<job name>.png`, a second one as `<job name>-2.png`."""
    folder.mkdir(parents=True, exist_ok=True)

    def keep(name: str, png: bytes) -> None:
        stem = re.sub(r"[^0-9A-Za-z_-]", "_", name)[:80]
        path, count = folder / f"{stem}.png", 1
        while path.exists():
            count += 1
            path = folder / f"{stem}-{count}.png"
        path.write_bytes(png)

    return keep


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is ended; a wrong argument ends with one line and 2."""
    parser = argparse.ArgumentParser(prog="sim_printer", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--cards", type=int, default=HOPPER_CARDS)
    parser.add_argument("--ribbon", type=int, default=500)
    parser.add_argument("--card-s", type=float, default=1.0)
    parser.add_argument("--fault-permille", type=int, default=0)
    parser.add_argument(
        "--faults", default="", help="for the first jobs: none,none,jam"
    )
    asked = parser.parse_args(arguments)
    engine = CardPrinterEngine(time.monotonic, keep_in(asked.folder), asked.seed)
    try:
        change: dict[str, object] = {
            "cards": asked.cards, "ribbon": asked.ribbon, "card_s": asked.card_s,
            "fault_permille": asked.fault_permille,
            "faults": known_faults([name for name in asked.faults.split(",") if name]),
        }  # fmt: skip
        set_state(engine, change)
        server = PrinterServer(asked.port, engine)
    except (ValueError, OverflowError, OSError) as error:
        print(f"sim_printer: {error}", file=sys.stderr)
        return 2
    print(f"ready {server.uri}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
