"""`perahu courier export|import`: the same exchange by file, on a stick."""

from __future__ import annotations

import argparse
from pathlib import Path

from perahu.node.cli import Call, Say
from perahu.node.courier import Taken, addressee, export_to, import_files
from perahu.node.desk_call import Teller, fill
from perahu.sync.courier import Exported
from perahu.words import Refusal, Words

NAME = "courier"
HELP = Words(
    "pertukaran lewat berkas di stik: tulis (export) atau baca (import)",
    "the exchange by file on a stick: write (export) or read (import)",
)

EXPORT, IMPORT = "export", "import"
_ACTION = Words("export: tulis, import: baca", "export: write, import: read")
_FILES = Words(
    "berkas, atau folder stik (import)", "files, or the stick's folder (import)"
)
_TO = Words(
    "nama simpul tujuan; boleh berulang (bawaan: simpul atasan)",
    "name of the node it is for; may be repeated (default: the parent node)",
)
_FOLDER = Words("folder stik untuk ditulisi", "folder of the stick to write to")
_RETURN = Words(
    "tulis berkas balasan ke folder ini (import)", "write return files here (import)"
)
_JSON = Words("satu baris JSON untuk tiap kejadian", "one line of JSON for each event")
_WRITTEN = Words(
    "Untuk {to}: {entries} catatan, {blobs} berkas segel, {bytes} byte di {files}.\n"
    "Kata periksa: {check}",
    "For {to}: {entries} entries, {blobs} sealed blobs, {bytes} bytes in {files}.\n"
    "Check words: {check}",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("action", choices=(EXPORT, IMPORT), help=say(_ACTION))
    parser.add_argument("files", nargs="*", type=Path, help=say(_FILES))
    parser.add_argument("--to", action="append", help=say(_TO))
    parser.add_argument("--folder", type=Path, default=Path(), help=say(_FOLDER))
    parser.add_argument("--return", dest="answers", type=Path, help=say(_RETURN))
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def run(call: Call) -> None:
    """Write or read; each file is told of as soon as it is done."""
    teller = Teller(call)
    with call.open() as office:
        if call.action == EXPORT:
            # Names first: a wrong one in the list stops before anything is written.
            for node_id in [addressee(office, name) for name in call.to or [None]]:
                made = export_to(office, node_id, call.folder)
                node = office.authority.node(node_id) or office.parent_certificate()
                _tell_written(teller, node.name if node else "", made)
            return
        if not call.files:
            raise Refusal(
                "usage",
                id="Sebutkan berkas kurir atau folder stiknya; tidak ada yang diubah.",
                en="Name the courier file or the stick's folder; nothing was changed.",
            )
        for taken in import_files(office, call.files, call.answers):
            _tell_taken(teller, taken)


def _tell_written(teller: Teller, to: str, made: Exported) -> None:
    found = {
        "to": to,
        "entries": made.entries,
        "blobs": made.blobs,
        "bytes": made.size_bytes,
    }
    files, words = [str(path) for path in made.paths], list(made.check_words)
    shown = fill(_WRITTEN, **found, files=", ".join(files), check="; ".join(words))
    teller.tell("exported", shown, **found, files=files, check_words=words)


def _tell_taken(teller: Teller, taken: Taken) -> None:
    found = taken.imported
    teller.tell(
        "imported",
        found.words,
        file=str(taken.path),
        sender=found.peer.name,
        entries=found.stored_entries,
        blobs=found.blobs,
        missing_frames=found.missing_frames,
        check_words=found.check_words,
    )
    if taken.answer is not None:
        _tell_written(teller, found.peer.name, taken.answer)
