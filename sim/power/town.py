"""A hub and an office with real keys, on disks in memory, and the one way to open them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from nacl.signing import SigningKey

import perahu.cards.facts
import perahu.enrolment.facts
import perahu.keys.facts
import perahu.people.facts
from perahu.journal.codec import Registry
from perahu.journal.databases import Driver
from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Instant, Ports
from perahu.journal.types import Tables
from perahu.keys.certificates import (
    IssuingCertificate,
    NodeCertificate,
    issue_kabupaten,
    issue_node,
    open_epoch,
)
from perahu.keys.facts import OperatorGranted
from perahu.keys.vault import NodeKeys, keys_of, new_secret
from perahu.kinds import RIGHTS
from sim.chance import Dice
from sim.disk import SimDisk

TODAY = date(2026, 11, 21)
MIRROR, STICK = Path("/mirror"), Path("/stick")
HUB, OFFICE = "Hub", "Enggano"
SARI, RATNA = b"sari\0\0\0\0", b"ratna\0\0\0"
_NOON_MS = 1_795_237_200_000
_REGISTRY = Registry(
    (
        perahu.keys.facts,
        perahu.people.facts,
        perahu.enrolment.facts,
        perahu.cards.facts,
    )
)


@dataclass
class Clock:
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
class Machine:
    """One node before its book is open."""

    name: str
    role: str
    secret: bytes
    keys: NodeKeys
    node_id: bytes
    enrolled: bytes
    """Its certificate as the hub states it."""
    certificate: bytes

    @property
    def folder(self) -> Path:
        """Where its files lie, on its own disk."""
        return Path(f"/{self.name.lower()}")

    def blank_disk(self) -> SimDisk:
        """A machine that was set up and never started."""
        disk = SimDisk()
        disk.put(self.folder / "certificate", self.certificate)
        return disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """How a machine is opened: what stands beside its disk."""

    seed: str
    mirrored: bool = False
    tables: Tables | None = None
    driver: Callable[[SimDisk], Driver]
    clock: Clock = field(default_factory=Clock)


class Town:
    """Who there is."""

    def __init__(self) -> None:
        dice = Dice("town")
        root, issuing = SigningKey(dice(32)), SigningKey(dice(32))
        self.root_public = bytes(root.verify_key)
        certificate = IssuingCertificate(
            "1703", "Bengkulu Utara", bytes(issuing.verify_key)
        )
        signed = issue_kabupaten(root, certificate)
        self.machines: dict[str, Machine] = {}
        for name, role, wilayah in (
            (HUB, "kabupaten", "1703"),
            (OFFICE, "kecamatan", "170301"),
        ):
            secret = new_secret(dice)
            keys = keys_of(secret)
            papers = issue_node(
                issuing,
                signed,
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
            self.machines[name] = Machine(
                name,
                role,
                secret,
                keys,
                chain.node.node_id,
                papers.signed_node.encode(),
                chain.encode(),
            )

    def open(self, name: str, disk: SimDisk, seat: Seat) -> Journal:
        """Start the node on a disk."""
        machine = self.machines[name]
        return Journal(
            Opening(
                folder=machine.folder,
                keys=machine.keys,
                root_public=self.root_public,
                registry=_REGISTRY,
                ports=Ports(
                    clock=seat.clock,
                    random=Dice(f"{name}-{seat.seed}"),
                    disk=disk,
                    lock=nullcontext,
                    flush_lock=nullcontext,
                    key_lock=nullcontext,
                    thread=lambda: 0,
                ),
                mirror=MIRROR if seat.mirrored else None,
                tables=seat.tables,
                driver=seat.driver(disk),
            )
        )


def grant(operator: bytes, login: str, wilayah: str) -> OperatorGranted:
    """Every right, for this year."""
    return OperatorGranted(
        operator=operator,
        login=login,
        name=login.title(),
        rights=tuple(sorted(RIGHTS)),
        wilayah=(wilayah,),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31),
        activation=hashlib.sha256(operator).digest(),
        decree="SK 800/1/2026",
        supervisor=operator == RATNA,
    )
