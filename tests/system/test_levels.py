"""tercatat → diterima → aman, through three real processes; a fact waits for its blobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from perahu.enrolment import actions, reads
from perahu.journal.types import Level
from perahu.node.office import Office
from tests.system.desks import record
from tests.system.processes import NodeProcess, free_port
from tests.system.world import ENGGANO, HUB, LOOPBACK, PROVINSI, World

PATIENCE_S = 60.0


@dataclass
class Processes:
    """The nodes that run as processes now."""

    world: World
    running: dict[str, NodeProcess] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a node."""
        self.running[name] = NodeProcess(self.world.place(name)).wait_ready()

    def until(self, is_so: Callable[[], bool]) -> None:
        """Poke everybody until something is so."""
        end_s = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < end_s, "nothing moves any more"
            for node in self.running.values():
                node.poke()
            time.sleep(0.3)


@pytest.fixture
def processes(world: World) -> Iterator[Processes]:
    """Addresses that stay, and no process left behind."""
    hub, provinsi = free_port(), free_port()
    world.change(PROVINSI, listen=f"{LOOPBACK}:{provinsi}")
    world.change(HUB, listen=f"{LOOPBACK}:{hub}", parent=f"{LOOPBACK}:{provinsi}")
    world.change(ENGGANO, parent=f"{LOOPBACK}:{hub}")
    made = Processes(world)
    yield made
    for node in made.running.values():
        node.end()


def _level(office: Office, recording: bytes) -> Level:
    with office.at_work():
        return actions.level_of(office.journal, recording)


def test_it_works(processes: Processes) -> None:
    """A recording rises with its last blob, to the hub and then to the second site."""
    world = processes.world
    office = world.open(ENGGANO)
    recorded = record(office, ENGGANO, world.residents()[0])
    recording = recorded.recording
    assert _level(office, recording) is Level.RECORDED
    processes.start(HUB)
    processes.start(ENGGANO)
    processes.until(lambda: _level(office, recording) is Level.RECEIVED)
    time.sleep(0.5)
    assert _level(office, recording) is Level.RECEIVED, "the provinsi is away"
    processes.start(PROVINSI)
    processes.until(lambda: _level(office, recording) is Level.SAFE)
    assert [node.stop() for node in processes.running.values()] == [0, 0, 0]
    with office.at_work():
        blobs = reads.blobs_of(recording)
        entries = reads.entries_of(recording)
    assert len(blobs) > 14
    for name in (HUB, PROVINSI):
        with world.open(name) as site:
            assert all(site.journal.blobs.has(sha) for sha in blobs)
            for journal, seq in entries:
                here = site.journal.hash_at(journal, seq)
                assert here == office.journal.hash_at(journal, seq)
            assert site.journal.verify().sound


def test_it_stays_lower_without_its_blob(processes: Processes) -> None:
    """An entry whose blob cannot be sent stays tercatat; the others go on, and so does it."""
    world = processes.world
    office = world.open(ENGGANO)
    recording = record(office, ENGGANO, world.residents()[0]).recording
    with office.at_work():
        state = reads.recording(recording)
    assert state is not None
    sha = state.part("left_thumb").blob
    (file,) = (office.folder / "blobs").rglob(f"{sha.hex()}*")
    cipher = file.read_bytes()
    file.unlink()
    processes.start(HUB)
    processes.start(ENGGANO)
    own = [row.id for row in office.journal.journals() if row.own and row.lane == 1]
    (place,) = (
        (journal, seq)
        for journal in own
        for seq, cited in office.journal.blobs_cited(journal, 0)
        if cited == sha
    )

    def levels() -> list[Level]:
        head = office.journal.journal(place[0])
        assert head is not None
        seqs = range(1, head.head_seq + 1)
        return [office.journal.level_of(place[0], n) for n in seqs if n != place[1]]

    processes.until(lambda: set(levels()) == {Level.RECEIVED})
    assert office.journal.level_of(*place) is Level.RECORDED
    assert _level(office, recording) is Level.RECORDED
    file.write_bytes(cipher)
    processes.until(lambda: _level(office, recording) is Level.RECEIVED)
