"""Who waits for a turn at the pages: saves before looks, and nobody for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable

from perahu.node.turns import AHEAD, Line


def _queue(line: Line, looks: list[bool]) -> list[bool]:
    """Let these come while the only turn is taken; the order in which they were let in."""
    order: list[bool] = []
    threads: list[threading.Thread] = []

    def come(is_look: bool, waits: Callable[[], None]) -> None:
        waits()
        with line.turn(is_look=is_look):
            order.append(is_look)

    with line.turn(is_look=True):
        for is_look in looks:
            begun = threading.Event()
            thread = threading.Thread(target=come, args=(is_look, begun.set))
            thread.start()
            begun.wait()
            while len(line._saves) + len(line._looks) < len(threads) + 1:
                pass
            threads.append(thread)
    for thread in threads:
        thread.join()
    return order


def test_it_lets_saves_go_before_looks() -> None:
    """A page that was asked for first waits for the saves that came meanwhile."""
    order = _queue(Line(1), [True, False, True, False])
    assert order == [False, False, True, True]


def test_it_keeps_no_look_waiting_for_ever() -> None:
    """After so many saves in a row a look has its turn."""
    order = _queue(Line(1), [True, *[False] * (AHEAD + 3)])
    assert order.index(True) == AHEAD
