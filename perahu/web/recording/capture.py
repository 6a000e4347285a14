"""The steps at the devices: photo, signature, fingers, irises, comparing the index fingers.

- A form starts a run at the desk's devices; the page shows it live by asking for its
  middle part (`live`) twice a second, or, without JavaScript, by coming again.
- The photo may come from the page's webcam and the signature from its canvas instead.
- What cannot be taken is excepted with a reason on a page of its own; "coba lagi" is
  always there.
"""

from __future__ import annotations

from base64 import b64encode

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from perahu.devices.ports import BACKGROUNDS, Capture
from perahu.enrolment import actions, actions_capture, rules
from perahu.enrolment.facts import REASONS_FOR, SIGNATURE
from perahu.enrolment.rules_parts import (
    group_of,
    open_in,
    part_words,
    reason_words,
)
from perahu.web.recording.ports import STATEMENT, VERIFY, Wanted
from perahu.web.recording.sheet import (
    Sheet,
    frame,
    held_page,
    on_recording,
    open_sheet,
    to,
)
from perahu.web.recording.stages import STAGES, Stage, stage_context, stage_of
from perahu.web.visits import hex_of, op_of, visit_of
from perahu.words import Refusal, Words

UPLOAD_BYTES_MAX = 8_000_000


def live(request: HttpRequest, recording: str, name: str) -> HttpResponse:
    """The middle of a page at the devices, as it is now."""
    sheet = open_sheet(visit_of(request), hex_of(recording, 12))
    stage = STAGES.get(name)
    if stage is None:
        return HttpResponse(status=404)
    held = sheet.desks.claim(sheet.person, sheet.sitter)
    if held is not None:
        return held_page(request, sheet.visit, sheet.resident, held)
    shown = {**frame(sheet, stage.route), **stage_context(sheet, stage)}
    if not shown["is_on"]:
        # It ended: the whole page is asked for, with its list of steps and its forms.
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "perahu/recording/_live.html", shown)


