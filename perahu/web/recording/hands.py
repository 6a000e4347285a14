"""Hands and eyes as pictures drawn by the server: they fill up as parts are taken.

Each part has a mark: good, fair, weak, open, now, missed, excepted. A mark is a colour, a
sign and (where there is one) the score, so that no one needs to see colours; the list of
parts beside the picture says the same in words, so the picture itself is hidden from
screen readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

WIDTH, HEIGHT = 640, 300
_SIGNS = {"good": "✓", "fair": "✓", "weak": "!", "missed": "!", "excepted": "–",
          "now": "…", "open": ""}  # fmt: skip


class Mark(NamedTuple):
    """How one part stands."""

    kind: str
    score: int = 0


class _Finger(NamedTuple):
    x: int
    y: int
    length: int
    turn: int = 0


_RIGHT = {
    "index": _Finger(96, 40, 150),
    "middle": _Finger(146, 18, 172),
    "ring": _Finger(196, 34, 156),
    "little": _Finger(246, 76, 114),
    "thumb": _Finger(84, 112, 136, -44),
}
"""The fingers of a right hand that lies on the scanner, in a box of 310 by 300."""
_BROAD, _PALM = 42, (92, 172, 200, 118)
_NAME_Y, _ASIDE = 240, 19
_BOX = 310


def hands(marks: Mapping[str, Mark]) -> SafeString:
    """Both hands as the person sees them, palms down."""
    left = format_html(
        '<g transform="translate({} 0) scale(-1 1)">{}</g>', _BOX, _hand("left", marks)
    )
    right = format_html(
        '<g transform="translate({} 0)">{}</g>', WIDTH - _BOX, _hand("right", marks)
    )
    middle = _PALM[0] + _PALM[2] // 2
    names = format_html(
        '<text class="side" x="{}" y="{}">{}</text><text class="side" x="{}" y="{}">{}</text>',
        _BOX - middle, _NAME_Y, gettext("kiri"), WIDTH - _BOX + middle, _NAME_Y,
        gettext("kanan"),
    )  # fmt: skip
    return _picture(WIDTH, HEIGHT, format_html("{}{}{}", left, right, names))


def _hand(side: str, marks: Mapping[str, Mark]) -> SafeString:
    x, y, width, height = _PALM
    palm = format_html(
        '<rect class="palm" x="{}" y="{}" width="{}" height="{}" rx="38"/>',
        x, y, width, height,
    )  # fmt: skip
    fingers = format_html_join(
        "",
        "{}",
        (
            (_finger(place, marks.get(f"{side}_{name}", Mark("open")), side),)
            for name, place in _RIGHT.items()
        ),
    )
    return format_html("{}{}", fingers, palm)


def _finger(place: _Finger, mark: Mark, side: str) -> SafeString:
    middle = place.x + _BROAD // 2
    turn = (
        format_html(
            ' transform="rotate({} {} {})"',
            place.turn,
            middle,
            place.y + place.length - 20,
        )
        if place.turn
        else ""
    )
    return format_html(
        '<g class="mark is-{}"{}><rect class="finger" x="{}" y="{}" width="{}" '
        'height="{}" rx="21"/>{}</g>',
        mark.kind, turn, place.x, place.y, _BROAD, place.length,
        _sign(middle, place.y + 26, mark, side == "left", place.turn),
    )  # fmt: skip


def _sign(x: int, y: int, mark: Mark, is_mirrored: bool, turn: int) -> SafeString:
    """The sign and the score, upright and readable in a mirrored or turned finger."""
    upright = f"rotate({-turn} {x} {y})" if turn else ""
    if is_mirrored:
        upright = f"{upright} translate({2 * x} 0) scale(-1 1)"
    score = str(mark.score) if mark.score else ""
    # In a turned thumb the score lies further down the thumb, not beside it.
    aside = (-_ASIDE if is_mirrored else _ASIDE) if turn else 0
    return format_html(
        '<g transform="{}"><text class="sign" x="{}" y="{}">{}</text>'
        '<text class="score" x="{}" y="{}">{}</text></g>',
        upright or "translate(0 0)", x, y + 6, _SIGNS[mark.kind],
        x + aside, y + 28, score,
    )  # fmt: skip


def eyes(marks: Mapping[str, Mark]) -> SafeString:
    """Both eyes as the person has them: the left one on the left."""
    drawn = format_html_join(
        "",
        "{}",
        (
            (_eye(x, marks.get(part, Mark("open"))),)
            for x, part in ((160, "left_iris"), (480, "right_iris"))
        ),
    )
    return _picture(WIDTH, 200, drawn)


def _eye(x: int, mark: Mark) -> SafeString:
    lid = f"M{x - 130} 100 Q{x} -20 {x + 130} 100 Q{x} 220 {x - 130} 100 Z"
    return format_html(
        '<g class="mark is-{}"><path class="lid" d="{}"/><circle class="finger" cx="{}" '
        'cy="100" r="56"/>{}</g>',
        mark.kind, lid, x, _sign(x, 94, mark, False, 0),
    )  # fmt: skip


def _picture(width: int, height: int, inside: SafeString) -> SafeString:
    return format_html(
        '<svg class="parts" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">'
        "{}</svg>",
        width, height, inside,
    )  # fmt: skip
