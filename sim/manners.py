"""How the harnesses behave at the command line: what they accept, and how they stop.

Ctrl-C, SIGTERM and a closed terminal end a harness alike: its folders are taken away, its
children end with it, one sentence says that it is not finished, and the exit code is 130.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from functools import wraps
from time import monotonic
from types import FrameType
from typing import ParamSpec

STOPPED = 130
_WORDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDED = (STOPPED, *(-word for word in _WORDS))
"""The exit codes of a harness that somebody stopped."""
SEED_MAX = 2**63 - 1
COUNT_MAX = 10**9
_DEAF_S = 3.0
"""So long nobody is stopped twice: a terminal's Ctrl-C and a parent's SIGTERM are one wish."""
_Given = ParamSpec("_Given")


def stoppable(main: Callable[_Given, int]) -> Callable[_Given, int]:
    """A command that ends with a sentence where somebody stops it."""

    @wraps(main)
    def run(*args: _Given.args, **kwargs: _Given.kwargs) -> int:
        before = {one: signal.signal(one, _stop) for one in _obeyed()}
        try:
            return main(*args, **kwargs)
        except KeyboardInterrupt:
            print(
                "\nDihentikan sebelum selesai; ini tidak membuktikan apa pun. / "
                "Stopped before the end; this proves nothing.",
                file=sys.stderr,
            )
            return STOPPED
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    return run


class _Stop:
    """The handler of all of them: clearing up is not interrupted by a second one."""

    def __init__(self) -> None:
        self._heard_s = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now_s = monotonic()
        if now_s - self._heard_s < _DEAF_S:
            return
        self._heard_s = now_s
        raise KeyboardInterrupt


_stop = _Stop()


def _obeyed() -> list[signal.Signals]:
    """All but those that whoever started us wants ignored (a shell's `&`, nohup)."""
    return [one for one in _WORDS if signal.getsignal(one) is not signal.SIG_IGN]


def die_at_once() -> None:
    """In a child: whoever stops the parent stops it too, without a word of its own."""
    for one in _obeyed():
        signal.signal(one, signal.SIG_DFL)


def whole(least: int = 0, most: int = COUNT_MAX) -> Callable[[str], int]:
    """The reader of a whole number from `least` to `most`, for argparse."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"bilangan bulat / a whole number {least}..{most}, not {text[:40]!r}"
            )
        return number

    return read


def seed() -> Callable[[str], int]:
    """The reader of a seed."""
    return whole(0, SEED_MAX)
