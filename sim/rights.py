"""Where each print right really lies, apart from every book: at one office, or on its way.

Whenever a right was sent or taken, everybody else tries to print that card at once, as
somebody at a desk would who did not hear of it; nobody may. Whoever forgot what it did
(an old disk, a clone) is asked nothing: its books know no better, and neither do we.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from perahu.devices.printer_ports import PRINTED, CardJob, PrinterState, PrintOutcome
from perahu.journal.types import Ask
from perahu.words import Refusal, Words
from sim.checkers import Broken
from sim.gaps import is_of_a_clone
from sim.node import Node
from sim.printer import print_one_card

if TYPE_CHECKING:
    from sim.world import World

ON_ITS_WAY = b""


class ReadyPrinter:
    """A printer that would print anything, and remembers that it was asked to."""

    def __init__(self) -> None:
        self.was_asked = False

    def state(self) -> PrinterState:
        """It has all it needs."""
        return PrinterState(True, 50, 50, (), Words("siap", "ready"))

    def print(self, job: CardJob) -> PrintOutcome:
        """Here is the second card."""
        self.was_asked = True
        return PrintOutcome(PRINTED, "completed")


class Rights:
    """The moves of all print rights of one world."""

    def __init__(self, world: World) -> None:
        self.world, self._dice = world, world.chance("rights")
        self._holder: dict[bytes, bytes] = {}
        """Of orders whose right has moved: the office where it lies."""
        self._unknown: set[bytes] = set()
        """Orders that somebody moved who had forgotten something."""
        self.tries = 0

    def sent(self, node: Node, order: bytes) -> None:
        """The right has left this office."""
        self._moved(node, order, ON_ITS_WAY)

    def taken(self, node: Node, order: bytes) -> None:
        """The right has come to this office."""
        self._moved(node, order, node.node_id)

    def _moved(self, node: Node, order: bytes, holder: bytes) -> None:
        if not self._remembers(node):
            self._unknown.add(order)
        if order in self._unknown:
            self._holder.pop(order, None)
            return
        self._holder[order] = holder
        for other in self.world.offices:
            if other.node_id != holder and self._remembers(other):
                self._tries(other, order)

    def _remembers(self, node: Node) -> bool:
        """Whether this machine knows all that was ever done on it."""
        return (
            node.is_open
            and not node.is_lost
            and not is_of_a_clone(self.world, node)
            and node.is_old_since_s == float("inf")
            and node.journal.epoch == 1
        )

    def _tries(self, node: Node, order: bytes) -> None:
        self.tries += 1
        printer, officer = ReadyPrinter(), node.papers.officer
        with node.at_work() as journal:
            ask = Ask(self._dice.randbytes(16), officer, node.office.now())
            with suppress(Refusal):
                print_one_card(node, journal, ask, printer, order)
        self.prints(node, order, is_asked=printer.was_asked)

    def prints(self, node: Node, order: bytes, *, is_asked: bool = True) -> None:
        """A printer was asked for this card. Raises Broken where the right is elsewhere."""
        holder = self._holder.get(order, node.node_id)
        if is_asked and holder != node.node_id and self._remembers(node):
            where = "on its way" if holder == ON_ITS_WAY else f"at {holder.hex()[:8]}"
            words = f"{node.name} prints {order.hex()[:8]}, and its right is {where}"
            raise Broken("rights", words)
