"""Bawa ke lapangan: a desa, a bag, a list of doors, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from perahu.cards import reads_stock
from perahu.cards.rules_stock import BLANKO, COUNT_MAX, Transfer
from perahu.enrolment.rules_parts import part_words
from perahu.trips import actions, reads, reads_visits
from perahu.trips.reads import TripState
from perahu.trips.rules import Wanted
from perahu.web.field.ports import Field
from perahu.web.names import place
from perahu.web.routes import FILE_BYTES_MAX, FORM_BYTES_MAX, Route, View, Where
from perahu.web.visits import Visit, hex_of, int_of, op_of, visit_of
from perahu.words import Refusal, Words

DOORS_A_PAGE = 200
"""A day's walk, and a page of 100 kB."""
RIGHTS = ("record", "print", "hand_over", "stock")
TASK_WORDS = {
    reads_visits.RECORD: _("Rekam"),
    reads_visits.CALL_BACK: _("Rekam ulang"),
    reads_visits.FINISH: _("Selesaikan perekaman"),
    reads_visits.PRINT: _("Cetak kartu"),
    reads_visits.HAND_OVER: _("Serahkan kartu"),
    reads_visits.LOOK_FIRST: _("Hasil cetak belum jelas"),
}
BRING_WORDS = {
    reads_visits.RECORD: _("siapkan Kartu Keluarga"),
    reads_visits.FINISH: _("hanya di simpul yang memulainya"),
    reads_visits.HAND_OVER: _("bawa bukti perekaman, atau pakai telunjuk"),
    reads_visits.LOOK_FIRST: _("lihat printer dahulu"),
}
PIECE_WORDS = {
    reads.NOT_SENT: _("belum dikirim"),
    reads.WAY_OUT: _("di jalan ke lapangan"),
    reads.IN_FIELD: _("di laptop"),
    reads.WAY_BACK: _("di jalan pulang"),
    reads.BACK: _("sudah kembali"),
    reads.DONE: _("kartu sudah diserahkan"),
    reads.CALLED_OFF: _("ditarik pusat"),
}
PIECE_TONES = {
    reads.WAY_OUT: "is-warn", reads.WAY_BACK: "is-warn", reads.IN_FIELD: "is-warn",
    reads.BACK: "is-good", reads.DONE: "is-good",
}  # fmt: skip

_NO_FILE = Words(
    "Pilih stik atau berkasnya dahulu; belum ada yang dibaca.",
    "Choose the stick or the file first; nothing was read yet.",
)


def field_of(visit: Visit) -> Field:
    """The laptop and the office beside it."""
    return cast(Field, visit.office.parts["field"])


@require_safe
def field(request: HttpRequest) -> HttpResponse:
    """Where one begins: desa at an office, the day's trip at the laptop."""
    return _field(request, None)


def _field(
    request: HttpRequest, error: Words | None, status: int = 200
) -> HttpResponse:
    visit = visit_of(request)
    port, node = field_of(visit), visit.office.journal.node_id
    found = [_shown(visit, one) for one in reads.trips(node, limit=20)]
    shown: dict[str, Any] = {
        "error": error,
        "goes_out": port.goes_out,
        "run": port.run(),
        "sticks": port.sticks(),
        "neighbours": port.neighbours(),
        "open_trips": [one for one in found if one["state"].is_open],
        "old_trips": [one for one in found if not one["state"].is_open],
        "coming": len(reads.orders_coming(node)),
        "to_count": [_transfer(visit, one) for one in reads_stock.on_the_way(node)],
    }
    counted = request.GET.get("terhitung", "")
    if counted:
        shown["counted"] = reads_stock.transfer(hex_of(counted, 12))
    if port.goes_out:
        shown["blanko"] = reads_stock.on_hand(node)
        shown["here"] = len(reads.orders_at(node))
        shown["back_file"] = port.file_of(b"")
    else:
        rows = [(one, place(one.desa)) for one in port.desa_counts()]
        shown["desas"] = sorted(rows, key=lambda row: row[1])
    return render(request, "perahu/field/field.html", shown, status=status)


def _transfer(visit: Visit, one: Transfer) -> dict[str, object]:
    return {
        "id": one.transfer,
        "item": one.item,
        "sent": one.sent,
        "from": _name(visit, one.sent_by),
    }


def _name(visit: Visit, node: bytes) -> str:
    known = visit.office.journal.authority.node(node)
    return known.name if known else node.hex()[:8]


def _shown(visit: Visit, state: TripState) -> dict[str, Any]:
    pieces = [
        (PIECE_WORDS[one], PIECE_TONES.get(one, ""), state.count(one))
        for one in reads.PIECES
        if state.count(one)
    ]
    unsent = state.count(reads.NOT_SENT) > 0 or any(
        one.sent is None for one in state.stock
    )
    return {
        "state": state,
        "id": state.trip,
        "place": place(state.desa),
        "laptop": _name(visit, state.to),
        "office": _name(visit, state.node),
        "pieces": pieces,
        "unsent": unsent,
        "is_mine": state.node == visit.office.journal.node_id,
    }


