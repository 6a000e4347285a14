"""`perahu stock`: the ledger of blanko, ribbon and film, and what is done with them."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from perahu.cards import actions_stock, reads_stock
from perahu.cards.facts import ITEMS, SOURCES, SPOIL_CAUSES
from perahu.node.actions import node_named
from perahu.node.cli import Call, Say
from perahu.node.desk_call import (
    ID_BYTES,
    Teller,
    add_desk_arguments,
    fill,
    hex_id,
    sign_in_officer,
)
from perahu.node.office import Office
from perahu.node.rng import system_random
from perahu.words import Refusal, Words

NAME = "stock"
HELP = Words(
    "buku stok kantor ini; terima, kirim, tiba, rusak, hitung",
    "this office's ledger of stock; receive, send, arrive, spoil, count",
)

_DEED = Words("apa yang terjadi; tanpa ini buku ditampilkan", "what happened; or show")
_ITEM = Words("barang", "item")
_COUNT = Words("jumlah", "count")
_SOURCE = Words("receive: asal barang", "receive: where it comes from")
_DOCUMENT = Words("receive: nomor surat jalan", "receive: number of the delivery note")
_TO = Words("send: nama simpul tujuan", "send: name of the node it goes to")
_TRANSFER = Words("arrive: nomor kiriman", "arrive: id of the transfer")
_CAUSE = Words("spoil: sebab rusak", "spoil: the cause")
_REASON = Words("count: alasan bila ada selisih", "count: why it differs")
_RESTORED = Words(
    "count: buku ini dari cadangan, dan layar tidak menyebutnya; mulai epoch berikutnya",
    "count: this book is a backup, and no screen says so; begin the next epoch",
)

_ACCOUNT = Words(
    "  {item:<8} {name:<44} {count:>8}", "  {item:<8} {name:<44} {count:>8}"
)
_SUM = Words("Jumlah seluruh buku: {sum}", "Sum of the whole ledger: {sum}")
_WAY = Words(
    "Dalam perjalanan: kiriman {transfer}, {count} {item} dari {sent_by}.",
    "On the way: transfer {transfer}, {count} {item} from {sent_by}.",
)
_NO_WAY = Words("Tidak ada kiriman dalam perjalanan.", "Nothing is on the way.")
_DONE = Words(
    "Tercatat: {item} di kantor ini sekarang {on_hand}.",
    "Recorded: {item} at this office now {on_hand}.",
)
_SENT = Words(
    "Tercatat: kiriman {transfer}; {item} di kantor ini sekarang {on_hand}.",
    "Recorded: transfer {transfer}; {item} at this office now {on_hand}.",
)
_AS_FAR = Words(" (kiriman saja)", " (transfers only)")
"""An office hears of another's stock only by what was sent from one to the other."""
_NAMES = {
    "office": Words("di kantor {}", "at {}"),
    "used": Words("menjadi kartu di {}", "became cards at {}"),
    "spoiled": Words("rusak di {}", "spoiled at {}"),
    "difference": Words("selisih hitung di {}", "difference counted at {}"),
    "transit": Words("dalam perjalanan {}", "on the way {}"),
    "outside": Words("dari luar: {}", "from outside: {}"),
}


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("deed", nargs="?", choices=tuple(_DEEDS), help=say(_DEED))
    parser.add_argument("--item", choices=ITEMS, default=ITEMS[0], help=say(_ITEM))
    parser.add_argument("--count", type=int, help=say(_COUNT))
    parser.add_argument("--source", choices=SOURCES, help=say(_SOURCE))
    parser.add_argument("--document", help=say(_DOCUMENT))
    parser.add_argument("--to", metavar="NODE", help=say(_TO))
    parser.add_argument("--transfer", metavar="HEX", help=say(_TRANSFER))
    parser.add_argument("--cause", choices=SPOIL_CAUSES, help=say(_CAUSE))
    parser.add_argument("--reason", default="", help=say(_REASON))
    parser.add_argument("--restored", action="store_true", help=say(_RESTORED))
    add_desk_arguments(parser, say)


