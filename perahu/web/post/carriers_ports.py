"""What the pages of the carriers need of the node: their state, and a check of a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from perahu.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierState:
    """One way to the parent, as it stands now."""

    name: str
    shown: str
    """Its name for people."""
    kind: Words
    standing: str
    """"carrying", "failed" (the last time), or carriers_choice.Standing."""
    says: Words
    """The same in words."""
    is_whole: bool
    """Everything may go over it now."""
    is_open: bool
    """Records may."""
    spent_bytes: int
    """In this calendar month, both directions."""
    budget_bytes: int = 0
    """What may go in a month; 0 for no limit."""
    cost: int = 0
    """Rupiah spent in this month, by what node.toml says of the price."""
    hours: str = ""
    opens_in_s: int = 0
    """Until its window opens; 0 where it is open, or has none."""
    carried_ms: int = 0
    """When something last went over it."""
    rate_bytes_s: int = 0
    """What it carried when last measured; 0 unknown."""
    rtt_ms: int = 0
    loss_permille: int = 0

    @property
    def spent_share(self) -> int:
        """Of the month's budget, in percent, at most 100."""
        if not self.budget_bytes:
            return 0
        return min(100, self.spent_bytes * 100 // self.budget_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStep:
    """One step of a check, in plain words."""

    name: str
    """A stable code for programs."""
    label: Words
    went: bool | None
    """True good, False wrong, None nothing to say."""
    says: Words
    todo: Words | None = None
    """What to do, where it is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCarrier:
    """What a check found of one carrier so far."""

    name: str
    shown: str
    steps: tuple[CheckStep, ...] = ()
    is_running: bool = False

    @property
    def is_good(self) -> bool:
        """Nothing is wrong."""
        return all(step.went is not False for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """A check that goes on, or how the last one ended."""

    is_running: bool
    carriers: tuple[CheckedCarrier, ...] = ()
    at_ms: int = 0
    trouble: Words | None = None


class CarriersPort(Protocol):
    """The carriers of this node."""

    def states(self) -> list[CarrierState]:
        """Each carrier as it stands, the best first."""

    def begin_check(self) -> None:
        """Start to look at every line. Raises Refusal "check_busy"."""

    def check(self) -> CheckRun | None:
        """The check of now or the last one; None before the first."""
