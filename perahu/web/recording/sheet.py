"""One recording as its pages see it: the person, where it stands, and who works on it.

`on_recording` opens the sheet before every page of a recording: it finds the recording,
says so where another desk works on the person, and leads to where it goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from perahu.enrolment import reads, rules
from perahu.enrolment.facts import IRISES, PARTS, PHOTO, SIGNATURE
from perahu.enrolment.rules import RecordingState
from perahu.enrolment.rules_parts import parts_words
from perahu.people import reads as people
from perahu.people.reads import Resident
from perahu.web.recording.ports import PART, Claim, RecordingDesks, Sitter
from perahu.web.status_words import STATUS_WORDS
from perahu.web.visits import Visit, hex_of, visit_of
from perahu.words import Refusal, Words

PERSON_BYTES = RECORDING_BYTES = 12

STEPS = (
    ("recording-start", _("Biodata")),
    ("recording-photo", _("Foto")),
    ("recording-signature", _("Tanda tangan")),
    ("recording-fingers", _("Sidik jari")),
    ("recording-irises", _("Iris")),
    ("recording-match", _("Cocokkan")),
    ("recording-check", _("Periksa")),
    ("recording-statement", _("Pernyataan")),
    ("recording-proof", _("Bukti")),
)
"""The pages of a recording in their order: route name, and its word in the list."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One recording, open at one desk."""

    visit: Visit
    desks: RecordingDesks
    sitter: Sitter
    state: RecordingState
    resident: Resident

    @property
    def id(self) -> bytes:
        """The recording."""
        return self.state.recording

    @property
    def person(self) -> bytes:
        """The person, by the id that stands for them."""
        return self.resident.person

    def address(self, name: str, *more: str) -> str:
        """A page of this recording."""
        if name == "recording-start":
            return reverse(name, args=[self.person.hex()])
        return reverse(name, args=[self.id.hex(), *more])

    @property
    def next_address(self) -> str:
        """Where it goes on, by what the book holds and nothing else."""
        return self.address(next_page(self.state))

    def may_take(self, part: str) -> bool:
        """Whether this part may be taken now, first or again."""
        try:
            rules.check_part_open(self.state, part)
        except Refusal:
            return False
        return True


Page = Callable[..., HttpResponse]
"""Takes the request, the open sheet, and what else its address names."""


def desks_of(visit: Visit) -> RecordingDesks:
    """The devices of this node's desks."""
    return cast(RecordingDesks, visit.office.parts[PART])


def sitter_of(visit: Visit) -> Sitter:
    """Who sits at which browser."""
    assert visit.session is not None
    return Sitter(session=visit.session.name, operator=visit.operator, desk=visit.desk)


def next_page(state: RecordingState) -> str:
    """The route where a recording goes on."""
    step = rules.next_step(state)
    if step.name == "capture":
        return page_of(step.part)
    return {
        "confirm": "recording-start",
        "verify": "recording-match",
        "sign": "recording-check",
        "complete": "recording-check",
        "proof": "recording-check",
        "done": "recording-proof",
    }[step.name]


def page_of(part: str) -> str:
    """The route at which a part is taken."""
    if part == PHOTO:
        return "recording-photo"
    if part == SIGNATURE:
        return "recording-signature"
    return "recording-irises" if part in IRISES else "recording-fingers"


def on_recording(page: Page) -> Callable[..., HttpResponse]:
    """A page of one recording, for who works on this person."""

    @wraps(page)
    def opened(request: HttpRequest, recording: str, **more: Any) -> HttpResponse:
        visit = visit_of(request)
        sheet = open_sheet(visit, hex_of(recording, RECORDING_BYTES))
        held = sheet.desks.claim(sheet.person, sheet.sitter)
        if held is not None:
            return held_page(request, visit, sheet.resident, held)
        if not sheet.state.confirmed:
            return to(sheet.address("recording-start"))
        return page(request, sheet, **more)

    return opened


def open_sheet(visit: Visit, recording: bytes) -> Sheet:
    """The sheet of a recording. Refuses one that is unknown or was given up."""
    state = rules.check_still_going(reads.recording(recording))
    return Sheet(
        visit, desks_of(visit), sitter_of(visit), state, resident_of(state.person)
    )


def resident_of(person: bytes) -> Resident:
    """The person. Refuses one who is not in this node's book."""
    found = people.person(person)
    if found is None:
        raise Refusal(
            "unknown_person",
            id="Orang ini tidak ada di buku simpul ini. Tidak ada yang diubah; cari dengan "
            "NIK atau nama.",
            en="This person is not in this node's book. Nothing was changed; search by NIK "
            "or name.",
        )
    return found


def held_page(
    request: HttpRequest, visit: Visit, resident: Resident, held: Claim
) -> HttpResponse:
    """Somebody else works on this person: who, where, since when, and how to take over."""
    if request.headers.get("HX-Request"):
        # A part of a page cannot say it: the whole page is asked for again.
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    grant = visit.office.journal.authority.grant(held.sitter.operator)
    session = visit.session.name if visit.session else ""
    shown = {
        "resident": resident,
        "held": held,
        "holder": grant.name if grant else "",
        "was_mine": held.taken_from == session,
        "is_same_operator": held.sitter.operator == visit.operator,
    }
    return render(request, "perahu/recording/held.html", shown, status=409)


def frame(sheet: Sheet, step: str) -> dict[str, Any]:
    """What every page of a recording shows: the person, the list of steps, a call-back."""
    names = [name for name, _word in STEPS]
    at = names.index(step)
    reached, last = names.index(next_page(sheet.state)), len(names) - 1
    shown = [
        {
            "word": word,
            "number": number + 1,
            "is_here": number == at,
            # At the statement the answers were checked, though nothing in the book says so.
            "is_done": number < max(reached, at),
            "address": sheet.address(name) if 0 < number < reached < last else "",
        }
        for number, (name, word) in enumerate(STEPS)
    ]
    return {
        "sheet": sheet,
        "recording": sheet.id.hex(),
        "person": sheet.person.hex(),
        "biodata": sheet.resident.biodata,
        "steps": shown,
        "step_number": at + 1,
        "step_word": STEPS[at][1],
        "next_address": sheet.next_address,
        "called_back": called_back(sheet.state),
        "may_abandon": sheet.state.version == 0,
        "elsewhere": elsewhere(sheet.visit, sheet.state),
    }


def called_back(state: RecordingState) -> Words | None:
    """What the centre could not read, in plain words, while it is to be taken again."""
    parts = [part for part in PARTS if state.part(part).recalled]
    if not parts:
        return None
    code = state.part(parts[0]).recalled.split(" ")[0]
    what = parts_words(parts)
    known = STATUS_WORDS.get(code)
    why = known.meaning if known and code else Words("", "")
    return Words(
        f"Panggilan ulang: {what.id}. {why.id} Ambil bagian itu saja; yang lain tetap.",
        f"Called back: {what.en}. {why.en} Take that part alone; the others stand.",
    )


def elsewhere(visit: Visit, state: RecordingState) -> str:
    """The name of the other office that opened a recording; "" where it was ours."""
    if state.node == visit.office.journal.node_id:
        return ""
    certificate = visit.office.journal.authority.nodes().get(state.node)
    return certificate.name if certificate else state.node.hex()[:8]


def to(address: str) -> HttpResponse:
    """After a form, or where a page is not the one to be on."""
    return HttpResponseRedirect(address)
