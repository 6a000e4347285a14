"""`perahu trust`: the office's certificate for desks, and the sheet that says how."""

from __future__ import annotations

import argparse
from pathlib import Path

from perahu.keys.certificates import Chain
from perahu.node.cli import Call, Say
from perahu.node.going_on import CERTIFICATE_FILE
from perahu.node.import_sheet import (
    place_of_sheet,
    sheet_of,
    sheet_text,
    write_sheet,
)
from perahu.node.office import ROOT_FILE, root_of
from perahu.node.page_trust import AUTHORITY_FILE, ensure_authority
from perahu.node.settings import FILE, Settings, load_settings
from perahu.words import Refusal, Words

NAME = "trust"
HELP = Words(
    "sertifikat kantor untuk dipasang di meja lain, dan lembar caranya",
    "the office's certificate for other desks, and the sheet that says how",
)

_OUT = Words(
    "salin sertifikat dan lembarnya ke folder ini, misalnya sebuah stik",
    "copy the certificate and the sheet to this folder, a stick for example",
)
_NEW = Words(
    "buat sertifikat baru; setiap meja harus memasangnya lagi",
    "make a new certificate; every desk must import it again",
)
_WHERE = Words(
    "Lembar untuk dicetak: {sheet}\nSertifikat: {certificate}",
    "Sheet to print: {sheet}\nCertificate: {certificate}",
)
_LOCAL = Words(
    "Halaman hanya untuk komputer ini (http://{page}/); tidak ada sertifikat yang perlu "
    'dipasang. Agar meja lain dapat membukanya: isi page = "0.0.0.0:8700" di {file}, '
    "jalankan `perahu trust`, lalu jalankan ulang simpul ini.",
    "The pages are for this computer alone (http://{page}/); there is no certificate to "
    'import. For other desks to open them: put page = "0.0.0.0:8700" into {file}, run '
    "`perahu trust`, then start this node again.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=say(_OUT))
    parser.add_argument("--new", action="store_true", help=say(_NEW))


def run(call: Call) -> None:
    """Show the sheet again, made first where it is missing; needs no passphrase."""
    folder = Path(call.dir)
    settings = load_settings(folder)
    if call.out is not None and not call.out.is_dir():
        raise Refusal(
            "no_stick",
            id=f"Folder {call.out} tidak ada; pasang stiknya. Tidak ada yang diubah.",
            en=f"There is no folder {call.out}; plug the stick in. Nothing was changed.",
        )
    ensure_authority(folder, settings, _recipient(folder), anew=call.new)
    show_sheet(call, folder, settings, call.out)


def show_sheet(
    call: Call, folder: Path, settings: Settings, out: Path | None = None
) -> None:
    """Tell the terminal what the sheet says, and write the sheet to print."""
    sheet = sheet_of(folder, settings)
    if sheet is None:
        local = {"page": settings.page, "file": folder / FILE}
        call.say(Words(_LOCAL.id.format(**local), _LOCAL.en.format(**local)))
        return
    print(sheet_text(sheet, call.lang), end="\n\n")
    place = out or place_of_sheet(folder)
    written = {
        "sheet": write_sheet(sheet, settings.language, place),
        "certificate": place / AUTHORITY_FILE,
    }
    call.say(Words(_WHERE.id.format(**written), _WHERE.en.format(**written)))


def _recipient(folder: Path) -> str:
    """To whom this node seals its own files; its certificate says it."""
    root_public = root_of((folder / ROOT_FILE).read_bytes(), folder)
    chain = Chain.decode((folder / CERTIFICATE_FILE).read_bytes(), root_public)
    return chain.node.age_recipient
