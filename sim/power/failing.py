"""Each operation of an action fails, once and from then on: refused in words, or done.

1. The action runs on a disk whose n-th operation gives EIO, ENOSPC or half a write.
2. It returns, or raises a Refusal, whose words a person reads. Anything else is a finding.
3. The disk is mended. The process starts anew: every promise holds, nothing is half there.
4. What was refused is asked again under the same id, as a person would: now it is done.
5. Then the power goes, with nothing kept that was not flushed, and everything is checked once
   more. A flush that failed may have lost what it held (Linux thinks it clean afterwards), so
   whatever is promised in step 4 must not rest on it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from perahu.words import Refusal
from sim.medium import Fate
from sim.power.actions import Action
from sim.power.cuts import Cuts, started
from sim.power.promises import Verdict
from sim.power.scene import Scene

_TAKES_ROOM = frozenset({"create", "write", "rename", "make folder"})
WAYS = ("EIO", "ENOSPC", "short")


@dataclass(frozen=True, slots=True)
class Failing:
    """One operation of one action, and how it fails."""

    action: Action
    after: int
    way: str
    for_ever: bool
    place: str
    """Which kind of operation, on which file."""

    @property
    def words(self) -> str:
        """For whoever looks for it again."""
        often = "for ever" if self.for_ever else "once"
        where = f"operation {self.after} ({self.place})"
        return f"{self.action.name}: {where} {self.way} {often}"


def failings(cuts: Cuts, action: Action) -> Iterator[Failing]:
    """Every way in which an operation of this action can fail."""
    scene, seen = cuts.scene(action, "failing"), list[tuple[str, str]]()
    scene.disk.watch = lambda kind, name: seen.append((kind, name))
    action.do(scene)
    scene.disk.watch = None
    for after, (kind, name) in enumerate(seen, start=1):
        for way in WAYS:
            if way == "ENOSPC" and kind not in _TAKES_ROOM:
                continue
            if way == "short" and kind != "write":
                continue
            for for_ever in (False, True):
                yield Failing(action, after, way, for_ever, f"{kind} {name}")


def every_failing(cuts: Cuts) -> list[Failing]:
    """Of all actions."""
    return [one for action in cuts.actions for one in failings(cuts, action)]


def fail(cuts: Cuts, one: Failing) -> None:
    """Let it fail, and judge what is left; the findings go to the tally."""
    scene = cuts.scene(one.action, "failing")
    error = errno.EIO if one.way == "EIO" else errno.ENOSPC
    scene.disk.fail(
        error, after=one.after, for_ever=one.for_ever, short=one.way == "short"
    )
    cuts.tally.failings += 1
    cuts.tally.add(one.words, _after(cuts, scene, one))


def _after(cuts: Cuts, scene: Scene, one: Failing) -> Verdict:
    try:
        one.action.do(scene)
    except Refusal:
        pass
    except (OSError, AssertionError, KeyError, ValueError, TypeError) as error:
        return Verdict(corrupt=(f"not in words: {type(error).__name__} {error}",))
    scene.disk.mend()
    scene.disk.kill()
    healed = scene.again(scene.disk, scene.promises, "mended")
    verdict = cuts.read(healed, started(healed))
    if not verdict.is_good:
        return verdict
    try:
        healed.ask_again(scene.refused)
    except (Refusal, OSError, AssertionError) as error:
        return Verdict(corrupt=(f"refused again: {type(error).__name__} {error}",))
    healed.disk.crash(Random(one.after), Fate.DROP)
    last = healed.again(healed.disk, healed.promises, "dropped")
    verdict = cuts.read(last, started(last))
    return _said(verdict, "after the cut: ")


def _said(verdict: Verdict, before: str) -> Verdict:
    return Verdict(
        tuple(before + said for said in verdict.lost),
        tuple(before + said for said in verdict.corrupt),
    )
