"""`perahu rescue`: write what this node cannot get back from anybody, for the safe."""

from __future__ import annotations

import argparse
from pathlib import Path

from perahu.node.cli import Call, Say
from perahu.node.desk_call import fill
from perahu.node.rebuilding import write_rescue
from perahu.words import Words

NAME = "rescue"
HELP = Words(
    "tulis berkas penyelamat: kunci simpul ini, untuk lemari besi",
    "write the rescue file: this node's keys, for the safe",
)

_OUT = Words(
    "berkas yang ditulis, di stik untuk lemari besi",
    "file to write, on the stick for the safe",
)
_DONE = Words(
    "Berkas penyelamat {name} ada di {out}. Simpan di lemari besi, dan tulis lagi setelah "
    "simpul baru didaftarkan. Dengannya simpul ini dapat dibangun kembali: perahu --dir "
    "FOLDER init --from {out}\nKode penyelamat (hanya sekali ini ditampilkan; simpan di "
    "tempat lain): {code}",
    "The rescue file of {name} is {out}. Keep it in the safe, and write it again after a "
    "new node was enrolled. With it this node can be built again: perahu --dir FOLDER init "
    "--from {out}\nRescue code (shown this once; keep it in another place): {code}",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--out", type=Path, required=True, help=say(_OUT))


def run(call: Call) -> None:
    """Write it and show its code."""
    with call.open() as office:
        code = write_rescue(office, call.out)
        name = office.certificate.name
    call.say(fill(_DONE, name=name, out=call.out, code=code))
