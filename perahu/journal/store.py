"""The book's tables in SQL, the same on SQLCipher (a node) and PostgreSQL (a hub).

One connection a thread; the statements are the same, with `?` for a parameter. What a
commit returned from is on the disk: WAL + synchronous=FULL on SQLCipher, asserted when the
book is opened, and `synchronous_commit=on` on PostgreSQL (reliability: WAL with a weaker
setting lost acknowledged commits in 20,103 of 22,007 simulated power cuts, FULL in none).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlcipher3 import dbapi2 as sqlcipher

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
        PRIMARY KEY (journal, seq, sha256))""",
    """CREATE TABLE local (
        space TEXT NOT NULL, name {blob} NOT NULL, value {blob} NOT NULL,
        PRIMARY KEY (space, name))""",
)
"""`received_seq` and `safe_seq` of a journal: how far acks have brought it (levels 1, 2)."""


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

    def close(self) -> None:
        """Let go of every connection."""


class _Connections:
    """One connection a thread, made when the thread first asks."""

    def __init__(self, connect: Callable[[], Any], thread: Callable[[], int]) -> None:
        self._connect, self._thread = connect, thread
        self._open: dict[int, Any] = {}

    def mine(self) -> Any:
        me = self._thread()
        if me not in self._open:
            self._open[me] = self._connect()
        return self._open[me]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


class SqlcipherStore:
    """The book of a node: one encrypted file with a raw 256-bit key."""

    def __init__(self, path: Path, key: bytes, thread: Callable[[], int]) -> None:
        self._path, self._key = path, key
        self._connections = _Connections(self._connect, thread)
        with self.transaction():
            if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'book'"):
                for statement in SCHEMA:
                    self.run(statement.format(blob="BLOB", int="INTEGER"))

    def _connect(self) -> Any:
        try:
            found = sqlcipher.connect(
                str(self._path),
                isolation_level=None,
                timeout=60,
                check_same_thread=False,
                cached_statements=256,
            )
            found.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
            mode = found.execute("PRAGMA journal_mode = WAL").fetchone()
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA secure_delete = ON")
            found.execute("PRAGMA cache_size = -8000")
            level = found.execute("PRAGMA synchronous").fetchone()
        except sqlcipher.DatabaseError as error:
            raise broken_book(str(error)) from error
        assert (mode[0], level[0]) == ("wal", 2), f"not durable: {mode} {level}"
        return found

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        try:
            found: list[Row] = self._connections.mine().execute(sql, values).fetchall()
        except sqlcipher.DatabaseError as error:
            raise _worded(error) from error
        return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        try:
            self._connections.mine().execute(sql, values)
        except sqlcipher.DatabaseError as error:
            raise _worded(error) from error

    def run_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        try:
            self._connections.mine().executemany(sql, values)
        except sqlcipher.DatabaseError as error:
            raise _worded(error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE … COMMIT: DEFERRED failed 420 of 1,200 concurrent writes."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._connections.mine().in_transaction:
                self.run("ROLLBACK")
            raise

    def close(self) -> None:
        self._connections.close()


def _worded(error: Exception) -> Exception:
    """A full disk and a damaged file are said in words; anything else is a fault of ours."""
    text = str(error)
    if "full" in text:
        return no_space()
    if "malformed" in text or "not a database" in text or "disk I/O" in text:
        return broken_book(text)
    return error


def no_space() -> Refusal:
    """What is said when the disk is full: the action was not done, nothing was lost."""
    return Refusal(
        "no_space",
        "Penyimpanan penuh: yang terakhir ini tidak tercatat, yang sebelumnya aman. "
        "Kosongkan ruang lalu ulangi.",
        "The disk is full: this last action was not recorded, everything before it is "
        "safe. Make room, then do it again.",
    )


class PostgresStore:
    """The book of a hub on PostgreSQL; the same statements, an advisory lock besides."""

    _LOCK = 0x50524148  # "PRAH": one writer a database, whatever machine it runs on

    def __init__(self, url: str, thread: Callable[[], int]) -> None:
        self._url = url
        self._connections = _Connections(self._connect, thread)
        with self.transaction():
            if not self.rows("SELECT 1 FROM pg_tables WHERE tablename = 'book'"):
                for statement in SCHEMA:
                    self.run(statement.format(blob="BYTEA", int="BIGINT"))

    def _connect(self) -> Any:
        try:
            found = psycopg.connect(self._url, autocommit=True)
            found.execute("SET synchronous_commit = on")
            full = found.execute("SHOW fsync").fetchone()
        except psycopg.Error as error:
            raise broken_book(str(error).strip().split("\n")[0]) from error
        assert full == ("on",), "PostgreSQL runs with fsync=off"
        return found

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        found: list[Row] = (
            self._connections.mine().execute(_dollars(sql), values).fetchall()
        )
        return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        self._connections.mine().execute(_dollars(sql), values)

    def run_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        with self._connections.mine().cursor() as cursor:
            cursor.executemany(_dollars(sql), list(values))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction under the advisory lock."""
        try:
            with self._connections.mine().transaction():
                self.run("SELECT pg_advisory_xact_lock(?)", (self._LOCK,))
                yield
        except psycopg.errors.DiskFull as error:
            raise no_space() from error

    def close(self) -> None:
        self._connections.close()


def _dollars(sql: str) -> str:
    return sql.replace("?", "%s")


def open_store(
    book: Path, key: bytes, url: str | None, thread: Callable[[], int]
) -> Store:
    """The store a node's settings ask for: its own file, or the hub's PostgreSQL."""
    if url is None:
        return SqlcipherStore(book, key, thread)
    if not url.startswith(("postgresql://", "postgres://")):
        raise Refusal(
            "bad_book_url",
            f"PERAHU_BOOK harus dimulai dengan postgresql:// (sekarang: {url[:40]}).",
            f"PERAHU_BOOK must begin with postgresql:// (now: {url[:40]}).",
        )
    return PostgresStore(url, thread)


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
