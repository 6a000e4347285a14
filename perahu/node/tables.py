"""The read tables of a node: a file that may be deleted at any time.

- The book is the truth; the tables hold the position up to which they repeat it, in the
  same transaction as the rows.
- There are no migrations: when the rooms' code has changed, or the file is damaged, the
  tables are emptied and the journal plays everything again.
- Many nodes can live in one process. Each holds one alias of a fixed pool; a context
  variable says which node is at work, and the router sends every query there. Where no
  node is at work a query is a mistake, and raises.

Example: `with tables.at_work(): people.reads.search_by_name("budi")`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.transaction import atomic
from django.db.utils import DatabaseError, DataError, IntegrityError, OperationalError

from perahu.journal.types import Event
from perahu.node.django_settings import ALIASES, CLOSED, ROOMS, configure
from perahu.words import Refusal, Words

_at_work: ContextVar[str] = ContextVar("perahu_tables_at_work")
_free_aliases = list(reversed(ALIASES))
_pool_lock = Lock()
_openings = count(1)

_MARK = "node_tables"
_FORM = b"2"
"""Of the mark's own row; tables with another one are made again."""
_REASON_CHARS_MAX = 300
_REPLAY_EVENTS_MIN = 1_000
"""From so many events on, a batch is one of a replay or a first load."""
_CACHE_KB, _CACHE_REPLAY_KB = 8_000, 65_536
"""The database's memory for pages: its own default, and during a replay."""

Apply = Callable[[Sequence[Event]], None]
"""What every room's `reads.apply` is."""


class Router:
    """Sends every query to the tables of the node at work (a Django database router)."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        """The alias of the node at work."""
        return _current_alias()

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        """The alias of the node at work."""
        return _current_alias()

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Rows of one node only ever meet rows of the same node."""
        return bool(one._state.db == other._state.db)


