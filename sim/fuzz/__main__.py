"""`python -m sim.fuzz`: sets Django up for what needs it, then damages everything."""

from __future__ import annotations

import sys
from importlib import import_module

from perahu.node.django_settings import configure

if __name__ == "__main__":
    # Some readers of pages can only be imported once Django knows its settings.
    configure()
    sys.exit(import_module("sim.fuzz.command").main(sys.argv[1:]))
