"""One story of a hub and two offices, told by a seed, and what did not hold in it.

The seed draws a few kinds of trouble out of all (a mix of everything hides what only some
of it shows), then some twenty steps. After each step what was promised is looked for; then
the trouble ends, and within a few contacts all of it must be at the hub.
"""

from __future__ import annotations

from sim.canaries.pair.checks import check_quiet, check_step
from sim.canaries.pair.desk import contact, record, record_part
from sim.canaries.pair.founding import founded
from sim.canaries.pair.machines import (
    ENGGANO,
    KETAHUN,
    MIRROR,
    TOMORROW,
    Machine,
)
from sim.canaries.pair.road import meet
from sim.canaries.pair.told import Broken, Story, hold
from sim.canaries.pair.troubles import TROUBLES, Scene
from sim.chance import Chance
from sim.disk import PowerCut

STEPS, KINDS_AT_ONCE, ROUNDS_MAX = 22, 5, 6


def play(seed: int) -> str | None:
    """Tell the whole story; None where everything held, else what did not.

    What the program itself asserts is a finding as well, and so is anything it raises
    that nobody would have shown to a person.
    """
    story = begin(seed)
    try:
        for _ in range(STEPS):
            step(story)
        quiet(story)
    except Broken as broken:
        return f"{story.told[-1]}: {broken}"
    except (Exception, PowerCut) as error:  # noqa: BLE001 - said, as a finding
        return f"{story.told[-1]}: {type(error).__name__}: {error}"
    return None


def begin(seed: int) -> Story:
    """The machines as founded, and the kinds of trouble of this story."""
    chance = Chance("pair", seed)
    machines = {p.name: Machine(p, seed) for p in founded()}
    kinds = tuple(chance.sample(sorted(TROUBLES), KINDS_AT_ONCE))
    story = Story(seed, chance, machines, kinds)
    if chance.hits(0.35):
        story.office.disk.make_folder(MIRROR)
        story.office.has_mirror = True
    ketahun = machines[KETAHUN]
    ketahun.journal.close()
    ketahun.registry = TOMORROW
    ketahun.open()
    return story


def _call(story: Story) -> None:
    """Some office calls the hub."""
    contact(story)


def step(story: Story) -> None:
    """One thing happens, and everything is looked at."""
    scenes: list[Scene] = [record, record, record_part, _call]
    scene = story.chance.choice(scenes + [TROUBLES[kind] for kind in story.kinds])
    story.told.append(scene.__name__)
    scene(story)
    check_step(story)


def quiet(story: Story) -> None:
    """No more trouble: a few contacts, and nothing is left to be sent."""
    story.told.append("quiet")
    callers = [ENGGANO] if story.is_revoked else [ENGGANO, KETAHUN]
    for _ in range(ROUNDS_MAX):
        found = [contact(story, name=name) for name in callers]
        if not any(one.content_bytes for one in found):
            break
    for name in callers:
        last = meet(story.machines[name], story.hub)
        hold(last.is_finished, f"{name} and the hub never come to an end")
        # Two contents for one place are sent at each contact, until a person looks.
        is_still = not last.content_bytes or story.is_unseen_copy
        hold(is_still, f"{name} and the hub send the same again and again")
    check_quiet(story)
