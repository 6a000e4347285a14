"""Whole nodes, started cold as an office starts them, killed at work and started again.

Both nodes run: pages, listener, loops, the road between them. A clerk sits at the browser of
the one that is going to die; what a page said to her must be there afterwards.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sim.demo.processes import free_port, get
from sim.kills import checks
from sim.kills.browser import Clerk
from sim.kills.ledger import Ledger
from sim.kills.series import Tally, Watch, bring_home
from sim.kills.town import ENGGANO, HUB, LOOPBACK, NODES, OPERATORS, PHRASE, Town

SAVES_MAX, LIVES_S = 4, 0.15
"""A node dies after so many saves and so long, at random; whatever the machine's speed."""
PATIENCE_S = 20.0
WHILE_STARTING = 0.15
STARTING_S = 1.3
OFTEN_AT_ENGGANO = 0.7
_NOTHING_YET: dict[str, Any] = {}


def run_whole(
    image: Town, folder: Path, seed: int, kills: int, tally: Tally, watch: Watch
) -> None:
    """Kill so many whole nodes of one copy of the town; each stands up again."""
    if not kills:
        return
    town, chance, port = image.copy(folder), Random(seed), free_port()
    road = f"{LOOPBACK}:{port}"
    town.change(HUB, listen=road, address=road)
    town.change(ENGGANO, parent=road)
    street = _Street(town, tally)
    try:
        for name in NODES:
            street.start(name)
        for _ in range(kills):
            street.kill(_victim(chance), chance)
            watch(tally)
        street.stand_up()
    finally:
        street.end()
    for name in NODES:
        checks.check_node(town, name, street.ledger, tally.lost)
    bring_home(town, port, street.ledger, tally)
    shutil.rmtree(folder)


def _victim(chance: Random) -> str:
    return ENGGANO if chance.random() < OFTEN_AT_ENGGANO else HUB


@dataclass(slots=True)
class _Street:
    """Both nodes' processes, and what their pages have said."""

    town: Town
    tally: Tally
    ledger: Ledger = field(default_factory=Ledger)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    serials: itertools.count[int] = field(default_factory=itertools.count)

    def start(self, name: str) -> None:
        """A cold start: a new interpreter, the real command."""
        place = self.town.place(name)
        with place.with_name(f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "perahu", "--dir", str(place), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | {"PERAHU_PASSPHRASE": PHRASE},
            )

    def ready(self, name: str) -> dict[str, Any]:
        """Wait until a node says that it is ready; what it said."""
        stdout = self.running[name].stdout
        assert stdout is not None
        line = stdout.readline()
        log = self.town.place(name).with_name(f"{name}.log")
        if not line:
            said = log.read_text(errors="replace")[-600:]
            self.tally.lost.check(False, f"{name} did not start again: {said}")
            return _NOTHING_YET
        found: dict[str, Any] = json.loads(line)
        return found

    def kill(self, name: str, chance: Random) -> None:
        """Kill a node while a clerk works at it, or while it starts; start it again."""
        clerk = None
        if chance.random() < WHILE_STARTING:
            time.sleep(chance.uniform(0, STARTING_S))
        elif said := self.ready(name):
            port = int(said["page"].rstrip("/").rpartition(":")[2])
            clerk = Clerk(port, OPERATORS[name], lambda: next(self.serials))
            clerk.begin()
            clerk.wait_for(chance.randint(0, SAVES_MAX), PATIENCE_S)
            time.sleep(chance.uniform(0, LIVES_S))
        child = self.running.pop(name)
        child.kill()
        child.communicate(timeout=60)
        self.tally.whole += 1
        if clerk is not None:
            clerk.end()
            for words in clerk.trouble:
                self.tally.lost.check(False, f"{name}: {words}")
            self._look_for(name, clerk.saved)
        else:
            checks.check_node(self.town, name, self.ledger, self.tally.lost)
        self.start(name)

    def _look_for(self, name: str, saved: list[bytes]) -> None:
        """What her pages said was recorded has a receipt in the book."""
        lost = self.tally.lost
        with checks.opened(self.town, name) as office:
            for op_id in saved:
                found = office.journal.receipt(op_id)
                if found is None:
                    lost.receipts += 1
                    lost.found.append(f"{name}: a page said {op_id.hex()} was recorded")
                    continue
                told = {
                    "number": None,
                    "journal": found.journal,
                    "seq": found.seq,
                    "h": found.h,
                    "op": op_id,
                    "mirrored": found.mirrored,
                }
                self.tally.receipts += self.ledger.take(name, [("receipt", told)])
        checks.check_node(self.town, name, self.ledger, lost)

    def stand_up(self) -> None:
        """After the last kill both nodes say that they are well."""
        for name in NODES:
            said = self.ready(name)
            page = int(said["page"].rstrip("/").rpartition(":")[2]) if said else 0
            shown = json.loads(get(page, "/status.json")) if page else _NOTHING_YET
            self.tally.lost.check(
                bool(shown), f"{name}: no status after the last cold start"
            )

    def end(self) -> None:
        """Whatever runs is gone after this."""
        for child in self.running.values():
            child.kill()
            child.communicate(timeout=60)