class Tables:
    """The table file of one open node; implements `journal.types.Tables`."""

    def __init__(
        self, path: Path, key: bytes, projectors: Sequence[Apply] | None = None
    ) -> None:
        configure()
        self._path = path
        self._key = key
        self._projectors = _projectors() if projectors is None else tuple(projectors)
        self._book = b""
        self._alias: str | None = None
        self._inode = 0
        self.repaired: Words | None = None
        """What was wrong with the file when it was opened, where something was."""

    def open(self) -> Tables:
        """Take an alias and make the file ready; damage and change end in empty tables."""
        self._alias = _take_alias()
        try:
            self._point_alias_at_file()
            try:
                self._make_ready()
            except DatabaseError as error:
                if not _is_damage(error):
                    raise
                self.replace()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Close this thread's connection and give the alias back."""
        if self._alias is None:
            return
        alias, self._alias = self._alias, None
        connections[alias].close()
        options = connections[alias].settings_dict["OPTIONS"]
        options["key"], options["opening"] = bytes(32), next(_openings)
        connections[alias].settings_dict["NAME"] = CLOSED
        with _pool_lock:
            _free_aliases.append(alias)

    def __enter__(self) -> Tables:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alias(self) -> str:
        """The database alias of this node in this process."""
        assert self._alias is not None, "the tables are not open"
        return self._alias

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let this node's tables be the ones that queries in this context mean.

        A page of the file that cannot be read is noticed by whoever asks for it: then all
        of it is replaced, whatever was asked.
        """
        self._follow_file()
        token = _at_work.set(self.alias)
        try:
            yield
        except DatabaseError as error:
            if not _is_damage(error):
                raise
            self.replace()
            raise _replaced() from error
        finally:
            _at_work.reset(token)

    def release_thread(self) -> None:
        """Close the connection of the calling thread, which has done its work."""
        connections[self.alias].close()

    def position(self) -> int:
        """The book position up to which the tables are true; 0 for empty ones."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"SELECT position FROM {_MARK}")
            return int(cursor.fetchone()[0])

    def apply(
        self, events: Sequence[Event], position: int
    ) -> Sequence[tuple[Event, str]]:
        """Project a batch and note the new position, in one transaction.

        Events from before the position may come too (they were parked, and count now);
        the position never goes back. A batch that fails is halved until the event is found
        that cannot be projected; it alone is given back, with the reason.
        """
        with self.at_work(), atomic(using=self.alias):
            before = self._own_position()
            failed = self._apply_halving(events)
            self._note(max(position, before))
        return failed

    def rebuild(self) -> None:
        """Empty the tables; the journal plays everything again (`journal.catch_up()`)."""
        connection = connections[self.alias]
        connection.ensure_connection()
        with connection.constraint_checks_disabled(), atomic(using=self.alias):
            with connection.cursor() as cursor:
                for table in connection.introspection.table_names(cursor):
                    cursor.execute(f'DROP TABLE "{table}"')
            self._create()

    def belong_to(self, book: bytes) -> None:
        """Empty the tables unless they were made from this book."""
        self._book = book
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"SELECT book FROM {_MARK}")
            made_from = cursor.fetchone()[0]
        if made_from != book.hex():
            self.rebuild()

    def replace(self) -> None:
        """Put an empty file in the place of a damaged one."""
        connections[self.alias].close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)
        self._point_alias_at_file()
        self._make_ready()
        self.repaired = Words(
            "Berkas tabel rusak, diganti, dan dibangun ulang dari buku; tidak ada yang hilang.",
            "The table file was damaged, was replaced, and is built again from the book; "
            "nothing was lost.",
        )

    def content_hash(self) -> bytes:
        """SHA-256 over every row of every table, for comparing a rebuild with the original."""
        connection = connections[self.alias]
        digest = hashlib.sha256()
        with connection.cursor() as cursor:
            for table in sorted(connection.introspection.table_names(cursor)):
                if table == _MARK:
                    continue
                columns = len(
                    connection.introspection.get_table_description(cursor, table)
                )
                order = ", ".join(str(n + 1) for n in range(columns))
                cursor.execute(f'SELECT * FROM "{table}" ORDER BY {order}')
                digest.update(repr((table, cursor.fetchall())).encode())
        return digest.digest()

    def _own_position(self) -> int:
        """The position, if these tables are of our own code. Raises Refusal.

        A process that runs on after an update would otherwise park what it cannot write.
        """
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"SELECT position, schema FROM {_MARK}")
            position, schema = cursor.fetchone()
        if schema != _code_hash():
            raise Refusal(
                "program_updated",
                id="Program sudah diperbarui sejak proses ini mulai; yang tercatat tetap "
                "utuh. Hentikan dan jalankan lagi.",
                en="The program was updated since this process began; what was recorded is "
                "intact. Stop it and start it again.",
            )
        return int(position)

    @contextmanager
    def _room_for(self, events: int) -> Iterator[None]:
        """A replay meets the same pages again and again: memory for them, while it lasts."""
        if events < _REPLAY_EVENTS_MIN:
            yield
            return
        self._size_cache(_CACHE_REPLAY_KB)
        try:
            yield
        finally:
            self._size_cache(_CACHE_KB)

    def _size_cache(self, size_kb: int) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{size_kb}")

    def _apply_halving(self, events: Sequence[Event]) -> list[tuple[Event, str]]:
        if not events:
            return []
        try:
            with atomic(using=self.alias):
                for project in self._projectors:
                    project(events)
            return []
        except Exception as error:
            # Any failure of a projection parks its event (design.md 4); only the disk's
            # and the database's own troubles are nobody's event's fault.
            if _is_not_the_events_fault(error):
                raise
            if len(events) == 1:
                reason = f"{type(error).__name__}: {error}"[:_REASON_CHARS_MAX]
                return [(events[0], reason)]
        middle = len(events) // 2
        failed = self._apply_halving(events[:middle])
        return failed + self._apply_halving(events[middle:])

    def _follow_file(self) -> None:
        """Notice that somebody, or another process of this node, replaced the file."""
        inode = self._path.stat().st_ino if self._path.exists() else 0
        if inode and inode == self._inode:
            return
        self._point_alias_at_file()
        self._make_ready()

    def _point_alias_at_file(self) -> None:
        connection = connections[self.alias]
        connection.close()
        settings = connection.settings_dict
        settings["NAME"] = os.fspath(self._path.absolute())
        settings["OPTIONS"] |= {"key": self._key, "opening": next(_openings)}

    def _make_ready(self) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = %s", [_MARK]
            )
            is_ready = False
            if cursor.fetchone()[0]:
                cursor.execute(f"SELECT schema FROM {_MARK}")
                row = cursor.fetchone()
                is_ready = row is not None and row[0] == _code_hash()
        self._inode = self._path.stat().st_ino
        if not is_ready:
            self.rebuild()

    def _create(self) -> None:
        connection = connections[self.alias]
        with connection.schema_editor() as editor:
            for room in ROOMS:
                for model in apps.get_app_config(room).get_models():
                    editor.create_model(model)
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TABLE {_MARK} (position INTEGER NOT NULL, schema TEXT NOT NULL, "
                "book TEXT NOT NULL)"
            )
            values = [_code_hash(), self._book.hex()]
            cursor.execute(f"INSERT INTO {_MARK} VALUES (0, %s, %s)", values)

    def _note(self, position: int) -> None:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"UPDATE {_MARK} SET position = %s", [position])
            assert cursor.rowcount == 1