def run(call: Call) -> None:
    """Do the deed, or show the ledger."""
    teller = Teller(call)
    with call.open() as office:
        officer = sign_in_officer(call, office, "stock")
        if call.deed is None:
            _show(office, teller)
        elif call.deed == "arrive" and call.transfer is None:
            _list_on_the_way(office, teller)
        else:
            item, transfer = _DEEDS[call.deed](call, office, officer)
            on_hand = reads_stock.on_hand(office.journal.node_id, item)
            told = {"deed": call.deed, "item": item, "on_hand": on_hand}
            words = _SENT if transfer else _DONE
            told |= {"transfer": transfer.hex()} if transfer else {}
            teller.tell("stock", fill(words, **told), **told)


def _receive(call: Call, office: Office, officer: bytes) -> tuple[str, bytes]:
    _need(call, "count", "source", "document")
    actions_stock.receive_stock(
        office.journal,
        office.ask(officer),
        item=call.item,
        count=call.count,
        source=call.source,
        document=call.document,
    )
    return call.item, b""


def _send(call: Call, office: Office, officer: bytes) -> tuple[str, bytes]:
    _need(call, "count", "to")
    transfer = system_random(ID_BYTES)
    actions_stock.send_stock(
        office.journal,
        office.ask(officer),
        transfer=transfer,
        item=call.item,
        count=call.count,
        to=node_named(office.authority, call.to),
    )
    return call.item, transfer


def _arrive(call: Call, office: Office, officer: bytes) -> tuple[str, bytes]:
    _need(call, "count")
    transfer = hex_id(call.transfer)
    actions_stock.arrive_stock(
        office.journal, office.ask(officer), transfer=transfer, count=call.count
    )
    known = reads_stock.transfer(transfer)
    assert known is not None
    return known.item, transfer


def _spoil(call: Call, office: Office, officer: bytes) -> tuple[str, bytes]:
    _need(call, "count", "cause")
    actions_stock.spoil_stock(
        office.journal,
        office.ask(officer),
        item=call.item,
        count=call.count,
        cause=call.cause,
    )
    return call.item, b""


def _count(call: Call, office: Office, officer: bytes) -> tuple[str, bytes]:
    _need(call, "count")
    actions_stock.count_stock(
        office.journal,
        office.ask(officer),
        item=call.item,
        counted=call.count,
        reason=call.reason,
        is_restored=call.restored,
    )
    return call.item, b""


_DEEDS: dict[str, Callable[[Call, Office, bytes], tuple[str, bytes]]] = {
    "receive": _receive,
    "send": _send,
    "arrive": _arrive,
    "spoil": _spoil,
    "count": _count,
}


def _need(call: Call, *names: str) -> None:
    missing = " ".join(f"--{name}" for name in names if getattr(call, name) is None)
    if missing:
        raise Refusal(
            "usage",
            id=f"Untuk `stock {call.deed}` wajib diberikan: {missing}. Tidak ada yang "
            "diubah.",
            en=f"`stock {call.deed}` also needs: {missing}. Nothing was changed.",
        )


def _show(office: Office, teller: Teller) -> None:
    """Every account that holds something, as this book knows it, and the sum of all."""
    for item in ITEMS:
        for account, count in reads_stock.balances(item).items():
            told = {"item": item, "count": count, "account": account}
            words = fill(_ACCOUNT, name=_name_of(office, account), **told)
            teller.tell("account", words, **told)
    total = reads_stock.ledger_sum()
    teller.tell("ledger", fill(_SUM, sum=total), sum=total)


def _name_of(office: Office, account: str) -> Words:
    kind, _, about = account.partition(":")
    nodes = office.authority.nodes()
    known = nodes.get(bytes.fromhex(about)) if len(about) == 32 else None
    words = _NAMES[kind]
    shown = known.name if known else about
    said = Words(words.id.format(shown), words.en.format(shown))
    is_elsewhere = known is not None and known.node_id != office.journal.node_id
    if kind == "office" and is_elsewhere and office.settings.row.serves_people:
        return Words(said.id + _AS_FAR.id, said.en + _AS_FAR.en)
    return said


def _list_on_the_way(office: Office, teller: Teller) -> None:
    waiting = reads_stock.on_the_way(office.journal.node_id)
    nodes = office.authority.nodes()
    for one in waiting:
        sender = nodes.get(one.sent_by)
        told = {
            "transfer": one.transfer.hex(),
            "item": one.item,
            "count": one.sent,
            "sent_by": sender.name if sender else one.sent_by.hex(),
        }
        teller.tell("on_the_way", fill(_WAY, **told), **told)
    if not waiting and not teller.is_json:
        teller.tell("nothing_on_the_way", _NO_WAY)
