"""The map of a kabupaten dressed for its page: levels as colour, pattern, sign and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.urls import reverse

from perahu.web.district import borders
from perahu.web.district.alarms import Level
from perahu.web.district.figures import District, KecamatanSeen
from perahu.web.district.maps import Picture, Shape, outline, schematic, tiles
from perahu.web.ports import Office
from perahu.words import Refusal, Words

LINE_HEIGHT = 18


class MapShelf(Protocol):
    """Where the node keeps the borders an office loaded; `parts["map"]`."""

    def read(self) -> bytes | None:
        """The small form, or None where nothing was loaded."""

    def keep(self, raw: bytes) -> None:
        """Keep a small form in the place of the one before."""

    def forget(self) -> None:
        """Go back to the scheme."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a level looks: a class for colour and pattern, a sign, a word."""

    name: str
    sign: str
    words: Words

    @classmethod
    def of(cls, level: Level | None) -> Look:
        """The look of a level; None is a kecamatan without an office."""
        if level is None:
            return cls("none", "–", _NO_OFFICE)
        return cls(level.name_of_class, level.mark, level.words)


_NO_OFFICE = Words("belum ada kantor", "no office yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One kecamatan on the map, dressed for the page."""

    shape: Shape
    look: Look
    title: str
    href: str
    sign_y: float
    lines: tuple[tuple[str, float], ...]


def picture_of(office: Office, seen: District) -> tuple[Picture, Words | None]:
    """The map, and why the loaded borders could not be drawn."""
    shelf: MapShelf | None = office.parts.get("map")
    raw = shelf.read() if shelf else None
    try:
        if raw is not None:
            return outline(borders.load(raw), seen.names), None
    except Refusal as refusal:
        return tiles(schematic(seen.names)), refusal.words
    return tiles(schematic(seen.names)), None


def marks_of(picture: Picture, seen: District, language: str) -> list[Mark]:
    found = {one.code: one for one in seen.kecamatan}
    return [_mark(shape, found[shape.code], language) for shape in picture.shapes]


def _mark(shape: Shape, one: KecamatanSeen, language: str) -> Mark:
    look_ = Look.of(one.level)
    why = "; ".join(alarm.words.in_(language) for alarm in one.alarms)
    title = f"{one.name}: {look_.words.in_(language)}{f' ({why})' if why else ''}"
    if len(one.offices) == 1:
        href = reverse("district-office", args=[one.offices[0].node.node_id.hex()])
    else:
        href = f"#kec-{one.code}" if one.offices else "#belum-ada-kantor"
    top = shape.y - (len(shape.lines) + 1) * LINE_HEIGHT / 2 + 14
    lines = tuple(
        (line, round(top + (n + 1) * LINE_HEIGHT, 1))
        for n, line in enumerate(shape.lines)
    )
    return Mark(
        shape=shape,
        look=look_,
        title=title,
        href=href,
        sign_y=round(top, 1),
        lines=lines,
    )
