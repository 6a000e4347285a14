"""What the pages of printing and hand-over need of node: a printer, a run, a finger.

`office.parts["printing"]` is a `Printing`, `office.parts["handing_over"]` a `HandingOver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from perahu.devices.printer_ports import PrinterState
from perahu.journal.types import Ask
from perahu.words import Words

WAITING, AT_PRINTER, REFUSED, LEFT = "waiting", "at_printer", "refused", "left"
"""Of a card in a run, beside the four outcomes of a print: its turn has not come; it is
being printed; a rule said no; the run ended before its turn."""
FRONT, BACK = "depan", "belakang"


@dataclass(frozen=True, slots=True)
class RunCard:
    """One card of a run."""

    order: bytes
    state: str = WAITING
    attempt: int = 0
    words: Words | None = None
    """Why a rule said no, or what the printer said."""


@dataclass(frozen=True, slots=True)
class Run:
    """The cards somebody asked to be printed together, in their order."""

    op_id: bytes
    began_ms: int
    cards: tuple[RunCard, ...]
    is_running: bool = True
    stopped: Words | None = None
    """Why it ended before its last card."""

    @property
    def at_printer(self) -> bytes:
        """The order being printed now, or b""."""
        found = (one.order for one in self.cards if one.state == AT_PRINTER)
        return next(found, b"")


class Printing(Protocol):
    """The card printer of this office, and the one run that may be on at a time."""

    def printer(self) -> PrinterState | None:
        """What the printer says, at most a few seconds old; None where none is set."""

    def begin(self, ask: Ask, orders: Sequence[bytes]) -> None:
        """Print these cards, one after the other, while the page goes on.

        The same ask again begins nothing. Raises Refusal "run_under_way", "no_printer".
        """

    def run(self) -> Run | None:
        """The run that is on, or the last one since the node was started."""

    def picture(self, order: bytes, side: str) -> bytes:
        """A JPEG of FRONT or BACK as it is to be. Raises Refusal."""


class HandingOver(Protocol):
    """The end of the way: a finger or a code, and the card is the person's."""

    def by_finger(self, ask: Ask, order: bytes, desk: int) -> None:
        """Scan at this desk, compare, state the hand-over, erase. Raises Refusal."""

    def by_code(self, ask: Ask, order: bytes, code: str, collector: str) -> None:
        """The same by the code on the proof; wrong ones are counted. Raises Refusal."""
