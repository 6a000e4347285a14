"""How a bench says what it found: figures beside their bounds, as a table or one JSON line.

A figure's name is for machines and stays what it is; its words are for people.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; `bound` is design.md 9's, None where it sets none."""

    name: str
    words: str
    value: float
    unit: str
    bound: float | None = None
    at_most: bool = True
    """Whether the bound is an upper one."""

    @property
    def holds(self) -> bool | None:
        """Whether the figure keeps its bound; None without one."""
        if self.bound is None:
            return None
        return self.value <= self.bound if self.at_most else self.value >= self.bound


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    assert values, "nothing was measured"
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def arguments(name: str) -> argparse.ArgumentParser:
    """The arguments every bench takes."""
    parser = argparse.ArgumentParser(prog=f"bench {name}")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def show(figures: Sequence[Figure], *, as_json: bool) -> None:
    """Print the table, then the JSON line if it was asked for."""
    table = Table("figure", "measured", "bound", "holds", caption=_machine())
    for figure in figures:
        sign = "≤" if figure.at_most else "≥"
        bound = "" if figure.bound is None else f"{sign} {figure.bound:,.10g}"
        holds = {True: "yes", False: "NO", None: ""}[figure.holds]
        table.add_row(
            figure.words, f"{_short(figure.value)} {figure.unit}", bound, holds
        )
    Console(stderr=as_json).print(table)
    if as_json:
        print(json.dumps({"figures": [_row(figure) for figure in figures]}))


def _row(figure: Figure) -> dict[str, object]:
    row = asdict(figure) | {"holds": figure.holds}
    del row["words"]
    return row


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _machine() -> str:
    """What the figures were taken on; a busy machine makes every time longer."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}; load while measuring {load:.1f}"
    )
