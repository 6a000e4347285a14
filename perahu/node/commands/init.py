"""`perahu init`: found a kabupaten, or set a node up from an enrolment file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from perahu.keys.facts import POLICIES, STORE_AND_FORWARD
from perahu.node.cli import Call, Say
from perahu.node.enrolling import join
from perahu.node.founding import FirstOperator, found_kabupaten
from perahu.node.passphrase import new_passphrase, secret_word
from perahu.node.roles import ROLES
from perahu.node.settings import Settings
from perahu.node.signing_in import CODE_VARIABLE
from perahu.words import Refusal, Words

NAME = "init"
HELP = Words(
    "dirikan kabupaten, atau siapkan simpul dari berkas pendaftaran (--from)",
    "found a kabupaten, or set a node up from an enrolment file (--from)",
)

_LOCAL = (
    "listen",
    "address",
    "page",
    "mirror",
    "book",
    "language",
    "printer",
    "centre",
)
_FROM = Words("berkas pendaftaran dari kabupaten", "enrolment file from the kabupaten")
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
_SETTING = Words("isi node.toml: {}", "node.toml: {}")
_CODE = Words("Kode pendaftaran", "The enrolment code")
_DONE = Words(
    "Simpul {name} siap di {folder}. Lanjutkan: perahu --dir {folder} serve",
    "Node {name} is ready in {folder}. Go on: perahu --dir {folder} serve",
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
    parser.add_argument("--timezone", help=say(_SETTING).format("timezone"))
    parser.add_argument("--contact-s", type=int, help=say(_SETTING).format("contact_s"))
    for key in _LOCAL:
        parser.add_argument(f"--{key}", help=say(_SETTING).format(key))
    parser.add_argument(
        "--scanner", dest="scanners", type=int, action="append",
        help=say(_SETTING).format("scanners"),
    )  # fmt: skip


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
        settings = join(
            folder, call.file, code=code, passphrase=phrase, changes=_changes(call)
        )
    else:
        settings = _found(call, folder)
    done = {"name": settings.name, "folder": folder}
    call.say(Words(_DONE.id.format(**done), _DONE.en.format(**done)))


def _found(call: Call, folder: Path) -> Settings:
    for key in ("name", "wilayah", "decree"):
        if not getattr(call, key):
            raise Refusal(
                "usage",
                id=f"Untuk mendirikan kabupaten, --{key} wajib diisi.",
                en=f"To found a kabupaten, --{key} is required.",
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
        key: getattr(call, key) for key in _LOCAL if getattr(call, key) is not None
    }
    if call.contact_s is not None:
        given["contact_s"] = call.contact_s
    if call.scanners:
        given["scanners"] = tuple(call.scanners)
    if given.get("mirror"):
        given["mirror"] = str(Path(given["mirror"]).absolute())
    return given
