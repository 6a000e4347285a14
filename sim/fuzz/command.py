"""The command: three kinds of mutants, each in a process of its own.

A library in C that takes its process with it is a finding like any other: the parent is
still there to say so.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import Progress

from sim import manners
from sim.fuzz import courier, road
from sim.fuzz.all_parsers import LAST, LAST_OF, ParserMutants
from sim.fuzz.courier import CourierMutants
from sim.fuzz.road import RoadMutants
from sim.fuzz.watch import Watch, heed_hangs

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Books and sticks lie here: each flush is asked for, nobody waits for a disk."""
_FILES_SHARE = 0.12
"""Of the mutants: a file costs ten times what a frame does."""
_SHOWN_MAX = 20
_STDERR = 2


class Mutants(Protocol):
    """What each part can do."""

    def run(self, count: int, told: Callable[[int], None]) -> None:
        """Make so many mutants and look at each."""


@dataclass(frozen=True, slots=True)
class Job:
    """One part of a run."""

    name: str
    count: int
    make: Callable[[Path, int, Watch], Mutants]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run found."""

    watch: Watch
    parsers: int

    @property
    def mutants(self) -> int:
        """Damaged courier files and frames."""
        return sum(self.watch.tries[name] for name in (courier.TARGET, road.TARGET))

    @property
    def is_sound(self) -> bool:
        """Nothing happened that never may."""
        return not self.watch.findings

    def as_json(self) -> str:
        """One line."""
        kinds = {"accepted": "accepted", "crashes": "crash", "slow": "slow"}
        counts = {name: self.watch.count(kind) for name, kind in kinds.items()}
        return json.dumps({"mutants": self.mutants, "parsers": self.parsers, **counts})


def fuzz(
    mutants: int, seed: int, keep: Path | None, told: Callable[[str, int], None]
) -> Counts:
    """Damage so many files and frames, and feed every parser besides."""
    files = round(mutants * _FILES_SHARE)
    jobs = (
        Job("files", files, CourierMutants),
        Job("frames", mutants - files, RoadMutants),
        Job("parsers", mutants, ParserMutants),
    )
    watch = Watch()
    for job in jobs:
        watch.add(_apart(job, seed, keep, lambda n, name=job.name: told(name, n)))  # type: ignore[misc]
    parsers = len(watch.tries) - len({courier.TARGET, road.TARGET} & watch.tries.keys())
    return Counts(watch, parsers)


def _apart(
    job: Job, seed: int, keep: Path | None, told: Callable[[int], None]
) -> Watch:
    """One part in a process of its own."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="perahu-fuzz-", dir=IN_MEMORY) as folder:
        place = Path(folder)
        given = (job, seed, keep, place, theirs)
        process = context.Process(target=_work, args=given)
        process.start()
        theirs.close()
        found: Watch | None = None
        try:
            while found is None:
                said = ours.recv()
                if isinstance(said, Watch):
                    found = said
                else:
                    told(said)
        except EOFError:
            pass
        except KeyboardInterrupt:
            process.terminate()
            process.join()
            raise
        process.join()
        if found is None:
            found = _fallen(job, place, process.exitcode, keep)
    return found


def _work(
    job: Job, seed: int, keep: Path | None, folder: Path, pipe: Connection
) -> None:
    manners.die_at_once()
    heed_hangs()
    # What libraries in C print about every broken picture is of no use to anybody.
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STDERR)
    watch = Watch(keep)
    job.make(folder, seed, watch).run(job.count, pipe.send)
    pipe.send(watch)


def _fallen(job: Job, folder: Path, code: int | None, keep: Path | None) -> Watch:
    """A process that did not come back: what it was fed last stands in a file."""
    last, target = folder / LAST, job.name
    content = last.read_bytes() if last.exists() else b""
    if last.exists():
        target = (folder / LAST_OF).read_text()
    watch = Watch(keep)
    watch.find("crash", target, content, f"its process ended with {code}")
    return watch


@manners.stoppable
def main(words: Sequence[str]) -> int:
    """Run, say what was found; 1 where something was."""
    parser = argparse.ArgumentParser(
        prog="python -m sim.fuzz",
        description="Berkas kurir dan bingkai yang dirusak, dan setiap pembaca byte dari luar. "
        "/ Damaged courier files and frames, and every reader of bytes from outside.",
    )
    parser.add_argument(
        "--mutants", type=manners.whole(1), default=5_000, metavar="N",
        help="damaged files and frames (5000); as many tries for the readers",
    )  # fmt: skip
    parser.add_argument("--seed", type=manners.seed(), default=1, metavar="N")
    parser.add_argument("--keep", type=Path, help="a folder for the bytes that fail")
    parser.add_argument("--json", action="store_true", help="the counts as one line")
    given = parser.parse_args(words)
    if given.keep is not None:
        try:
            given.keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            parser.error(f"--keep: {given.keep}: {error.strerror}")
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        tasks = {
            name: bar.add_task(name, total=total)
            for name, total in _totals(given.mutants).items()
        }
        counts = fuzz(
            given.mutants,
            given.seed,
            given.keep,
            lambda name, n: bar.advance(tasks[name], n),
        )
    for one in counts.watch.findings[:_SHOWN_MAX]:
        console.print(f"!! {one.kind}: {one.target} {one.name}", markup=False)
        console.print(one.words, markup=False)
    if not given.json:
        for name, tries in sorted(counts.watch.tries.items()):
            console.print(f"{name:26}{tries:8}", markup=False)
        console.print(f"slowest {counts.watch.slowest_s:.2f} s")
    print(counts.as_json())
    return 0 if counts.is_sound else 1


def _totals(mutants: int) -> dict[str, int]:
    files = round(mutants * _FILES_SHARE)
    return {"files": files, "frames": mutants - files, "parsers": mutants}
