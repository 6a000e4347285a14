"""The three nodes of a pair story, founded once: keys, certificates, first facts.

Every story begins from a copy of these disks.
"""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date
from functools import cache

from nacl.signing import SigningKey

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
from sim.canaries.pair.machines import CAST, FOLDER, Machine, Papers, officer_of
from sim.canaries.pair.road import meet
from sim.chance import Dice
from sim.disk import SimDisk


class _Founding:
    """The keys under which all three stand."""

    def __init__(self) -> None:
        self.dice, self.certificates = Dice("pair"), list[bytes]()
        self.root, self.issuing = SigningKey(self.dice(32)), SigningKey(self.dice(32))
        public = bytes(self.issuing.verify_key)
        certificate = IssuingCertificate("1703", "Bengkulu Utara", public)
        self.signed = issue_kabupaten(self.root, certificate)

    def enrol(self, name: str, role: str, wilayah: str) -> Papers:
        """One node, with nothing but its certificate."""
        keys, node_id = keys_of(new_secret(self.dice)), self.dice(16)
        certificate = NodeCertificate(
            node_id=node_id,
            sign_public=bytes(keys.sign_key.verify_key),
            box_public=bytes(keys.box_key.public_key),
            age_recipient=keys.age_recipient,
            role=role,
            wilayah=(wilayah,),
            name=name,
        )
        papers = issue_node(self.issuing, self.signed, certificate)
        self.certificates.append(papers.signed_node.encode())
        disk = SimDisk()
        chain = open_epoch(keys, papers, epoch=1, nonce=self.dice(16))
        disk.put(FOLDER / "certificate", chain.encode())
        root = bytes(self.root.verify_key)
        return Papers(name, keys, node_id, root, disk.snapshot(), {}, 0)


@cache
def founded() -> tuple[Papers, ...]:
    """All three, with the hub's first facts known everywhere; they have met once."""
    founding = _Founding()
    made = [Machine(founding.enrol(*one), "founding") for one in CAST]
    hub, facts = made[0], list[Draft]()
    for raw, (name, _, wilayah) in zip(founding.certificates, CAST, strict=True):
        facts.append(Draft(NodeEnrolled(certificate=raw, name=name), audience=COMMON))
        facts.append(Draft(_grant(name, wilayah), audience=COMMON))
    policy = PolicySet(policy="STORE_AND_FORWARD", decree="SK 1")
    facts.append(Draft(policy, audience=COMMON))
    with hub.journal.writing() as book:
        book.append(hub.ask(), facts)
    hub.journal.seal()
    for office in made[1:]:
        for row in hub.journal.journals():
            office.journal.introduce(row.certificate, row.lane, row.audience)
            for segment in hub.journal.segments(row.id, 0):
                office.journal.receive(segment)
        office.journal.catch_up()
        meet(office, hub)
    return tuple(_kept(one) for one in made)


def _kept(one: Machine) -> Papers:
    one.journal.close()
    return dataclasses.replace(
        one.papers,
        image=one.disk.snapshot(),
        rows=one.rows.rows,
        position=one.rows.position(),
    )


def _grant(name: str, wilayah: str) -> OperatorGranted:
    return OperatorGranted(
        operator=officer_of(name),
        login=name.lower(),
        name=name,
        rights=RIGHTS,
        wilayah=(wilayah,),
        valid_from=date(1970, 1, 1),
        valid_until=date(2099, 12, 31),
        activation=hashlib.sha256(name.encode()).digest(),
        decree="SK 800/1/2026",
    )
