"""Django's sqlite3 backend, with sqlcipher3 in the place of the standard library's module.

Settings of an alias: NAME is the file, OPTIONS["key"] 32 bytes, OPTIONS["opening"] a
number that changes whenever the alias is given another file, so that no thread goes on
with a connection to the old one.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.backends.sqlite3 import base as plain
from django.db.backends.sqlite3._functions import (  # type: ignore[import-untyped]
    register as register_functions,
)
from django.db.backends.sqlite3.features import DatabaseFeatures as PlainFeatures
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor as PlainSchemaEditor
from django.utils.asyncio import async_unsafe
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from sqlcipher3 import dbapi2 as driver

from perahu.journal.databases import CHECKPOINT_PAGES

KEY_BYTES = 32

driver.register_converter("bool", b"1".__eq__)
driver.register_converter("date", lambda text: parse_date(text.decode()))
driver.register_converter("time", lambda text: parse_time(text.decode()))
driver.register_converter("datetime", lambda text: parse_datetime(text.decode()))
driver.register_converter("timestamp", lambda text: parse_datetime(text.decode()))
driver.register_adapter(decimal.Decimal, str)
driver.register_adapter(datetime.date, lambda value: value.isoformat())
driver.register_adapter(datetime.datetime, lambda value: value.isoformat(" "))


class DatabaseFeatures(PlainFeatures):
    """What this SQLite can do more than Django assumes of an old one."""

    max_query_params = 32766
    """SQLITE_MAX_VARIABLE_NUMBER since 3.32: a bulk insert in few statements."""


class DatabaseSchemaEditor(PlainSchemaEditor):
    """Makes the tables whose key is most of the row in one tree instead of two."""

    def table_sql(self, model: type[models.Model]) -> tuple[str, list[Any]]:
        """The statement that creates a model's table."""
        sql, params = super().table_sql(model)
        if isinstance(model._meta.pk, models.CompositePrimaryKey):
            sql += " WITHOUT ROWID"
        return sql, params


class DatabaseWrapper(plain.DatabaseWrapper):
    """One thread's connection to the table file of one node."""

    vendor = "sqlite"
    display_name = "SQLCipher"
    Database = driver
    features_class = DatabaseFeatures
    SchemaEditorClass = DatabaseSchemaEditor
    _opening: int = -1
    _key: bytes = b""

    def get_connection_params(self) -> dict[str, Any]:
        """The parameters of Django's own backend; the key stays apart."""
        params: dict[str, Any] = super().get_connection_params()
        self._opening = params.pop("opening")
        self._key = params.pop("key")
        assert len(self._key) == KEY_BYTES
        return params

    def ensure_connection(self) -> None:
        """Connect, again where the alias was given another file since."""
        current = self.settings_dict["OPTIONS"].get("opening", -1)
        if self.connection is not None and self._opening != current:
            self.in_atomic_block = False
            self.close()
        super().ensure_connection()

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file; the key comes before anything else reads a page."""
        connection = driver.connect(**conn_params)
        # Its own lines on stderr would stand beside the one sentence we say.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA legacy_alter_table = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        # Without a flush at each commit: after a power cut the tables are whole (WAL), and
        # behind the book, which replay heals, or ahead of it, which the journal notices at
        # start (recovery.check_tables). The book is the truth, and is flushed (ADR 0007).
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        register_functions(connection)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor that speaks Django's parameter style."""
        return self.connection.cursor(factory=CursorWrapper)


class CursorWrapper(driver.Cursor):  # type: ignore[misc]
    """Takes Django's `%s` where SQLite wants `?`; named parameters are not used here."""

    def execute(self, query: str, params: Sequence[Any] | None = None) -> Any:
        """Run one statement."""
        if params is None:
            return super().execute(query)
        return super().execute(_with_question_marks(query), params)

    def executemany(self, query: str, param_list: Iterable[Sequence[Any]]) -> Any:
        """Run one statement once for each list of parameters."""
        return super().executemany(_with_question_marks(query), param_list)


@lru_cache(maxsize=256)
def _with_question_marks(query: str) -> str:
    return plain.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
