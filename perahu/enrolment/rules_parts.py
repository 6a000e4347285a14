"""The parts of a person at a desk: in words, in groups, and how good each is.

A group is what is asked of a person at once: "the four fingers of the right hand". Inside
a group the parts come in the order of `PARTS`.

Fingers carry the number that letters of the centre use (ISO 19794-4): 1 to 5 from the
right thumb, 6 to 10 from the left.

Example: `part_words("left_index")` is "telunjuk kiri"; `called_words("left_index")` is
"telunjuk kiri (jari 7)".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perahu.enrolment.facts import FINGERS, IRISES, PARTS, PHOTO, SIGNATURE
from perahu.enrolment.rules import PartState, quality
from perahu.words import Words

_FINGERS = {
    "thumb": Words("jempol", "thumb"),
    "index": Words("telunjuk", "index finger"),
    "middle": Words("jari tengah", "middle finger"),
    "ring": Words("jari manis", "ring finger"),
    "little": Words("kelingking", "little finger"),
    "iris": Words("iris", "iris"),
}
_SIDES = {"right": Words("kanan", "right"), "left": Words("kiri", "left")}
_PLAIN = {
    "photo": Words("foto", "photo"),
    "signature": Words("tanda tangan", "signature"),
}
_REASONS = {
    "JARI_TIDAK_ADA": Words("jari tidak ada", "the finger is missing"),
    "JARI_CACAT_SEMENTARA": Words(
        "jari cedera sementara", "the finger is hurt for now"
    ),
    "JARI_TERBALUT": Words("jari terbalut", "the finger is bandaged"),
    "SIDIK_TIDAK_TERBACA": Words("sidik tidak terbaca", "the print cannot be read"),
    "MATA_TIDAK_ADA": Words("mata tidak ada", "the eye is missing"),
    "KATARAK_IRIS_TIDAK_TERBACA": Words(
        "katarak, iris tidak terbaca", "cataract, the iris cannot be read"
    ),
    "TIDAK_BISA_DIAM": Words("tidak bisa diam", "cannot keep still"),
    "TIDAK_BISA_TTD": Words("tidak bisa tanda tangan", "cannot sign"),
    "LAINNYA": Words("lainnya", "another reason"),
}


def part_words(part: str) -> Words:
    """`left_iris` as people say it."""
    side, _, name = part.partition("_")
    if side not in _SIDES or name not in _FINGERS:
        return _PLAIN.get(part, Words(part, part))
    what, which = _FINGERS[name], _SIDES[side]
    return Words(f"{what.id} {which.id}", f"{which.en} {what.en}")


def finger_number(part: str) -> int:
    """1 to 10, or 0 for what is no finger."""
    return FINGERS.index(part) + 1 if part in FINGERS else 0


def called_words(part: str) -> Words:
    """The same with the finger's number, as letters of the centre name it."""
    words, number = part_words(part), finger_number(part)
    if not number:
        return words
    return Words(f"{words.id} (jari {number})", f"{words.en} (finger {number})")


def parts_words(parts: Sequence[str]) -> Words:
    """Several parts in one phrase, in the order in which they are taken."""
    named = [called_words(part) for part in PARTS if part in parts]
    return Words(
        _joined([one.id for one in named], "dan"),
        _joined([one.en for one in named], "and"),
    )


_GOING_ON = {
    "confirm": Words("bacakan biodata", "read the biodata aloud"),
    "verify": Words("cocokkan kedua telunjuk", "compare both index fingers"),
    "sign": Words("minta tanda tangan pernyataan", "have the statement signed"),
    "complete": Words("tutup paketnya", "close the packet"),
    "proof": Words("berikan bukti perekaman", "give the proof of recording"),
    "done": Words("selesai", "done"),
    "abandoned": Words("dihentikan", "given up"),
}


def going_on_words(step: str, part: str) -> Words:
    """Where a recording goes on (`rules.Step`), as the end of "goes on with: …"."""
    if step == "capture":
        return called_words(part)
    return _GOING_ON[step]


def _joined(texts: Sequence[str], and_: str) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {and_} {texts[-1]}"


def reason_words(reason: str) -> Words:
    """A reason for an exception."""
    return _REASONS.get(reason, Words(reason, reason))


# --- groups, and how good a part is ---------------------------------------------------


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
