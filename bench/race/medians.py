"""What the seeds of a grid say together: medians, means, and the bounds they are held to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.link.profiles import PROFILES
from bench.race.figures import small_bound_s

Row = dict[str, Any]

NAMES = {
    "best": "Perahu",
    "a": "Perahu, road A alone",
    "rsync": "rsync over ssh",
    "vpn": "OpenVPN + rsync",
    "pouchdb": "PouchDB",
    "https": "HTTPS POST",
}
"""Every contender, in the order of tables and pictures."""
OURS = ("best", "a")
UNDER_MAX = 0.08
"""A single seed may lie so far under the bound of the mean."""
AHEAD_MIN = 1.2
BACK_S_MAX = {"best": 3.0, "a": 8.0}
"""From the link's return to the first new bytes."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a profile's runs must keep; a share of None asks only that they finish."""

    best: float | None
    a: float | None
    bytes: float

    def share(self, road: str) -> float | None:
        """The bound of a road."""
        return self.best if road == "best" else self.a


BOUNDS = {
    "clean256": Bound(0.94, 0.93, 1.10),
    "loss2": Bound(0.94, 0.88, 1.12),
    "loss20": Bound(0.90, 0.65, 1.32),
    "edge64": Bound(0.91, 0.80, 1.22),
    "burst": Bound(0.85, 0.65, 1.35),
    "flap60": Bound(0.90, 0.85, 1.18),
    "switch90": Bound(0.85, 0.75, 1.18),
    "switch90rst": Bound(0.85, 0.75, 1.18),
    "flap20": Bound(None, None, 1.40),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The runs of one contender in one profile, one a seed."""

    profile: str
    name: str
    runs: tuple[Row, ...]
    """Those that there are; empty where the contender is not there."""

    def values(self, figure: str) -> list[float]:
        """A figure of every run that has it."""
        return [run[figure] for run in self.runs if run.get(figure) is not None]

    def middle(self, figure: str) -> float | None:
        """Its median, or None where no run has it."""
        found = self.values(figure)
        return median(found) if found else None

    @property
    def finished(self) -> int:
        """How many runs came to their end."""
        return sum(run["finished"] for run in self.runs)

    @property
    def has_finished(self) -> bool:
        """Whether every run did."""
        return bool(self.runs) and self.finished == len(self.runs)

    @property
    def back_s(self) -> list[float]:
        """All returns of all runs."""
        return [one for run in self.runs for one in run["return_s"]]

    @property
    def keeps_share(self) -> bool:
        """Mean of the seeds, and none more than so far under."""
        bound = BOUNDS[self.profile].share(self.name)
        if not self.has_finished or bound is None:
            return self.has_finished
        shares = self.values("goodput_share")
        return mean(shares) >= bound and min(shares) >= bound - UNDER_MAX

    @property
    def keeps_bytes(self) -> bool:
        """Bytes a byte, as the mean of the seeds."""
        found = self.values("bytes_ratio")
        return self.has_finished and mean(found) <= BOUNDS[self.profile].bytes

    @property
    def keeps_small(self) -> bool:
        """The median of the small facts' time."""
        found = self.values("small_s")
        bound_s = small_bound_s(PROFILES[self.profile])
        return len(found) == len(self.runs) > 0 and median(found) <= bound_s

    @property
    def keeps_back(self) -> bool | None:
        """The median of the returns; None where there was none."""
        if not self.back_s:
            return None
        return median(self.back_s) <= BACK_S_MAX[self.name]


@dataclass(frozen=True, slots=True)
class Grid:
    """Every group of the rows of a grid."""

    rows: Sequence[Row]

    @property
    def profiles(self) -> list[str]:
        """Those that were run, in their order."""
        found = {row["profile"] for row in self.rows}
        return [name for name in PROFILES if name in found]

    @property
    def seeds(self) -> list[int]:
        """Those that were run."""
        return sorted({row["seed"] for row in self.rows})

    @property
    def names(self) -> list[str]:
        """Contenders with a figure anywhere."""
        return [
            name
            for name in NAMES
            if any(self.group(profile, name).runs for profile in self.profiles)
        ]

    def group(self, profile: str, name: str) -> Group:
        """One contender in one profile."""
        found = []
        for row in self.rows:
            if row["profile"] == profile and (run := _run_of(row, name)) is not None:
                found.append(run)
        return Group(profile, name, tuple(found))

    def best_peer(self, profile: str) -> Group | None:
        """The peer with the highest median share, finished or not."""
        groups = [self.group(profile, name) for name in NAMES if name not in OURS]
        return max(
            (group for group in groups if group.runs),
            key=lambda group: group.middle("goodput_share") or 0.0,
            default=None,
        )


def _run_of(row: Row, name: str) -> Row | None:
    if name == "best":
        run = row if row["road"] == "best" else None
    elif name == "a":
        run = row["road_a"]
    else:
        run = row["peers"].get(name)
    return run if run is not None and "missing" not in run else None


def kept(folder: Path) -> list[Row]:
    """The cells that lie in a folder, in the order of the profiles and seeds."""
    rows: Sequence[Row] = [json.loads(p.read_text()) for p in folder.glob("*.json")]
    order = list(PROFILES)
    return sorted(rows, key=lambda row: (order.index(row["profile"]), row["seed"]))
