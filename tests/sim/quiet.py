"""A world in which nothing goes wrong, at its end and still open: checks are tried on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sim.chance import seeded_age
from sim.image import Image
from sim.swarm import Plan, plan_of
from sim.world import Result, World


def calm_plan(nodes: int) -> Plan:
    """So many machines (the third is the provinsi), a week, no trouble."""
    plan = plan_of(1)
    return replace(
        plan, nodes=nodes, days=7, acts=24, contacts=8, kinds=frozenset(), rates={},
        outages=(), has_mirrors=False, has_recordings=False, has_erasure=False,
        luck=type(plan.luck)(),
        weather=type(plan.weather)(),
    )  # fmt: skip


@contextmanager
def quiet_world(image: Image, folder: Path, nodes: int = 3) -> Iterator[World]:
    """Played to its end, checked by nobody yet."""
    made = World(1, image, folder, calm_plan(nodes))
    with seeded_age(made.dice):
        made._settle()
        made._safety()
        made._liveness()
        yield made
    made._end(Result(1))