def _current_alias() -> str:
    alias = _at_work.get(None)
    assert alias is not None, (
        "a query outside tables.at_work(): no node is at work here"
    )
    return alias


def _take_alias() -> str:
    with _pool_lock:
        if not _free_aliases:
            raise Refusal(
                "too_many_nodes",
                id=f"Satu proses hanya dapat membuka {len(ALIASES)} simpul; tutup satu dahulu.",
                en=f"One process can open {len(ALIASES)} nodes; close one first.",
            )
        return _free_aliases.pop()


def _projectors() -> tuple[Apply, ...]:
    found = []
    for room in ROOMS:
        if (Path(__file__).parent.parent / room / "reads.py").exists():
            found.append(import_module(f"perahu.{room}.reads").apply)
    return tuple(found)


_CODE_HASH: list[str] = []


def _code_hash() -> str:
    """A hash of the code that makes the rows: tables made by other code are made again.

    Actions make facts, not rows, so that theirs does not count.
    """
    if not _CODE_HASH:
        digest = hashlib.sha256(_FORM)
        for room in ROOMS:
            folder = Path(__file__).parent.parent / room
            for path in sorted(folder.rglob("*.py")):
                if not path.name.startswith("actions"):
                    content = path.read_bytes()
                    name = f"{room}/{path.relative_to(folder)} {len(content)}\n"
                    digest.update(name.encode() + content)
        _CODE_HASH.append(digest.hexdigest())
    return _CODE_HASH[0]


def _replaced() -> Refusal:
    return Refusal(
        "tables_replaced",
        id="Berkas tabel rusak dan dibangun ulang dari buku; tidak ada yang hilang. "
        "Ulangi langkah ini.",
        en="The table file was damaged and is built again from the book; nothing was "
        "lost. Repeat this step.",
    )


def _is_damage(error: Exception) -> bool:
    text = str(error)
    return "malformed" in text or "not a database" in text or "no such table" in text


def _is_not_the_events_fault(error: Exception) -> bool:
    if isinstance(error, IntegrityError | DataError):
        return False
    if isinstance(error, OperationalError):
        # "no such column" and the like are a mistake of the projection itself.
        return "no such" not in str(error) and "syntax" not in str(error)
    return isinstance(error, DatabaseError | OSError | MemoryError)
