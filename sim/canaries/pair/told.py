"""What the outside world remembers of a pair story: receipts, files, what was heard."""

from __future__ import annotations

from dataclasses import dataclass, field

from perahu.journal.types import BlobRef, Level, Receipt
from sim.canaries.pair.machines import ENGGANO, HUB, Machine
from sim.canaries.pair.road import File
from sim.chance import Chance


class Broken(Exception):
    """Something that must hold does not."""


def hold(holds: object, words: str) -> None:
    """Raises Broken where it does not hold."""
    if not holds:
        raise Broken(words)


@dataclass(slots=True)
class Held:
    """A receipt in somebody's hand."""

    name: str
    receipt: Receipt
    epoch: int
    subject: bytes
    blobs: tuple[BlobRef, ...]
    audience: bytes
    level: Level = Level.RECORDED


@dataclass(slots=True)
class Story:
    """The three machines, and what the outside world remembers of them."""

    seed: int
    chance: Chance
    machines: dict[str, Machine]
    kinds: tuple[str, ...] = ()
    held: list[Held] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    """What callers said, as somebody on the road kept it."""
    places: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    acked: dict[str, dict[bytes, int]] = field(default_factory=dict)
    erased: list[bytes] = field(default_factory=list)
    is_copied: bool = False
    """Enggano's disk was an old copy, or there were two of it: epochs may change."""
    is_unseen_copy: bool = False
    """And nothing at the office itself could show it."""
    is_revoked: bool = False
    told: list[str] = field(default_factory=list)

    @property
    def hub(self) -> Machine:
        """The hub."""
        return self.machines[HUB]

    @property
    def office(self) -> Machine:
        """The office that everything happens to."""
        return self.machines[ENGGANO]

    def kept(self, name: str) -> list[Held]:
        """The receipts of one node."""
        return [one for one in self.held if one.name == name]
