"""`perahu relay`: the boat takes everybody's post, by stick or over a LAN."""

from __future__ import annotations

import argparse
from pathlib import Path

from perahu.node.actions import node_named
from perahu.node.cli import Call, Say
from perahu.node.desk_call import Teller, fill
from perahu.node.office import Office
from perahu.node.relay.bag import bag_of
from perahu.node.relay.letters import meet, write_if_due
from perahu.node.relay.stick import Handed, give, look, take
from perahu.sync.postbag.index import Parcel
from perahu.sync.postbag.label import Label
from perahu.words import Refusal, Words

NAME = "relay"
HELP = Words(
    "titipan: pos simpul lain dibawa lewat stik atau jaringan setempat",
    "relays: other nodes' post, carried by stick or over a LAN",
)
LIST, LOOK, TAKE, GIVE, MEET = "list", "look", "take", "give", "meet"
_ACTION = Words(
    "list: isi tas; look: lihat stik; take: ambil dari stik; give: tulis ke stik; "
    "meet: temui simpul lain di jaringan ini",
    "list: what is in the bag; look: at a stick; take: from a stick; give: onto a stick; "
    "meet: another node on this network",
)
_WHERE = Words(
    "folder stik, atau nama simpul lalu host:port (meet)",
    "the stick's folder, or a node's name and host:port (meet)",
)
_JSON = Words("satu baris JSON untuk tiap kejadian", "one line of JSON for each event")
_LYING = Words(
    "Dari {sender} untuk {to}: berkas {number}, bagian {part}, {bytes} byte.",
    "From {sender} to {to}: file {number}, part {part}, {bytes} bytes.",
)
_TAKEN = Words("Dibawa. ", "Taken along. ")
_GIVEN = Words("Ditulis ke stik. ", "Written onto the stick. ")
_EMPTY = Words(
    "Tidak ada titipan di sini; tidak ada yang berubah.",
    "There are no parcels here; nothing was changed.",
)
_MET = Words(
    "Bertemu {node}: {given} titipan diberikan, {taken} diterima.",
    "Met {node}: {given} parcels given, {taken} taken.",
)
_ARRIVED = Words(
    "Untuk kita: {entries} catatan dan {blobs} berkas segel dari {files} berkas; "
    "{answers} balasan menunggu dibawa.",
    "For us: {entries} records and {blobs} sealed files out of {files} files; {answers} "
    "answers wait to be carried.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    actions = (LIST, LOOK, TAKE, GIVE, MEET)
    parser.add_argument("action", choices=actions, help=say(_ACTION))
    parser.add_argument("where", nargs="*", help=say(_WHERE))
    parser.add_argument("--json", action="store_true", help=say(_JSON))


def run(call: Call) -> None:
    """Do it, and say what went from whom to whom."""
    teller = Teller(call)
    with call.open() as office:
        if call.action == MEET:
            _meet(teller, office, call.where)
        elif call.action == LIST:
            _list(teller, office)
        else:
            folder = Path(_one(call.where))
            _by_stick(teller, office, str(call.action), folder)


def _one(where: list[str]) -> str:
    if len(where) != 1:
        raise Refusal(
            "usage",
            id="Sebutkan folder stiknya; tidak ada yang diubah.",
            en="Name the stick's folder; nothing was changed.",
        )
    return where[0]


def _list(teller: Teller, office: Office) -> None:
    found = bag_of(office).index.parcels()
    for one in found:
        _tell(teller, office, "parcel", Words("", ""), one)
    if not found:
        teller.tell("nothing", _EMPTY)


def _by_stick(teller: Teller, office: Office, action: str, folder: Path) -> None:
    if action == LOOK:
        lying = look(office, folder)
        for one in lying:
            shown = _shown(office, one.label, one.size_bytes)
            teller.tell("lying", fill(_LYING, **shown), **shown, for_us=one.is_for_us)
        if not lying:
            teller.tell("nothing", _EMPTY)
        return
    if action == GIVE:
        write_if_due(office, at_once=True)
    handed = take(office, folder) if action == TAKE else give(office, folder)
    _tell_handed(teller, office, handed, _TAKEN if action == TAKE else _GIVEN)


def _tell_handed(teller: Teller, office: Office, handed: Handed, begin: Words) -> None:
    for one in handed.parcels:
        _tell(teller, office, "parcel", begin, one)
    for name, refusal in handed.refused:
        said = Words(f"{name}: {refusal.words.id}", f"{name}: {refusal.words.en}")
        teller.tell("left", said, file=name, code=refusal.code)
    if not handed.parcels and not handed.refused:
        teller.tell("nothing", _EMPTY)


def _meet(teller: Teller, office: Office, where: list[str]) -> None:
    if len(where) != 2:
        raise Refusal(
            "usage",
            id="Sebutkan nama simpul dan alamatnya (host:port); tidak ada yang diubah.",
            en="Name the node and its address (host:port); nothing was changed.",
        )
    node_id = node_named(office.authority, where[0])
    met = meet(office, node_id, where[1])
    shown = {"node": where[0], "given": met.given, "taken": met.taken}
    if met.refusal is None or met.given or met.taken:
        teller.tell("met", fill(_MET, **shown), **shown)
    arrived = met.arrived
    if arrived.files:
        counts = {
            "entries": arrived.entries, "blobs": arrived.blobs,
            "files": arrived.files, "answers": arrived.answers,
        }  # fmt: skip
        teller.tell("arrived", fill(_ARRIVED, **counts), **counts)
    for words in arrived.refused:
        teller.tell("refused", words)
    if met.refusal is not None:
        raise met.refusal


def _tell(
    teller: Teller, office: Office, event: str, begin: Words, one: Parcel
) -> None:
    shown = _shown(office, one.label, one.size)
    line = fill(_LYING, **shown)
    said = Words(begin.id + line.id, begin.en + line.en)
    teller.tell(event, said, **shown)


def _shown(office: Office, label: Label, size: int) -> dict[str, object]:
    return {
        "sender": _name(office, label.sender),
        "to": _name(office, label.receiver),
        "number": label.number,
        "part": label.part,
        "bytes": size,
    }


def _name(office: Office, node_id: bytes) -> str:
    node = office.authority.node(node_id)
    return node.name if node else node_id.hex()[:8]
