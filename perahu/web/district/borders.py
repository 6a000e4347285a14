"""Borders of kecamatan out of a GeoJSON file that an office loads, made small for drawing.

- The file comes from outside: everything in it is limited, and a wrong one is refused in
  words, before anything is kept.
- A feature belongs to a kecamatan by a code in any of its properties (17.03.01, 170301, or
  a desa's), else by its name. Several features of one kecamatan are drawn together.
- Lines are thinned to what a screen can show (Douglas and Peucker).

Example: `read_geojson(raw, [("170301", "Enggano")])`, then `dump`, later `load`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perahu.words import Refusal

FILE_BYTES_MAX = 20_000_000
FEATURES_MAX = 3_000
VERTICES_MAX = 600_000
PROPERTIES_MAX = 100
LOOKS_EACH, LOOKS_LEAST = 60, 100_000
"""So often a point of a line may be looked at in thinning it; a coast needs 10 to 20, a
comb as many as it has teeth, which would take hours."""
KEPT_BYTES_MAX = 2_000_000
"""Of the small form: 200 kecamatan with 500 points each are 1.5 MB."""
FINENESS = 900
"""A line is thinned to this part of the whole map's longer side: less than a pixel."""

Point = tuple[float, float]
Ring = Sequence[Point]

_CODE = re.compile(r"\d{2}\.?\d{2}\.?\d{2}(?:\.?\d{4})?")
_NAME_KEYS = (
    "WADMKC", "KECAMATAN", "NAMAKECAMATAN", "NMKECAMATAN", "NMKEC", "NAMAKEC", "KEC",
    "NAME3", "NAMOBJ", "NAMA", "NAME",
)  # fmt: skip
"""Where the files of BIG, BPS, GADM and OpenStreetMap keep the name, in this order."""
_NOISE = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True, slots=True)
class Border:
    """One kecamatan's border: outer rings and holes alike, longitude and latitude."""

    code: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Borders:
    """What a file gave."""

    found: tuple[Border, ...]
    ignored: int = 0
    """Features that belong to none of our kecamatan."""

    def missing(self, kecamatan: Sequence[tuple[str, str]]) -> list[str]:
        """Names of the kecamatan without a border."""
        known = {one.code for one in self.found}
        return [name for code, name in kecamatan if code not in known]


def read_geojson(raw: bytes, kecamatan: Sequence[tuple[str, str]]) -> Borders:
    """The borders in a GeoJSON file. Raises Refusal "bad_map"."""
    if len(raw) > FILE_BYTES_MAX:
        raise _bad(
            f"lebih besar dari {FILE_BYTES_MAX // 1_000_000} MB",
            f"it is larger than {FILE_BYTES_MAX // 1_000_000} MB",
        )
    gathered: dict[str, list[Ring]] = {}
    vertices = ignored = 0
    for feature in _features(_parsed(raw)):
        rings = list(_rings(feature.get("geometry")))
        vertices += sum(map(len, rings))
        if vertices > VERTICES_MAX:
            raise _bad(
                f"lebih dari {VERTICES_MAX} titik; sederhanakan dahulu",
                f"it has more than {VERTICES_MAX} points; simplify it first",
            )
        code = _code_of(feature.get("properties"), kecamatan)
        if code and rings:
            gathered.setdefault(code, []).extend(rings)
        else:
            ignored += 1
    if not gathered:
        raise _bad(
            "tidak ada kecamatan kita di dalamnya; setiap bidang perlu kode (17.03.01) "
            "atau nama kecamatan",
            "none of our kecamatan is in it; each feature needs a code (17.03.01) or the "
            "name of a kecamatan",
        )
    return _thinned(gathered, ignored)


def dump(borders: Borders) -> bytes:
    """The small form, as the node keeps it."""
    kept = {
        one.code: [[list(point) for point in ring] for ring in one.rings]
        for one in borders.found
    }
    raw = json.dumps({"perahu-borders": 1, "kecamatan": kept}).encode()
    if len(raw) > KEPT_BYTES_MAX:
        raise _bad("garisnya terlalu rumit", "its lines are too intricate")
    return raw


def load(raw: bytes) -> Borders:
    """What `dump` wrote. Raises Refusal "bad_map" where it was damaged."""
    found = _parsed(raw[: KEPT_BYTES_MAX + 1])
    kept = found.get("kecamatan") if found.get("perahu-borders") == 1 else None
    if not isinstance(kept, dict):
        raise _bad("bukan batas kecamatan", "it holds no borders")
    return Borders(
        tuple(
            Border(code, tuple(_ring(ring) for ring in rings))
            for code, rings in sorted(kept.items())
            if isinstance(rings, list) and rings
        )
    )


# --- reading -------------------------------------------------------------------------------


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _bad("bukan GeoJSON", "it is not GeoJSON") from error
    if not isinstance(found, dict):
        raise _bad("bukan GeoJSON", "it is not GeoJSON")
    return found


def _features(found: dict[str, Any]) -> list[dict[str, Any]]:
    kind = found.get("type")
    features = [found] if kind == "Feature" else found.get("features")
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise _bad("bukan GeoJSON", "it is not GeoJSON")
    if len(features) > FEATURES_MAX:
        raise _bad(
            f"lebih dari {FEATURES_MAX} bidang", f"more than {FEATURES_MAX} features"
        )
    return features


