"""`python3 run.py demo`: sets Django up for the read tables, then plays the story."""

from __future__ import annotations

import signal
import sys
from importlib import import_module

from perahu.node.django_settings import configure

if __name__ == "__main__":
    # A closed terminal ends the district as Ctrl-C does: else its nodes would go on alone.
    for word in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(word) is not signal.SIG_IGN:
            signal.signal(word, signal.default_int_handler)
    # The rooms' tables can only be imported once Django knows its settings.
    configure()
    sys.exit(import_module("sim.demo.story").main())
