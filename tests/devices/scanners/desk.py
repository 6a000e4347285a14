"""A desk for tests: simulated devices as a real process, and the client beside it."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perahu.devices.sbi import Desk, SbiScanner, SbiSettings

ROOT = Path(__file__).resolve().parents[3]
TAKEN = datetime(2026, 3, 12, 8, 30, tzinfo=UTC)


def free_port() -> int:
    """A port of SBI's range that nobody listens on."""
    for port in range(4501, 4601):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("all SBI ports are taken")


@dataclass
class SimulatedDesk:
    """The running simulator of one desk."""

    process: subprocess.Popen[bytes]
    port: int
    keys: Path

    @classmethod
    def start(cls, keys: Path) -> SimulatedDesk:
        """Start it and wait until it answers."""
        port = free_port()
        module = "perahu.devices.sim_scanner"
        words = [sys.executable, "-m", module, "--port", str(port), "--seed", "1"]
        process = subprocess.Popen([*words, "--keys", str(keys)], cwd=ROOT)
        desk = cls(process, port, keys)
        for _ in range(400):
            try:
                desk.ask("GET", "/sim/state")
                return desk
            except ConnectionRefusedError:
                assert process.poll() is None, "the simulator ended at once"
                time.sleep(0.05)
        raise AssertionError("the simulator did not answer")

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(10)

    def ask(
        self, verb: str, path: str, body: object = None, raw: bytes | None = None
    ) -> tuple[int, Any]:
        """One request; the status and the JSON or bytes of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = raw if raw is not None else json.dumps(body).encode()
        connection.request(verb, path, sent)
        response = connection.getresponse()
        received = response.read()
        connection.close()
        try:
            return response.status, json.loads(received)
        except ValueError:
            return response.status, received

    def control(self, what: str, **asked: object) -> Any:
        """Change who stands there or what is broken."""
        status, answer = self.ask("POST", f"/sim/{what}", asked)
        assert status == 200, answer
        return answer

    def scanner(self, root_pem: bytes | None = None) -> SbiScanner:
        """A client of this desk alone."""
        numbers = itertools.count(1)
        pem = (self.keys / "root.pem").read_bytes() if root_pem is None else root_pem
        handed = Desk(
            wall=lambda: TAKEN,
            monotonic_s=time.monotonic,
            new_id=lambda: f"test-{next(numbers)}",
        )
        return SbiScanner(SbiSettings(pem, (self.port,)), handed)
