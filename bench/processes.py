"""A district of real processes, and what the operating system says of their memory.

PSS counts a page that several processes share in equal parts, so it depends on what else
runs; RSS counts it whole and is an upper bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.demo.acts import Story
from sim.demo.district import ENGGANO, HUB, OPERATORS, District, finish
from sim.demo.plan import ENGGANO as ENGGANO_CODE
from sim.demo.plan import Plan
from sim.demo.processes import Process, ask, tell
from sim.demo.screen import Screen
from sim.people import write_csv

SETTLE_S = 4.0
"""How long a node is left alone before its memory is read: two turns of every loop."""
WAIT_S_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in MB."""

    pss: float
    rss: float


def memory_of(pid: int) -> Memory:
    """The memory of a process now. Raises OSError where it has ended."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0]) / 1024
    return Memory(found["Pss"], found["Rss"])


@dataclass(frozen=True, slots=True)
class World:
    """The district, and what a bench does with it."""

    plan: Plan
    district: District
    story: Story

    def settled(self, name: str) -> Memory:
        """A serving node's memory when nothing is to be done."""
        time.sleep(SETTLE_S)
        return memory_of(self._process(name).pid)

    def start_s(self, name: str) -> float:
        """Start a node; the seconds until it says it is ready."""
        began = time.monotonic()
        self.district.serve(name)
        return time.monotonic() - began

    def stop(self, name: str) -> None:
        """End a node's process and let its addresses go."""
        self._process(name).stop()

    def _process(self, name: str) -> Process:
        process = self.district.desks[name].process
        assert process is not None, f"{name} does not serve"
        return process

    def link(self, *commands: str) -> dict[str, Any]:
        """Tell the link between Enggano and the hub; gives its counts after the last."""
        return [tell(self.district.link_control, command) for command in commands][-1]

    def import_residents(self) -> None:
        """The hub takes in the residents, and Enggano gets them over an open link."""
        path = self.plan.folder / "siak.csv"
        seed = self.plan.seed_of(ENGGANO_CODE)
        write_csv(path, kecamatan=ENGGANO_CODE, count=self.plan.people, seed=seed)
        officer = OPERATORS[HUB][0]
        self.district.run(HUB, "import", str(path), "--officer", officer, "--json")
        self.link("open")
        self.story.poke(ENGGANO)
        self.wait(lambda: self.status(ENGGANO)["tables"] > self.plan.people)

    def status(self, name: str) -> dict[str, Any]:
        """What a node's status page says."""
        found: dict[str, Any] = ask(self.district.desks[name].status_url)
        return found

    def wait(self, met: Callable[[], bool]) -> None:
        """Wait until something is so. Raises TimeoutError."""
        end = time.monotonic() + WAIT_S_MAX
        while not met():
            if time.monotonic() > end:
                raise TimeoutError("what the bench waited for did not come")
            time.sleep(0.1)

    def record(self, people: int) -> Memory:
        """A session at one desk of Enggano; the most its process held."""
        self.district.run(ENGGANO, "pin", "--login", OPERATORS[ENGGANO][0])
        niks = self.plan.to_record()[:people]
        process = self.story.start_recording(ENGGANO, niks)
        seen = []
        for _ in process.events():
            with suppress(OSError):  # it may have ended with its last word
                seen.append(memory_of(process.pid))
        finish(process, ("record",))
        return max(seen, key=lambda memory: memory.pss)


@contextmanager
def founded(residents: int, seed: int) -> Iterator[World]:
    """A district founded as the demo founds it, its link cut, nobody serving yet."""
    with TemporaryDirectory(prefix="perahu-bench-") as place, ExitStack() as stack:
        plan = Plan(folder=Path(place), seed=seed, people=residents)
        district = District(plan)
        stack.callback(district.close)
        district.found()
        district.start_world()
        yield World(plan, district, Story(plan, district, Screen(quiet_stdout=True)))
