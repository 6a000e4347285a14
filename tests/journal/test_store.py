"""The book's database: durable, encrypted, and every trouble with it said in words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from perahu.journal.databases import PostgresStore, SqlcipherStore, open_store
from perahu.journal.ports import Ports
from perahu.journal.store import Local, Store
from perahu.node.disk import RealDisk
from perahu.node.lock import FileLock
from perahu.words import Refusal
from tests.cast import Dice, HandClock, with_hub
from tests.journal.postgres import Cluster, database_in
from tests.journal.stores import BOTH_STORES, StoreDistrict

KEY = bytes(range(32))


def ports(path: Path) -> Ports:
    """What a journal in this folder would be handed."""
    return Ports(
        clock=HandClock(),
        random=Dice("store"),
        disk=RealDisk(),
        lock=FileLock(path / "lock"),
        flush_lock=FileLock(path / "flush.lock"),
        key_lock=FileLock(path / "keyring.lock"),
        thread=lambda: 0,
    )


def book(path: Path, key: bytes = KEY) -> SqlcipherStore:
    """The book in a folder, as one more process of the node would open it."""
    return SqlcipherStore(path / "book.sqlite3", key, ports(path))


def names(store: Store) -> list[tuple[str, bytes]]:
    """What the smallest table of the book holds."""
    rows = store.rows("SELECT name, value FROM book ORDER BY name")
    return [(name, bytes(value)) for name, value in rows]


def put(store: Store, name: str) -> None:
    """One row into the smallest table."""
    store.run("INSERT INTO book (name, value) VALUES (?, ?)", (name, b"\1"))


def test_it_works(tmp_path: Path) -> None:
    """What was committed is there for the next process."""
    first = book(tmp_path)
    with first.transaction():
        put(first, "a")
    assert names(book(tmp_path)) == [("a", b"\1")]


def test_it_flushes_in_full(tmp_path: Path) -> None:
    """WAL and FULL (2), asked of the connection that writes; deleted rows are wiped."""
    store = book(tmp_path)
    pragmas = [
        store.rows(f"PRAGMA {name}")[0][0]
        for name in ("journal_mode", "synchronous", "secure_delete")
    ]
    assert pragmas == ["wal", 2, 1]


def test_it_says_when_another_program_holds_the_book(tmp_path: Path) -> None:
    """Someone's own tool has the file locked: busy, and nothing was saved."""
    store = book(tmp_path)
    store.rows("PRAGMA busy_timeout = 50")
    other = sqlcipher.connect(str(tmp_path / "book.sqlite3"), isolation_level=None)
    other.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refusal, match="busy"), store.transaction():
        put(store, "a")
    other.close()
    with store.transaction():
        put(store, "a")


def test_it_is_encrypted(tmp_path: Path) -> None:
    """No word of SQL or of ours stands in the file."""
    store = book(tmp_path)
    with store.transaction():
        put(store, "a name that would be seen")
    store.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"CREATE TABLE" not in raw and b"a name that" not in raw
    assert not raw.startswith(b"SQLite format 3")


def test_it_refuses_another_key(tmp_path: Path) -> None:
    """Another node's key, or a damaged vault: broken book, and the file is untouched."""
    book(tmp_path).close()
    before = (tmp_path / "book.sqlite3").read_bytes()
    with pytest.raises(Refusal, match="broken_book"):
        book(tmp_path, bytes(32))
    assert (tmp_path / "book.sqlite3").read_bytes() == before


def _text(path: Path) -> None:
    path.write_text("this is a letter, not a book\n" * 500)


