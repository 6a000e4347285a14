"""The mix of outcomes the demo's centre deals."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from perahu.centre.sim import SimulatorSettings
from perahu.centre.sim_plan import MIXED, deal, mixed
from tests.centre.packets import create_packet, hand_centre


def test_it_deals_thirty_as_promised() -> None:
    """Of thirty, twenty-five pass and each special outcome comes once."""
    counts = Counter(mixed(30, 4))
    assert counts == Counter({"PRR": 25, **dict.fromkeys(MIXED, 1)})


@given(people=st.integers(0, 400), seed=st.integers(0, 50))
def test_it_scales_with_the_people(people: int, seed: int) -> None:
    """A sixth is special, evenly among the kinds, whatever the number."""
    counts = Counter(mixed(people, seed))
    special = [counts[name] for name in MIXED]
    assert sum(special) == people // 6
    assert max(special) - min(special) <= 1
    assert counts["PRR"] == people - people // 6


def test_it_depends_on_the_seed_alone() -> None:
    """The same seed deals the same, another seed another order."""
    assert mixed(60, 1) == mixed(60, 1)
    assert mixed(60, 1) != mixed(60, 2)


@given(st.permutations([f"17030101019{n:05d}" for n in range(12)]))
def test_it_deals_by_nik_in_any_order(niks: list[str]) -> None:
    """Who gets what does not depend on the order of the list."""
    assert deal(niks, 3) == deal(sorted(niks), 3)


def test_it_mixes_packets_in_order_of_arrival() -> None:
    """A centre started with the plan `mixed` gives thirty packets the promised fates."""
    hand = hand_centre(settings=SimulatorSettings(seed=3, plan="mixed"))
    for person in range(30):
        hand.centre.submit(create_packet(person=person))
    hand.pass_days(100)
    assert hand.centre.truth()["statuses"] == {
        "PRINT_READY_RECORD": 25,
        "DUPLICATE_RECORD": 2,
        "ADJUDICATE_RECORD": 1,
        "ENROLL_FAILURE_AT_CENTRAL": 1,
        "SENT_FOR_ENROLLMENT": 1,
    }


def test_it_tells_the_same_story_for_the_same_seed() -> None:
    """Two centres of one seed tell the same statuses at the same times."""

    def story(seed: int) -> list[object]:
        hand = hand_centre(settings=SimulatorSettings(seed=seed, plan="mixed"))
        for person in range(12):
            hand.centre.submit(create_packet(person=person))
        hand.pass_days()
        return list(hand.told)

    assert story(1) == story(1)
    assert story(1) != story(2)
