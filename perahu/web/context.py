"""What every page shows: where we are, who sits here, what waits, and where one may go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from perahu.web.gate import THEMES
from perahu.web.routes import Route
from perahu.web.visits import is_open_to, visit_of


def page(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor: names for `base.html`."""
    from perahu.web.urls import ROUTES

    visit = visit_of(request)
    signed_in = visit.grant is not None
    here = (request.resolver_match.url_name or "") if request.resolver_match else ""
    menu = [
        (reverse(route.name), route.menu, _current(request, route, here))
        for route in ROUTES
        if signed_in and route.menu and is_open_to(route, visit)
    ]
    return {
        "request": request,
        "visit": visit,
        "office": visit.office,
        "node": visit.office.journal.certificate,
        "strip": visit.office.strip() if signed_in else None,
        "language": visit.language,
        "other_language": "en" if visit.language == "id" else "id",
        "theme": visit.theme,
        "themes": THEMES,
        "menu": menu,
        "draft": visit.draft,
    }


def _current(request: HttpRequest, route: Route, here: str) -> str:
    """What `aria-current` says of an entry: this page, or the part it belongs to."""
    if route.name == here:
        return "page"
    is_part = route.path and request.path.startswith(f"/{route.path}/")
    return "true" if is_part else ""
