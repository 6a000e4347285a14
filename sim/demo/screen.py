"""What a person watches while the story runs: acts, bars that move, and plain sentences."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from perahu.words import Words


@dataclass(slots=True)
class Bar:
    """One bar of the running act; times of its own need no looking after."""

    _progress: Progress
    _task: TaskID
    _language: str

    def to(self, done: float, words: Words | None = None) -> None:
        """Move to `done`, with a word on what is happening."""
        text = words.in_(self._language) if words else ""
        self._progress.update(self._task, completed=done, note=text)

    def grow(self, total: float) -> None:
        """The work turned out larger."""
        self._progress.update(self._task, total=total)


@dataclass(slots=True)
class Screen:
    """The terminal; on stderr where stdout is kept for the JSON line."""

    language: str = "id"
    quiet_stdout: bool = False
    times: dict[str, float] = field(default_factory=dict)
    """Title of an act → seconds, in the order they were played."""
    _began: float = field(default_factory=time.monotonic)
    _console: Console = field(init=False)

    def __post_init__(self) -> None:
        """Choose the stream."""
        stream = sys.stderr if self.quiet_stdout else sys.stdout
        self._console = Console(file=stream, highlight=False)

    @contextmanager
    def act(self, title: Words) -> Iterator[None]:
        """One act: its title, and how long it took."""
        began = time.monotonic()
        at = began - self._began
        self._console.rule(f"[bold]{title.in_(self.language)}[/]  [dim]{at:5.1f} s[/]")
        yield
        self.times[title.in_(self.language)] = round(time.monotonic() - began, 2)

    def say(self, id: str, en: str) -> None:
        """One sentence of the story."""
        self._console.print("  " + (en if self.language == "en" else id))

    @contextmanager
    def bars(self) -> Iterator[Bars]:
        """Bars that move while the block runs."""
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self._console,
        ) as progress:
            yield Bars(progress, self.language)

    def table(self, title: Words, columns: list[Words], rows: list[list[str]]) -> None:
        """A table of the story."""
        table = Table(title=title.in_(self.language), title_justify="left")
        for number, column in enumerate(columns):
            side = "left" if number == 0 else "right"
            table.add_column(column.in_(self.language), justify=side)  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*row)
        self._console.print(table)

    def panel(self, words: Words, *, good: bool) -> None:
        """The last word."""
        style = "green" if good else "red"
        self._console.print(Panel(words.in_(self.language), border_style=style))


@dataclass(slots=True)
class Bars:
    """The bars of one act."""

    _progress: Progress
    _language: str

    def add(self, words: Words, total: float) -> Bar:
        """One more bar."""
        task = self._progress.add_task(words.in_(self._language), total=total, note="")
        return Bar(self._progress, task, self._language)
