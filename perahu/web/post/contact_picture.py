"""The last seven days of contact as a picture: a square an hour, its carrier a letter.

A filled square: there was contact, the darker the more bytes; the letter and the colour
say over which carrier; a bar at its foot is the share of tries that did not get on. A
ring: tried in vain; a dot: nothing was tried. Drawn as SVG with its meaning in words, so
that it prints and can be read aloud. The strip is the same, six hours a square, for a
table of many offices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from perahu.contacts.reads import LinkHour
from perahu.contacts.rules_words import SORT_LETTERS
from perahu.web.templatetags.perahu import clock, day, duration, number, size

HOUR_MS = 3_600_000
DAYS = 7
_CELL, _GAP, _LEFT, _TOP = 17, 3, 62, 20
_STEPS = (1, 20_000, 500_000, 5_000_000)
"""Bytes from which a square is one shade darker."""
_STRIP_HOURS, _STRIP_CELL, _STRIP_GAP, _STRIP_DAY = 6, 14, 1, 4
_COLOURS = {
    "kabel": 0, "lan": 0, "wifi": 1, "seluler": 1, "satelit": 2, "radio": 3, "vpn": 3,
}  # fmt: skip

Letters = Mapping[str, str]
"""The letter of each carrier by its name."""


def letters_of(carriers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A letter for each (name, sort): the sort's, a number where it is taken."""
    found = {"": ""}
    for name, sort in sorted(set(carriers)):
        if name in found:
            continue
        wished = SORT_LETTERS.get(sort, name[:1].upper())
        free = [str(n) for n in range(2, 10)] + ["+"]
        found[name] = next(
            (one for one in [wished, *free] if one not in found.values()), "+"
        )
    return found


def colour_of(sort: str) -> int:
    """Which of four colours a sort of carrier has."""
    return _COLOURS.get(sort, 3)


