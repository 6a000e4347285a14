"""`perahu field`: to a desa with the field laptop, and back, by a file from hand to hand."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from perahu.cards import reads_stock
from perahu.cards.facts import ITEMS
from perahu.enrolment.rules_parts import part_words
from perahu.node import field as trips
from perahu.node.cli import INCOMPLETE, Call, Say
from perahu.node.desk_call import (
    Teller,
    add_desk_arguments,
    fill,
    hex_id,
    sign_in_officer,
)
from perahu.node.office import Office
from perahu.node.relay.stick import Handed
from perahu.node.rng import system_random
from perahu.sync.courier.exporting import Exported
from perahu.sync.courier.report import lacks_some
from perahu.sync.postbag.index import total_bytes
from perahu.trips import actions as actions_trip
from perahu.trips import reads as reads_trip
from perahu.trips import reads_visits
from perahu.trips.reads import PIECES, TripState
from perahu.trips.reads_visits import Visit
from perahu.trips.rules import Wanted
from perahu.words import Refusal, Words

NAME = "field"
HELP = Words(
    "bawa ke lapangan: rencana, berangkat, terima, daftar kunjungan, kembali",
    "take to the field: plan, go, receive, the list of visits, come back",
)

_DEED = Words(
    "plan: rencana; take: berangkat; again: lanjutkan dan tulis stik sekali lagi; receive: "
    "baca stik; count: hitung kiriman; visits: daftar kunjungan; trips: perjalanan; back: "
    "kirim kembali; end: tutup perjalanan",
    "plan; take: go; again: go on and write the stick once more; receive: read the stick; "
    "count: count what came; visits: whom to visit; trips; back: send back; end: close a trip",
)
_FILES = Words("berkas, atau folder stik (receive)", "files, or the stick (receive)")
_DESA = Words("kode desa, 10 angka", "code of the desa, 10 digits")
_TO = Words("nama laptop, atau kantor (back)", "name of the laptop, or office (back)")
_BLANKO = Words(
    "blanko yang dibawa (bawaan: menurut rencana); dengan back: yang dihitung di tas",
    "blanko to take (default: as planned); with back: counted in the bag",
)
_CARRIER = Words("nama pembawa laptop", "who carries the laptop")
_FOLDER = Words("folder stik", "folder of the stick")
_TRIP = Words("nomor perjalanan", "id of the trip")
_TRANSFER = Words("nomor kiriman", "id of the transfer")
_COUNT = Words("jumlah yang dihitung", "what was counted")
_REASON = Words("alasan", "the reason")

_PLAN = Words(
    "Rencana ke desa {desa} dengan {to}: {residents} penduduk, {to_record} belum rekam, "
    "{called_back} panggil ulang, {rights} hak cetak, {cards} kartu siap serah; usul "
    "blanko {blanko} (ada {on_hand}).",
    "Plan for desa {desa} with {to}: {residents} residents, {to_record} not recorded, "
    "{called_back} called back, {rights} print rights, {cards} cards to hand over; "
    "proposed blanko {blanko} (there are {on_hand}).",
)
_SENT = Words(
    "Dikirim ke {to}: {rights} hak cetak, {cards} kartu, blanko {blanko}.",
    "Sent to {to}: {rights} print rights, {cards} cards, blanko {blanko}.",
)
_STAYED = Words("Tidak ikut, {order}: {why}", "Stays here, {order}: {why}")
_POST = Words(
    "Titipan ikut dibawa: {count} berkas ({bytes} byte) untuk simpul lain.",
    "Parcels go along: {count} files ({bytes} bytes) for other nodes.",
)
_FILE = Words(
    "Berkas: {files}\nKata periksa: {check}\nSerahkan stik bersama laptop; bacakan kata "
    "periksa saat dibaca.",
    "File: {files}\nCheck words: {check}\nHand the stick over with the laptop; compare the "
    "check words when it is read.",
)
_RECEIVED = Words(
    "Diterima: {rights} hak cetak, {cards} kartu; {waiting} menunggu berkas yang utuh.",
    "Taken in: {rights} print rights, {cards} cards; {waiting} wait for a whole file.",
)
_WAY = Words(
    "Hitung kiriman {transfer}: {count} {item} dari {sent_by}.",
    "Count transfer {transfer}: {count} {item} from {sent_by}.",
)
_COUNTED = Words("Tercatat: {on_hand} {item} di sini.", "Noted: {on_hand} {item} here.")
_ENDED = Words("Perjalanan {trip} selesai.", "Trip {trip} is over.")
_VISIT = Words(
    "RW {rw} RT {rt}  {alamat}\n    {nik}  {name}  lahir {born}: {tasks}",
    "RW {rw} RT {rt}  {alamat}\n    {nik}  {name}  born {born}: {tasks}",
)
_NOBODY = Words(
    "Tidak ada yang perlu dikunjungi di desa ini menurut buku simpul ini.",
    "By this node's book there is nobody to visit in this desa.",
)
_TRIP_LINE = Words(
    "{trip}  desa {desa}, {to}, {carrier}, {day}: {state}",
    "{trip}  desa {desa}, {to}, {carrier}, {day}: {state}",
)
_OPEN = Words("{out} di jalan atau di lapangan", "{out} on the way or in the field")
_CLOSED = Words("selesai {reason}", "over {reason}")
_NO_TRIPS = Words("Belum ada perjalanan.", "There are no trips yet.")

TASK_WORDS = {
    reads_visits.RECORD: Words("rekam (bawa KK)", "record (bring the KK)"),
    reads_visits.CALL_BACK: Words("rekam ulang {parts}", "record again {parts}"),
    reads_visits.FINISH: Words("selesaikan perekaman", "finish the recording"),
    reads_visits.PRINT: Words("cetak kartu", "print the card"),
    reads_visits.HAND_OVER: Words("serahkan kartu", "hand the card over"),
    reads_visits.LOOK_FIRST: Words("hasil cetak belum jelas", "the print is not clear"),
}
_ELSEWHERE = Words(" (belum di sini)", " (not here yet)")


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("deed", choices=tuple(_DEEDS), help=say(_DEED))
    parser.add_argument("files", nargs="*", type=Path, help=say(_FILES))
    parser.add_argument("--desa", help=say(_DESA))
    parser.add_argument("--to", help=say(_TO))
    parser.add_argument("--blanko", type=int, metavar="N", help=say(_BLANKO))
    parser.add_argument("--carrier", help=say(_CARRIER))
    parser.add_argument("--folder", type=Path, help=say(_FOLDER))
    parser.add_argument("--trip", metavar="HEX", help=say(_TRIP))
    parser.add_argument("--transfer", metavar="HEX", help=say(_TRANSFER))
    parser.add_argument("--count", type=int, metavar="N", help=say(_COUNT))
    parser.add_argument("--reason", default="", help=say(_REASON))
    add_desk_arguments(parser, say)


def run(call: Call) -> int | None:
    """Do one deed of a trip; a damaged file ends with 1."""
    with call.open() as office:
        rights = ("record", "print", "hand_over", "stock")
        officer = sign_in_officer(call, office, *rights)
        return _DEEDS[call.deed](_Desk(call, office, officer, Teller(call)))


@dataclass(frozen=True, slots=True)
class _Desk:
    """One run at one node."""

    call: Call
    office: Office
    officer: bytes
    teller: Teller

    def name_of(self, node: bytes) -> str:
        """A node's name."""
        known = self.office.authority.node(node)
        return known.name if known else node.hex()[:8]

    def need(self, *names: str) -> None:
        """Refuses where one of these arguments was not given."""
        given = vars(self.call)
        missing = " ".join(f"--{name}" for name in names if given.get(name) is None)
        if missing:
            raise Refusal(
                "usage",
                id=f"Untuk `field {self.call.deed}` wajib diberikan: {missing}. Tidak ada "
                "yang diubah.",
                en=f"`field {self.call.deed}` also needs: {missing}. Nothing was changed.",
            )


