"""The machines of a pair story.

A `Machine` is one node's process on its
SimDisk: opened as a real one is, dead when its power goes, and opened again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import perahu.cards.facts
import perahu.keys.facts
import perahu.people.facts
from perahu.journal.codec import Registry
from perahu.journal.journal import CLONE, Journal, Opening
from perahu.journal.ports import Instant, Ports
from perahu.journal.types import Ask, Event
from perahu.keys.vault import NodeKeys
from perahu.sync.offer import ForkEvidence, Peer
from perahu.sync.session import Side
from sim import newer
from sim.chance import Dice
from sim.disk import Image, SimDisk
from sim.vfs import SimDriver

HUB, ENGGANO, KETAHUN = "Hub", "Enggano", "Ketahun"
CAST = (
    (HUB, "kabupaten", "1703"),
    (ENGGANO, "kecamatan", "170301"),
    (KETAHUN, "kecamatan", "170312"),
)
FOLDER, STICK, MIRROR = Path("/node"), Path("/stick"), Path("/cermin")
_MODULES: tuple[ModuleType, ...] = (
    perahu.keys.facts,
    perahu.people.facts,
    perahu.cards.facts,
)
_START_MS = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)


TODAY = Registry(_MODULES)
TOMORROW = Registry((*_MODULES, newer))
"""What today's program can read, and an updated one."""


@dataclass(slots=True)
class HandClock:
    """A clock that the story moves; each look is a second later."""

    wall_ms: int = _START_MS
    timer_s: float = 0.0

    def now(self) -> Instant:
        """The wall time, right or wrong."""
        self.wall_ms += 1000
        return Instant(self.wall_ms, "rtc", date(2026, 1, 5))

    def monotonic_s(self) -> float:
        """Seconds that never go back."""
        self.timer_s += 0.001
        return self.timer_s


class Rows:
    """Read tables that stand beside the book and are not flushed with it."""

    def __init__(self) -> None:
        self.rows: dict[tuple[bytes, int], bytes] = {}
        self._position = 0

    def position(self) -> int:
        """How far they repeat the book."""
        return self._position

    def belong_to(self, book: bytes) -> None:
        """One book only."""

    def rebuild(self) -> None:
        """Begin anew."""
        self.rows, self._position = {}, 0

    def apply(
        self, events: Sequence[Event], position: int
    ) -> Sequence[tuple[Event, str]]:
        """One row for each fact."""
        self.rows |= rows_of(events)
        self._position = max(self._position, position)
        return ()


def rows_of(events: Sequence[Event]) -> dict[tuple[bytes, int], bytes]:
    """What the tables say of these facts."""
    return {(event.journal, event.seq): event.h for event in events}


@dataclass(frozen=True, slots=True)
class Papers:
    """Who a node is, whatever machine it runs on."""

    name: str
    keys: NodeKeys
    node_id: bytes
    root: bytes
    image: Image
    rows: dict[tuple[bytes, int], bytes]
    position: int


def officer_of(name: str) -> bytes:
    """The operator at a node."""
    return name.lower().encode().ljust(8, b"\0")


class Machine:
    """One node's process and its disk."""

    def __init__(
        self, papers: Papers, seed: object, disk: SimDisk | None = None
    ) -> None:
        self.papers, self.name = papers, papers.name
        self.dice = Dice(seed, papers.name)
        self.clock = HandClock()
        self.evidence: list[ForkEvidence] = []
        self.registry = TODAY
        self.has_mirror = False
        self.rows = Rows()
        self.rows.rows, self.rows._position = dict(papers.rows), papers.position
        self.disk = disk or SimDisk()
        if disk is None:
            self.disk.restore(papers.image)
        self.open()

    def open(self) -> Journal:
        """Start the process from what stands on the disk."""
        for folder in (STICK, FOLDER):
            self.disk.make_folder(folder)
        ports = Ports(
            clock=self.clock, random=self.dice, disk=self.disk, lock=nullcontext,
            flush_lock=nullcontext, key_lock=nullcontext, thread=lambda: 0,
        )  # fmt: skip
        self.journal = Journal(
            Opening(
                folder=FOLDER,
                keys=self.papers.keys,
                root_public=self.papers.root,
                registry=self.registry,
                ports=ports,
                mirror=MIRROR,
                tables=self.rows,
                driver=SimDriver(self.disk),
            )
        )
        return self.journal

    @property
    def node_id(self) -> bytes:
        """Its id."""
        return self.papers.node_id

    @property
    def peer(self) -> Peer:
        """As others call it."""
        node = self.journal.certificate
        return Peer(node.node_id, node.box_public, node.name)

    def side(self) -> Side:
        """For a session."""
        kinds = {c.KIND.type: c.KIND.version for c in self.registry.kinds()}
        return Side(self.journal, self.evidence.append, kinds)

    def ask(self, officer: bytes = b"", op_id: bytes = b"") -> Ask:
        """An ask of this moment."""
        return Ask(op_id or self.dice(16), officer, self.clock.now())

    def settle(self) -> list[ForkEvidence]:
        """What a node does about evidence against itself (perahu.node.road)."""
        found, self.evidence = self.evidence, []
        for seen in found:
            if seen.node != self.node_id:
                continue
            if seen.kind in ("further", "different"):
                self.journal.begin_epoch()
            else:
                self.journal.halt(CLONE)
        return found
