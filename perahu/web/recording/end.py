"""The end of a recording: check everything, sign the statement, hand over the proof.

Everything is checked before the person signs: after the signature a part changes only by
a call-back. With the signature the packet is closed and the proof is made at once.
"""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from perahu.enrolment import actions, actions_capture, rules
from perahu.enrolment.facts import PARTS, SIGNATURE
from perahu.enrolment.rules_proof import masked_nik, spaced_code
from perahu.journal.types import Ask, Level
from perahu.web.recording.biodata import lines_of
from perahu.web.recording.capture import uploaded
from perahu.web.recording.parts import rows_of
from perahu.web.recording.qr import qr
from perahu.web.recording.sheet import (
    RECORDING_BYTES,
    Sheet,
    frame,
    on_recording,
    open_sheet,
    page_of,
    to,
)
from perahu.web.recording.stages import STAGES, stage_context
from perahu.web.visits import hex_of, op_of, visit_of
from perahu.words import Refusal, Words

LEVELS = (
    (
        Level.RECORDED,
        Words("tercatat", "recorded"),
        Words(
            "Tersimpan dan tersegel di kantor ini; mati lampu tidak menghapusnya.",
            "Kept and sealed at this office; a power cut does not erase it.",
        ),
    ),
    (
        Level.RECEIVED,
        Words("diterima", "received"),
        Words("Kabupaten sudah memegang semuanya.", "The kabupaten has all of it."),
    ),
    (
        Level.SAFE,
        Words("aman", "safe"),
        Words(
            "Kabupaten dan provinsi sudah memegang semuanya.",
            "The kabupaten and the provinsi have all of it.",
        ),
    ),
)


@on_recording
def check(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Everything that was taken, with its quality, to be changed while one still can."""
    if sheet.state.open_parts or sheet.state.unverified:
        return to(sheet.next_address)
    if rules.next_step(sheet.state).name == "done":
        return to(sheet.next_address)
    rows = [
        (row, sheet.address(page_of(row.part))) for row in rows_of(sheet, PARTS, None)
    ]
    shown = {
        **frame(sheet, "recording-check"),
        "lines": lines_of(sheet.resident.biodata),
        "rows": rows,
        "weak": [row for row, _address in rows if row.mark in ("weak", "fair")],
    }
    return render(request, "perahu/recording/check.html", shown)


@on_recording
def statement(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """The statement of truth, read aloud and signed."""
    if rules.next_step(sheet.state).name != "sign":
        return to(sheet.next_address)
    error: Words | None = None
    if request.method == "POST":
        try:
            return to(_signed(request, sheet))
        except Refusal as refusal:
            error = refusal.words
    stage = STAGES["pernyataan"]
    shown = {
        **frame(sheet, stage.route),
        **stage_context(sheet, stage),
        "error": error,
        "by_line": sheet.state.part(SIGNATURE).status == "excepted",
    }
    chosen = request.GET.get("pakai", "")
    shown["from_browser"] = chosen == "layar" or (
        chosen != "alat" and not shown["has_device"]
    )
    return render(
        request, "perahu/recording/pernyataan.html", shown, status=409 if error else 200
    )


def _signed(request: HttpRequest, sheet: Sheet) -> str:
    op = op_of(request)
    by_line = request.POST.get("garis") == "1"
    signature = b"" if by_line else uploaded(request, sheet, "signature").record
    actions.sign_statement(
        sheet.visit.office.journal,
        sheet.visit.ask(op),
        recording=sheet.id,
        signature=signature,
        by_line=by_line,
    )
    return _close(sheet, op)


@require_POST
@on_recording
def close(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Close the packet of a statement that was signed before, and make the proof."""
    if sheet.state.signed:
        return to(_close(sheet, op_of(request)))
    return to(sheet.next_address)


def _close(sheet: Sheet, op: bytes) -> str:
    """Close and prove, each once for this form."""
    count = iter(range(9))

    def ask() -> Ask:
        name = b"close %d" % next(count) + op
        return sheet.visit.ask(hashlib.sha256(name).digest()[:16])

    actions_capture.close_and_prove(sheet.visit.office.journal, ask, sheet.id)
    sheet.desks.forget(sheet.id)
    sheet.desks.let_go(sheet.person, sheet.sitter)
    return sheet.address("recording-proof")


def proof(request: HttpRequest, recording: str) -> HttpResponse:
    """The proof for the person: on screen, and on paper."""
    visit = visit_of(request)
    sheet = open_sheet(visit, hex_of(recording, RECORDING_BYTES))
    if rules.next_step(sheet.state).name != "done":
        return to(sheet.next_address)
    now, journal = visit.office.now(), visit.office.journal
    paper, text = actions.proof_paper(journal, recording=sheet.id, today=now.today)
    level = Level(paper.level)
    shown = {
        **frame(sheet, "recording-proof"),
        "paper": paper,
        "masked_nik": masked_nik(paper.nik),
        "code": spaced_code(paper.code),
        "level": level,
        "levels": [
            {"words": words, "means": means, "is_reached": each <= level}
            for each, words, means in LEVELS
        ],
        "today": now.today,
        "qr": qr(text, _("Kode QR bukti perekaman")),
        "mark": f"{paper.journal.hex()[:8]} / {paper.seq} / {paper.h.hex()[:8]}",
    }
    return render(request, "perahu/recording/proof.html", shown)


PAGES = (
    ("rekam/<str:recording>/periksa", "recording-check", check),
    ("rekam/<str:recording>/pernyataan", "recording-statement", statement),
    ("rekam/<str:recording>/tutup", "recording-close", close),
    ("rekam/<str:recording>/bukti", "recording-proof", proof),
)
"""Path, name and view."""
