"""Rows by key in plain SQL: what the model layer gives, type for type, and no others."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from perahu.people import reads_apply
from perahu.people.reads_apply import by_key, put, values_by_key

if TYPE_CHECKING:
    from perahu.node.tables import Tables
    from perahu.people.models import Person

BORN = date(1979, 8, 17)


def person(key: str, **known: object) -> Person:
    """A row as the tables keep it; all that is not said is what its column begins with."""
    from perahu.people.models import Person

    return Person(person=key, **known)


def test_it_works(tables: Tables) -> None:
    """A row that was put is read back as the model layer reads it, with its types."""
    from perahu.people.models import Person

    put([person("aa", nama="BUDI", tanggal_lahir=BORN, served=True), person("bb")])
    found, orm = (
        by_key(Person, ["aa", "bb", "cc"]),
        Person.objects.in_bulk(["aa", "bb"]),
    )
    assert found.keys() == orm.keys() == {"aa", "bb"}
    for key, row in found.items():
        for field in Person._meta.concrete_fields:
            ours, theirs = getattr(row, field.name), getattr(orm[key], field.name)
            assert (ours, type(ours)) == (theirs, type(theirs)), field.name
    assert found["aa"].tanggal_lahir == BORN and found["aa"].served is True


def test_it_overwrites_the_row_with_the_same_key(tables: Tables) -> None:
    """Every column is the last one's, and there is still one row."""
    put([person("aa", nama="BUDI", served=True), person("bb", nama="SARI")])
    put([person("aa", nama="BUDIMAN")])
    put([])
    from perahu.people.models import Person

    found = by_key(Person, ["aa", "bb"])
    assert Person.objects.count() == 2
    assert (found["aa"].nama, found["aa"].served) == ("BUDIMAN", False)
    assert found["bb"].nama == "SARI"


def test_it_saves_a_row_that_was_read_as_one_that_is_there(tables: Tables) -> None:
    """`save` of such a row changes it and inserts nothing."""
    from perahu.people.models import Person

    put([person("aa", nama="BUDI")])
    row = by_key(Person, ["aa"])["aa"]
    row.nama = "BUDIMAN"
    row.save(update_fields=["nama"])
    assert Person.objects.get().nama == "BUDIMAN"


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_it_asks_for_many_keys_in_several_questions(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """None is left out where one question is full and the next begins."""
    from perahu.people.models import Person

    monkeypatch.setattr(reads_apply, "KEYS_PER_QUERY", 3)
    keys = [f"{n:02x}" for n in range(count)]
    put([person(key, nama=f"N{key}") for key in keys])
    found = values_by_key(Person, ("nama", "served"), [*keys, "ff"])
    assert found == {key: [f"N{key}", False] for key in keys}