# --- out ---------------------------------------------------------------------------------


def _planned(desk: _Desk) -> actions_trip.TripPlan:
    desk.need("desa")
    office = desk.office
    to = trips.neighbour(office, desk.call.to).node_id
    ask = office.ask(desk.officer)
    return actions_trip.plan_trip(
        office.journal, ask, desa=desk.call.desa.replace(".", ""), to=to
    )


def _plan(desk: _Desk) -> None:
    plan = _planned(desk)
    told = {
        "desa": plan.desa,
        "to": desk.name_of(plan.to),
        "residents": plan.residents,
        "to_record": plan.to_record,
        "called_back": plan.called_back,
        "unfinished": plan.unfinished,
        "rights": len(plan.rights),
        "cards": len(plan.cards),
        "blanko": plan.blanko,
        "on_hand": plan.stock["blanko"],
    }
    desk.teller.tell("plan", fill(_PLAN, **told), **told)
    for words in trips.remarks(desk.office, plan):
        desk.teller.tell("remark", words, says=words)


def _take(desk: _Desk) -> None:
    desk.need("desa", "carrier", "folder")
    plan, call = _planned(desk), desk.call
    wanted = Wanted(
        trip=system_random(12),
        desa=plan.desa,
        to=plan.to,
        orders=plan.orders,
        stock=(("blanko", plan.blanko if call.blanko is None else call.blanko),),
        carrier=call.carrier,
    )
    sent = trips.take_to_field(desk.office, desk.officer, wanted, call.folder)
    _tell_sent(desk, sent, plan.to, wanted.trip)


