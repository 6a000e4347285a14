"""The parts of a person, in our names, in SBI's words and in ISO/IEC 19794's numbers.

Our names are those of `perahu.enrolment.facts.PARTS` (a test keeps the two alike).
"""

from __future__ import annotations

from dataclasses import dataclass

from perahu.devices.ports import FACE, FINGER, IRIS, SIGNATURE

SLAP_LEFT, SLAP_RIGHT, SLAP_BOTH = "1", "2", "3"
"""SBI 0.9.5 deviceSubId: left hand or eye, right hand or eye, thumbs or both eyes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: which device takes it, and how the standards call it."""

    name: str
    kind: str
    position: int
    """ISO 19794-4 finger position 1..10, 19794-6 eye label 1 or 2, else 0."""
    subtype: str
    """SBI's bioSubType; "" of the face and the signature."""
    sub_id: str
    """SBI's deviceSubId."""


def _finger(position: int, side: str, finger: str) -> Part:
    """One of the ten fingers."""
    word = "Thumb" if finger == "thumb" else f"{finger.capitalize()}Finger"
    hand = SLAP_RIGHT if side == "right" else SLAP_LEFT
    sub_id = SLAP_BOTH if finger == "thumb" else hand
    subtype = f"{side.capitalize()} {word}"
    return Part(f"{side}_{finger}", FINGER, position, subtype, sub_id)


_NAMES = ("thumb", "index", "middle", "ring", "little")

PHOTO = Part("photo", FACE, 0, "", "0")
PAD = Part("signature", SIGNATURE, 0, "", "0")
FINGERS = tuple(
    _finger(5 * half + n, side, finger)
    for half, side in enumerate(("right", "left"))
    for n, finger in enumerate(_NAMES, 1)
)
IRISES = (
    Part("right_iris", IRIS, 1, "Right", SLAP_RIGHT),
    Part("left_iris", IRIS, 2, "Left", SLAP_LEFT),
)
BY_NAME = {part.name: part for part in (PHOTO, PAD, *FINGERS, *IRISES)}
BY_SUBTYPE = {(part.kind, part.subtype): part for part in BY_NAME.values()}
