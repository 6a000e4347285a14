"""Nodes of three versions talk: what one does not know it keeps, carries on, and reads later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from perahu.journal.codec import Registry
from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, Draft, Event, Receipt
from perahu.keys.facts import CarrierPolicySet
from perahu.kinds import Fact
from perahu.sync.initiator import Initiator
from perahu.sync.responder import Responder
from perahu.sync.session import Side
from perahu.trips.facts import TripBegun
from tests.cast import BUDI, SARI, District, corrected, stocked
from tests.sync.road import TO_HUB, TO_PROVINSI, Meeting, relay
from tests.versions.tomorrow import (
    PROGRAMS,
    ChairCounted,
    HeatSeen,
    HoursSet,
    Newer,
    ResidentCorrectedMore,
    StockReceivedTwo,
    knows,
    versions,
)

TRIP = TripBegun(
    trip=b"trip-0000001", desa="1703012001", to=bytes(16), orders=(), stock=(),
    carrier="Sari",
)  # fmt: skip
MORE = ResidentCorrectedMore(
    person=BUDI, changes=(("rt", "1", "2", "KK"),), wilayah="170301", heard_by="Ratna"
)
RULE = CarrierPolicySet(reason="mahal", decree="SK 9")
AT_ENGGANO = (
    corrected(), TRIP, ChairCounted(wilayah="170301", chairs=4), stocked(7),
    StockReceivedTwo(pallets=2), MORE, HeatSeen(degrees=31), stocked(8),
)  # fmt: skip
AT_HUB = (RULE, HoursSet(hours=(8, 15)))
EVERY_PAIR = [(a, b) for a in PROGRAMS for b in PROGRAMS]


@dataclass
class Shelf:
    """Tables that show every fact they are told of."""

    at: int = 0
    facts: list[Any] = field(default_factory=list)

    def position(self) -> int:
        """How far they are."""
        return self.at

    def belong_to(self, book: bytes) -> None:
        """One book only."""

    def rebuild(self) -> None:
        """Empty again."""
        self.at, self.facts = 0, []

    def apply(self, events: list[Event], position: int) -> list[tuple[Event, str]]:
        """Show a batch."""
        self.facts += [event.fact for event in events]
        self.at = max(self.at, position)
        return []


@dataclass
class Fleet:
    """A district whose nodes run different programs."""

    district: District
    programs: dict[str, Registry] = field(default_factory=dict)
    shelves: dict[str, Shelf] = field(default_factory=dict)
    nodes: dict[str, Journal] = field(default_factory=dict)

    def start(self, name: str, program: str, *, anew: bool = True) -> Journal:
        """Open a node with this program; another program makes its tables anew."""
        if name in self.nodes:
            self.nodes.pop(name).close()
        if anew or name not in self.shelves:
            self.shelves[name] = Shelf()
        self.district.registry = self.programs[name] = PROGRAMS[program]
        shelf: Any = self.shelves[name]
        self.nodes[name] = self.district.open(name, shelf)
        return self.nodes[name]

    def state(self, name: str, facts: tuple[Fact, ...]) -> list[Fact]:
        """State of these what the node's program knows; gives that."""
        known = [fact for fact in facts if knows(self.programs[name], fact)]
        if name == "Enggano" and self.programs[name] is not PROGRAMS["tomorrow"]:
            known = [fact for fact in known if fact is not MORE]
        if name == "Enggano" and self.programs[name] is PROGRAMS["tomorrow"]:
            known = [fact for fact in known if fact != corrected()]
        audience, officer = (COMMON, b"") if name == "Hub" else (b"", SARI)
        for fact in known:
            self.append(name, fact, officer if fact.KIND.right else b"", audience)
        return known

    def append(self, name: str, fact: Fact, officer: bytes, audience: bytes) -> Receipt:
        """One fact."""
        with self.nodes[name].writing() as book:
            ask = self.district.ask(name, officer)
            return book.append(ask, [Draft(fact, audience=audience)])

    def meet(self, caller: str, answerer: str, offer: Any = TO_HUB) -> None:
        """One exchange, and more where it is worth it."""
        meeting = Meeting(self.nodes[caller], self.nodes[answerer], offer)
        for _ in range(4):
            for one in (self.nodes[caller], self.nodes[answerer]):
                one.seal()
            near: Any = Initiator(self._side(caller), meeting.peer, offer)
            far: Any = Responder(self._side(answerer), meeting.doors)
            near, far = self._as_newer(caller, near), self._as_newer(answerer, far)
            relay(near, far, None, 1 << 16)
            near.close()
            far.close()
            assert near.finished and far.finished
            for one in (self.nodes[caller], self.nodes[answerer]):
                one.catch_up()
            if not near.is_worth_repeating:
                return

    def _side(self, name: str) -> Side:
        return Side(self.nodes[name], lambda _: None, versions(self.programs[name]))

    def _as_newer(self, name: str, session: Any) -> Any:
        is_newer = self.programs[name] is PROGRAMS["tomorrow"]
        return Newer(session) if is_newer else session

    def shows(self, name: str, facts: list[Fact]) -> None:
        """What a node's program knows of these is shown, the rest parked; nothing lost."""
        unknown = [fact for fact in facts if not knows(self.programs[name], fact)]
        shown = [type(fact).__name__ for fact in self.shelves[name].facts]
        for fact in facts:
            if fact not in unknown:
                same = _as_known(self.programs[name], fact)
                assert same in self.shelves[name].facts, (name, fact, shown)
        codes = [one.code for one in self.nodes[name].parked()]
        assert codes == ["unknown_kind"] * len(unknown), (name, codes)


