"""`python -m sim.fuzz`: sets Django up for what needs it, then damages everything."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim import manners


@manners.stoppable
def _main(words: Sequence[str]) -> int:
    # Some readers of pages can only be imported once Django knows its settings.
    from perahu.node.django_settings import configure

    configure()
    from sim.fuzz.command import main

    return main(words)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
