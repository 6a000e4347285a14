"""What was said before the kills of one series: the outside world's memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sim.kills.workers import Said


@dataclass(slots=True)
class Ledger:
    """Everything somebody outside holds in hand: receipts, cards, erasures."""

    receipts: list[dict[str, Any]] = field(default_factory=list)
    cards: Counter[str] = field(default_factory=Counter)
    """Jobs that came out of the printer, by their name."""
    erased: list[bytes] = field(default_factory=list)
    """Subjects of whom Enggano said that they are erased."""
    serials: int = 0
    """People who stood before a desk that erases; each is somebody else."""

    @property
    def desk_next(self) -> int:
        """The number of the first operation at the desk that got no receipt."""
        numbers = (one["number"] for one in self.receipts)
        return max((n for n in numbers if n is not None), default=-1) + 1

    def take(self, name: str, news: list[Said]) -> int:
        """Take in what a worker of this node had said; gives how many receipts."""
        before = len(self.receipts)
        for kind, told in news:
            if kind == "receipt":
                self.receipts.append(told | {"node": name})
            elif kind == "card":
                self.cards[told["job"]] += 1
            elif kind == "erased":
                self.erased.append(told["subject"])
            elif kind == "serial":
                self.serials = max(self.serials, told["serial"] + 1)
        return len(self.receipts) - before

    def of(self, name: str) -> list[dict[str, Any]]:
        """The receipts that a node gave."""
        return [one for one in self.receipts if one["node"] == name]
