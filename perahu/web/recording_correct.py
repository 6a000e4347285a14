"""Correcting biodata before the recording begins, element by element, each on a paper.

The centre's register is corrected there, by its own procedure; this page says so.
"""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from perahu.enrolment import reads
from perahu.enrolment.actions_capture import place_of_act
from perahu.people import actions
from perahu.people.facts import Biodata
from perahu.people.rules import Change
from perahu.people.rules.biodata import PAPER_CHARS_MAX, text_of
from perahu.people.rules.codes import (
    BLOOD,
    MARRIAGE,
    OCCUPATION,
    RELIGION,
    SEX,
    Codes,
)
from perahu.web.names import desa_choices
from perahu.web.recording_sheet import (
    PERSON_BYTES,
    desks_of,
    held_page,
    resident_of,
    sitter_of,
    to,
)
from perahu.web.visits import hex_of, op_of, visit_of
from perahu.words import Refusal, Words


class Field(NamedTuple):
    """One element of the form."""

    name: str
    label: object
    value: str
    kind: str = "text"
    choices: tuple[tuple[str, str], ...] = ()


_TEXTS = (
    ("nama", _("Nama")),
    ("gelar_depan", _("Gelar di depan nama")),
    ("gelar_belakang", _("Gelar di belakang nama")),
    ("tempat_lahir", _("Tempat lahir")),
)
_CODES: tuple[tuple[str, object, Codes], ...] = (
    ("jenis_kelamin", _("Jenis kelamin"), SEX),
    ("agama", _("Agama"), RELIGION),
    ("status_kawin", _("Status perkawinan"), MARRIAGE),
    ("pekerjaan", _("Pekerjaan"), OCCUPATION),
    ("gol_darah", _("Golongan darah"), BLOOD),
)
_ADDRESS = (("alamat", _("Alamat")), ("rt", _("RT")), ("rw", _("RW")))


def correct(request: HttpRequest, person: str) -> HttpResponse:
    """The form, and what it changes."""
    visit = visit_of(request)
    resident = resident_of(hex_of(person, PERSON_BYTES))
    held = desks_of(visit).claim(resident.person, sitter_of(visit))
    if held is not None:
        return held_page(request, visit, resident, held)
    back = reverse("recording-start", args=[resident.person.hex()])
    known = reads.known_recording(resident.person, resident.biodata.nik)
    if known is not None and known.confirmed:
        # What a person confirmed aloud is no longer changed under a recording.
        return to(back)
    error: Words | None = None
    if request.method == "POST":
        try:
            actions.correct_biodata(
                visit.office.journal,
                visit.ask(op_of(request)),
                person=resident.person,
                changes=_changes(request, resident.biodata),
                wilayah=place_of_act(visit.office.journal, resident.biodata.wilayah),
            )
            return to(f"{back}?dibetulkan=1")
        except Refusal as refusal:
            error = refusal.words
    typed = request.POST if error else visit.draft
    shown = {
        "error": error,
        "biodata": resident.biodata,
        "back": back,
        "fields": fields_of(resident.biodata, typed, visit.place),
        "paper": typed.get("dokumen", ""),
        "paper_chars_max": PAPER_CHARS_MAX,
    }
    return render(
        request, "perahu/recording/correct.html", shown, status=409 if error else 200
    )


def _changes(request: HttpRequest, biodata: Biodata) -> list[Change]:
    """What was typed differently from what stands, all on the one paper shown."""
    paper = request.POST.get("dokumen", "")
    return [
        Change(field.name, typed, paper)
        for field in fields_of(biodata, {}, "")
        if (typed := request.POST.get(field.name, field.value).strip()) != field.value
    ]


def fields_of(biodata: Biodata, typed: object, place: str) -> list[Field]:
    """The form's fields with what stands, or what was typed."""

    def value(name: str) -> str:
        told = typed.get(name) if hasattr(typed, "get") else None
        return text_of(getattr(biodata, name)) if told is None else str(told)[:300]

    fields = [Field(name, label, value(name)) for name, label in _TEXTS]
    fields.append(
        Field("tanggal_lahir", _("Tanggal lahir"), value("tanggal_lahir"), "date")
    )
    for name, label, table in _CODES:
        choices = tuple((str(code), word) for code, word in table.names.items())
        fields.append(Field(name, label, value(name), "choice", choices))
    fields += [Field(name, label, value(name)) for name, label in _ADDRESS]
    fields.append(_home(value("wilayah"), biodata, place))
    return fields


def _home(value: str, biodata: Biodata, place: str) -> Field:
    """The desa, chosen among those of the person's kecamatan and of the office."""
    scope = dict.fromkeys((biodata.wilayah[:6], place[:6] if len(place) >= 6 else ""))
    choices = desa_choices(tuple(one for one in scope if one)) if place else []
    if value not in dict(choices):
        choices = [(value, value), *choices]
    label = _("Desa/kelurahan")
    return Field("wilayah", label, value, "choice", tuple(choices))
