"""The windows in which nodes are at work, and how one knows that they had their turn.

A node here (listener, loops, pages) is what `perahu serve` runs; it runs in the process of
the test, for every process would load the program anew.
"""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from perahu.node.loops import Done, Loop, Step
from perahu.node.office import open_office
from perahu.node.serve import Serving
from tests.node.offices import PHRASE

SETTLED_S_MAX = 180.0
SLOW_S = 20.0
"""A step that takes longer shows where every thread is."""
_LOOK_S = 0.005


@dataclass
class _Turn:
    """The step of one loop, counted."""

    loop: Loop
    step: Step
    begun: int = 0
    quiet: int = 0
    """The last step that ended and left nothing to be done at once."""

    def __call__(self) -> Done:
        self.begun += 1
        number, more = self.begun, False
        try:
            done = self.step()
            more = done.more
            return done
        finally:
            self.quiet = self.quiet if more else number


class Window:
    """A node at work, until it is closed."""

    def __init__(self, place: Path) -> None:
        self._office = open_office(place, passphrase=PHRASE)
        try:
            self._serving = Serving(self._office)
        except BaseException:
            self._office.close()
            raise
        self._turns = [_Turn(loop, loop.step) for loop in self._serving.loops]
        for turn in self._turns:
            turn.loop.step = turn

    def close(self) -> None:
        """It ends what it is doing, as at Ctrl-C."""
        self._serving.close()
        self._office.close()

    def have_turn(self, until_s: float) -> None:
        """Every loop looks at what is here now, and leaves nothing to be done at once."""
        wanted, took = [(turn, turn.begun) for turn in self._turns], dict[str, float]()
        for turn, before in wanted:
            begun_s, is_told, name = time.monotonic(), False, turn.loop.words.en
            while turn.quiet <= before:
                took[name] = time.monotonic() - begun_s
                if took[name] > SLOW_S and not is_told:
                    is_told = True
                    faulthandler.dump_traceback()
                assert time.monotonic() < until_s, (took, turn.loop.trouble)
                turn.loop.nudge.set()
                time.sleep(_LOOK_S)

    def heads(self) -> int:
        """How many entries its book holds."""
        return sum(row.head_seq for row in self._office.journal.journals())


def settle(windows: Iterable[Window]) -> None:
    """Each has its turn, and again, until no book grows by it any more."""
    windows, until_s = list(windows), time.monotonic() + SETTLED_S_MAX
    before, now = list[int](), [window.heads() for window in windows]
    while before != now:
        for window in windows:
            window.have_turn(until_s)
        before, now = now, [window.heads() for window in windows]
