"""How a process of a node keeps its memory: small when nothing is to be done.

- Python's collector of cycles runs after 20,000 new objects instead of 700: facts hold no
  cycles, and walking every fact of a replay three times cost an eighth of it.
- glibc gives what was freed back to the system at once, and keeps one heap for all threads.
  By itself it learns from the first large picture or batch to keep as much for ever: 40 MB
  at a desk that recorded one person.
"""

from __future__ import annotations

import ctypes
import gc

_COLLECT_AFTER = (20_000, 20, 20)
_TRIM_THRESHOLD, _ARENA_MAX = -1, -8
"""The numbers of M_TRIM_THRESHOLD and M_ARENA_MAX in glibc's malloc.h."""
_KEPT_BYTES = 128 * 1024


def keep_small() -> None:
    """Set this process up; where the C library has no such settings, leave it as it is."""
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_TRIM_THRESHOLD, _KEPT_BYTES)
        set_option(_ARENA_MAX, 1)
