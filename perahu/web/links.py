"""Addresses of other pages, where they exist at this node and are open to who sits here.

A button that leads to a refusal helps nobody: pages ask here first and leave it out.
"""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from perahu.web.visits import Visit, is_open_to


def link(visit: Visit, name: str, *ids: bytes) -> str:
    """The address of a page by its route's name, or "" where it leads nowhere for her."""
    from perahu.web.urls import BY_NAME

    route = BY_NAME.get(name)
    if route is None or not is_open_to(route, visit):
        return ""
    try:
        return reverse(name, args=[one.hex() for one in ids])
    except NoReverseMatch:
        return ""


def first_link(visit: Visit, *choices: tuple[str, bytes]) -> str:
    """The first of these pages that is open to her, or ""."""
    found = (
        link(visit, name, one) if one else link(visit, name) for name, one in choices
    )
    return next((address for address in found if address), "")
