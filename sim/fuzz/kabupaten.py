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
from pathlib import Path

from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Ports
from perahu.journal.types import COMMON, Ask, BlobRef, Draft
from perahu.kinds import Fact
from perahu.node.disk import RealDisk
from perahu.node.lock import FileLock
from perahu.people.facts import ResidentCorrected
from perahu.sync.offer import Gives, Offer, Peer, Takes
from perahu.sync.passport import Passport
from sim.chance import Dice
from sim.papers import (
    REGISTRY,
    SARI,
    Enrolled,
    Issuing,
    SteadyClock,
    bring,
    first_facts,
    grant,
)

TO_HUB = Offer(Gives.OWN, Takes.OWN, acks_count=True)
TO_OFFICE = Offer(Gives.AUDIENCE, Takes.OWN)


@dataclass
class Member:
    """One node before its book is open."""

    papers: Enrolled
    folder: Path
    dice: Dice
    clock: SteadyClock = field(default_factory=SteadyClock)


class Kabupaten:
    """The nodes, their keys, and the hub's first facts."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.folder, self._dice = folder, Dice("fuzz", seed)
        self._issuing = Issuing(self._dice)
        self.root_public = self._issuing.root_public
        """Under what all papers stand."""
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

    def _add(self, name: str, role: str, wilayah: str) -> None:
        dice = Dice("fuzz", name, self._dice(4).hex())
        folder = self.folder / name
        folder.mkdir(parents=True)
        papers = self._issuing.enrol(dice, name, role, wilayah)
        (folder / "certificate").write_bytes(papers.chain.encode())
        self.members[name] = Member(papers, folder, dice)

    def open(self, name: str) -> Journal:
        """Open a node's journal as a process of it would."""
        one = self.members[name]
        journal = Journal(
            Opening(
                folder=one.folder,
                keys=one.papers.keys,
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
        nodes = [one.papers for one in self.members.values()]
        drafts = first_facts(nodes, [grant(SARI, "Sari", "170301")])
        with hub.writing() as book:
            book.append(Ask(self._dice(16), b"", SteadyClock().now()), drafts)

    def _give(self, hub: Journal, name: str) -> None:
        """What the hub says to all, as a perfect link would bring it."""
        office = self.open(name)
        hub.seal()
        bring(hub, office, (COMMON,))
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
        known = {one.papers.node_id for one in self.members.values()}
        return TO_OFFICE if peer.node_id in known else None

    def keep(self, name: str) -> Callable[[], Journal]:
        """A way back to how a closed node is now; gives its journal, opened."""
        one = self.members[name]
        kept = self.folder / f"{name}-kept"
        shutil.copytree(one.folder, kept)

        def back() -> Journal:
            for journal in list(self._open):
                if journal.node_id == one.papers.node_id:
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
