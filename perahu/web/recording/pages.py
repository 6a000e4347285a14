"""The recording, one screen a step: where it begins, where it goes on, how it is left.

The steps themselves are in `recording_capture` (photo to comparison) and `recording_end`
(check, statement, proof). Where a person stands is asked of the book on every page, so
that a browser or a node that died goes on at the same finger.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from perahu.enrolment import actions, actions_capture, reads, rules
from perahu.enrolment.facts import PARTS
from perahu.enrolment.rules import RecordingState
from perahu.enrolment.rules_parts import background_words
from perahu.people import reads as people
from perahu.people.reads import Resident
from perahu.web.links import link
from perahu.web.recording import capture as recording_capture
from perahu.web.recording import end as recording_end
from perahu.web.recording.biodata import lines_of, warnings_of
from perahu.web.recording.sheet import (
    PERSON_BYTES,
    RECORDING_BYTES,
    Sheet,
    called_back,
    desks_of,
    elsewhere,
    frame,
    held_page,
    next_page,
    on_recording,
    open_sheet,
    resident_of,
    sitter_of,
    to,
)
from perahu.web.routes import Route, View, Where
from perahu.web.visits import Visit, hex_of, op_of, visit_of
from perahu.words import Refusal, Words

LIST_MAX = 60
"""More unfinished recordings than this are found by NIK."""

_DATE_FIRST = Words(
    "Tanggal komputer ini meragukan. Periksa tanggal dan jam, centang bila benar, lalu "
    "mulai lagi. Belum ada yang disimpan.",
    "This computer's date is in doubt. Check date and time, tick the box if they are right, "
    "then begin again. Nothing was saved yet.",
)


def derived(op: bytes, label: str, size: int = 16) -> bytes:
    """An id that is the same whenever the same form is sent again."""
    return hashlib.sha256(label.encode() + op).digest()[:size]


def list_page(request: HttpRequest) -> HttpResponse:
    """Recordings to go on with, and a box for the next person's NIK."""
    visit = visit_of(request)
    error: Words | None = None
    nik = request.GET.get("nik", "").replace(" ", "").replace(".", "")[:20]
    if nik:
        found = people.by_nik(nik)
        if found is not None:
            return to(reverse("recording-start", args=[found.person.hex()]))
        error = _unknown_nik(nik).words
    unfinished = reads.unfinished(visit.office.journal.node_id)
    waiting = [
        {
            "state": state,
            "name": known.nama
            if (known := people.biodata(state.person))
            else state.nik,
            "is_called_back": state.version > 0,
            "settled": len(PARTS) - len(state.open_parts),
            "total": len(PARTS),
            "why": called_back(state),
        }
        for state in unfinished[:LIST_MAX]
    ]
    shown = {
        "waiting": waiting,
        "more": max(0, len(unfinished) - LIST_MAX),
        "error": error,
        "nik": nik,
        "find_address": link(visit, "search"),
        "register_address": link(visit, "register-person"),
    }
    return render(
        request, "perahu/recording/list.html", shown, status=409 if error else 200
    )


def start_page(request: HttpRequest, person: str) -> HttpResponse:
    """The biodata to be read aloud; then the recording begins."""
    visit = visit_of(request)
    resident = resident_of(hex_of(person, PERSON_BYTES))
    # To look at a person is not to work on them: who only looks keeps nobody away.
    desks, is_begun = desks_of(visit), request.method == "POST"
    look = desks.claim if is_begun else desks.holder
    held = look(resident.person, sitter_of(visit))
    if held is not None:
        return held_page(request, visit, resident, held)
    known = reads.known_recording(resident.person, resident.biodata.nik)
    error: Words | None = None
    if is_begun:
        try:
            return to(_begin(request, visit, resident, known))
        except Refusal as refusal:
            error = refusal.words
            desks.let_go(resident.person, sitter_of(visit))
            known = reads.known_recording(resident.person, resident.biodata.nik)
    return _show_start(request, visit, resident, known, error)


def _begin(
    request: HttpRequest,
    visit: Visit,
    resident: Resident,
    known: RecordingState | None,
) -> str:
    """Open and confirm; gives where it goes on. Pressed twice, it begins once."""
    op, journal = op_of(request), visit.office.journal
    if desks_of(visit).clock_doubt() is not None and not request.POST.get("tanggal"):
        raise Refusal("date_first", *_DATE_FIRST)
    recording = derived(op, "recording", RECORDING_BYTES)
    if known is not None:
        recording = known.recording
    elif not journal.receipt(op):
        actions.open_recording(
            journal,
            visit.ask(op),
            person=resident.person,
            recording=recording,
            wilayah=actions_capture.place_of_act(journal, resident.biodata.wilayah),
        )
    state = rules.check_still_going(reads.recording(recording))
    if not state.confirmed:
        ask = visit.ask(derived(op, "confirm"))
        actions.confirm_biodata(journal, ask, recording=recording)
    return reverse("recording", args=[recording.hex()])


