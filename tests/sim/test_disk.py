"""The simulated disk keeps what was flushed, and nothing it does not have to."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from perahu.journal.ports import Disk
from perahu.node.disk import RealDisk
from sim.disk import READING, PowerCut, SimDisk
from sim.medium import Change, Fate, SimFile

FOLDER = Path("/enggano")
BOOK = FOLDER / "book"


def disk_with(content: bytes = b"") -> SimDisk:
    """A disk with a folder and, where asked, a file that is safe on it."""
    disk = SimDisk()
    disk.make_folder(FOLDER)
    if content:
        disk.put(BOOK, content)
    return disk


def endings(disk: SimDisk, path: Path = BOOK) -> set[bytes | None]:
    """Every content that a file is found with after a power cut now."""
    found: set[bytes | None] = set()
    for fate, seed in itertools.product(Fate, range(40)):
        twin = disk.clone()
        twin.crash(Random(seed), fate)
        found.add(twin.read(path) if twin.exists(path) else None)
    return found


def steps(disk: Disk, folder: Path) -> list[object]:
    """A bit of everything, and what each step shows."""
    one, two = folder / "one", folder / "in" / "two"
    seen: list[object] = []
    disk.append_durable(one, b"abc")
    disk.append_durable(one, b"def")
    disk.write_at_durable(one, 8, b"XY")
    disk.write_at(two, 3, b"23")
    disk.flush(two)
    disk.reread(two)
    disk.replace_durable(folder / "deep" / "er" / "three", b"333")
    seen += [disk.read(one), disk.read(two), disk.read_at(one, 1, 3), disk.size(two)]
    disk.rename_durable(two, folder / "four")
    seen += [disk.exists(two), disk.exists(folder / "in"), disk.list(folder)]
    disk.remove(one)
    disk.remove(one)
    seen += [disk.list(folder / "nowhere"), disk.list(folder / "deep")]
    refused: list[Callable[[], object]] = [
        lambda: disk.read(one),
        lambda: disk.size(one),
        lambda: disk.read_at(one, 0, 1),
        lambda: disk.flush(one),
        lambda: disk.append_durable(folder / "no" / "folder", b"1"),
        lambda: disk.write_at_durable(folder / "no" / "folder", 0, b"1"),
    ]
    for action in refused:
        with pytest.raises(FileNotFoundError):
            action()
    return seen


def test_it_works(tmp_path: Path) -> None:
    """Step by step it shows what the real disk shows."""
    disk = disk_with()
    assert steps(disk, FOLDER) == steps(RealDisk(), tmp_path)
    assert disk.free_bytes(FOLDER) > 0


@pytest.mark.parametrize("fate", list(Fate))
def test_it_keeps_what_a_durable_call_returned_from(fate: Fate) -> None:
    """Appended, overwritten, replaced, renamed: it is there after any cut."""
    for seed in range(50):
        disk = disk_with()
        disk.append_durable(BOOK, b"abc")
        disk.write_at_durable(BOOK, 1, b"X")
        disk.replace_durable(FOLDER / "whole", b"new")
        disk.write_at(FOLDER / "partial", 0, b"blob")
        disk.rename_durable(FOLDER / "partial", FOLDER / "blob")
        disk.crash(Random(seed), fate)
        assert disk.read(BOOK) == b"aXc"
        assert disk.read(FOLDER / "whole") == b"new"
        assert disk.read(FOLDER / "blob") == b"blob"
        assert disk.list(FOLDER) == ["blob", "book", "whole"]


def test_it_loses_what_was_not_flushed() -> None:
    """A write without a flush: there, not there, torn, emptied, or in a wrong place."""
    disk = disk_with(b"0123456789")
    disk.write_at(BOOK, 10, b"abc")
    disk.write_at(BOOK, 13, b"def")
    found = endings(disk)
    assert {b"0123456789", b"0123456789abcdef", b"0123456789abc"} <= found
    assert b"0123456789ab" in found, "torn"
    assert b"0123456789\0\0\0def" in found, "the first is lost, the second is there"
    assert b"0123456789def" in found, "misdirected"
    assert all(content and content[:10] == b"0123456789" for content in found)


def test_it_may_lose_a_name_that_was_not_flushed() -> None:
    """The content was flushed, the folder was not."""
    disk = disk_with()
    file = disk.create(str(BOOK))
    disk.write(str(BOOK), file, 0, b"abc")
    disk.sync(str(BOOK), file)
    assert endings(disk) == {None, b"abc"}
    disk.sync_folder(str(FOLDER))
    assert endings(disk) == {b"abc"}


def test_it_shows_old_or_new_while_it_replaces() -> None:
    """At every operation of `replace_durable` a cut leaves one of the two, whole."""
    found = set()
    for at in itertools.count(1):
        disk = disk_with(b"old")
        disk.cut_at = at
        try:
            disk.replace_durable(BOOK, b"new")
        except PowerCut:
            found |= endings(disk)
            continue
        break
    assert at == 6, "create, write, flush, rename, flush of the folder"
    assert found == {b"old", b"new"}


def test_it_is_dead_after_a_cut_until_it_starts_again() -> None:
    """Nothing is done by a machine without power, not even in a `finally`."""
    disk = disk_with(b"abc")
    disk.cut_at = disk.operations + 1
    for _ in range(2):
        with pytest.raises(PowerCut):
            disk.append_durable(BOOK, b"def")
    disk.crash(Random(1))
    disk.append_durable(BOOK, b"g")
    assert disk.read(BOOK) == b"abcg"


def test_it_crashes_alike_for_the_same_seed() -> None:
    """A cut can be told again from its number."""
    disk = disk_with(b"0" * 4096)
    for at in range(0, 4096, 512):
        disk.write_at(BOOK, at, b"1" * 700)
    found = []
    for seed in [*range(20), *range(20)]:
        twin = disk.clone()
        twin.crash(Random(seed))
        found.append(twin.read(BOOK))
    assert found[:20] == found[20:] and len(set(found)) > 10


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("for_ever", [False, True])
def test_it_fails_where_it_is_told(error: int, for_ever: bool) -> None:
    """The n-th operation fails, once or from then on; then it is mended."""
    disk = disk_with(b"abc")
    disk.fail(error, after=2, for_ever=for_ever)
    assert disk.read(BOOK) == b"abc"
    with pytest.raises(OSError) as told:
        disk.read(BOOK)
    assert told.value.errno == error
    if for_ever:
        with pytest.raises(OSError, match="book"):
            disk.size(BOOK)
        disk.mend()
    assert disk.size(BOOK) == 3


def test_it_writes_half_where_it_is_cut_short() -> None:
    """What is half there stays there, unless the caller takes it back."""
    disk = disk_with(b"abc")
    disk.fail(errno.ENOSPC, short=True)
    with pytest.raises(OSError, match="book"):
        disk.write_at(BOOK, 3, b"defghi")
    assert disk.read(BOOK) == b"abcdef"
    disk.fail(errno.ENOSPC, short=True)
    with pytest.raises(OSError, match="book"):
        disk.append_durable(BOOK, b"xyz!")
    assert disk.read(BOOK) == b"abcdef", "as RealDisk: taken back"


def test_it_is_full() -> None:
    """Nothing grows; what is there can be overwritten."""
    disk = disk_with(b"abc")
    disk.capacity = disk.used() + 2
    disk.append_durable(BOOK, b"de")
    assert disk.free_bytes(FOLDER) == 0
    with pytest.raises(OSError, match="ENOSPC"):
        disk.append_durable(BOOK, b"f")
    disk.write_at_durable(BOOK, 0, b"ABC")
    assert disk.read(BOOK) == b"ABCde"


def test_it_is_read_only() -> None:
    """It can be read and not changed."""
    disk = disk_with(b"abc")
    disk.read_only = True
    assert disk.read(BOOK) == b"abc" and disk.exists(BOOK)
    with pytest.raises(OSError, match="EROFS"):
        disk.append_durable(BOOK, b"f")


def test_it_lies() -> None:
    """A flush that does nothing: afterwards everything of it can be lost."""
    disk = disk_with(b"abc")
    disk.lying = True
    disk.append_durable(BOOK, b"def")
    assert disk.read(BOOK) == b"abcdef" and b"abc" in endings(disk)
    disk.mend()
    disk.flush(BOOK)
    assert endings(disk) == {b"abcdef"}


def test_it_forgets_what_a_failed_flush_held() -> None:
    """As Linux does: it is still shown, the next flush succeeds, and writes nothing."""
    disk = disk_with(b"abc")
    disk.write_at(BOOK, 3, b"def")
    disk.fail(errno.EIO)
    with pytest.raises(OSError, match="EIO"):
        disk.sync(str(BOOK), disk.file(str(BOOK)))
    disk.flush(BOOK)
    assert disk.read(BOOK) == b"abcdef" and endings(disk) == {b"abc"}
    disk.reread(BOOK)
    assert disk.read(BOOK) == b"abc"


def test_it_shows_no_more_what_it_could_not_flush() -> None:
    """The disk that the journal is handed sees to that by itself, as the real one."""
    disk = disk_with(b"abc")
    disk.write_at(BOOK, 3, b"def")
    disk.fail(errno.EIO)
    with pytest.raises(OSError, match="EIO"):
        disk.flush(BOOK)
    assert disk.read(BOOK) == b"abc"
    disk.fail(errno.EIO, after=2)
    with pytest.raises(OSError, match="EIO"):
        disk.write_at_durable(BOOK, 1, b"XYZ")
    assert disk.read(BOOK) == b"abc"


def test_it_rots() -> None:
    """A bit changes by itself, and is still changed after a start."""
    disk = disk_with(bytes(100))
    disk.rot(Random(3), BOOK, bits=2)
    damaged = disk.read(BOOK)
    assert sum(byte.bit_count() for byte in damaged) == 2
    assert endings(disk) == {damaged}


def test_it_goes_back_to_a_snapshot() -> None:
    """A backup restored: what came later is gone, what was removed is back."""
    disk = disk_with(b"abc")
    disk.write_at(FOLDER / "partial", 0, b"1")
    image, boot = disk.snapshot(), disk.boot
    disk.append_durable(BOOK, b"def")
    disk.remove(FOLDER / "partial")
    disk.restore(image)
    assert disk.read(BOOK) == b"abc" and disk.read(FOLDER / "partial") == b"1"
    assert disk.boot > boot and endings(disk) == {b"abc"}


def test_it_clones_what_is_pending_too() -> None:
    """Both go their own way afterwards."""
    disk = disk_with(b"abc")
    disk.write_at(BOOK, 3, b"def")
    disk.write_at(FOLDER / "new", 0, b"1")
    twin = disk.clone()
    disk.flush(BOOK)
    twin.append_durable(FOLDER / "other", b"2")
    assert b"abc" in endings(twin) and endings(disk) == {b"abcdef"}
    assert disk.list(FOLDER) == ["book", "new"]
    assert twin.list(FOLDER) == ["book", "new", "other"]


def test_it_kills_a_process_and_loses_nothing() -> None:
    """What was written and not flushed is still in the machine's memory."""
    disk = disk_with(b"abc")
    disk.write_at(BOOK, 3, b"def")
    disk.kill()
    assert disk.read(BOOK) == b"abcdef" and b"abc" in endings(disk)


