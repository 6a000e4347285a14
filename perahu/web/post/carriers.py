"""The carriers of this node: how each stands, and a look at the line, step by step."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from perahu.web.post.carriers_ports import CarriersPort, CarrierState
from perahu.web.routes import Route
from perahu.web.visits import Visit, visit_of
from perahu.words import Refusal, Words


def port_of(visit: Visit) -> CarriersPort:
    """The carriers of this node."""
    return cast(CarriersPort, visit.office.parts["carriers"])


def carriers_of(visit: Visit) -> list[CarrierState]:
    """Each carrier as it stands, for the page of sending."""
    return port_of(visit).states()


def held_by(states: list[CarrierState]) -> CarrierState | None:
    """The carrier whose hours packets wait for; None where all may go, or none has hours."""
    if any(one.is_whole for one in states):
        return None
    waited_for = [one for one in states if one.opens_in_s]
    return min(waited_for, key=lambda one: one.opens_in_s, default=None)


@require_safe
def carriers_now(request: HttpRequest) -> HttpResponse:
    """The moving part: how each carrier stands."""
    shown = {"carriers": carriers_of(visit_of(request))}
    return render(request, "perahu/post/_carriers.html", shown)


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """What is wrong with the line, as far as it was looked at."""
    return _check(request, None)


def _check(
    request: HttpRequest, error: Words | None, status: int = 200
) -> HttpResponse:
    visit = visit_of(request)
    shown = {
        "check": port_of(visit).check(),
        "carriers": carriers_of(visit),
        "error": error,
    }
    return render(request, "perahu/post/road_check.html", shown, status=status)


@require_safe
def check_now(request: HttpRequest) -> HttpResponse:
    """The moving part of that page."""
    now = port_of(visit_of(request)).check()
    answer = render(request, "perahu/post/_check.html", {"check": now})
    if now is None or not now.is_running:
        # The button above may be pressed again: the whole page comes anew, once.
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Look at every line now."""
    try:
        port_of(visit_of(request)).begin_check()
    except Refusal as refusal:
        return _check(request, refusal.words, 409)
    return redirect("road-check")


ROUTES = (
    Route(path="kirim/jalur", name="carriers-now", view=carriers_now, is_poll=True),
    Route(path="kirim/periksa", name="road-check", view=check),
    Route(
        path="kirim/periksa/kini", name="road-check-now", view=check_now, is_poll=True
    ),
    Route(path="kirim/periksa/mulai", name="road-check-begin", view=begin),
)
