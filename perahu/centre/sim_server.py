"""The simulated centre as a process of its own, HTTP and JSON on loopback.

    python -m perahu.centre.sim_server --port 8090 --seed 1 --store centre.db
    (and --plan mixed --block 30 --delay-scale 0.00002)

    POST /packets            a packet                     -> {"reference": …}
    GET  /statuses?since=…   changes after a cursor       -> {"statuses": […], "cursor": …}
    POST /sim/plan           {"outcomes": {nik or place: outcome}} or {"niks": […]}
    POST /sim/release        {"nik": …}                   a stuck packet goes on
    POST /sim/outage         {"mode": …, "count": …}      see OUTAGES
    GET  /sim/truth          what it really did

One request at a time: the order of events is the order of requests.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from perahu.centre.sim import SimulatedCentre, SimulatorSettings
from perahu.centre.sim_plan import BLOCK, deal
from perahu.centre.sim_store import open_store
from perahu.centre.wire import (
    REQUEST_BYTES_MAX,
    NotOurs,
    page_json,
    read_object,
    read_packet,
)
from perahu.words import Refusal

REQUEST_S = 30.0
OUTAGES = {
    "off": "the link is up",
    "drop": "connections break before anything is done",
    "busy": "every answer is 503",
    "after": "the request is done, and the connection breaks before the answer",
    "garbage": "the answers are not JSON",
}
COUNT_MAX = 1_000_000
Answer = tuple[int, bytes]


class CentreServer(HTTPServer):
    """Listens on loopback only; port 0 takes a free one."""

    def __init__(self, port: int, centre: SimulatedCentre, seed: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Requests)
        self.centre = centre
        self.seed = seed
        self.outage = "off"
        self.outage_count = COUNT_MAX

    @property
    def address(self) -> str:
        """Where the hub finds the centre."""
        return f"http://127.0.0.1:{self.server_port}"

    def fault(self) -> str:
        """The outage this request meets, and one less to come."""
        mode = self.outage
        if mode != "off":
            self.outage_count -= 1
            if self.outage_count <= 0:
                self.outage = "off"
        return mode

    def handle_error(self, request: object, client_address: object) -> None:
        """A broken connection of a client ends that connection, nothing else."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Requests(BaseHTTPRequestHandler):
    """HTTP in front of the centre; every connection ends after one answer."""

    protocol_version = "HTTP/1.1"
    timeout = REQUEST_S
    server: CentreServer

    def do_GET(self) -> None:
        """Statuses, or the truth."""
        self._answer(b"")

    def do_POST(self) -> None:
        """A packet, or a control of the simulation."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 9 or int(length) > REQUEST_BYTES_MAX:
            self._send(413, _error("too_large", "terlalu besar", "too large"))
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the request was cut")
        self._answer(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal: the truth is at /sim/truth."""

    def _answer(self, body: bytes) -> None:
        path = urlsplit(self.path).path
        control = path.startswith("/sim/")
        fault = "off" if control else self.server.fault()
        self.close_connection = True
        if fault == "drop":
            return
        if fault == "busy":
            self._send(503, b"{}")
            return
        code, said = self._route(path, body)
        if fault != "after":
            self._send(code, b"\x00<html>" if fault == "garbage" else said)

    def _route(self, path: str, body: bytes) -> Answer:
        routes: dict[tuple[str, str], Callable[[bytes], bytes]] = {
            ("POST", "/packets"): self._packet,
            ("GET", "/statuses"): self._statuses,
            ("POST", "/sim/plan"): self._plan,
            ("POST", "/sim/release"): self._release,
            ("POST", "/sim/outage"): self._outage,
            ("GET", "/sim/truth"): self._truth,
        }
        act = routes.get((self.command, path))
        if act is None:
            return 404, _error("not_found", "tidak ada", "not here")
        try:
            return 200, act(body)
        except Refusal as refusal:
            code = 409 if refusal.code == "centre_packet_differs" else 400
            return code, _error(refusal.code, refusal.words.id, refusal.words.en)
        except ValueError as error:
            said = str(error)
            return 400, _error("not_valid", f"Tidak sah: {said}", f"Not valid: {said}")

    def _packet(self, body: bytes) -> bytes:
        reference = self.server.centre.submit(read_packet(body))
        return json.dumps({"reference": reference}).encode()

    def _statuses(self, _body: bytes) -> bytes:
        asked = parse_qs(urlsplit(self.path).query)
        return page_json(self.server.centre.statuses(asked.get("since", [""])[0]))

    def _plan(self, body: bytes) -> bytes:
        asked = read_object(body)
        niks, outcomes = asked.get("niks", []), asked.get("outcomes", {})
        if not isinstance(niks, list) or not isinstance(outcomes, dict):
            raise NotOurs("niks is a list, outcomes an object")
        seed = asked.get("seed", self.server.seed)
        if type(seed) is not int:
            raise NotOurs("seed is a number")
        dealt = deal([str(nik) for nik in niks], seed)
        dealt.update({str(key): str(name) for key, name in outcomes.items()})
        self.server.centre.plan(dealt)
        return json.dumps({"outcomes": dealt}).encode()

    def _release(self, body: bytes) -> bytes:
        released = self.server.centre.release(str(read_object(body).get("nik", "")))
        return json.dumps({"released": released}).encode()

    def _outage(self, body: bytes) -> bytes:
        asked = read_object(body)
        mode, count = asked.get("mode"), asked.get("count", COUNT_MAX)
        if mode not in OUTAGES or type(count) is not int or count < 1:
            raise NotOurs(f"mode is one of {', '.join(OUTAGES)}, count is 1 or more")
        self.server.outage, self.server.outage_count = str(mode), count
        return json.dumps({"mode": mode}).encode()

    def _truth(self, _body: bytes) -> bytes:
        return json.dumps(self.server.centre.truth()).encode()

    def _send(self, code: int, body: bytes) -> None:
        self.close_connection = True
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _error(code: str, id_: str, en: str) -> bytes:
    return json.dumps({"error": code, "id": id_, "en": en}).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is ended; a wrong argument ends with one line and 2."""
    parser = argparse.ArgumentParser(prog="sim_server", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", default=":memory:")
    parser.add_argument("--plan", choices=("none", "mixed"), default="none")
    parser.add_argument("--block", type=int, default=BLOCK)
    parser.add_argument("--delay-scale", type=float, default=1.0)
    asked = parser.parse_args(arguments)
    if asked.block < 1 or not 0 <= asked.delay_scale <= 1000:
        print("sim_server: --block from 1, --delay-scale 0 to 1000", file=sys.stderr)
        return 2
    settings = SimulatorSettings(asked.seed, asked.delay_scale, asked.plan, asked.block)
    try:
        centre = SimulatedCentre(
            open_store(asked.store),
            now_ms=lambda: time.time_ns() // 1_000_000,
            settings=settings,
        )
        server = CentreServer(asked.port, centre, asked.seed)
    except (OSError, OverflowError, sqlite3.Error) as error:
        print(f"sim_server: {error}", file=sys.stderr)
        return 2
    print(f"ready {server.address}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
