"""The papers of a simulated kabupaten: its two keys, its nodes, and what the hub says first.

Whatever the harness, a node is enrolled in the same way: its secret is drawn first, then
its id, then the nonce of its epoch. Seeds that are kept count on that order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import date

from nacl.signing import SigningKey

from perahu.journal.codec import Registry
from perahu.journal.journal import Journal
from perahu.journal.ports import Instant
from perahu.journal.types import COMMON, Draft
from perahu.keys.certificates import (
    Chain,
    IssuingCertificate,
    issue_kabupaten,
    issue_node,
    open_epoch,
)
from perahu.keys.facts import NodeEnrolled, OperatorGranted, PolicySet
from perahu.keys.vault import NodeKeys, keys_of, new_secret
from perahu.kinds import RIGHTS, Fact
from perahu.node.founding import certificate_for
from perahu.node.office import FACTS
from sim.chance import Dice

REGISTRY = Registry(FACTS)
"""What today's program can read."""
TODAY = date(2026, 11, 21)
THIS_YEAR = (date(2026, 1, 1), date(2026, 12, 31))
ALWAYS = (date(1970, 1, 1), date(2099, 12, 31))
"""For worlds whose clocks go wrong by decades."""
SARI, RATNA = b"sari\0\0\0\0", b"ratna\0\0\0"
"""The officer at Enggano, and the supervisor."""
_NOON_MS = 1_795_237_200_000


@dataclass
class SteadyClock:
    """Each look is a millisecond later."""

    wall_ms: int = _NOON_MS

    def now(self) -> Instant:
        """The instant."""
        self.wall_ms += 1
        return Instant(self.wall_ms, "rtc", TODAY)

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        return self.wall_ms / 1000


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One node before its book is open."""

    name: str
    keys: NodeKeys
    chain: Chain

    @property
    def node_id(self) -> bytes:
        """Its id."""
        return self.chain.node.node_id

    @property
    def certificate(self) -> bytes:
        """Its certificate as the hub states it."""
        return self.chain.papers.signed_node.encode()


class Issuing:
    """The root and the issuing key, under which every node stands."""

    def __init__(self, dice: Dice) -> None:
        root, self._key = SigningKey(dice(32)), SigningKey(dice(32))
        self.root_public = bytes(root.verify_key)
        public = bytes(self._key.verify_key)
        certificate = IssuingCertificate("1703", "Bengkulu Utara", public)
        self._signed = issue_kabupaten(root, certificate)

    def enrol(
        self, dice: Dice, name: str, role: str, *wilayah: str, node_id: bytes = b""
    ) -> Enrolled:
        """One node and its first epoch; its id is drawn unless it is given."""
        keys = keys_of(new_secret(dice))
        certificate = replace(
            certificate_for(keys, name, role, wilayah), node_id=node_id or dice(16)
        )
        papers = issue_node(self._key, self._signed, certificate)
        chain = open_epoch(keys, papers, epoch=1, nonce=dice(16))
        return Enrolled(name, keys, chain)


def grant(
    operator: bytes,
    name: str,
    *wilayah: str,
    valid: tuple[date, date] = THIS_YEAR,
) -> OperatorGranted:
    """Every right, for this year unless said otherwise."""
    return OperatorGranted(
        operator=operator,
        login=name.lower(),
        name=name,
        rights=RIGHTS,
        wilayah=wilayah,
        valid_from=valid[0],
        valid_until=valid[1],
        activation=hashlib.sha256(operator).digest(),
        decree="SK 800/1/2026",
        supervisor=operator == RATNA,
    )


def first_facts(
    nodes: Iterable[Enrolled], grants: Iterable[OperatorGranted]
) -> list[Draft]:
    """What a hub says to all: who there is, how they work, and who may do what."""
    facts: list[Fact] = [
        NodeEnrolled(certificate=one.certificate, name=one.name) for one in nodes
    ]
    facts += [PolicySet(policy="STORE_AND_FORWARD", decree="SK 1"), *grants]
    return [Draft(one, audience=COMMON) for one in facts]


def bring(
    hub: Journal, office: Journal, audiences: Container[bytes] | None = None
) -> None:
    """What the hub has sealed for these audiences (None: for all), as a perfect link would."""
    for row in hub.journals():
        if row.sealed_seq and (audiences is None or row.audience in audiences):
            office.introduce(row.certificate, row.lane, row.audience)
            for segment in hub.segments(row.id, 0):
                office.receive(segment)