def _rings(geometry: Any) -> Iterator[Ring]:
    """The rings of a polygon or of several; other geometries have none."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        return
    polygons = geometry.get("coordinates")
    for rings in [polygons] if kind == "Polygon" else _listed(polygons):
        for ring in _listed(rings):
            yield _ring(ring)


def _ring(found: Any) -> Ring:
    ring = tuple(_point(one) for one in _listed(found))
    if len(ring) > 1 and ring[0] == ring[-1]:
        ring = ring[:-1]
    if len(ring) < 3:
        raise _bad("ada bidang dengan kurang dari tiga titik", "a ring has no area")
    return ring


def _point(found: Any) -> Point:
    pair = _listed(found)[:2]
    numbers = [one for one in pair if type(one) in (int, float)]
    if len(numbers) != 2 or not all(math.isfinite(one) for one in numbers):
        raise _bad("ada titik yang bukan bujur dan lintang", "a point is no coordinate")
    x, y = float(numbers[0]), float(numbers[1])
    if abs(x) > 180 or abs(y) > 90:
        raise _bad(
            "koordinatnya bukan derajat; simpan ulang sebagai WGS 84 (EPSG:4326)",
            "its coordinates are no degrees; save it again as WGS 84 (EPSG:4326)",
        )
    # To a metre: as `dump` keeps it.
    return round(x, 5), round(y, 5)


def _listed(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise _bad("bukan GeoJSON", "it is not GeoJSON")
    return found


# --- whose border it is ------------------------------------------------------------------


def _code_of(properties: Any, kecamatan: Sequence[tuple[str, str]]) -> str:
    """The kecamatan of a feature, or ""; a code that is not ours is nobody's name."""
    if not isinstance(properties, dict):
        return ""
    held = dict(list(properties.items())[:PROPERTIES_MAX])
    ours = {code for code, _ in kecamatan}
    codes = [
        str(value).strip().replace(".", "")[:6]
        for value in held.values()
        if type(value) in (str, int) and _CODE.fullmatch(str(value)[:40].strip())
    ]
    for code in codes:
        if code in ours:
            return code
    return "" if _is_elsewhere(codes, ours) else _by_name(held, kecamatan)


def _is_elsewhere(codes: Sequence[str], ours: set[str]) -> bool:
    """Whether a code names another kecamatan of a kabupaten; other numbers say nothing."""
    provinces = {code[:2] for code in ours}
    return any(code[:2] in provinces and code[4:] != "00" for code in codes)


def _by_name(held: Mapping[str, Any], kecamatan: Sequence[tuple[str, str]]) -> str:
    names: dict[str, list[str]] = {}
    for code, name in kecamatan:
        names.setdefault(_squeezed(name), []).append(code)
    by_key = {_squeezed(str(key)): value for key, value in held.items()}
    values = [by_key[key] for key in _NAME_KEYS if key in by_key]
    for value in values or list(by_key.values()):
        if isinstance(value, str):
            codes = names.get(_squeezed(value[:100]).removeprefix("KECAMATAN"), [])
            if len(codes) == 1:
                return codes[0]
    return ""


def _squeezed(name: str) -> str:
    return _NOISE.sub("", name.upper())


# --- thinning ----------------------------------------------------------------------------


def _thinned(gathered: Mapping[str, Sequence[Ring]], ignored: int) -> Borders:
    points = [p for rings in gathered.values() for ring in rings for p in ring]
    wide = max(p[0] for p in points) - min(p[0] for p in points)
    high = max(p[1] for p in points) - min(p[1] for p in points)
    tolerance = max(wide, high) / FINENESS
    found = []
    for code, rings in sorted(gathered.items()):
        thin = [thinned(_sparse(ring, tolerance / 2), tolerance) for ring in rings]
        seen = tuple(ring for ring in thin if len(ring) >= 3)
        # A kecamatan of islets smaller than a pixel keeps its largest one.
        found.append(Border(code, seen or (max(rings, key=len)[:50],)))
    return Borders(tuple(found), ignored)


def _sparse(ring: Ring, step: float) -> Ring:
    """The ring without points nearer to the last kept one than a step: quick, and bounds
    what `thinned` has to look at again and again."""
    kept = [ring[0]]
    for point in ring:
        if math.dist(point, kept[-1]) >= step:
            kept.append(point)
    return kept


def thinned(ring: Ring, tolerance: float) -> Ring:
    """The ring without the points that lie within the tolerance of the line without them."""
    if len(ring) < 4:
        return ring
    far = max(range(len(ring)), key=lambda n: math.dist(ring[0], ring[n]))
    line = [*ring, ring[0]]
    kept = {0, far, len(ring)}
    spans = [(0, far), (far, len(ring))]
    looks = LOOKS_LEAST + LOOKS_EACH * len(ring)
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        looks -= last - first
        if looks < 0:
            raise _bad("garisnya terlalu rumit", "its lines are too intricate")
        worst = max(
            range(first + 1, last),
            key=lambda n: _distance(line[n], line[first], line[last]),
        )
        if _distance(line[worst], line[first], line[last]) > tolerance:
            kept.add(worst)
            spans += [(first, worst), (worst, last)]
    return [line[n] for n in sorted(kept) if n < len(ring)]


def _distance(point: Point, start: Point, end: Point) -> float:
    """From a point to the stretch between two others."""
    (x, y), (x0, y0), (x1, y1) = point, start, end
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2
    if not length:
        return math.dist(point, start)
    along = max(0.0, min(1.0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length))
    return math.dist(point, (x0 + along * (x1 - x0), y0 + along * (y1 - y0)))


def _bad(id: str, en: str) -> Refusal:
    return Refusal(
        "bad_map",
        id=f"Berkas peta ini tidak dapat dipakai: {id}. Peta yang lama tetap dipakai.",
        en=f"This map file cannot be used: {en}. The map before it stays.",
    )
