"""Node processes of a test's own: started, waited for, and ended by their process id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
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


def free_port() -> int:
    """A port that nobody listens on now."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
