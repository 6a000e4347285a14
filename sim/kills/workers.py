"""Workers forked from a loaded parent, heard over a pipe, and killed at any moment.

What a worker said before its death was said whole: one message is one write of a few
hundred bytes, and what is cut off is no message.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from sim.manners import die_at_once

_FORK = multiprocessing.get_context("fork")
READY_S_MAX, ENDED_S_MAX = 30.0, 60.0

Said = tuple[str, dict[str, Any]]
"""What a worker says: the kind of news, and its particulars."""
Say = Callable[..., None]
Work = Callable[[Say], None]


class WorkerFailed(RuntimeError):
    """A worker died of itself: its work raised what no kill explains."""


@dataclass(slots=True)
class Worker:
    """One forked process."""

    name: str
    process: BaseProcess
    heard: Connection
    news: list[Said] = field(default_factory=list)

    def hear_until(self, moment_s: float) -> None:
        """Take in what it says until this moment of the monotonic clock."""
        while (left_s := moment_s - time.monotonic()) > 0:
            try:
                if not self.heard.poll(left_s):
                    return
                self.news.append(self.heard.recv())
            except (EOFError, OSError):
                # It ended of itself; `kill_9` says so.
                time.sleep(max(0.0, moment_s - time.monotonic()))
                return

    def wait_for(self, kind: str, times: int = 1) -> None:
        """Until it has said something of this kind so often. Raises WorkerFailed."""
        end_s = time.monotonic() + READY_S_MAX
        while sum(said == kind for said, _ in self.news) < times:
            if time.monotonic() > end_s:
                raise WorkerFailed(f"{self.name} did not say {kind}: {self.news[-2:]}")
            try:
                if self.heard.poll(1.0):
                    self.news.append(self.heard.recv())
            except (EOFError, OSError) as error:
                raise WorkerFailed(f"{self.name} ended: {self.news[-1:]}") from error

    def kill_9(self) -> list[Said]:
        """Kill it, and give all that it had said. Raises WorkerFailed."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join(ENDED_S_MAX)
        while True:
            try:
                self.news.append(self.heard.recv())
            except (EOFError, OSError):
                break
        self.heard.close()
        for kind, told in self.news:
            if kind == "failed":
                raise WorkerFailed(f"{self.name}: {told['trace']}")
        if self.process.exitcode != -signal.SIGKILL:
            raise WorkerFailed(f"{self.name} ended with {self.process.exitcode}")
        return self.news


def fork(name: str, work: Work) -> Worker:
    """Let a child do this work until it is killed."""
    heard, said = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_live, args=(work, heard, said), daemon=True)
    child.start()
    said.close()
    return Worker(name, child, heard)


def _live(work: Work, heard: Connection, said: Connection) -> None:
    die_at_once()
    heard.close()

    def say(kind: str, **told: Any) -> None:
        said.send((kind, told))

    try:
        work(say)
        # Nothing left to do: it waits for its end like everybody else.
        signal.pause()
    except Exception:  # noqa: BLE001 - said, and the run fails by it
        say("failed", trace=traceback.format_exc()[-3000:])
        signal.pause()