def _again(desk: _Desk) -> None:
    desk.need("trip", "folder")
    trip = hex_id(desk.call.trip)
    sent = trips.go_on(desk.office, desk.officer, trip, desk.call.folder)
    state = reads_trip.trip_state(trip)
    assert state is not None, "it was gone on with"
    _tell_sent(desk, sent, state.to, trip)


def _tell_sent(desk: _Desk, sent: trips.Sent, to: bytes, trip: bytes = b"") -> None:
    told: dict[str, object] = {
        "to": desk.name_of(to),
        "rights": sent.rights,
        "cards": sent.cards,
    }
    words = fill(_SENT, blanko=sent.stock.get("blanko", 0), **told)
    told |= {"trip": trip.hex(), "stock": sent.stock}
    desk.teller.tell("sent", words, **told)
    for order, why in sent.stayed:
        about = {"order": order.hex(), "why": why}
        desk.teller.tell("stayed", fill(_STAYED, **about), order=order, says=why)
    assert sent.exported is not None, "the file is the last step"
    _tell_file(desk, sent.exported)
    _tell_post(desk, sent.post)


def _tell_post(desk: _Desk, post: Handed) -> None:
    """Letters for others on the same stick; most trips have none but the laptop's own."""
    if post.parcels:
        told = {"count": len(post.parcels), "bytes": total_bytes(post.parcels)}
        desk.teller.tell("post", fill(_POST, **told), **told)
    for name, refusal in post.refused:
        desk.teller.tell("post_left", refusal.words, file=name, code=refusal.code)


def _tell_file(desk: _Desk, made: Exported) -> None:
    files, words = [str(path) for path in made.paths], list(made.check_words)
    shown = fill(_FILE, files=", ".join(files), check="; ".join(words))
    desk.teller.tell(
        "exported",
        shown,
        files=files,
        check_words=words,
        entries=made.entries,
        blobs=made.blobs,
        bytes=made.size_bytes,
    )


# --- in ----------------------------------------------------------------------------------


def _receive(desk: _Desk) -> int:
    # Without a file: what the hub brought over the road is taken as well.
    got = trips.receive(desk.office, desk.officer, desk.call.files)
    for file in got.files:
        desk.teller.tell(
            "imported",
            file.imported.words,
            file=str(file.path),
            sender=file.imported.peer.name,
            entries=file.imported.stored_entries,
            blobs=file.imported.blobs,
            missing_frames=file.imported.missing_frames,
            check_words=file.imported.check_words,
        )
    told = {"rights": got.rights, "cards": got.cards, "waiting": got.waiting}
    desk.teller.tell("received", fill(_RECEIVED, **told), **told)
    _tell_post(desk, got.post)
    _tell_ended(desk, got.ended)
    for one in reads_stock.on_the_way(desk.office.journal.node_id):
        about = {
            "transfer": one.transfer.hex(),
            "item": one.item,
            "count": one.sent,
            "sent_by": desk.name_of(one.sent_by),
        }
        desk.teller.tell("on_the_way", fill(_WAY, **about), **about)
    return INCOMPLETE if lacks_some([one.imported for one in got.files]) else 0


def _count(desk: _Desk) -> None:
    desk.need("transfer", "count")
    transfer = hex_id(desk.call.transfer)
    ended = trips.count_in(desk.office, desk.officer, transfer, desk.call.count)
    known = reads_stock.transfer(transfer)
    assert known is not None, "it was counted just now"
    on_hand = reads_stock.on_hand(desk.office.journal.node_id, known.item)
    told = {"item": known.item, "on_hand": on_hand}
    desk.teller.tell("counted", fill(_COUNTED, **told), **told)
    _tell_ended(desk, ended)


