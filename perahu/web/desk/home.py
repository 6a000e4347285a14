"""The first page after the PIN: the search box, and what there is to do here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from perahu.web.desk.worklists import PAGE_ROWS, home_lists, open_kinds, whole_list
from perahu.web.gate import NOT_HERE, say
from perahu.web.links import link
from perahu.web.routes import Route
from perahu.web.visits import int_of, visit_of
from perahu.words import Refusal

_PAGES_MAX = 40_000


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Work lists, not menus."""
    visit = visit_of(request)
    shown = {
        "lists": home_lists(visit),
        "may_search": bool(link(visit, "search")),
        "scan": link(visit, "scan"),
        "register": link(visit, "register-person"),
    }
    return render(request, "perahu/home.html", shown)


@require_safe
def worklist(request: HttpRequest, key: str) -> HttpResponse:
    """All of one list, page by page."""
    visit = visit_of(request)
    try:
        page = int_of(request.GET.get("hal") or "1", _PAGES_MAX, 1)
    except Refusal:
        page = 1
    found = whole_list(visit, key, page)
    if found is None:
        return say(request, NOT_HERE, status=404)
    pages = max(1, -(-found.total // PAGE_ROWS))
    shown = {
        "list": found,
        "page": page,
        "pages": pages,
        "others": [one for one in open_kinds(visit) if one.key != key],
    }
    return render(request, "perahu/worklist/list.html", shown)


@require_safe
def strip(request: HttpRequest) -> HttpResponse:
    """The line about the place alone, asked again every few seconds."""
    return render(request, "perahu/_strip.html")


ROUTES = (
    Route(path="", name="home", view=home, menu=_("Beranda")),
    Route(path="strip", name="strip", view=strip, is_poll=True),
    Route(path="kerja/<str:key>", name="worklist", view=worklist),
)
