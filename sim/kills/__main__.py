"""`python -m sim.kills`. Who stops it while it is loaded gets a sentence, too."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim import manners


@manners.stoppable
def _main(words: Sequence[str]) -> int:
    # The rooms' models need Django set up before anything of them is imported.
    from perahu.node.django_settings import configure

    configure()
    from sim.kills.command import main

    return main(list(words))


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
