"""Comparing fingers, and the templates they are compared by."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.devices import matcher, minutiae
from perahu.devices.matcher import THRESHOLD, MinutiaeMatcher
from perahu.devices.minutiae import Minutia, Template
from perahu.devices.parts import BY_NAME
from perahu.devices.ports import DeviceFault, FingerMatcher
from perahu.devices.synth.person import Person, record_of
from tests.devices.scanners.desk import TAKEN


@cache
def template(seed: int, part: str = "right_index", number: int = 0) -> bytes:
    """The template of one capture."""
    person = Person(seed, quality={"*": 75})
    return matcher.extract(record_of(person, BY_NAME[part], number, TAKEN)[0])


@pytest.mark.parametrize("seed", range(6))
def test_it_knows_a_finger_again(seed: int) -> None:
    """Two captures of one finger are above the threshold, well above it."""
    for part in ("right_index", "left_index"):
        score = matcher.match(template(seed, part, 0), template(seed, part, 1))
        assert score >= THRESHOLD + 10


def test_it_takes_no_other_finger_for_it() -> None:
    """Different people, and the two hands of one person, stay well below it."""
    for one in range(6):
        left = template(one, "left_index")
        for other in range(6):
            assert matcher.match(left, template(other)) <= THRESHOLD - 10
            if one != other:
                assert matcher.match(template(one), template(other)) <= THRESHOLD - 10


def test_it_works_through_the_port() -> None:
    """The class is the port's matcher, and gives the same answers."""
    port: FingerMatcher = MinutiaeMatcher()
    assert port.threshold == THRESHOLD
    assert port.match(template(1), template(1)) == 100
    record, _ = record_of(
        Person(1, quality={"*": 75}), BY_NAME["right_index"], 0, TAKEN
    )
    assert port.extract(record) == template(1)


def test_it_compares_both_ways_alike() -> None:
    """Which of the two was first hardly matters."""
    one, other = template(2, number=0), template(2, number=1)
    assert abs(matcher.match(one, other) - matcher.match(other, one)) <= 5


def test_it_keeps_a_template_small() -> None:
    """A template fits the chip's 0.6 kB."""
    assert all(len(template(seed)) <= 600 for seed in range(6))
    full = tuple(Minutia(n, n, n, 1, 50) for n in range(minutiae.MINUTIAE_MAX))
    assert len(minutiae.write(Template(2, 416, 560, 80, full))) <= 600


def test_it_refuses_a_record_that_is_no_finger() -> None:
    """An eye has no minutiae."""
    record, _ = record_of(Person(1), BY_NAME["left_iris"], 0, TAKEN)
    with pytest.raises(DeviceFault) as refused:
        matcher.extract(record)
    assert refused.value.code == "wrong_part"


def test_it_matches_nothing_with_too_few_minutiae() -> None:
    """An almost empty template is like no other, not even itself."""
    few = minutiae.write(Template(2, 416, 560, 80, (Minutia(9, 9, 0, 1, 50),)))
    assert matcher.match(few, few) == 0
    assert matcher.match(few, template(1)) == 0


MINUTIAE = st.builds(
    Minutia,
    st.integers(0, 415),
    st.integers(0, 559),
    st.integers(0, 255),
    st.integers(0, 2),
    st.integers(0, 100),
)


@given(st.lists(MINUTIAE, max_size=80), st.integers(0, 10), st.integers(0, 100))
def test_it_reads_the_template_it_wrote(
    rows: list[Minutia], position: int, quality: int
) -> None:
    """A template comes back as it was."""
    made = Template(position, 416, 560, quality, tuple(rows))
    assert minutiae.parse(minutiae.write(made)) == made


@given(st.lists(MINUTIAE, max_size=40), st.lists(MINUTIAE, max_size=40))
def test_it_scores_any_two_templates(one: list[Minutia], other: list[Minutia]) -> None:
    """Whatever stands in two templates, the score is 0..100."""
    pair = (minutiae.write(Template(2, 416, 560, 80, tuple(r))) for r in (one, other))
    assert 0 <= matcher.match(*pair) <= 100


@given(st.integers(0, 60), st.integers(1, 255))
def test_it_never_breaks_on_a_broken_template(place: int, flip: int) -> None:
    """A flipped byte gives a refusal or another template, a cut always a refusal."""
    broken = bytearray(template(1))
    broken[place] ^= flip
    try:
        assert 0 <= matcher.match(bytes(broken), template(1)) <= 100
    except DeviceFault as refused:
        assert refused.code == "bad_answer"
    with pytest.raises(DeviceFault):
        minutiae.parse(template(1)[: place + 1])
