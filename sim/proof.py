"""The slice of the proof that every change passes before it lands.

    python3 run.py proof            all harnesses at the size of the bounds below
    python3 run.py proof --json     the counts as one line

The seeds come from the commit: every landing looks where no one before it did, and what
fails, fails again.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

from sim import manners
from sim.parts import CANARIES, PARTS, Part, Result, added, run, stop

LEAST = {
    "worlds": {
        "worlds": 1_000, "node_years": 10, "faults": 200_000, "kinds": 30,
        "receipts": 5_000, "gaps": 50, "books": 1_500,
    },
    "power": {"cuts": 20_000, "actions": 10, "audited": 20_000},
    "kills": {"kills": 300, "whole": 20, "books": 250},
    "mutants": {"mutants": 50_000},
    "canaries": {"planted": 20},
}  # fmt: skip
"""Less than this is no proof, whatever was not lost: a check that never ran finds nothing."""
_LANES = 3
"""Two cores, and the kills wait for half of their time."""
_SEED_SPAN = 1_000_000


@manners.stoppable
def main(words: Sequence[str]) -> int:
    """Run all, say what they counted, and give 1 where something is not as it must be."""
    parser = argparse.ArgumentParser(
        prog="python3 run.py proof",
        description="Nothing lost: the slice of every harness that each change passes.",
    )
    parser.add_argument("--json", action="store_true", help="the counts as one line")
    parser.add_argument(
        "--seed", type=manners.seed(), metavar="N", help="instead of the commit's own"
    )
    given = parser.parse_args(words)
    seed = _seed_of_commit() if given.seed is None else given.seed
    counts, wrong = prove(seed)
    for one in wrong:
        print(f"!! {one}", file=sys.stderr)
    print(json.dumps({"seed": seed, **counts}) if given.json else _table(seed, counts))
    cpu_s = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    print(f"{cpu_s:.0f} s of CPU, {cpu_s / 120:.1f} min of two cores", file=sys.stderr)
    return 1 if wrong else 0


def prove(seed: int) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The counts by part, and what is wrong with them."""
    jobs = [
        (part, seed + number * _SEED_SPAN, part.size // part.runs)
        for part in (*PARTS, CANARIES)
        for number in range(part.runs)
    ]
    with ThreadPoolExecutor(_LANES) as lanes:
        try:
            results = list(lanes.map(_told, jobs))
        except KeyboardInterrupt:
            stop()
            raise
    counts, wrong = {}, []
    for part in (*PARTS, CANARIES):
        mine = [one for one in results if one.part is part]
        counts[part.name] = found = added(mine)
        wrong += [one.again for one in mine if not one.is_sound]
        wrong += [
            f"{part.name}: only {found.get(name, 0)} {name}, {least} are wanted"
            for name, least in LEAST[part.name].items()
            if found.get(name, 0) < least
        ]
    canaries = counts[CANARIES.name]
    if canaries.get("found") != canaries.get("planted"):
        wrong.append(
            "canaries: a planted bug was not found; the harness is blind there"
        )
    return counts, wrong


def _told(job: tuple[Part, int, int]) -> Result:
    began_s = monotonic()
    result = run(*job)
    took = f"{monotonic() - began_s:.0f} s"
    if result.code not in manners.ENDED:
        print(f"== {result.part.name}: {dict(result.counts)} ({took})", file=sys.stderr)
    return result


def _seed_of_commit() -> int:
    """Of the commit's name; 1 where there is no git."""
    root = Path(__file__).resolve().parent.parent
    words = ["git", "-C", str(root), "rev-parse", "--short=8", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return int(done.stdout.strip() or "1", 16) if done.returncode == 0 else 1


def _table(seed: int, counts: dict[str, dict[str, Any]]) -> str:
    lines = [f"seed {seed}"]
    for part, found in counts.items():
        said = ", ".join(f"{name} {value:,}" for name, value in found.items())
        lines.append(f"{part:9} {said}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
