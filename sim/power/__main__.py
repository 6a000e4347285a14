"""`python -m sim.power`: power cuts. Who stops it while it is loaded gets a sentence, too."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim import manners


@manners.stoppable
def _main(words: Sequence[str]) -> int:
    from sim.power.command import main

    return main(words)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
