"""Facts about people into the tables: in batches, in any order, any of them twice.

- A person with one whole statement, the great mass, is one row. Whoever has more is folded
  again from all statements by `rules.standing`, so what stands is a matter of the set of
  facts and never of their arrival.
- One import may reach this book once for each office that serves the desa: statements that
  say the same of the same batch count as one, at the latest place.
- Any other room's fact about a person marks the row as served.

Rows go in by one prepared statement a batch: Django's bulk_create costs five times more
than the database here, and a rebuild has 20,000 entries a second to reach.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from django.db import connections, models, router

from perahu.journal.types import Event
from perahu.people.facts import (
    Biodata,
    ImportBegun,
    ImportUndone,
    ResidentCorrected,
    ResidentImported,
    ResidentRegistered,
    SamePerson,
)
from perahu.people.models import BiodataStatement, ImportBatch, Person, SoundToken
from perahu.people.rules import Standing, Statement, sound_tokens, sound_whole, standing

KEYS_PER_QUERY = 500
_M = TypeVar("_M", bound=models.Model)
_ELEMENTS = tuple(field.name for field in dataclasses.fields(Biodata))
_DATES = (_ELEMENTS.index("tanggal_lahir"), _ELEMENTS.index("berlaku_hingga"))
_told = attrgetter(*_ELEMENTS)
_COLUMNS = tuple(field.attname for field in Person._meta.concrete_fields)
_STATEMENTS_OF = (ResidentImported, ResidentRegistered, ResidentCorrected)
_NO_ACT = (ResidentImported, SamePerson)

_PERSONS_AT_ONCE = 2_000

_Row = tuple[Any, ...]
_KEY = itemgetter(0)
assert _COLUMNS[1 : 1 + len(_ELEMENTS)] == _ELEMENTS, "a row begins with the biodata"


def order_key(event: Event) -> str:
    """(lamport, journal, seq) as text that sorts like the tuple."""
    return f"{event.lamport:012x}{event.journal.hex()}{event.seq:012x}"


def apply(events: Sequence[Event]) -> None:
    """Put a batch of facts into the tables; those that concern no person are passed over."""
    batch = _Batch()
    for event in events:
        batch.sort_in(event)
    _note_batches(batch.begun, batch.undone)
    if batch.statements:
        _state(batch.statements)
    for undone in batch.undone:
        _weigh_again(undone.hex())
    if batch.served:
        _mark_served(batch.served)
    for link, order in batch.links:
        _link(link, order)


class _Batch:
    """The events of one batch, sorted by what they do."""

    def __init__(self) -> None:
        self.statements: defaultdict[str, list[Statement]] = defaultdict(list)
        self.served: dict[str, None] = {}
        self.links: list[tuple[SamePerson, str]] = []
        self.begun: list[Event] = []
        self.undone: dict[bytes, Event] = {}

    def sort_in(self, event: Event) -> None:
        """Put one event where it belongs."""
        fact = event.fact
        if isinstance(fact, ResidentImported | ResidentRegistered | ResidentCorrected):
            self.statements[fact.person.hex()].append(_statement(fact, event))
        elif isinstance(fact, SamePerson):
            self.links.append((fact, order_key(event)))
        elif isinstance(fact, ImportBegun):
            self.begun.append(event)
        elif isinstance(fact, ImportUndone):
            known = self.undone.get(fact.batch)
            if known is None or order_key(known) < order_key(event):
                self.undone[fact.batch] = event
        if _is_act_for_someone(type(fact)):
            person: bytes = getattr(fact, "person")  # noqa: B009
            self.served[person.hex()] = None


@cache
def _is_act_for_someone(kind: type[Any]) -> bool:
    return "person" in kind.KIND.subjects and kind not in _NO_ACT


def _statement(
    fact: ResidentImported | ResidentRegistered | ResidentCorrected, event: Event
) -> Statement:
    order = order_key(event)
    if isinstance(fact, ResidentCorrected):
        return Statement(order, changes=fact.changes)
    batch = fact.batch if isinstance(fact, ResidentImported) else b""
    return Statement(order, batch, fact.biodata)


# --- imports -----------------------------------------------------------------------------


def _note_batches(begun: Iterable[Event], undone: dict[bytes, Event]) -> None:
    for event in begun:
        fact = event.fact
        assert isinstance(fact, ImportBegun)
        row = _batch_row(fact.batch)
        if (order := order_key(event)) > row.begun_order:
            row.file_name, row.file_hash = fact.file_name, fact.file_hash.hex()
            row.rows, row.officer = fact.rows, event.officer.hex()
            row.begun_ms, row.begun_order = event.wall_ms, order
            row.begun_op = event.op_id.hex()
            row.save(force_insert=row._state.adding)
    for event in undone.values():
        fact = event.fact
        assert isinstance(fact, ImportUndone)
        row = _batch_row(fact.batch)
        if (order := order_key(event)) > row.undone_order:
            row.undone, row.undone_order, row.reason = True, order, fact.reason
            row.save(force_insert=row._state.adding)


def _batch_row(batch: bytes) -> ImportBatch:
    key = batch.hex()
    return ImportBatch.objects.filter(pk=key).first() or ImportBatch(batch=key)


def _weigh_again(batch: str) -> None:
    """An import was undone: its residents no longer count, or count by older statements."""
    Person.objects.filter(batch=batch, has_history=False).update(undone=True)
    found = BiodataStatement.objects.filter(batch=batch).order_by("person")
    persons = list(found.values_list("person", flat=True).distinct())
    for start in range(0, len(persons), _PERSONS_AT_ONCE):
        _state({person: [] for person in persons[start : start + _PERSONS_AT_ONCE]})


# --- statements --------------------------------------------------------------------------


def _state(statements: dict[str, list[Statement]]) -> None:
    """Fold new statements into the rows of their persons."""
    rows = Person.objects.in_bulk(list(statements))
    undone = undone_batches()
    changed: list[_Row] = []
    dropped: list[tuple[str, str]] = []
    tokens: list[tuple[str, str]] = []
    history: dict[str, list[Statement]] = {}
    told_before = history_of(rows.values())
    for person, new in statements.items():
        row = rows.get(person)
        told = told_before.get(person) or told_by_row(row)
        all_told = _distinct([*told, *new])
        if len(all_told) > 1 or all_told[0].biodata is None:
            history[person] = all_told
        stands = standing(all_told, undone)
        changed.append(_row(person, stands, row, has_history=person in history))
        before = _tokens(row.nama) if row else set()
        after = _tokens(stands.biodata.nama) if stands.biodata else set()
        dropped += [(token, person) for token in before - after]
        tokens += [(token, person) for token in after - before]
    _write_history(history)
    # In the order of the keys: every page of an index is then touched once a batch.
    changed.sort(key=_KEY)
    tokens.sort()
    _put(Person, _COLUMNS, changed)
    _run('DELETE FROM "people_soundtoken" WHERE token = %s AND person = %s', dropped)
    _put(SoundToken, ("token", "person"), tokens)


def _tokens(nama: str) -> set[str]:
    words = sound_tokens(nama)
    return {*words, sound_whole(words)} if words else set()


def undone_batches() -> frozenset[bytes]:
    """The imports that were undone."""
    keys = ImportBatch.objects.filter(undone=True).values_list("batch", flat=True)
    return frozenset(bytes.fromhex(key) for key in keys)


def _distinct(statements: list[Statement]) -> list[Statement]:
    """Each statement once: whole ones by what they say, at their latest place."""
    if len(statements) == 1:
        return statements
    found: dict[object, Statement] = {}
    for statement in statements:
        whole = statement.biodata is not None
        key = (statement.batch, statement.biodata) if whole else statement.order
        known = found.get(key)
        if known is None or known.order < statement.order:
            found[key] = statement
    return list(found.values())


def told_by_row(row: Person | None) -> list[Statement]:
    """The one statement that a row without history repeats."""
    if row is None or not row.nama:
        return []
    return [Statement(row.stated_order, bytes.fromhex(row.batch), biodata_of_row(row))]


def biodata_of_row(row: Person) -> Biodata:
    """The biodata in a row that has a name."""
    return Biodata(**{name: getattr(row, name) for name in _ELEMENTS})


def _row(
    person: str, stands: Standing, row: Person | None, *, has_history: bool
) -> _Row:
    """All columns of Person, in their order, as the database holds them.

    The driver asks every adapter about a date or a truth value; told as text and number
    they go in at a fifth of the cost.
    """
    told = list(_told(stands.biodata or Person(person=person)))
    for place in _DATES:
        told[place] = told[place] and told[place].isoformat()
    return (
        person,
        *told,
        stands.order,
        stands.batch.hex(),
        int(stands.is_undone),
        int(row.served) if row else 0,
        int(has_history),
        row.same_as if row else "",
        row.same_as_order if row else "",
    )


def history_of(rows: Iterable[Person]) -> dict[str, list[Statement]]:
    """All statements about those of these persons who have more than one."""
    persons = [row.person for row in rows if row.has_history]
    found: defaultdict[str, list[Statement]] = defaultdict(list)
    if persons:
        for row in BiodataStatement.objects.filter(person__in=persons):
            content = json.loads(row.content)
            batch = bytes.fromhex(row.batch)
            if isinstance(content, dict):
                statement = Statement(row.stated_order, batch, _biodata(content))
            else:
                changes = tuple(tuple(change) for change in content)
                statement = Statement(row.stated_order, batch, None, changes)
            found[row.person].append(statement)
    return found


def _write_history(history: dict[str, list[Statement]]) -> None:
    if not history:
        return
    BiodataStatement.objects.filter(person__in=list(history)).delete()
    rows = [
        (person, told.order, told.batch.hex(), _content(told))
        for person, statements in history.items()
        for told in statements
    ]
    _put(BiodataStatement, ("person", "stated_order", "batch", "content"), rows)


def _content(statement: Statement) -> str:
    told: object = statement.changes
    if statement.biodata is not None:
        told = {name: getattr(statement.biodata, name) for name in _ELEMENTS}
    return json.dumps(told, default=date.isoformat, separators=(",", ":"))


def _biodata(content: dict[str, Any]) -> Biodata:
    for name in ("tanggal_lahir", "berlaku_hingga"):
        if content[name] is not None:
            content[name] = date.fromisoformat(content[name])
    return Biodata(**content)


# --- persons as a whole ------------------------------------------------------------------


def _mark_served(persons: Iterable[str]) -> None:
    keys = list(persons)
    known = values_by_key(Person, ("served",), keys)
    new = [Person(person=key, served=True) for key in keys if key not in known]
    Person.objects.bulk_create(new)
    unmarked = [key for key, (served,) in known.items() if not served]
    if unmarked:
        Person.objects.filter(pk__in=unmarked).update(served=True)


def _link(fact: SamePerson, order: str) -> None:
    row, _ = Person.objects.get_or_create(person=fact.other.hex())
    if order > row.same_as_order:
        row.same_as, row.same_as_order = fact.person.hex(), order
        row.save(update_fields=["same_as", "same_as_order"])


# --- rows by their keys, of any room ------------------------------------------------------
#
# Plain SQL, for tables with one key: the model layer composes every statement anew, which for
# forty columns takes longer than the statement, and one fact asks and writes such rows a
# dozen times. The connection itself reads and writes dates, true and false.


def by_key(model: type[_M], keys: Sequence[str]) -> dict[str, _M]:
    """The rows with these keys, by key; a key without a row is absent."""
    names, alias = _names_of(model), router.db_for_read(model)
    found = values_by_key(model, names, keys)
    return {key: model.from_db(alias, names, row) for key, row in found.items()}


def values_by_key(
    model: type[models.Model], names: tuple[str, ...], keys: Sequence[str]
) -> dict[str, list[Any]]:
    """Only these columns of the rows with these keys, by key."""
    found: dict[str, list[Any]] = {}
    with connections[router.db_for_read(model)].cursor() as cursor:
        for start in range(0, len(keys), KEYS_PER_QUERY):
            some = list(keys[start : start + KEYS_PER_QUERY])
            marks = ", ".join(["%s"] * len(some))
            cursor.execute(f"{_select_of(model, names)} ({marks})", some)
            found |= {key: values for key, *values in cursor.fetchall()}
    return found


def put(rows: Sequence[models.Model]) -> None:
    """Insert rows of one table, or overwrite those with the same primary key."""
    if not rows:
        return
    model = type(rows[0])
    names = _names_of(model)
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.executemany(
            _upsert_of(model), [[getattr(row, name) for name in names] for row in rows]
        )


@cache
def _names_of(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _select_of(model: type[models.Model], names: tuple[str, ...]) -> str:
    """The statement up to its keys."""
    key = _key_of(model)
    columns = ", ".join(f'"{name}"' for name in (key, *names))
    return f'SELECT {columns} FROM "{model._meta.db_table}" WHERE "{key}" IN'


@cache
def _upsert_of(model: type[models.Model]) -> str:
    names, key = _names_of(model), _key_of(model)
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join(["%s"] * len(names))
    news = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n != key)
    return (
        f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks}) '
        f'ON CONFLICT ("{key}") DO UPDATE SET {news}'
    )


def _key_of(model: type[models.Model]) -> str:
    key = model._meta.pk
    assert key is not None and key.concrete, "a table with one key"
    return key.attname


# --- writing many rows -------------------------------------------------------------------


def _put(model: type[models.Model], columns: Sequence[str], rows: list[_Row]) -> None:
    """Insert rows, or overwrite those with the same primary key."""
    options = model._meta
    keys = [field.attname for field in options.pk_fields]
    named = ", ".join(f'"{column}"' for column in columns)
    marks = ", ".join(["%s"] * len(columns))
    set_ = ", ".join(f'"{c}" = excluded."{c}"' for c in columns if c not in keys)
    resolve = f"UPDATE SET {set_}" if set_ else "NOTHING"
    _run(
        f'INSERT INTO "{options.db_table}" ({named}) VALUES ({marks}) '
        f"ON CONFLICT ({', '.join(keys)}) DO {resolve}",
        rows,
    )


def _run(statement: str, rows: Sequence[_Row]) -> None:
    if rows:
        with connections[router.db_for_write(Person)].cursor() as cursor:
            cursor.executemany(statement, rows)
