"""`python3 run.py demo`: sets Django up for the read tables, then plays the story."""

from __future__ import annotations

import sys
from importlib import import_module

from perahu.node.django_settings import configure

if __name__ == "__main__":
    # The rooms' tables can only be imported once Django knows its settings.
    configure()
    sys.exit(import_module("sim.demo.story").main())
