"""Residents, rows and events for tests of people; nobody is real."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from perahu.journal.types import Event
from perahu.kinds import Fact
from perahu.people.facts import Biodata, ResidentImported
from perahu.people.rules import ImportPlan, read_plan
from sim.people import COLUMNS, Resident, residents
from tests.cast import TODAY

BATCH = b"batch-000001"
_seqs = itertools.count(1)

ROW: Mapping[str, str] = {
    "NIK": "1703011208909001",
    "NO_KK": "1703010101159001",
    "NAMA_LGKP": "Budi Kaitora",
    "JENIS_KLMIN": "1",
    "TMPT_LHR": "Malakoni",
    "TGL_LHR": "12-08-1990",
    "NO_PROP": "17",
    "NO_KAB": "3",
    "NO_KEC": "1",
    "NO_KEL": "2003",
    "ALAMAT": "DATA UJI, JL. PANTAI",
    "NO_RT": "1",
    "NO_RW": "2",
    "AGAMA": "2",
    "STAT_KWN": "2",
    "STAT_HBKEL": "1",
    "PDDK_AKH": "5",
    "JENIS_PKRJN": "11",
    "GOL_DRH": "13",
    "KEWARGANEGARAAN": "WNI",
    "STATUS_REKAM": "UNREGISTERED",
}


def create_biodata(**changes: Any) -> Biodata:
    """Budi of Malakoni, as the importer would read him."""
    budi = Biodata(
        nik=ROW["NIK"],
        no_kk=ROW["NO_KK"],
        nama="BUDI KAITORA",
        jenis_kelamin=1,
        tempat_lahir="MALAKONI",
        tanggal_lahir=date(1990, 8, 12),
        wilayah="1703012003",
        alamat="DATA UJI, JL. PANTAI",
        rt="001",
        rw="002",
        agama=2,
        status_kawin=2,
        shdk=1,
        pendidikan=5,
        pekerjaan=11,
        status_rekam="UNREGISTERED",
    )
    return dataclasses.replace(budi, **changes)


def create_csv(*rows: Mapping[str, str], delimiter: str = ",") -> bytes:
    """A CSV file of these rows; without any, of Budi's."""
    lines = [delimiter.join(COLUMNS)]
    for row in rows or (ROW,):
        cells = ('"' + row.get(c, "").replace('"', '""') + '"' for c in COLUMNS)
        lines.append(delimiter.join(cells))
    return "\r\n".join(lines).encode() + b"\r\n"


def create_row(**changes: str) -> dict[str, str]:
    """Budi's row with some cells changed."""
    return {**ROW, **changes}


def plan_of(*rows: Mapping[str, str], name: str = "enggano.csv") -> ImportPlan:
    """The dry run over these rows."""
    return read_plan(create_csv(*rows), name, today=TODAY)


def villagers(count: int, kecamatan: str = "170301", seed: int = 1) -> list[Resident]:
    """Synthetic rows of an export."""
    return residents(kecamatan, count, seed)


def person_id(number: int) -> bytes:
    """A person id for a number."""
    return hashlib.sha256(b"person %d" % number).digest()[:12]


def event_of(
    fact: Fact,
    *,
    lamport: int | None = None,
    journal: bytes = b"j" * 16,
    officer: bytes = b"",
) -> Event:
    """The event of a fact, later than those before unless said otherwise."""
    seq = next(_seqs)
    at = seq if lamport is None else lamport
    return Event(
        position=seq,
        journal=journal,
        seq=at,
        h=bytes(32),
        node=b"n" * 16,
        audience=b"",
        lane=fact.KIND.lane,
        lamport=at,
        wall_ms=at,
        quality="rtc",
        op_id=at.to_bytes(16, "big"),
        officer=officer,
        blobs=(),
        fact=fact,
    )


def imported(number: int, batch: bytes = BATCH, **changes: Any) -> ResidentImported:
    """A resident of this number, imported."""
    changes.setdefault("nik", f"170301120890{9000 + number}")
    return ResidentImported(
        person=person_id(number), biodata=create_biodata(**changes), batch=batch
    )


def named(names: Sequence[str]) -> list[Event]:
    """Events that import people of these names, numbered from 1."""
    return [event_of(imported(n, nama=name)) for n, name in enumerate(names, start=1)]
