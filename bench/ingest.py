"""Ingest and rebuild at one size: each step in a process of its own, for its memory.

Half of the entries are residents (the heavy rows: a dozen index entries each), stated by
the hub for Enggano; half are whole recordings of those residents, 18 facts each, stated by
Enggano. The hub takes the recordings in, Enggano takes the residents in (an office's first
load); then the hub's tables, of all of them, are made anew.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import workload
from bench.district import district_in, state, tables_of, tables_path
from perahu.people.facts import ResidentImported
from tests.cast import RATNA, SARI, carry, with_hub

FACTS_OF_A_RECORDING = 18


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step took."""

    entries: int
    seconds: float
    cpu_s: float
    grown_mb: float
    """By how much the most memory the process held grew in the step."""

    @property
    def per_s(self) -> float:
        """Entries a second."""
        return self.entries / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor time an entry: what stays the same on a busy machine."""
        return self.cpu_s / self.entries * 1e6


@dataclass(frozen=True, slots=True)
class Costs:
    """All steps at one size."""

    hub: Cost
    office: Cost
    rebuild: Cost


def measure(entries: int, seed: int) -> Costs:
    """Make a book of so many entries and go through every step."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "district"
        _alone(_state, folder, entries, seed)
        return Costs(
            hub=_alone(_take_in, folder, "Enggano", "Hub"),
            office=_alone(_take_in, folder, "Hub", "Enggano"),
            rebuild=_alone(_rebuild, folder),
        )


def _alone(step: Callable[..., Any], *arguments: Any) -> Any:
    """Run one step in a fresh process: what it holds is its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(step, arguments)


def _state(folder: Path, entries: int, seed: int) -> None:
    with district_in(folder) as district:
        hub, office = with_hub(district)
        residents = list(workload.imported(entries // 2, seed, office.node_id))
        persons = [
            draft.fact.person
            for draft in residents
            if isinstance(draft.fact, ResidentImported)
        ]
        state(district, hub, residents, step=500, by=RATNA)
        count = entries // 2 // FACTS_OF_A_RECORDING + 1
        recorded = workload.recordings(count, seed, parts=True, known=persons)
        facts = list(islice(recorded, entries // 2))
        state(district, office, facts, step=90, by=SARI)
        hub.seal()
        office.seal()


def _take_in(folder: Path, giver: str, taker: str) -> Cost:
    """Verify, store and project all that one node has for the other."""
    with district_in(folder) as district, tables_of(district, taker) as tables:
        source, target = district.open(giver), district.open(taker, tables=tables)
        wanted = (b"", target.node_id) if taker != "Hub" else (b"",)
        before = tables.position()
        return _measured(
            lambda: carry(source, target, audience=lambda a: a in wanted),
            lambda: tables.position() - before,
        )


def _rebuild(folder: Path) -> Cost:
    """Make the hub's tables anew from its book."""
    tables_path(folder, "Hub").unlink()
    with district_in(folder) as district, tables_of(district, "Hub") as tables:
        return _measured(lambda: district.open("Hub", tables=tables), tables.position)


def _measured(step: Callable[[], object], entries: Callable[[], int]) -> Cost:
    peak, began, cpu = _peak_mb(), time.perf_counter(), time.process_time()
    step()
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    return Cost(entries(), seconds, spent, _peak_mb() - peak)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
