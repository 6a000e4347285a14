"""A series of kills on one copy of the town, and the quiet at its end.

A series is short, so that a book stays small and every kill meets all kinds of states: an
empty queue of cards and a full one, a hub that is far ahead and one that is far behind.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from perahu.node import trust
from perahu.node.listener import Listener
from perahu.node.road import Caller, doors_of, side_of
from perahu.node.tls import server_context
from perahu.sync.exchange import Patience
from sim.demo.processes import free_port
from sim.kills import checks
from sim.kills.checks import Lost
from sim.kills.jobs import JOBS, life
from sim.kills.ledger import Ledger
from sim.kills.town import ENGGANO, HUB, LOOPBACK, NODES, Town
from sim.kills.workers import Worker, fork

KILLS_EACH = 35
OPENING_S = 0.06
"""Within so long after its birth a worker is still opening its node."""
WITHIN_S = 0.04
"""About as long as one action takes, its blobs and its exchange."""
WHILE_OPENING = 0.2
"""The share of kills in that time."""
CALLS_MAX = 6


@dataclass(slots=True)
class Tally:
    """What a run has done so far."""

    kills: int = 0
    receipts: int = 0
    cards: int = 0
    whole: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    lost: Lost = field(default_factory=Lost)


Watch = Callable[[Tally], None]


def run_series(
    image: Town, folder: Path, seed: int, kills: int, tally: Tally, watch: Watch
) -> None:
    """Kill so many workers of one copy of the town, look each time, then bring all home."""
    town, ledger, chance = image.copy(folder), Ledger(), Random(seed)
    port = free_port()
    series = _Series(town, ledger, chance, port, tally)
    done = 0
    while done < kills:
        kind = chance.choice(sorted(JOBS))
        # Where the hub answers, an office calls it; both die, one after the other.
        kinds = [kind, "sync"] if kind == "answer" and done + 2 <= kills else [kind]
        if kind == "sync" and done + 2 <= kills:
            kinds = ["answer", "sync"]
        series.kill(kinds)
        done += len(kinds)
        watch(tally)
    bring_home(town, port, ledger, tally)
    shutil.rmtree(folder)


@dataclass(slots=True)
class _Series:
    town: Town
    ledger: Ledger
    chance: Random
    port: int
    tally: Tally

    def kill(self, kinds: list[str]) -> None:
        """Let workers of these kinds begin in turn, and kill them in any order."""
        workers = [self._begin(kind) for kind in kinds]
        self.chance.shuffle(workers)
        for kind, worker in workers:
            self._let_live(kind, worker)
            news = worker.kill_9()
            given = self.ledger.take(JOBS[kind].name, news)
            self.tally.kills += 1
            self.tally.kinds[kind] += 1
            self.tally.receipts += given
            self.tally.cards += sum(k == "card" for k, _ in news)
        for name in sorted({JOBS[kind].name for kind in kinds}):
            checks.check_node(self.town, name, self.ledger, self.tally.lost)
            checks.audit(self.town, name, self.tally.lost)

    def _begin(self, kind: str) -> tuple[str, Worker]:
        seed = self.chance.getrandbits(32)
        worker = fork(kind, life(self.town, kind, self.ledger, self.port, seed))
        if kind == "answer":
            worker.wait_for("listening")
        return kind, worker

    def _let_live(self, kind: str, worker: Worker) -> None:
        if self.chance.random() < WHILE_OPENING:
            lives_s = self.chance.uniform(0, OPENING_S)
        else:
            worker.wait_for("begun")
            # So much done first, whatever the machine's speed: then a moment within the next.
            worker.wait_for("receipt", self.chance.randint(0, JOBS[kind].receipts_max))
            lives_s = self.chance.uniform(0, WITHIN_S)
        worker.hear_until(time.monotonic() + lives_s)


def bring_home(town: Town, port: int, ledger: Ledger, tally: Tally) -> None:
    """Nobody is killed any more: all of it reaches the hub, and both books agree."""
    hub, office = town.open(HUB), town.open(ENGGANO)
    try:
        files = hub.folder / trust.FOLDER
        context = server_context(files / trust.CERTIFICATE_FILE, files / trust.KEY_FILE)
        listener = Listener(side_of(hub), doors_of(hub), context, (LOOPBACK, port))
        listener.start()
        road = f"{LOOPBACK}:{port}"
        office.settings = replace(office.settings, parent=road)
        with office.at_work():
            caller = Caller(office, Patience(attempts_max=3))
            ends = [caller.call() for _ in range(CALLS_MAX) if caller.has_news()]
        listener.stop()
        tally.lost.check(
            bool(ends) and ends[-1].is_complete, "the office did not get through"
        )
    finally:
        hub.close()
        office.close()
    checks.check_hub(town, ledger, tally.lost)
    checks.check_levels(town, ledger, tally.lost)
    for name in NODES:
        checks.check_node(town, name, ledger, tally.lost)
        checks.audit(town, name, tally.lost)
