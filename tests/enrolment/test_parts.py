"""Parts in the groups of a desk, and how good each is."""

from __future__ import annotations

import pytest

from perahu.enrolment.facts import PARTS
from perahu.enrolment.rules_parts import (
    GROUPS,
    background_words,
    group_of,
    open_in,
    quality_of,
    quality_words,
)
from tests.enrolment.builders import create_state


def test_it_works() -> None:
    """Every part is in one group, and only what is open is asked for."""
    assert sorted(part for group in GROUPS for part in group.parts) == sorted(PARTS)
    hand = group_of("left_hand")
    assert hand is not None
    state = create_state(taken=("left_index", "left_ring"), excepted=("left_little",))
    assert open_in(hand, state.parts) == ("left_middle",)


def test_it_makes_a_group_of_one_part() -> None:
    """A finger by its name is asked for alone; what is no part is none."""
    one = group_of("left_ring")
    assert one is not None and one.parts == ("left_ring",)
    assert one.words.id == "jari manis kiri"
    assert group_of("toe") is None and group_of("") is None


@pytest.mark.parametrize(
    ("score", "kind", "words"),
    [
        (60, "good", "baik"),
        (59, "fair", "cukup"),
        (35, "fair", "cukup"),
        (34, "weak", "lemah"),
    ],
)
def test_it_calls_a_score_by_a_word(score: int, kind: str, words: str) -> None:
    """The limits are those by which the rules judge."""
    assert quality_of("left_ring", score) == kind
    assert quality_words("left_ring", score).id == words


def test_it_names_the_background() -> None:
    """As people say it; what is unknown stays as it came."""
    assert background_words("orange").id == "jingga"
    assert background_words("").id == ""
