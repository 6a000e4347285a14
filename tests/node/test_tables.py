"""The read tables: one transaction a batch, poison found, damage mended, nodes kept apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.db import connections

from perahu.journal.journal import Journal
from perahu.journal.types import Draft, Event
from perahu.node.django_settings import ALIASES
from perahu.node.tables import Tables, _at_work
from perahu.words import Refusal
from tests.cast import RATNA, District, stocked
from tests.node.events import make_event

KEY = b"k" * 32

Opener = Callable[..., Tables]


def _notes() -> list[int]:
    with connections[_at_work.get()].cursor() as cursor:
        cursor.execute("SELECT position FROM note ORDER BY position")
        return [row[0] for row in cursor.fetchall()]


def note_positions(events: Sequence[Event]) -> None:
    """A projection that writes down what it saw, and chokes on the operation "poison"."""
    with connections[_at_work.get()].cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS note (position INTEGER PRIMARY KEY)")
        for event in events:
            cursor.execute("INSERT OR IGNORE INTO note VALUES (%s)", [event.position])
            if event.op_id == b"poison":
                raise ValueError("a fact nobody can digest")


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Opens tables and closes all of them after the test."""
    open_ones = []

    def open_one(path: Path, key: bytes = KEY) -> Tables:
        tables = Tables(path, key, [note_positions]).open()
        open_ones.append(tables)
        return tables

    yield open_one
    for tables in open_ones:
        tables.close()


def test_it_works(tmp_path: Path, opened: Opener) -> None:
    """A batch is projected, its position noted, and both are there after opening again."""
    tables = opened(tmp_path / "tables")
    assert tables.position() == 0
    assert tables.apply([make_event(1), make_event(2)], 2) == []
    tables.close()
    tables = opened(tmp_path / "tables")
    assert tables.position() == 2 and tables.repaired is None
    with tables.at_work():
        assert _notes() == [1, 2]


def test_it_finds_the_poison_and_keeps_the_rest(tmp_path: Path, opened: Opener) -> None:
    """One event that fails is given back with the reason; its neighbours stand."""
    tables = opened(tmp_path / "tables")
    events = [make_event(n, op_id=b"poison" if n == 5 else b"") for n in range(1, 9)]
    failed = tables.apply(events, 8)
    assert [event.position for event, _ in failed] == [5]
    assert "nobody can digest" in failed[0][1]
    with tables.at_work():
        assert _notes() == [1, 2, 3, 4, 6, 7, 8]


def test_it_takes_in_what_was_parked_before(tmp_path: Path, opened: Opener) -> None:
    """An event from before the position is projected, and the position stays."""
    tables = opened(tmp_path / "tables")
    tables.apply([make_event(1), make_event(3)], 3)
    assert tables.apply([make_event(2)], 3) == []
    assert tables.position() == 3
    with tables.at_work():
        assert _notes() == [1, 2, 3]


@pytest.mark.parametrize("damage", [b"x" * 20000, b""])
def test_it_replaces_a_damaged_file(
    tmp_path: Path, opened: Opener, damage: bytes
) -> None:
    """A file that is no database, or was emptied, ends in empty tables at position 0."""
    tables = opened(tmp_path / "tables")
    tables.apply([make_event(1)], 1)
    tables.close()
    (tmp_path / "tables").write_bytes(damage)
    tables = opened(tmp_path / "tables")
    assert tables.position() == 0
    assert (tables.repaired is not None) == bool(damage)
    assert tables.apply([make_event(1)], 1) == []


def test_it_makes_tables_again_that_other_code_made(
    tmp_path: Path, opened: Opener
) -> None:
    """Tables whose code hash differs are dropped, whatever is in them."""
    tables = opened(tmp_path / "tables")
    tables.apply([make_event(1)], 1)
    with connections[tables.alias].cursor() as cursor:
        cursor.execute("UPDATE node_tables SET schema = 'older'")
    tables.close()
    tables = opened(tmp_path / "tables")
    assert tables.position() == 0 and tables.repaired is None
    with connections[tables.alias].cursor() as cursor:
        assert "note" not in connections[tables.alias].introspection.table_names(cursor)


def test_it_writes_no_tables_of_other_code(tmp_path: Path, opened: Opener) -> None:
    """A process that outlived an update says so, and parks nothing."""
    tables = opened(tmp_path / "tables")
    with connections[tables.alias].cursor() as cursor:
        cursor.execute("UPDATE node_tables SET schema = 'newer'")
    with pytest.raises(Refusal, match="program_updated"):
        tables.apply([make_event(1)], 1)
    assert tables.position() == 0


def test_it_rebuilds_to_the_same_content(tmp_path: Path, opened: Opener) -> None:
    """Dropped and replayed, the tables hold the same rows."""
    tables = opened(tmp_path / "tables")
    events = [make_event(n) for n in range(1, 50)]
    tables.apply(events, 49)
    before = tables.content_hash()
    tables.rebuild()
    assert tables.position() == 0 and tables.content_hash() != before
    tables.apply(events, 49)
    assert tables.content_hash() == before


