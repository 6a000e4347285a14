"""Registering who is unknown here, and correcting biodata: forms that keep what was typed."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from perahu.people import actions
from perahu.people import reads as people
from perahu.people.facts import Biodata
from perahu.people.reads import Resident
from perahu.web.gate import say
from perahu.web.people.forms import (
    CorrectForm,
    RegisterForm,
    initial_of,
    number_warnings,
)
from perahu.web.people.pages import NOBODY, PERSON_BYTES
from perahu.web.recording.sheet import desks_of, held_page, sitter_of
from perahu.web.routes import Route, Where
from perahu.web.visits import Visit, hex_of, op_of, visit_of
from perahu.words import Refusal, Words

_ALIKE_MAX = 5
_KECAMATAN_DIGITS = 6


def register(request: HttpRequest) -> HttpResponse:
    """A person unknown here came with papers."""
    visit = visit_of(request)
    typed = request.POST if request.method == "POST" else visit.draft or None
    form = RegisterForm(typed, **_place_of(visit), initial={"nama": _asked(request)})
    error: Words | None = None
    doubts: list[Words] = []
    alike: list[Resident] = []
    if request.method == "POST" and form.is_valid():
        try:
            who = form.biodata()
            doubts, alike = number_warnings(who), _alike(who)
            if request.POST.get("diperiksa") or not (doubts or alike):
                return _registered(request, visit, who, form.cleaned_data["dokumen"])
        except Refusal as refusal:
            error = refusal.words
    shown = {
        "form": form,
        "error": error,
        "doubts": doubts,
        "alike": alike,
        "is_asked": bool(doubts or alike),
    }
    status = 409 if request.method == "POST" else 200
    return render(request, "perahu/people/register.html", shown, status=status)


def _asked(request: HttpRequest) -> str:
    """The name she searched for in vain, to begin with."""
    text = request.GET.get("nama", "")[:100].strip()
    return "" if any(sign.isdigit() for sign in text) else text.upper()


def _alike(who: Biodata) -> list[Resident]:
    """Who may be the same person under another spelling: born on that day, called so."""
    found = people.search(who.nama, 20)
    born = [one for one in found if one.biodata.tanggal_lahir == who.tanggal_lahir]
    return born[:_ALIKE_MAX]


def _registered(
    request: HttpRequest, visit: Visit, who: Biodata, papers: str
) -> HttpResponse:
    op = op_of(request)
    # Out of the operation, so that a form sent twice names one person.
    person = hashlib.sha256(b"perahu person " + op).digest()[:PERSON_BYTES]
    actions.register_resident(
        visit.office.journal,
        visit.ask(op),
        person=person,
        biodata=who,
        wilayah=_act_place(visit, who),
        papers=papers,
    )
    return HttpResponseRedirect(f"{reverse('person', args=[person.hex()])}?baru=1")


def correct(request: HttpRequest, person: str) -> HttpResponse:
    """Elements of a person's biodata, each with the paper that proves it."""
    visit = visit_of(request)
    resident = people.person(hex_of(person, PERSON_BYTES))
    if resident is None:
        return say(request, NOBODY, status=404)
    held = desks_of(visit).holder(resident.person, sitter_of(visit))
    if held is not None:
        return held_page(request, visit, resident, held)
    who = resident.biodata
    typed = request.POST if request.method == "POST" else visit.draft or None
    form = CorrectForm(typed, initial=initial_of(who), **_place_of(visit))
    error: Words | None = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.correct_biodata(
                visit.office.journal,
                visit.ask(op_of(request)),
                person=resident.person,
                changes=form.changes(who),
                wilayah=_act_place(visit, who),
            )
            return HttpResponseRedirect(_back(request, resident))
        except Refusal as refusal:
            error = refusal.words
    shown = {"form": form, "resident": resident, "who": who, "error": error}
    shown["next"] = request.POST.get("next") or request.GET.get("next", "")
    status = 409 if request.method == "POST" else 200
    return render(request, "perahu/people/correct.html", shown, status=status)


def _back(request: HttpRequest, resident: Resident) -> str:
    """Where she came from, as a recording that waits; else the person's page."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None):
        return wanted
    return f"{reverse('person', args=[resident.person.hex()])}?betul=1"


def _place_of(visit: Visit) -> dict[str, Any]:
    scope = visit.office.journal.certificate.wilayah
    return {"scope": scope, "today": visit.office.now().today}


def _act_place(visit: Visit, who: Biodata) -> str:
    """The kecamatan where this takes place: ours, or for a travelling office theirs."""
    here = visit.place
    is_office = len(here) >= _KECAMATAN_DIGITS
    return (here if is_office else who.wilayah)[:_KECAMATAN_DIGITS]


ROUTES = (
    Route(
        path="orang/baru",
        name="register-person",
        view=register,
        rights=("intake",),
        where=Where.OFFICE,
    ),
    Route(
        path="orang/<str:person>/betulkan",
        name="correct-person",
        view=correct,
        rights=("record",),
        where=Where.OFFICE,
    ),
)
