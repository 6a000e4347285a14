"""What a desk does, in numbered operations: each may be asked twice and is done once.

Operation `n` is the same whoever asks for it, so that the worker after a killed one goes
on behind the last receipt that was given, and repeats the one that got none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from perahu.devices.printer_ports import CardJob, PrinterState, PrintOutcome
from perahu.enrolment import actions as enrolment
from perahu.enrolment.rules import Capture, background_for
from perahu.journal.types import Ask, Receipt
from perahu.node.office import Office
from perahu.people import actions as people
from perahu.people import reads
from perahu.people.facts import Biodata
from perahu.people.rules import Change
from perahu.words import Words

STEPS = 6
"""Register, open, confirm, photo, a finger, correct."""
PART_BYTES = 18_000
"""More than one chunk of the road."""
_BORN = date(1950, 1, 1)
_WILAYAH, _DESA = "170301", "1703012001"


def op_id(number: int) -> bytes:
    """The id of an operation."""
    return hashlib.sha256(b"operation %d" % number).digest()[:16]


def person_of(number: int) -> bytes:
    """The person an operation is about; also the id of her recording."""
    return hashlib.sha256(b"person %d" % (number // STEPS)).digest()[:12]


def biodata_of(serial: int) -> Biodata:
    """The person who came with this number; nobody is real."""
    born = _BORN + timedelta(days=serial)
    return Biodata(
        nik=f"170301{born:%d%m%y}9001",
        no_kk="1703010101159001",
        nama=f"DATA UJI {serial}",
        jenis_kelamin=1,
        tempat_lahir="MALAKONI",
        tanggal_lahir=born,
        wilayah=_DESA,
        alamat="DATA UJI, JL. PANTAI",
        agama=2,
        status_kawin=1,
        pekerjaan=11,
        status_rekam="UNREGISTERED",
    )


def do(office: Office, ask: Ask, number: int) -> Receipt:
    """One operation at the desk."""
    journal, person = office.journal, person_of(number)
    step = number % STEPS
    if step == 0:
        return people.register_resident(
            journal,
            ask,
            person=person,
            biodata=biodata_of(number // STEPS),
            wilayah=_WILAYAH,
            papers="KK",
        )
    if step == 1:
        return enrolment.open_recording(
            journal, ask, person=person, recording=person, wilayah=_WILAYAH
        )
    if step == 2:
        return enrolment.confirm_biodata(journal, ask, recording=person)
    if step == 5:
        change = Change("alamat", f"DATA UJI, RUMAH {number}", "surat desa")
        return people.correct_biodata(
            journal, ask, person=person, changes=[change], wilayah=_WILAYAH
        )
    capture = _capture("photo" if step == 3 else "left_index", person)
    return enrolment.accept_part(journal, ask, recording=person, capture=capture)


def _capture(part: str, person: bytes) -> Capture:
    return Capture(
        part=part,
        score=80,
        tries=1,
        device="SIM 1",
        record=hashlib.shake_256(part.encode() + person).digest(PART_BYTES),
        background=_background(person) if part == "photo" else "",
        thumbnail=b"thumbnail " * 90 if part == "photo" else b"",
    )


def _background(person: bytes) -> str:
    biodata = reads.biodata(person)
    assert biodata is not None, "she was registered two steps ago"
    return background_for(biodata)


@dataclass(slots=True)
class Press:
    """A card printer: what it was given is told to the outside before it says how it went."""

    tell: Callable[[str], None]
    jobs: set[str] = field(default_factory=set)
    """Names of the jobs that it had before this worker was born, and since."""

    def state(self) -> PrinterState:
        """Always ready."""
        return PrinterState(True, 40, 60, (), Words("siap", "ready"))

    def print(self, job: CardJob) -> PrintOutcome:
        """A card comes out; from here on nobody can make it not have been."""
        self.jobs.add(job.name)
        self.tell(job.name)
        return PrintOutcome("printed", "ok")
