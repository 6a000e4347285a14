"""The three nodes of a pair story, founded once: keys, certificates, first facts.

Every story begins from a copy of these disks.
"""

from __future__ import annotations

import dataclasses
from functools import cache

from sim.canaries.pair.machines import CAST, FOLDER, Machine, Papers, officer_of
from sim.canaries.pair.road import meet
from sim.chance import Dice
from sim.disk import SimDisk
from sim.papers import ALWAYS, Enrolled, Issuing, bring, first_facts, grant


@cache
def founded() -> tuple[Papers, ...]:
    """All three, with the hub's first facts known everywhere; they have met once."""
    dice = Dice("pair")
    issuing = Issuing(dice)
    enrolled = [issuing.enrol(dice, *one) for one in CAST]
    made = [Machine(_new(one, issuing), "founding") for one in enrolled]
    hub = made[0]
    grants = [grant(officer_of(name), name, at, valid=ALWAYS) for name, _, at in CAST]
    with hub.journal.writing() as book:
        book.append(hub.ask(), first_facts(enrolled, grants))
    hub.journal.seal()
    for office in made[1:]:
        bring(hub.journal, office.journal)
        office.journal.catch_up()
        meet(office, hub)
    return tuple(_kept(one) for one in made)


def _new(one: Enrolled, issuing: Issuing) -> Papers:
    """A node with nothing but its certificate."""
    disk = SimDisk()
    disk.put(FOLDER / "certificate", one.chain.encode())
    image = disk.snapshot()
    return Papers(one.name, one.keys, one.node_id, issuing.root_public, image, {}, 0)


def _kept(one: Machine) -> Papers:
    one.journal.close()
    return dataclasses.replace(
        one.papers,
        image=one.disk.snapshot(),
        rows=one.rows.rows,
        position=one.rows.position(),
    )
