"""Builders for the tests of recordings: people, states, and facts fed into real tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from perahu.enrolment.facts import PARTS, RecordingOpened
from perahu.enrolment.rules import PartState, RecordingState
from perahu.journal.types import BlobRef, Event
from perahu.kinds import Fact
from perahu.node.tables import Tables
from perahu.people.facts import Biodata

PERSON, RECORDING = b"person-00001", b"recording-01"
ENGGANO, KETAHUN, HUB = b"node-enggano-001", b"node-ketahun-001", b"node-hub-0000001"
JOURNALS = {
    ENGGANO: b"journal-enggano1",
    KETAHUN: b"journal-ketahun1",
    HUB: b"journal-hub-0001",
}
NIK = "1703016001009001"


def create_biodata(
    *,
    nik: str = NIK,
    born: date = date(2000, 1, 20),
    status_kawin: int = 1,
    kewarganegaraan: str = "WNI",
    berlaku_hingga: date | None = None,
    status_rekam: str = "UNREGISTERED",
) -> Biodata:
    """Budi, or somebody like him."""
    return Biodata(
        nik=nik,
        no_kk="1703010101109001",
        nama="BUDI",
        jenis_kelamin=1,
        tempat_lahir="ENGGANO",
        tanggal_lahir=born,
        wilayah="1703012001",
        status_kawin=status_kawin,
        kewarganegaraan=kewarganegaraan,
        berlaku_hingga=berlaku_hingga,
        status_rekam=status_rekam,
    )


def create_state(
    *,
    confirmed: bool = True,
    taken: Sequence[str] = (),
    excepted: Sequence[str] = (),
    unverified: tuple[str, ...] = (),
    signed: bool = False,
    whole: bool = False,
    version: int = 0,
    abandoned: bool = False,
    proof_level: int = -1,
) -> RecordingState:
    """A recording of Budi, as far as these say."""
    parts = {
        name: PartState(
            part=name, status="captured", score=80, tries=1, blob=name.encode()
        )
        for name in taken
    }
    parts |= {name: PartState(part=name, status="excepted") for name in excepted}
    return RecordingState(
        recording=RECORDING,
        person=PERSON,
        nik=NIK,
        number="0001/170301/XI/2026",
        wilayah="170301",
        background="blue",
        node=ENGGANO,
        confirmed=confirmed,
        parts=parts,
        unverified=unverified,
        signed=signed,
        whole=whole,
        version=version,
        abandoned=abandoned,
        proof_level=proof_level,
    )


def whole_state() -> RecordingState:
    """A closed packet of all parts."""
    return create_state(taken=PARTS, signed=True, whole=True, version=1)


def opened(
    *,
    recording: bytes = RECORDING,
    person: bytes = PERSON,
    nik: str = NIK,
    serial: int = 1,
) -> RecordingOpened:
    """The first fact of a recording."""
    return RecordingOpened(
        person=person,
        recording=recording,
        wilayah="170301",
        number=f"{serial:04d}/170301/XI/2026",
        nik=nik,
        background="blue",
    )


class Feed:
    """Makes events out of facts, each in its node's journal, in the order given."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._seqs: dict[bytes, int] = {}

    def add(
        self,
        fact: Fact,
        *,
        node: bytes = ENGGANO,
        blobs: tuple[BlobRef, ...] = (),
        lamport: int = 0,
        wall_ms: int = 0,
    ) -> Event:
        """One more event."""
        seq = self._seqs[node] = self._seqs.get(node, 0) + 1
        event = Event(
            position=len(self.events) + 1,
            journal=JOURNALS[node],
            seq=seq,
            h=bytes([seq % 256]) * 32,
            node=node,
            audience=b"",
            lane=fact.KIND.lane,
            lamport=lamport or len(self.events) + 1,
            wall_ms=wall_ms,
            quality="rtc",
            op_id=bytes(16),
            officer=b"",
            blobs=blobs,
            fact=fact,
        )
        self.events.append(event)
        return event


@contextmanager
def tables_at(folder: Path, name: str = "tables") -> Iterator[Tables]:
    """Empty tables of a node at work."""
    with Tables(folder / name, b"k" * 32) as tables, tables.at_work():
        yield tables


def feed(tables: Tables, events: Sequence[Event]) -> None:
    """Project events; none may fail."""
    if not events:
        return
    base = tables.position()
    placed = [_at(event, base + n) for n, event in enumerate(events, start=1)]
    assert tables.apply(placed, base + len(placed)) == []


def _at(event: Event, position: int) -> Event:
    fields = {name: getattr(event, name) for name in Event.__slots__}
    return Event(**{**fields, "position": position})
