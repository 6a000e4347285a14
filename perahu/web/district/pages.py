"""The kabupaten's page: which kecamatan is in trouble, as a list, a map and cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from perahu.cards.facts import ITEMS
from perahu.cards.reads_district import Whole, whole_of
from perahu.enrolment.reads_hub import NONE, Heap
from perahu.web.district import borders
from perahu.web.district.alarms import Level, urgency
from perahu.web.district.figures import District, KecamatanSeen, OfficeSeen, look
from perahu.web.district.map import Look, MapShelf, marks_of, picture_of
from perahu.web.district.office import office_page
from perahu.web.ports import Office
from perahu.web.routes import FORM_BYTES_MAX, Route, Where
from perahu.web.visits import Visit, visit_of
from perahu.words import Refusal, Words

MAY_SEE = ("verify", "audit", "stock", "sign")
MAY_LOAD = ("verify", "stock")


@require_safe
def district(request: HttpRequest) -> HttpResponse:
    """All kecamatan, the worst first."""
    return _district_page(request, None)


@require_safe
def district_part(request: HttpRequest) -> HttpResponse:
    """The same without its frame, which the page asks for anew now and then."""
    return render(request, "perahu/district/_seen.html", _shown(visit_of(request)))


@require_POST
def load_map(request: HttpRequest) -> HttpResponse:
    """Real borders out of a file."""
    visit = visit_of(request)
    names = look(visit.office).names
    file = request.FILES.get("berkas")
    try:
        if file is None:
            raise _NO_FILE
        raw = file.read(borders.FILE_BYTES_MAX + 1)
        found = borders.read_geojson(raw, names)
        _shelf(visit.office).keep(borders.dump(found))
    except Refusal as refusal:
        return _district_page(request, refusal.words)
    return redirect(f"{reverse('district')}#peta")


@require_POST
def forget_map(request: HttpRequest) -> HttpResponse:
    """Back to the scheme."""
    _shelf(visit_of(request).office).forget()
    return redirect(f"{reverse('district')}#peta")


def _district_page(request: HttpRequest, error: Words | None) -> HttpResponse:
    visit = visit_of(request)
    shown = {
        **_shown(visit),
        "error": error,
        "may_load": visit.may(*MAY_LOAD) and "map" in visit.office.parts,
        "mb": borders.FILE_BYTES_MAX // 1_000_000,
    }
    status = 409 if error else 200
    return render(request, "perahu/district/page.html", shown, status=status)


def _shown(visit: Visit) -> dict[str, Any]:
    found = look(visit.office)
    picture, trouble = picture_of(visit.office, found)
    levels = [one.level for one in found.kecamatan]
    return {
        "district": found,
        "picture": picture,
        "map_trouble": trouble,
        "marks": marks_of(picture, found, visit.language),
        "worst": _worst(found),
        "without_office": [one for one in found.kecamatan if not one.offices],
        "legend": [Legend(level, levels.count(level)) for level in _SHOWN_LEVELS],
        "total": Total.of(found, visit.office),
        "items": ITEMS,
    }


def _shelf(office: Office) -> MapShelf:
    found: MapShelf = office.parts["map"]
    return found


def _worst(seen: District) -> list[tuple[KecamatanSeen | None, OfficeSeen, Look]]:
    """Every office with a reason to look at it, the worst first."""
    placed: list[tuple[KecamatanSeen | None, OfficeSeen]] = [
        (one, office) for one in seen.kecamatan for office in one.offices
    ]
    placed += [(None, office) for office in seen.travelling]
    found = [(one, office) for one, office in placed if office.alarms]
    found.sort(key=lambda pair: urgency(pair[1].alarms))
    return [(one, office, Look.of(office.level)) for one, office in found]


@dataclass(frozen=True, slots=True)
class Legend:
    """One line under the map: a level, or None for no office, and how many have it."""

    level: Level | None
    count: int

    @property
    def look(self) -> Look:
        """How it is drawn."""
        return Look.of(self.level)


_SHOWN_LEVELS = (Level.TROUBLE, Level.WATCH, Level.CALM, None)


@dataclass(slots=True, kw_only=True)
class Total:
    """The whole kabupaten in a few numbers."""

    begun: Heap = NONE
    recalled: Heap = NONE
    to_hand: Heap = NONE
    at_centre: Heap = NONE
    queued: Heap = NONE
    to_hand_over: Heap = NONE
    stock: list[tuple[str, Whole]]
    """By item, where every piece is."""
    cases: int

    @classmethod
    def of(cls, seen: District, office: Office) -> Total:
        """Add up all offices."""
        offices = {one.node.node_id: one for one in seen.offices}.values()
        here = office.journal.node_id
        return cls(
            begun=sum((one.backlog.begun for one in offices), NONE),
            recalled=sum((one.backlog.recalled for one in offices), NONE),
            to_hand=sum((one.backlog.to_hand for one in offices), NONE),
            at_centre=sum((one.at_centre for one in offices), NONE),
            queued=sum((one.queued for one in offices), NONE),
            to_hand_over=sum((one.to_hand_over for one in offices), NONE),
            stock=[(item, whole_of(item, here, seen.ledger)) for item in ITEMS],
            cases=len(seen.cases),
        )


_NO_FILE = Refusal(
    "no_file",
    id="Pilih dahulu berkas GeoJSON-nya; peta yang lama tetap dipakai.",
    en="Choose the GeoJSON file first; the map before it stays.",
)


ROUTES = (
    Route(
        path="kabupaten",
        name="district",
        view=district,
        rights=MAY_SEE,
        where=Where.HUB,
        menu=_("Kabupaten"),
    ),
    Route(
        path="kabupaten/sekarang",
        name="district-part",
        view=district_part,
        rights=MAY_SEE,
        where=Where.HUB,
        is_poll=True,
    ),
    Route(
        path="kabupaten/peta",
        name="district-map",
        is_slow=True,
        view=load_map,
        rights=MAY_LOAD,
        where=Where.HUB,
        upload_bytes_max=borders.FILE_BYTES_MAX + FORM_BYTES_MAX,
    ),
    Route(
        path="kabupaten/peta/skema",
        name="district-map-forget",
        view=forget_map,
        rights=MAY_LOAD,
        where=Where.HUB,
    ),
    Route(
        path="kabupaten/<str:node>",
        name="district-office",
        view=office_page,
        rights=MAY_SEE,
        where=Where.HUB,
    ),
)
