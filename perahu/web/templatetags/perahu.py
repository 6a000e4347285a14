"""Filters and tags of the pages: dates, ages, sizes and sentences in the page's language.

Times come as milliseconds since 1970 (`wall_ms`) and are shown in the site's time zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from perahu.web.visits import Visit
from perahu.words import Words

register = template.Library()

_STATIC = Path(__file__).parents[1] / "static"
_MONTHS = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus",
        "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August",
        "September", "October", "November", "December",
    ),
}  # fmt: skip
_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}
"""Indonesia's three times, by their hours from UTC."""
_UNITS = ("B", "kB", "MB", "GB", "TB")


def _lang() -> str:
    return "en" if get_language() == "en" else "id"


@register.filter
def say(words: object) -> str:
    """A sentence of a room in the page's language."""
    return words.in_(_lang()) if isinstance(words, Words) else str(words)


@register.filter
def day(value: date | int | None) -> str:
    """21 November 2026, of a date or of a wall time."""
    if not value:
        return "–"
    one = _local(value) if isinstance(value, int) else value
    return f"{one.day} {_MONTHS[_lang()][one.month - 1]} {one.year}"


@register.filter
def moment(wall_ms: int) -> str:
    """21 November 2026 pukul 14.05 WIB."""
    if not wall_ms:
        return "–"
    at = gettext("pukul")
    return f"{day(wall_ms)} {at} {clock(wall_ms)}"


@register.filter
def clock(wall_ms: int) -> str:
    """14.05 WIB: hours and minutes at the site."""
    local = _local(wall_ms)
    offset = local.utcoffset()
    hours = int(offset.total_seconds() // 3600) if offset else 0
    mark = "." if _lang() == "id" else ":"
    zone = _ZONES.get(hours, f"UTC{hours:+d}")
    return f"{local:%H}{mark}{local:%M} {zone}"


@register.filter
def age(seconds: int | float | None) -> str:
    """How long ago: baru saja, 5 menit lalu, 3 jam lalu, 2 hari lalu."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return gettext("baru saja")
    return gettext("%(time)s lalu") % {"time": duration(seconds)}


@register.filter
def duration(seconds: int | float) -> str:
    """How long: 40 detik, 5 menit, 3 jam, 2 hari."""
    whole = int(seconds)
    if whole >= 2 * 86400:
        return ngettext("%d hari", "%d hari", whole // 86400) % (whole // 86400)
    if whole >= 2 * 3600:
        return ngettext("%d jam", "%d jam", whole // 3600) % (whole // 3600)
    if whole >= 60:
        return ngettext("%d menit", "%d menit", whole // 60) % (whole // 60)
    return ngettext("%d detik", "%d detik", whole) % whole


@register.simple_tag(takes_context=True)
def since(context: template.Context, wall_ms: int) -> str:
    """The age of a wall time, as of this page's moment."""
    if not wall_ms:
        return "–"
    visit: Visit = context["visit"]
    return age(max(0, visit.office.now().wall_ms - wall_ms) // 1000)


@register.filter
def size(count: int) -> str:
    """1,2 MB: decimal units, with the comma of the language."""
    shown, unit = float(count), 0
    while shown >= 1000 and unit < len(_UNITS) - 1:
        shown, unit = shown / 1000, unit + 1
    text = f"{shown:.0f}" if unit == 0 or shown >= 100 else f"{shown:.1f}"
    return f"{text.replace('.', ',') if _lang() == 'id' else text} {_UNITS[unit]}"


@register.filter
def number(count: int) -> str:
    """12.345 in Indonesian, 12,345 in English."""
    text = f"{count:,}"
    return text.replace(",", ".") if _lang() == "id" else text


@register.filter
def spaced(digits: str) -> str:
    """A NIK in groups, to be read aloud: 170301 450190 9001."""
    if len(digits) != 16:
        return digits
    return f"{digits[:6]} {digits[6:12]} {digits[12:]}"


@register.filter
def hex(value: bytes) -> str:
    """Bytes for an address."""
    return value.hex()


@register.filter
def get(found: dict[object, object], key: object) -> object:
    """found[key], or "" where there is none."""
    return found.get(key, "")


@register.simple_tag(takes_context=True)
def op(context: template.Context) -> SafeString:
    """The hidden id of the operation this form asks for: sent twice, done once."""
    visit: Visit = context["visit"]
    return format_html(
        '<input type="hidden" name="op" value="{}">', visit.office.random(16).hex()
    )


@register.simple_tag
def asset(name: str) -> str:
    """The address of a static file, changed with its content."""
    return f"/static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return sha256((_STATIC / name).read_bytes()).hexdigest()[:8]


def _local(wall_ms: int) -> datetime:
    zone = timezone.get_current_timezone()
    return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)
