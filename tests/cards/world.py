"""The hub and Enggano with real books and tables, a printer one can set, and Budi."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO

from PIL import Image

from perahu.cards import actions, actions_stock, reads
from perahu.cards.rules import OrderState
from perahu.devices.card_image import render
from perahu.devices.printer_ports import (
    CardJob,
    PrinterState,
    PrintOutcome,
)
from perahu.enrolment.rules import pickup_hash
from perahu.journal.journal import Journal
from perahu.journal.limits import CHUNK_BYTES
from perahu.journal.types import PART, PHOTO, Ask, BlobRef, Draft
from perahu.keys.sealing import open_blob, seal_blob
from perahu.kinds import Fact
from perahu.node.tables import Tables
from perahu.people.facts import Biodata, ResidentImported
from perahu.words import Words
from tests.cast import BUDI, RATNA, SARI, District, give

CODE = "AB23 CD45"
ANI = b"ani-person-0"
RECORDING = b"recording-01"
READY = PrinterState(True, 40, 60, (), Words("siap", "ready"))


def create_biodata(
    *, nama: str = "BUDI", born: date = date(2000, 1, 20), status_kawin: int = 1
) -> Biodata:
    """A resident of Enggano."""
    return Biodata(
        nik="1703012001009001",
        no_kk="1703010101109001",
        nama=nama,
        jenis_kelamin=1,
        tempat_lahir="ENGGANO",
        tanggal_lahir=born,
        wilayah="1703012001",
        alamat="Jl. Pantai 1",
        rt="001",
        rw="002",
        agama=1,
        status_kawin=status_kawin,
        pekerjaan=11,
    )


def picture(colour: str = "blue", size: tuple[int, int] = (60, 80)) -> bytes:
    """A small PNG of one colour."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, format="PNG")
    return out.getvalue()


class Printer:
    """A card printer whose answers a test lays out beforehand."""

    def __init__(self) -> None:
        self.now = READY
        self.answers: list[PrintOutcome] = []
        self.jobs: list[CardJob] = []
        self.while_printing: Callable[[], object] = lambda: None

    def state(self) -> PrinterState:
        """What the test says."""
        return self.now

    def print(self, job: CardJob) -> PrintOutcome:
        """The next answer; a good card where none is laid out."""
        self.jobs.append(job)
        self.while_printing()
        return self.answers.pop(0) if self.answers else PrintOutcome("printed", "ok")


class World:
    """Two nodes; use `with world.at("Enggano")` around actions and reads."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.tables: dict[str, Tables] = {}
        self.journals: dict[str, Journal] = {}
        for name in ("Hub", "Enggano"):
            self.start(name)
        self.printer = Printer()
        with self.at("Hub") as hub:
            district.found(hub)
        self.give()

    def start(self, name: str) -> None:
        """Open a node's tables and book, as its process does."""
        member = self.district.members[name]
        self.tables[name] = Tables(member.folder / "tables", b"k" * 32).open()
        self.journals[name] = self.district.open(name, self.tables[name])

    def restart(self, name: str) -> None:
        """What is only in memory is gone."""
        self.journals[name].close()
        self.tables[name].close()
        self.start(name)

    def close(self) -> None:
        """Give the tables' aliases back."""
        for tables in self.tables.values():
            tables.close()

    @contextmanager
    def at(self, name: str) -> Iterator[Journal]:
        """Be at this node."""
        with self.tables[name].at_work():
            yield self.journals[name]

    def give(self, name: str = "Enggano") -> None:
        """A perfect link from the hub to an office, entries and blobs."""
        hub, office = self.journals["Hub"], self.journals[name]
        give(hub, office)
        for ref in office.blobs.missing():
            for index in range(-(-ref.size // CHUNK_BYTES)):
                piece = hub.blobs.read_chunk(ref.sha256, index)
                office.blobs.add_chunk(ref, index, piece)

    def ask(self, name: str = "Enggano", officer: bytes = SARI) -> Ask:
        """An ask at a node."""
        return self.district.ask(name, officer)

    def state_at_hub(self, fact: Fact, *, officer: bytes = RATNA) -> None:
        """Let the hub state a fact for Enggano."""
        with self.at("Hub") as hub, hub.writing() as book:
            to = self.journals["Enggano"].node_id
            book.append(self.ask("Hub", officer), [Draft(fact, audience=to)])

    def bring_resident(
        self, person: bytes = BUDI, biodata: Biodata | None = None
    ) -> None:
        """Budi's biodata reach Enggano."""
        fact = ResidentImported(
            person=person, biodata=biodata or create_biodata(), batch=bytes(16)
        )
        self.state_at_hub(fact)
        self.give()

    def sealed(self, *contents: bytes, name: str = "Enggano") -> list[BlobRef]:
        """Contents sealed to an office, kept at the hub."""
        to = [self.district.members[name].keys.age_recipient]
        hub = self.journals["Hub"]
        return [
            hub.blobs.put(seal_blob(one, to), PHOTO if n == 0 else PART)
            for n, one in enumerate(contents)
        ]

    def order(self, person: bytes = BUDI, kind: str = "BELUM_PERNAH") -> OrderState:
        """The hub orders a card, and Enggano hears of it."""
        blobs = self.sealed(
            picture(), picture("white"), b"FMR\x00left", b"FMR\x00right"
        )
        with self.at("Hub") as hub:
            actions.order_print(
                hub,
                self.ask("Hub", b""),
                person=person,
                recording=RECORDING,
                home=self.journals["Enggano"].node_id,
                kind=kind,
                blobs=blobs,
                pickup=pickup_hash(CODE),
            )
            state = reads.orders_of(person)[-1]
        self.give()
        return state

    def stock(self, count: int = 10) -> None:
        """Blanko come to Enggano from outside."""
        with self.at("Enggano") as journal:
            actions_stock.receive_stock(
                journal,
                self.ask(),
                item="blanko",
                count=count,
                source="TERIMA_PUSAT",
                document="BAST 1",
            )

    def ready(self, *, blanko: int = 10) -> OrderState:
        """Budi known, his card ordered, blanko on hand: ready to print."""
        self.bring_resident()
        self.stock(blanko)
        return self.order()

    def open_blob(self, cipher: bytes) -> bytes:
        """Enggano opens what was sealed to it."""
        return open_blob(cipher, self.district.members["Enggano"].keys.age_identity)

    def print(self, order: OrderState, ask: Ask | None = None) -> actions.PrintAnswer:
        """Print at Enggano."""
        with self.at("Enggano") as journal:
            return actions.print_card(
                journal,
                ask or self.ask(),
                self.printer,
                order=order.order,
                open_blob=self.open_blob,
                draw=render,
            )
