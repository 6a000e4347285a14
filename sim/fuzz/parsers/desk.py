"""What people bring to a desk: sheets, maps, settings; and what the centre answers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

from perahu.centre import http as centre_http
from perahu.centre import wire as centre
from perahu.node.settings import load_settings
from perahu.people.rules.imports import decide_import, read_plan
from perahu.web.district.borders import read_geojson
from sim.chance import Chance
from sim.fuzz.damage import damaged
from sim.fuzz.parsers import Parser, bent_json
from sim.papers import TODAY

_HEAD = (
    "NIK;NO_KK;NAMA_LGKP;JENIS_KLMIN;TMPT_LHR;TGL_LHR;NO_PROP;NO_KAB;NO_KEC;NO_KEL;"
    "ALAMAT;NO_RT;NO_RW;AGAMA;STAT_KWN;STAT_HBKEL;PDDK_AKH;JENIS_PKRJN;GOL_DRH"
)
_ROWS = (
    "1703011208909001;1703011208109001;BUDI DATA UJI;1;MALAKONI;12-08-1990;17;17.03;"
    "170301;1703012001;JL. DATA UJI;001;002;1;1;1;5;3;13",
    '="1703015208909002";1703011208109001;"SITI ""DATA"" UJI";P;MALAKONI;1990/08/12;17;03;'
    "01;2001;;1;2;ISLAM;KAWIN;ISTRI;SLTA;;O",
    "1,7E+15;'1703011208109001;X;9;;29-02-2023;;;;;;;;;;;;;",
)
_CSV = "\r\n".join((_HEAD, *_ROWS)).encode()
_MAP = json.dumps({
    "type": "FeatureCollection",
    "features": [{
        "type": "Feature",
        "properties": {"KODE": "17.03.01", "KECAMATAN": "ENGGANO"},
        "geometry": {
            "type": "MultiPolygon",
            "coordinates": [[[[102.1, -5.3], [102.4, -5.3], [102.3, -5.5], [102.1, -5.3]]]],
        },
    }],
}).encode()  # fmt: skip
_PAGE = json.dumps({
    "statuses": [{
        "reference": "R1", "status": "PRR", "detail": "", "other_nik": "", "drc": "",
        "at_ms": 1,
    }],
    "cursor": "7",
}).encode()  # fmt: skip
_REFUSED = json.dumps({"error": "x", "id": "ditolak", "en": "refused"}).encode()
_TOML = b"""
name = "Kecamatan Enggano"
role = "kecamatan"
wilayah = ["170301"]
parent = "10.1.2.3:7443"
contact_s = 60
scanners = [4501]
neighbours = ["Kapal=10.0.0.7:7443"]
[[carriers]]
name = "sim"
address = "10.1.2.3:7443"
hours = "22:00-03:00"
monthly_mb = 500
cost_per_mb = 12
"""


def parsers(folder: Path, chance: Chance) -> list[Parser]:
    """All of this file."""

    def import_sheet(raw: bytes) -> None:
        plan = read_plan(raw, "siak.csv", today=TODAY, home="1703")
        decide_import(plan, skip_bad=True)

    def read_settings(raw: bytes) -> None:
        (folder / "node.toml").write_bytes(raw)
        load_settings(folder)

    def read_centre(raw: bytes) -> None:
        if b"statuses" in raw:
            centre.read_page(raw)
        elif b"reference" in raw:
            centre.read_reference(raw)
        else:
            centre_http._refusal_in(raw)

    kecamatan = [("170301", "Enggano"), ("170312", "Ketahun")]
    return [
        Parser(
            name="CSV", seeds=[_CSV, _CSV.decode().encode("utf-16")], read=import_sheet,
            make=_odd_cells, weight=60,
        ),
        Parser(name="XLSX", seeds=[_workbook()], read=import_sheet, make=_odd_part, weight=8),
        Parser(
            name="map", seeds=[_MAP], read=lambda raw: read_geojson(raw, kecamatan),
            make=bent_json,
        ),
        Parser(name="node.toml", seeds=[_TOML], read=read_settings, make=_odd_toml),
        Parser(
            name="centre", seeds=[_PAGE, _REFUSED, b'{"reference": "R"}'],
            read=read_centre, make=bent_json, refuses=(centre.NotOurs,),
        ),
    ]  # fmt: skip


_ODD_CELLS = (
    "", "=cmd|' /C calc'!A0", "1703012001", "9" * 600, "\u0663", "²", "00-00-0000",
    "31-12-9999", "99999", "1e999", "\x00", "\u202eATAD", "'", '="', "-1", "NaN", ";", '"',
)  # fmt: skip


def _odd_cells(chance: Chance, content: bytes) -> bytes:
    """Cells and rows that no export has."""
    lines = [line.split(";") for line in _CSV.decode().split("\r\n")]
    for _ in range(chance.choice((1, 2, 6))):
        row = chance.choice(lines)
        row[chance.randrange(len(row))] = chance.choice(_ODD_CELLS)
    if chance.hits(0.2):
        lines.insert(0, chance.choice(lines))
    text = "\r\n".join(map(";".join, lines))
    encoding = chance.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
    return text.encode(encoding, "replace")


def _workbook() -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for line in (_HEAD, *_ROWS):
        sheet.append(line.split(";"))
    book.save(out)
    return out.getvalue()


def _odd_part(chance: Chance, content: bytes) -> bytes:
    """One part of the workbook damaged, under sums that fit."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as parts,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        names = parts.namelist()
        odd = chance.choice(names)
        for name in names:
            held = parts.read(name)
            if name == odd:
                held = _odd_xml(chance, held)
            made.writestr(name if chance.hits(0.99) else "../" + name, held)
    return out.getvalue()


def _odd_xml(chance: Chance, held: bytes) -> bytes:
    how = chance.randrange(5)
    if how == 0:
        return held.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "bb">]>', 1)
    if how == 1:
        return held + b"<x>" * 20_000
    if how == 2:
        return held.replace(b't="inlineStr"', b't="d"').replace(
            b'r="A1"', b'r="ZZZ9999999"'
        )
    if how == 3:
        return held.replace(b"<v>", b"<v>1e999")
    return damaged(chance, held)


_ODD_TOML: Sequence[bytes] = (
    b"x = " + b"[" * 20_000, b"listen = " + b"9" * 5_000, b"contact_s = inf",
    b"wilayah = [[[]]]", b"name = '''\x7f'''", b"page = 'a:99999999999'", b"parent = '[::1'",
    b"carriers = 3", b"[carriers]\nname = 1", b"neighbours = ['=']", b"x.y.z = 1979-05-27",
    b"page = ':\xd9\xa3'", b"[" + b"a." * 9_000 + b"a]", b"mirror = '\\u0000'",
)  # fmt: skip


def _odd_toml(chance: Chance, content: bytes) -> bytes:
    """Lines that are TOML and no settings, or neither."""
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    lines[at] = chance.choice(_ODD_TOML)
    return b"\n".join(lines)