def _show_start(
    request: HttpRequest,
    visit: Visit,
    resident: Resident,
    known: RecordingState | None,
    error: Words | None,
) -> HttpResponse:
    biodata = resident.biodata
    going = known is not None and next_page(known) != "recording-proof"
    refusal = None if going else why_not(visit, resident, known)
    shown = {
        "error": error,
        "biodata": biodata,
        "person": resident.person.hex(),
        "lines": lines_of(biodata),
        "warnings": warnings_of(resident),
        "refusal": refusal,
        "known": known,
        "is_going": going and known is not None and known.confirmed,
        "elsewhere": elsewhere(visit, known) if known else "",
        "doubt": desks_of(visit).clock_doubt(),
        "now_ms": visit.office.now().wall_ms,
        "offline": _offline(visit),
        "background_words": background_words(rules.background_for(biodata)),
        "correct_address": _correction(visit, resident, known),
        "step_number": 1,
    }
    return render(
        request, "perahu/recording/start.html", shown, status=409 if error else 200
    )


def _correction(visit: Visit, resident: Resident, known: RecordingState | None) -> str:
    """Where the biodata are corrected; "" once a person confirmed them aloud."""
    if known is not None and known.confirmed:
        return ""
    address = link(visit, "correct-person", resident.person)
    back = reverse("recording-start", args=[resident.person.hex()])
    return f"{address}?{urlencode({'next': back + '?dibetulkan=1'})}" if address else ""


def why_not(
    visit: Visit, resident: Resident, known: RecordingState | None
) -> Words | None:
    """Why this person may not be recorded here and now, or None."""
    try:
        rules.check_once_for_life(resident.biodata.status_rekam, known)
        age_min = visit.office.journal.authority.policy.umur_rekam_min
        rules.check_may_record(resident.biodata, visit.office.now().today, age_min)
    except Refusal as refusal:
        return refusal.words
    return None


def _offline(visit: Visit) -> Words | None:
    """Why nothing may be captured now (ONLINE_ONLY without a fresh centre), or None."""
    try:
        actions.check_may_capture(visit.office.journal, visit.ask())
    except Refusal as refusal:
        return refusal.words
    return None


def recording_page(request: HttpRequest, recording: str) -> HttpResponse:
    """Wherever it goes on."""
    sheet = open_sheet(visit_of(request), hex_of(recording, RECORDING_BYTES))
    return to(sheet.next_address)


@require_POST
def take_over(request: HttpRequest, person: str) -> HttpResponse:
    """Work on this person from here; the other desk hears of it at its next click."""
    visit = visit_of(request)
    resident = resident_of(hex_of(person, PERSON_BYTES))
    desks_of(visit).take_over(resident.person, sitter_of(visit))
    known = reads.known_recording(resident.person, resident.biodata.nik)
    if known is None:
        return to(reverse("recording-start", args=[resident.person.hex()]))
    return to(reverse("recording", args=[known.recording.hex()]))


@require_POST
@on_recording
def pause(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Stop here for now; nothing is lost."""
    _leave(sheet)
    return to(f"{reverse('recording-list')}?jeda={sheet.id.hex()}")


@on_recording
def abandon(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Give the recording up, with a reason."""
    error: Words | None = None
    if request.method == "POST":
        try:
            actions.abandon_recording(
                sheet.visit.office.journal,
                sheet.visit.ask(op_of(request)),
                recording=sheet.id,
                reason=request.POST.get("alasan", ""),
            )
        except Refusal as refusal:
            error = refusal.words
        else:
            _leave(sheet)
            return to(f"{reverse('recording-list')}?batal={sheet.id.hex()}")
    typed = request.POST.get("alasan") or sheet.visit.draft.get("alasan", "")
    shown = {**frame(sheet, next_page(sheet.state)), "error": error, "typed": typed}
    return render(
        request, "perahu/recording/abandon.html", shown, status=409 if error else 200
    )


def _leave(sheet: Sheet) -> None:
    sheet.desks.stop(sheet.id)
    sheet.desks.forget(sheet.id)
    sheet.desks.let_go(sheet.person, sheet.sitter)


def _unknown_nik(nik: str) -> Refusal:
    return Refusal(
        "unknown_nik",
        id=f"NIK {nik} belum ada di buku simpul ini; periksa angkanya, atau cari namanya. "
        "Tidak ada yang diubah.",
        en=f"NIK {nik} is not in this node's book; check its digits, or search by name. "
        "Nothing was changed.",
    )


def _row(path: str, name: str, view: View, **more: Any) -> Route:
    return Route(
        path=path,
        name=name,
        view=view,
        rights=("record",),
        where=Where.OFFICE,
        **more,
    )


ROUTES = (
    _row("rekam", "recording-list", list_page, menu=_("Rekam")),
    _row("rekam/orang/<str:person>", "recording-start", start_page),
    _row("rekam/orang/<str:person>/ambil-alih", "recording-take-over", take_over),
    _row("rekam/<str:recording>", "recording", recording_page),
    _row("rekam/<str:recording>/jeda", "recording-pause", pause),
    _row("rekam/<str:recording>/batal", "recording-abandon", abandon),
    *(_row(*row) for row in recording_capture.PAGES),
    _row(
        "rekam/<str:recording>/langsung/<str:name>",
        "recording-live",
        recording_capture.live,
        is_poll=True,
    ),
    *(_row(*row) for row in recording_end.PAGES),
)
