"""The status page: what this node has, what is on its way, what waits for a person.

Node hands the figures in with each request (`perahu.status` in its environment); nothing
here reads a book, and nothing on the page can change one.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from perahu.cards.reads import STATE_WORDS
from perahu.web.routes import Route, Who
from perahu.web.visits import visit_of
from perahu.words import Refusal, in_language

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
_UNITS = ("B", "kB", "MB", "GB", "TB")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page for people."""
    language = _language(request)
    try:
        figures = _figures(request, language)
    except Refusal as refusal:
        said = {"language": language, "words": refusal.words.in_(language)}
        return render(request, "perahu/refused.html", said, status=503)
    troubles = [one for one in figures["loops"] if one["trouble"]]
    shown = {
        "language": language,
        "other": "en" if language == "id" else "id",
        "s": figures,
        "t": TEXTS[language],
        "contacts": [
            (one["node"], _age(one["age_s"], language)) for one in figures["contacts"]
        ],
        "waiting_size": _size(figures["waiting"]["bytes"]),
        "free_size": _size(figures["free_bytes"]),
        "recordings": _named(figures["recordings"], TEXTS[language]),
        "cards": _named(figures["cards"], card_texts(language)),
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
    answer = render(request, "perahu/status.html", shown)
    answer["Content-Security-Policy"] = _POLICY
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def plain(request: HttpRequest) -> JsonResponse:
    """The same figures for programs."""
    answer = JsonResponse(_figures(request, _language(request)))
    answer["Cache-Control"] = "no-store"
    return answer


def _figures(request: HttpRequest, language: str) -> dict[str, Any]:
    figures: dict[str, Any] = in_language(visit_of(request).office.status(), language)
    return figures


def _language(request: HttpRequest) -> str:
    return visit_of(request).language


def card_texts(language: str) -> dict[str, str]:
    """The words for the states of a card."""
    return {name: words.in_(language) for name, words in STATE_WORDS.items()}


def _named(counts: dict[str, int], texts: dict[str, str]) -> list[tuple[str, int]]:
    """Counts with the words for their names; the centre's own words stay as they are."""
    return [(texts.get(name, name), number) for name, number in counts.items()]


def _age(seconds: int, language: str) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return TEXTS[language][f"{unit}_ago"].format(seconds // size)
    return TEXTS[language]["just_now"]


def _size(count: int) -> str:
    shown, unit = float(count), 0
    while shown >= 1000 and unit < len(_UNITS) - 1:
        shown, unit = shown / 1000, unit + 1
    return f"{shown:.0f} {_UNITS[unit]}" if unit == 0 else f"{shown:.1f} {_UNITS[unit]}"


TEXTS = {
    "id": {
        "title": "Keadaan simpul",
        "switch": "English",
        "role": "peran",
        "policy": "kebijakan",
        "contact": "Kontak terakhir",
        "no_contact": "Belum pernah berhubungan dengan simpul lain.",
        "just_now": "baru saja",
        "minute_ago": "{} menit lalu",
        "hour_ago": "{} jam lalu",
        "day_ago": "{} hari lalu",
        "waiting": "Menunggu dikirim",
        "entries": "catatan",
        "blobs": "berkas",
        "recordings": "Rekaman",
        "no_recordings": "Belum ada rekaman.",
        "cards": "Kartu",
        "no_cards": "Belum ada perintah cetak.",
        "stock": "Stok di tempat",
        "attention": "Perlu dilihat orang",
        "nothing": "Tidak ada.",
        "no_mirror": "Tidak ada media kedua: catatan hanya ada di disk ini.",
        "mirror_away": "Media kedua (mirror) tidak terpasang: pasang kembali.",
        "mirror_here": "Media kedua terpasang.",
        "halted": "Pencetakan berhenti",
        "recount": "stok harus dihitung ulang dengan tangan",
        "clone": "kabupaten harus memutuskan soal simpul kembar",
        "parked": "catatan disimpan tetapi belum dihitung",
        "cases": "kasus menunggu keputusan",
        "unfinished": "perekaman belum selesai atau diminta ulang",
        "missing": "berkas ditunggu dari simpul lain",
        "disk": "Ruang disk",
        "free": "kosong",
        "today": "Hari ini",
        "opened": "dibuka",
        "closed": "selesai",
        "abandoned": "dihentikan",
        "submitted": "dikirim ke pusat",
        "blanko": "blanko",
        "ribbon": "ribbon",
        "film": "film",
    },
    "en": {
        "title": "State of the node",
        "switch": "Bahasa Indonesia",
        "role": "role",
        "policy": "policy",
        "contact": "Last contact",
        "no_contact": "No contact with another node yet.",
        "just_now": "just now",
        "minute_ago": "{} min ago",
        "hour_ago": "{} h ago",
        "day_ago": "{} days ago",
        "waiting": "Waiting to be sent",
        "entries": "entries",
        "blobs": "blobs",
        "recordings": "Recordings",
        "no_recordings": "No recordings yet.",
        "cards": "Cards",
        "no_cards": "No print orders yet.",
        "stock": "Stock on hand",
        "attention": "For a person to look at",
        "nothing": "Nothing.",
        "no_mirror": "No second medium: entries lie on this disk alone.",
        "mirror_away": "The second medium (mirror) is not there: plug it in.",
        "mirror_here": "The second medium is there.",
        "halted": "Printing has stopped",
        "recount": "the stock must be counted by hand",
        "clone": "the hub must decide about a twin of this node",
        "parked": "entries are kept but do not count yet",
        "cases": "cases wait for a decision",
        "unfinished": "recordings are unfinished or called back",
        "missing": "blobs awaited from other nodes",
        "disk": "Room on the disk",
        "free": "free",
        "today": "Today",
        "opened": "opened",
        "closed": "completed",
        "abandoned": "given up",
        "submitted": "handed to the centre",
        "blanko": "blanko",
        "ribbon": "ribbon",
        "film": "film",
    },
}
"""Every word of the page that is not a fact's own."""


ROUTES = (
    Route(path="keadaan", name="status", view=page, who=Who.MACHINE),
    Route(path="status.json", name="status-json", view=plain, who=Who.MACHINE),
)
