"""One cell of `bench road`: a profile, a seed, and every contender on a link of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from bench.link.lab import Lab
from bench.link.profiles import Profile
from bench.race.contenders import Contender, NotThere, Pair, Place
from bench.race.figures import Outcome, Run
from bench.race.load import Load
from bench.race.schedule import cap_s, small_at_s

READY_S_MAX = 600.0
"""Founding a kabupaten and starting processes on a busy machine."""
LOOK_S, TELL_S = 0.05, 1.0
"""Between two looks: the error of every time that is measured; and between two words."""

Say = Callable[[str, float, str], None]
"""Told the contender's name, the share that is at the hub, and how it goes."""


class Stopped(Exception):
    """Somebody wants the bench to end now."""


@dataclass(slots=True)
class Log:
    """What both sides of a contender have told so far."""

    events: dict[str, float] = field(default_factory=dict)
    """When each event was first told."""
    held: list[tuple[float, int, int]] = field(default_factory=list)
    """(moment, small facts, bytes) at the hub, each time there was more."""
    acked: list[tuple[float, int]] = field(default_factory=list)

    @property
    def held_bytes(self) -> int:
        """What was at the hub at the last look."""
        return self.held[-1][2] if self.held else 0

    def listen(self, side: str, stream: IO[str]) -> None:
        """Read a side's lines on a thread until it ends."""

        def read() -> None:
            for line in stream:
                self._hear(side, line)

        threading.Thread(target=read, daemon=True).start()

    def _hear(self, side: str, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            return  # A tool that says something of its own.
        at_s, event = float(told["t"]), str(told["event"])
        if event == "held":
            self.held.append((at_s, int(told["small"]), int(told["bytes"])))
        elif event == "acked":
            self.acked.append((at_s, int(told["bytes"])))
        else:
            name = f"{side} {event}" if event == "ready" else event
            self.events.setdefault(name, at_s)

    def look_into(self, inbox: Path) -> None:
        """Count what lies in a folder, part-way files too, where the hub cannot tell."""
        small = total = 0
        for entry in inbox.iterdir():
            try:
                total += entry.stat().st_size
            except FileNotFoundError:
                continue  # It has just got its name.
            small += entry.name.startswith("fact-") and entry.suffix == ".json"
        if not self.held or self.held[-1][1:] != (small, total):
            self.held.append((time.monotonic(), small, total))


def run_cell(
    profile: Profile,
    load: Load,
    contenders: Sequence[Contender],
    say: Say,
    stopping: threading.Event,
) -> dict[str, Outcome | str]:
    """Each contender's outcome, or why there is none. Raises NeedsRoot, Stopped."""
    cell = _Cell(profile, load.seed, load, say, stopping)

    def one(contender: Contender) -> Outcome | str:
        try:
            contender.check()
            return _run(cell, contender)
        except (NotThere, Broken) as reason:
            say(contender.name, 0.0, str(reason))
            return str(reason)

    with ThreadPoolExecutor(max(1, len(contenders))) as pool:
        found = pool.map(one, contenders)
        return {c.name: outcome for c, outcome in zip(contenders, found, strict=True)}


class Broken(Exception):
    """A contender's process ended or never came up: no figure, and why."""


@dataclass(frozen=True, slots=True)
class _Cell:
    profile: Profile
    seed: int
    load: Load
    say: Say
    stopping: threading.Event

    def pause(self) -> None:
        """Until the next look."""
        if self.stopping.wait(LOOK_S):
            raise Stopped


def _run(cell: _Cell, contender: Contender) -> Outcome:
    with (
        TemporaryDirectory(prefix=f"perahu-road-{contender.name}-") as folder,
        Lab(cell.profile, cell.seed) as lab,
    ):
        place, log = Place(Path(folder), lab, cell.load), Log()
        cell.say(contender.name, 0.0, "begins")
        pair = contender.start(place)
        try:
            _wait_ready(cell, pair, log)
            pair.before_go()
            _tell(pair, "go")
            run = _watch(cell, contender, _Site(lab, pair, log))
        except (Broken, BrokenPipeError) as reason:
            raise Broken(f"{reason}: {place.last_words()}") from reason
        outcome = Outcome.of(run)
        cell.say(contender.name, outcome.held_share, outcome.words)
        return outcome


def _wait_ready(cell: _Cell, pair: Pair, log: Log) -> None:
    sides = {"office": pair.office} | ({"hub": pair.hub} if pair.hub else {})
    for side, process in sides.items():
        assert process.stdout is not None
        log.listen(side, process.stdout)
    until_s = time.monotonic() + READY_S_MAX
    while not all(f"{side} ready" in log.events for side in sides):
        for side, process in sides.items():
            if process.poll() is not None:
                raise Broken(f"the {side}'s process ended before it was ready")
        if time.monotonic() > until_s:
            raise Broken("it was not ready in time")
        cell.pause()


def _tell(pair: Pair, command: str) -> None:
    assert pair.office.stdin is not None
    pair.office.stdin.write(command + "\n")
    pair.office.stdin.flush()


@dataclass(frozen=True, slots=True)
class _Site:
    lab: Lab
    pair: Pair
    log: Log

    def look(self) -> None:
        """Count what lies at a hub that cannot tell."""
        if self.pair.inbox is not None:
            self.log.look_into(self.pair.inbox)


def _watch(cell: _Cell, contender: Contender, site: _Site) -> Run:
    """Until it is done or its time is over; the small facts are stated on the way."""
    payload = cell.load.payload_bytes
    limit_s = cap_s(cell.profile, cell.seed, payload)
    small_s = small_at_s(cell.profile, cell.seed, payload)
    began_s, told_s, is_stated = time.monotonic(), 0.0, False
    first_s: float | None = None
    while "done" not in site.log.events:
        now_s = time.monotonic()
        site.look()
        if first_s is None:
            first_s = site.lab.counts().first_packet_s
        elif not is_stated and now_s >= first_s + small_s:
            _tell(site.pair, "small")
            is_stated = True
        if now_s - (first_s or began_s) > limit_s:
            break
        if site.pair.office.poll() is not None:
            raise Broken("the office's process ended")
        if now_s - told_s >= TELL_S:
            told_s = now_s
            share = min(1.0, site.log.held_bytes / payload)
            cell.say(contender.name, share, f"{now_s - began_s:.0f} s")
        cell.pause()
    counts, timeline = site.lab.counts(), site.lab.timeline()
    site.look()
    return Run(
        profile=cell.profile,
        payload_bytes=payload,
        first_s=counts.first_packet_s or began_s,
        done_s=site.log.events.get("done"),
        end_s=time.monotonic(),
        recorded_s=site.log.events.get("recorded"),
        held=tuple(site.log.held),
        acked=tuple(site.log.acked),
        sent_bytes=counts.to_hub.all.offered.bytes,
        udp_bytes=counts.to_hub.udp.offered.bytes,
        timeline=timeline,
    )
