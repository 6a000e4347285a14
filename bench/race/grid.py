"""The grid of `bench road`: cells of profiles and seeds, each kept as JSON when it is done."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from bench.link.namespaces import check_machine
from bench.link.profiles import PROFILES
from bench.race.cell import run_cell
from bench.race.contenders import Contender
from bench.race.figures import Outcome, small_bound_s
from bench.race.load import PACKETS, Load, load_of
from bench.race.medians import Row
from bench.race.ours import BEST, ROAD_A
from bench.race.peers import PEERS
from bench.race.schedule import expected_s

_OF_PEERS = ("peers", "best_peer", "best_peer_share")
_NOT_RUN = "not run"
Told = Callable[[str, int, str, float, str], None]
"""Told profile, seed, contender, share at the hub, and words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure."""

    profiles: tuple[str, ...]
    seeds: tuple[int, ...]
    road: str = "best"
    """"a" runs road A alone; "best" what the product chooses, and A beside it."""
    has_peers: bool = True
    has_ours: bool = True
    peers_from: Path | None = None
    """Cells of an earlier grid whose peers count here too; those are not run again."""
    packets: int = PACKETS
    parallel: int = 1
    """Cells at once; each has a link for every contender."""
    out: Path | None = None
    """Where each cell is kept; those that lie there already are not run again."""

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Ours first."""
        ours = (ROAD_A,) if self.road == "a" else (BEST, ROAD_A)
        runs_peers = self.has_peers and self.peers_from is None
        return (*(ours if self.has_ours else ()), *(PEERS if runs_peers else ()))

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Every profile with its first seed, the longest first, then with the next ones."""
        return [
            (profile, seed)
            for seed in self.seeds
            for profile in sorted(self.profiles, key=_shortness)
        ]

    def path(self, profile: str, seed: int) -> Path | None:
        """The file of a cell."""
        return None if self.out is None else _path(self.out, profile, seed)


def _path(folder: Path, profile: str, seed: int) -> Path:
    return folder / f"{profile}-{seed}.json"


def _shortness(profile: str) -> float:
    return -expected_s(PROFILES[profile], 1, load_of(1).payload_bytes)


def run_grid(plan: Plan, told: Told) -> list[Row]:
    """Every cell's row; Ctrl-C ends it and leaves what is done. Raises NeedsRoot."""
    check_machine()
    stopping = threading.Event()
    with ThreadPoolExecutor(plan.parallel) as pool:
        running = [
            pool.submit(_one, plan, profile, seed, told, stopping)
            for profile, seed in plan.cells
        ]
        try:
            for cell in as_completed(running):
                cell.result()
        except BaseException:
            stopping.set()
            for cell in running:
                cell.cancel()
            raise
    return [cell.result() for cell in running]


def _one(
    plan: Plan, profile: str, seed: int, told: Told, stopping: threading.Event
) -> Row:
    path = plan.path(profile, seed)
    if path is not None and path.exists():
        found: Row = json.loads(path.read_text())
        return found

    def say(name: str, share: float, words: str) -> None:
        told(profile, seed, name, share, words)

    load = load_of(seed, plan.packets)
    outcomes = run_cell(PROFILES[profile], load, plan.contenders, say, stopping)
    row = row_of(profile, load, outcomes)
    if plan.peers_from is not None:
        earlier = json.loads(_path(plan.peers_from, profile, seed).read_text())
        row |= {name: earlier[name] for name in _OF_PEERS}
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(row, indent=1) + "\n")
        draft.rename(path)
    return row


def row_of(profile: str, load: Load, outcomes: dict[str, Outcome | str]) -> Row:
    """A cell as JSON holds it: our figures at the top, A's and the peers' beneath."""
    link, seed, payload = PROFILES[profile], load.seed, load.payload_bytes
    ours = [name for name in ("best", "a") if name in outcomes]
    peers = {name: one for name, one in outcomes.items() if name not in ours}
    raced = {n: one for n, one in peers.items() if isinstance(one, Outcome)}
    best = max(raced, key=lambda name: raced[name].goodput_share, default=None)
    return {
        "profile": profile,
        "seed": seed,
        "road": ours[0] if ours else None,
        **_figures(outcomes[ours[0]] if ours else _NOT_RUN),
        "small_bound_s": round(small_bound_s(link), 2),
        "best_peer": best,
        "best_peer_share": None if best is None else raced[best].goodput_share,
        "limit_s": round(expected_s(link, seed, payload), 2),
        "payload_bytes": payload,
        "road_a": _figures(outcomes.get("a", _NOT_RUN)),
        "peers": {name: _figures(one) for name, one in peers.items()},
    }


def _figures(one: Outcome | str) -> Row:
    """The figures, or why there are none."""
    return {"finished": False, "missing": one} if isinstance(one, str) else one.row()