@require_safe
def field_now(request: HttpRequest) -> HttpResponse:
    """The moving part: the bag being packed, the file being read."""
    run = field_of(visit_of(request)).run()
    answer = render(request, "perahu/field/_run.html", {"run": run})
    if run is None or not run.is_running:
        # What the rest of the page says has changed: the whole page comes anew, once.
        answer.headers["HX-Refresh"] = "true"
    return answer


# --- out ---------------------------------------------------------------------------------


@require_safe
def plan(request: HttpRequest, desa: str) -> HttpResponse:
    """What a trip to a desa would be, and the form that begins it."""
    return _plan(request, desa, None)


def _plan(
    request: HttpRequest, desa: str, error: Words | None, status: int = 200
) -> HttpResponse:
    visit = visit_of(request)
    port = field_of(visit)
    neighbours = port.neighbours()
    chosen = request.POST.get("to") or request.GET.get("laptop") or ""
    known = [one for one, _ in neighbours if one.hex() == chosen]
    planned = None
    if neighbours and not port.goes_out:
        to = known[0] if known else neighbours[0][0]
        planned = actions.plan_trip(visit.office.journal, visit.ask(), desa=desa, to=to)
    assert visit.grant is not None
    shown = {
        "error": error,
        "desa": desa,
        "place": place(desa),
        "plan": planned,
        "remarks": port.remarks(planned) if planned else [],
        "neighbours": neighbours,
        "sticks": port.sticks(),
        "blanko": request.POST.get("blanko", planned.blanko if planned else 0),
        "carrier": request.POST.get("carrier", visit.grant.name),
        "run": port.run(),
    }
    return render(request, "perahu/field/plan.html", shown, status=status)


@require_POST
def depart(request: HttpRequest, desa: str) -> HttpResponse:
    """Pack the bag: what is planned now goes, whatever an older page showed."""
    visit = visit_of(request)
    port = field_of(visit)
    try:
        to = hex_of(request.POST.get("to", ""), 16)
        blanko = int_of(request.POST.get("blanko", "") or "0", COUNT_MAX)
        planned = actions.plan_trip(visit.office.journal, visit.ask(), desa=desa, to=to)
        wanted = Wanted(
            trip=op_of(request)[:12],
            desa=desa,
            to=to,
            orders=planned.orders,
            stock=((BLANKO, blanko),),
            carrier=request.POST.get("carrier", ""),
        )
        actions.check_trip(visit.office.journal, wanted)
        port.begin_out(visit.operator, wanted, request.POST.get("stick", ""))
    except Refusal as refusal:
        return _plan(request, desa, refusal.words, 409)
    return redirect("field-trip", wanted.trip.hex())


@require_safe
def trip(request: HttpRequest, trip: str) -> HttpResponse:
    """One trip: where every piece of it is."""
    return _trip(request, trip, None)


def _trip(
    request: HttpRequest, name: str, error: Words | None, status: int = 200
) -> HttpResponse:
    visit = visit_of(request)
    port, trip_id = field_of(visit), hex_of(name, 12)
    run, state = port.run(), reads.trip_state(trip_id)
    shown: dict[str, object] = {
        "error": error,
        "run": run,
        "file": port.file_of(trip_id),
        "sticks": port.sticks(),
        "goes_out": port.goes_out,
        "trip": _shown(visit, state) if state else None,
    }
    return render(request, "perahu/field/trip.html", shown, status=status)


@require_POST
def again(request: HttpRequest, trip: str) -> HttpResponse:
    """Go on with a trip, and write its file once more."""
    visit = visit_of(request)
    try:
        stick = request.POST.get("stick", "")
        field_of(visit).begin_again(visit.operator, hex_of(trip, 12), stick)
    except Refusal as refusal:
        return _trip(request, trip, refusal.words, 409)
    return redirect("field-trip", trip)


@require_POST
def close(request: HttpRequest, trip: str) -> HttpResponse:
    """Close a trip; with a reason where something of it is still out."""
    visit = visit_of(request)
    try:
        actions.end_trip(
            visit.office.journal,
            visit.ask(op_of(request)),
            trip=hex_of(trip, 12),
            reason=request.POST.get("reason", ""),
        )
    except Refusal as refusal:
        return _trip(request, trip, refusal.words, 409)
    return redirect("field-trip", trip)


@require_safe
def slip(request: HttpRequest, trip: str) -> HttpResponse:
    """The custody slip: what is in the bag, and who answers for it."""
    visit = visit_of(request)
    trip_id = hex_of(trip, 12)
    state = reads.trip_state(trip_id)
    if state is None:
        return redirect("field")
    shown = {
        "trip": _shown(visit, state),
        "file": field_of(visit).file_of(trip_id),
        "rights": sum(1 for _, _, is_card in state.orders if not is_card),
        "cards": sum(1 for _, _, is_card in state.orders if is_card),
    }
    return render(request, "perahu/field/slip.html", shown)


