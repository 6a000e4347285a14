"""`python -m sim`: worlds (command.py), or with `--canaries` the planted bugs (canaries/)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim import manners

_CANARIES = "--canaries"


@manners.stoppable
def main(words: Sequence[str]) -> int:
    """Whichever of the two is asked for; the other one is not even loaded."""
    if _CANARIES in words:
        from sim.canaries import command as canaries

        return canaries.main([word for word in words if word != _CANARIES])
    from sim import command

    return command.main(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
