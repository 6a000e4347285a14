"""A map of a kabupaten's kecamatan as shapes to draw: tiles, or borders an office loaded.

- `schematic` gives every kecamatan a tile: by a layout that people recognise where we have
  one (`map_layouts`), else in the order of the codes, islands apart.
- `outline` draws real borders (`borders.py`); who is missing there stands below as a tile.
- A shape is plain numbers and text; the page draws it as a link, and colours it by class.

Example: `tiles(schematic([("170301", "Enggano")]))` is a picture with one shape.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perahu.web.district.borders import Border, Borders, Point, Ring
from perahu.web.district.layouts import ISLANDS, LAYOUTS

Kecamatan = tuple[str, str]
"""Code of six digits, and name."""

TILE_WIDTH, TILE_HEIGHT, GAP = 100, 78, 6
LINE_CHARS, LINES_MAX = 9, 3
SMALL_CHARS = 13
"""Letters that fit into a tile's width in the smaller of the two sizes of letters."""
MAP_WIDTH, MAP_HEIGHT_MAX = 560.0, 720.0
LABEL_WIDTH_MIN = 46.0
"""A kecamatan drawn narrower than this bears its mark alone, without its name."""
APART_SHARE = 0.35
"""An island farther from the rest than this share of the rest's size is moved closer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One kecamatan's place in the grid."""

    code: str
    name: str
    column: int
    row: int
    apart: bool = False
    """An island: drawn with round corners, in the sea."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kecamatan as the page draws it."""

    code: str
    name: str
    path: str
    """The `d` of an SVG path."""
    x: float
    y: float
    """The middle, where mark and name stand."""
    lines: tuple[str, ...]
    """The name, broken; empty where there is no room for it."""
    is_small: bool = False
    """Whether its letters are the smaller ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A whole map."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    frames: tuple[str, ...] = ()
    """Paths around what does not lie where it lies in truth."""
    missing: tuple[str, ...] = ()
    """Names of the kecamatan that the loaded borders do not have."""
    is_scheme: bool = True


# --- the scheme --------------------------------------------------------------------------


def schematic(kecamatan: Sequence[Kecamatan]) -> list[Tile]:
    """A tile for each kecamatan, in the order of the codes."""
    known = dict(sorted(kecamatan))
    placed = _by_layout(known)
    rest = {code: name for code, name in known.items() if code not in placed}
    below = 1 + max((row for _, row in placed.values()), default=-1)
    inland = [code for code, name in rest.items() if not is_island(code, name)]
    wide = max((column for column, _ in placed.values()), default=-1) + 1
    columns = max(wide, min(6, math.ceil(math.sqrt(len(inland) or 1))))
    for n, code in enumerate(inland):
        placed[code] = (n % columns, below + n // columns)
    below += -(-len(inland) // columns)
    for n, code in enumerate(code for code in rest if code not in placed):
        placed[code] = (n % columns, below + n // columns)
    return [
        Tile(
            code=code,
            name=name,
            column=placed[code][0],
            row=placed[code][1],
            apart=is_island(code, name),
        )
        for code, name in known.items()
    ]


def is_island(code: str, name: str) -> bool:
    """Whether a kecamatan lies apart in the sea, as far as its name or our list says."""
    words = name.upper().replace(".", " ").split()
    return code in ISLANDS or bool({"PULAU", "KEPULAUAN", "KEP"} & set(words))


def _by_layout(known: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Column and row of those that a layout places."""
    placed: dict[str, tuple[int, int]] = {}
    for kabupaten in sorted({code[:4] for code in known} & set(LAYOUTS)):
        below = 1 + max((row for _, row in placed.values()), default=-1)
        lines = LAYOUTS[kabupaten].strip().splitlines()
        for row, line in enumerate(lines):
            for column, word in enumerate(line.split()):
                if kabupaten + word in known:
                    placed[kabupaten + word] = (column, below + row)
    return placed


def tiles(grid: Sequence[Tile]) -> Picture:
    """The grid as a picture."""
    columns = 1 + max((tile.column for tile in grid), default=0)
    rows = 1 + max((tile.row for tile in grid), default=0)
    return Picture(
        width=columns * (TILE_WIDTH + GAP) + GAP,
        height=rows * (TILE_HEIGHT + GAP) + GAP,
        shapes=tuple(_tile_shape(tile, GAP) for tile in grid),
    )


def _tile_shape(tile: Tile, top: float) -> Shape:
    left = GAP + tile.column * (TILE_WIDTH + GAP)
    top += tile.row * (TILE_HEIGHT + GAP)
    lines = broken(tile.name)
    return Shape(
        code=tile.code,
        name=tile.name,
        path=_box(left, top, TILE_WIDTH, TILE_HEIGHT, 22 if tile.apart else 6),
        x=left + TILE_WIDTH / 2,
        y=top + TILE_HEIGHT / 2,
        lines=lines,
        is_small=max(map(len, lines)) > LINE_CHARS,
    )


def _box(left: float, top: float, width: float, height: float, corner: float) -> str:
    across, down = width - 2 * corner, height - 2 * corner
    turn = f"a{_n(corner)} {_n(corner)} 0 0 1"
    r = _n(corner)
    return (
        f"M{_n(left + corner)} {_n(top)}h{_n(across)}{turn} {r} {r}v{_n(down)}"
        f"{turn} -{r} {r}h-{_n(across)}{turn} -{r} -{r}v-{_n(down)}{turn} {r} -{r}z"
    )


