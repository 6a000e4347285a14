"""The map of a kabupaten: a scheme of tiles, and borders out of a file from outside."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.people.rules.codes import children
from perahu.web.district import borders, maps
from perahu.web.district.borders import Borders, dump, load, read_geojson, thinned
from perahu.web.district.layouts import LAYOUTS
from perahu.web.district.maps import outline, schematic, tiles
from perahu.words import Refusal

BENGKULU_UTARA = [(one.code, one.name) for one in children("1703")]
ROKAN_HILIR = [(one.code, one.name) for one in children("1407")]


def square(x: float, y: float, size: float = 0.1) -> list[list[float]]:
    """A ring of four corners, closed as GeoJSON wants it."""
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def feature(ring: list[list[float]], **properties: object) -> dict[str, Any]:
    """One polygon with its properties."""
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def collection(*features: object) -> bytes:
    """A GeoJSON file."""
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def refusal_of(raw: bytes) -> Refusal:
    """Why this file is refused for Bengkulu Utara."""
    with pytest.raises(Refusal) as found:
        read_geojson(raw, BENGKULU_UTARA)
    assert found.value.code == "bad_map"
    return found.value


def places(grid: list[maps.Tile]) -> dict[str, tuple[int, int]]:
    """Column and row by name."""
    return {tile.name: (tile.column, tile.row) for tile in grid}


def test_it_works() -> None:
    """Every kecamatan of Bengkulu Utara has one tile, and no two share a place."""
    grid = schematic(BENGKULU_UTARA)
    assert [(tile.code, tile.name) for tile in grid] == sorted(BENGKULU_UTARA)
    assert len(set(places(grid).values())) == len(grid) == 19


def test_it_sets_enggano_in_the_sea() -> None:
    """The island has no neighbour, and corners of its own."""
    grid = {tile.name: tile for tile in schematic(BENGKULU_UTARA)}
    island = grid.pop("Enggano")
    assert island.apart
    assert not any(tile.apart for tile in grid.values())
    near = [
        tile
        for tile in grid.values()
        if abs(tile.column - island.column) + abs(tile.row - island.row) == 1
    ]
    assert near == []


@pytest.mark.parametrize("kabupaten", sorted(LAYOUTS))
def test_it_places_every_kecamatan_by_its_layout(kabupaten: str) -> None:
    """A layout names each kecamatan of its kabupaten once, and none that does not exist."""
    words = [word for word in LAYOUTS[kabupaten].split() if word != "."]
    known = [one.code[4:] for one in children(kabupaten)]
    assert sorted(words) == known


def test_it_draws_an_unknown_kabupaten_in_the_order_of_codes() -> None:
    """Without a layout the tiles stand in rows, islands after the rest."""
    grid = schematic([*ROKAN_HILIR, ("140799", "Kepulauan Aruah")])
    assert len(set(places(grid).values())) == len(grid)
    assert [tile.name for tile in grid if tile.apart] == ["Kepulauan Aruah"]
    rows = max(tile.row for tile in grid)
    assert places(grid)["Kepulauan Aruah"] == (0, rows)


def test_it_finds_a_place_for_a_new_kecamatan() -> None:
    """A kecamatan made by pemekaran after our layout still has a tile."""
    grid = schematic([*BENGKULU_UTARA, ("170399", "Baru")])
    assert len(set(places(grid).values())) == 20


def test_it_draws_nothing_for_nothing() -> None:
    """A kabupaten that our table does not know has an empty map, not a mistake."""
    assert tiles(schematic([])).shapes == ()


def test_it_breaks_names_to_fit_a_tile() -> None:
    """A name is broken between words; only a word too long for a tile is cut."""
    assert maps.broken("Marga Sakti Sebelat") == ("Marga", "Sakti", "Sebelat")
    assert maps.broken("Enggano") == ("Enggano",)
    for _, name in (*BENGKULU_UTARA, *ROKAN_HILIR):
        lines = maps.broken(name)
        assert len(lines) <= maps.LINES_MAX
        assert all(len(line) <= maps.SMALL_CHARS for line in lines)


def test_it_reads_borders_by_code_and_by_name() -> None:
    """A dotted code, a plain one as a number, a desa's code and a bare name all find theirs."""
    raw = collection(
        feature(square(102.2, -5.4), kode="17.03.01"),
        feature(square(101.6, -3.4), KDCPUM=170312),
        feature(square(102.0, -3.5), KODE_DESA="17.03.10.2001"),
        feature(square(102.1, -3.6), WADMKC="KECAMATAN AIR  BESI", WADMKK="X"),
    )
    found = read_geojson(raw, BENGKULU_UTARA)
    assert [one.code for one in found.found] == ["170301", "170310", "170312", "170315"]
    assert "Lais" not in found.missing(BENGKULU_UTARA)
    assert len(found.missing(BENGKULU_UTARA)) == 15


def test_it_takes_a_code_before_a_name() -> None:
    """A feature of another kabupaten is not ours because its name is."""
    raw = collection(
        feature(square(102.2, -5.4), kode="17.03.01", nama="Lais"),
        feature(square(103.2, -4.4), kode="17.01.01", nama="Ketahun"),
    )
    found = read_geojson(raw, BENGKULU_UTARA)
    assert [one.code for one in found.found] == ["170301"]
    assert found.ignored == 1


