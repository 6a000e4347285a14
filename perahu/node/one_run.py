"""Work that a page begins and then watches: one at a time, in a thread of its own.

What it has done is in the book piece by piece; here is only what the page shows of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from perahu.node.cli import sentence_or_mistake
from perahu.node.office import Office
from perahu.words import Refusal, Words


class Run(Protocol):
    """What a page is shown of some work."""

    @property
    def is_running(self) -> bool:
        """Whether it is still on."""


_R = TypeVar("_R", bound=Run)


def _nothing() -> None:
    """Nobody waits for the end."""


@dataclass(slots=True, kw_only=True)
class OneRun(Generic[_R]):
    """The work of now, or how the last one ended."""

    office: Office
    name: str
    busy: Refusal
    """What is said to who comes while one is on."""
    failed: Callable[[_R, Words], _R]
    """What is shown of work that ended in an error, given what it began as."""
    ended: Callable[[], None] = _nothing
    current: _R | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def check_idle(self) -> None:
        """Refuse while one is on."""
        if self.current is not None and self.current.is_running:
            raise Refusal(self.busy.code, *self.busy.words)

    def begin(self, started: _R, work: Callable[[], _R]) -> None:
        """Show `started`, do the work, then show what it gives."""
        with self._lock:
            self.check_idle()
            self.current = started
        self._thread = threading.Thread(
            target=self._go, args=(started, work), name=self.name
        )
        self._thread.start()

    def close(self, wait_s: float) -> None:
        """Wait for the work of now."""
        if self._thread is not None:
            self._thread.join(wait_s)

    def _go(self, started: _R, work: Callable[[], _R]) -> None:
        try:
            with self.office.at_work():
                self.current = work()
        except Exception as error:  # noqa: BLE001 - shown on the page, in words
            self.current = self.failed(started, sentence_or_mistake(error))
        finally:
            self.office.tables.release_thread()
            self.ended()