def test_it_pulls_a_medium_out() -> None:
    """Its folder is not there any more, and nothing is made in its place."""
    disk = disk_with(b"abc")
    disk.remove_folder(FOLDER)
    assert not disk.exists(FOLDER) and not disk.exists(BOOK) and not disk.paths()
    with pytest.raises(FileNotFoundError):
        disk.append_durable(BOOK, b"1")


def test_it_tells_of_every_operation() -> None:
    """Whoever watches sees the kind and the path before it is done."""
    disk, seen = disk_with(), []
    disk.watch = lambda kind, name: seen.append((kind, name))
    disk.append_durable(BOOK, b"abc")
    disk.read(BOOK)
    kinds = [kind for kind, _ in seen]
    assert kinds == ["create", "write", "flush", "flush folder", "read"]
    assert disk.operations == 5 and [k for k in kinds if k in READING] == ["read"]


def test_it_truncates_and_fills_a_hole() -> None:
    """As a file system does; an unflushed cut of a file may come undone."""
    file = SimFile(b"abcdef")
    file.truncate(2)
    file.write(4, b"e")
    assert bytes(file.data) == b"ab\0\0e" and bytes(file.durable) == b"abcdef"
    assert file.pending == [Change(2, None), Change(4, b"e")]
    file.truncate(7)
    file.flush()
    assert bytes(file.durable) == b"ab\0\0e\0\0" and not file.pending
