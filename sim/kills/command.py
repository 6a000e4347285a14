"""`python -m sim.kills`: kill so many workers and whole nodes, and say what was lost."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from multiprocessing import active_children
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from sim import manners
from sim.kills.series import KILLS_EACH, Tally, run_series
from sim.kills.town import found_town
from sim.kills.whole import run_whole

KILLS, WHOLE = 280, 20
SHARED_MEMORY = Path("/dev/shm")


@manners.stoppable
def main(words: list[str] | None = None) -> int:
    """Kill, look, and tell; 0 where nothing was lost."""
    call = _parser().parse_args(words)
    began_s = time.monotonic()
    tally = run(call.kills, call.whole, call.seed)
    told = {
        "kills": tally.kills + tally.whole,
        "whole": tally.whole,
        "receipts": tally.receipts,
        "books": tally.lost.books,
        "lost": tally.lost.receipts,
    }
    console = Console(stderr=True)
    for words_ in tally.lost.found[:20]:
        console.print(words_, style="red", markup=False)
    if not call.json:
        kinds = ", ".join(f"{k} {n}" for k, n in sorted(tally.kinds.items()))
        took_s = time.monotonic() - began_s
        print(f"{kinds}; {tally.cards} cards")
        print(f"{took_s:.0f} s")
    print(json.dumps(told))
    sys.stdout.flush()
    return 1 if tally.lost.found else 0


def run(kills: int, whole: int, seed: int) -> Tally:
    """Kill so many workers and so many whole nodes; gives what was found."""
    tally, chance = Tally(), Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="perahu-kills-", dir=_fast()))
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(
            *columns, console=console, disable=not console.is_terminal, transient=True
        ) as shown:
            image = found_town(folder / "town", seed)
            forked = shown.add_task("kill -9", total=kills)

            def watch(now: Tally) -> None:
                shown.update(forked, completed=now.kills)

            while tally.kills < kills:
                count = min(KILLS_EACH, kills - tally.kills)
                place = folder / f"series-{tally.kills}"
                run_series(image, place, chance.getrandbits(32), count, tally, watch)
            cold = shown.add_task("kill -9, cold start", total=whole)
            run_whole(
                image,
                folder / "whole",
                chance.getrandbits(32),
                whole,
                tally,
                lambda now: shown.update(cold, completed=now.whole),
            )
    except KeyboardInterrupt:
        # Nobody may write into the folder that is about to go.
        for child in active_children():
            child.kill()
            child.join()
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return tally


def _fast() -> Path | None:
    """Memory, where there is some: a killed process takes no page of the system with it.

    What a power cut takes is for the simulated disk (sim/power), not for this.
    """
    return SHARED_MEMORY if SHARED_MEMORY.is_dir() else None


def _parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(
        prog="python -m sim.kills",
        description="kill -9 pada proses sungguhan, lalu periksa: tidak ada tanda terima "
        "yang hilang. / kill -9 of real processes: no receipt that was given is missing.",
    )
    for name, default, said in (
        ("--kills", KILLS, f"forked workers to kill ({KILLS})"),
        ("--whole", WHOLE, f"whole nodes to kill ({WHOLE})"),
    ):
        found.add_argument(
            name, type=manners.whole(), default=default, metavar="N", help=said
        )
    found.add_argument("--seed", type=manners.seed(), default=1, metavar="N")
    found.add_argument("--json", action="store_true", help="one line of JSON alone")
    return found
