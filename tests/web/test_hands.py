"""Hands and eyes: every part is drawn, marked by more than a colour, and well formed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from perahu.enrolment.facts import FINGERS
from perahu.web.recording.hands import Mark, eyes, hands

KINDS = ("good", "fair", "weak", "open", "now", "missed", "excepted")


def test_it_works() -> None:
    """Ten fingers, each with the class of its mark and its score."""
    marks = {part: Mark("good", 70 + n) for n, part in enumerate(FINGERS)}
    root = ElementTree.fromstring(hands(marks))
    drawn = [one.get("class") for one in root.iter("g") if one.get("class")]
    assert drawn == ["mark is-good"] * 10
    scores = {one.text for one in root.iter("text") if one.get("class") == "score"}
    assert scores == {str(70 + n) for n in range(10)}


@pytest.mark.parametrize("kind", KINDS)
def test_it_marks_by_more_than_a_colour(kind: str) -> None:
    """A sign stands in each part that is not simply open."""
    root = ElementTree.fromstring(eyes({"left_iris": Mark(kind)}))
    signs = [one.text for one in root.iter("text") if one.get("class") == "sign"]
    assert bool(signs[0]) == (kind != "open") and not signs[1]


def test_it_stays_silent_for_screen_readers() -> None:
    """The list beside the picture says it all in words."""
    assert 'aria-hidden="true"' in hands({}) and 'aria-hidden="true"' in eyes({})
