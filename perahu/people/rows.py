"""Rows of a table by their keys, and rows back into it, in plain SQL.

The model layer composes every statement anew, which for a table of forty columns takes
longer than the statement itself: one fact asks and writes such rows a dozen times, and a
rebuild puts 20,000 facts a second through here. For tables with one key. The connection
itself reads and writes dates, true and false (`perahu.node.sqlcipher`).

Example: `by_key(Person, [key]).get(key)` is the row of a person, or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connections, router
from django.db.models import Model

KEYS_PER_QUERY = 500
_M = TypeVar("_M", bound=Model)


def by_key(model: type[_M], keys: Sequence[str]) -> dict[str, _M]:
    """The rows with these keys, by key; a key without a row is absent."""
    names, alias = _names(model), router.db_for_read(model)
    found = values_by_key(model, names, keys)
    return {key: model.from_db(alias, names, row) for key, row in found.items()}


def values_by_key(
    model: type[Model], names: tuple[str, ...], keys: Sequence[str]
) -> dict[str, list[Any]]:
    """Only these columns of the rows with these keys, by key."""
    found: dict[str, list[Any]] = {}
    with connections[router.db_for_read(model)].cursor() as cursor:
        for start in range(0, len(keys), KEYS_PER_QUERY):
            some = list(keys[start : start + KEYS_PER_QUERY])
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(f"{_select(model, names)} ({marks})", some)
            found |= {key: values for key, *values in cursor.fetchall()}
    return found


def put(rows: Sequence[Model]) -> None:
    """Insert rows of one table, or overwrite those with the same primary key."""
    if not rows:
        return
    model = type(rows[0])
    names = _names(model)
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.executemany(
            _upsert(model), [[getattr(row, name) for name in names] for row in rows]
        )


@cache
def _names(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _select(model: type[Model], names: tuple[str, ...]) -> str:
    """The statement up to its keys."""
    key = _key(model)
    columns = ", ".join(f'"{name}"' for name in (key, *names))
    return f'SELECT {columns} FROM "{model._meta.db_table}" WHERE "{key}" IN'


@cache
def _upsert(model: type[Model]) -> str:
    names, key = _names(model), _key(model)
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join(["%s"] * len(names))
    news = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n != key)
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks}) '
        f'ON CONFLICT ("{key}") DO UPDATE SET {news}'
    )


def _key(model: type[Model]) -> str:
    key = model._meta.pk
    assert key is not None and key.concrete, "a table with one key"
    return key.attname
