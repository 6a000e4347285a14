"""The flushes a process asks for, counted, and each made longer as a slow disk would.

Python's own calls are caught, which are all that a save waits for; SQLite's at its
checkpoints, one in some eighty saves, are not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

SLOW_MS = 4.0
"""A flush of a worn consumer SSD, or of any disk that others are busy with."""


@contextmanager
def caught(longer_ms: float = 0.0) -> Iterator[Callable[[], int]]:
    """Gives a function that says how many flushes there were until now."""
    seen, plain = count(), (os.fsync, os.fdatasync)

    def slowed(flush: Callable[[int], None]) -> Callable[[int], None]:
        def flush_slowly(fd: int) -> None:
            next(seen)
            if longer_ms:
                time.sleep(longer_ms / 1000)
            flush(fd)

        return flush_slowly

    os.fsync, os.fdatasync = map(slowed, plain)  # type: ignore[assignment]
    try:
        # count() shows its next number and nothing else; asking takes none.
        yield lambda: int(repr(seen)[len("count(") : -1])
    finally:
        os.fsync, os.fdatasync = plain
