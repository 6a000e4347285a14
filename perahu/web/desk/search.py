"""Finding a person: one box for whatever is on a paper, in a mouth, or under a scanner.

What is typed may be a NIK or a No. KK (or their beginning), a name as it sounds, the
register number of a recording, or the text of a proof's QR code, which a scanner types.

Example: `look(visit, "0007/170301/XI/2026")` finds who was recorded under that number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from perahu.enrolment import actions, reads_desk
from perahu.enrolment.rules_proof import PREFIX
from perahu.journal.journal import Journal
from perahu.people import reads as people
from perahu.people.reads import NUMBER_DIGITS_MIN, Resident
from perahu.web.desk.standing import standings
from perahu.web.links import link
from perahu.web.names import place
from perahu.web.routes import Route
from perahu.web.visits import Visit, visit_of
from perahu.words import Refusal, Words

RIGHTS = ("intake", "record", "print", "hand_over", "verify")
"""Each of these acts begins with finding the person, so each may find."""
HITS_MAX = 20
TEXT_CHARS_MAX = 1_100
"""The longest QR text is 1,024 characters."""

_NUMBER = re.compile(
    r"([0-9]{1,6})\s*/\s*([0-9]{6}(?:-[2-9A-Z]{2})?)\s*/\s*([IVX]{1,4})\s*/\s*([0-9]{4})"
)
_PROVEN = Words(
    "Kode pada bukti ini sah; rekamannya ada di buku ini.",
    "The code on this proof is valid; its recording is in this book.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who may be meant, the most alike first."""

    residents: list[Resident]
    note: Words | None = None
    """What a scanned proof proved."""


def look(journal: Journal, text: str, limit: int = HITS_MAX) -> Found:
    """Whoever fits. Raises Refusal where a scanned code proves nothing."""
    text = text[:TEXT_CHARS_MAX].strip()
    if text.upper().startswith(PREFIX):
        proof = actions.check_proof(journal, text)
        return Found(residents=_recorded_under(proof.number), note=_PROVEN)
    number = register_number(text)
    if number:
        return Found(residents=_recorded_under(number))
    return Found(residents=people.search(text, limit))


def register_number(text: str) -> str:
    """The register number in what somebody typed, as papers write it; "" for none."""
    found = _NUMBER.fullmatch(text.strip().upper())
    return "{:0>4}/{}/{}/{}".format(*found.groups()) if found else ""


def _recorded_under(number: str) -> list[Resident]:
    found = (people.person(one.state.person) for one in reads_desk.by_number(number))
    return list({one.person: one for one in found if one is not None}.values())


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The page; without JavaScript the form alone does it all."""
    visit = visit_of(request)
    shown = _shown(visit, request.GET.get("q", ""))
    if shown["note"] and len(shown["hits"]) == 1:
        # A scanner typed a proof: whoever scans wants the person, not a list of one.
        return redirect("person", shown["hits"][0][0].person.hex())
    return render(request, "perahu/search/search.html", shown)


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """The results alone, as she types."""
    visit = visit_of(request)
    shown = _shown(visit, request.GET.get("q", ""))
    return render(request, "perahu/search/_results.html", shown)


def _shown(visit: Visit, text: str) -> dict[str, Any]:
    found, error = Found(residents=[]), None
    try:
        found = look(visit.office.journal, text)
    except Refusal as refusal:
        error = refusal.words
    where = standings(visit, found.residents)
    digits = text.replace(" ", "").replace(".", "")
    return {
        "q": text[:TEXT_CHARS_MAX].strip(),
        "hits": [
            (one, where[one.person], place(one.biodata.wilayah))
            for one in found.residents
        ],
        "note": found.note,
        "error": error,
        "is_cut": len(found.residents) >= HITS_MAX,
        "is_short": digits.isdecimal() and len(digits) < NUMBER_DIGITS_MIN,
        "register": link(visit, "register-person"),
        "scan": link(visit, "scan"),
    }


@csp_update({"script-src": ["'wasm-unsafe-eval'"]})
@require_safe
def scan(request: HttpRequest) -> HttpResponse:
    """The camera as a scanner of QR codes."""
    return render(request, "perahu/search/scan.html")


ROUTES = (
    Route(path="cari", name="search", view=search, rights=RIGHTS, menu=_("Cari")),
    Route(
        path="cari/hasil",
        name="search-results",
        view=results,
        rights=RIGHTS,
        is_poll=True,
    ),
    Route(path="cari/pindai", name="scan", view=scan, rights=RIGHTS),
)
