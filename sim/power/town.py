"""A hub and an office with real keys, on disks in memory, and the one way to open them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from perahu.journal.databases import Driver
from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Ports
from perahu.journal.types import Tables
from sim.chance import Dice
from sim.disk import SimDisk
from sim.papers import REGISTRY, Enrolled, Issuing, SteadyClock

MIRROR, STICK = Path("/mirror"), Path("/stick")
HUB, OFFICE = "Hub", "Enggano"


@dataclass(frozen=True, slots=True)
class Machine:
    """One node before its book is open."""

    papers: Enrolled

    @property
    def folder(self) -> Path:
        """Where its files lie, on its own disk."""
        return Path(f"/{self.papers.name.lower()}")

    def blank_disk(self) -> SimDisk:
        """A machine that was set up and never started."""
        disk = SimDisk()
        disk.put(self.folder / "certificate", self.papers.chain.encode())
        return disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """How a machine is opened: what stands beside its disk."""

    seed: str
    mirrored: bool = False
    tables: Tables | None = None
    driver: Callable[[SimDisk], Driver]
    clock: SteadyClock = field(default_factory=SteadyClock)


class Town:
    """Who there is."""

    def __init__(self) -> None:
        dice = Dice("town")
        issuing = Issuing(dice)
        self.root_public = issuing.root_public
        hub = issuing.enrol(dice, HUB, "kabupaten", "1703")
        office = issuing.enrol(dice, OFFICE, "kecamatan", "170301")
        self.machines = {one.name: Machine(one) for one in (hub, office)}

    def open(self, name: str, disk: SimDisk, seat: Seat) -> Journal:
        """Start the node on a disk."""
        machine = self.machines[name]
        return Journal(
            Opening(
                folder=machine.folder,
                keys=machine.papers.keys,
                root_public=self.root_public,
                registry=REGISTRY,
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
