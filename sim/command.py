"""`python3 run.py sim`: one world and its story, or many and what they came to.

    sim --seed 7                   the story of a world, in Bahasa Indonesia (--lang en)
    sim --worlds 1000 --json       the last line is one JSON object
    sim --worlds 1000 --from 5000 --jobs 2

Nothing but the seed goes in, so each seed is played again exactly; hashes of names are
fixed too (PYTHONHASHSEED), for which the program begins itself anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from perahu.node.django_settings import configure

configure()

from perahu.words import Words  # noqa: E402
from sim import image as images  # noqa: E402
from sim import manners  # noqa: E402
from sim.faults import FAULTS  # noqa: E402
from sim.image import START_S, Image  # noqa: E402
from sim.world import Result, World  # noqa: E402

_SHARE = 10
"""Worlds that one process plays before it tells what they came to."""
_JOBS_MAX = 64
_MEMORY = Path("/dev/shm")
_LEGEND = Words(
    "waktu, simpul, kejadian; ! di depan simpul: gangguan yang ditarik benih ini",
    "time, node, what happened; ! before a node: a fault that this seed has drawn",
)


@manners.stoppable
def main(words: Sequence[str]) -> int:
    """Play worlds; 0 where nothing was lost and nothing was broken."""
    given = _given(words)
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "sim", *words])
    with in_memory() as folder:
        image = images.found(folder / "image")
        if given.worlds is None:
            return _tell(given.seed, image, folder, given.lang)
        results = _play_many(given, image, folder)
        return _sum_up(results, given)


def _given(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 run.py sim",
        description="Dunia simulasi: kisah satu benih, atau banyak dunia (--worlds). / "
        "Worlds: the story of one seed, or many of them. Kesalahan yang ditanam / planted "
        "bugs: sim --canaries --help.",
    )
    for name, reader, default, words_ in (
        (
            "--seed",
            manners.seed(),
            None,
            "benih satu dunia / the seed of one world (1)",
        ),
        ("--worlds", manners.whole(1), None, "berapa dunia / how many worlds"),
        ("--from", manners.seed(), None, "benih pertama / the first seed (1)"),
        ("--jobs", manners.whole(1, _JOBS_MAX), 1, "proses / processes"),
    ):
        parser.add_argument(
            name, type=reader, default=default, metavar="N", help=words_
        )
    parser.add_argument(
        "--json",
        action="store_true",
        help="baris terakhir JSON / the last line is JSON",
    )
    parser.add_argument(
        "--lang", choices=("id", "en"), default="id", help="bahasa kisah / of the story"
    )
    given = parser.parse_args(words)
    given.first = getattr(given, "from")
    if given.worlds is None:
        for name, value in (("--json", given.json or None), ("--from", given.first)):
            if value is not None:
                parser.error(f"{name}: bersama --worlds / goes with --worlds")
    elif given.seed is not None:
        # Otherwise worlds would be played that nobody asked for.
        parser.error("--seed: satu dunia; banyak: --from / one world; of many: --from")
    given.seed = 1 if given.seed is None else given.seed
    given.first = 1 if given.first is None else given.first
    return given


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder for the worlds, on a medium that is memory where there is one."""
    home = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="perahu-sim-", dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(seed: int, image: Image, folder: Path) -> Result:
    """One world."""
    return World(seed, image, folder / f"world{seed}").run()


# --- one world ---------------------------------------------------------------------------


def _tell(seed: int, image: Image, folder: Path, language: str) -> int:
    world = World(seed, image, folder / f"world{seed}")
    result = world.run()
    is_english = language == "en"
    print(_LEGEND.in_(language))
    for line in world.story.lines:
        print(line.told(language, START_S))
    print()
    for broken in result.broken:
        print("RUSAK" if not is_english else "BROKEN", broken)
    days = f"{world.plan.days} hari" if not is_english else f"{world.plan.days} days"
    if is_english:
        words = (
            f"seed {seed}: {len(world.nodes)} nodes, {days}, "
            f"{sum(result.faults.values())} faults of {len(result.faults)} kinds, "
            f"{result.receipts} receipts, {result.gaps} named gaps, {result.lost} lost"
        )
    else:
        words = (
            f"benih {seed}: {len(world.nodes)} simpul, {days}, "
            f"{sum(result.faults.values())} gangguan dari {len(result.faults)} jenis, "
            f"{result.receipts} tanda terima, {result.gaps} celah bernama, "
            f"{result.lost} hilang"
        )
    print(words)
    for kind, count in result.faults.most_common():
        print(f"{count:>9}  {FAULTS[kind].in_(language)}")
    print(f"{'trace' if is_english else 'jejak'} {result.trace}")
    return 1 if result.broken else 0


# --- many --------------------------------------------------------------------------------


def _play_many(given: argparse.Namespace, image: Image, folder: Path) -> list[Result]:
    shares = [
        range(first, min(first + _SHARE, given.first + given.worlds))
        for first in range(given.first, given.first + given.worlds, _SHARE)
    ]
    results: list[Result] = []
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("dunia / worlds", total=given.worlds)
        for some in _each(shares, given.jobs, image, folder):
            results += some
            progress.advance(task, len(some))
            for one in some:
                for broken in one.broken:
                    console.print(f"sim --seed {one.seed}: {broken}", markup=False)
    return results


def _each(
    shares: list[range], jobs: int, image: Image, folder: Path
) -> Iterator[list[Result]]:
    if jobs == 1:
        for share in shares:
            yield _play_share(share, image, folder)
        return
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("fork"), initializer=manners.die_at_once
    ) as pool:
        try:
            yield from pool.map(
                _play_share, shares, [image] * len(shares), [folder] * len(shares)
            )
        except KeyboardInterrupt:
            # Nobody may write into the folder that is about to go.
            for child in active_children():
                child.terminate()
            raise


def _play_share(seeds: range, image: Image, folder: Path) -> list[Result]:
    return [play(seed, image, folder) for seed in seeds]


def _sum_up(results: list[Result], given: argparse.Namespace) -> int:
    faults = sum((one.faults for one in results), Counter[str]())
    found = {
        "worlds": len(results),
        "node_years": round(sum(one.node_days for one in results) / 365.25, 1),
        "faults": sum(faults.values()),
        "kinds": len(faults),
        "receipts": sum(one.receipts for one in results),
        "gaps": sum(one.gaps for one in results),
        "by_mark": sum(one.by_mark for one in results),
        "books": sum(one.books for one in results),
        "lost": sum(one.lost for one in results),
        "violations": sum(len(one.broken) for one in results),
    }
    if given.json:
        print(json.dumps(found))
    else:
        for kind, count in faults.most_common():
            print(f"{count:>9}  {FAULTS[kind].in_(given.lang)}")
        print(", ".join(f"{name} {value}" for name, value in found.items()))
    return 1 if found["violations"] or found["lost"] else 0
