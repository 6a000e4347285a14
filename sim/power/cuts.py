"""The power goes: before every operation of an action, and at places drawn at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from perahu.words import Refusal
from sim.disk import READING, SimDisk
from sim.medium import Fate, Stillness
from sim.papers import SARI
from sim.power.actions import ACTIONS, Action
from sim.power.auditing import SecondReader
from sim.power.promises import Promise, Verdict
from sim.power.scene import Drive, Scene, corrected
from sim.power.starts import Starts
from sim.power.town import OFFICE
from sim.vfs import SimDriver

LIVED_EACH = 7
"""One node in so many goes on to work after it was healed."""
_TWICE = 0.15
"""How often the power goes again while the node heals."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cut before one operation would meet."""

    operation: int
    still: Stillness
    promises: tuple[Promise, ...]


@dataclass
class Tally:
    """What was tried and what was found."""

    cuts: int = 0
    operations: int = 0
    audited: int = 0
    """Books that the second reader (tools/auditor.py) answers for."""
    contents: int = 0
    """How many of them differed, and were read from end to end."""
    failings: int = 0
    actions: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)

    def add(self, where: str, verdict: Verdict) -> None:
        """Note what a start found."""
        self.lost += [f"{where}: {one}" for one in verdict.lost]
        self.corrupt += [f"{where}: {one}" for one in verdict.corrupt]


class Cuts:
    """Cuts the power of one town's machines; `tally` says what was found."""

    def __init__(
        self,
        starts: Starts,
        drive: Drive = SimDriver,
        spoil: Callable[[SimDisk], None] = lambda _: None,
        actions: Sequence[Action] = ACTIONS,
    ) -> None:
        """`spoil` is done to each disk before an action: what a harness must notice."""
        self._starts, self._drive, self._spoil = starts, drive, spoil
        self.actions = actions
        self.tally = Tally()
        self._reader = SecondReader()

    # -- an action and its moments ----------------------------------------------------

    def moments(self, action: Action, seed: str) -> tuple[Scene, list[Moment]]:
        """Let an action run to its end, and keep what each cut would meet."""
        scene = self.scene(action, seed)
        found: list[Moment] = []

        def watch(kind: str, _: str) -> None:
            if kind not in READING:
                found.append(_moment(scene))

        before = scene.disk.operations
        scene.disk.watch = watch
        action.do(scene)
        found.append(_moment(scene))
        scene.disk.watch = None
        self.tally.operations += scene.disk.operations - before
        self.tally.actions.add(action.name)
        return scene, found

    def scene(self, action: Action, seed: str) -> Scene:
        """A fresh machine, open where the action does not open it itself."""
        start = action.start(self._starts)
        scene = Scene(self._starts.town, start, start.disk.clone(), seed, self._drive)
        if not start.is_closed:
            scene.open()
        self._spoil(scene.disk)
        return scene

    # -- every operation --------------------------------------------------------------

    def every(self, action: Action, seed: int) -> None:
        """Cut before each operation, with each fate of what was not flushed."""
        scene, moments = self.moments(action, f"every-{seed}")
        for moment in moments:
            for fate in Fate:
                chance = Random(f"{seed}/{action.name}/{moment.operation}/{fate}")
                self._cut(scene, moment, chance, fate)

    def _cut(
        self, scene: Scene, moment: Moment, chance: Random, fate: Fate | None
    ) -> Scene | None:
        """One cut, one start, everything checked."""
        disk = SimDisk.found_after(moment.still, chance, fate)
        # Drawn from the scene alone: what heals to the same goes on to the same.
        healed = scene.again(disk, moment.promises, f"healed-{scene.seed}")
        said = fate.value if fate else "mixed"
        where = f"cut {self.tally.cuts} before operation {moment.operation}, {said}"
        self.tally.cuts += 1
        return healed if self._start(healed, where) else None

    def _start(self, healed: Scene, where: str) -> bool:
        verdict = self.read(healed, started(healed))
        if verdict.is_good and self.tally.cuts % LIVED_EACH == 0:
            verdict = self.read(healed, lived(healed))
        self.tally.add(where, verdict)
        return verdict.is_good

    def read(self, healed: Scene, verdict: Verdict) -> Verdict:
        """Where our own code found nothing, what the second reader finds."""
        if not verdict.is_good:
            return verdict
        said = self._reader.read(healed)
        self.tally.audited = self._reader.books
        self.tally.contents = self._reader.contents
        return said

    # -- at random --------------------------------------------------------------------

    def at_random(self, chance: Random, each: int = 60) -> Iterator[int]:
        """Actions in any order, in `each` of them so many cuts; gives how many were made."""
        while True:
            action = chance.choice(self.actions)
            scene, moments = self.moments(action, f"random-{chance.random()}")
            for _ in range(each):
                before = self.tally.cuts
                healed = self._cut(scene, chance.choice(moments), chance, None)
                if healed is not None and chance.random() < _TWICE:
                    self._cut_again(healed, chance)
                yield self.tally.cuts - before

    def _cut_again(self, healed: Scene, chance: Random) -> None:
        """It worked on; now its power goes too, and once more while it heals."""
        healed.disk.watch = None
        moments: list[Moment] = []
        again = healed.again(healed.disk, healed.promises, f"again-{healed.seed}")
        healed.disk.crash(chance)

        def watch(kind: str, _: str) -> None:
            if kind not in READING:
                moments.append(_moment(again))

        again.disk.watch = watch
        verdict = started(again)
        again.disk.watch = None
        verdict = self.read(again, verdict)
        self.tally.cuts += 1
        self.tally.add("the second start", verdict)
        if moments:
            self._cut(again, chance.choice(moments), chance, None)


def _moment(scene: Scene) -> Moment:
    disk = scene.disk
    return Moment(disk.operations + 1, disk.still(), tuple(scene.promises))


def started(scene: Scene) -> Verdict:
    """Open after a cut, and judge; a book that does not open is corrupt."""
    try:
        scene.open()
        return scene.verdict()
    except (Refusal, OSError, AssertionError, KeyError, ValueError) as error:
        return Verdict(corrupt=(f"does not open: {type(error).__name__} {error}",))


def lived(scene: Scene) -> Verdict:
    """It goes on: another fact is recorded, kept and sealed, and all before it too."""
    try:
        if scene.start.name == OFFICE and scene.journal.authority.grant(SARI):
            scene.state(corrected(scene.person()))
        scene.journal.seal()
        return scene.verdict()
    except (Refusal, OSError, AssertionError) as error:
        return Verdict(corrupt=(f"does not go on: {type(error).__name__} {error}",))


def all_of(names: Sequence[str]) -> list[Action]:
    """The actions of these names."""
    return [one for one in ACTIONS if one.name in names]
