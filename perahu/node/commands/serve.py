"""`perahu serve`: run the node: its pages, its exchange, its loops."""

from __future__ import annotations

import argparse

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


def run(call: Call) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    with call.open() as office:
        serve(office)
