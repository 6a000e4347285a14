"""Home: what is to be done here now, as work lists."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from perahu.web.routes import Route


def home(request: HttpRequest) -> HttpResponse:
    """The work lists of who sits here."""
    return render(request, "perahu/home.html")


def strip(request: HttpRequest) -> HttpResponse:
    """The line about the place alone, which the page asks for anew now and then."""
    return render(request, "perahu/_strip.html")


ROUTES = (
    Route(path="", name="home", view=home, menu=_("Beranda")),
    Route(path="strip", name="strip", view=strip, is_poll=True),
)
