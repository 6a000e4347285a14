"""`python -m sim.power --cuts N --seed S --json`: the counts, or what was found in words."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import apsw
from rich.console import Console
from rich.progress import Progress, TaskID

from sim import manners
from sim.power.actions import ACTIONS
from sim.power.cuts import Cuts, Tally
from sim.power.failing import every_failing, fail
from sim.power.starts import Starts
from sim.power.town import Town

_SHOWN = 20


@manners.stoppable
def main(words: Sequence[str]) -> int:
    """Cut and fail; 1 where something was lost or corrupt."""
    given = _given(words)
    sys.unraisablehook = _unraisable
    share = given.cuts // 10 if given.failings is None else given.failings
    actions = [one for one in ACTIONS if given.only in (None, one.name)]
    began_s = time.monotonic()
    harness = Cuts(Starts(Town()), actions=actions)
    tally = run(harness, given.cuts, given.seed, None if given.all_failings else share)
    for said in (*tally.lost[:_SHOWN], *tally.corrupt[:_SHOWN]):
        print(f"!! {said}", file=sys.stderr)
    print(json.dumps(counts(tally)) if given.json else _told(tally, began_s))
    return 1 if tally.lost or tally.corrupt else 0


def _unraisable(info: Any) -> None:
    """The disk's second error while SQLite cleans up after the first: nobody hears it."""
    if not isinstance(info.exc_value, apsw.Error):
        sys.__unraisablehook__(info)


def _given(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sim.power",
        description="Listrik padam di setiap operasi disk, lalu di mana saja; lalu disk yang "
        "gagal. / The power is cut at every disk operation of every action, then at random; "
        "then the disk fails.",
    )
    parser.add_argument(
        "--cuts", type=manners.whole(), default=20_000, metavar="N",
        help="cuts at random, besides one at every operation (20000)",
    )  # fmt: skip
    parser.add_argument("--seed", type=manners.seed(), default=1, metavar="N")
    parser.add_argument(
        "--failings", type=manners.whole(), metavar="N",
        help="so many of all failing operations (a tenth of the cuts)",
    )  # fmt: skip
    parser.add_argument("--all-failings", action="store_true", help="every one of them")
    parser.add_argument("--only", metavar="ACTION", help="one action, by its name")
    parser.add_argument("--json", action="store_true", help="the counts as one line")
    given = parser.parse_args(words)
    names = [one.name for one in ACTIONS]
    if given.only is not None and given.only not in names:
        parser.error(f"--only: there is no {given.only[:40]!r}; {'; '.join(names)}")
    return given


def counts(tally: Tally) -> dict[str, int]:
    """What was done and what was found."""
    return {
        "cuts": tally.cuts,
        "operations": tally.operations,
        "actions": len(tally.actions),
        "failings": tally.failings,
        "audited": tally.audited,
        "contents": tally.contents,
        "lost": len(tally.lost),
        "corrupt": len(tally.corrupt),
    }


def run(harness: Cuts, cuts: int, seed: int, failings: int | None) -> Tally:
    """Every operation of every action; then cuts at random; then disks that fail.

    `failings` of all failing operations are drawn by the seed; None is all of them.
    """
    actions = harness.actions
    with _shown() as (progress, task):
        progress.update(task, total=len(actions), description="setiap operasi")
        for action in actions:
            harness.every(action, seed)
            progress.advance(task)
        chance = Random(f"power/{seed}")
        goal = harness.tally.cuts + cuts
        progress.reset(task, total=cuts, description="di mana saja")
        for _ in _until(harness, goal, chance):
            progress.update(task, completed=cuts - goal + harness.tally.cuts)
        listed = every_failing(harness)
        if failings is not None and failings < len(listed):
            listed = chance.sample(listed, failings)
        progress.reset(task, total=len(listed), description="disk yang gagal")
        for one in listed:
            fail(harness, one)
            progress.advance(task)
    return harness.tally


def _until(harness: Cuts, goal: int, chance: Random) -> Iterator[int]:
    """Cuts at random until so many were made."""
    made = harness.at_random(chance)
    while harness.tally.cuts < goal:
        yield next(made)


@contextmanager
def _shown() -> Iterator[tuple[Progress, TaskID]]:
    """A line of progress on stderr, where somebody looks."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield progress, progress.add_task("", total=None)


def _told(tally: Tally, began_s: float) -> str:
    took_s = time.monotonic() - began_s
    lines = [f"{name:12} {value:,}" for name, value in counts(tally).items()]
    lines.append(
        f"{tally.cuts / max(took_s, 0.001):,.0f} cuts/s, {took_s:.0f} s in all"
    )
    return "\n".join(lines)
