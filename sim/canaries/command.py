"""`python -m sim --canaries`: plant each bug, and see that its harness finds it.

1. A harness is asked for a seed without any bug: it must be silent.
2. The bug is planted, and it is asked for the same seed.
3. So on with the next seed, until it says what is wrong, or 200 were tried.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sim import manners
from sim.canaries.harnesses import HARNESSES, Harnesses, harnesses
from sim.canaries.table import Canary, canaries

SEEDS_MAX = 200
_WORDS_MAX = 160


@dataclass(slots=True)
class Finding:
    """What became of one canary."""

    canary: Canary
    seeds: int
    said: str = ""
    """Empty where nothing found it."""

    @property
    def line(self) -> str:
        """For whoever reads."""
        one = self.canary
        unit = HARNESSES[one.harness].unit
        said = " ".join(self.said.split())[:_WORDS_MAX]
        said = said or f"NOT FOUND. {one.words}"
        return f"{one.name:22} {one.harness:8} {self.seeds:3} {unit}: {said}"


@dataclass(slots=True)
class Search:
    """Asks the harnesses, and remembers which seeds they are silent at without a bug."""

    harnesses: Harnesses
    seeds_max: int = SEEDS_MAX
    noise: list[str] = field(default_factory=list)
    """What a harness said although nothing was planted."""
    _silent: set[tuple[str, int]] = field(default_factory=set)

    def find(self, canary: Canary) -> Finding:
        """Seed after seed until it is found."""
        self.harnesses.ready(canary.harness)
        tried = 0
        for seed in range(1, self.seeds_max + 1):
            if not self._is_silent(canary.harness, seed):
                continue
            tried += 1
            with canary.plant():
                said = self.harnesses.ask(canary.harness, seed)
            if said is not None:
                return Finding(canary, tried, said or "it was not silent")
        return Finding(canary, tried)

    def _is_silent(self, name: str, seed: int) -> bool:
        if (name, seed) in self._silent:
            return True
        said = self.harnesses.ask(name, seed)
        if said is None:
            self._silent.add((name, seed))
            return True
        self.noise.append(f"{name}, seed {seed}, and nothing is planted: {said}")
        return False


@manners.stoppable
def main(words: Sequence[str] | None = None) -> int:
    """Plant them all; 0 where each was found and no harness cried without a reason."""
    parser = _parser()
    given = parser.parse_args(words)
    known = {one.name for one in canaries()}
    if strangers := sorted(set(given.only) - known):
        # Nothing planted and nothing found would look like a success.
        parser.error(f"no canary {strangers[0][:40]!r}; {', '.join(sorted(known))}")
    if os.environ.get("PYTHONHASHSEED") != "0":
        # A seed is the same story on every machine only where hashes are, too.
        os.environ["PYTHONHASHSEED"] = "0"
        words = sys.argv[1:] if words is None else words
        os.execv(sys.executable, [sys.executable, "-m", __spec__.name, *words])
    chosen = [one for one in canaries() if not given.only or one.name in given.only]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with (
        harnesses() as ready,
        Progress(
            *columns, console=console, disable=not console.is_terminal, transient=True
        ) as shown,
    ):
        task = shown.add_task("canaries", total=len(chosen))
        search, found = Search(ready, given.seeds), 0
        for one in chosen:
            shown.update(task, description=one.name)
            finding = search.find(one)
            found += bool(finding.said)
            print(finding.line, flush=True)
            shown.advance(task)
    for line in search.noise:
        print(f"!! {line}", file=sys.stderr)
    counts = {"planted": len(chosen), "found": found}
    print(json.dumps(counts) if given.json else f"{found} of {len(chosen)} found")
    return 0 if found == len(chosen) and not search.noise else 1


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m sim --canaries",
        description="Kesalahan yang ditanam dengan sengaja harus ditemukan. / "
        "Bugs planted on purpose must be found.",
    )
    made.add_argument("only", nargs="*", help="names; all where none is given")
    made.add_argument("--canaries", action="store_true", help=argparse.SUPPRESS)
    made.add_argument(
        "--seeds", type=manners.whole(1), default=SEEDS_MAX, help="at most so many"
    )
    made.add_argument("--json", action="store_true", help="end with one line of JSON")
    return made


if __name__ == "__main__":
    sys.exit(main())
