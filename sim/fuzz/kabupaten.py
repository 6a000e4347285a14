"""A kabupaten in memory for mutants: a hub, an office and a second one, with real keys.

The hub can be put back as it was before anything came, again and again: its folder is
copied. Everything but the sealed boxes of libsodium is drawn from the seed, and the keys
are; what was damaged yesterday can be read today.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from nacl.signing import SigningKey

import perahu.cards.facts
import perahu.cases.facts
import perahu.contacts.facts
import perahu.enrolment.facts
import perahu.keys.facts
import perahu.people.facts
import perahu.trips.facts
from perahu.journal.codec import Registry
from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Instant, Ports
from perahu.journal.types import COMMON, Ask, BlobRef, Draft
from perahu.keys import cbor
from perahu.keys.certificates import (
    IssuingCertificate,
    NodeCertificate,
    issue_kabupaten,
    issue_node,
    open_epoch,
)
from perahu.keys.facts import NodeEnrolled, OperatorGranted, PolicySet
from perahu.keys.vault import NodeKeys, keys_of, new_secret
from perahu.kinds import Fact
from perahu.node.disk import RealDisk
from perahu.node.lock import FileLock
from perahu.people.facts import ResidentCorrected
from perahu.sync.offer import Gives, Offer, Peer, Takes
from perahu.sync.passport import Passport
from sim.chance import Dice

FACTS = (
    perahu.keys.facts, perahu.people.facts, perahu.enrolment.facts, perahu.cards.facts,
    perahu.trips.facts, perahu.cases.facts, perahu.contacts.facts,
)  # fmt: skip
REGISTRY = Registry(FACTS)
TODAY = date(2026, 11, 21)
NOON_MS = 1_795_237_200_000
SARI = b"sari\0\0\0\0"
TO_HUB = Offer(Gives.OWN, Takes.OWN, acks_count=True)
TO_OFFICE = Offer(Gives.AUDIENCE, Takes.OWN)
_RIGHTS = ("intake", "record", "print", "hand_over", "stock", "verify", "sign", "audit")


@dataclass
class SteadyClock:
    """Each look is a millisecond later."""

    wall_ms: int = NOON_MS

    def now(self) -> Instant:
        """The instant."""
        self.wall_ms += 1
        return Instant(self.wall_ms, "rtc", TODAY)

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return self.wall_ms / 1000


@dataclass
class Member:
    """One node before its book is open."""

    name: str
    keys: NodeKeys
    secret: bytes
    folder: Path
    dice: Dice
    certificate: bytes = b""
    node_id: bytes = b""
    clock: SteadyClock = field(default_factory=SteadyClock)


class Kabupaten:
    """The nodes, their keys, and the hub's first facts."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.folder, self._dice = folder, Dice("fuzz", seed)
        self.root = SigningKey(self._dice(32))
        self._issuing = SigningKey(self._dice(32))
        self._signed = issue_kabupaten(
            self.root,
            IssuingCertificate(
                "1703", "Bengkulu Utara", bytes(self._issuing.verify_key)
            ),
        )
        self.members: dict[str, Member] = {}
        self._open: list[Journal] = []
        self._add("Hub", "kabupaten", "1703")
        self._add("Enggano", "kecamatan", "170301")
        self._add("Ketahun", "kecamatan", "170312")
        hub = self.open("Hub")
        self._found(hub)
        for name in ("Enggano", "Ketahun"):
            self._give(hub, name)
        self.close()

    @property
    def root_public(self) -> bytes:
        """Under what all papers stand."""
        return bytes(self.root.verify_key)

    def _add(self, name: str, role: str, wilayah: str) -> None:
        dice = Dice("fuzz", name, self._dice(4).hex())
        secret = new_secret(dice)
        keys = keys_of(secret)
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
                wilayah=(wilayah,),
                name=name,
            ),
        )
        chain = open_epoch(keys, papers, epoch=1, nonce=dice(16))
        (folder / "certificate").write_bytes(chain.encode())
        raw = cbor.encode({1: keys._seed, 2: keys.age_identity})
        member = Member(name, keys, raw, folder, dice)
        member.node_id, member.certificate = (
            chain.node.node_id,
            papers.signed_node.encode(),
        )
        self.members[name] = member

    def open(self, name: str) -> Journal:
        """Open a node's journal as a process of it would."""
        one = self.members[name]
        journal = Journal(
            Opening(
                folder=one.folder,
                keys=one.keys,
                root_public=self.root_public,
                registry=REGISTRY,
                ports=Ports(
                    clock=one.clock,
                    random=one.dice,
                    disk=RealDisk(),
                    lock=FileLock(one.folder / "writer.lock"),
                    flush_lock=FileLock(one.folder / "flush.lock"),
                    key_lock=FileLock(one.folder / "keyring.lock"),
                    thread=lambda: 0,
                ),
            )
        )
        self._open.append(journal)
        return journal

    def _found(self, hub: Journal) -> None:
        drafts = [
            Draft(NodeEnrolled(certificate=m.certificate, name=m.name), audience=COMMON)
            for m in self.members.values()
        ]
        policy = PolicySet(policy="STORE_AND_FORWARD", decree="SK 1")
        drafts += [Draft(one, audience=COMMON) for one in (policy, _grant())]
        with hub.writing() as book:
            book.append(Ask(self._dice(16), b"", SteadyClock().now()), drafts)

    def _give(self, hub: Journal, name: str) -> None:
        """What the hub says to all, as a perfect link would bring it."""
        office = self.open(name)
        hub.seal()
        for row in hub.journals():
            if row.audience == COMMON:
                office.introduce(row.certificate, row.lane, row.audience)
                for segment in hub.segments(row.id, 0):
                    office.receive(segment)
        office.catch_up()

    def state(
        self, journal: Journal, name: str, fact: Fact, blobs: tuple[BlobRef, ...] = ()
    ) -> None:
        """A fact that Sari states."""
        one = self.members[name]
        with journal.writing() as book:
            ask = Ask(one.dice(16), SARI, one.clock.now())
            book.append(ask, [Draft(fact, blobs)])

    def offer_for(self, peer: Passport) -> Offer | None:
        """What a caller is to the hub: one of its offices."""
        known = {one.node_id for one in self.members.values()}
        return TO_OFFICE if peer.node_id in known else None

    def keep(self, name: str) -> Callable[[], Journal]:
        """A way back to how a closed node is now; gives its journal, opened."""
        one = self.members[name]
        kept = self.folder / f"{name}-kept"
        shutil.copytree(one.folder, kept)

        def back() -> Journal:
            for journal in list(self._open):
                if journal.node_id == one.node_id:
                    journal.close()
                    self._open.remove(journal)
            shutil.rmtree(one.folder)
            shutil.copytree(kept, one.folder)
            return self.open(name)

        return back

    def close(self) -> None:
        """Close every journal."""
        for journal in self._open:
            journal.close()
        self._open.clear()


def peer_of(journal: Journal) -> Peer:
    """A node as others call it."""
    node = journal.certificate
    return Peer(node.node_id, node.box_public, node.name)


def corrected(number: int) -> ResidentCorrected:
    """A small civil fact."""
    person = hashlib.sha256(number.to_bytes(4, "big")).digest()[:12]
    changes = (("pekerjaan", "3", str(number % 80), "surat desa"),)
    return ResidentCorrected(person=person, changes=changes, wilayah="170301")


def _grant() -> OperatorGranted:
    return OperatorGranted(
        operator=SARI,
        login="sari",
        name="Sari",
        rights=_RIGHTS,
        wilayah=("170301",),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        activation=hashlib.sha256(SARI).digest(),
        decree="SK 800/1/2026",
        supervisor=False,
    )