def _tell_ended(desk: _Desk, ended: list[bytes]) -> None:
    for trip in ended:
        desk.teller.tell("ended", fill(_ENDED, trip=trip.hex()), trip=trip)


def _back(desk: _Desk) -> None:
    desk.need("folder")
    call = desk.call
    to = trips.neighbour(desk.office, call.to).node_id
    counted = {} if call.blanko is None else {ITEMS[0]: call.blanko}
    sent = trips.bring_back(
        desk.office, desk.officer, to, call.folder, counted=counted, reason=call.reason
    )
    _tell_sent(desk, sent, to)


def _end(desk: _Desk) -> None:
    desk.need("trip")
    trip, ask = hex_id(desk.call.trip), desk.office.ask(desk.officer)
    journal = desk.office.journal
    actions_trip.end_trip(journal, ask, trip=trip, reason=desk.call.reason)
    _tell_ended(desk, [trip])


# --- lists -------------------------------------------------------------------------------


def _trips(desk: _Desk) -> None:
    found = reads_trip.trips(desk.office.journal.node_id)
    for state in found:
        told: dict[str, object] = {
            "trip": state.trip.hex(),
            "desa": state.desa,
            "to": desk.name_of(state.to),
            "carrier": state.carrier,
        }
        shape = _OPEN if state.is_open else _CLOSED
        words = fill(
            _TRIP_LINE,
            day=_day(desk, state.begun_ms),
            state=fill(shape, out=state.out, reason=state.reason),
            **told,
        )
        told |= {"open": state.is_open, "out": state.out, "reason": state.reason}
        told |= _counts(state)
        desk.teller.tell("trip", words, **told)
    if not found and not desk.teller.is_json:
        desk.teller.tell("no_trips", _NO_TRIPS)


def _day(desk: _Desk, at_ms: int) -> str:
    zone = ZoneInfo(desk.office.authority.policy.timezone)
    return f"{datetime.fromtimestamp(at_ms / 1000, zone):%d-%m-%Y}"


def _counts(state: TripState) -> dict[str, object]:
    pieces: dict[str, object] = {piece: state.count(piece) for piece in PIECES}
    return pieces | {"stock_out": state.stock_out}


def _visits(desk: _Desk) -> None:
    for desa in _desas(desk):
        found = trips.visits_of(desk.office, desa)
        for one in found.people:
            _tell_visit(desk, one)
        if not found.people and not desk.teller.is_json:
            desk.teller.tell("nobody", _NOBODY)


def _desas(desk: _Desk) -> list[str]:
    """The desa that was named, else those of the open trips."""
    if desk.call.desa is not None:
        return [desk.call.desa.replace(".", "")]
    node = desk.office.journal.node_id
    found = [one.desa for one in reads_trip.trips(node, open_only=True)]
    if not found:
        desk.need("desa")
    return list(dict.fromkeys(found))


def _tell_visit(desk: _Desk, one: Visit) -> None:
    told = {
        "nik": one.nik,
        "rw": one.rw,
        "rt": one.rt,
        "tasks": [task.kind for task in one.tasks],
    }
    tasks = [_task_words(task) for task in one.tasks]
    words = fill(
        _VISIT,
        name=one.nama,
        alamat=one.alamat,
        born=f"{one.born:%d-%m-%Y}",
        **told | {"tasks": _joined(tasks)},
    )
    desk.teller.tell("visit", words, person=one.person, **told)


def _task_words(task: reads_visits.Task) -> Words:
    words = TASK_WORDS[task.kind]
    if task.kind == reads_visits.CALL_BACK:
        words = fill(words, parts=_joined([part_words(part) for part in task.parts]))
    if task.order and not task.is_here:
        words = Words(words.id + _ELSEWHERE.id, words.en + _ELSEWHERE.en)
    return words


def _joined(words: list[Words]) -> Words:
    return Words(", ".join(w.id for w in words), ", ".join(w.en for w in words))


_DEEDS: dict[str, Callable[[_Desk], int | None]] = {
    "plan": _plan,
    "take": _take,
    "again": _again,
    "receive": _receive,
    "count": _count,
    "visits": _visits,
    "trips": _trips,
    "back": _back,
    "end": _end,
}
