"""A contender of `bench road`: what it needs, where it runs, and the two sides it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.link.lab import Lab
from bench.race.load import Load

ROOT = Path(__file__).resolve().parents[2]


class NotThere(Exception):
    """A peer cannot run on this machine; says what to install."""


@dataclass(slots=True)
class Place:
    """Where one contender runs: a folder, a link, and what it is to carry."""

    folder: Path
    lab: Lab
    load: Load
    processes: list[subprocess.Popen[Any]] = field(default_factory=list)

    def at_hub(self, argv: Sequence[str | Path], **more: Any) -> subprocess.Popen[str]:
        """Start a process at the hub; what it says on stderr goes to the folder."""
        return self._start(self.lab.at_hub, "hub", argv, more)

    def at_office(
        self, argv: Sequence[str | Path], **more: Any
    ) -> subprocess.Popen[str]:
        """Start a process at the office."""
        return self._start(self.lab.at_office, "office", argv, more)

    def last_words(self) -> str:
        """The last line that each process wrote to its log, for whoever looks for a fault."""
        logs = sorted(self.folder.glob("*.log"))
        lines = [log.read_text(errors="replace").strip()[-200:] for log in logs]
        return "; ".join(line.splitlines()[-1] for line in lines if line)

    def _start(
        self,
        start: Callable[..., subprocess.Popen[Any]],
        side: str,
        argv: Sequence[str | Path],
        environment: dict[str, str],
    ) -> subprocess.Popen[str]:
        log = self.folder / f"{side}-{len(self.processes)}.log"
        with log.open("w") as errors:
            process = start(
                [str(word) for word in argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env=os.environ | environment,
            )
        self.processes.append(process)
        return process


@dataclass(slots=True)
class Pair:
    """The two sides at work; without a hub that tells, files in `inbox` are counted."""

    office: subprocess.Popen[str]
    hub: subprocess.Popen[str] | None = None
    inbox: Path | None = None
    before_go: Callable[[], object] = lambda: None
    """What would use the link before the start."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to bring the load to the hub."""

    name: str
    """As in files; for people see road_medians.NAMES."""
    programs: tuple[tuple[str, str], ...]
    """Each with the Debian package it comes in."""
    start: Callable[[Place], Pair]
    """Raises NotThere."""

    def check(self) -> None:
        """Raises NotThere with the packages to install."""
        missing = sorted(
            {package for program, package in self.programs if not _found(program)}
        )
        if missing:
            raise NotThere(f"install {' '.join(missing)}")


def _found(program: str) -> bool:
    return (
        shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        is not None
    )


def module(name: str, *words: str | Path) -> list[str | Path]:
    return [sys.executable, "-m", f"bench.race.ends.{name}", *words]
