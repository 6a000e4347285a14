"""Minutiae templates: ISO/IEC 19794-2:2005 records of one finger, at most 0.6 kB.

This is what a chip holds and what a desk keeps in memory for the check at the end.
Positions are pixels at 500 ppi, y downwards; an angle runs counter-clockwise from the
x axis, along the ridge that ends or the valley that does.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from perahu.devices.ports import DeviceFault

MINUTIAE_MAX = 80
TEMPLATE_BYTES_MAX = 24 + 4 + 6 * 255 + 2
OTHER, ENDING, BIFURCATION = 0, 1, 2

_MAGIC = b"FMR\x00 20\x00"
_HEAD = struct.Struct(">8sIHHHHHBB")
_VIEW = struct.Struct(">BBBB")
_MINUTIA = struct.Struct(">HHBB")
_PIXELS_PER_CM = 197
_TURN = 256
"""Angles are stored in steps of 1.40625 degrees."""


@dataclass(frozen=True, slots=True)
class Minutia:
    """A place where a ridge ends or forks."""

    x: int
    y: int
    angle: int
    """0..255, in 256ths of a turn."""
    kind: int
    quality: int
    """0..100; 0 is unknown."""


@dataclass(frozen=True, slots=True)
class Template:
    """All minutiae of one picture of one finger."""

    position: int
    width: int
    height: int
    quality: int
    minutiae: tuple[Minutia, ...]


def _broken() -> DeviceFault:
    return DeviceFault(
        "bad_answer",
        id="Templat sidik jari rusak dan tidak dipakai; tidak ada yang hilang. Pindai"
        " jari itu sekali lagi.",
        en="The fingerprint template is broken and was not used; nothing is lost. Scan"
        " that finger once more.",
    )


def write(template: Template) -> bytes:
    """The template's bytes."""
    assert len(template.minutiae) <= MINUTIAE_MAX
    count = len(template.minutiae)
    total = _HEAD.size + _VIEW.size + _MINUTIA.size * count + 2
    size, rate = (template.width, template.height), (_PIXELS_PER_CM,) * 2
    head = _HEAD.pack(_MAGIC, total, 0, *size, *rate, 1, 0)
    view = _VIEW.pack(template.position, 0, template.quality, count)
    rows = b"".join(
        _MINUTIA.pack(m.kind << 14 | m.x, m.y, m.angle, m.quality)
        for m in template.minutiae
    )
    return head + view + rows + bytes(2)


def parse(data: bytes) -> Template:
    """Read a template; raises DeviceFault where anything in it does not add up."""
    if not _HEAD.size + _VIEW.size + 2 <= len(data) <= TEMPLATE_BYTES_MAX:
        raise _broken()
    magic, total, _, width, height, *rate, views, _ = _HEAD.unpack_from(data)
    position, _, quality, count = _VIEW.unpack_from(data, _HEAD.size)
    start = _HEAD.size + _VIEW.size
    if magic != _MAGIC or total != len(data) or views != 1 or position > 10:
        raise _broken()
    if rate != [_PIXELS_PER_CM] * 2 or quality > 100:
        raise _broken()
    if len(data) != start + count * _MINUTIA.size + 2 or data[-2:] != bytes(2):
        raise _broken()
    rows = _MINUTIA.iter_unpack(data[start : start + count * _MINUTIA.size])
    minutiae = tuple(
        Minutia(x & 0x3FFF, y & 0x3FFF, angle, x >> 14, quality)
        for x, y, angle, quality in rows
    )
    if any(m.x >= width or m.y >= height or m.kind > BIFURCATION for m in minutiae):
        raise _broken()
    return Template(position, width, height, quality, minutiae)
