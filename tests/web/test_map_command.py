"""`perahu map`: borders from a file into the node's folder, and back to the scheme."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perahu.node.map_shelf import MapShelf
from perahu.web.district.borders import load
from tests.node.offices import PHRASE, found_hub, perahu


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub of Bengkulu Utara."""
    monkeypatch.setenv("PERAHU_PASSPHRASE", PHRASE)
    found_hub(tmp_path)
    return tmp_path / "hub"


def borders_file(folder: Path, name: str) -> Path:
    """A GeoJSON file with one kecamatan, by its name."""
    ring = [[102.2, -5.4], [102.4, -5.4], [102.4, -5.2], [102.2, -5.4]]
    feature = {
        "type": "Feature",
        "properties": {"WADMKC": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = folder / "batas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_it_works(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how many were found and who is missing; `--scheme` forgets them."""
    shelf = MapShelf(hub)
    assert shelf.read() is None
    assert perahu(hub, "map", borders_file(hub, "Enggano"), lang="id") == 0
    said = capsys.readouterr().out
    assert "Peta dimuat: 1 kecamatan. Tidak ada di berkas: Kerkap" in said
    raw = shelf.read()
    assert raw is not None
    assert [one.code for one in load(raw).found] == ["170301"]
    assert perahu(hub, "map", "--scheme") == 0
    assert shelf.read() is None


def test_it_keeps_the_old_map_when_the_file_is_wrong(
    hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another kabupaten's file, or none at all, is a sentence; nothing is changed."""
    assert perahu(hub, "map", borders_file(hub, "Enggano")) == 0
    before = MapShelf(hub).read()
    assert perahu(hub, "map", borders_file(hub, "Atlantis")) == 2
    assert perahu(hub, "map", hub / "none.geojson", lang="id") == 2
    assert "peta yang lama tetap dipakai" in capsys.readouterr().err
    assert MapShelf(hub).read() == before