def contact_picture(
    hours: Sequence[LinkHour], now_ms: int, name: str, letters: Letters
) -> SafeString:
    """The picture of these hours, the newest day lowest."""
    by_hour = _by(hours, lambda hour: hour)
    first, last = first_hour(now_ms), now_ms // HOUR_MS
    step = _CELL + _GAP
    heads = [(_LEFT + h * step, f"{h:02d}") for h in range(0, 24, 3)]
    days = [
        (_TOP + d * step + _CELL - 4, day_words((first + d * 24) * HOUR_MS))
        for d in range(DAYS)
    ]
    cells = [
        _cell(
            by_hour.get(hour, []), _hour_words(hour),
            (_LEFT + i % 24 * step, _TOP + i // 24 * step, _CELL), letters,
        )
        for i, hour in enumerate(range(first, min(first + DAYS * 24, last + 1)))
    ]  # fmt: skip
    words = week_words(hours, name)
    return format_html(
        '<svg class="hours" role="img" viewBox="0 0 {} {}" aria-label="{}">'
        "<title>{}</title>{}{}{}</svg>",
        _LEFT + 24 * step,
        _TOP + DAYS * step,
        words,
        words,
        format_html_join("", '<text class="axis" x="{}" y="13">{}</text>', heads),
        format_html_join("", '<text class="axis" x="0" y="{}">{}</text>', days),
        format_html_join("", "{}", ((cell,) for cell in cells)),
    )


def contact_strip(
    hours: Sequence[LinkHour], now_ms: int, name: str, letters: Letters
) -> SafeString:
    """The same week in one line, six hours a square."""
    first, last = first_hour(now_ms), now_ms // HOUR_MS
    by_part = _by(hours, lambda hour: (hour - first) // _STRIP_HOURS)
    a_day = 24 // _STRIP_HOURS
    day_width = a_day * (_STRIP_CELL + _STRIP_GAP) + _STRIP_DAY
    parts = range((min(last, first + DAYS * 24 - 1) - first) // _STRIP_HOURS + 1)
    cells = [
        _cell(
            by_part.get(part, []),
            _part_words(first + part * _STRIP_HOURS),
            (
                part // a_day * day_width + part % a_day * (_STRIP_CELL + _STRIP_GAP),
                0, _STRIP_CELL,
            ), letters,
        )
        for part in parts
    ]  # fmt: skip
    words = week_words(hours, name)
    return format_html(
        '<svg class="strip-week" role="img" viewBox="0 0 {} {}" aria-label="{}">'
        "<title>{}</title>{}</svg>",
        DAYS * day_width - _STRIP_DAY,
        _STRIP_CELL,
        words,
        words,
        format_html_join("", "{}", ((cell,) for cell in cells)),
    )


def week_words(hours: Sequence[LinkHour], name: str) -> str:
    """What the picture says, for who does not see it."""
    said = gettext(
        "%(name)s, tujuh hari: %(contacts)s kontak, %(failures)s percobaan gagal, "
        "%(sent)s dikirim"
    ) % {
        "name": name,
        "contacts": number(sum(one.contacts for one in hours)),
        "failures": number(sum(one.failures for one in hours)),
        "sent": size(sum(one.sent_bytes for one in hours)),
    }
    sums = sums_of(hours)
    carriers = [
        gettext("%(carrier)s %(hours)d jam")
        % {"carrier": carrier, "hours": len(_met(hours, carrier))}
        for carrier in sums
        if carrier and _met(hours, carrier)
    ]
    return f"{said}; {', '.join(carriers)}" if carriers else said


def sums_of(hours: Iterable[LinkHour]) -> dict[str, LinkHour]:
    """Each carrier's hours added up, the busiest first."""
    found: dict[str, LinkHour] = {}
    for one in hours:
        known = found.get(one.carrier)
        found[one.carrier] = one if known is None else known.plus(one)
    ranked = sorted(found.values(), key=_weight, reverse=True)
    return {one.carrier: one for one in ranked}


def _weight(one: LinkHour) -> tuple[bool, int, int]:
    return (one.contacts > 0, one.moved_bytes, one.contacts)


def _met(hours: Iterable[LinkHour], carrier: str) -> set[int]:
    return {one.hour for one in hours if one.carrier == carrier and one.contacts}


def _by(
    hours: Iterable[LinkHour], place: Callable[[int], int]
) -> dict[int, list[LinkHour]]:
    found: dict[int, list[LinkHour]] = {}
    for one in hours:
        found.setdefault(place(one.hour), []).append(one)
    return found


def _cell(
    found: Sequence[LinkHour], when: str, at: tuple[int, int, int], letters: Letters
) -> SafeString:
    x, y, side = at
    sums = list(sums_of(found).values())
    contacts, failures = sum(s.contacts for s in sums), sum(s.failures for s in sums)
    words = f"{when}: {_words_of(sums)}"
    if not contacts:
        kind, radius = ("failed", side * 0.3) if failures else ("none", 1.5)
        return format_html(
            '<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
            kind, x + side / 2, y + side / 2, f"{radius:g}", words,
        )  # fmt: skip
    shade = sum(sum(s.moved_bytes for s in sums) >= limit for limit in _STEPS)
    foot = side * failures // (contacts + failures)
    return format_html(
        '<g class="k{}"><rect class="met s{}" x="{}" y="{}" width="{}" height="{}" rx="2">'
        '<title>{}</title></rect><text class="by s{}" x="{}" y="{}">{}</text>{}</g>',
        colour_of(sums[0].sort), shade, x, y, side, side, words,
        shade, x + side / 2, y + side * 0.74, letters.get(sums[0].carrier, ""),
        _foot(x, y, side, foot),
    )  # fmt: skip


def _foot(x: int, y: int, side: int, width: int) -> SafeString:
    """The share of tries in vain."""
    if width < 1:
        return SafeString("")
    return format_html(
        '<rect class="vain" x="{}" y="{}" width="{}" height="3"/>',
        x,
        y + side - 3,
        width,
    )


def _words_of(sums: Sequence[LinkHour]) -> str:
    said = []
    for one in sums:
        name = f"{one.carrier}: " if one.carrier else ""
        if not one.contacts:
            vain = gettext("%d percobaan, tidak tersambung") % one.failures
            said.append(f"{name}{vain}")
            continue
        met = gettext("%(contacts)d kontak, %(moved)s") % {
            "contacts": one.contacts,
            "moved": size(one.moved_bytes),
        }
        more = gettext(", %d gagal") % one.failures if one.failures else ""
        trip = f", {one.rtt_ms} ms" if one.rtt_ms else ""
        said.append(f"{name}{met}{more}{trip}")
    return "; ".join(said) or gettext("tidak ada percobaan")


def first_hour(now_ms: int) -> int:
    """The first hour of the picture: midnight at the site, six days ago."""
    return _midnight_hour(now_ms) - (DAYS - 1) * 24


def _midnight_hour(now_ms: int) -> int:
    """The hour, counted from 1970, at which today began at the site."""
    offset = timezone.localtime().utcoffset()
    shift = int(offset.total_seconds() * 1000) if offset else 0
    local = (now_ms + shift) // (24 * HOUR_MS) * 24 * HOUR_MS
    return (local - shift) // HOUR_MS


def _hour_words(hour: int) -> str:
    return f"{day(hour * HOUR_MS)} {clock(hour * HOUR_MS)}"


def _part_words(hour: int) -> str:
    span = duration(_STRIP_HOURS * 3600)
    return f"{_hour_words(hour)}, {span}"


def day_words(wall_ms: int) -> str:
    """21 Nov: the day and the beginning of the month."""
    number_, month, _ = day(wall_ms).split(" ")
    return f"{number_} {month[:3]}"
