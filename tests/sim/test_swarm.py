"""What seeds draw: few kinds mostly, every kind sometimes, and nothing out of bounds."""

from __future__ import annotations

from dataclasses import fields

from sim.faults import FAULTS
from sim.image import OFFICES
from sim.stick import Luck
from sim.swarm import DESTROYERS, ROAD, STICKS, plan_of

PLANS = [plan_of(seed) for seed in range(1, 600)]


def test_it_draws_the_same_plan_for_the_same_seed() -> None:
    """A plan is its seed."""
    assert plan_of(77) == plan_of(77) != plan_of(78)


def test_it_knows_more_than_thirty_kinds() -> None:
    """Each with words in both languages, each in some world of a few hundred."""
    assert len(FAULTS) >= 30
    assert all(words.id and words.en for words in FAULTS.values())
    assert set().union(*(plan.kinds for plan in PLANS)) == set(FAULTS)


def test_it_draws_few_kinds_mostly() -> None:
    """An even mix hides what needs a pair of faults again and again."""
    sizes = sorted(len(plan.kinds) for plan in PLANS)
    assert sizes[len(sizes) // 2] <= 15
    assert any(size == len(FAULTS) for size in sizes)


def test_it_stays_within_bounds() -> None:
    """Two to twelve nodes, up to 400 days."""
    for plan in PLANS:
        assert 2 <= plan.nodes <= len(OFFICES) and 1 <= plan.days <= 400
        assert all(0 < node < plan.nodes for node, _, _ in plan.outages)
        assert all(0 <= begin <= end <= plan.days for _, begin, end in plan.outages)
    assert max(plan.days for plan in PLANS) > 300
    assert max(end - begin for p in PLANS for _, begin, end in p.outages) > 150


def test_it_names_kinds_that_are_there() -> None:
    """Groups of kinds hold known names only; every fate of a stick is one."""
    assert set(FAULTS) >= ROAD | STICKS | DESTROYERS
    assert {one.name for one in fields(Luck)} == STICKS
