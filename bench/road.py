"""The exchange on bad links beside its peers: share of the limit, small facts, bytes.

    python3 run.py bench road                                    the whole grid, for hours
    python3 run.py bench road --profile loss2 --seed 1 --json    one cell
    python3 run.py bench road --draw FOLDER                      table and picture of a grid

Each contender has a link of its own (bench/link) with the same profile and seed, and all
of a cell run at the same time. Needs root, for network namespaces and TUN devices. The
peers need the Debian packages rsync, openssh-client, openssh-server, openvpn, openssl,
nodejs and npm (`apt-get install …`); npm fetches PouchDB at the first run. A peer that is
not there is left out and said.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from perahu.node.django_settings import configure

configure()

from bench.link.namespaces import NeedsRoot  # noqa: E402
from bench.link.profiles import PROFILES  # noqa: E402
from bench.race.draw import draw  # noqa: E402
from bench.race.grid import Plan, run_grid  # noqa: E402
from bench.race.load import PACKETS, PACKETS_MIN  # noqa: E402
from bench.race.medians import kept  # noqa: E402
from bench.race.screen import Screen  # noqa: E402
from bench.race.table import write_section  # noqa: E402

GRID_OUT = Path("build") / "road"


def arguments() -> argparse.ArgumentParser:
    """Its words."""
    parser = argparse.ArgumentParser(
        prog="bench road",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--profile", choices=tuple(PROFILES), help="one profile alone")
    add("--seed", type=int, help="one seed alone")
    add("--seeds", default="1,2,3", help="the seeds (1,2,3)")
    add("--road", choices=("a", "best"), default="best", help="road A alone, or best")
    add("--no-peers", action="store_true", help="our own roads only")
    add("--no-ours", action="store_true", help="the peers only")
    add(
        "--peers-from", type=Path, metavar="FOLDER", help="the peers of an earlier grid"
    )
    add("--packets", type=int, default=PACKETS, metavar="N", help="of 300 kB each (8)")
    add("--parallel", type=int, default=1, metavar="N", help="cells at once (1)")
    add("--out", type=Path, metavar="FOLDER", help=f"keep each cell here ({GRID_OUT})")
    add("--json", action="store_true", help="end with JSON, one line a cell")
    add(
        "--draw", type=Path, metavar="FOLDER", help="no run: table and picture of these"
    )
    return parser


def main(words: Sequence[str]) -> int:
    """Run a cell or the grid; a whole grid is drawn into the papers."""
    given = arguments().parse_args(words)
    if given.draw is not None:
        rows = kept(given.draw)
        if not rows:
            print(f"There is no cell in {given.draw}.", file=sys.stderr)
            return 2
        for path in (*draw(rows), write_section(rows)):
            print(path)
        return 0
    is_cell = given.profile is not None and given.seed is not None
    plan = Plan(
        profiles=(given.profile,) if given.profile else tuple(PROFILES),
        seeds=(given.seed,)
        if given.seed is not None
        else tuple(int(seed) for seed in given.seeds.split(",")),
        road=given.road,
        has_peers=not given.no_peers,
        has_ours=not given.no_ours,
        peers_from=given.peers_from,
        packets=max(PACKETS_MIN, given.packets),
        parallel=max(1, given.parallel),
        out=given.out or (None if is_cell else GRID_OUT),
    )
    try:
        with Screen() as screen:
            rows = run_grid(plan, screen.told)
    except NeedsRoot as refusal:
        print(f"{refusal.words.id}\n{refusal.words.en}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the cells that were done are kept.", file=sys.stderr)
        return 130
    screen.sum_up(rows)
    if given.json:
        for row in rows:
            print(json.dumps(row))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
