"""The network of all offices: who had contact today, by what, how well, since when silent.

What an office itself told of its links is the truth; where it told nothing yet, the page
shows what the hub saw: then there is contact, and the carrier is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from perahu.contacts import reads
from perahu.contacts.reads import LinkHour
from perahu.contacts.rules_words import SORT_LETTERS, reason_words, sort_words
from perahu.keys.certificates import HUB_ROLES, SECOND_SITE_ROLES, NodeCertificate
from perahu.web.post.contact_picture import (
    DAYS,
    HOUR_MS,
    colour_of,
    contact_strip,
    first_hour,
    sums_of,
)
from perahu.web.post.link_ports import Links
from perahu.web.post.links import LinksShown, links_of_office, week_of
from perahu.web.post.ports import Hour
from perahu.web.routes import Route, Where
from perahu.web.visits import visit_of
from perahu.words import Words

MAY_SEE = ("verify", "audit", "stock", "sign")
SILENT_MS = 24 * HOUR_MS

_Heard = Mapping[bytes, Sequence[Hour]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeLinks:
    """One office in the table."""

    node: NodeCertificate
    last_ms: int
    """The last contact with the hub; 0 never."""
    is_today: bool
    is_silent: bool
    strip: SafeString
    main: LinkHour | None
    """The carrier that brought most, over the week."""
    tries: LinkHour | None
    """All carriers together."""
    hours_met: int
    hours_all: int
    reason: Words | None
    """How the last contact ended, where the office told it."""

    @property
    def letter(self) -> str:
        """Of the carrier that brought most."""
        return _letter(self.main) if self.main else ""

    @property
    def colour(self) -> int:
        """Its colour."""
        return colour_of(self.main.sort) if self.main else 3


@require_safe
def network(request: HttpRequest) -> HttpResponse:
    """All offices, the longest silent first."""
    visit = visit_of(request)
    office = visit.office
    now_ms = office.now().wall_ms
    told = reads.hours_of_all(first_hour(now_ms))
    heard = heard_of(visit.office.parts)
    met = {bytes.fromhex(one["node_id"]): one["at_ms"] for one in office.contacts()}
    authority = office.journal.authority
    rows = [
        _row(node, told.get(node_id, []), heard.get(node_id, []), met, now_ms)
        for node_id, node in authority.nodes().items()
        if node.role not in HUB_ROLES | SECOND_SITE_ROLES
        and not authority.is_revoked(node_id)
    ]
    rows.sort(key=lambda row: (row.last_ms, row.node.name))
    sorts = sorted({one.sort for hours in told.values() for one in hours if one.sort})
    shown = {
        "rows": rows,
        "today": sum(row.is_today for row in rows),
        "silent": sum(row.is_silent for row in rows),
        "legend": [
            (SORT_LETTERS.get(sort, "?"), sort_words(sort), colour_of(sort))
            for sort in sorts
        ],
    }
    return render(request, "perahu/district/network.html", shown)


def heard_of(parts: Mapping[str, object]) -> _Heard:
    """What this hub saw of the calls of others."""
    links = cast("Links | None", parts.get("links"))
    return {} if links is None else links.heard()


def office_links(
    node: NodeCertificate, parts: Mapping[str, object], now_ms: int
) -> LinksShown:
    """The week of one office, for its own page."""
    return links_of_office(node.name, node.node_id, heard_of(parts), now_ms)


def _row(
    node: NodeCertificate,
    told: Sequence[LinkHour],
    heard: Sequence[Hour],
    met: Mapping[bytes, int],
    now_ms: int,
) -> OfficeLinks:
    hours = week_of(told, heard, now_ms)
    letters = {"": ""} | {one.carrier: _letter(one) for one in hours}
    sums = sums_of(hours)
    named = [one for name, one in sums.items() if name and one.contacts]
    known = list(sums.values())
    whole = known[0] if known else None
    for one in known[1:]:
        assert whole is not None
        whole = whole.plus(one)
    newest = reads.last_lines(node.node_id, 1)
    last_ms = met.get(node.node_id, 0)
    midnight = (first_hour(now_ms) + (DAYS - 1) * 24) * HOUR_MS
    return OfficeLinks(
        node=node,
        last_ms=last_ms,
        is_today=last_ms >= midnight,
        is_silent=now_ms - last_ms >= SILENT_MS,
        strip=contact_strip(hours, now_ms, node.name, letters),
        main=named[0] if named else None,
        tries=whole,
        hours_met=len({one.hour for one in hours if one.contacts}),
        hours_all=now_ms // HOUR_MS - first_hour(now_ms) + 1,
        reason=reason_words(newest[0].reason) if newest else None,
    )


def _letter(one: LinkHour) -> str:
    """The sort's letter, the same for all offices."""
    return SORT_LETTERS.get(one.sort, one.carrier[:1].upper()) if one.carrier else ""


ROUTES = (
    Route(
        path="jaringan",
        name="network",
        view=network,
        rights=MAY_SEE,
        where=Where.HUB,
        menu=_("Jaringan"),
    ),
)
