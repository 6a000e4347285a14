"""Our hub: a founded node at work, as `perahu serve` runs it, and what has come to it."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path

from bench.race.ends.lines import hear, tell
from perahu.journal.types import BlobRef
from perahu.node.django_settings import configure
from perahu.node.office import Office, open_office
from perahu.sync.limits import CHUNK_BYTES

LOOK_S = 0.05
SWITCH_S = 0.0005


def held_bytes(office: Office, cited: list[BlobRef]) -> int:
    """Bytes of the packets that lie here, part-way ones too."""
    blobs, total = office.journal.blobs, 0
    for ref in cited:
        if blobs.has(ref.sha256):
            total += ref.size
        else:
            with suppress(OSError):
                chunks = len(blobs.chunks_here(ref.sha256))
                total += min(ref.size, chunks * CHUNK_BYTES)
    return total


def main() -> None:
    """Serve until stdin ends, and look 20 times a second what has come."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("passphrase")
    parser.add_argument("--stated", type=int, required=True)
    given = parser.parse_args()
    configure()
    sys.setswitchinterval(SWITCH_S)
    from perahu.node.serve import Serving

    refs = [
        BlobRef(bytes.fromhex(name), int(size), 0)
        for name, size in (
            line.split() for line in (given.folder / "packets").read_text().splitlines()
        )
    ]
    with open_office(given.folder, passphrase=given.passphrase) as office:
        Serving(office)
        before = dict.fromkeys(office.journal.vector(), 0)
        hear({})
        tell("ready")
        last: tuple[int, int] | None = None
        while True:
            # A caller's own journal holds nothing but what the bench states in it.
            entries = sum(
                row.head_seq
                for row in office.journal.journals()
                if not row.own and row.id[:8] not in before and row.lane == 1
            )
            found = (max(0, entries - given.stated), held_bytes(office, refs))
            if found != last:
                last = found
                tell("held", small=found[0], bytes=found[1])
            time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
