"""Golden bytes: one fixed entry of every kind of fact, kept for ever.

A file `golden/<type>-<version>-<Name>.txt` holds, in hex, the header, salt and body of the
kind's fixed example (made_facts.example), and the commit and hash they give as the first
entry under a fixed certificate. Old files are never changed: a program of any later year
must read them. A kind that got a new field gets a second file, `…-<Name>-2.txt`.

    python -m tests.journal.golden      writes the files that are missing, and no others
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from perahu.journal.codec import Registry
from perahu.journal.entry import Entry, Header, genesis, link
from perahu.journal.types import PART, BlobRef
from tests.cast import FACT_MODULES, NOON_MS
from tests.journal.made_facts import example, kind_of

FOLDER = Path(__file__).with_name("golden")
CERTIFICATE = b"the certificate of golden entries"


def paths_of(cls: type[Any]) -> list[Path]:
    """The golden files of a kind, oldest first."""
    stem = _stem(cls)
    found = [
        FOLDER / f"{stem}.txt",
        *(FOLDER / f"{stem}-{n}.txt" for n in range(2, 99)),
    ]
    return [path for path in found if path.exists()]


def _stem(cls: type[Any]) -> str:
    kind = kind_of(cls)
    return f"{kind.type:03}-{kind.version}-{cls.__name__}"


def header_of(cls: type[Any], subjects: tuple[bytes, ...]) -> Header:
    """The fixed header of a kind: every field filled."""
    kind = kind_of(cls)
    return Header(
        seq=1,
        fact_type=kind.type,
        version=kind.version,
        lamport=1000 + kind.type,
        wall_ms=NOON_MS,
        quality=1,
        op_id=sha256(cls.__name__.encode()).digest()[:16],
        subjects=subjects,
        parents=((b"journal8", 12),),
        officer=b"officer8",
        blobs=(BlobRef(sha256(b"blob").digest(), 70_000, PART),),
    )


def lines_of(cls: type[Any], registry: Registry) -> dict[str, bytes]:
    """What today's program writes for the kind's example."""
    body, subjects = registry.encode(example(cls))
    raw = header_of(cls, subjects).encode()
    entry = Entry.whole(raw, sha256(raw).digest()[:16], body)
    assert entry.salt is not None and entry.body is not None
    return {
        "header": raw,
        "salt": entry.salt,
        "body": entry.body,
        "commit": entry.commit,
        "h": link(genesis(CERTIFICATE), raw, entry.commit),
    }


def read(path: Path) -> dict[str, bytes]:
    """The named bytes of a golden file."""
    pairs = [line.split(": ") for line in path.read_text().splitlines()]
    return {name: bytes.fromhex(value) for name, value in pairs}


def write_missing() -> list[Path]:
    """Write a golden file for each example that none holds; gives what was written."""
    registry, written = Registry(FACT_MODULES), []
    FOLDER.mkdir(exist_ok=True)
    for cls in registry.kinds():
        lines, kept = lines_of(cls, registry), paths_of(cls)
        if lines not in [read(path) for path in kept]:
            number = f"-{len(kept) + 1}" if kept else ""
            path = FOLDER / f"{_stem(cls)}{number}.txt"
            path.write_text("".join(f"{k}: {v.hex()}\n" for k, v in lines.items()))
            written.append(path)
    return written


if __name__ == "__main__":
    for new in write_missing():
        print(new.name)