def test_it_draws_several_features_of_one_kecamatan_together() -> None:
    """The desa of a kecamatan make its shape."""
    raw = collection(
        feature(square(102.2, -5.4), kode="17.03.01.2001"),
        feature(square(102.3, -5.4), kode="17.03.01.2002"),
    )
    (enggano,) = read_geojson(raw, BENGKULU_UTARA).found
    assert len(enggano.rings) == 2


def test_it_keeps_what_it_read() -> None:
    """The small form gives the same picture again."""
    raw = collection(feature(square(102.2, -5.4), kode="170301"))
    read = read_geojson(raw, BENGKULU_UTARA)
    assert outline(load(dump(read)), BENGKULU_UTARA) == outline(read, BENGKULU_UTARA)


def test_it_shows_who_is_missing_as_a_tile() -> None:
    """A kecamatan without a border is named, and stands below the map."""
    raw = collection(feature(square(102.2, -5.4), kode="170301"))
    picture = outline(read_geojson(raw, BENGKULU_UTARA), BENGKULU_UTARA)
    assert len(picture.shapes) == 19
    assert "Ketahun" in picture.missing
    assert "Enggano" not in picture.missing
    assert not picture.is_scheme


def test_it_falls_back_to_the_scheme() -> None:
    """Borders of another kabupaten leave the scheme."""
    assert outline(Borders(()), BENGKULU_UTARA).is_scheme


def test_it_moves_a_far_island_closer() -> None:
    """Enggano does not make the mainland tiny; a frame says that it was moved."""
    raw = collection(
        feature(square(102.2, -5.4, 0.2), kode="170301"),
        feature(square(102.0, -3.5, 0.3), kode="170312"),
        feature(square(102.3, -3.5, 0.3), kode="170310"),
    )
    three = [("170301", "Enggano"), ("170310", "Lais"), ("170312", "Ketahun")]
    picture = outline(read_geojson(raw, three), three)
    assert len(picture.frames) == 1
    assert picture.height < 600


def test_it_draws_within_the_picture() -> None:
    """Every middle of a shape lies on the paper."""
    raw = collection(
        feature(square(101.6, -3.0), kode="170312"),
        feature(square(102.3, -3.9), kode="170316"),
    )
    picture = outline(read_geojson(raw, BENGKULU_UTARA), BENGKULU_UTARA)
    for shape in picture.shapes:
        assert 0 <= shape.x <= picture.width
        assert 0 <= shape.y <= picture.height


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"<kml/>",
        b'{"type":"FeatureCollection","features":{}}',
        b'{"type":"FeatureCollection","features":[3]}',
        b"[" * 100_000,
        b'{"features":' * 50_000,
        collection(feature(square(102.2, -5.4), kode="17.99.01")),
        collection({"type": "Feature", "properties": None, "geometry": None}),
        collection(feature([[102.2, float("nan")]] * 5, kode="170301")),
        collection(feature([[102.2, True]] * 5, kode="170301")),
        collection(feature([["102", "-5"]] * 5, kode="170301")),  # type: ignore[list-item]
        collection(feature([[102.2, -5.4], [102.2, -5.4]], kode="170301")),
        collection(
            {
                "type": "Feature",
                "properties": {"kode": "170301"},
                "geometry": {"type": "Polygon", "coordinates": 7},
            }
        ),
    ],
)
def test_it_refuses_a_wrong_file_in_words(raw: bytes) -> None:
    """Whatever is in the file, the office reads a sentence and keeps the old map."""
    assert "Peta yang lama tetap dipakai" in refusal_of(raw).words.id


def test_it_says_how_to_save_metres_as_degrees() -> None:
    """A file in UTM metres is the usual mistake; the sentence names the cure."""
    raw = collection(feature(square(212_345.0, 9_612_345.0), kode="170301"))
    assert "EPSG:4326" in refusal_of(raw).words.id


def test_it_limits_what_a_file_may_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """One feature, one point or one byte too many is refused; as many as allowed are not."""
    one = feature(square(102.2, -5.4), kode="170301")
    raw = collection(one, one)
    monkeypatch.setattr(borders, "FEATURES_MAX", 2)
    monkeypatch.setattr(borders, "VERTICES_MAX", 8)
    monkeypatch.setattr(borders, "FILE_BYTES_MAX", len(raw))
    assert read_geojson(raw, BENGKULU_UTARA).found
    refusal_of(collection(one, one, one))
    refusal_of(raw + b" ")
    monkeypatch.setattr(borders, "VERTICES_MAX", 7)
    refusal_of(raw)
    monkeypatch.setattr(borders, "VERTICES_MAX", 8)
    monkeypatch.setattr(borders, "FEATURES_MAX", 1)
    refusal_of(raw)


def test_it_refuses_a_damaged_small_form() -> None:
    """What the node keeps is checked again when it is read."""
    for raw in (b"", b"{}", b'{"perahu-borders":1}', b'{"perahu-borders":2}'):
        with pytest.raises(Refusal):
            load(raw)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=4, max_size=60)
)
def test_it_thins_within_the_tolerance(points: list[tuple[int, int]]) -> None:
    """Every point left out lies near the thinned line, and none is invented."""
    ring = [(float(x), float(y)) for x, y in points]
    thin = list(thinned(ring, 2.0))
    assert set(thin) <= set(ring)
    line = [*thin, thin[0]]
    for point in ring:
        gaps = [borders._distance(point, a, b) for a, b in itertools.pairwise(line)]
        assert min(gaps, default=math.dist(point, thin[0])) <= 2.0 + 1e-9
