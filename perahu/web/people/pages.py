"""One person: who they are, where they stand, what happened, and what comes next."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from perahu.enrolment.reads import same_persons
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.people.reads import Resident
from perahu.people.rules import codes, kk_warnings, nik_warnings
from perahu.web.desk.search import RIGHTS
from perahu.web.desk.standing import standings
from perahu.web.gate import say
from perahu.web.links import link
from perahu.web.names import full_place
from perahu.web.people.forms import plain_word
from perahu.web.people.story import axes, story
from perahu.web.routes import Route
from perahu.web.visits import Visit, hex_of, visit_of
from perahu.words import Refusal, Words

PERSON_BYTES = 12

NOBODY = Words(
    "Orang ini tidak ada di buku simpul ini; tidak ada yang diubah. Cari lagi dengan nama "
    "atau NIK.",
    "This person is not in this node's book; nothing was changed. Search again by name or "
    "NIK.",
)


@require_safe
def person_page(request: HttpRequest, person: str) -> HttpResponse:
    """Everything a desk may know of one person."""
    visit = visit_of(request)
    resident = people.person(hex_of(person, PERSON_BYTES))
    if resident is None:
        return say(request, NOBODY, status=404)
    who = resident.biodata
    standing = standings(visit, [resident])[resident.person]
    ids = sorted({*same_persons(resident.person), resident.person})
    shown = {
        "resident": resident,
        "who": who,
        "standing": standing,
        "warnings": warnings_of(who),
        "place": full_place(who.wilayah),
        "elements": elements_of(who),
        "family": _family(visit, resident),
        "axes": axes(visit, resident, standing),
        "story": story(visit, ids, who.nik),
        "correct": link(visit, "correct-person", resident.person),
        "is_new": "baru" in request.GET,
        "is_corrected": "betul" in request.GET,
    }
    return render(request, "perahu/people/person.html", shown)


def warnings_of(who: Biodata) -> list[Words]:
    """What is odd about the numbers of this person; they stay as they are."""
    found: list[Words] = []
    try:
        if who.nik:
            found += nik_warnings(
                who.nik,
                born=who.tanggal_lahir,
                sex=who.jenis_kelamin,
                wilayah=who.wilayah,
            )
        else:
            found.append(
                Words(
                    "Orang ini belum punya NIK di buku ini. NIK hanya dari pusat.",
                    "This person has no NIK in this book. Only the centre gives one.",
                )
            )
        if who.no_kk:
            found += kk_warnings(who.no_kk, wilayah=who.wilayah)
    except Refusal as refusal:
        # An import may have brought a number that no desk would take.
        found.append(refusal.words)
    return found


def elements_of(who: Biodata) -> list[tuple[Words, str]]:
    """The elements with a code, in words; those that nobody gave are left out."""
    until = who.berlaku_hingga
    named = (
        (Words("Agama", "Religion"), codes.RELIGION.word(who.agama)),
        (Words("Status kawin", "Marriage"), codes.MARRIAGE.word(who.status_kawin)),
        (Words("Hubungan keluarga", "In the family"), codes.RELATION.word(who.shdk)),
        (Words("Pendidikan", "Education"), codes.EDUCATION.word(who.pendidikan)),
        (Words("Pekerjaan", "Occupation"), codes.OCCUPATION.word(who.pekerjaan)),
        (Words("Golongan darah", "Blood group"), codes.BLOOD.word(who.gol_darah)),
        (Words("Kewarganegaraan", "Citizenship"), who.kewarganegaraan),
        (Words("Izin tinggal sampai", "May stay until"), _day(until) if until else ""),
    )
    return [(label, plain_word(value)) for label, value in named if value]


def _day(value: date) -> str:
    return f"{value:%d-%m-%Y}"


def _family(visit: Visit, resident: Resident) -> list[tuple[Resident, str, bool]]:
    """The members of the KK: who, in what relation, and whether it is this person."""
    members = people.family(resident.biodata.no_kk)
    return [
        (
            one,
            plain_word(codes.RELATION.word(one.biodata.shdk)),
            one.person == resident.person,
        )
        for one in members
    ]


ROUTES = (
    Route(path="orang/<str:person>", name="person", view=person_page, rights=RIGHTS),
)