def _as_known(registry: Registry, fact: Fact) -> Fact:
    """How a program reads a fact that another one wrote."""
    writer = next(
        one
        for one in PROGRAMS.values()
        if any(kind is type(fact) for kind in one.kinds())
    )
    body, subjects = writer.encode(fact)
    return registry.decode(fact.KIND.type, fact.KIND.version, body, subjects)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """The hub, Enggano and the provinsi, founded by today's program."""
    district = District(tmp_path)
    hub = district.open("Hub")
    district.found(hub)
    hub.close()
    yield Fleet(district)
    district.close()


def vectors_agree(one: Journal, other: Journal) -> None:
    """Both hold the same sealed prefixes of what both hold."""
    here, there = one.vector(), other.vector()
    common = here.keys() & there.keys()
    assert len(common) >= 3
    assert {name: here[name] for name in common} == {n: there[n] for n in common}


@pytest.mark.parametrize(("office", "hub"), EVERY_PAIR)
def test_it_works(fleet: Fleet, office: str, hub: str) -> None:
    """Whatever the two know: everything crosses both ways, is kept, and rises in level."""
    fleet.start("Hub", hub)
    fleet.start("Enggano", office)
    fleet.meet("Enggano", "Hub")
    down = fleet.state("Hub", AT_HUB)
    up = fleet.state("Enggano", AT_ENGGANO)
    fleet.meet("Enggano", "Hub")
    vectors_agree(fleet.nodes["Enggano"], fleet.nodes["Hub"])
    fleet.shows("Hub", [*down, *up])
    fleet.shows("Enggano", [*down, *up])
    for row in fleet.nodes["Enggano"].journals():
        assert not row.own or row.received_seq == row.head_seq
    for one in fleet.nodes.values():
        report = one.verify()
        assert report.sound, [words.en for words in report.faults]


@pytest.mark.parametrize("middle", ["yesterday", "today"])
def test_it_carries_on_what_it_does_not_know(fleet: Fleet, middle: str) -> None:
    """Tomorrow's office, an older hub, tomorrow's provinsi: the facts arrive and are read."""
    fleet.start("Hub", middle)
    fleet.start("Enggano", "tomorrow")
    fleet.start("Provinsi", "tomorrow")
    fleet.meet("Enggano", "Hub")
    up = fleet.state("Enggano", AT_ENGGANO)
    fleet.meet("Enggano", "Hub")
    fleet.meet("Hub", "Provinsi", TO_PROVINSI)
    fleet.shows("Provinsi", up)
    fleet.meet("Enggano", "Hub")
    for row in fleet.nodes["Enggano"].journals():
        assert not row.own or row.safe_seq == row.head_seq, (
            "aman, though unread between"
        )


@pytest.mark.parametrize("before", ["yesterday", "today"])
def test_it_reads_it_after_the_update(fleet: Fleet, before: str) -> None:
    """What waited is shown by the newer program, in the hub's control journal too."""
    fleet.start("Hub", "tomorrow")
    fleet.start("Enggano", before)
    fleet.start("Provinsi", before)
    down = fleet.state("Hub", AT_HUB)
    fleet.meet("Enggano", "Hub")
    fleet.shows("Enggano", down)
    assert fleet.nodes["Enggano"].parked()
    fleet.start("Enggano", "tomorrow")
    fleet.shows("Enggano", down)
    assert fleet.nodes["Enggano"].parked() == []


def test_it_reads_it_where_the_tables_are_kept(fleet: Fleet) -> None:
    """Tables that need not be made anew get what they passed over, each fact once."""
    fleet.start("Hub", "today")
    fleet.start("Enggano", "tomorrow")
    fleet.meet("Enggano", "Hub")
    up = fleet.state("Enggano", AT_ENGGANO)
    fleet.meet("Enggano", "Hub")
    fleet.start("Hub", "tomorrow", anew=False)
    fleet.shows("Hub", [fact for fact in up if fact is not MORE])
    shown = fleet.shelves["Hub"].facts
    assert all(shown.count(fact) == 1 for fact in up if fact is not MORE)


def test_it_goes_back_to_the_older_program(fleet: Fleet) -> None:
    """An update that failed: the older program opens the book, and works on beside it."""
    fleet.start("Hub", "today")
    fleet.start("Enggano", "tomorrow")
    fleet.meet("Enggano", "Hub")
    up = fleet.state("Enggano", AT_ENGGANO)
    fleet.start("Enggano", "today")
    fleet.shows("Enggano", up)
    fleet.append("Enggano", corrected(), SARI, b"")
    fleet.meet("Enggano", "Hub")
    fleet.shows("Hub", [*up, corrected()])
    fleet.start("Enggano", "tomorrow")
    fleet.shows("Enggano", up)
    assert fleet.nodes["Enggano"].parked() == []
    assert fleet.nodes["Enggano"].verify().sound


def test_it_says_what_to_do(fleet: Fleet) -> None:
    """What is parked says in words that an update will read it."""
    fleet.start("Hub", "today")
    fleet.start("Enggano", "tomorrow")
    fleet.meet("Enggano", "Hub")
    fleet.state("Enggano", AT_ENGGANO)
    fleet.meet("Enggano", "Hub")
    for one in fleet.nodes["Hub"].parked():
        assert "update" in one.words.words.en and "diperbarui" in one.words.words.id
