"""The cast every test uses: one kabupaten's nodes with real keys, files and books.

*Hub* (kabupaten), *Enggano* and *Ketahun* (kecamatan), *Kapal* (field), *Provinsi* (second
site); *Sari* operates at Enggano, *Made* elsewhere and must be refused, *Ratna* supervises,
*Tono*'s laptop was stolen.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType

from nacl.signing import SigningKey

import perahu.cards.facts
import perahu.cases.facts
import perahu.contacts.facts
import perahu.enrolment.facts
import perahu.keys.facts
import perahu.people.facts
import perahu.trips.facts
from perahu.cards.facts import StockReceived
from perahu.journal.codec import Registry
from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Instant, Ports
from perahu.journal.types import COMMON, Ask, Draft, Tables
from perahu.keys.certificates import (
    IssuingCertificate,
    NodeCertificate,
    issue_kabupaten,
    issue_node,
    open_epoch,
)
from perahu.keys.facts import NodeEnrolled, OperatorGranted, PolicySet
from perahu.keys.vault import NodeKeys, keys_of, new_secret
from perahu.node.disk import RealDisk
from perahu.node.lock import FileLock
from perahu.people.facts import ResidentCorrected

FACT_MODULES: tuple[ModuleType, ...] = (
    perahu.keys.facts,
    perahu.people.facts,
    perahu.enrolment.facts,
    perahu.cards.facts,
    perahu.trips.facts,
    perahu.cases.facts,
    perahu.contacts.facts,
)
TODAY = date(2026, 11, 21)
NOON_MS = 1_795_237_200_000


class Dice:
    """Seeded bytes: every world with one seed is the same world."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed.encode(), itertools.count()

    def __call__(self, size: int) -> bytes:
        """`size` bytes that look random."""
        label = self._seed + next(self._count).to_bytes(8, "big")
        return hashlib.shake_256(label).digest(size)


@dataclass
class HandClock:
    """A clock a test moves by hand."""

    wall_ms: int = NOON_MS
    today: date = TODAY
    quality: str = "rtc"

    def now(self) -> Instant:
        """The instant; each look is a millisecond later."""
        self.wall_ms += 1
        return Instant(self.wall_ms, self.quality, self.today)

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return self.wall_ms / 1000


@dataclass
class Member:
    """One node of the cast before its book is open."""

    name: str
    role: str
    wilayah: tuple[str, ...]
    keys: NodeKeys
    node_id: bytes
    folder: Path
    dice: Dice
    clock: HandClock = field(default_factory=HandClock)
    certificate: bytes = b""
    mirror: Path | None = None
    book_url: str | None = None
    disk: RealDisk = field(default_factory=RealDisk)
    thread: Callable[[], int] = lambda: 0
    """A test with threads gives `threading.get_ident`."""


SARI = b"sari\0\0\0\0"
MADE = b"made\0\0\0\0"
RATNA = b"ratna\0\0\0"
BUDI = b"budi-person\0"
_ALL = (
    "intake", "record", "print", "hand_over", "stock", "verify", "sign", "audit",
)  # fmt: skip


CAST = (
    ("Hub", "kabupaten", "1703"),
    ("Enggano", "kecamatan", "170301"),
    ("Ketahun", "kecamatan", "170312"),
    ("Kapal", "field", "1703"),
    ("Provinsi", "provinsi", "17"),
)
"""Name, role and wilayah of every node of the cast."""


