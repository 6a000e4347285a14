"""The card printer of an office in a story: the simulator's engine, without a cable between.

It keeps the truth: how many blanko lie in its stack, and whose card really came out.
"""

from __future__ import annotations

from perahu.devices.ipp_answers import ABORTED, COMPLETED, PRINTER_STOPPED
from perahu.devices.printer_ports import (
    GAGAL_CETAK,
    NEVER_BEGAN,
    PRINTED,
    SPOILED,
    UNCERTAIN,
    CardJob,
    PrinterState,
    PrintOutcome,
)
from perahu.devices.sim_printer_engine import COUNT_MAX, CardPrinterEngine
from perahu.words import Words
from tests.cast import HandClock

CARD_S = 60.0
"""A card printer takes a minute for each; of several side by side each has its turn."""


class Machine:
    """The card printer of an office: the simulator's engine, its stack of blanko, its truth."""

    def __init__(self, clock: HandClock, beside: int = 1) -> None:
        self._clock, self._card_s = clock, CARD_S / beside
        self.made: list[str] = []
        """The job of every card that really came out, by its name."""
        self.engine = CardPrinterEngine(
            monotonic_s=clock.monotonic_s, keep=self._keep, cards=0,
            ribbon=COUNT_MAX, card_s=self._card_s,
        )  # fmt: skip

    def _keep(self, name: str, image: bytes) -> None:
        self.made.append(name)

    @property
    def orders_made(self) -> list[str]:
        """Whose card came out, once for each that did."""
        return [name.rpartition("-")[0] for name in self.made]

    def throw_away(self, count: int) -> None:
        """So many of the stack are no good."""
        self.engine.cards -= count
        self.engine.spoiled += count

    def state(self) -> PrinterState:
        """What it says of itself."""
        engine = self.engine
        is_ready = engine.printer_state() != PRINTER_STOPPED
        ribbon = engine.ribbon_percent()
        words = Words(
            "siap" if is_ready else "berhenti", "ready" if is_ready else "stopped"
        )
        return PrinterState(is_ready, engine.cards, ribbon, engine.reasons(), words)

    def print(self, job: CardJob) -> PrintOutcome:
        """Print a card; the clock goes on meanwhile."""
        engine = self.engine
        sim = engine.create(job.name)
        if sim is None:
            return PrintOutcome(NEVER_BEGAN, "refused")
        is_heard = engine.take_document(sim, job.image)
        self._clock.wall_ms += round(self._card_s * 1000)
        engine.advance()
        if not is_heard:
            return PrintOutcome(UNCERTAIN, "the link broke after the document was sent")
        if sim.state == COMPLETED:
            return PrintOutcome(PRINTED, "completed")
        if sim.state == ABORTED and sim.cards:
            return PrintOutcome(SPOILED, " ".join(sim.reasons), GAGAL_CETAK)
        return PrintOutcome(UNCERTAIN, " ".join(sim.reasons))
