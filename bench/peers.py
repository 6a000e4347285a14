"""What one would do without a journal of this kind, measured in the same run.

- Bytes: each fact a JSON line with its place, time, officer and an Ed25519 signature of its
  own (base64), a batch of lines compressed by zlib at its usual level. It proves who stated
  each fact, as we do; it does not hide it from the carrier, and what is missing shows only
  by its number.
- Append: one row of JSON a transaction into a plain SQLite file, WAL and synchronous=FULL,
  flushed as ours is. No encryption, no chain, no signature, no second medium, no tables.
- Ingest: the same lines read, each signature verified, stored 256 a transaction into such a
  file; nothing is projected.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from perahu.journal.types import Draft
from tests.cast import SARI

ZLIB_LEVEL = 6
ROWS_PER_TRANSACTION = 256
_SIGNATURE_CHARS = 88


def json_lines(drafts: Iterable[Draft]) -> list[bytes]:
    """The facts as JSON, one line each, as most systems would send them."""
    return [_json_line(draft.fact) for draft in drafts]


def _json_line(fact: Any) -> bytes:
    told = {"type": type(fact).__name__, **asdict(fact)}
    return json.dumps(told, default=_plain, separators=(",", ":")).encode()


def signed_lines(drafts: Sequence[Draft], key: SigningKey) -> list[bytes]:
    """The same with place, time and officer, each line under a signature of its own."""
    found = []
    for seq, line in enumerate(json_lines(drafts)):
        head = {"seq": seq, "at": 1_795_237_200_000 + 60_000 * seq, "by": SARI.hex()}
        text = json.dumps(head, separators=(",", ":")).encode()[:-1] + b"," + line[1:]
        signature = b64encode(key.sign(text).signature)
        assert len(signature) == _SIGNATURE_CHARS
        found.append(text[:-1] + b',"sig":"' + signature + b'"}')
    return found


def compressed_bytes(lines: Sequence[bytes]) -> int:
    """The size of a batch of lines on the road."""
    return len(zlib.compress(b"\n".join(lines), ZLIB_LEVEL))


def append_ms(lines: Sequence[bytes], folder: Path) -> list[float]:
    """How long each line takes into a plain SQLite file, durably."""
    times = []
    with closing(_open(folder / "peer.sqlite3")) as book:
        for line in lines:
            began = time.perf_counter()
            book.execute("BEGIN IMMEDIATE")
            book.execute("INSERT INTO facts (line) VALUES (?)", (line,))
            book.execute("COMMIT")
            times.append((time.perf_counter() - began) * 1000)
    return times


def flush_ms(folder: Path, count: int) -> list[float]:
    """How long this disk takes to flush one small write, whoever else is using it."""
    times = []
    with (folder / "flushed").open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(bytes(512))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return times


def ingest_per_s(lines: Sequence[bytes], key: SigningKey, folder: Path) -> float:
    """How many signed lines a second are verified and stored."""
    verify, began = key.verify_key.verify, time.perf_counter()
    with closing(_open(folder / "peer-ingest.sqlite3")) as book:
        for at in range(0, len(lines), ROWS_PER_TRANSACTION):
            book.execute("BEGIN IMMEDIATE")
            for line in lines[at : at + ROWS_PER_TRANSACTION]:
                text, _, rest = line.rpartition(b',"sig":"')
                verify(text + b"}", b64decode(rest[:_SIGNATURE_CHARS]))
                json.loads(line)
                book.execute("INSERT INTO facts (line) VALUES (?)", (line,))
            book.execute("COMMIT")
    return len(lines) / (time.perf_counter() - began)


def _open(path: Path) -> sqlite3.Connection:
    book = sqlite3.connect(path, isolation_level=None)
    book.execute("PRAGMA journal_mode = WAL")
    book.execute("PRAGMA synchronous = FULL")
    book.execute(
        "CREATE TABLE facts (position INTEGER PRIMARY KEY, line BLOB NOT NULL)"
    )
    return book


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
