"""A kabupaten that was founded before the world begins: made once, copied for every world.

The hub, the provinsi, six kecamatan and four laptops, each with its keys, its book and its
tables; the hub's first facts (nodes, policy, operators, residents) are known everywhere.
Worlds differ in what happens to them, not in who they are, so nobody makes keys twice.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from perahu.journal.types import COMMON, Draft
from perahu.node.django_settings import configure
from perahu.node.office import PARENT_FILE
from perahu.node.tables import Tables
from perahu.people.facts import Biodata, ResidentImported
from sim.chance import Dice
from sim.node import Node, Papers
from sim.papers import ALWAYS, RATNA, Enrolled, Issuing, bring, first_facts, grant

START_S = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
"""A Monday, seven in the morning at Arga Makmur."""
OFFICES = (
    ("Hub", "kabupaten", ("1703",)),
    ("Enggano", "kecamatan", ("170301",)),
    ("Provinsi", "provinsi", ("17",)),
    ("Kapal", "field", ("170301",)),
    ("Ketahun", "kecamatan", ("170302",)),
    ("Lais", "kecamatan", ("170303",)),
    ("Motor", "field", ("170302",)),
    ("Kerkap", "kecamatan", ("170304",)),
    ("Batiknau", "kecamatan", ("170305",)),
    ("Ransel", "field", ("170303",)),
    ("Napal", "kecamatan", ("170306",)),
    ("Perahu", "field", ("170304",)),
)
"""In the order in which a world takes them: a world of four has the first four."""
BLANK = "blank.sqlite3"
RESIDENTS = 6
"""Known at the beginning, in each kecamatan."""


@dataclass(frozen=True, slots=True)
class Image:
    """The founded kabupaten in a folder; a world copies the nodes it wants."""

    folder: Path
    papers: tuple[Papers, ...]

    def copy(self, name: str, target: Path) -> None:
        """The files of one node."""
        shutil.copytree(self.folder / name, target)

    def blank(self, target: Path) -> None:
        """Empty tables under the key of zeros."""
        shutil.copyfile(self.folder / BLANK, target)


def person_of(kecamatan: str, number: int) -> bytes:
    """The id of a resident."""
    return hashlib.sha256(f"{kecamatan}/{number}".encode()).digest()[:12]


def biodata_of(kecamatan: str, number: int) -> Biodata:
    """A resident nobody is: the NIK ends with a serial of 9000 or more."""
    return Biodata(
        nik=f"{kecamatan}200180{9000 + number:04d}",
        no_kk=f"{kecamatan}010110{9000 + number:04d}",
        nama=f"WARGA UJI {chr(65 + number)}",
        jenis_kelamin=1 + number % 2,
        tempat_lahir="ARGA MAKMUR",
        tanggal_lahir=date(1980, 1, 20),
        wilayah=f"{kecamatan}2001",
        alamat="DATA UJI 1",
        rt="001",
        rw="002",
        agama=1,
        status_kawin=1,
        pekerjaan=11,
    )


def found(folder: Path) -> Image:
    """Make the kabupaten in an empty folder."""
    configure()
    folder.mkdir(parents=True)
    dice = Dice("image")
    issuing, hub_id = Issuing(dice), dice(16)
    enrolled = [
        issuing.enrol(dice, name, role, *wilayah, node_id=b"" if number else hub_id)
        for number, (name, role, wilayah) in enumerate(OFFICES)
    ]
    made = [_node(folder, one, issuing.root_public, hub_id) for one in enrolled]
    papers = tuple(one.papers for one in made)
    for one in made:
        one.start()
    hub = made[0]
    _state_first_facts(hub, papers, enrolled)
    hub.journal.seal()
    for one in made[1:]:
        (one.folder / PARENT_FILE).write_bytes(hub.journal.chain.encode())
        takes_all = one.name == "Provinsi"
        bring(hub.journal, one.journal, None if takes_all else (COMMON, one.node_id))
    for one in made:
        one.journal.catch_up()
        one.stop()
    Tables(folder / BLANK, bytes(32)).open().close()
    return Image(folder, papers)


def _node(folder: Path, one: Enrolled, root: bytes, hub_id: bytes) -> Node:
    """A machine with nothing but its certificate."""
    name, node = one.name, one.chain.node
    (folder / name).mkdir()
    (folder / name / "certificate").write_bytes(one.chain.encode())
    # The provinsi is what the hub calls; everybody else calls the hub.
    parent = b"" if name == "Provinsi" or node.node_id == hub_id else hub_id
    officer = name.lower().encode().ljust(8, b"\0")
    papers = Papers(
        name, node.role, node.wilayah, one.keys, node.node_id, root, parent, officer
    )
    return Node(papers, folder / name, lambda: START_S - 86_400, "image")


def _state_first_facts(
    hub: Node, papers: tuple[Papers, ...], enrolled: list[Enrolled]
) -> None:
    grants = [grant(m.officer, m.name, *m.wilayah, valid=ALWAYS) for m in papers]
    grants.append(grant(RATNA, "ratna", "1703", valid=ALWAYS))
    facts = first_facts(enrolled, grants)
    with hub.at_work() as journal:
        for officer, drafts in ((b"", facts), (RATNA, _residents(papers))):
            with journal.writing() as book:
                book.append(hub.ask(officer), drafts)


def _residents(papers: tuple[Papers, ...]) -> list[Draft]:
    drafts = []
    for one in papers[1:]:
        for kecamatan in one.wilayah:
            if len(kecamatan) != 6:
                continue
            for number in range(RESIDENTS):
                fact = ResidentImported(
                    person=person_of(kecamatan, number),
                    biodata=biodata_of(kecamatan, number),
                    batch=b"batch-000001",
                )
                drafts.append(Draft(fact, audience=one.node_id))
    return drafts
