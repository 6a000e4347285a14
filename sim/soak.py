"""All harnesses with new seeds for as long as one likes; what they counted is kept.

    python3 run.py soak --minutes 60

adds one line to `docs/soak.csv`. What fails is told with its seed at once, and the soak
goes on: a night should find more than one thing.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path
from threading import Event, Lock

from sim import manners
from sim.parts import PARTS, Part, Result, added, run, stop

ROOT = Path(__file__).resolve().parent.parent
PAPER = ROOT / "docs" / "soak.csv"
COLUMNS = (
    "date", "commit", "minutes", "first_seed", "worlds", "node_years", "faults", "cuts",
    "kills", "mutants", "findings",
)  # fmt: skip
_LANES = 2
_HEARD_S = 5.0
_SHARE = 4
"""One run of a soak is this part of a landing's slice: its line comes every minute or so."""


@manners.stoppable
def main(words: Sequence[str]) -> int:
    """Soak, and give 1 where something was found."""
    parser = argparse.ArgumentParser(
        prog="python3 run.py soak",
        description="Every harness with new seeds for as long as one likes; adds one line to "
        "docs/soak.csv. What runs when the time is over runs to its end, which takes some "
        "minutes. Ctrl-C ends it early: what was counted until then is kept. Gives 1 where "
        "something was found, and says how to see it again.",
    )
    parser.add_argument(
        "--minutes", type=float, required=True, metavar="M", help="at most a week"
    )
    parser.add_argument(
        "--seed", type=manners.seed(), metavar="N", help="the first seed (the clock's)"
    )
    parser.add_argument(
        "--paper", type=Path, default=PAPER, metavar="FILE", help="where the line goes"
    )
    given = parser.parse_args(words)
    if not 0 < given.minutes <= 7 * 24 * 60:
        parser.error("--minutes: more than 0, at most a week")
    if why_not := _why_not(given.paper.absolute()):
        # Said now, not after an hour.
        parser.error(f"--paper: {why_not}")
    seed = int(time.time()) if given.seed is None else given.seed
    began_s = time.monotonic()
    results, is_stopped = _soak(seed, given.minutes * 60)
    findings = [one for one in results if not one.is_sound]
    print(f"{len(results)} runs, {len(findings)} with findings", end="; ")
    if results:
        _keep(given.paper, seed, (time.monotonic() - began_s) / 60, results)
        print(f"one line added to {given.paper}")
    else:
        print("no line added, for nothing was played to its end")
    for one in findings:
        print(f"!! {one.again}")
    if is_stopped:
        raise KeyboardInterrupt
    return 1 if findings else 0


def _why_not(paper: Path) -> str:
    """Why no line can be added to it; nothing where one can."""
    if not paper.parent.is_dir():
        return f"there is no folder {paper.parent}"
    if paper.is_dir():
        return f"{paper} is a folder"
    if not os.access(paper if paper.exists() else paper.parent, os.W_OK):
        return f"{paper} cannot be written"
    return ""


def _soak(first_seed: int, seconds: float) -> tuple[list[Result], bool]:
    """Two lanes take the next part in turn until the time is over, or somebody stops it.

    What was in the middle then is no result; the rest is. True where it was stopped.
    """
    stopped = Event()
    ends_s, results, lock = time.monotonic() + seconds, list[Result](), Lock()
    numbers, parts = count(), cycle(PARTS)

    def lane() -> None:
        while time.monotonic() < ends_s and not stopped.is_set():
            with lock:
                part, number = next(parts), next(numbers)
            result = run(part, first_seed + number * 10_000, part.size // _SHARE)
            # Ctrl-C reaches the part before us: what it broke off is no result.
            was_ended = result.code in manners.ENDED and stopped.wait(_HEARD_S)
            if was_ended or stopped.is_set():
                return
            with lock:
                results.append(result)
            _tell(part, result, ends_s - time.monotonic())

    with ThreadPoolExecutor(_LANES) as lanes:
        try:
            for one in [lanes.submit(lane) for _ in range(_LANES)]:
                one.result()
        except KeyboardInterrupt:
            stopped.set()
            stop()
    return results, stopped.is_set()


def _tell(part: Part, result: Result, left_s: float) -> None:
    left = f"{max(0.0, left_s) / 60:.0f} min left"
    print(f"== {part.name}: {dict(result.counts)}; {left}", file=sys.stderr)
    if not result.is_sound:
        print(f"!! {result.again}", file=sys.stderr)


def _keep(paper: Path, seed: int, minutes: float, results: list[Result]) -> None:
    """Add the line; the heading where the paper is new."""
    sums: dict[str, object] = {}
    for part in PARTS:
        found = added([one for one in results if one.part is part])
        sums |= {name: found[name] for name in COLUMNS if name in found}
    sums |= {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "minutes": round(minutes),
        "first_seed": seed,
        "findings": sum(not one.is_sound for one in results),
    }
    is_new = not paper.exists()
    with paper.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(COLUMNS)
        writer.writerow([sums.get(name, 0) for name in COLUMNS])


def _commit() -> str:
    words = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
