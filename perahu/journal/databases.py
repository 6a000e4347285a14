"""The two databases a book can lie in: a SQLCipher file at a node, PostgreSQL at a hub.

One connection a thread. What a `transaction` returned from is on the disk (reliability: a
WAL that is not flushed lost acknowledged commits in 20,103 of 22,007 simulated power cuts,
one that is in none). PostgreSQL does it by itself, `fsync=on`, `synchronous_commit=on`.

On SQLCipher a connection is WAL and synchronous=FULL, asserted when it is made. A commit
under FULL holds SQLite's one write lock, and ours, while it waits for the disk; so what is
`staged` is committed without, and the same file is flushed when the locks were let go, by
one desk for all (promises.py, ADR 0007). Nothing is acknowledged before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlcipher3 import dbapi2 as sqlcipher

from perahu.journal.ports import Ports
from perahu.journal.store import (
    ADDED,
    SCHEMA,
    Row,
    Store,
    broken_book,
    busy,
    no_space,
    read_only,
)
from perahu.words import Refusal

_CONNECT_WAIT_S = 10
_INDEX_BYTES = 64 * 1024
CHECKPOINT_PAGES = 4_000
"""How long the WAL grows: 16 MB."""
_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_CANTOPEN")


STATEMENTS_CACHED = 256


class Driver(Protocol):
    """How a SQLCipher file is opened; a simulator brings another one (journal.Opening)."""

    errors: tuple[type[Exception], ...]
    """What its connections raise."""

    def connect(self, path: Path, key: bytes) -> Any:
        """An open connection whose key is set."""

    def name_of(self, error: Exception) -> str:
        """SQLite's name of what went wrong, as "SQLITE_FULL"; empty where it has none."""


class Sqlcipher3:
    """sqlcipher3, as every real node opens its book."""

    errors: tuple[type[Exception], ...] = (sqlcipher.DatabaseError,)

    def connect(self, path: Path, key: bytes) -> Any:
        """An open connection whose key is set."""
        found = sqlcipher.connect(
            str(path),
            isolation_level=None,
            timeout=60,
            check_same_thread=False,
            cached_statements=STATEMENTS_CACHED,
        )
        found.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        return found

    def name_of(self, error: Exception) -> str:
        """SQLite's name of what went wrong."""
        return getattr(error, "sqlite_errorname", None) or ""


class _Connections:
    """One connection a thread, made when the thread first asks or lost the one it had."""

    def __init__(
        self,
        connect: Callable[[], Any],
        is_lost: Callable[[Any], bool],
        thread: Callable[[], int],
    ) -> None:
        self._connect, self._is_lost, self._thread = connect, is_lost, thread
        self._open: dict[int, Any] = {}

    def mine(self) -> Any:
        me = self._thread()
        found = self._open.get(me)
        if found is None or self._is_lost(found):
            found = self._open[me] = self._connect()
        return found

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


class SqlcipherStore:
    """The book of a node: one encrypted file with a raw 256-bit key."""

    def __init__(
        self, path: Path, key: bytes, ports: Ports, driver: Driver | None = None
    ) -> None:
        self._path, self._key, self._disk = path, key, ports.disk
        self._driver = driver or Sqlcipher3()
        self._wal = path.with_name(f"{path.name}-wal")
        self._failed: OSError | None = None
        self._connections = _Connections(self._connect, lambda _: False, ports.thread)
        if self._disk.exists(self._wal):
            # Left by a process that died: perhaps because a flush of it had failed.
            self._disk.reread(self._wal)
        with self.transaction():
            if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'book'"):
                for statement in SCHEMA:
                    self.run(statement.format(blob="BLOB", int="INTEGER"))
            for statement in ADDED:
                self.run(statement)

    def _connect(self) -> Any:
        with self._words():
            found = self._driver.connect(self._path, self._key)
            mode = found.execute("PRAGMA journal_mode = WAL").fetchone()
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA secure_delete = ON")
            found.execute("PRAGMA cache_size = -8000")
            # A checkpoint flushes two files, and every desk behind it: one in some 300 saves.
            found.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            level = found.execute("PRAGMA synchronous").fetchone()
        assert (mode[0], level[0]) == ("wal", 2), f"not durable: {mode} {level}"
        return found

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        with self._words():
            found: list[Row] = self._connections.mine().execute(sql, values).fetchall()
        return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """One statement."""
        with self._words():
            self._connections.mine().execute(sql, values)

    def run_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""
        with self._words():
            self._connections.mine().executemany(sql, values)

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

    @contextmanager
    def staged(self) -> Iterator[None]:
        """The same without a flush: the frames are in the WAL, in order, under checksums."""
        self.run("PRAGMA synchronous = NORMAL")
        try:
            with self.transaction():
                yield
        finally:
            self.run("PRAGMA synchronous = FULL")

    def flush(self) -> None:
        """Flush the WAL file, as SQLite under FULL does; whoever wrote into it.

        After a failure the system may have forgotten which pages it never wrote, and the
        next flush would succeed: nothing is promised until the node starts anew.
        """
        if self._failed is None:
            try:
                self._disk.flush(self._wal)
            except OSError as error:
                self._failed = error
        if self._failed is not None:
            raise self._failed

    def close(self) -> None:
        """Let go of every connection."""
        self._connections.close()

    @contextmanager
    def _words(self) -> Iterator[None]:
        """What a person can act on is said in words; anything else is a fault of ours."""
        try:
            yield
        except self._driver.errors as error:
            name = self._driver.name_of(error)
            if name == "SQLITE_FULL" or (name == "SQLITE_IOERR" and self._is_full()):
                raise no_space() from error
            if name.startswith("SQLITE_READONLY"):
                raise read_only() from error
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise busy() from error
            if name.startswith(_DAMAGE) or "decode" in str(error):
                raise broken_book(str(error)) from error
            raise

    def _is_full(self) -> bool:
        """SQLite says "I/O error" where a full disk has no room for its shared index."""
        try:
            return self._disk.free_bytes(self._path.parent) < _INDEX_BYTES
        except OSError:
            return False  # a disk that cannot even say how full it is, is broken


