"""kill -9 at any moment: what gave a receipt is never missing, and never there twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import Event
from tests.system.at_work import op_id, person_of
from tests.system.processes import Desk, NodeProcess, free_port
from tests.system.world import ENGGANO, HUB, World, call

DESKS, SERVES, HUBS = 32, 10, 8
"""How often each is killed: fifty times in all."""
PERIOD_S = 0.4


class District:
    """The hub's process, a desk at Enggano, and what is running now."""

    def __init__(self, world: World, mirror: Path) -> None:
        self.world, self.port = world, free_port()
        mirror.mkdir()
        world.change(HUB, listen=f"127.0.0.1:{self.port}", parent="", parent_node="")
        road = f"127.0.0.1:{self.port}"
        world.change(ENGGANO, parent=road, mirror=str(mirror))
        self.desk = Desk(world.folder, self.port)
        self.nodes: list[NodeProcess] = []

    def serve(self, name: str) -> NodeProcess:
        """Start a node's process."""
        node = NodeProcess(self.world.place(name))
        self.nodes.append(node)
        return node.wait_ready()

    def end(self) -> None:
        """Kill whatever is left."""
        self.desk.end()
        for node in self.nodes:
            node.end()


@pytest.fixture
def district(world: World, tmp_path: Path) -> Iterator[District]:
    """A district whose processes are gone after the test."""
    made = District(world, tmp_path / "mirror")
    yield made
    made.end()


def test_it_works(district: District) -> None:
    """Fifty kills of desks, nodes and hub under load: every receipt stands at both."""
    chance, desk = Random(9), district.desk
    hub = district.serve(HUB)
    _kill_desks(district, chance, DESKS - HUBS)
    _kill_nodes(district, chance)
    for _ in range(HUBS):
        desk.begin("sync")
        desk.hear(1)
        time.sleep(chance.uniform(0, PERIOD_S))
        hub.kill_9()
        hub = district.serve(HUB)
        time.sleep(chance.uniform(0, PERIOD_S))
        desk.kill_9()
    assert desk.said == []
    assert len(desk.receipts) >= 2 * DESKS, "it was under load"
    assert all(one["mirrored"] for one in desk.receipts)
    office = district.world.open(ENGGANO)
    for _ in range(2):
        assert call(office, district.port, attempts=5).is_complete
    assert hub.stop() == 0
    _check(office.journal, desk.receipts)
    with district.world.open(HUB) as at_hub:
        _check(at_hub.journal, desk.receipts)
        assert not at_hub.journal.blobs.missing()
        for one in desk.receipts:
            journal, seq = bytes.fromhex(one["journal"]), one["seq"]
            assert office.journal.level_of(journal, seq) >= 1


def _kill_desks(district: District, chance: Random, count: int) -> None:
    """Desk and road in one process die together, also while they open the book."""
    for number in range(count):
        district.desk.begin("sync")
        if number % 4:
            district.desk.hear(1)
        time.sleep(chance.uniform(0, PERIOD_S))
        district.desk.kill_9()


def _kill_nodes(district: District, chance: Random) -> None:
    """The node's process dies while it exchanges, and a desk of the same book goes on."""
    district.desk.begin()
    for _ in range(SERVES):
        node = district.serve(ENGGANO)
        node.poke()
        time.sleep(chance.uniform(0, PERIOD_S))
        node.kill_9()
        district.desk.hear(1)
    district.desk.kill_9()


def _check(journal: Journal, receipts: list[dict[str, Any]]) -> None:
    """Every receipt in this book, each operation once and as it was meant; all sound."""
    for one in receipts:
        h = journal.hash_at(bytes.fromhex(one["journal"]), one["seq"])
        assert h == bytes.fromhex(one["h"])
    numbers = {op_id(n): n for n in range(len(receipts) + 1)}
    events = [event for event in _all(journal) if event.op_id in numbers]
    times = Counter(event.op_id for event in events)
    assert set(times.values()) == {1}
    assert {op_id(one["op"]) for one in receipts} <= set(times)
    for event in events:
        fact: Any = event.fact
        assert fact.person == person_of(numbers[event.op_id])
    report = journal.verify()
    assert report.sound, [words.en for words in report.faults]
    assert not journal.parked()


def _all(journal: Journal) -> list[Event]:
    found = journal.events(0, 100_000)
    assert len(found) < 100_000
    return found
