"""Node processes of a test's own: started, waited for, and ended by their process id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

ENDED_S = 60


class NodeProcess:
    """`perahu serve` on a folder, once it has said that it is ready."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.log = folder.with_name(f"{folder.name}.log")
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "perahu", "--dir", str(folder), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | environment,
            )
        self.ready: dict[str, Any] = {}

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def wait_ready(self) -> NodeProcess:
        """Until it says where it can be reached."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line, f"it ended: {self.log.read_text()[-800:]}"
        self.ready = json.loads(line)
        return self

    def poke(self) -> None:
        """Say that there may be work now."""
        os.kill(self.pid, signal.SIGUSR1)

    def kill_9(self) -> None:
        """End it as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        self._child.communicate(timeout=ENDED_S)

    def stop(self) -> int:
        """End it cleanly; gives its exit code."""
        if self._child.poll() is None:
            self._child.terminate()
        self._child.communicate(timeout=ENDED_S)
        return self._child.returncode

    def end(self) -> None:
        """Whatever it does, it is gone after this."""
        if self._child.poll() is None:
            self.kill_9()


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[NodeProcess]:
    """A running node for a `with`."""
    node = NodeProcess(folder, **environment)
    try:
        yield node.wait_ready()
    finally:
        node.end()


class Desk:
    """`tests.system.at_work`: a loaded program that forks desks, to be killed one by one."""

    def __init__(self, folder: Path, port: int) -> None:
        root = Path(__file__).parent.parent.parent
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.system.at_work", str(folder), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=root,
            text=True,
        )
        self.receipts: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.pid = 0

    def begin(self, *words: str) -> None:
        """Fork a desk that goes on behind the last receipt it gave."""
        assert self._program.stdin is not None
        print(len(self.receipts), *words, file=self._program.stdin, flush=True)
        self.pid = self._line()["pid"]

    def kill_9(self) -> None:
        """Kill the desk and hear all it said before."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        while "ended" not in (told := self._line()):
            self._hear(told)
        self.pid = 0

    def hear(self, count: int) -> None:
        """Wait for so many receipts more."""
        wanted = len(self.receipts) + count
        while len(self.receipts) < wanted:
            self._hear(self._line())

    def end(self) -> None:
        """Kill what is left."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._program.kill()
        self._program.communicate(timeout=ENDED_S)

    def _hear(self, told: dict[str, Any]) -> None:
        if "op" in told:
            self.receipts.append(told)
        else:
            self.said.append(told["said"])

    def _line(self) -> dict[str, Any]:
        assert self._program.stdout is not None
        line = self._program.stdout.readline()
        assert line, f"the desks ended; they said {self.said}"
        found: dict[str, Any] = json.loads(line)
        return found


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
