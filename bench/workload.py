"""A stream of realistic synthetic facts: what an office states in a day of recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from perahu.enrolment.facts import (
    FINGERS,
    IRISES,
    PHOTO,
    SIGNATURE,
    BiodataConfirmed,
    IndexesVerified,
    PartCaptured,
    ProofIssued,
    RecordingCompleted,
    RecordingOpened,
    StatementSigned,
)
from perahu.journal.types import Draft
from perahu.people.facts import Biodata, ResidentImported, ResidentRegistered
from sim.people import Resident, residents
from tests.cast import Dice


def biodata(row: Resident) -> Biodata:
    """The data elements of a synthetic resident."""
    day, month, year = (int(part) for part in row["TGL_LHR"].split("-"))
    return Biodata(
        nik=row["NIK"],
        no_kk=row["NO_KK"],
        nama=row["NAMA_LGKP"],
        jenis_kelamin=int(row["JENIS_KLMIN"]),
        tempat_lahir=row["TMPT_LHR"],
        tanggal_lahir=date(year, month, day),
        wilayah=row["NO_PROP"] + row["NO_KAB"] + row["NO_KEC"] + row["NO_KEL"],
        alamat=row["ALAMAT"],
        rt=row["NO_RT"],
        rw=row["NO_RW"],
        agama=int(row["AGAMA"]),
        status_kawin=int(row["STAT_KWN"]),
        shdk=int(row["STAT_HBKEL"]),
        pendidikan=int(row["PDDK_AKH"]),
        pekerjaan=int(row["JENIS_PKRJN"]),
    )


def people(count: int, seed: int, kecamatan: str = "17.03.01") -> list[Biodata]:
    """Synthetic residents of a kecamatan, Enggano where none is named."""
    return [biodata(r) for r in residents(kecamatan=kecamatan, count=count, seed=seed)]


def imported(count: int, seed: int, audience: bytes = b"") -> Iterator[Draft]:
    """Residents as the hub imports them, for the office that serves them."""
    dice = Dice(f"imported-{seed}")
    batch = dice(12)
    for person in people(count, seed):
        fact = ResidentImported(person=dice(12), biodata=person, batch=batch)
        yield Draft(fact, audience=audience)


def registered(count: int, seed: int) -> Iterator[Draft]:
    """People unknown here who came with papers: the largest civil fact there is."""
    dice = Dice(f"registered-{seed}")
    for person in people(count, seed):
        yield Draft(
            ResidentRegistered(
                person=dice(12), biodata=person, wilayah="170301", papers="KK lama"
            )
        )


def recordings(
    count: int, seed: int, *, parts: bool, known: Sequence[bytes] = ()
) -> Iterator[Draft]:
    """The civil facts of recordings, in the order a desk states them.

    Of the persons whose ids are `known`; of people unknown here where none is given.
    """
    dice = Dice(f"recordings-{seed}")
    for number, who in enumerate(people(count, seed), start=1):
        person, recording = dice(12), dice(12)
        if known:
            person = known[(number - 1) % len(known)]
        yield Draft(
            RecordingOpened(
                person=person,
                recording=recording,
                wilayah="170301",
                number=f"{number:04}/170301/XI/2026",
                nik=who.nik,
                background="red" if who.tanggal_lahir.year % 2 else "blue",
            )
        )
        yield Draft(BiodataConfirmed(person=person, recording=recording))
        for part in (PHOTO, SIGNATURE, *FINGERS, *IRISES) if parts else ():
            score = 60 + dice(1)[0] % 40
            yield Draft(
                PartCaptured(
                    person=person,
                    recording=recording,
                    part=part,
                    score=score,
                    tries=1,
                    device="SIM-1",
                )
            )
        right, left = dice(2)
        yield Draft(
            IndexesVerified(
                person=person,
                recording=recording,
                right_score=40 + right % 60,
                left_score=40 + left % 60,
            )
        )
        yield Draft(StatementSigned(person=person, recording=recording))
        yield Draft(
            RecordingCompleted(person=person, recording=recording, manifest=dice(32))
        )
        yield Draft(ProofIssued(person=person, recording=recording, level=0))
