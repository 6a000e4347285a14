"""One flush for all who wait: a receipt never before it, and nothing lost by sharing it."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from perahu.journal.beside.fence import Fence
from perahu.journal.journal import Journal
from perahu.journal.types import Draft, Receipt
from perahu.node.disk import RealDisk
from perahu.words import Refusal
from tests.cast import BUDI, SARI, corrected, stocked, with_hub
from tests.journal.shelf import Shelf
from tests.journal.stores import BOTH_STORES, StoreDistrict, with_mirror
from tests.journal.test_kill import assert_mirrored

WAIT_S = 30.0
SLOWEST = 9
"""Desks that save while the first one's flush lasts."""


class Counted(RealDisk):
    """Counts the flushes of the book, and does what a test wants at each."""

    def __init__(self, at_flush: Callable[[], None] = lambda: None) -> None:
        self.at_flush, self.flushes = at_flush, 0

    def flush(self, path: Path) -> None:
        """Count, then flush."""
        self.flushes += 1
        self.at_flush()
        super().flush(path)


class PowerCut(BaseException):
    """What ends the program in the middle of a flush."""


def cut() -> None:
    """No flush happens any more."""
    raise PowerCut


def entries(journal: Journal) -> int:
    """How many own entries the book shows."""
    return sum(row.head_seq for row in journal.journals() if row.own)


def promised(district: StoreDistrict) -> int:
    """How many own entries the fence stands at."""
    mark = Fence(district.members["Enggano"].folder / "fence", RealDisk()).read()
    return mark.count if mark else 0


def wait_for(met: Callable[[], bool]) -> None:
    """Wait until other threads have done something."""
    moment, rest = threading.Event(), int(WAIT_S / 0.005)
    while not met():
        rest -= 1
        assert rest, "what the test waited for did not come"
        moment.wait(0.005)


def test_it_works(district: StoreDistrict) -> None:
    """Nine desks save while one flush lasts: they decide at once and share the next one."""
    with_mirror(district)
    _, enggano = with_hub(district)
    enggano.close()
    in_flush, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        in_flush.set()
        assert go_on.wait(WAIT_S)

    disk = Counted()
    enggano = district.open("Enggano", disk=disk, thread=threading.get_ident)
    disk.at_flush, disk.flushes = slow, 0
    with ThreadPoolExecutor(1 + SLOWEST) as desks:
        saved = [desks.submit(district.state, enggano, stocked(0))]
        assert in_flush.wait(WAIT_S)
        saved += [
            desks.submit(district.state, enggano, stocked(n + 1))
            for n in range(SLOWEST)
        ]
        wait_for(lambda: entries(enggano) == 1 + SLOWEST)
        assert promised(district) == 0 and not any(one.done() for one in saved)
        go_on.set()
        receipts = [one.result(WAIT_S) for one in saved]
    assert disk.flushes == 2 and promised(district) == 1 + SLOWEST
    assert sorted(receipt.seq for receipt in receipts) == list(range(1, 2 + SLOWEST))
    assert all(receipt.mirrored for receipt in receipts)
    assert enggano.verify().sound


def test_it_shares_the_flush_of_new_keys(district: StoreDistrict) -> None:
    """People nobody knew: the keys of those who wait go to the keyring in one write."""
    _, enggano = with_hub(district)
    enggano.close()
    writes, go_on = [], threading.Event()

    class Watched(RealDisk):
        def write_at_durable(self, path: Path, offset: int, data: bytes) -> None:
            if path.name == "keyring":
                writes.append(len(data))
                assert go_on.wait(WAIT_S)
            super().write_at_durable(path, offset, data)

    enggano = district.open("Enggano", disk=Watched(), thread=threading.get_ident)
    keyring = enggano._book.keyring

    def save(number: int) -> Receipt:
        person = f"person-{number:05}".encode()
        with enggano.writing(about=(person,)) as book:
            draft = Draft(corrected(subject=person))
            return book.append(district.ask("Enggano", SARI), [draft])

    with ThreadPoolExecutor(1 + SLOWEST) as desks:
        saved: list[Future[Receipt]] = [desks.submit(save, 0)]
        wait_for(lambda: len(writes) == 1)
        saved += [desks.submit(save, n + 1) for n in range(SLOWEST)]
        wait_for(lambda: len(keyring._wanted) == SLOWEST)
        go_on.set()
        for one in saved:
            one.result(WAIT_S)
    assert len(writes) == 2 and writes[1] == SLOWEST * 84
    assert len(enggano.events()) >= 1 + SLOWEST and enggano.verify().sound


def test_it_lets_the_next_one_see_what_waits(district: StoreDistrict) -> None:
    """The same ask from a second process: one entry, and no receipt before the flush."""
    _, enggano = with_hub(district)
    enggano.close()
    disk = Counted()
    first = district.open("Enggano", disk=disk)
    disk.at_flush = cut
    ask = district.ask("Enggano", SARI)
    with pytest.raises(PowerCut), first.writing() as book:
        book.append(ask, [Draft(stocked())])
    second_disk = Counted()
    shown = district.open("Enggano").receipt(ask.op_id)
    assert shown is not None and promised(district) == 1
    second = district.open("Enggano", disk=second_disk)
    second_disk.flushes = 0
    with second.writing() as book:
        assert book.append(ask, [Draft(stocked())]) == shown
    assert entries(second) == 1 and second_disk.flushes == 0, "the fence says: flushed"


