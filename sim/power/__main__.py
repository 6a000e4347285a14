"""Power cuts from the command line."""

from __future__ import annotations

import sys

from sim.power.command import main

sys.exit(main(sys.argv[1:]))