class District:
    """Bengkulu Utara in a folder: its keys, its nodes, and the hub's first facts.

    A story that happened elsewhere brings its own kabupaten and nodes.
    """

    def __init__(
        self,
        folder: Path,
        seed: str = "1",
        *,
        kabupaten: tuple[str, str] = ("1703", "Bengkulu Utara"),
        nodes: Sequence[tuple[str, str, str]] = CAST,
    ) -> None:
        self.folder, self.dice = folder, Dice(f"district-{seed}")
        self.root = SigningKey(self.dice(32))
        issuing = SigningKey(self.dice(32))
        self._issuing = issuing
        public = bytes(issuing.verify_key)
        self._signed = issue_kabupaten(
            self.root, IssuingCertificate(*kabupaten, public)
        )
        self.members: dict[str, Member] = {}
        self.journals: list[Journal] = []
        self.registry = Registry(FACT_MODULES)
        for name, role, wilayah in nodes:
            self.add(name, role, wilayah)

    def add(self, name: str, role: str, *wilayah: str) -> Member:
        """Enrol one more node."""
        dice = Dice(f"{name}-{self.dice(4).hex()}")
        keys = keys_of(new_secret(dice))
        folder = self.folder / name
        folder.mkdir(parents=True)
        papers = issue_node(
            self._issuing,
            self._signed,
            NodeCertificate(
                node_id=dice(16),
                sign_public=bytes(keys.sign_key.verify_key),
                box_public=bytes(keys.box_key.public_key),
                age_recipient=keys.age_recipient,
                role=role,
                wilayah=wilayah,
                name=name,
            ),
        )
        chain = open_epoch(keys, papers, epoch=1, nonce=dice(16))
        (folder / "certificate").write_bytes(chain.encode())
        member = Member(name, role, wilayah, keys, chain.node.node_id, folder, dice)
        member.certificate = papers.signed_node.encode()
        self.members[name] = member
        return member

    def open(
        self, name: str, tables: Tables | None = None, **changes: object
    ) -> Journal:
        """Open a node's journal as a process of that node would."""
        member = dataclasses.replace(self.members[name], **changes)  # type: ignore[arg-type]
        journal = Journal(
            Opening(
                folder=member.folder,
                keys=member.keys,
                root_public=bytes(self.root.verify_key),
                registry=self.registry,
                ports=Ports(
                    clock=member.clock,
                    random=member.dice,
                    disk=member.disk,
                    lock=FileLock(member.folder / "writer.lock"),
                    flush_lock=FileLock(member.folder / "flush.lock"),
                    key_lock=FileLock(member.folder / "keyring.lock"),
                    thread=member.thread,
                ),
                book_url=member.book_url,
                mirror=member.mirror,
                tables=tables,
            )
        )
        self.journals.append(journal)
        return journal

    def ask(self, name: str = "Hub", officer: bytes = b"") -> Ask:
        """An ask at a node, under a fresh id."""
        member = self.members[name]
        return Ask(member.dice(16), officer, member.clock.now())

    def found(self, hub: Journal) -> None:
        """The hub's first facts: nodes, policy, and what Sari, Made and Ratna may do."""
        facts: list[Draft] = [
            Draft(NodeEnrolled(certificate=m.certificate, name=m.name), audience=COMMON)
            for m in self.members.values()
        ]
        facts.append(
            Draft(PolicySet(policy="STORE_AND_FORWARD", decree="SK 1"), audience=COMMON)
        )
        for operator, login, wilayah in (
            (SARI, "sari", "170301"),
            (MADE, "made", "170312"),
            (RATNA, "ratna", "1703"),
        ):
            facts.append(Draft(grant(operator, login, wilayah), audience=COMMON))
        with hub.writing() as book:
            book.append(self.ask(), facts)

    def close(self) -> None:
        """Close every journal that a test opened."""
        for journal in self.journals:
            journal.close()


def grant(
    operator: bytes, login: str, wilayah: str, rights: tuple[str, ...] = _ALL
) -> OperatorGranted:
    """A grant for this year, with every right unless said otherwise."""
    return OperatorGranted(
        operator=operator,
        login=login,
        name=login.title(),
        rights=rights,
        wilayah=(wilayah,),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        activation=hashlib.sha256(operator).digest(),
        decree="SK 800/1/2026",
        supervisor=operator == RATNA,
    )


def carry(
    source: Journal, target: Journal, *, audience: Callable[[bytes], bool]
) -> int:
    """Bring every sealed segment of the journals chosen, as a perfect link would."""
    source.seal()
    count = 0
    for row in source.journals():
        if audience(row.audience) and row.sealed_seq:
            target.introduce(row.certificate, row.lane, row.audience)
            here = target.journal(row.id)
            assert here is not None
            for segment in source.segments(row.id, here.head_seq):
                target.receive(segment)
                count += 1
    target.catch_up()
    return count


def with_hub(district: District, name: str = "Enggano") -> tuple[Journal, Journal]:
    """The hub with its first facts, and an office that knows them."""
    hub, office = district.open("Hub"), district.open(name)
    district.found(hub)
    give(hub, office)
    return hub, office


def give(hub: Journal, office: Journal) -> int:
    """Bring what the hub has for an office."""
    return carry(hub, office, audience=lambda a: a in (COMMON, office.node_id))


def corrected(*, subject: bytes = BUDI) -> ResidentCorrected:
    """A small civil fact about Budi, at Enggano."""
    changes = (("pekerjaan", "3", "11", "surat desa"),)
    return ResidentCorrected(person=subject, changes=changes, wilayah="170301")


def stocked(count: int = 100) -> StockReceived:
    """A small control fact: blanko came."""
    return StockReceived(
        item="blanko", count=count, source="TERIMA_PUSAT", document="BA"
    )
