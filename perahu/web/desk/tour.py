"""A newcomer's first voyage, at a demonstration only: record one, send, print, hand over.

It remembers nothing: which step is next is read from where her last recording stands.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from perahu.cards import reads as cards
from perahu.enrolment import reads_desk
from perahu.enrolment.actions import level_of
from perahu.journal.types import Level
from perahu.people import reads as people
from perahu.people.reads import Resident
from perahu.web.desk.standing import Standing, standings
from perahu.web.gate import NOT_HERE, say
from perahu.web.links import link
from perahu.web.routes import Route, Where
from perahu.web.visits import Visit, visit_of

OTHERS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TourStep:
    """One step of the voyage."""

    title: object
    says: object
    state: str = "later"
    """done, now or later."""
    label: object = ""
    address: str = ""
    waits: bool = False
    """Nothing to press: the page looks again by itself."""


@require_safe
def tour(request: HttpRequest) -> HttpResponse:
    """The steps, and the one that is next."""
    return _tour(request, "perahu/tour/tour.html")


@require_safe
def tour_now(request: HttpRequest) -> HttpResponse:
    """The steps alone, asked again while something is on its way."""
    return _tour(request, "perahu/tour/_steps.html")


def _tour(request: HttpRequest, template: str) -> HttpResponse:
    visit = visit_of(request)
    if not visit.office.is_demonstration:
        return say(request, NOT_HERE, status=404)
    asked = request.GET.get("lain", "0")
    other = min(int(asked), OTHERS_MAX) if asked.isdecimal() and len(asked) < 4 else 0
    mine = reads_desk.latest_by(visit.office.journal.node_id, visit.operator)
    is_anew = "baru" in request.GET
    resident = people.person(mine.state.person) if mine and not is_anew else None
    if resident is None:
        resident = _suggested(visit, other)
    if resident is None:
        return render(request, template, {"steps": (), "resident": None})
    standing = standings(visit, [resident])[resident.person]
    steps = _steps(visit, resident, standing)
    shown = {
        "steps": steps,
        "resident": resident,
        "standing": standing,
        "other": other + 1,
        "is_anew": is_anew,
        "is_begun": standing.recording is not None,
        "is_over": all(one.state == "done" for one in steps),
        "waits": any(one.waits for one in steps),
    }
    return render(request, template, shown)


def _suggested(visit: Visit, other: int) -> Resident | None:
    """Somebody of this wilayah who was never recorded."""
    scope = visit.office.journal.certificate.wilayah
    today = visit.office.now().today
    age_min = visit.office.journal.authority.policy.umur_rekam_min
    for person in reads_desk.due(scope, today, age_min, 1, other):
        return people.person(person)
    return None


def _steps(
    visit: Visit, resident: Resident, standing: Standing
) -> tuple[TourStep, ...]:
    recording, card = standing.recording, standing.card
    is_recorded = recording is not None and recording.step.name == "done"
    level = Level.RECORDED
    if recording is not None and is_recorded:
        level = level_of(visit.office.journal, recording.state.recording)
    is_received = level >= Level.RECEIVED
    is_ready = card is not None
    is_printed = card is not None and card.state in (
        cards.TO_HAND_OVER,
        cards.HANDED_OVER,
    )
    is_given = card is not None and card.state == cards.HANDED_OVER
    if recording is None:
        record = link(visit, "recording-start", resident.person)
    else:
        record = link(visit, "recording", recording.state.recording)
    order = card.order if card else b""
    done = (is_recorded, is_received, is_ready, is_printed, is_given)
    now = next((i for i, one in enumerate(done) if not one), len(done))
    texts = (
        (_("Rekam"), _RECORD, _("Lanjutkan merekam") if recording else _("Mulai merekam"),
         record),
        (_("Kirim"), _SEND, _("Lihat pengiriman"), link(visit, "sending")),
        (_("Tunggu pusat"), _WAIT, "", ""),
        (_("Cetak"), _PRINT, _("Cetak kartunya"), link(visit, "print-order", order)
         if order else ""),
        (_("Serahkan"), _GIVE, _("Serahkan kartunya"),
         link(visit, "hand-over-card", order) if order else ""),
    )  # fmt: skip
    return tuple(
        TourStep(
            title=title,
            says=says,
            state="done" if i < now else "now" if i == now else "later",
            label=label if i == now else "",
            address=address if i == now else "",
            waits=i == now and i in (1, 2),
        )
        for i, (title, says, label, address) in enumerate(texts)
    )


_RECORD = _(
    "Bacakan datanya bersama warga, ambil foto, tanda tangan, sidik jari, dan iris. Alatnya "
    "simulasi: cukup tekan tombolnya. Tautan boleh mati; semua tercatat di sini."
)
_SEND = _(
    "Hidupkan tautan Enggano di halaman peragaan (alamatnya ada di terminal). Rekaman "
    "terkirim sendiri; sisanya dilanjutkan bila putus di tengah jalan."
)
_WAIT = _(
    "Kabupaten meneruskannya ke pusat. Di peragaan ini pusat menjawab dalam beberapa detik."
)
_PRINT = _("Pusat menyatakan tunggal dan siap cetak. Cetak kartunya di sini.")
_GIVE = _("Cocokkan sidik jari, atau pakai kode ambil di bukti perekaman.")


ROUTES = (
    Route(path="coba", name="tour", view=tour, where=Where.OFFICE),
    Route(
        path="coba/kini",
        name="tour-now",
        view=tour_now,
        where=Where.OFFICE,
        is_poll=True,
    ),
)
