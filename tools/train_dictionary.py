"""Train the compression dictionary of segments, on synthetic facts only.

    python -m tools.train_dictionary

A dictionary holds verbatim pieces of its samples, so no sample may ever be real: these
come from sim/people.py and a seed. Both sides must hold the same file, so it is trained
once, committed, and trained anew only with a reason in CHANGELOG.md.
"""

from __future__ import annotations

import hashlib
import tempfile
from itertools import islice
from pathlib import Path

import zstandard

from bench import workload
from perahu.journal.journal import Journal
from perahu.journal.types import Draft
from perahu.keys import cbor
from perahu.sync import dictionary
from tests.cast import SARI, District, with_hub

BYTES = 16 * 1024
SAMPLES = 600
PATH = Path(dictionary.__file__).with_name("dictionary.zdict")


def samples() -> list[bytes]:
    """Segments of many sizes, as an office seals them."""
    with tempfile.TemporaryDirectory() as folder:
        district = District(Path(folder) / "d", seed="dictionary")
        _, office = with_hub(district)
        stream = workload.recordings(SAMPLES, 7, parts=True)
        grown = workload.registered(SAMPLES, 11)
        for number in range(SAMPLES):
            drafts = [*islice(stream, 1 + number % 30), *islice(grown, number % 3)]
            _append(district, office, drafts)
            office.seal()
        found = [
            cbor.encode([b"", row.lane, row.audience, segment.encode()])
            for row in office.journals()
            if row.own
            for segment in office.segments(row.id, 0)
        ]
        district.close()
    return found


def _append(district: District, office: Journal, drafts: list[Draft]) -> None:
    for at in range(0, len(drafts), 3):
        with office.writing() as book:
            book.append(district.ask("Enggano", SARI), drafts[at : at + 3])


def main() -> None:
    """Train, write, and say what it is."""
    found: list[bytes | bytearray | memoryview[int]] = [*samples()]
    trained = zstandard.train_dictionary(BYTES, found, level=9).as_bytes()
    PATH.write_bytes(trained)
    print(f"{PATH.name}: {len(trained)} bytes, {hashlib.sha256(trained).hexdigest()}")


if __name__ == "__main__":
    main()