class PostgresStore:
    """The book of a hub on PostgreSQL; the same statements, an advisory lock besides."""

    _LOCK = 0x50524148  # "PRAH": one writer a database, whatever machine it runs on

    def __init__(self, url: str, thread: Callable[[], int]) -> None:
        self._url = url
        self._connections = _Connections(
            self._connect, lambda c: bool(c.closed), thread
        )
        with self.transaction():
            if not self.rows("SELECT 1 FROM pg_tables WHERE tablename = 'book'"):
                for statement in SCHEMA:
                    self.run(statement.format(blob="BYTEA", int="BIGINT"))
            for statement in ADDED:
                self.run(statement)

    def _connect(self) -> Any:
        try:
            found = psycopg.connect(
                self._url, autocommit=True, connect_timeout=_CONNECT_WAIT_S
            )
        except psycopg.Error as error:
            raise _not_connected(error) from error
        with _postgres_words():
            found.execute("SET synchronous_commit = on")
            full = found.execute("SHOW fsync").fetchone()
        assert full == ("on",), "PostgreSQL runs with fsync=off"
        return found

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        with _postgres_words():
            found: list[Row] = (
                self._connections.mine().execute(_dollars(sql), values).fetchall()
            )
        return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """One statement."""
        with _postgres_words():
            self._connections.mine().execute(_dollars(sql), values)

    def run_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows."""
        with _postgres_words(), self._connections.mine().cursor() as cursor:
            cursor.executemany(_dollars(sql), list(values))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction under the advisory lock."""
        with _postgres_words(), self._connections.mine().transaction():
            self.run("SELECT pg_advisory_xact_lock(?)", (self._LOCK,))
            yield

    def staged(self) -> AbstractContextManager[None]:
        """The same: the server flushes every commit, and takes no orders about its files."""
        return self.transaction()

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Let go of every connection."""
        self._connections.close()


@contextmanager
def _postgres_words() -> Iterator[None]:
    """What a person can act on is said in words; anything else is a fault of ours."""
    errors = psycopg.errors
    try:
        yield
    except errors.DiskFull as error:
        raise no_space() from error
    except errors.ReadOnlySqlTransaction as error:
        raise read_only() from error
    except (errors.DataCorrupted, errors.IndexCorrupted, errors.IoError) as error:
        raise broken_book(_first_line(error)) from error
    except psycopg.OperationalError as error:
        raise _book_away(_first_line(error)) from error


def _not_connected(error: psycopg.Error) -> Refusal:
    """The server is away, or it does not let us in: two things to do about it."""
    text = _first_line(error)
    if not any(sign in text for sign in ("authentication", "password", "not exist")):
        return _book_away(text)
    return Refusal(
        "book_login",
        f"PostgreSQL menolak PERAHU_BOOK ({text}). Buku tidak disentuh; periksa nama, "
        "kata sandi dan nama basis data di alamat itu.",
        f"PostgreSQL turned PERAHU_BOOK away ({text}). The book was not touched; check "
        "the name, the password and the database in that address.",
    )


def _book_away(text: str) -> Refusal:
    return Refusal(
        "book_away",
        f"Server PostgreSQL tempat buku tidak menjawab ({text}). Yang sudah tercatat "
        "aman; nyalakan server itu lalu ulangi yang terakhir, diulang tetap satu kali.",
        f"The PostgreSQL server of the book does not answer ({text}). What was recorded "
        "is safe; start the server, then repeat the last action: twice is once.",
    )


def _first_line(error: psycopg.Error) -> str:
    """The driver's own words, which never hold the password."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _dollars(sql: str) -> str:
    return sql.replace("?", "%s")


def open_store(
    book: Path,
    key: bytes,
    url: str | None,
    ports: Ports,
    driver: Driver | None = None,
) -> Store:
    """The store a node's settings ask for: its own file, or the hub's PostgreSQL."""
    if url is None:
        return SqlcipherStore(book, key, ports, driver)
    if not url.startswith(("postgresql://", "postgres://")):
        scheme = url.partition("://")[0][:40]
        raise Refusal(
            "bad_book_url",
            f"PERAHU_BOOK harus dimulai dengan postgresql:// (sekarang: {scheme}).",
            f"PERAHU_BOOK must begin with postgresql:// (now: {scheme}).",
        )
    return PostgresStore(url, ports.thread)
