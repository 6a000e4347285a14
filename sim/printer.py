"""A card printer of the simulated world, and the drawer of blanko beside it.

What it says and what it did are two things: after an uncertain print the card may be good,
spoiled, or never have been taken. Only a person who looks (`Drawer.printed`) knows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perahu.cards import actions as cards
from perahu.cards.facts import PrintIntended
from perahu.devices.printer_ports import (
    GAGAL_CETAK,
    NEVER_BEGAN,
    PRINTED,
    SPOILED,
    UNCERTAIN,
    CardJob,
    CardPrinter,
    PrinterState,
    PrintOutcome,
)
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Event, Receipt
from perahu.words import Words
from sim.node import Node

if TYPE_CHECKING:
    from sim.world import World

_EVENTS_MAX = 100_000


@dataclass(slots=True)
class Drawer:
    """What really lies at an office, and what its printer really did."""

    blanko: int = 0
    printed: dict[str, str] = field(default_factory=dict)
    """Job name to printed or spoiled."""
    intents: dict[str, Event] = field(default_factory=dict)
    """Job name to what the book said when the job began."""
    good: Counter[str] = field(default_factory=Counter)
    """Order to the good cards that left the printer."""


class SimPrinter:
    """The port of a card printer at one node."""

    def __init__(self, world: World, node: Node, drawer: Drawer) -> None:
        self._world, self._node, self._drawer = world, node, drawer
        self.jobs: list[str] = []
        self.was_printed = False

    def state(self) -> PrinterState:
        """Not ready where it is off or its hopper is empty."""
        off = self._world.trouble.happens("printer_off", self._node)
        ready = not off and self._drawer.blanko > 0
        words = Words("siap", "ready") if ready else Words("mati", "off")
        return PrinterState(ready, self._drawer.blanko, 50, (), words)

    def print(self, job: CardJob) -> PrintOutcome:
        """One card, and what became of it."""
        trouble, node, drawer = self._world.trouble, self._node, self._drawer
        if drawer.printed.pop(job.name, ""):
            # Nobody who knows of the first: an old copy of the book numbers it anew.
            assert self._is_forgotten(job), "a job is never printed twice"
        if intent := self._intent(job):
            drawer.intents[job.name] = intent
        order = bytes.fromhex(job.name.partition("-")[0])
        self._world.rights.prints(node, order)
        self.jobs.append(job.name)
        if trouble.happens("print_never", node):
            return PrintOutcome(NEVER_BEGAN, "job-canceled")
        if trouble.happens("print_jam", node):
            self._takes(job, SPOILED)
            return PrintOutcome(SPOILED, "media-jam", GAGAL_CETAK)
        if trouble.happens("print_unknown", node):
            if trouble.chance.hits(0.5):
                self._takes(job, trouble.chance.choice((PRINTED, SPOILED)))
            return PrintOutcome(UNCERTAIN, "link lost")
        if trouble.happens("print_death", node):
            if trouble.chance.hits(0.5):
                self._takes(job, PRINTED)
            node.mortal.dies_at = node.mortal.calls
            node.mortal.breathe()
        self._takes(job, PRINTED)
        self.was_printed = True
        return PrintOutcome(PRINTED, "completed")

    def _is_forgotten(self, job: CardJob) -> bool:
        """Whether the book here holds no more what it said when this job first began."""
        first = self._drawer.intents.get(job.name)
        if first is None:
            return False
        return self._node.journal.hash_at(first.journal, first.seq) != first.h

    def _intent(self, job: CardJob) -> Event | None:
        """What the book says of this job; the last, where an old copy said it again."""
        journal = self._node.journal
        found = [
            event
            for event in journal.events(0, _EVENTS_MAX)
            if isinstance(event.fact, PrintIntended) and event.node == journal.node_id
            if f"{event.fact.order.hex()}-{event.fact.attempt}" == job.name
        ]
        return found[-1] if found else None

    def _takes(self, job: CardJob, end: str) -> None:
        self._drawer.blanko -= 1
        self._drawer.printed[job.name] = end
        if end == PRINTED:
            self._drawer.good[job.name.partition("-")[0]] += 1


def print_one_card(
    node: Node, journal: Journal, ask: Ask, printer: CardPrinter, order: bytes
) -> Receipt:
    """What a desk does who prints. Raises Refusal."""
    return cards.print_card(
        journal, ask, printer, order=order, open_blob=node.open_blob, draw=_draw
    ).receipt


def _draw(face: object, *, photo: bytes, signature: bytes) -> bytes:
    """The picture of a card, as small as it can be: drawing is not what is proven here."""
    assert face and photo
    return b"\x89PNG card"
