"""The parts of a recording as a desk meets them: in groups, and how good each is.

A group is what is asked of a person at once: "the four fingers of the right hand". Inside
a group the parts come in the order of `PARTS`.

Example: `group_of("left_hand").parts` begins with "left_index".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perahu.enrolment.facts import FINGERS, IRISES, PHOTO, SIGNATURE
from perahu.enrolment.rules import PartState, quality
from perahu.enrolment.rules_parts import part_words
from perahu.words import Words


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that are captured in one go."""

    name: str
    words: Words
    parts: tuple[str, ...]


def _hand(side: str) -> tuple[str, ...]:
    return tuple(one for one in FINGERS if one.startswith(side) and "thumb" not in one)


GROUPS = (
    Group(PHOTO, Words("foto", "photo"), (PHOTO,)),
    Group(SIGNATURE, Words("tanda tangan", "signature"), (SIGNATURE,)),
    Group(
        "right_hand", Words("empat jari kanan", "four right fingers"), _hand("right")
    ),
    Group("left_hand", Words("empat jari kiri", "four left fingers"), _hand("left")),
    Group(
        "thumbs",
        Words("kedua jempol", "both thumbs"),
        tuple(one for one in FINGERS if "thumb" in one),
    ),
    Group("irises", Words("kedua iris", "both irises"), IRISES),
)
"""Every part is in one group."""

GOOD, FAIR, WEAK = "good", "fair", "weak"
_QUALITY_WORDS = {
    GOOD: Words("baik", "good"),
    FAIR: Words("cukup", "fair"),
    WEAK: Words("lemah", "weak"),
}
_BACKGROUNDS = {
    "red": Words("merah", "red"),
    "blue": Words("biru", "blue"),
    "orange": Words("jingga", "orange"),
}


def background_words(colour: str) -> Words:
    """The colour that hangs behind a person."""
    return _BACKGROUNDS.get(colour, Words(colour, colour))


def quality_of(part: str, score: int) -> str:
    """good, fair or weak, by the limits of this part."""
    wanted = quality(part)
    if score >= wanted.requested:
        return GOOD
    return FAIR if score >= wanted.floor else WEAK


def quality_words(part: str, score: int) -> Words:
    """The same for people."""
    return _QUALITY_WORDS[quality_of(part, score)]


def group_of(name: str) -> Group | None:
    """The group of this name, or the single part of this name as a group of its own."""
    for group in GROUPS:
        if name == group.name:
            return group
        if name in group.parts:
            return Group(name, part_words(name), (name,))
    return None


def open_in(group: Group, parts: Mapping[str, PartState]) -> tuple[str, ...]:
    """What of a group is still to take or to except."""
    settled = ("captured", "excepted")
    return tuple(
        one
        for one in group.parts
        if one not in parts or parts[one].status not in settled
    )
