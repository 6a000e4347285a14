"""The programs of yesterday and of tomorrow, as far as a node of today can meet them.

- Yesterday's knows fewer kinds of facts: none of trips, none of contacts, no rule on carriers.
- Tomorrow's knows kinds that today's does not, a newer version of one, a field more of
  another, and says more in HELLO, ACK and END than today's reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

import perahu.contacts.facts
import perahu.trips.facts
from perahu.journal.codec import Registry
from perahu.keys.facts import CarrierPolicySet
from perahu.kinds import CIVIL, CONTROL, TELEMETRY, Fact, Kind
from perahu.people.facts import ResidentCorrected
from perahu.sync import ack, hello
from perahu.sync.fields import pruned
from tests.cast import FACT_MODULES

_LAW = "UU 23/2006 art. 8; an example, kept never"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChairCounted:
    """A kind that today's program does not know: civil, stated at a desk."""

    KIND: ClassVar[Kind] = Kind(4001, 1, CIVIL, _LAW, right="record", place="wilayah")
    wilayah: str
    chairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursSet:
    """A kind of control that only the hub states, for everybody."""

    KIND: ClassVar[Kind] = Kind(4002, 1, CONTROL, _LAW, hub_only=True)
    hours: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSeen:
    """A kind of telemetry."""

    KIND: ClassVar[Kind] = Kind(4003, 1, TELEMETRY, _LAW)
    degrees: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReceivedTwo:
    """Version 2 of a kind that today's program knows as version 1."""

    KIND: ClassVar[Kind] = Kind(80, 2, CONTROL, _LAW, right="stock")
    pallets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentCorrectedMore:
    """Today's kind and version with one field more, which has a default."""

    KIND: ClassVar[Kind] = ResidentCorrected.KIND
    person: bytes
    changes: tuple[tuple[str, str, str, str], ...]
    wilayah: str
    heard_by: str = ""


def _module(name: str, *kinds: type[Any]) -> ModuleType:
    found = ModuleType(name)
    for kind in kinds:
        setattr(found, kind.__name__, kind)
    return found


def _without(*left_out: type[Any]) -> list[ModuleType]:
    kinds = [kind for kind in Registry(FACT_MODULES).kinds() if kind not in left_out]
    return [_module("kept", *kinds)]


YESTERDAY = Registry(
    _without(
        CarrierPolicySet,
        *Registry([perahu.trips.facts]).kinds(),
        *Registry([perahu.contacts.facts]).kinds(),
    )
)
TODAY = Registry(FACT_MODULES)
TOMORROW = Registry(
    [
        *_without(ResidentCorrected),
        _module(
            "tomorrow",
            ChairCounted,
            HoursSet,
            HeatSeen,
            StockReceivedTwo,
            ResidentCorrectedMore,
        ),
    ]
)
PROGRAMS = {"yesterday": YESTERDAY, "today": TODAY, "tomorrow": TOMORROW}


def knows(registry: Registry, fact: Fact) -> bool:
    """Whether a program knows this kind in this version."""
    number = (fact.KIND.type, fact.KIND.version)
    return number in {(k.KIND.type, k.KIND.version) for k in registry.kinds()}


def versions(registry: Registry) -> dict[int, int]:
    """What a program's passport says of the facts it knows."""
    found: dict[int, int] = {}
    for kind in registry.kinds():
        known = found.get(kind.KIND.type, 0)
        found[kind.KIND.type] = max(kind.KIND.version, known)
    return found


@contextmanager
def saying_more() -> Iterator[None]:
    """Within, every HELLO, ACK and END has keys that today's program does not know."""

    def more(found: dict[int, Any]) -> dict[int, Any]:
        return pruned(found) | {60: b"tomorrow", 61: [1, {2: "x"}]}

    modules: list[Any] = [hello, ack]
    for module in modules:
        module.pruned = more
    try:
        yield
    finally:
        for module in modules:
            module.pruned = pruned


@dataclass
class Newer:
    """A session of tomorrow's program: it says more whenever it speaks."""

    session: Any
    said: int = 0

    @property
    def finished(self) -> bool:
        """Whether all was exchanged."""
        return bool(self.session.finished)

    @property
    def is_worth_repeating(self) -> bool:
        """Whether another exchange would bring more."""
        return bool(self.session.is_worth_repeating)

    def to_send(self, limit: int) -> bytes:
        """The next bytes."""
        with saying_more():
            found: bytes = self.session.to_send(limit)
        self.said += len(found)
        return found

    def received(self, raw: bytes) -> None:
        """What the other one said."""
        with saying_more():
            self.session.received(raw)

    def close(self) -> None:
        """The exchange is over."""
        self.session.close()
