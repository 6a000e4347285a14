"""Titipan pos: the boat takes everybody's post, and this page says whose and since when."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from perahu.web.relay.ports import Lying, Relay
from perahu.web.routes import Route
from perahu.web.visits import Visit, hex_of, visit_of
from perahu.words import Refusal, Words

HOW_WORDS = {
    "delivered": _("sudah diterima tujuannya"),
    "imported": _("dibaca di sini"),
    "older": _("diganti yang lebih baru"),
    "answered": _("isinya sudah terkirim lewat jaringan"),
    "aged": _("terlalu lama, dilepas"),
    "refused": _("ditolak"),
    "damaged": _("rusak"),
}
LEFT_SHOWN = 20


def relay_of(visit: Visit) -> Relay:
    """The bag of this node."""
    return cast(Relay, visit.office.parts["relay"])


@require_safe
def parcels(request: HttpRequest) -> HttpResponse:
    """What is carried, for whom; and on a stick that was chosen, what lies there."""
    stick = request.GET.get("stick", "")
    try:
        lying = relay_of(visit_of(request)).lying_on(stick) if stick else None
    except Refusal as refusal:
        return _page(request, refusal.words, 409)
    return _page(request, None, lying=lying, stick=stick)


def _page(
    request: HttpRequest,
    error: Words | None,
    status: int = 200,
    *,
    lying: list[Lying] | None = None,
    stick: str = "",
) -> HttpResponse:
    relay = relay_of(visit_of(request))
    bag = relay.bag()
    left = [(one, HOW_WORDS.get(one.how, "")) for one in bag.left[:LEFT_SHOWN]]
    shown = {
        "bag": bag,
        "left": left,
        "run": relay.run(),
        "meetable": relay.meetable(),
        "sticks": relay.sticks(),
        "error": error,
        "to_take": any(not one.is_for_us for one in lying or ()),
        "lying": lying,
        "typed_node": request.POST.get("node", ""),
        "typed_address": request.POST.get("address", ""),
        "stick": stick,
    }
    return render(request, "perahu/relay/parcels.html", shown, status=status)


@require_safe
def parcels_now(request: HttpRequest) -> HttpResponse:
    """The moving part: what was begun here."""
    run = relay_of(visit_of(request)).run()
    answer = render(request, "perahu/relay/_run.html", {"run": run})
    if run is None or not run.is_running:
        # The lists below have changed: the whole page comes anew, once.
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
def meet(request: HttpRequest) -> HttpResponse:
    """Call a node on this network."""
    relay = relay_of(visit_of(request))
    try:
        node = hex_of(request.POST.get("node", ""), 16)
        relay.begin_meeting(node, request.POST.get("address", "").strip())
    except Refusal as refusal:
        return _page(request, refusal.words, 409)
    return redirect("parcels")


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take along what lies on a stick."""
    try:
        relay_of(visit_of(request)).begin_taking(request.POST.get("stick", ""))
    except Refusal as refusal:
        return _page(request, refusal.words, 409)
    return redirect("parcels")


@require_POST
def give(request: HttpRequest) -> HttpResponse:
    """Write what is carried onto a stick."""
    try:
        relay_of(visit_of(request)).begin_giving(request.POST.get("stick", ""))
    except Refusal as refusal:
        return _page(request, refusal.words, 409)
    return redirect("parcels")


ROUTES = (
    Route(path="titipan", name="parcels", view=parcels, menu=_("Titipan")),
    Route(path="titipan/kini", name="parcels-now", view=parcels_now, is_poll=True),
    Route(path="titipan/temui", name="parcels-meet", view=meet),
    Route(path="titipan/ambil", name="parcels-take", view=take),
    Route(path="titipan/tulis", name="parcels-give", view=give),
)
