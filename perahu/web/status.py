"""The status page: what this node has, what is on its way, what waits for a person.

The figures are the node's own (`ports.Office.status`); nothing here reads a book, and
nothing on the page can change one. `/status.json` gives the same figures to programs.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from perahu.cards.reads import STATE_WORDS
from perahu.web.cards.words import ITEMS
from perahu.web.routes import Route, Who
from perahu.web.status_words import STATUS_WORDS
from perahu.web.visits import visit_of
from perahu.words import Refusal, Words, in_language

COUNT_WORDS = {
    "opened": Words("dibuka", "opened"),
    "closed": Words("selesai", "completed"),
    "abandoned": Words("dihentikan", "given up"),
    "submitted": Words("dikirim ke pusat", "handed to the centre"),
}
"""The totals of recordings; the other counts are by the centre's status."""

_STOPPED = {
    "recount": Words(
        "Pencetakan berhenti: stok harus dihitung ulang dengan tangan.",
        "Printing has stopped: the stock must be counted by hand.",
    ),
    "clone": Words(
        "Pencetakan berhenti: ada simpul kembar. Matikan yang satu, lalu hitung stok.",
        "Printing has stopped: a twin is at work. End one of the two, then count the stock.",
    ),
}
_POLICIES = {
    "STORE_AND_FORWARD": Words(
        "rekam tanpa jaringan boleh", "recording without a link is allowed"
    ),
    "ONLINE_ONLY": Words(
        "rekam hanya saat pusat terhubung", "recording only while the centre answers"
    ),
}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page for people."""
    return _shown(request, "perahu/status.html")


@require_safe
def part(request: HttpRequest) -> HttpResponse:
    """Its figures alone, asked again by the page."""
    return _shown(request, "perahu/_status.html")


def _shown(request: HttpRequest, template: str) -> HttpResponse:
    figures = visit_of(request).office.status()
    troubles = [one for one in figures["loops"] if one["trouble"]]
    shown = {
        "s": figures,
        "policy": _POLICIES.get(figures["policy"], figures["policy"]),
        "halts": [_STOPPED.get(name, Words(name, name)) for name in figures["halts"]],
        "recordings": _named(figures["recordings"], _RECORDING_WORDS),
        "cards": _named(figures["cards"], STATE_WORDS),
        "stock": _named(figures["stock"], ITEMS),
        "troubles": troubles,
        "alert": bool(
            troubles
            or not figures["mirror"]
            or figures["halts"]
            or figures["parked"]
            or figures["repaired"]
            or figures["clock_doubt"]
        ),
    }
    return render(request, template, shown)


_RECORDING_WORDS = {
    **{name: told.name for name, told in STATUS_WORDS.items()},
    **COUNT_WORDS,
}


@require_safe
def plain(request: HttpRequest) -> JsonResponse:
    """The same figures for programs; a refusal is one too."""
    visit = visit_of(request)
    try:
        return JsonResponse(in_language(visit.office.status(), visit.language))
    except Refusal as refusal:
        words = refusal.words.in_(visit.language)
        return JsonResponse({"refused": refusal.code, "words": words}, status=503)


def count_texts(language: str) -> dict[str, str]:
    """The words for all counts of recordings and cards, in one language."""
    found = {**COUNT_WORDS, **STATE_WORDS}
    return {name: words.in_(language) for name, words in found.items()}


def _named(
    counts: Mapping[str, int], texts: Mapping[str, Words]
) -> list[tuple[Words, int]]:
    return [(texts.get(name, Words(name, name)), n) for name, n in counts.items()]


ROUTES = (
    Route(path="keadaan", name="status", view=page, who=Who.MACHINE),
    Route(
        path="keadaan/kini",
        name="status-part",
        view=part,
        who=Who.MACHINE,
        is_poll=True,
    ),
    Route(path="status.json", name="status-json", view=plain, who=Who.MACHINE),
)
