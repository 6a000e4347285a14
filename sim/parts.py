"""The harnesses of the proof, each a program of its own: how it is called, what it counts.

Every part ends with one line of JSON. `sim.proof` runs a slice of each before a change
lands, `sim.soak` as much as there is time for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_LAST_LINES = 15
_ENDING_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One harness."""

    name: str
    words: Callable[[int, int], list[str]]
    """Of a seed and a size: what follows `python -m`."""
    size: int
    """How much of it one run before landing does; a soak does it again and again."""
    runs: int = 1
    """Into how many runs that is split, so that two cores share it."""
    never: tuple[str, ...]
    """Counts that are zero, or the proof has failed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run of a part said."""

    part: Part
    seed: int
    size: int
    counts: Mapping[str, Any]
    """Empty where it ended without its line."""
    code: int
    tail: str
    """Its last words, for who has to look."""

    @property
    def again(self) -> str:
        """How it is run once more, and its last words."""
        words = " ".join(self.part.words(self.seed, self.size))
        return f"{self.part.name}: again by `python -m {words}`\n{self.tail}"

    @property
    def is_sound(self) -> bool:
        """It ended well, and nothing happened that never may."""
        return (
            self.code == 0
            and bool(self.counts)
            and not any(self.counts.get(name) != 0 for name in self.part.never)
        )


PARTS = (
    Part(
        name="worlds",
        words=lambda seed, size: [
            "sim", "--worlds", str(size), "--from", str(seed), "--json",
        ],
        size=1_000,
        runs=4,
        never=("lost", "violations"),
    ),
    Part(
        name="power",
        words=lambda seed, size: [
            "sim.power", "--cuts", str(size), "--seed", str(seed), "--json",
        ],
        size=20_000,
        never=("lost", "corrupt"),
    ),
    Part(
        name="kills",
        words=lambda seed, size: [
            "sim.kills", "--kills", str(size), "--whole", str(max(1, size // 14)),
            "--seed", str(seed), "--json",
        ],
        size=280,
        never=("lost",),
    ),
    Part(
        name="mutants",
        words=lambda seed, size: [
            "sim.fuzz", "--mutants", str(size), "--seed", str(seed), "--json",
        ],
        size=50_000,
        runs=2,
        never=("accepted", "crashes", "slow"),
    ),
)  # fmt: skip

CANARIES = Part(
    name="canaries",
    words=lambda seed, size: ["sim", "--canaries", "--json"],
    size=1,
    never=(),
)
"""Planted bugs: here it is the finding that counts."""


def run(part: Part, seed: int, size: int) -> Result:
    """Run one part to its end; its progress goes to stderr."""
    words = [sys.executable, "-m", *part.words(seed, size)]
    env = os.environ | {"PYTHONHASHSEED": "0"}
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) as child:
        _RUNNING.append(child)
        try:
            said, _ = child.communicate()
        finally:
            _RUNNING.remove(child)
    lines = said.rstrip().splitlines()
    return Result(
        part=part,
        seed=seed,
        size=size,
        counts=_counts(lines[-1] if lines else ""),
        code=child.returncode,
        tail="\n".join(lines[-_LAST_LINES:]),
    )


def stop() -> None:
    """End whatever part is running; each clears its own folders away.

    What a library in C was calling may swallow the first word; the last one is obeyed.
    """
    for end in (_terminate, _terminate, _kill):
        running = list(_RUNNING)
        for child in running:
            end(child)
        for child in running:
            with suppress(subprocess.TimeoutExpired):
                child.wait(_ENDING_S)


def _terminate(child: subprocess.Popen[str]) -> None:
    child.terminate()


def _kill(child: subprocess.Popen[str]) -> None:
    child.kill()


_RUNNING: list[subprocess.Popen[str]] = []


def _counts(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if type(found) is dict else {}


def added(results: list[Result]) -> dict[str, Any]:
    """The counts of several runs of one part: sums, and of kinds the most."""
    found: dict[str, Any] = {}
    for result in results:
        for name, value in result.counts.items():
            if type(value) not in (int, float):
                continue
            before = found.get(name, 0)
            summed = round(before + value, 1)
            found[name] = max(before, value) if name in _KINDS else summed
    return found


_KINDS = frozenset({"kinds", "actions", "parsers", "planted", "found"})
"""How many kinds of something there are: two runs have the same ones."""
