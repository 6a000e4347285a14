"""The picture of a grid: shares of the limit as bars, small facts as dots, one column each.

SVG by hand, for it is a dozen kinds of shapes; a PNG of it where Chromium is there.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bench.link.profiles import PROFILES
from bench.race.figures import small_bound_s
from bench.race.medians import BOUNDS, NAMES, OURS, Grid, Group, Row

FOLDER = Path(__file__).resolve().parents[2] / "docs"
WIDTH, HEIGHT = 1240, 860
LEFT, RIGHT = 74, 26
BARS_TOP, BARS_BOTTOM = 150, 470
DOTS_TOP, DOTS_BOTTOM = 560, 770
SECONDS = (1, 3, 10, 30, 100, 300)
SECONDS_MIN, SECONDS_MAX = 0.7, 900.0
INK, SOFT, RULE = "#1d2b33", "#5d6b73", "#e3e8ea"
COLOURS = {
    "best": "#0a6c74",
    "a": "#5bb5ae",
    "rsync": "#e0a458",
    "vpn": "#c8553d",
    "pouchdb": "#8a7fb3",
    "https": "#9aa5ab",
}
WORDS_HEIGHT = 18.0
WHISKER_MIN = 6.0
"""Seeds that lie closer together, in pixels, are one bar."""
_CHROMIUM_S_MAX = 60.0

Box = tuple[float, float, float, float]


class Type(NamedTuple):
    """How words look."""

    anchor: str = "start"
    colour: str = INK
    size: float = 14
    weight: int = 400


_QUIET, _SCALE = Type(colour=SOFT), Type("end", SOFT)


def draw(rows: Sequence[Row]) -> list[Path]:
    """Write docs/road.svg, and docs/road.png where Chromium is there; gives the files."""
    svg, png = FOLDER / "road.svg", FOLDER / "road.png"
    svg.write_text(Picture(Grid(rows)).svg())
    return [svg, png] if _photograph(svg, png) else [svg]


class Picture:
    """One SVG, shape by shape."""

    def __init__(self, grid: Grid) -> None:
        self._grid, self._shapes = grid, list[str]()
        self._names = grid.names
        self._step = (WIDTH - LEFT - RIGHT) / max(1, len(grid.profiles))

    def svg(self) -> str:
        """All of it."""
        self._frame()
        self._legend()
        for number, profile in enumerate(self._grid.profiles):
            self._column(LEFT + number * self._step, profile)
        body = "\n".join(self._shapes)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="img" '
            'font-family="system-ui, \'DejaVu Sans\', sans-serif" font-size="14">\n'
            "<title>Share of the physical limit and time of small facts, by link and "
            f"contender</title>\n{body}\n</svg>\n"
        )

    # The frame

    def _frame(self) -> None:
        self._add(f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#ffffff"/>')
        self._text(
            LEFT, 44, "How much of a terrible link is used", Type(size=24, weight=600)
        )
        self._text(
            LEFT, 70, "2.4 MB of packets and 100 small facts, from the first SYN to the "
            "last ack; share of payload ÷ (rate × (1 − loss)) while the link is up",
            _QUIET,
        )  # fmt: skip
        for percent in range(0, 101, 20):
            y = _bar_y(percent / 100)
            self._line((LEFT, y, WIDTH - RIGHT, y), RULE)
            self._text(LEFT - 10, y + 5, f"{percent} %", _SCALE)
        self._text(
            LEFT, DOTS_TOP - 22,
            "Seconds until the small facts, stated behind the packets, are at the hub "
            "(upper end: never)",
            Type(weight=600),
        )  # fmt: skip
        for seconds in SECONDS:
            y = _dot_y(seconds)
            self._line((LEFT, y, WIDTH - RIGHT, y), RULE)
            self._text(LEFT - 10, y + 5, f"{seconds} s", _SCALE)

    def _legend(self) -> None:
        x = float(LEFT)
        for name in self._names:
            self._rect((x, 96, 14, 14), COLOURS[name])
            weight = 600 if name in OURS else 400
            self._text(x + 20, 108, NAMES[name], Type(weight=weight))
            x += 42 + 7.6 * len(NAMES[name])
        self._line((x, 103, x + 18, 103), INK, 2.5)
        self._text(x + 24, 108, "our bound", _QUIET)
        self._cross(x + 122, 103, SOFT)
        self._text(x + 132, 108, "did not finish", _QUIET)

    # One profile

    def _column(self, left: float, profile: str) -> None:
        width = (self._step - 22) / max(1, len(self._names))
        for number, name in enumerate(self._names):
            group = self._grid.group(profile, name)
            x = left + 11 + number * width
            if group.runs:
                self._bar(x, width - 2, group)
                self._dot(x + width / 2 - 1, group)
        bound_y = _dot_y(small_bound_s(PROFILES[profile]))
        self._line((left + 8, bound_y, left + self._step - 8, bound_y), INK, 2)
        middle = left + self._step / 2
        for y in (BARS_BOTTOM + 22, DOTS_BOTTOM + 24):
            self._text(middle, y, profile, Type("middle", weight=600))
        for number, words in enumerate(_about(profile)):
            y = DOTS_BOTTOM + 42 + 16 * number
            self._text(middle, y, words, Type("middle", SOFT, 11.5))

    def _bar(self, x: float, width: float, group: Group) -> None:
        share = min(1.0, group.middle("goodput_share") or 0.0)
        top, colour = _bar_y(share), COLOURS[group.name]
        opacity = 1.0 if group.has_finished else 0.35
        self._rect((x, top, width, BARS_BOTTOM - top), colour, opacity)
        middle = x + width / 2
        found = group.values("goodput_share")
        high = _bar_y(min(1.0, max(found)))
        if _bar_y(min(found)) - high > WHISKER_MIN:
            self._line((middle, _bar_y(min(found)), middle, high), INK, 1)
        bound = BOUNDS[group.profile].share(group.name) if group.name in OURS else None
        words_y = min(top, high)
        if bound is not None:
            bound_y = _bar_y(bound)
            self._line((x - 1, bound_y, x + width + 1, bound_y), INK, 2.5)
            if 0 < words_y - bound_y < WORDS_HEIGHT:
                words_y = bound_y - 2
        if group.has_finished:
            is_ours = group.name in OURS
            look = Type("middle", INK if is_ours else SOFT, 11, 700 if is_ours else 400)
            self._text(middle, words_y - 5, f"{100 * share:.0f}", look)
        else:
            self._cross(middle, words_y - 9, colour)

    def _dot(self, x: float, group: Group) -> None:
        found = group.values("small_s")
        found += [SECONDS_MAX] * (len(group.runs) - len(found))
        for seconds in found:
            y = _dot_y(seconds)
            if seconds >= SECONDS_MAX:
                self._cross(x, y, COLOURS[group.name])
            else:
                size = 6.5 if group.name in OURS else 5
                self._add(
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" '
                    f'fill="{COLOURS[group.name]}" fill-opacity="0.85"/>'
                )

    # Shapes

    def _add(self, shape: str) -> None:
        self._shapes.append(shape)

    def _rect(self, box: Box, colour: str, opacity: float = 1.0) -> None:
        x, y, width, height = box
        self._add(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="2" fill="{colour}" fill-opacity="{opacity}"/>'
        )

    def _line(self, ends: Box, colour: str, width: float = 1) -> None:
        x, y, to_x, to_y = ends
        self._add(
            f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"/>'
        )

    def _cross(self, x: float, y: float, colour: str) -> None:
        self._add(
            f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" stroke="{colour}" '
            'stroke-width="2.2" stroke-linecap="round"/>'
        )

    def _text(self, x: float, y: float, words: str, look: Type | None = None) -> None:
        look = look or Type()
        self._add(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{look.anchor}" '
            f'fill="{look.colour}" font-size="{look.size}" '
            f'font-weight="{look.weight}">{escape(words)}</text>'
        )


def _bar_y(share: float) -> float:
    return BARS_BOTTOM - share * (BARS_BOTTOM - BARS_TOP)


def _dot_y(seconds: float) -> float:
    low, high = math.log(SECONDS_MIN), math.log(SECONDS_MAX)
    part = (math.log(min(max(seconds, SECONDS_MIN), SECONDS_MAX)) - low) / (high - low)
    return DOTS_BOTTOM - part * (DOTS_BOTTOM - DOTS_TOP)


def _about(profile: str) -> list[str]:
    """A profile in a few words under its name."""
    link = PROFILES[profile]
    lines = [f"{link.rate_bit_s / 1000:.0f} kbit/s, {link.rtt_s:g} s"]
    bursts = " in bursts" if link.burst else ""
    lines.append(f"{link.mean_loss:.0%} lost{bursts}" if link.mean_loss else "no loss")
    if link.up_s:
        lines.append(f"up {link.up_s:.0f} s, down {link.down_s:.0f} s")
    if link.switch_s:
        how = "reset" if link.switch_mode == "rst" else "silent"
        lines.append(f"switch / {link.switch_s:.0f} s, {how}")
    return lines


def _photograph(svg: Path, png: Path) -> bool:
    chromium = shutil.which("chromium")
    if chromium is None:
        return False
    with TemporaryDirectory() as profile:
        words = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={profile}", "--force-device-scale-factor=2",
            f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={png}", svg.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(
            words, capture_output=True, timeout=_CHROMIUM_S_MAX, check=False
        )
    return done.returncode == 0 and png.exists()