@require_POST
@on_recording
def capture(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Begin a run of one group, of one part again, or of the comparison."""
    stage, parts = _wanted(sheet, request.POST.get("bagian", ""))
    if not parts:
        # Done meanwhile: by the other tab, or by the first of two presses.
        return to(sheet.address(stage.route))
    try:
        sheet.desks.start(
            Wanted(
                op=op_of(request),
                sitter=sheet.sitter,
                recording=sheet.id,
                kind=stage.kind,
                parts=parts,
            )
        )
    except Refusal as refusal:
        return _show(request, sheet, stage, refusal.words)
    return to(sheet.address(stage.route))


def _wanted(sheet: Sheet, name: str) -> tuple[Stage, tuple[str, ...]]:
    """The page and the parts of a button; no parts where nothing is left to take."""
    if name == VERIFY:
        return STAGES["cocok"], sheet.state.unverified
    if name == STATEMENT:
        is_its_turn = rules.next_step(sheet.state).name == "sign"
        return STAGES["pernyataan"], (SIGNATURE,) if is_its_turn else ()
    group = group_of(name)
    if group is None:
        rules.modality(name)
        raise AssertionError("every part is in a group")
    # One part by its name is taken again; of a group only what is still open.
    is_single = len(group.parts) == 1
    parts = group.parts if is_single else open_in(group, sheet.state.parts)
    stage = stage_of(group.parts[0])
    return stage, tuple(part for part in parts if sheet.may_take(part))


@require_POST
@on_recording
def stop(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Let the devices stop after the capture they are in."""
    sheet.desks.stop(sheet.id)
    name = request.POST.get("halaman", "")
    stage = STAGES.get(name)
    return to(sheet.address(stage.route) if stage else sheet.next_address)


def _show(
    request: HttpRequest, sheet: Sheet, stage: Stage, error: Words | None = None
) -> HttpResponse:
    seen = sheet.desks.photo_seen(sheet.id)
    shown = {
        **frame(sheet, stage.route),
        **stage_context(sheet, stage),
        "error": error,
        "photo": f"data:image/webp;base64,{b64encode(seen).decode()}" if seen else "",
        "background": sheet.state.background,
        "seen_other": _other_background(sheet, request.GET.get("latar", "")),
    }
    chosen = request.GET.get("pakai", "")
    shown["from_browser"] = chosen == "layar" or (
        chosen != "alat" and not shown["has_device"]
    )
    name = f"perahu/recording/{stage.name}.html"
    return render(request, name, shown, status=409 if error else 200)


def _other_background(sheet: Sheet, seen: str) -> Words | None:
    if seen not in BACKGROUNDS:
        return None
    return rules.background_warning(sheet.state.background, seen)


# The photo page alone runs WebAssembly, to find the face before the photo is taken.
@csp_update({"script-src": ["'wasm-unsafe-eval'"]})
@on_recording
def photo(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """The photo, by the desk's camera or the webcam."""
    return _browser_stage(request, sheet, STAGES["foto"], "photo")


@on_recording
def signature(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """The signature, on the desk's pad or on the screen."""
    return _browser_stage(request, sheet, STAGES["tanda-tangan"], "signature")


def _browser_stage(
    request: HttpRequest, sheet: Sheet, stage: Stage, field: str
) -> HttpResponse:
    if request.method != "POST":
        return _show(request, sheet, stage)
    try:
        shot = uploaded(request, sheet, field)
        actions.accept_part(
            sheet.visit.office.journal,
            sheet.visit.ask(op_of(request)),
            recording=sheet.id,
            capture=actions_capture.kept(shot, 1),
        )
    except Refusal as refusal:
        return _show(request, sheet, stage, refusal.words)
    if shot.thumbnail:
        sheet.desks.see_photo(sheet.id, shot.thumbnail)
    return to(f"{sheet.address(stage.route)}?latar={shot.background}")


def uploaded(request: HttpRequest, sheet: Sheet, field: str) -> Capture:
    """The photo or signature that the page sent. Raises Refusal."""
    file = request.FILES.get(field)
    size = file.size if file is not None else 0
    if file is None or not size or size > UPLOAD_BYTES_MAX:
        raise Refusal(
            "no_picture",
            id="Gambar tidak ikut terkirim atau terlalu besar (paling banyak 8 MB). Ambil "
            "sekali lagi. Yang tercatat aman.",
            en="No picture came along, or it is too large (8 MB at most). Take it once more. "
            "What is recorded is safe.",
        )
    make = sheet.desks.photo_of if field == "photo" else sheet.desks.signature_of
    return make(file.read())


@on_recording
def fingers(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Ten fingers, in slaps and one by one."""
    return _show(request, sheet, STAGES["jari"])


@on_recording
def irises(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Two irises."""
    return _show(request, sheet, STAGES["iris"])


@on_recording
def match(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """The index fingers once more, compared with what was taken."""
    if sheet.state.open_parts:
        return to(sheet.next_address)
    return _show(request, sheet, STAGES["cocok"])


@on_recording
def except_part(request: HttpRequest, sheet: Sheet, part: str) -> HttpResponse:
    """The reason why a part cannot be taken."""
    kind = rules.modality(part)
    stage = stage_of(part)
    if not sheet.may_take(part) or not REASONS_FOR[kind]:
        return to(sheet.address(stage.route))
    error: Words | None = None
    if request.method == "POST":
        try:
            _except(request, sheet, part)
            return to(sheet.address(stage.route))
        except Refusal as refusal:
            error = _in_words(refusal)
    run = sheet.desks.run_of(sheet.sitter.desk, sheet.id)
    offer = run.offers.get(part) if run else None
    typed = request.POST or sheet.visit.draft
    shown = {
        **frame(sheet, stage.route),
        "error": error,
        "part": part,
        "part_words": part_words(part),
        "back": sheet.address(stage.route),
        "reasons": [(code, reason_words(code)) for code in REASONS_FOR[kind]],
        "chosen": typed.get("alasan") or (offer.suggested if offer else ""),
        "typed": typed.get("keterangan", ""),
        "text_chars_max": rules.TEXT_CHARS_MAX,
    }
    return render(
        request, "perahu/recording/except.html", shown, status=409 if error else 200
    )


def _except(request: HttpRequest, sheet: Sheet, part: str) -> None:
    reason = request.POST.get("alasan", "")
    actions.except_part(
        sheet.visit.office.journal,
        sheet.visit.ask(op_of(request)),
        recording=sheet.id,
        part=part,
        reason=reason,
        text=request.POST.get("keterangan", "") if reason == "LAINNYA" else "",
    )


_CHOOSE = Words(
    "Pilih satu alasan. Untuk “lainnya”, tulis keterangannya dengan singkat. Belum ada yang "
    "disimpan.",
    "Choose one reason. For “another reason”, write it down briefly. Nothing was saved yet.",
)


def _in_words(refusal: Refusal) -> Words:
    # The rule names its codes, which mean nothing on a screen.
    return _CHOOSE if refusal.code == "exception_reason" else refusal.words


PAGES = (
    ("rekam/<str:recording>/foto", "recording-photo", photo),
    ("rekam/<str:recording>/tanda-tangan", "recording-signature", signature),
    ("rekam/<str:recording>/jari", "recording-fingers", fingers),
    ("rekam/<str:recording>/iris", "recording-irises", irises),
    ("rekam/<str:recording>/cocok", "recording-match", match),
    ("rekam/<str:recording>/ambil", "recording-capture", capture),
    ("rekam/<str:recording>/berhenti", "recording-stop", stop),
    (
        "rekam/<str:recording>/tidak-bisa/<str:part>",
        "recording-except",
        except_part,
    ),
)
"""Path, name and view."""
