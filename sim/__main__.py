"""`python -m sim`: see command.py; `--canaries` is in sim/canaries."""

from __future__ import annotations

import sys

from sim.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
