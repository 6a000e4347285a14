"""`python -m sim.power`: power cuts. Who stops it while it is loaded gets a sentence, too."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from sim import manners

_GARBAGE_AFTER = 20_000
"""A cut makes thousands of objects and hardly a cycle: Python need not look so often."""


@manners.stoppable
def _main(words: Sequence[str]) -> int:
    from sim.power.command import main

    gc.set_threshold(_GARBAGE_AFTER)
    return main(words)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
