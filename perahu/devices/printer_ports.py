"""The port of a card printer: what cards may ask of it, and the honest answers it can give.

- A print ends in one of four outcomes, and *uncertain* is one of them: whoever cannot
  know does not guess, and nobody prints again on a guess.
- A printer never raises for what happens to a card; a link that fails before anything
  was sent is *never began*, and one that fails after is *uncertain*.
- The job's name is order and attempt: a printer that has seen the name is not given the
  document again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from perahu.words import Words

PRINTED = "printed"
"""The printer says surely: one card, printed whole."""
SPOILED = "spoiled"
"""A card was taken from the hopper and is no good; `cause` says why."""
NEVER_BEGAN = "never_began"
"""Surely no card was taken from the hopper."""
UNCERTAIN = "uncertain"
"""Nobody knows; a person must look at the printer before anything else is done."""
PRINT_OUTCOMES = (PRINTED, SPOILED, NEVER_BEGAN, UNCERTAIN)

GAGAL_CETAK, GAGAL_ENCODE = "GAGAL_CETAK", "GAGAL_ENCODE"
"""Causes of a spoiled card: the print or jam, and the chip (domain.md 6)."""

CARD_MEDIA = "iso_id-1_53.98x85.6mm"
CARD_PIXELS = (1011, 638)
"""An ID-1 card, 85.60 x 53.98 mm at 300 dpi, lying."""
CARD_PNG_BYTES_MAX = 4_000_000
"""A limit on one card's image; a noisy photo card at 300 dpi takes about 1.5 MB."""
JOB_NAME_CHARS_MAX = 64


@dataclass(frozen=True, slots=True)
class PrinterState:
    """What the printer says of itself now.

    `cards` and `ribbon_percent` are None where the printer does not tell; `reasons` are
    its own keywords without severity (`media-jam`, `marker-supply-empty`, `unreachable`).
    """

    ready: bool
    cards: int | None
    ribbon_percent: int | None
    reasons: tuple[str, ...]
    words: Words


@dataclass(frozen=True, slots=True)
class CardJob:
    """One attempt at one card."""

    name: str
    """Hex of order and attempt: the mark by which the printer knows it again."""
    image: bytes
    """A PNG of one side of an ID-1 card, CARD_PIXELS wide and high."""


@dataclass(frozen=True, slots=True)
class PrintOutcome:
    """What became of one attempt."""

    outcome: str
    """One of PRINT_OUTCOMES."""
    says: str
    """The printer's own words and keywords, kept in the fact where it is uncertain."""
    cause: str = ""
    """Of a spoiled card, GAGAL_CETAK or GAGAL_ENCODE."""


class CardPrinter(Protocol):
    """A card printer at this office."""

    def state(self) -> PrinterState:
        """What the printer says of itself now; unreachable is a state, not an error."""

    def print(self, job: CardJob) -> PrintOutcome:
        """Print one card and wait, within bounds, until its fate is known or unknowable."""
