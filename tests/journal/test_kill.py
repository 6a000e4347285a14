"""kill -9 of a writing process, fifty times: no receipt that was given is ever missing."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

from perahu.journal.beside.mirror import Mirror
from perahu.journal.journal import Journal
from perahu.journal.types import PART, Draft, Receipt
from perahu.node.disk import RealDisk
from tests.cast import SARI, corrected, stocked, with_hub
from tests.journal.stores import StoreDistrict, with_mirror

KILLS = 50
RUNS_S = (0.0, 0.15)
"""How long a child writes before it dies, at random between the two."""


def write_without_pause(district: StoreDistrict, said: Connection) -> None:
    """What the child does: facts of two lanes, new people, batches, blobs, seals.

    It says a receipt after the journal returned it, never before.
    """
    district.members["Enggano"].dice = os.urandom  # type: ignore[assignment]
    journal = district.open("Enggano")
    said.send(None)
    while True:
        person = os.urandom(12)
        ref = journal.blobs.put(os.urandom(5_000), PART)
        with journal.writing() as book:
            drafts = [Draft(corrected(subject=person), (ref,)), Draft(stocked(1))]
            drafts += [Draft(corrected())] * (person[0] % 4)
            said.send(book.append(district.ask("Enggano", SARI), drafts))
        if person[1] % 8 == 0:
            journal.seal()


def killed(district: StoreDistrict, chance: random.Random) -> list[Receipt]:
    """Start a writing process, kill it at a random moment, and give what it had said."""
    processes = multiprocessing.get_context("fork")
    heard, said = processes.Pipe(duplex=False)
    child = processes.Process(target=write_without_pause, args=(district, said))
    child.start()
    said.close()
    assert child.pid is not None and heard.recv() is None
    time.sleep(chance.uniform(*RUNS_S))
    os.kill(child.pid, signal.SIGKILL)
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    receipts = []
    while True:
        try:
            receipts.append(heard.recv())
        except EOFError:
            return receipts


def test_it_works(district: StoreDistrict) -> None:
    """Every receipt given is in the book; the book, the mirror and the epoch are whole."""
    mirror = with_mirror(district)
    _, enggano = with_hub(district)
    enggano.close()
    chance, receipts = random.Random(50), []
    for number in range(KILLS):
        receipts += killed(district, chance)
        if number % 10 == 9:
            enggano = district.open("Enggano")
            assert_all_there(enggano, receipts)
            assert_mirrored(enggano, mirror)
            enggano.close()
    assert len(receipts) > KILLS, "the children did write"


def assert_all_there(enggano: Journal, receipts: list[Receipt]) -> None:
    """Each receipt's entry has the hash that was given, and nothing is unsound."""
    for given in receipts:
        assert given.mirrored
        assert enggano.receipt(given.op_id) == given
        assert enggano.hash_at(given.journal, given.seq) == given.h
    report = enggano.verify()
    assert report.sound, report.faults
    assert (enggano.epoch, enggano.halts(), report.parked) == (1, [], 0)


def assert_mirrored(enggano: Journal, folder: Path) -> None:
    """The second medium has exactly the node's own entries."""
    read = Mirror(folder, RealDisk()).read(enggano.node_id, 1)
    rows = [row for row in enggano.journals() if row.own]
    assert {(m.journal, m.seq, m.h) for m in read} == {
        (row.id, seq, enggano.hash_at(row.id, seq))
        for row in rows
        for seq in range(1, row.head_seq + 1)
    }