def after_power_cut(
    district: StoreDistrict, journal: Journal, action: Callable[[], object]
) -> None:
    """Cut the power in the flush: the book's last frames never reached the disk."""
    folder = district.members["Enggano"].folder
    frames = (folder / "book.sqlite3-wal").read_bytes()
    found = folder.with_name("as found")
    with pytest.raises(PowerCut):
        action()
    shutil.copytree(folder, found)
    journal.close()
    shutil.rmtree(folder)
    found.rename(folder)
    (folder / "book.sqlite3-wal").write_bytes(frames)
    (folder / "book.sqlite3-shm").unlink()


def test_it_makes_tables_anew_that_were_ahead(district: StoreDistrict) -> None:
    """They show what the book forgot and nobody was told of; the action is done again."""
    _, enggano = with_hub(district)
    enggano.close()
    shelf, disk = Shelf(), Counted()
    enggano = district.open("Enggano", tables=shelf, disk=disk)
    first = district.state(enggano, stocked(1))
    ask = district.ask("Enggano", SARI)
    disk.at_flush = cut

    def act() -> None:
        with enggano.writing() as book:
            book.append(ask, [Draft(stocked(2))])

    after_power_cut(district, enggano, act)
    assert shelf.facts[-1] == stocked(2), "the tables were ahead"
    again = district.open("Enggano", tables=shelf)
    assert shelf.facts[-1] == stocked(1) and shelf.at == again._book.last_position()
    assert again.receipt(ask.op_id) is None and again.receipt(first.op_id) == first
    with again.writing() as book:
        assert book.append(ask, [Draft(stocked(3))]).seq == 2
    assert again.verify().sound and (again.epoch, again.halts()) == (1, [])


def test_it_promises_nothing_after_a_failed_flush(district: StoreDistrict) -> None:
    """The disk fails once: refused in words until the node starts anew, then all goes on."""
    _, enggano = with_hub(district)
    enggano.close()
    disk = Counted()
    enggano = district.open("Enggano", disk=disk)

    def fail() -> None:
        raise OSError(errno.EIO, "Input/output error")

    disk.at_flush = fail
    with pytest.raises(Refusal, match="broken_book"):
        district.state(enggano)
    disk.at_flush = lambda: None
    with pytest.raises(Refusal, match="broken_book"):
        district.state(enggano)
    assert promised(district) == 0
    enggano.close()
    enggano = district.open("Enggano")
    assert district.state(enggano).seq == promised(district) == 3
    assert enggano.verify().sound


@BOTH_STORES
def test_it_leaves_nothing_of_a_refused_action(district: StoreDistrict) -> None:
    """An exception before the append leaves nothing; after it, the entry is flushed."""
    _, enggano = with_hub(district)
    district.state(enggano)
    with pytest.raises(ValueError, match="decided"), enggano.writing():
        raise ValueError("decided otherwise")
    assert entries(enggano) == promised(district) == 1
    with pytest.raises(ValueError, match="afterwards"), enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(subject=BUDI))])
        raise ValueError("afterwards")
    assert entries(enggano) == promised(district) == 2


def test_it_keeps_every_promise_before_a_seal(district: StoreDistrict) -> None:
    """What is sealed may be sent: it is flushed and fenced first, whoever appended it."""
    _, enggano = with_hub(district)
    enggano.close()
    disk = Counted()
    first, other = district.open("Enggano", disk=disk), district.open("Enggano")
    disk.at_flush = cut
    with pytest.raises(PowerCut):
        district.state(first)
    assert (entries(other), promised(district)) == (1, 0)
    other.seal()
    assert promised(district) == 1 and other.vector() != {}


def work(district: StoreDistrict, number: int, said: Connection) -> None:
    """What a process of the node does: four desks, each five people nobody knew."""
    district.members["Enggano"].dice = os.urandom  # type: ignore[assignment]
    journal = district.open("Enggano", thread=threading.get_ident)

    def desk(_: int) -> list[Receipt]:
        receipts = []
        for _ in range(5):
            person = os.urandom(12)
            with journal.writing(about=(person,)) as book:
                drafts = [Draft(corrected(subject=person)), Draft(stocked(number))]
                receipts.append(book.append(district.ask("Enggano", SARI), drafts))
        return receipts

    with ThreadPoolExecutor(4) as desks:
        said.send([one for found in desks.map(desk, range(4)) for one in found])


def test_it_is_one_book_for_threads_and_processes(district: StoreDistrict) -> None:
    """Three processes of four desks at once: every receipt stands, here and mirrored."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    enggano.close()
    processes = multiprocessing.get_context("fork")
    heard, said = zip(*(processes.Pipe(duplex=False) for _ in range(3)), strict=True)
    children = [
        processes.Process(target=work, args=(district, number, said[number]))
        for number in range(3)
    ]
    for child in children:
        child.start()
    receipts = [one for end in heard for one in end.recv()]
    for child in children:
        child.join(WAIT_S)
    enggano = district.open("Enggano")
    assert entries(enggano) == promised(district) == 2 * len(receipts) == 120
    for given in receipts:
        assert given.mirrored and enggano.receipt(given.op_id) == given
    assert_mirrored(enggano, folder)
    assert len(enggano.events()) >= 120 and enggano.verify().sound
