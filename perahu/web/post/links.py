"""The memory of links as a page shows it: picture, carriers, last contacts, of one node.

What the node itself told is the truth; hours of which it told nothing are filled with
what this node saw of it, and those have no carrier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from perahu.contacts import reads
from perahu.contacts.reads import LinkHour
from perahu.contacts.rules import Line
from perahu.contacts.rules_words import SORT_WORDS, reason_words
from perahu.web.post.contact_picture import (
    DAYS,
    HOUR_MS,
    Letters,
    colour_of,
    contact_picture,
    day_words,
    first_hour,
    letters_of,
    sums_of,
)
from perahu.web.post.ports import Hour
from perahu.web.templatetags.perahu import clock, day
from perahu.words import Words

LINES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class CarrierShown:
    """One carrier over the week."""

    letter: str
    name: str
    sums: LinkHour

    @property
    def sort(self) -> Words | None:
        """What sort of carrier it is, where node.toml says."""
        return SORT_WORDS.get(self.sums.sort)

    @property
    def colour(self) -> int:
        """Its colour in the picture."""
        return colour_of(self.sums.sort)


@dataclass(frozen=True, slots=True)
class LineShown:
    """One contact, or several alike."""

    line: Line
    when: str
    seconds: int

    @property
    def reason(self) -> Words:
        """Why it ended."""
        return reason_words(self.line.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksShown:
    """One node's week, for a template."""

    name: str
    picture: SafeString
    carriers: list[CarrierShown]
    lines: list[LineShown]
    has_hours: bool
    """Anything was tried at all."""
    has_unnamed: bool
    """Some hours are only known from the other end: no carrier."""


def week_of(
    told: Sequence[LinkHour], heard: Sequence[Hour], now_ms: int
) -> list[LinkHour]:
    """What a node told of its week, filled up with what was seen of it from here."""
    first = first_hour(now_ms)
    known = {one.hour for one in told}
    seen = [
        LinkHour(
            hour=one.from_ms // HOUR_MS, carrier="", contacts=one.contacts,
            failures=one.failures, sent_bytes=one.sent_bytes,
            received_bytes=one.received_bytes, busy_ms=one.busy_ms,
        )
        for one in heard
        if one.from_ms // HOUR_MS not in known
    ]  # fmt: skip
    last = first + DAYS * 24
    return [one for one in [*told, *seen] if first <= one.hour < last]


def links_of(
    name: str,
    hours: Sequence[LinkHour],
    lines: Sequence[Line],
    now_ms: int,
) -> LinksShown:
    """The week and the last contacts of one node."""
    letters = letters_of((one.carrier, one.sort) for one in hours)
    newest = sorted(lines, key=lambda line: -line.to_ms)[:LINES_SHOWN]
    return LinksShown(
        name=name,
        picture=contact_picture(hours, now_ms, name, letters),
        carriers=carriers_of(hours, letters),
        lines=[_line_shown(line, now_ms) for line in newest],
        has_hours=any(one.tries for one in hours),
        has_unnamed=any(not one.carrier and one.contacts for one in hours),
    )


def carriers_of(hours: Sequence[LinkHour], letters: Letters) -> list[CarrierShown]:
    """The carriers of these hours, the busiest first."""
    return [
        CarrierShown(letters[name], name, sums)
        for name, sums in sums_of(hours).items()
        if name
    ]


def own_links(
    name: str,
    node: bytes,
    untold: Sequence[Line],
    heard: Sequence[Hour],
    now_ms: int,
) -> LinksShown:
    """This node's own week with the node it calls, also what it has not told yet."""
    first = first_hour(now_ms)
    together: dict[tuple[int, str], LinkHour] = {}
    for one in [*reads.hours(node, first), *reads.hours_of(untold).values()]:
        key = (one.hour, one.carrier)
        together[key] = together[key].plus(one) if key in together else one
    hours = week_of(list(together.values()), heard, now_ms)
    lines = [*untold, *reads.last_lines(node, LINES_SHOWN)]
    return links_of(name, hours, lines, now_ms)


def heard_links(name: str, heard: Sequence[Hour], now_ms: int) -> LinksShown:
    """A node of which only this end tells."""
    return links_of(name, week_of([], heard, now_ms), [], now_ms)


def links_of_office(
    name: str, node: bytes, heard: Mapping[bytes, Sequence[Hour]], now_ms: int
) -> LinksShown:
    """An office's week as it told it, filled up with what the hub saw."""
    told = reads.hours(node, first_hour(now_ms))
    hours = week_of(told, heard.get(node, []), now_ms)
    return links_of(name, hours, reads.last_lines(node, LINES_SHOWN), now_ms)


def _line_shown(line: Line, now_ms: int) -> LineShown:
    begun = _hour_minute(line.from_ms)
    if line.count > 1 and line.to_ms - line.from_ms > 60_000:
        begun = f"{begun}–{_hour_minute(line.to_ms)}"
    if day(line.from_ms) != day(now_ms):
        begun = f"{day_words(line.from_ms)} {begun}"
    return LineShown(line, begun, max(1, (line.busy_ms + 500) // 1000))


def _hour_minute(wall_ms: int) -> str:
    """Without the zone: the axis of the picture above has the same."""
    return clock(wall_ms).split(" ")[0]