def _head(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(os.urandom(4096) + raw[4096:])


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("harm", [_text, _head, _folder])
def test_it_refuses_a_broken_file(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """A letter, a damaged head, a folder in its place: said in words, nothing created."""
    book(tmp_path).close()
    harm(tmp_path / "book.sqlite3")
    with pytest.raises(Refusal, match="broken_book") as caught:
        book(tmp_path)
    assert "perahu verify" in caught.value.words.id


@pytest.mark.damages_book("a page is overwritten")
def test_it_refuses_a_damaged_page(district: StoreDistrict) -> None:
    """A page that does not authenticate stops what needs it, in words."""
    _, enggano = with_hub(district)
    for _ in range(30):
        district.state(enggano)
    enggano.close()
    path = district.members["Enggano"].folder / "book.sqlite3"
    raw = bytearray(path.read_bytes())
    for at in range(4096 + 100, len(raw), 4096):
        raw[at] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(Refusal, match="broken_book"):
        district.open("Enggano")


def test_it_refuses_a_missing_folder(tmp_path: Path) -> None:
    """No folder, no book: none is made in a place nobody chose."""
    with pytest.raises(Refusal, match="broken_book"):
        book(tmp_path / "nowhere")


@pytest.mark.parametrize("url", ["mysql://hub/book", "book.sqlite3", "", "postgresql"])
def test_it_refuses_another_address(tmp_path: Path, url: str) -> None:
    """PERAHU_BOOK is PostgreSQL or it is not set; a password in it is never repeated."""
    with pytest.raises(Refusal, match="bad_book_url"):
        open_store(tmp_path / "book.sqlite3", KEY, url, ports(tmp_path))
    with pytest.raises(Refusal) as caught:
        open_store(tmp_path, KEY, "mysql://sari:rahasia@hub/book", ports(tmp_path))
    assert "rahasia" not in str(caught.value) + "".join(caught.value.words)


@BOTH_STORES
def test_it_does_all_or_nothing(district: StoreDistrict) -> None:
    """An exception within a transaction leaves no row of it behind."""
    store = district.open("Hub")._book.store
    before = names(store)
    with pytest.raises(ZeroDivisionError), store.transaction():
        put(store, "half")
        raise ZeroDivisionError
    assert names(store) == before
    with store.transaction():
        put(store, "whole")
    assert ("whole", b"\1") in names(store)


@BOTH_STORES
def test_it_keeps_local_values(district: StoreDistrict) -> None:
    """Set, set again, listed by name, forgotten; spaces do not mix; bytes stay bytes."""
    local = Local(district.open("Hub")._book.store)
    local.put("acks", b"\0b", b"one")
    local.put("acks", b"\0b", b"two")
    local.put("acks", b"\0a", bytes(range(256)))
    local.put("pins", b"\0b", b"")
    assert local.items("acks") == [(b"\0a", bytes(range(256))), (b"\0b", b"two")]
    assert local.get("pins", b"\0b") == b"" and local.get("pins", b"\0a") is None
    local.delete("acks", b"\0b")
    local.delete("acks", b"never there")
    assert local.items("acks") == [(b"\0a", bytes(range(256)))]
    assert type(local.get("acks", b"\0a")) is bytes


def test_it_says_when_the_server_is_away(tmp_path: Path) -> None:
    """No PostgreSQL at that address: what to do, and that nothing was lost."""
    with pytest.raises(Refusal, match="book_away") as caught:
        PostgresStore(f"postgresql://sari@/book?host={tmp_path}", lambda: 0)
    assert "nyalakan server" in caught.value.words.id


def test_it_says_when_the_server_turns_it_away(cluster: Cluster) -> None:
    """A wrong password, and a database that is not there; the password is not shown."""
    cluster.run(
        "DROP ROLE IF EXISTS locked", "CREATE ROLE locked LOGIN PASSWORD 'right'"
    )
    wrong = cluster.url("postgres", user="locked:wrong")
    for url in (wrong, cluster.url("nowhere"), cluster.url("postgres", user="nobody")):
        with pytest.raises(Refusal, match="book_login") as caught:
            PostgresStore(url, lambda: 0)
        assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("district", ["postgresql"], indirect=True)
def test_it_comes_back_when_the_server_does(
    district: StoreDistrict, cluster: Cluster
) -> None:
    """The server drops every connection: one action is refused, asked again it is done."""
    _, enggano = with_hub(district)
    district.state(enggano)
    url = district.members["Enggano"].book_url
    assert url is not None
    cluster.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{database_in(url)}'"
    )
    with pytest.raises(Refusal, match="book_away"):
        district.state(enggano)
    receipt = district.state(enggano)
    assert receipt.seq == 2 and enggano.verify().sound


def test_it_refuses_a_server_that_does_not_flush(cluster: Cluster) -> None:
    """fsync=on is asked of the server, and synchronous_commit set for the session."""
    url = cluster.new_url()
    store = PostgresStore(url, lambda: 0)
    assert store.rows("SHOW synchronous_commit") == [("on",)]
    assert store.rows("SHOW fsync") == [("on",)]


def test_it_lets_one_write_at_a_time(cluster: Cluster) -> None:
    """The advisory lock holds across machines: the second writer waits for the first."""
    url = cluster.new_url()
    first, second = (PostgresStore(url, lambda: 0) for _ in range(2))
    second.run("SET statement_timeout = '200ms'")
    with first.transaction():
        put(first, "a")
        with pytest.raises(Refusal, match="book_away"), second.transaction():
            put(second, "b")
    with second.transaction():
        put(second, "c")
    assert [name for name, _ in names(first)] == ["a", "c"]
    with psycopg.connect(url) as plain:
        assert plain.execute("SELECT count(*) FROM book").fetchone() == (2,)


def test_it_says_when_nothing_can_be_written(tmp_path: Path) -> None:
    """The file can only be read; and a fault of ours is not made a sentence of."""
    store = book(tmp_path)
    store.rows("PRAGMA query_only = ON")
    with pytest.raises(Refusal, match="read_only"):
        put(store, "a")
    with pytest.raises(sqlcipher.OperationalError, match="no such table"):
        store.rows("SELECT 1 FROM nowhere")


def test_it_says_what_ails_the_server(cluster: Cluster) -> None:
    """PostgreSQL turned read-only, and PostgreSQL on a disk that gives back other pages."""
    store = PostgresStore(cluster.new_url(), lambda: 0)
    with pytest.raises(Refusal, match="broken_book"):
        store.run("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'XX001'; END $$")
    store.run("SET default_transaction_read_only = on")
    with pytest.raises(Refusal, match="read_only"):
        put(store, "a")