def broken(name: str) -> tuple[str, ...]:
    """A name in at most three lines, each as long as a tile allows where words do."""
    lines = [""]
    for word in name.split() or [name]:
        joined = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(joined) > LINE_CHARS and len(lines) < LINES_MAX:
            lines.append(word)
        else:
            lines[-1] = joined
    return tuple(
        one if len(one) <= SMALL_CHARS else f"{one[: SMALL_CHARS - 1]}…"
        for one in lines
    )


# --- real borders --------------------------------------------------------------------------


def outline(borders: Borders, kecamatan: Sequence[Kecamatan]) -> Picture:
    """Loaded borders as a picture; islands far out are moved closer, in a frame."""
    names = dict(kecamatan)
    found = {one.code: one for one in borders.found if one.code in names}
    if not found:
        return tiles(schematic(kecamatan))
    shrink = _shrink(
        [point for one in found.values() for r in one.rings for point in r]
    )
    flat = {code: _flat(one, shrink) for code, one in found.items()}
    moved = _pulled_closer(flat)
    left, top, right, bottom = _bounds([r for rings in moved.values() for r in rings])
    scale = min(
        MAP_WIDTH / max(right - left, 1e-9), MAP_HEIGHT_MAX / max(bottom - top, 1e-9)
    )

    def drawn(point: Point) -> Point:
        return GAP + (point[0] - left) * scale, GAP + (point[1] - top) * scale

    shapes, frames = [], []
    for code, rings in moved.items():
        placed = [[drawn(point) for point in ring] for ring in rings]
        shapes.append(_border_shape(code, names[code], placed))
        if rings is not flat[code]:
            x0, y0, x1, y1 = _bounds(placed)
            frames.append(_box(x0 - 3, y0 - 3, x1 - x0 + 6, y1 - y0 + 6, 4))
    below = GAP * 2 + (bottom - top) * scale
    absent = [one for one in sorted(kecamatan) if one[0] not in found]
    columns = int(MAP_WIDTH // (TILE_WIDTH + GAP))
    for n, (code, name) in enumerate(absent):
        tile = Tile(code=code, name=name, column=n % columns, row=n // columns)
        shapes.append(_tile_shape(tile, below))
    rows = -(-len(absent) // columns)
    return Picture(
        width=MAP_WIDTH + 2 * GAP,
        height=round(below + rows * (TILE_HEIGHT + GAP), 1),
        shapes=tuple(shapes),
        frames=tuple(frames),
        missing=tuple(name for _, name in absent),
        is_scheme=False,
    )


def _border_shape(code: str, name: str, rings: Sequence[Ring]) -> Shape:
    largest = max(rings, key=lambda ring: abs(_area(ring)))
    x, y = _middle(largest)
    x0, _, x1, _ = _bounds([largest])
    room = x1 - x0
    lines = broken(name) if room >= LABEL_WIDTH_MIN else ()
    return Shape(
        code=code,
        name=name,
        path="".join(_path(ring) for ring in rings),
        x=round(x, 1),
        y=round(y, 1),
        lines=lines,
        is_small=True,
    )


def _shrink(points: Sequence[Point]) -> float:
    """How much narrower a degree of longitude is than one of latitude, at this place."""
    latitudes = [latitude for _, latitude in points]
    return math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))


def _flat(border: Border, shrink: float) -> list[Ring]:
    """Equirectangular, y downwards: true enough within one kabupaten."""
    return [[(x * shrink, -y) for x, y in ring] for ring in border.rings]


def _pulled_closer(flat: dict[str, list[Ring]]) -> dict[str, list[Ring]]:
    """The same, with each far island moved towards the rest, so that the rest is not tiny."""
    moved = dict(flat)
    for code, rings in flat.items():
        rest = [
            ring for other, found in moved.items() if other != code for ring in found
        ]
        if not rest:
            continue
        box, others = _bounds(rings), _bounds(rest)
        size = math.hypot(others[2] - others[0], others[3] - others[1])
        limit = APART_SHARE * size
        dx, dy = _too_far(box, others, limit)
        if dx or dy:
            moved[code] = [[(x + dx, y + dy) for x, y in ring] for ring in rings]
    return moved


_Box = tuple[float, float, float, float]


def _too_far(box: _Box, others: _Box, limit: float) -> Point:
    """The move that brings a box to a twentieth beside the others, if it is beyond `limit`."""
    across = max(others[0] - box[2], box[0] - others[2], 0.0)
    down = max(others[1] - box[3], box[1] - others[3], 0.0)
    if math.hypot(across, down) <= limit:
        return 0.0, 0.0
    near = limit / 7
    dx = max(across - near, 0.0) * (1 if box[2] < others[0] else -1)
    dy = max(down - near, 0.0) * (1 if box[3] < others[1] else -1)
    return dx, dy


def _bounds(rings: Sequence[Ring]) -> _Box:
    xs = [point[0] for ring in rings for point in ring]
    ys = [point[1] for ring in rings for point in ring]
    return min(xs), min(ys), max(xs), max(ys)


def _area(ring: Ring) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2


def _middle(ring: Ring) -> Point:
    """The centre of gravity; the middle of the box where the ring has no area."""
    area = _area(ring)
    if abs(area) < 1e-9:
        x0, y0, x1, y1 = _bounds([ring])
        return (x0 + x1) / 2, (y0 + y1) / 2
    x = y = 0.0
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x0 * y1 - x1 * y0
        x, y = x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return x / (6 * area), y / (6 * area)


def _path(ring: Ring) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in ring) + "z"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
