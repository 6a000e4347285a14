"""Two network namespaces with a bad link between them.

    with Lab(PROFILES["loss2"], seed=1) as lab:
        hub = lab.at_hub(["python3", "-m", "http.server", "--bind", lab.hub_address])
        office = lab.at_office(["curl", f"http://{lab.hub_address}:8000/"])
        office.wait()
        lab.counts().to_office.tcp.delivered.bytes

The office calls the hub, as behind a carrier's NAT: the hub sees it at an outside address,
another after each switch. Needs root and /dev/net/tun. Several labs may run at once; all
have the same addresses, each in namespaces of its own that have no names to clash.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from bench.link import namespaces
from bench.link.counts import Counts, Event, counts_of
from bench.link.engine import HUB, INSIDE, dotted, outside_address
from bench.link.namespaces import NeedsRoot
from bench.link.profiles import Profile

__all__ = ["Lab", "NeedsRoot"]

ROOT = Path(__file__).resolve().parents[2]
ANSWER_BYTES_MAX = 1 << 18
ANSWER_S_MAX = 30.0
"""How long the emulator may take for an answer on a busy machine."""
END_S_MAX = 3.0
"""How long a process within the lab has to end by itself after it was asked."""


class Lab:
    """A link and both its ends; everything in it ends with it."""

    hub_address = dotted(HUB)
    office_address = dotted(INSIDE)
    """The office's own address; the hub sees `outside_address` instead."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.seed = seed
        self._emulator: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._office = self._hub = -1
        self._started: list[subprocess.Popen[Any]] = []
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Make the namespaces and start the emulator. Raises NeedsRoot."""
        namespaces.check_machine()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(ANSWER_S_MAX)
        self._control = ours
        try:
            with theirs:
                self._emulator = self._start_emulator(theirs.fileno())
            said, files, _, _ = socket.recv_fds(ours, ANSWER_BYTES_MAX, 2)
            if said != b"ready":
                self._refuse(said)
            self._office, self._hub = files
        except BaseException:
            self.stop_now()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop_now()

    def _start_emulator(self, control: int) -> subprocess.Popen[bytes]:
        """The emulator in a session of its own: the terminal's Ctrl-C is for us."""
        words = [str(control), json.dumps(asdict(self.profile)), str(self.seed)]
        return subprocess.Popen(
            [sys.executable, "-m", "bench.link.emulator", *words],
            cwd=ROOT,
            pass_fds=(control,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _refuse(self, said: bytes) -> None:
        if not said:
            raise RuntimeError("the emulator ended before the link was ready")
        raise NeedsRoot(*json.loads(said))

    # The two ends

    def at_hub(self, argv: list[str], **popen: Any) -> subprocess.Popen[Any]:
        """Start a process at the hub; the keywords are subprocess.Popen's."""
        return self._start_at(self._hub, argv, popen)

    def at_office(self, argv: list[str], **popen: Any) -> subprocess.Popen[Any]:
        """Start a process at the office; the keywords are subprocess.Popen's."""
        return self._start_at(self._office, argv, popen)

    def _start_at(
        self, namespace: int, argv: list[str], popen: dict[str, Any]
    ) -> subprocess.Popen[Any]:
        assert namespace >= 0, "the lab is not open"
        # nsenter becomes the program: the process id is the program's own.
        enter = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{namespace}", "--"]
        started = subprocess.Popen([*enter, *argv], **popen)
        self._started.append(started)
        return started

    def socket_at_hub(self, kind: int = socket.SOCK_STREAM) -> socket.socket:
        """An IPv4 socket of this process that stands at the hub."""
        with namespaces.inside(self._hub):
            return socket.socket(socket.AF_INET, kind)

    def socket_at_office(self, kind: int = socket.SOCK_STREAM) -> socket.socket:
        """An IPv4 socket of this process that stands at the office."""
        with namespaces.inside(self._office):
            return socket.socket(socket.AF_INET, kind)

    # What the link says

    @property
    def emulator_pid(self) -> int:
        """The process that moves the packets."""
        assert self._emulator is not None, "the lab is not open"
        return self._emulator.pid

    @property
    def outside_address(self) -> str:
        """The address at which the hub sees the office now, and can call it."""
        return dotted(outside_address(self.counts().switches))

    def counts(self) -> Counts:
        """What the emulator has counted until now."""
        return counts_of(self._ask("counts"))

    def timeline(self) -> tuple[Event, ...]:
        """How the link changed until now; empty before the first packet."""
        return tuple(Event(**row) for row in self._ask("timeline"))

    def _ask(self, question: str) -> Any:
        assert self._control is not None, "the lab is not open"
        with self._lock:
            self._control.send(question.encode())
            return json.loads(self._control.recv(ANSWER_BYTES_MAX))

    # The end

    def stop_now(self) -> None:
        """End what runs in the lab and the link itself; safe to call again."""
        self._end_started()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._emulator is not None:
            _end([self._emulator])
            self._emulator = None
        for namespace in (self._office, self._hub):
            if namespace >= 0:
                os.close(namespace)
        self._office = self._hub = -1

    def _end_started(self) -> None:
        """End the processes that were started here, then what they left behind."""
        _end(self._started)
        self._started.clear()
        places = [place for place in (self._office, self._hub) if place >= 0]
        emulator = self._emulator.pid if self._emulator is not None else -1
        namespaces.end_all_within(places, spared=(os.getpid(), emulator))


def _end(processes: list[subprocess.Popen[Any]]) -> None:
    """Ask the processes to end, wait a little, then make them."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    until_s = time.monotonic() + END_S_MAX
    for process in processes:
        try:
            process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
