"""Real processes of the district: started, waited for, asked, and ended by their own id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

READY_S_MAX = 60.0
STOP_S_MAX = 10.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024
LOOPBACK = "127.0.0.1"
SCANNER_PORTS = range(4501, 4601)


class ProcessDied(RuntimeError):
    """A process of the district ended by itself; its log says why."""


class Process:
    """One process with a log of its own; its first line on stdout says it is ready."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] = {},
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._output = self.log.open("ab")
        self._child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._output,
            env=os.environ | dict(environment),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def lines(self) -> Iterator[str]:
        """What it says on stdout, line by line, until it ends."""
        assert self._child.stdout is not None
        for line in self._child.stdout:
            yield line.decode(errors="replace").rstrip("\n")

    def events(self) -> Iterator[dict[str, Any]]:
        """The JSON lines among them."""
        for line in self.lines():
            if line.startswith("{"):
                yield json.loads(line)

    def wait(self) -> int:
        """Wait for its end and give the exit code."""
        code = self._child.wait()
        self._output.close()
        return code

    def kill_9(self) -> None:
        """End it as a power cut would: no warning, no clean-up."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def poke(self) -> None:
        """Tell a node process that there may be work now (SIGUSR1): the link is back."""
        os.kill(self.pid, signal.SIGUSR1)

    def stop(self) -> None:
        """Ask it to end; after a while, make it."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self._child.kill()
        self.wait()

    def check(self) -> None:
        """Raise ProcessDied if it is no longer there."""
        if self._child.poll() is not None:
            raise ProcessDied(
                f"{self.name} ended ({self._child.returncode}): {self.log}"
            )


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as found:
        found.bind((LOOPBACK, 0))
        return int(found.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether nobody listens on this port now."""
    with closing(socket.socket()) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return found.connect_ex((LOOPBACK, port)) != 0


def wait_port(process: Process, port: int) -> None:
    """Wait until somebody answers on the port. Raises ProcessDied."""
    end = time.monotonic() + READY_S_MAX
    while time.monotonic() < end:
        process.check()
        with closing(socket.socket()) as probe:
            probe.settimeout(0.5)
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.05)
    raise ProcessDied(f"{process.name} did not answer on port {port}: {process.log}")


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """GET, or POST a JSON body to, a process of the district; gives the JSON answer."""
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, raw, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read(ANSWER_BYTES_MAX) or b"null")


def get(port: int, path: str) -> bytes:
    """The raw answer of a process of the district."""
    with urllib.request.urlopen(
        f"http://{LOOPBACK}:{port}{path}", timeout=10
    ) as answer:
        found: bytes = answer.read(ANSWER_BYTES_MAX)
        return found


def tell(port: int, command: str) -> dict[str, Any]:
    """One command to the shaped link's control port; gives its counts."""
    with closing(socket.create_connection((LOOPBACK, port), timeout=10)) as link:
        link.sendall(command.encode() + b"\n")
        found: dict[str, Any] = json.loads(link.makefile().readline())
        return found


@contextmanager
def ended_with(processes: list[Process]) -> Iterator[None]:
    """End every process started, last first, whatever happens."""
    try:
        yield
    finally:
        for process in reversed(processes):
            process.stop()
