"""The harnesses a canary is shown to, each in the smallest portion that one seed gives.

A harness is made ready once, without any bug, and then asked for one seed after the other:
it says in words what did not hold, or nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from perahu.node.django_settings import configure
from sim.canaries.pair.founding import founded
from sim.canaries.pair.story import play

if TYPE_CHECKING:
    from sim.swarm import Plan

SHARED_MEMORY = Path("/dev/shm")
_CUTS_A_SEED, _FAILINGS_A_SEED, _KILLS_A_SEED = 24, 6, 4

_BUSY_ACTS = 150
"""Enough that cards are ordered, their parts arrive and they are printed."""
_MOVING_ACTS, _MOVING_CONTACTS = 120, 24
"""Enough that a right is sent by an office that has blanko."""
_OLD_ACTS, _OLD_CONTACTS = 40, 2
"""Enough that an office says something that nobody hears before it forgets it."""

Ask = Callable[[int], str | None]
"""Of a seed: what did not hold, in words; None where everything did."""


@dataclass(frozen=True, slots=True)
class Harness:
    """Where a bug may be found."""

    name: str
    unit: str
    """What one seed is."""
    ready: Callable[[Path], Ask]
    """Make it ready, in an empty folder."""


def _pair(_: Path) -> Ask:
    founded()
    return play


def _power(_: Path) -> Ask:
    from sim.power.cuts import Cuts
    from sim.power.failing import every_failing, fail
    from sim.power.starts import Starts
    from sim.power.town import Town

    starts = Starts(Town())
    failings = every_failing(Cuts(starts))

    def ask(seed: int) -> str | None:
        cuts, chance = Cuts(starts), Random(seed)
        tally = cuts.tally
        for _ in cuts.at_random(chance, _CUTS_A_SEED // 2):
            if tally.cuts >= _CUTS_A_SEED or tally.lost or tally.corrupt:
                break
        for one in chance.sample(failings, _FAILINGS_A_SEED):
            if not (tally.lost or tally.corrupt):
                fail(cuts, one)
        return next(iter(tally.lost + tally.corrupt), None)

    return ask


def _as_drawn(plan: Plan) -> Plan:
    return plan


def _worlds(folder: Path, changed: Callable[[Plan], Plan] = _as_drawn) -> Ask:
    """Worlds as their seeds draw them, or with a plan that was changed for one end."""
    from sim.image import found
    from sim.swarm import plan_of
    from sim.world import World

    image = found(folder / "image")

    def ask(seed: int) -> str | None:
        plan = changed(plan_of(seed))
        result = World(seed, image, folder / f"world-{seed}", plan).run()
        return str(result.broken[0]) if result.broken else None

    return ask


def _printers(folder: Path) -> Ask:
    mute = {"print_unknown", "second_card"}

    def busy(plan: Plan) -> Plan:
        return replace(plan, kinds=plan.kinds | mute, acts=_BUSY_ACTS)

    return _worlds(folder, busy)


def _moves(folder: Path) -> Ask:
    """Two offices that give each other rights, often and without any other trouble."""

    def moving(plan: Plan) -> Plan:
        acts, contacts = _MOVING_ACTS, _MOVING_CONTACTS
        return replace(_calm(plan), nodes=4, days=7, acts=acts, contacts=contacts)

    return _worlds(folder, moving)


def _restores(folder: Path) -> Ask:
    """Offices that seldom call, and whose old books are put back behind their fence."""

    def forgetful(plan: Plan) -> Plan:
        return replace(
            _calm(plan), nodes=4, days=30, acts=_OLD_ACTS, contacts=_OLD_CONTACTS,
            kinds=frozenset({"book_old"}), rates={"book_old": 2.0}, has_mirrors=False,
        )  # fmt: skip

    return _worlds(folder, forgetful)


def _calm(plan: Plan) -> Plan:
    """No trouble at all."""
    from sim.link import CALM
    from sim.stick import Luck

    return replace(
        plan, kinds=frozenset(), rates={}, outages=(), luck=Luck(), weather=CALM,
        has_recordings=False, has_erasure=False,
    )  # fmt: skip


def _kills(folder: Path) -> Ask:
    from sim.kills.series import Tally, run_series
    from sim.kills.town import found_town

    town = found_town(folder / "town", 1)

    def ask(seed: int) -> str | None:
        tally = Tally()
        place = folder / f"series-{seed}"
        try:
            run_series(town, place, seed, _KILLS_A_SEED, tally, lambda _: None)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return next(iter(tally.lost.found), None)

    return ask


HARNESSES = {
    one.name: one
    for one in (
        Harness("pair", "stories of three nodes", _pair),
        Harness("power", f"times {_CUTS_A_SEED} cuts", _power),
        Harness("worlds", "worlds", _worlds),
        Harness("printers", "worlds with mute printers", _printers),
        Harness("moves", "worlds of rights that move", _moves),
        Harness("restores", "worlds of old books", _restores),
        Harness("kills", f"times {_KILLS_A_SEED} kills", _kills),
    )
}
"""By name."""


class Harnesses:
    """All of them, each made ready when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        configure()
        self._folder = folder
        self._ready: dict[str, Ask] = {}

    def ready(self, name: str) -> None:
        """Make one ready; never while a bug is planted."""
        if name not in self._ready:
            place = self._folder / name
            place.mkdir()
            self._ready[name] = HARNESSES[name].ready(place)

    def ask(self, name: str, seed: int) -> str | None:
        """What a harness says of a seed. Whatever it raises is a finding, too."""
        try:
            return self._ready[name](seed)
        except Exception as error:  # noqa: BLE001 - said, as a finding
            return f"{type(error).__name__}: {error}"


@contextmanager
def harnesses() -> Iterator[Harnesses]:
    """With a folder of their own, in memory where there is some."""
    place = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with ExitStack() as stack:
        folder = tempfile.mkdtemp(prefix="perahu-canaries-", dir=place)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield Harnesses(Path(folder))
