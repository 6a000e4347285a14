"""`perahu history`: the epochs of each node, how far each is held, and where a gap begins."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from perahu.node.cli import Call, Say
from perahu.node.desk_call import Teller, fill
from perahu.node.epochs import EpochShown, epochs_of, stranded
from perahu.words import Words

NAME = "history"
HELP = Words(
    "riwayat buku: setiap epoch simpul, sampai di mana ada di sini, dan di mana celahnya",
    "the book's history: each epoch of a node, how far it is here, and where its gap is",
)

_NODE = Words("nama simpul (bawaan: semua yang ada)", "name of a node (default: all)")
_JSON = Words("satu baris JSON untuk tiap epoch", "one line of JSON for each epoch")
_RUNNING = Words(
    "{name}: epoch {epoch} berjalan; ada di sini {entries} catatan ({reach}).",
    "{name}: epoch {epoch} is running; {entries} entries are here ({reach}).",
)
_ENDED = Words(
    "{name}: epoch {epoch} berakhir; ada di sini {entries} catatan ({reach}). Bukti kertas "
    "dengan tanda buku itu dan nomor lebih besar adalah celah: layani lagi orangnya.",
    "{name}: epoch {epoch} is over; {entries} entries are here ({reach}). Paper receipts "
    "with this book's mark and a greater number are the gap: serve those people again.",
)
_GONE = Words(
    "{name}: epoch {epoch} berakhir; tidak ada catatannya di sini. Bukti kertas {name} yang "
    "tanda bukunya tidak ada di daftar ini adalah celah: layani lagi orangnya.",
    "{name}: epoch {epoch} is over; nothing of it is here. Paper receipts of {name} with a "
    "book's mark that is not in this list are the gap: serve those people again.",
)
_TWIN = Words(
    "{name}: epoch {epoch} ditulis komputer lain dengan kunci yang sama; ada di sini "
    "{entries} catatan ({reach}).",
    "{name}: epoch {epoch} was written by another machine with the same keys; {entries} "
    "entries are here ({reach}).",
)
_STRANDED = Words(
    "  Hanya di komputer ini: epoch {epoch}, {lane} {seq}, {fact} {about}",
    "  On this machine only: epoch {epoch}, {lane} {seq}, {fact} {about}",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--node", help=say(_NODE))
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def run(call: Call) -> None:
    """Show it."""
    teller = Teller(call)
    with call.open() as office:
        for one in epochs_of(office, call.node):
            words = fill(_words_of(one), **_shown(one))
            teller.tell("epoch", words, **asdict(one))
        for left in stranded(office):
            told = asdict(left)
            teller.tell("stranded", fill(_STRANDED, **told), **told)


def _words_of(one: EpochShown) -> Words:
    if one.is_twin:
        return _TWIN
    if one.is_running:
        return _RUNNING
    return _ENDED if one.entries else _GONE


def _shown(one: EpochShown) -> dict[str, object]:
    reach = ", ".join(f"{lane} {mark}: {seq}" for lane, seq, mark in one.reach)
    return {
        "name": one.name,
        "epoch": one.epoch,
        "entries": one.entries,
        "reach": reach or "-",
    }
