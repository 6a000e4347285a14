"""Nodes of the cast with their tables, for tests of whole actions across nodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from perahu.enrolment import actions, reads
from perahu.enrolment.facts import INDEXES, PARTS
from perahu.enrolment.rules import Capture
from perahu.journal.journal import Journal
from perahu.journal.limits import CHUNK_BYTES
from perahu.journal.types import COMMON, Ask, Draft
from perahu.kinds import Fact
from perahu.node.tables import Tables
from perahu.people.facts import Biodata, ResidentImported
from tests.cast import MADE, SARI, District, carry
from tests.enrolment.builders import PERSON, RECORDING, create_biodata


@dataclass
class Station:
    """An open node with its tables, and who works there."""

    name: str
    district: District
    tables: Tables
    journal: Journal
    officer: bytes

    def ask(self, officer: bytes = b"") -> Ask:
        """A fresh ask of the one who works here."""
        return self.district.ask(self.name, officer or self.officer)

    @property
    def wilayah(self) -> str:
        """The kecamatan of the office."""
        return self.journal.certificate.wilayah[0]

    @contextmanager
    def at_work(self) -> Iterator[Journal]:
        """This node's tables are the ones that queries mean."""
        with self.tables.at_work():
            yield self.journal


@dataclass
class Network:
    """The hub and two offices, who already know each other."""

    hub: Station
    enggano: Station
    ketahun: Station

    def give(self, *offices: Station) -> None:
        """Bring what the hub has for these offices (for both, if none is named)."""
        for office in offices or (self.enggano, self.ketahun):
            wanted = {COMMON, office.journal.node_id}
            carry(self.hub.journal, office.journal, audience=wanted.__contains__)

    def collect(self, *offices: Station, blobs: bool = True) -> None:
        """Bring what the offices wrote to the hub, blobs and all."""
        for office in offices or (self.enggano, self.ketahun):
            carry(office.journal, self.hub.journal, audience=lambda a: a == b"")
            if blobs:
                self.bring_blobs(office)

    def bring_blobs(self, office: Station) -> None:
        """Bring every blob the hub misses that lies at the office."""
        for ref in self.hub.journal.blobs.missing():
            if not office.journal.blobs.has(ref.sha256):
                continue
            for index in range((ref.size - 1) // CHUNK_BYTES + 1):
                piece = office.journal.blobs.read_chunk(ref.sha256, index)
                self.hub.journal.blobs.add_chunk(ref, index, piece)

    def state(self, *facts: Fact, audience: bytes = COMMON) -> None:
        """Let the hub state facts."""
        with self.hub.journal.writing() as book:
            ask = self.hub.ask(b"")
            book.append(ask, [Draft(fact, audience=audience) for fact in facts])

    def import_person(
        self, *offices: Station, person: bytes = PERSON, biodata: Biodata | None = None
    ) -> None:
        """The hub imports one resident for each of the offices, and brings it there."""
        known = biodata or create_biodata()
        fact = ResidentImported(person=person, biodata=known, batch=b"batch-000001")
        for office in offices:
            with self.hub.journal.writing() as book:
                ask = self.hub.ask(b"ratna\0\0\0")
                book.append(ask, [Draft(fact, audience=office.journal.node_id)])
        self.give(*offices)


@contextmanager
def open_network(district: District) -> Iterator[Network]:
    """The hub, Enggano and Ketahun with real books and tables."""
    stations = {
        name: open_station(district, name, officer)
        for name, officer in (("Hub", b""), ("Enggano", SARI), ("Ketahun", MADE))
    }
    network = Network(stations["Hub"], stations["Enggano"], stations["Ketahun"])
    district.found(network.hub.journal)
    network.give()
    try:
        yield network
    finally:
        for station in stations.values():
            station.tables.close()


def open_station(district: District, name: str, officer: bytes) -> Station:
    folder = district.members[name].folder
    tables = Tables(folder / "tables.sqlite3", b"t" * 32).open()
    return Station(name, district, tables, district.open(name, tables), officer)


def reopen(station: Station) -> Station:
    """The node after a crash: the same files, nothing else."""
    station.journal.close()
    station.tables.close()
    return open_station(station.district, station.name, station.officer)


def capture_of(part: str, *, record: bytes = b"") -> Capture:
    """A good capture; only a photo has a thumbnail."""
    return Capture(
        part=part,
        record=record or f"record of {part}".encode(),
        score=80,
        tries=1,
        device="SIM 1",
        background="blue" if part == "photo" else "",
        thumbnail=b"small" if part == "photo" else b"",
    )


def open_one(
    station: Station, *, person: bytes = PERSON, recording: bytes = RECORDING
) -> None:
    """Open a recording and confirm the biodata."""
    journal = station.journal
    actions.open_recording(
        journal,
        station.ask(),
        person=person,
        recording=recording,
        wilayah=station.wilayah,
    )
    actions.confirm_biodata(journal, station.ask(), recording=recording)


def finish(
    station: Station, *, recording: bytes = RECORDING, prefix: bytes = b""
) -> None:
    """Go on from wherever the recording is to the proof; to be called at work."""
    journal = station.journal
    while (step := reads.next_step(recording)).name != "done":
        ask = station.ask()
        match step.name:
            case "confirm":
                actions.confirm_biodata(journal, ask, recording=recording)
            case "capture":
                record = prefix + recording + step.part.encode()
                capture = capture_of(step.part, record=record)
                actions.accept_part(journal, ask, recording=recording, capture=capture)
            case "verify":
                scores = dict.fromkeys(INDEXES, 80)
                actions.verify_indexes(
                    journal, ask, recording=recording, scores=scores, threshold=40
                )
            case "sign":
                actions.sign_statement(
                    journal, ask, recording=recording, signature=b"sign", by_line=False
                )
            case "complete":
                actions.complete_recording(journal, ask, recording=recording)
            case "proof":
                actions.issue_proof(journal, ask, recording=recording)


def record_all(
    station: Station, *, person: bytes = PERSON, recording: bytes = RECORDING
) -> None:
    """A whole recording at this office."""
    with station.at_work():
        open_one(station, person=person, recording=recording)
        finish(station, recording=recording)


PARTS_AND_THUMBNAIL = len(PARTS) + 1
