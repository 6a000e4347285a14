"""What a person sees while `bench road` runs, on stderr: a bar for each contender."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

_ENDED = ("done", "not finished", "install", "it was", "the ")


LOG_WIDTH = 140


class Screen:
    """Bars while it runs; a line for each contender that has ended."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        if not self._console.is_terminal:
            self._console = Console(stderr=True, highlight=False, width=LOG_WIDTH)
        self._progress = Progress(
            TextColumn("{task.description:28}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[words]}"),
            console=self._console,
        )
        self._tasks: dict[tuple[str, int, str], TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def told(
        self, profile: str, seed: int, name: str, share: float, words: str
    ) -> None:
        """A contender of a cell is so far."""
        key, title = (profile, seed, name), f"{profile} {seed}  {name}"
        with self._lock:
            if key not in self._tasks:
                self._tasks[key] = self._progress.add_task(title, total=1.0, words="")
            self._progress.update(self._tasks[key], completed=share, words=words)
            if words.startswith(_ENDED):
                self._progress.remove_task(self._tasks.pop(key))
                self._console.print(f"{title:28} {words}")

    def sum_up(self, rows: Sequence[dict[str, Any]]) -> None:
        """Our figures of each cell beside the best peer's."""
        table = Table(
            "profile", "seed", "road", "share", "A alone", "best peer", "small", "≤",
            "bytes", "back after",
        )  # fmt: skip
        for row in rows:
            table.add_row(
                row["profile"],
                str(row["seed"]),
                row["road"] or "",
                _share(row),
                _share(row["road_a"]),
                _peer(row),
                _seconds(row.get("small_s")),
                _seconds(row["small_bound_s"]),
                f"{row['bytes_ratio']:.2f}" if "bytes_ratio" in row else "",
                " ".join(_seconds(one) for one in row.get("return_s", ())),
            )
        self._console.print(table)


def _share(row: dict[str, Any]) -> str:
    if "goodput_share" not in row:
        return str(row.get("missing", ""))
    mark = "" if row["finished"] else " (not finished)"
    return f"{row['goodput_share']:.1%}{mark}"


def _peer(row: dict[str, Any]) -> str:
    if row["best_peer"] is None:
        return ""
    return f"{row['best_peer']} {_share(row['peers'][row['best_peer']])}"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
