"""`perahu enrol`: at the hub, take a node in and write its enrolment file."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from perahu.node.actions import node_named
from perahu.node.cli import Call, Say
from perahu.node.courier import add_first_load, add_load
from perahu.node.desk_call import fill, sign_in_officer
from perahu.node.enrolling import NewNode, enrol
from perahu.node.founding import issuing_key_of
from perahu.node.office import Office
from perahu.node.rebuilding import enrol_again
from perahu.node.roles import ROLES, role_of
from perahu.node.settings import save_settings, split_address
from perahu.people.reads import imported_within
from perahu.words import Refusal, Words

NAME = "enrol"
HELP = Words(
    "di kabupaten: daftarkan simpul dan tulis berkas pendaftarannya",
    "at the hub: enrol a node and write its enrolment file",
)

_NAME = Words("nama simpul", "name of the node")
_ROLE = Words("peran simpul", "role of the node")
_WILAYAH = Words("kode wilayah; boleh berulang", "code of its wilayah; may be repeated")
_OUT = Words("berkas yang ditulis", "file to write")
_LISTEN = Words("host:port tempat simpul itu mendengar", "host:port where it listens")
_AGAIN = Words(
    "tulis berkas baru untuk simpul yang komputernya hilang: nama yang sama, epoch baru",
    "write a new file for a node whose machine is lost: the same name, its next epoch",
)
_DONE_AGAIN = Words(
    "Berkas untuk membangun {name} kembali: {out}. Komputer lamanya tidak boleh dipakai "
    "lagi.\nKode pendaftaran (hanya sekali ini ditampilkan; sampaikan terpisah dari "
    "berkas): {code}",
    "The file to build {name} again: {out}. Its old machine must not be used any more.\n"
    "Enrolment code (shown this once; send it apart from the file): {code}",
)
_ADDRESS = Words("host:port untuk memanggilnya", "host:port under which it is called")
_BARE = Words(
    "tanpa muatan pertama (hak, kebijakan, penduduk)",
    "without the first load (grants, policy, residents)",
)
_OFFICER = Words(
    "nama masuk petugas (hak intake), bila penduduknya sudah diimpor",
    "login of the operator (right intake), where its residents are imported already",
)
_DONE = Words(
    "{name} terdaftar; berkasnya {out}.\nKode pendaftaran (hanya sekali ini ditampilkan; "
    "sampaikan terpisah dari berkas): {code}",
    "{name} is enrolled; its file is {out}.\nEnrolment code (shown this once; send it "
    "apart from the file): {code}",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("--name", help=say(_NAME))
    parser.add_argument("--again", metavar="NAME", help=say(_AGAIN))
    parser.add_argument("--role", choices=tuple(ROLES), help=say(_ROLE))
    parser.add_argument("--wilayah", action="append", help=say(_WILAYAH))
    parser.add_argument("--out", type=Path, required=True, help=say(_OUT))
    parser.add_argument("--listen", default="", help=say(_LISTEN))
    parser.add_argument("--address", default="", help=say(_ADDRESS))
    parser.add_argument("--bare", action="store_true", help=say(_BARE))
    parser.add_argument("--officer", metavar="LOGIN", help=say(_OFFICER))


def run(call: Call) -> None:
    """Enrol, add the first load, and remember the address where the node is our parent."""
    for address in (call.listen, call.address):
        if address:
            split_address(address)
    if call.again is not None:
        _enrol_again(call)
        return
    for key in ("name", "role", "wilayah"):
        if not getattr(call, key):
            raise Refusal(
                "usage",
                id=f"Untuk mendaftarkan simpul baru, --{key} wajib diisi; tidak ada yang "
                "diubah.",
                en=f"To enrol a new node, --{key} is required; nothing was changed.",
            )
    plan = NewNode(
        name=call.name,
        role=call.role,
        wilayah=tuple(code.replace(".", "") for code in call.wilayah),
        listen=call.listen,
        address=call.address,
    )
    with call.open() as office:
        # Known before anything is made: who states to the office whom it serves.
        officer = _officer(call, office, plan)
        enrolled = enrol(office, plan, call.out)
        # Shown before the first load: the code must not be lost if that runs out of disk.
        call.say(fill(_DONE, name=call.name, out=call.out, code=enrolled.code))
        if not call.bare:
            ask = office.ask(officer)
            add_first_load(office, ask, enrolled.node_id, call.out)
        if role_of(plan.role).name in office.settings.row.parent:
            parent = replace(
                office.settings,
                parent=plan.address or plan.listen,
                parent_node=enrolled.node_id.hex(),
            )
            save_settings(office.folder, parent)


def _enrol_again(call: Call) -> None:
    """A letter for a node that was there before, with all that is known of it here."""
    if call.name or call.role or call.wilayah:
        raise Refusal(
            "usage",
            id="Dengan --again nama, peran dan wilayah tetap yang dulu; jangan sebutkan "
            "lagi. Tidak ada yang diubah.",
            en="With --again name, role and wilayah stay as they were; do not name them. "
            "Nothing was changed.",
        )
    with call.open() as office:
        node = office.authority.node(node_named(office.authority, call.again))
        assert node is not None, "it was found by its name"
        plan = NewNode(
            name=node.name,
            role=node.role,
            wilayah=node.wilayah,
            listen=call.listen,
            address=call.address,
        )
        enrolled = enrol_again(office, plan, node.node_id, call.out)
        call.say(fill(_DONE_AGAIN, name=node.name, out=call.out, code=enrolled.code))
        add_load(office, node.node_id, call.out)


def _officer(call: Call, office: Office, plan: NewNode) -> bytes:
    """Who sends the residents along; nobody where none are imported yet."""
    issuing_key_of(office)
    if call.officer is not None:
        return sign_in_officer(call, office, "intake")
    has_people = role_of(plan.role).serves_people and imported_within(plan.wilayah)
    if has_people and not call.bare:
        raise Refusal(
            "no_officer",
            id="Penduduk kantor itu sudah diimpor dan ikut di berkasnya; sebutkan "
            "--officer (hak intake), atau --bare untuk tanpa mereka. Tidak ada yang diubah.",
            en="The residents of that office are imported and go along in its file; name "
            "--officer (right intake), or --bare to leave them out. Nothing was changed.",
        )
    return b""
