"""The book's tables in SQL, what the journal needs of a database, and what it says of it.

The statements are the same on SQLCipher (a node) and PostgreSQL (a hub), with `?` for a
parameter; databases.py has the two drivers.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from perahu.words import Refusal

Row = tuple[Any, ...]

SCHEMA = (
    """CREATE TABLE book (name TEXT PRIMARY KEY, value {blob} NOT NULL)""",
    """CREATE TABLE journals (
        number {int} PRIMARY KEY, id {blob} NOT NULL UNIQUE, node {blob} NOT NULL,
        lane {int} NOT NULL, audience {blob} NOT NULL, own {int} NOT NULL,
        epoch {int} NOT NULL, certificate {blob} NOT NULL,
        head_seq {int} NOT NULL, head_h {blob} NOT NULL, sealed_seq {int} NOT NULL,
        knows_epoch {int} NOT NULL, knows_seq {int} NOT NULL,
        received_seq {int} NOT NULL, safe_seq {int} NOT NULL)""",
    """CREATE TABLE entries (
        position {int} PRIMARY KEY, journal {int} NOT NULL, seq {int} NOT NULL,
        header {blob} NOT NULL, salt {blob}, body {blob}, commit_hash {blob},
        h {blob} NOT NULL)""",
    """CREATE UNIQUE INDEX entries_place ON entries (journal, seq)""",
    """CREATE TABLE segments (
        journal {int} NOT NULL, a {int} NOT NULL, b {int} NOT NULL, h_b {blob} NOT NULL,
        lamport {int} NOT NULL, wall_ms {int} NOT NULL, seal {blob} NOT NULL,
        PRIMARY KEY (journal, a))""",
    """CREATE TABLE asked (op_id {blob} PRIMARY KEY, entries {blob} NOT NULL)""",
    """CREATE TABLE parked (
        position {int} PRIMARY KEY, code TEXT NOT NULL,
        words_id TEXT NOT NULL, words_en TEXT NOT NULL)""",
    """CREATE TABLE blobs (
        sha256 {blob} PRIMARY KEY, size {int} NOT NULL, class {int} NOT NULL,
        present {int} NOT NULL, level {int} NOT NULL)""",
    """CREATE TABLE citations (
        journal {int} NOT NULL, seq {int} NOT NULL, sha256 {blob} NOT NULL,
        subjects {blob} NOT NULL, PRIMARY KEY (journal, seq, sha256))""",
    """CREATE INDEX citations_subjects ON citations (journal, subjects, seq)""",
    """CREATE INDEX citations_blob ON citations (sha256)""",
    """CREATE TABLE local (
        space TEXT NOT NULL, name {blob} NOT NULL, value {blob} NOT NULL,
        PRIMARY KEY (space, name))""",
)
"""`received_seq` and `safe_seq` of a journal: how far acks have brought it (levels 1, 2)."""
ADDED = ("CREATE INDEX IF NOT EXISTS citations_blob ON citations (sha256)",)
"""What the first books did not have; every opening sees to it."""


def broken_book(why: str) -> Refusal:
    """What is said when the book cannot be opened or does not hold together."""
    return Refusal(
        "broken_book",
        f"Buku jurnal tidak dapat dibuka atau rusak ({why}). Jangan dihapus: jalankan "
        "`perahu verify`, atau pulihkan dari cermin atau kabupaten.",
        f"The book cannot be opened or is damaged ({why}). Do not delete it: run "
        "`perahu verify`, or restore it from the mirror or the kabupaten.",
    )


class Store(Protocol):
    """What the journal needs of a database."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """One statement, inside `transaction` if it writes."""

    def run_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""

    def transaction(self) -> Any:
        """All or nothing, durable once left without an exception; not nested."""

    def staged(self) -> Any:
        """As `transaction`, but durable only after `flush`, or a later `transaction`.

        Every connection sees it at once, and a crash of the process takes nothing of it;
        a power cut may take it, and with it everything that was committed after it.
        """

    def flush(self) -> None:
        """Whatever was committed before is durable when this returns. Raises OSError."""

    def close(self) -> None:
        """Let go of every connection."""


def disk_refusal(error: OSError) -> Refusal:
    """What is said when a file beside the book cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space()
    if error.errno == errno.EROFS:
        return read_only()
    return broken_book(error.strerror or type(error).__name__)


@contextmanager
def disk_words() -> Iterator[None]:
    """Whatever the disk says within, a person hears in words."""
    try:
        yield
    except OSError as error:
        raise disk_refusal(error) from error


def no_space() -> Refusal:
    """What is said when the disk is full: the action was not done, nothing was lost."""
    return Refusal(
        "no_space",
        "Penyimpanan penuh: yang terakhir ini tidak tercatat, yang sebelumnya aman. "
        "Kosongkan ruang lalu ulangi.",
        "The disk is full: this last action was not recorded, everything before it is "
        "safe. Make room, then do it again.",
    )


def read_only() -> Refusal:
    """What is said when the disk lets nothing be written any more."""
    return Refusal(
        "read_only",
        "Penyimpanan hanya dapat dibaca: yang terakhir ini tidak tercatat, yang "
        "sebelumnya aman. Periksa disk, nyalakan ulang, lalu ulangi.",
        "The disk can only be read: this last action was not recorded, everything before "
        "it is safe. Check the disk, start again, then repeat.",
    )


def busy() -> Refusal:
    """What is said when another process holds the book for too long."""
    return Refusal(
        "busy",
        "Buku sedang ditulis oleh proses lain; belum ada yang disimpan, coba lagi.",
        "The book is being written by another process; nothing was saved, try again.",
    )


class Local:
    """What only this node knows and nobody can rebuild: acks, tokens, PIN verifiers, drafts.

    Durable named values; each call is a transaction of its own unless one is open."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, space: str, name: bytes) -> bytes | None:
        """The value, or None."""
        found = self._store.rows(
            "SELECT value FROM local WHERE space = ? AND name = ?", (space, name)
        )
        return bytes(found[0][0]) if found else None

    def put(self, space: str, name: bytes, value: bytes) -> None:
        """Set the value, durably."""
        with self._store.transaction():
            self._store.run(
                "INSERT INTO local (space, name, value) VALUES (?, ?, ?) "
                "ON CONFLICT (space, name) DO UPDATE SET value = excluded.value",
                (space, name, value),
            )

    def delete(self, space: str, name: bytes) -> None:
        """Forget the value; no error if there is none."""
        with self._store.transaction():
            self._store.run(
                "DELETE FROM local WHERE space = ? AND name = ?", (space, name)
            )

    def items(self, space: str) -> list[tuple[bytes, bytes]]:
        """All names and values of a space, by name."""
        found = self._store.rows(
            "SELECT name, value FROM local WHERE space = ? ORDER BY name", (space,)
        )
        return [(bytes(name), bytes(value)) for name, value in found]
