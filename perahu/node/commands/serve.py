"""`perahu serve`: run the node: its pages, its exchange, its loops."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from perahu.node.cli import Call, Say
from perahu.node.serve import serve
from perahu.words import Words

NAME = "serve"
HELP = Words(
    "jalankan simpul: halaman, pertukaran, pekerjaan berkala",
    "run the node: its pages, its exchange, its loops",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """It has none of its own: what it does stands in node.toml."""


def run(call: Call) -> NoReturn:
    """Serve until SIGTERM or Ctrl-C, then end the process."""
    with call.open() as office:
        serve(office)
    # Everything is closed. The page server's Rust threads may still be winding down, and
    # abort the process if Python is taken apart under them; so it is not taken apart.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
