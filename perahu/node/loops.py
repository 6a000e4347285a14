"""The loops of the node process: what is to be done derives from the book, every time.

A loop remembers no work. Its step looks into the book, does what it finds undone, and
says whether there may be more at once. An error ends that step only: it is shown on the
status page in words and tried again later, ever more rarely.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from perahu.node.cli import DEBUG_VARIABLE, sentence_or_mistake
from perahu.node.office import Office
from perahu.words import Words

BACKOFF_FIRST_S, BACKOFF_MAX_S = 2.0, 120.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a step ended."""

    more: bool = False
    """There may be more to do at once."""
    trouble: tuple[Words, ...] = ()
    """What it could not do, where the rest went on."""


Step = Callable[[], Done]
"""Do what the book shows undone."""


@dataclass(slots=True)
class Loop:
    """One loop: its name for people, its step, and how it has been."""

    words: Words
    step: Step
    period_s: float
    """The pause after a step that found nothing more to do."""
    backoff_max_s: float = BACKOFF_MAX_S
    done_ms: int = 0
    """When a step last ended well, by the wall clock."""
    failures: int = 0
    """Steps that failed in a row."""
    trouble: tuple[Words, ...] = ()
    """Why the last step failed, or what it could not do."""
    nudge: threading.Event = field(default_factory=threading.Event)
    """Set by whoever knows that there is work now."""

    def pause_s(self, more: bool) -> float:
        """How long to wait before the next step."""
        if self.failures:
            return min(
                BACKOFF_FIRST_S * 2.0 ** min(self.failures - 1, 16), self.backoff_max_s
            )
        return 0.0 if more else self.period_s


class Loops:
    """The threads of the loops; `stop` ends them after the step they are in."""

    def __init__(self, office: Office, loops: list[Loop]) -> None:
        self.loops = loops
        self._office = office
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(loop,), name=loop.words.en)
            for loop in loops
        ]

    def start(self) -> None:
        """Begin all of them."""
        for thread in self._threads:
            thread.start()

    def stop(self, wait_s: float) -> None:
        """Ask all of them to end, and wait so long for each."""
        self._stopping.set()
        for loop in self.loops:
            loop.nudge.set()
        for thread in self._threads:
            thread.join(wait_s)

    def _run(self, loop: Loop) -> None:
        try:
            while not self._stopping.is_set():
                more = self._step(loop)
                loop.nudge.wait(loop.pause_s(more))
                loop.nudge.clear()
        finally:
            self._office.tables.release_thread()

    def _step(self, loop: Loop) -> bool:
        try:
            with self._office.at_work():
                done = loop.step()
        except Exception as error:  # noqa: BLE001 - the one place that goes on
            if os.environ.get(DEBUG_VARIABLE):
                traceback.print_exc(file=sys.stderr)
            loop.trouble = (sentence_or_mistake(error),)
            loop.failures += 1
            return False
        loop.trouble, loop.failures = done.trouble, 0
        loop.done_ms = self._office.now().wall_ms
        return done.more