def test_it_notices_that_the_file_was_taken_away(
    tmp_path: Path, opened: Opener
) -> None:
    """The tables may be deleted at any time: the next use begins with empty ones."""
    tables = opened(tmp_path / "tables")
    tables.apply([make_event(1)], 1)
    for ending in ("", "-wal", "-shm"):
        (tmp_path / f"tables{ending}").unlink(missing_ok=True)
    with tables.at_work():
        assert tables.position() == 0


def test_it_is_made_anew_where_it_is_ahead_of_the_book(tmp_path: Path) -> None:
    """After a power cut that took the book's last entries: the same rows as a fresh replay."""
    district = District(tmp_path / "district")
    key = district.members["Hub"].keys.tables_key
    contents = []
    with Tables(tmp_path / "tables", key) as tables, tables.at_work():
        hub = district.open("Hub", tables=tables)
        district.found(hub)
        contents.append(tables.content_hash())
        last = tables.position()
        hub.close()
        tables.apply([make_event(last + 1)], last + 3)
        hub = district.open("Hub", tables=tables)
        assert tables.position() == last
        contents.append(tables.content_hash())
    district.close()
    assert contents[0] == contents[1]


def found_with(district: District, hub: Journal, times: int) -> None:
    """The hub's first facts, and stock that came so many times."""
    district.found(hub)
    with hub.writing() as book:
        book.append(district.ask("Hub", RATNA), [Draft(stocked(times))] * times)


def test_it_is_made_anew_for_another_book(tmp_path: Path) -> None:
    """Old tables come back beside a new book: what that one holds is shown all the same."""
    district = District(tmp_path / "district")
    member = district.members["Hub"]
    with (
        Tables(tmp_path / "tables", member.keys.tables_key) as tables,
        tables.at_work(),
    ):
        hub = district.open("Hub", tables=tables)
        found_with(district, hub, 3)
        hub.close()
        hub = district.open("Hub", tables=tables)
        assert tables.position() == len(hub.events(0))
        old = tables.content_hash()
        hub.close()
        for path in member.folder.glob("book.sqlite3*"):
            path.unlink()
        with Tables(tmp_path / "fresh", member.keys.tables_key) as fresh:
            hub = district.open("Hub", tables=fresh)
            found_with(district, hub, 4)
            hub.close()
            hub = district.open("Hub", tables=tables)
            assert old != tables.content_hash() == fresh.content_hash()
    district.close()


def test_it_keeps_nodes_apart(tmp_path: Path, opened: Opener) -> None:
    """Two nodes in one process each see their own rows, also from another thread."""
    one, two = opened(tmp_path / "one"), opened(tmp_path / "two")
    one.apply([make_event(1)], 1)
    two.apply([make_event(2)], 2)
    seen: dict[str, list[int]] = {}

    def look(name: str, tables: Tables) -> None:
        with tables.at_work():
            seen[name] = _notes()
        tables.release_thread()

    for name, tables in (("one", one), ("two", two)):
        thread = threading.Thread(target=look, args=(name, tables))
        thread.start()
        thread.join()
    assert seen == {"one": [1], "two": [2]}


def test_it_cannot_be_read_with_another_key(tmp_path: Path, opened: Opener) -> None:
    """A stolen table file shows nothing; with another key it is damage, not content."""
    opened(tmp_path / "tables").apply([make_event(1)], 1)
    assert b"note" not in (tmp_path / "tables").read_bytes()
    tables = opened(tmp_path / "tables", b"z" * 32)
    assert tables.position() == 0 and tables.repaired is not None


def test_it_refuses_a_query_outside_a_node() -> None:
    """Without a node at work there are no tables to ask."""
    from perahu.node.tables import Router

    with pytest.raises(AssertionError, match="no node is at work"):
        Router().db_for_read(object)


def test_it_refuses_one_node_too_many(tmp_path: Path, opened: Opener) -> None:
    """The pool has an end, and says so; a closed node makes room."""
    tables = [opened(tmp_path / str(n)) for n in range(len(ALIASES))]
    with pytest.raises(Refusal, match="too_many_nodes"):
        opened(tmp_path / "more")
    tables[0].close()
    opened(tmp_path / "more")


def test_it_replaces_a_file_whose_pages_rot_when_somebody_reads_one(
    tmp_path: Path, opened: Opener
) -> None:
    """Nothing was written meanwhile: a desk that only looks notices it, and loses nothing."""
    tables = opened(tmp_path / "tables")
    tables.apply([make_event(n) for n in range(1, 400)], 399)
    tables.close()
    path = tmp_path / "tables"
    content = bytearray(path.read_bytes())
    for at in range(8_192, len(content), 512):
        content[at] ^= 0x80
    path.write_bytes(bytes(content))
    tables = opened(path)
    with pytest.raises(Refusal) as caught, tables.at_work():
        _notes()
    assert caught.value.code == "tables_replaced"
    assert tables.position() == 0
    tables.apply([make_event(1)], 1)
    with tables.at_work():
        assert _notes() == [1]
