"""Sending and the courier: how the data leaves this office, by link or in a pocket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import cast

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from perahu.web.post.carriers import carriers_of, held_by
from perahu.web.post.link_ports import Links
from perahu.web.post.links import LinksShown, heard_links, own_links
from perahu.web.post.ports import CourierRun, Post
from perahu.web.routes import FILE_BYTES_MAX, Route
from perahu.web.visits import Visit, hex_of, op_of, visit_of
from perahu.words import Refusal, Words

CLASS_WORDS = {
    "control": _("Hak, stok, dan perintah cetak"),
    "civil": _("Catatan warga"),
    "thumbnail": _("Foto kecil"),
    "photo": _("Foto"),
    "part": _("Sidik jari, iris, tanda tangan"),
    "telemetry": _("Catatan alat dan jaringan"),
    "scan": _("Pindaian berkas"),
}
"""The classes in the order in which they travel."""

_RECORDS = ("control", "civil")
"""What goes at any hour."""

_NO_FILE = Words(
    "Pilih berkas kurirnya dahulu; belum ada yang dibaca.",
    "Choose the courier file first; nothing was read yet.",
)


def post_of(visit: Visit) -> Post:
    """The road and the sticks of this node."""
    return cast(Post, visit.office.parts["post"])


@require_safe
def sending(request: HttpRequest) -> HttpResponse:
    """What waits, what is on its way, and how the link has been."""
    visit = visit_of(request)
    shown = {
        **_road(visit),
        "all_links": _links(visit),
        "contacts": visit.office.contacts(),
    }
    shown["carriers"] = carriers_of(visit)
    return render(request, "perahu/post/sending.html", shown)


def _links(visit: Visit) -> list[LinksShown]:
    """The week of contact with each node, our own calls first."""
    office, post = visit.office, post_of(visit)
    now_ms, node = office.now().wall_ms, office.journal.node_id
    heard, parent = dict(post.hours()), post.road().parent
    links = cast(Links, office.parts["links"])
    untold = links.untold() if parent else []
    found = []
    if parent:
        ours = own_links(parent, node, untold, heard.pop(parent, []), now_ms)
        found = [ours] if ours.carriers or ours.has_hours else []
    return found + [heard_links(name, hours, now_ms) for name, hours in heard.items()]


@require_safe
def sending_now(request: HttpRequest) -> HttpResponse:
    """The moving part of that page."""
    return render(request, "perahu/post/_road.html", _road(visit_of(request)))


@require_POST
def call_now(request: HttpRequest) -> HttpResponse:
    """Somebody turned the dish on: call the parent at once."""
    visit_of(request).office.look_now()
    return redirect("sending")


def _road(visit: Visit) -> dict[str, object]:
    road = post_of(visit).road()
    rows = [
        (CLASS_WORDS[one.name], one)
        for one in road.classes
        if one.waiting or one.queued
    ]
    has_records = any(one.waiting for one in road.classes if one.name in _RECORDS)
    held = None if has_records or not rows else held_by(carriers_of(visit))
    return {"road": road, "rows": rows, "held": held}


@require_safe
def courier(request: HttpRequest) -> HttpResponse:
    """Writing and reading files for the boat."""
    return _courier(request, None)


def _courier(
    request: HttpRequest, error: Words | None, status: int = 200
) -> HttpResponse:
    post = post_of(visit_of(request))
    lost = post.lost()
    here = {one.file: one for one in lost if one.is_ours and not one.found}
    shown = {
        **_run(post),
        "letters": [(one, here.get(one.file)) for one in post.letters()],
        "lost": lost,
        "addressees": post.addressees(),
        "sticks": post.sticks(),
        "error": error,
        "chosen": request.POST.get("to", ""),
    }
    return render(request, "perahu/post/courier.html", shown, status=status)


def _run(post: Post) -> dict[str, object]:
    run = post.run()
    carries = run.carries if run is not None else ()
    return {
        "run": run,
        "carries": [(CLASS_WORDS[one.name], one.count) for one in carries],
    }


@require_safe
def courier_now(request: HttpRequest) -> HttpResponse:
    """The moving part: the file being written or read."""
    shown = _run(post_of(visit_of(request)))
    run = shown["run"]
    answer = render(request, "perahu/post/_run.html", shown)
    if not isinstance(run, CourierRun) or not run.is_running:
        # The list of letters below has grown: the whole page comes anew, once.
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Write a file for a node."""
    visit = visit_of(request)
    assert visit.grant is not None
    try:
        to = hex_of(request.POST.get("to", ""), 16)
        stick = request.POST.get("stick", "")
        post_of(visit).begin_export(to, stick, visit.grant.name)
    except Refusal as refusal:
        return _courier(request, refusal.words, 409)
    return redirect("courier")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Read a file that the browser brings, or what is for us on a stick."""
    visit = visit_of(request)
    assert visit.grant is not None
    post, by = post_of(visit), visit.grant.name
    stick, file = request.POST.get("stick", ""), request.FILES.get("file")
    try:
        if stick:
            post.begin_import_from(stick, by)
        elif file is not None and not isinstance(file, list):
            pieces = cast(Iterable[bytes], file.chunks())
            post.begin_import(file.name or "", pieces, by)
        else:
            return _courier(request, _NO_FILE, 409)
    except Refusal as refusal:
        return _courier(request, refusal.words, 409)
    return redirect("courier")


@require_POST
def lost(request: HttpRequest, file: str) -> HttpResponse:
    """The stick with a file of ours got lost, or was found again."""
    visit = visit_of(request)
    reason, found = request.POST.get("reason", ""), bool(request.POST.get("found"))
    try:
        ask = visit.ask(op_of(request))
        post_of(visit).report_lost(ask, file, reason, found=found)
    except Refusal as refusal:
        return _courier(request, refusal.words, 409)
    return redirect("courier")


@require_safe
def slip(request: HttpRequest, file: str) -> HttpResponse:
    """The custody slip: who gave the file, who carried it, who took it."""
    letter = post_of(visit_of(request)).letter(file)
    # On paper a stick has a name; where this computer mounted it says nobody anything.
    shown = {"letter": letter, "stick": PurePath(letter.on).name}
    return render(request, "perahu/post/slip.html", shown)


@require_safe
def letter(request: HttpRequest, file: str) -> HttpResponseBase:
    """The file itself, for a stick in the browser's computer."""
    post = post_of(visit_of(request))
    found = post.letter(file)
    answer = StreamingHttpResponse(
        post.content(file), content_type="application/octet-stream"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.file}"'
    answer.headers["Content-Length"] = str(found.size_bytes)
    return answer


ROUTES = (
    Route(path="kirim", name="sending", view=sending, menu=_("Kirim")),
    Route(path="kirim/kini", name="sending-now", view=sending_now, is_poll=True),
    Route(path="kirim/panggil", name="call-now", view=call_now),
    Route(path="kurir", name="courier", view=courier, menu=_("Kurir")),
    Route(path="kurir/kini", name="courier-now", view=courier_now, is_poll=True),
    Route(path="kurir/tulis", name="courier-export", view=export),
    Route(
        path="kurir/baca",
        name="courier-take",
        view=take,
        upload_bytes_max=FILE_BYTES_MAX,
    ),
    Route(path="kurir/<str:file>/hilang", name="courier-lost", view=lost),
    Route(path="kurir/<str:file>/serah-terima", name="courier-slip", view=slip),
    Route(path="kurir/<str:file>/berkas", name="courier-letter", view=letter),
)
