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

from nacl.signing import SigningKey

from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, Draft
from perahu.keys.certificates import (
    IssuingCertificate,
    NodeCertificate,
    issue_kabupaten,
    issue_node,
    open_epoch,
)
from perahu.keys.facts import NodeEnrolled, OperatorGranted, PolicySet
from perahu.keys.vault import keys_of, new_secret
from perahu.kinds import RIGHTS
from perahu.node.django_settings import configure
from perahu.node.office import PARENT_FILE
from perahu.node.tables import Tables
from perahu.people.facts import Biodata, ResidentImported
from sim.chance import Dice
from sim.node import Node, Papers

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
RATNA = b"ratna\0\0\0"
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
    issuing = _Issuing(dice)
    hub_id = dice(16)
    made = []
    for name, role, wilayah in OFFICES:
        made.append(issuing.enrol(folder / name, (name, role, wilayah), hub_id))
    papers = tuple(one.papers for one in made)
    for one in made:
        one.start()
    hub = made[0]
    _state_first_facts(hub, papers, issuing.certificates)
    for one in made[1:]:
        (one.folder / PARENT_FILE).write_bytes(hub.journal.chain.encode())
        _give(hub.journal, one.journal, one.node_id, takes_all=one.name == "Provinsi")
    for one in made:
        one.journal.catch_up()
        one.stop()
    Tables(folder / BLANK, bytes(32)).open().close()
    return Image(folder, papers)


class _Issuing:
    """The keys under which every node stands."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._root = SigningKey(dice(32))
        self._key = SigningKey(dice(32))
        certificate = IssuingCertificate(
            "1703", "Bengkulu Utara", bytes(self._key.verify_key)
        )
        self._signed = issue_kabupaten(self._root, certificate)
        self.certificates: list[bytes] = []

    def enrol(
        self, folder: Path, who: tuple[str, str, tuple[str, ...]], hub_id: bytes
    ) -> Node:
        """One node: its keys, its certificate, its folder."""
        name, role, wilayah = who
        dice, is_hub = self._dice, not self.certificates
        keys = keys_of(new_secret(dice))
        node_id = hub_id if is_hub else dice(16)
        certificate = NodeCertificate(
            node_id=node_id,
            sign_public=bytes(keys.sign_key.verify_key),
            box_public=bytes(keys.box_key.public_key),
            age_recipient=keys.age_recipient,
            role=role,
            wilayah=wilayah,
            name=name,
        )
        papers = issue_node(self._key, self._signed, certificate)
        self.certificates.append(papers.signed_node.encode())
        folder.mkdir()
        chain = open_epoch(keys, papers, epoch=1, nonce=dice(16))
        (folder / "certificate").write_bytes(chain.encode())
        # The provinsi is what the hub calls; everybody else calls the hub.
        parent = b"" if is_hub or name == "Provinsi" else hub_id
        root = bytes(self._root.verify_key)
        officer = name.lower().encode().ljust(8, b"\0")
        return Node(
            Papers(name, role, wilayah, keys, node_id, root, parent, officer),
            folder,
            lambda: START_S - 86_400,
            "image",
        )


def _state_first_facts(
    hub: Node, papers: tuple[Papers, ...], certificates: list[bytes]
) -> None:
    facts = [
        Draft(NodeEnrolled(certificate=raw, name=one.name), audience=COMMON)
        for raw, one in zip(certificates, papers, strict=True)
    ]
    policy = PolicySet(policy="STORE_AND_FORWARD", decree="SK 1")
    facts.append(Draft(policy, audience=COMMON))
    for one in papers:
        facts.append(Draft(_grant(one.officer, one.name, one.wilayah), audience=COMMON))
    facts.append(Draft(_grant(RATNA, "ratna", ("1703",)), audience=COMMON))
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


def _grant(operator: bytes, login: str, wilayah: tuple[str, ...]) -> OperatorGranted:
    return OperatorGranted(
        operator=operator,
        login=login.lower(),
        name=login,
        rights=RIGHTS,
        wilayah=wilayah,
        valid_from=date(1970, 1, 1),
        valid_until=date(2099, 12, 31),
        activation=hashlib.sha256(operator).digest(),
        decree="SK 800/1/2026",
        supervisor=operator == RATNA,
    )


def _give(hub: Journal, office: Journal, node: bytes, *, takes_all: bool) -> None:
    """What the hub has for a node, as a perfect link brings it."""
    hub.seal()
    for row in hub.journals():
        if row.sealed_seq and (takes_all or row.audience in (COMMON, node)):
            office.introduce(row.certificate, row.lane, row.audience)
            for segment in hub.segments(row.id, 0):
                office.receive(segment)
