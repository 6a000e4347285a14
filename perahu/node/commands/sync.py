"""`perahu sync`: exchange once, now, with the parent node."""

from __future__ import annotations

import argparse

from perahu.node.cli import Call, Say
from perahu.node.road import Caller
from perahu.sync.exchange import Patience
from perahu.words import Words

NAME = "sync"
HELP = Words(
    "bertukar sekali, sekarang, dengan simpul atasan",
    "exchange once, now, with the parent node",
)

ATTEMPTS = 3
"""Connections in a row that bring nothing: somebody is waiting for the answer."""

_DONE = Words(
    "Pertukaran selesai: {sent} bagian diakui simpul atasan, {stored} catatan diterima "
    "({connections} sambungan).",
    "Exchange complete: the parent acknowledged {sent} pieces, {stored} entries came in "
    "({connections} connections).",
)
_PARTLY = Words(
    "Pertukaran belum selesai; yang sudah diterima tetap tersimpan. Ulangi untuk sisanya.",
    "The exchange is not complete; what was received is kept. Repeat it for the rest.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """It has none: whom to call stands in node.toml."""


def run(call: Call) -> None:
    """Call the parent; a refusal ends the command with its words."""
    with call.open() as office:
        result = Caller(office, Patience(attempts_max=ATTEMPTS)).call()
    if result.refusal is not None:
        raise result.refusal
    shown = {
        "sent": sum(one.acked for one in result.progress.classes),
        "stored": result.stored_entries,
        "connections": result.connections,
    }
    words = _DONE if result.is_complete else _PARTLY
    call.say(Words(words.id.format(**shown), words.en.format(**shown)))
