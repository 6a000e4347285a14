"""`perahu verify`: re-check every hash, seal and authority of the book, and say what stands."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from perahu.node.cli import REFUSED, Call, Say
from perahu.words import Words

NAME = "verify"
HELP = Words(
    "periksa ulang setiap hash, segel dan wewenang di buku",
    "re-check every hash, seal and authority of the book",
)

_JSON = Words("satu baris JSON", "one line of JSON")
_MORE = Words(
    "Belum disegel {unsealed}, ditunggu {blobs_awaited} berkas, diparkir {parked}, "
    "dihapus menurut hukum {erased}, bertanggal di luar masa hak {flagged}.",
    "Not yet sealed {unsealed}, awaited {blobs_awaited} blobs, parked {parked}, erased "
    "by law {erased}, dated outside a grant's period {flagged}.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def run(call: Call) -> int:
    """Verify; a book that is not sound ends with exit code 2."""
    with call.open() as office:
        report = office.journal.verify()
    if call.json:
        found = asdict(report) | {
            "faults": [words.in_(call.lang) for words in report.faults],
            "sound": report.sound,
        }
        print(json.dumps(found))
        return 0 if report.sound else REFUSED
    call.say(report.words())
    for words in report.faults:
        call.say(words)
    more = asdict(report)
    call.say(Words(_MORE.id.format(**more), _MORE.en.format(**more)))
    return 0 if report.sound else REFUSED
