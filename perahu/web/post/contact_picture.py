"""The last seven days of contact with one node as a picture: a square an hour.

A filled square: there was contact, the darker the more bytes; a ring: it was tried and
failed; a dot: nothing was tried. Drawn as SVG with its meaning in words, so that it prints
and can be read aloud.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from perahu.web.post.ports import Hour
from perahu.web.templatetags.perahu import clock, day, size

HOUR_MS = 3_600_000
DAYS = 7
_CELL, _GAP, _LEFT, _TOP = 12, 3, 74, 18
_STEPS = (1, 20_000, 500_000, 5_000_000)
"""Bytes from which a square is one shade darker."""


def contact_picture(lines: Sequence[Hour], now_ms: int, name: str) -> SafeString:
    """The picture of these hours, the newest day lowest."""
    by_hour = {one.from_ms // HOUR_MS: one for one in lines}
    first = _midnight_hour(now_ms) - (DAYS - 1) * 24
    last = now_ms // HOUR_MS
    step = _CELL + _GAP
    width, height = _LEFT + 24 * step, _TOP + DAYS * step
    heads = [(_LEFT + h * step, f"{h:02d}") for h in range(0, 24, 3)]
    days = [
        (_TOP + d * step + _CELL - 2, _day_words((first + d * 24) * HOUR_MS))
        for d in range(DAYS)
    ]
    cells = [
        _cell(by_hour.get(hour), hour, (_LEFT + i % 24 * step, _TOP + i // 24 * step))
        for i, hour in enumerate(range(first, min(first + DAYS * 24, last + 1)))
    ]
    contacts = sum(one.contacts for one in lines)
    failures = sum(one.failures for one in lines)
    sent = sum(one.sent_bytes for one in lines)
    words = gettext(
        "%(name)s, tujuh hari: %(contacts)d kontak, %(failures)d percobaan gagal, "
        "%(sent)s dikirim"
    ) % {"name": name, "contacts": contacts, "failures": failures, "sent": size(sent)}
    return format_html(
        '<svg class="hours" role="img" viewBox="0 0 {} {}" aria-label="{}">'
        "<title>{}</title>{}{}{}</svg>",
        width,
        height,
        words,
        words,
        format_html_join("", '<text x="{}" y="12">{}</text>', heads),
        format_html_join("", '<text x="0" y="{}">{}</text>', days),
        format_html_join("", "{}", ((cell,) for cell in cells)),
    )


def _cell(one: Hour | None, hour: int, at: tuple[int, int]) -> SafeString:
    x, y = at
    when = f"{day(hour * HOUR_MS)} {clock(hour * HOUR_MS)}"
    if one is None or not (one.contacts or one.failures):
        return format_html(
            '<circle class="none" cx="{}" cy="{}" r="1.5"><title>{}: {}</title></circle>',
            x + _CELL / 2, y + _CELL / 2, when, gettext("tidak ada percobaan"),
        )  # fmt: skip
    if not one.contacts:
        return format_html(
            '<circle class="failed" cx="{}" cy="{}" r="4"><title>{}: {}</title></circle>',
            x + _CELL / 2, y + _CELL / 2, when,
            gettext("%d percobaan, tidak tersambung") % one.failures,
        )  # fmt: skip
    moved = one.sent_bytes + one.received_bytes
    shade = sum(moved >= limit for limit in _STEPS)
    words = gettext("%(contacts)d kontak, %(moved)s") % {
        "contacts": one.contacts,
        "moved": size(moved),
    }
    return format_html(
        '<rect class="met s{}" x="{}" y="{}" width="{}" height="{}" rx="2">'
        "<title>{}: {}</title></rect>",
        shade, x, y, _CELL, _CELL, when, words,
    )  # fmt: skip


def _midnight_hour(now_ms: int) -> int:
    """The hour, counted from 1970, at which today began at the site."""
    offset = timezone.localtime().utcoffset()
    shift = int(offset.total_seconds() * 1000) if offset else 0
    local = (now_ms + shift) // (24 * HOUR_MS) * 24 * HOUR_MS
    return (local - shift) // HOUR_MS


def _day_words(wall_ms: int) -> str:
    """21 Nov: the day and the beginning of the month."""
    number, month, _ = day(wall_ms).split(" ")
    return f"{number} {month[:3]}"
