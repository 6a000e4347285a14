"""How the harnesses behave at the command line: what they accept, and how they stop.

Ctrl-C and SIGTERM end a harness alike: its folders are taken away, its children end with it,
one sentence says that it is not finished, and the exit code is 130.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

STOPPED = 130
SEED_MAX = 2**63 - 1
COUNT_MAX = 10**9
_Given = ParamSpec("_Given")


def stoppable(main: Callable[_Given, int]) -> Callable[_Given, int]:
    """A command that ends with a sentence where somebody stops it."""

    @wraps(main)
    def run(*args: _Given.args, **kwargs: _Given.kwargs) -> int:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
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
            signal.signal(signal.SIGTERM, before)

    return run


def die_at_once() -> None:
    """In a child: whoever stops the parent stops it too, without a word of its own."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


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
