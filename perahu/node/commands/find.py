"""`perahu find`: who somebody is, and where their recording and their card stand."""

from __future__ import annotations

import argparse

from perahu.cards import reads as cards
from perahu.cards.rules import OrderState
from perahu.cases import reads as cases
from perahu.enrolment import actions, reads, reads_hub
from perahu.enrolment.rules import RecordingState, Step, next_step
from perahu.node.cli import Call, Say
from perahu.node.desk_call import Teller, add_desk_arguments, fill, sign_in_officer
from perahu.node.desk_words import decision_words, step_words
from perahu.node.office import Office
from perahu.people import reads as people
from perahu.people.reads import Resident
from perahu.web.desk.search import look
from perahu.web.names import place
from perahu.words import Refusal, Words

NAME = "find"
HELP = Words(
    "cari orang menurut nama, NIK, nomor KK atau nomor register; tampilkan rekaman dan "
    "kartunya",
    "find people by name, NIK, family card or register number; show their recording and "
    "card",
)

FOUND_MAX = 100
RIGHTS = ("intake", "record", "print", "hand_over", "verify")
"""Each of these acts begins with finding the person, so each may find."""

_TEXT = Words(
    "nama (bunyinya cukup mirip), angka, nomor register, atau teks kode QR bukti",
    "a name, as it sounds, digits, a register number, or the text of a proof's QR code",
)
_UNFINISHED = Words(
    "semua perekaman kantor ini yang belum selesai atau diminta ulang",
    "all recordings of this office that were begun, or called back",
)
_LIMIT = Words("paling banyak sekian orang", "at most so many people")

_PERSON = Words(
    "{nik}  {name}, lahir {born:%d-%m-%Y}, KK {family}, {home}",
    "{nik}  {name}, born {born:%Y-%m-%d}, family card {family}, {home}",
)
_RECORDED = Words(
    "    Rekaman {number}: {level}{decision}; pusat: {centre}.",
    "    Recording {number}: {level}{decision}; centre: {centre}.",
)
_BEGUN = Words(
    "    Rekaman {number} belum selesai; lanjut dari {step}.",
    "    Recording {number} is not complete; it goes on at {step}.",
)
_NO_RECORDING = Words(
    "    Belum ada rekaman di buku ini; status di SIAK: {status}.",
    "    No recording in this book; status in SIAK: {status}.",
)
_CARD = Words("    Kartu {order}: {state}.", "    Card {order}: {state}.")
_NOT_SENT = Words("belum dikirim", "not sent yet")
_NOBODY = Words(
    "Tidak ada yang cocok di buku simpul ini.", "Nobody in this node's book fits."
)


def add_arguments(parser: argparse.ArgumentParser, say: Say) -> None:
    """Declare its arguments."""
    parser.add_argument("text", nargs="?", help=say(_TEXT))
    parser.add_argument("--unfinished", action="store_true", help=say(_UNFINISHED))
    parser.add_argument("--limit", type=int, default=10, help=say(_LIMIT))
    add_desk_arguments(parser, say)


def run(call: Call) -> None:
    """Look them up, the most alike first."""
    if not 1 <= call.limit <= FOUND_MAX or bool(call.text) == call.unfinished:
        raise Refusal(
            "usage",
            id=f"Sebutkan nama atau angka, atau --unfinished; --limit dari 1 sampai "
            f"{FOUND_MAX}.",
            en=f"Name somebody, or give --unfinished; --limit is from 1 to {FOUND_MAX}.",
        )
    teller = Teller(call)
    with call.open() as office:
        sign_in_officer(call, office, *RIGHTS)
        found = _unfinished(office) if call.unfinished else []
        if call.text:
            found += look(office.journal, call.text, call.limit).residents
        for resident in found:
            _show(office, teller, resident)
    if not found and not teller.is_json:
        teller.tell("nobody", _NOBODY)


def _unfinished(office: Office) -> list[Resident]:
    begun = reads.unfinished(office.journal.node_id)[:FOUND_MAX]
    found = [people.person(state.person) for state in begun]
    return [resident for resident in found if resident is not None]


def _show(office: Office, teller: Teller, resident: Resident) -> None:
    biodata = resident.biodata
    told = {"nik": biodata.nik, "name": biodata.nama, "family": biodata.no_kk}
    words = fill(
        _PERSON, born=biodata.tanggal_lahir, home=place(biodata.wilayah), **told
    )
    teller.tell("person", words, **told, person=resident.person)
    state = reads.known_recording(resident.person, biodata.nik)
    if state is None:
        status = biodata.status_rekam
        words = fill(_NO_RECORDING, status=status)
        teller.tell("no_recording", words, nik=biodata.nik, status=status)
    else:
        _show_recording(office, teller, state)
    for order in cards.orders_of(resident.person):
        _show_card(teller, order)


def _show_recording(office: Office, teller: Teller, state: RecordingState) -> None:
    closed = reads_hub.closed(state.recording)
    if closed is None or not state.whole:
        step: Step = next_step(state)
        words = fill(_BEGUN, number=state.number, step=step_words(step.name, step.part))
        told = {"number": state.number, "step": step.name, "part": step.part}
        teller.tell("begun", words, **told)
        return
    level = actions.level_of(office.journal, state.recording)
    decided = cases.decision_of(closed.journal, closed.seq) or ""
    at_centre = reads_hub.at_centre(state.recording)
    words = fill(
        _RECORDED,
        number=state.number,
        level=level.words,
        decision=decision_words(decided),
        centre=at_centre.status if at_centre and at_centre.status else _NOT_SENT,
    )
    status = at_centre.status if at_centre else ""
    teller.tell(
        "recording",
        words,
        number=state.number,
        level=int(level),
        decision=decided,
        centre=status,
    )


def _show_card(teller: Teller, order: OrderState) -> None:
    state = cards.state(order.order)
    words = fill(_CARD, order=order.order.hex(), state=cards.STATE_WORDS[state])
    teller.tell("card", words, order=order.order, state=state)