@require_safe
def file(request: HttpRequest, file: str) -> HttpResponseBase:
    """The file itself, for a stick in the browser's computer."""
    answer = StreamingHttpResponse(
        field_of(visit_of(request)).content(file),
        content_type="application/octet-stream",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


# --- in ----------------------------------------------------------------------------------


@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Read a stick, or a file that the browser brings."""
    visit = visit_of(request)
    port, stick = field_of(visit), request.POST.get("stick", "")
    brought = request.FILES.get("file")
    try:
        if stick:
            port.begin_in(visit.operator, stick)
        elif brought is not None and not isinstance(brought, list):
            pieces = cast(Iterable[bytes], brought.chunks())
            port.begin_upload(visit.operator, brought.name or "", pieces)
        else:
            return _field(request, _NO_FILE, 409)
    except Refusal as refusal:
        return _field(request, refusal.words, 409)
    return redirect("field")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take the rights and cards that the hub's link brought."""
    visit = visit_of(request)
    field_of(visit).take(visit.operator)
    return redirect("field")


@require_POST
def count(request: HttpRequest, transfer: str) -> HttpResponse:
    """Note what was counted of a transfer of stock."""
    visit = visit_of(request)
    try:
        counted = int_of(request.POST.get("count", ""), COUNT_MAX)
        field_of(visit).count_in(visit.operator, hex_of(transfer, 12), counted)
    except Refusal as refusal:
        return _field(request, refusal.words, 409)
    return redirect(f"{reverse('field')}?terhitung={hex_of(transfer, 12).hex()}")


@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """At the laptop: send back what was not used."""
    visit = visit_of(request)
    try:
        field_of(visit).begin_back(
            visit.operator,
            hex_of(request.POST.get("to", ""), 16),
            request.POST.get("stick", ""),
            {BLANKO: int_of(request.POST.get("blanko", ""), COUNT_MAX)},
            request.POST.get("reason", ""),
        )
    except Refusal as refusal:
        return _field(request, refusal.words, 409)
    return redirect("field")


# --- the doors ---------------------------------------------------------------------------


@require_safe
def doors(request: HttpRequest, desa: str) -> HttpResponse:
    """Whom to visit in a desa, by RW, RT and address; made to be printed."""
    visit = visit_of(request)
    found = field_of(visit).visits(desa)
    kind = request.GET.get("untuk", "")
    wanted = [
        one
        for one in found.people
        if not kind or any(task.kind == kind for task in one.tasks)
    ]
    pages = max(1, -(-len(wanted) // DOORS_A_PAGE))
    page = min(int_of(request.GET.get("hal") or "1", COUNT_MAX, 1), pages)
    shown_now = wanted[(page - 1) * DOORS_A_PAGE : page * DOORS_A_PAGE]
    rows = [(one, [_task(task) for task in one.tasks]) for one in shown_now]
    counts = [
        (one, TASK_WORDS[one], found.count(one))
        for one in reads_visits.TASKS
        if found.count(one)
    ]
    shown = {
        "desa": desa,
        "place": place(desa),
        "rows": rows,
        "counts": counts,
        "kind": kind,
        "page": page,
        "pages": pages,
        "residents": found.residents,
        "total": len(found.people),
    }
    return render(request, "perahu/field/doors.html", shown)


def _task(task: reads_visits.Task) -> dict[str, object]:
    return {
        "kind": task.kind,
        "words": TASK_WORDS[task.kind],
        "bring": BRING_WORDS.get(task.kind, ""),
        "parts": [part_words(part) for part in task.parts]
        if task.kind == reads_visits.CALL_BACK
        else [],
        "is_here": task.is_here or not task.order,
    }


def _row(path: str, name: str, view: View, menu: object = "") -> Route:
    """One address of these pages: at offices, for who does any of this work."""
    return Route(
        path=f"lapangan{path}",
        name=name,
        view=view,
        rights=RIGHTS,
        where=Where.OFFICE,
        menu=menu,
        is_poll=name == "field-now",
        upload_bytes_max=FILE_BYTES_MAX if name == "field-receive" else FORM_BYTES_MAX,
    )


ROUTES = (
    _row("", "field", field, _("Lapangan")),
    _row("/kini", "field-now", field_now),
    _row("/terima", "field-receive", receive),
    _row("/ambil", "field-take", take),
    _row("/kembali", "field-back", back),
    _row("/hitung/<str:transfer>", "field-count", count),
    _row("/desa/<str:desa>", "field-plan", plan),
    _row("/desa/<str:desa>/berangkat", "field-depart", depart),
    _row("/desa/<str:desa>/kunjungan", "field-doors", doors),
    _row("/jalan/<str:trip>", "field-trip", trip),
    _row("/jalan/<str:trip>/lagi", "field-again", again),
    _row("/jalan/<str:trip>/tutup", "field-close", close),
    _row("/jalan/<str:trip>/serah-terima", "field-slip", slip),
    _row("/berkas/<str:file>", "field-file", file),
)
