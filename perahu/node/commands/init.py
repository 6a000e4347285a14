"""`perahu init`: found a kabupaten, or set a node up from an enrolment file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from perahu.keys.facts import POLICIES, STORE_AND_FORWARD
from perahu.node.cli import Call, Say
from perahu.node.commands.trust import show_sheet
from perahu.node.enrolling import join
from perahu.node.founding import FirstOperator, found_kabupaten
from perahu.node.office import BOOK_VARIABLE
from perahu.node.page_trust import is_secure
from perahu.node.passphrase import new_passphrase, secret_word
from perahu.node.rebuilding import is_rescue, rebuild
from perahu.node.roles import ROLES
from perahu.node.settings import Settings
from perahu.node.signing_in import CODE_VARIABLE
from perahu.words import Refusal, Words

NAME = "init"
HELP = Words(
    "dirikan kabupaten, atau siapkan (lagi) simpul dari berkasnya (--from)",
    "found a kabupaten, or set a node up (again) from its file (--from)",
)

_FROM = Words(
    "berkas pendaftaran dari kabupaten, atau berkas penyelamat simpul ini (rescue)",
    "enrolment file from the kabupaten, or this node's rescue file",
)
_ROLE = Words("peran simpul yang didirikan", "role of the node to found")
_NAME = Words("nama kabupaten", "name of the kabupaten")
_WILAYAH = Words(
    "kode wilayah, misalnya 17.03", "code of the wilayah, for example 17.03"
)
_LOGIN = Words("nama masuk petugas pertama", "login of the first operator")
_OPERATOR = Words("nama petugas pertama", "name of the first operator")
_DECREE = Words("nomor SK petugas pertama", "number of the first operator's decree")
_ROOT = Words("berkas untuk kunci akar", "file for the root key")
_POLICY = Words(
    "kebijakan saat pusat tidak terjangkau", "policy while the centre is away"
)
_TIMEZONE = Words("zona waktu, misalnya Asia/Jakarta", "time zone, e.g. Asia/Jakarta")
_CONTACT = Words(
    "paling lama sekian detik sekali menghubungi simpul atasan",
    "the parent node is called at least every so many seconds",
)
_SCANNER = Words("port pemindai; boleh berulang", "port of a scanner; may be repeated")
_LOCAL_WORDS = {
    "listen": Words(
        "host:port tempat simpul ini mendengar simpul lain",
        "host:port where this node listens to others",
    ),
    "address": Words(
        "host:port yang dipanggil simpul lain", "host:port under which others call it"
    ),
    "page": Words(
        "host:port halaman; 0.0.0.0:8700 agar meja lain dapat membukanya (https)",
        "host:port of the pages; 0.0.0.0:8700 lets other desks open them (https)",
    ),
    "mirror": Words(
        "folder cermin di media kedua", "folder of the mirror on a second medium"
    ),
    "book": Words(
        "postgresql://… bila buku kabupaten di sana",
        "postgresql://… where the hub keeps its book there",
    ),
    "language": Words("bahasa halaman: id atau en", "language of the page: id or en"),
    "printer": Words("ipp://… printer kartu", "ipp://… of the card printer"),
    "centre": Words(
        "http(s)://… pusat, di kabupaten", "http(s)://… of the centre, at the hub"
    ),
}
_CODE = Words("Kode pendaftaran", "The enrolment code")
_DONE = Words(
    "Simpul {name} siap di {folder}. Lanjutkan: buat PIN petugas (perahu --dir {folder} "
    "pin --login NAMA), lalu jalankan (perahu --dir {folder} serve).",
    "Node {name} is ready in {folder}. Go on: set the operators' PINs (perahu --dir "
    "{folder} pin --login NAME), then run it (perahu --dir {folder} serve).",
)
_FOUNDED = Words(
    "Kunci akar ada di {root}: pindahkan dari komputer ini sekarang.\n"
    "Kode aktivasi {login} (hanya sekali ini ditampilkan): {code}",
    "The root key is in {root}: take it off this computer now.\n"
    "Activation code of {login} (shown this once): {code}",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--from", dest="file", type=Path, help=say(_FROM))
    parser.add_argument(
        "--role", choices=tuple(ROLES), default="kabupaten", help=say(_ROLE)
    )
    parser.add_argument("--name", help=say(_NAME))
    parser.add_argument("--wilayah", help=say(_WILAYAH))
    parser.add_argument("--login", default="admin", help=say(_LOGIN))
    parser.add_argument("--operator-name", default="Admin", help=say(_OPERATOR))
    parser.add_argument("--decree", help=say(_DECREE))
    parser.add_argument("--root-key", type=Path, help=say(_ROOT))
    parser.add_argument(
        "--policy", choices=POLICIES, default=STORE_AND_FORWARD, help=say(_POLICY)
    )
    parser.add_argument("--timezone", help=say(_TIMEZONE))
    parser.add_argument("--contact-s", type=int, help=say(_CONTACT))
    for key, words in _LOCAL_WORDS.items():
        parser.add_argument(f"--{key}", help=say(words))
    parser.add_argument(
        "--scanner", dest="scanners", type=int, action="append", help=say(_SCANNER)
    )


def run(call: Call) -> None:
    """Found or join, in an empty folder."""
    folder = Path(call.dir)
    if folder.resolve() == Path.cwd():
        raise Refusal(
            "no_dir",
            id="Sebutkan folder simpul baru dengan --dir; tidak ada yang dibuat.",
            en="Name the folder of the new node with --dir; nothing was made.",
        )
    if call.file is not None:
        code = secret_word(CODE_VARIABLE, _CODE, call.lang)
        phrase = new_passphrase(call.lang)
        begin = rebuild if is_rescue(call.file) else join
        settings = begin(
            folder, call.file, code=code, passphrase=phrase, changes=_changes(call)
        )
    else:
        settings = _found(call, folder)
    done = {"name": settings.name, "folder": folder}
    call.say(Words(_DONE.id.format(**done), _DONE.en.format(**done)))
    if is_secure(settings):
        print()
        show_sheet(call, folder, settings)


def _found(call: Call, folder: Path) -> Settings:
    for key in ("name", "wilayah", "decree"):
        if not getattr(call, key):
            raise Refusal(
                "usage",
                id=f"Untuk mendirikan kabupaten, --{key} wajib diisi; tidak ada yang dibuat.",
                en=f"To found a kabupaten, --{key} is required; nothing was made.",
            )
    settings = Settings(
        name=call.name,
        role=call.role,
        wilayah=(call.wilayah.replace(".", ""),),
        **({"timezone": call.timezone} if call.timezone else {}),
        **_changes(call),
    )
    operator = FirstOperator(
        login=call.login, name=call.operator_name, decree=call.decree
    )
    root_file = call.root_key or folder.with_name(f"{folder.name}.root-key")
    founded = found_kabupaten(
        folder,
        settings,
        passphrase=new_passphrase(call.lang),
        root_file=root_file,
        operator=operator,
        policy=call.policy,
    )
    shown = {
        "root": root_file, "login": call.login, "code": founded.activation_code,
    }  # fmt: skip
    call.say(Words(_FOUNDED.id.format(**shown), _FOUNDED.en.format(**shown)))
    return settings


def _changes(call: Call) -> dict[str, Any]:
    given = {
        key: getattr(call, key)
        for key in _LOCAL_WORDS
        if getattr(call, key) is not None
    }
    if book := os.environ.get(BOOK_VARIABLE):
        # Kept: a later command without the variable must not begin a second, empty book.
        given.setdefault("book", book)
    if call.contact_s is not None:
        given["contact_s"] = call.contact_s
    if call.scanners:
        given["scanners"] = tuple(call.scanners)
    if given.get("mirror"):
        given["mirror"] = str(Path(given["mirror"]).absolute())
    return given
