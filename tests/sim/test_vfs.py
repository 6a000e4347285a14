"""The real journal on a disk in memory: the same file, the same asserts, the same words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from random import Random

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from perahu.journal.databases import SqlcipherStore
from perahu.journal.ports import Ports
from perahu.words import Refusal
from sim.disk import PowerCut, SimDisk
from sim.medium import Fate
from sim.vfs import SimDriver
from tests.cast import Dice, HandClock

FOLDER = Path("/enggano")
BOOK = FOLDER / "book.sqlite3"
WAL = FOLDER / "book.sqlite3-wal"
KEY = bytes(range(32))


@pytest.fixture
def disk() -> Iterator[SimDisk]:
    """A disk with a node's folder and nothing in it."""
    made = SimDisk()
    made.make_folder(FOLDER)
    yield made


def store(disk: SimDisk, key: bytes = KEY) -> SqlcipherStore:
    """The store a node opens, on that disk."""
    ports = Ports(
        clock=HandClock(),
        random=Dice("vfs"),
        disk=disk,
        lock=nullcontext,
        flush_lock=nullcontext,
        key_lock=nullcontext,
        thread=lambda: 0,
    )
    return SqlcipherStore(BOOK, key, ports, SimDriver(disk))


def put(book: SqlcipherStore, *names: str) -> None:
    """Write values, durably."""
    with book.transaction():
        book.run_many(
            "INSERT INTO local (space, name, value) VALUES (?, ?, ?)",
            [("s", name.encode(), b"\1") for name in names],
        )


def names(book: SqlcipherStore) -> list[str]:
    """The values that are there."""
    return [
        bytes(row[0]).decode()
        for row in book.rows("SELECT name FROM local ORDER BY name")
    ]


def test_it_works(disk: SimDisk, tmp_path: Path) -> None:
    """What the store wrote is SQLCipher's own file: sqlcipher3 reads it, with its WAL."""
    book = store(disk)
    put(book, "a", "b")
    assert book.rows("PRAGMA journal_mode") == [("wal",)]
    assert book.rows("PRAGMA synchronous") == [(2,)]
    for path in (BOOK, WAL):
        (tmp_path / path.name).write_bytes(disk.read(path))
    assert b"local" not in disk.read(BOOK) + disk.read(WAL), "nothing in the clear"
    connection = sqlcipher.connect(str(tmp_path / BOOK.name))
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    assert connection.execute("SELECT name FROM local").fetchall() == [(b"a",), (b"b",)]
    connection.close()


def test_it_reads_what_sqlcipher3_wrote(disk: SimDisk, tmp_path: Path) -> None:
    """And the other way round."""
    connection = sqlcipher.connect(str(tmp_path / "book"))
    connection.execute(f"PRAGMA key = \"x'{KEY.hex()}'\"")
    connection.execute("CREATE TABLE there (x)")
    connection.execute("INSERT INTO there VALUES ('seen')")
    connection.commit()
    connection.close()
    disk.put(BOOK, (tmp_path / "book").read_bytes())
    assert store(disk).rows("SELECT x FROM there") == [("seen",)]


@pytest.mark.parametrize("fate", list(Fate))
def test_it_keeps_a_transaction_through_a_cut(disk: SimDisk, fate: Fate) -> None:
    """What `transaction` returned from is there; what is staged may be gone."""
    for seed in range(10):
        twin = disk.clone()
        book = store(twin)
        put(book, "safe")
        with book.staged():
            book.run("INSERT INTO local VALUES ('s', ?, ?)", (b"staged", b"\1"))
        twin.crash(Random(seed), fate)
        found = names(store(twin))
        assert found in (["safe"], ["safe", "staged"])
        assert fate is not Fate.KEEP or found == ["safe", "staged"]
        assert fate is not Fate.DROP or found == ["safe"]


def test_it_keeps_what_is_staged_and_flushed(disk: SimDisk) -> None:
    """The flush of the file makes it durable, whoever wrote it."""
    book = store(disk)
    with book.staged():
        book.run("INSERT INTO local VALUES ('s', ?, ?)", (b"staged", b"\1"))
    book.flush()
    disk.crash(Random(1), Fate.DROP)
    assert names(store(disk)) == ["staged"]


def test_it_stops_at_the_cut(disk: SimDisk) -> None:
    """The power goes in the middle of a transaction; nothing more is written."""
    book = store(disk)
    put(book, "before")
    disk.cut_at = disk.operations + 2
    with pytest.raises(PowerCut):
        put(book, "never")
    with pytest.raises(PowerCut):
        names(book)
    disk.crash(Random(1), Fate.KEEP)
    again = store(disk)
    assert names(again) == ["before"]
    put(again, "after")
    del book  # a dead connection that is let go writes nothing
    assert names(again) == ["after", "before"]


def test_it_goes_on_after_a_kill(disk: SimDisk) -> None:
    """kill -9: the machine still holds what was written, the lock is gone."""
    dead = store(disk)
    put(dead, "a")
    disk.kill()
    again = store(disk)
    put(again, "b")
    del dead
    assert names(again) == ["a", "b"]


@pytest.mark.parametrize(
    ("error", "code"), [(errno.EIO, "broken_book"), (errno.ENOSPC, "no_space")]
)
def test_it_says_in_words_what_fails(disk: SimDisk, error: int, code: str) -> None:
    """The refusals of the store are the same over this driver."""
    book = store(disk)
    put(book, "a")
    disk.fail(error, for_ever=True)
    with pytest.raises(Refusal, match=code):
        put(book, "b")
    disk.mend()
    assert names(book) == ["a"]
    put(book, "c")
    assert names(book) == ["a", "c"]


def test_it_says_that_the_disk_is_full(disk: SimDisk) -> None:
    """By its size, not by a planned fault."""
    book = store(disk)
    disk.capacity = disk.used() + 5000
    with pytest.raises(Refusal, match="no_space"):
        put(book, *[str(n) for n in range(2000)])
    disk.capacity = None
    put(book, "a")
    assert names(book) == ["a"]


def test_it_says_that_the_disk_can_only_be_read(disk: SimDisk) -> None:
    """As a file system that the machine mounted read-only after an error."""
    put(store(disk), "a")
    disk.kill()
    disk.read_only = True
    with pytest.raises(Refusal, match="read_only"):
        put(store(disk), "b")


def test_it_says_that_the_key_is_wrong(disk: SimDisk) -> None:
    """A book of another node."""
    put(store(disk), "a")
    disk.kill()
    with pytest.raises(Refusal, match="broken_book"):
        store(disk, key=bytes(32))


def test_it_notices_rot(disk: SimDisk) -> None:
    """A flipped bit anywhere in the book's pages is found when they are read."""
    book = store(disk)
    put(book, "a")
    book.close()
    assert disk.paths() == [str(BOOK)], "a close brings the WAL into the book"
    for seed in range(50):
        twin = disk.clone()
        twin.rot(Random(seed), BOOK)
        try:
            found = store(twin).rows("PRAGMA integrity_check(1)")
        except Refusal as refusal:
            assert refusal.code == "broken_book"
        else:
            assert found != [("ok",)], seed


def test_it_lets_one_connection_in(disk: SimDisk) -> None:
    """A second one is told that the book is busy."""
    first = store(disk)
    with pytest.raises(Refusal, match="busy"):
        store(disk)
    put(first, "a")
