"""`perahu hand-over`: give a printed card to its person, by finger or by the proof's code."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from perahu.cards import reads
from perahu.cards.rules import OrderState, Proof, check_known
from perahu.node.cli import Call, Say
from perahu.node.desk_call import (
    Teller,
    add_desk_arguments,
    fill,
    hex_id,
    sign_in_officer,
)
from perahu.node.desk_devices import scanner_of, tell_simulator
from perahu.node.office import Office
from perahu.node.web_handing_over import give, proof_by_finger
from perahu.people import reads as people
from perahu.words import Refusal, Words

NAME = "hand-over"
HELP = Words(
    "serahkan kartu kepada orangnya, dengan sidik jari atau kode",
    "hand a card to its person, by finger or by code",
)

CODES_BYTES_MAX = 4_000_000

_ORDER = Words("pesanan kartunya", "order of the card")
_NIK = Words("NIK orangnya", "NIK of the person")
_CODE = Words("kode ambil pada bukti perekaman", "pick-up code on the proof")
_FINGER = Words("pindai telunjuk orangnya", "scan an index finger of the person")
_COLLECTOR = Words(
    "nama pengambil dengan surat kuasa (bawaan: orangnya sendiri)",
    "name of who takes it by letter of authority (default: the person)",
)
_CODES = Words(
    "berkas JSON per baris: nik dan code (atau pickup); serahkan semuanya",
    "file of JSON lines with nik and code (or pickup); hand all of them over",
)
_ROOT = Words(
    "sertifikat akar pemindai (PEM), pengganti scanner_root di node.toml",
    "the scanners' root certificate (PEM), instead of scanner_root in node.toml",
)
_SIM = Words(
    "HANYA PERAGAAN: beri tahu pemindai simulasi siapa yang berdiri di depannya",
    "DEMONSTRATION ONLY: tell the simulated scanners who stands in front of them",
)
_HANDED = Words("Diserahkan: {nik} {name}.", "Handed over: {nik} {name}.")
_NO_CARD = Words(
    "Belum ada kartu tercetak di sini untuk orang ini; belum ada yang diserahkan.",
    "No card of this person was printed here yet; there is nothing to hand over.",
)
_DONE = Words(
    "Selesai: {handed_over} diserahkan, {refused} belum.",
    "Done: {handed_over} handed over, {refused} not.",
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--order", metavar="HEX", help=say(_ORDER))
    who.add_argument("--nik", help=say(_NIK))
    who.add_argument("--all-codes", type=Path, metavar="FILE", help=say(_CODES))
    proof = parser.add_mutually_exclusive_group()
    proof.add_argument("--code", help=say(_CODE))
    proof.add_argument("--finger", action="store_true", help=say(_FINGER))
    parser.add_argument("--collector", default="self", help=say(_COLLECTOR))
    parser.add_argument("--scanner-root", type=Path, metavar="FILE", help=say(_ROOT))
    parser.add_argument("--sim-person", action="store_true", help=say(_SIM))
    add_desk_arguments(parser, say)


def run(call: Call) -> None:
    """Hand one card over, or all that a file has codes for."""
    has_proof = call.code is not None or call.finger
    if has_proof == (call.all_codes is not None):
        raise Refusal(
            "usage",
            id="Sebutkan --code atau --finger untuk satu kartu, atau --all-codes saja; "
            "tidak ada yang diserahkan.",
            en="Give --code or --finger for one card, or --all-codes alone; nothing was "
            "handed over.",
        )
    codes = _read_codes(call.all_codes) if call.all_codes is not None else {}
    with call.open() as office:
        officer = sign_in_officer(call, office, "hand_over")
        desk = _Desk(call, office, officer, Teller(call))
        if call.all_codes is not None:
            _hand_over_all(desk, codes)
            return
        order = _order(hex_id(call.order)) if call.order else _order_of_nik(call.nik)
        if call.finger:
            proof = _proof_by_finger(desk, order)
        else:
            proof = Proof(means="code", collector=call.collector, code=call.code)
        _hand_over(desk, order, proof)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One run at one counter."""

    call: Call
    office: Office
    officer: bytes
    teller: Teller


def _hand_over(desk: _Desk, order: OrderState, proof: Proof) -> None:
    """State it; then what was sealed for this card leaves the office."""
    give(desk.office, desk.office.ask(desk.officer), order.order, proof)
    biodata = people.biodata(order.person)
    told = {
        "order": order.order.hex(),
        "person": order.person.hex(),
        "nik": biodata.nik if biodata else "",
        "means": proof.means,
        "collector": proof.collector,
        "score": proof.score,
    }
    words = fill(_HANDED, name=biodata.nama if biodata else "", **told)
    desk.teller.tell("handed_over", words, **told)


def _hand_over_all(desk: _Desk, codes: dict[str, str]) -> None:
    """Whose card is not here yet, or whose code is wrong, does not stop the others."""
    counts = {"handed_over": 0, "refused": 0}
    for nik, code in codes.items():
        try:
            proof = Proof(means="code", collector=desk.call.collector, code=code)
            _hand_over(desk, _order_of_nik(nik), proof)
            counts["handed_over"] += 1
        except Refusal as refusal:
            desk.teller.refused(refusal, Words(nik, nik), nik=nik)
            counts["refused"] += 1
    desk.teller.tell("done", fill(_DONE, **counts), **counts)


def _proof_by_finger(desk: _Desk, order: OrderState) -> Proof:
    """Scan and compare; in a demonstration the simulator is told who stands there."""
    scanner = scanner_of(desk.office, desk.call.scanner_root)
    biodata = people.biodata(order.person)
    if desk.call.sim_person and biodata is not None:
        tell_simulator(desk.office, biodata)
    return proof_by_finger(desk.office, order.order, scanner, desk.call.collector)


# --- which card --------------------------------------------------------------------------


def _order(order: bytes) -> OrderState:
    return check_known(reads.order(order))


def _order_of_nik(nik: str) -> OrderState:
    """The order of this person whose card waits here, else the last one."""
    resident = people.by_nik(nik)
    orders = reads.orders_of(resident.person) if resident is not None else []
    if not orders:
        raise Refusal("not_printed", id=_NO_CARD.id, en=_NO_CARD.en)
    waiting = [one for one in orders if one.printed and not one.handed_over]
    return (waiting or orders)[-1]


def _read_codes(path: Path) -> dict[str, str]:
    """NIK to code, of lines that name both; what `record --json` said may be given as it is."""
    with path.open("rb") as file:
        text = file.read(CODES_BYTES_MAX + 1)
    codes: dict[str, str] = {}
    try:
        if len(text) > CODES_BYTES_MAX:
            raise ValueError("size")
        for line in text.decode().splitlines():
            row = json.loads(line) if line.strip() else {}
            code = row.get("code") or row.get("pickup")
            if "nik" in row and code:
                codes[str(row["nik"])] = str(code)
    except (ValueError, AttributeError, RecursionError):
        codes = {}
    if not codes:
        raise Refusal(
            "bad_codes",
            id=f"Berkas {path} tidak berisi baris JSON dengan nik dan code; tidak ada yang "
            "diserahkan.",
            en=f"The file {path} holds no JSON lines with nik and code; nothing was handed "
            "over.",
        )
    return codes
