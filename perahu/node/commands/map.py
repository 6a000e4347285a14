"""`perahu map`: load the borders of the kecamatan for the kabupaten's page."""

from __future__ import annotations

import argparse
from pathlib import Path

from perahu.node.cli import Call, Say
from perahu.node.map_shelf import MapShelf
from perahu.people.rules.codes import children
from perahu.web.district import borders
from perahu.words import Refusal, Words

NAME = "map"
HELP = Words(
    "muat batas kecamatan (GeoJSON) untuk peta kabupaten",
    "load the borders of the kecamatan (GeoJSON) for the kabupaten's map",
)
_FILE = Words("berkas GeoJSON dengan batas kecamatan", "GeoJSON file with the borders")
_SCHEME = Words("kembali ke skema petak", "back to the scheme of tiles")
_DONE = Words(
    "Peta dimuat: {found} kecamatan. {rest}", "Map loaded: {found} kecamatan. {rest}"
)
_ALL = Words("Semua ada.", "All are there.")
_MISSING = Words("Tidak ada di berkas: {names}.", "Not in the file: {names}.")
_FORGOTTEN = Words("Peta kembali ke skema petak.", "The map is the scheme again.")


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, metavar="FILE", help=say(_FILE))
    what.add_argument("--scheme", action="store_true", help=say(_SCHEME))


def run(call: Call) -> None:
    """Read the file, thin its lines, and keep them in the node's folder."""
    with call.open() as office:
        shelf = MapShelf(office.folder)
        if call.scheme:
            shelf.forget()
            call.say(_FORGOTTEN)
            return
        place = office.certificate.wilayah[0][:4]
        names = [(one.code, one.name) for one in children(place)]
        found = borders.read_geojson(_read(call.file), names)
        shelf.keep(borders.dump(found))
    missing = ", ".join(found.missing(names))
    rest = _MISSING if missing else _ALL
    count = len(found.found)
    call.say(
        Words(
            _DONE.id.format(found=count, rest=rest.id.format(names=missing)),
            _DONE.en.format(found=count, rest=rest.en.format(names=missing)),
        )
    )


def _read(path: Path) -> bytes:
    """No more of the file than may be in it."""
    try:
        with path.open("rb") as file:
            return file.read(borders.FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Refusal(
            "no_file",
            id=f"Berkas {path} tidak dapat dibaca; peta yang lama tetap dipakai.",
            en=f"The file {path} cannot be read; the map before it stays.",
        ) from error
