"""The addresses of the pages: the rows of every page module, in one table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, path, resolve

from perahu.web import citizen, signing_in, status
from perahu.web.cards import handing_over, print_order, printing
from perahu.web.cards import stock as stock_pages
from perahu.web.desk import home, search, tour
from perahu.web.district import cases as cases_pages
from perahu.web.district import network
from perahu.web.district import pages as district
from perahu.web.field import pages as field
from perahu.web.gate import NOT_HERE, say
from perahu.web.people import changes as people_changes
from perahu.web.people import pages as people_pages
from perahu.web.ports import KEY
from perahu.web.post import carriers
from perahu.web.post import pages as post
from perahu.web.recording import pages as recording
from perahu.web.relay import pages as relay
from perahu.web.routes import Route
from perahu.words import Words

ROUTES: tuple[Route, ...] = (
    *signing_in.ROUTES,
    *home.ROUTES,
    *search.ROUTES,
    *people_changes.ROUTES,
    *people_pages.ROUTES,
    *recording.ROUTES,
    *printing.ROUTES,
    *print_order.ROUTES,
    *handing_over.ROUTES,
    *stock_pages.ROUTES,
    *district.ROUTES,
    *network.ROUTES,
    *cases_pages.ROUTES,
    *field.ROUTES,
    *post.ROUTES,
    *relay.ROUTES,
    *carriers.ROUTES,
    *tour.ROUTES,
    *citizen.ROUTES,
    *status.ROUTES,
)
"""Every page there is, in the order of the menu."""

BY_NAME = {route.name: route for route in ROUTES}
assert len(BY_NAME) == len(ROUTES), "two routes share a name"

urlpatterns = [path(route.path, route.view, name=route.name) for route in ROUTES]
"""Django looks for this name."""


def is_slow(path: str) -> bool:
    """Whether the page at this address waits for a device or a PIN."""
    try:
        name = resolve(path).url_name
    except Resolver404:
        return False
    return name in BY_NAME and BY_NAME[name].is_slow


_STALE = Words(
    "Formulir ini sudah lama terbuka atau datang dari halaman lain; tidak ada yang "
    "disimpan. Muat ulang halamannya, lalu kirim lagi.",
    "This form was open for long or came from another page; nothing was saved. Reload the "
    "page, then send it again.",
)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nobody lives at this address."""
    return say(request, NOT_HERE, status=404)


def mistake(request: HttpRequest) -> HttpResponse:
    """What even the gate did not foresee."""
    words = request.META[KEY].report_mistake(RuntimeError("page"))
    return say(request, words, status=500)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token."""
    return say(request, _STALE, status=403)


handler404 = "perahu.web.urls.not_found"
handler500 = "perahu.web.urls.mistake"
