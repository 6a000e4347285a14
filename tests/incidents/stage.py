"""The stage of the incidents: a real kabupaten's hub and offices, their clocks and roads.

- Every node has its own book, tables, keys and clock; the rooms, the journal, the sync and
  the courier are those of production, the centre is its simulator.
- Nobody is real: people come from `sim/people.py` (DATA UJI, serials from 9000).
- Time is moved by hand and nothing waits; what an outage lasted costs nothing here.
- A scenario runs a slice; PERAHU_INCIDENTS=full runs it at the size it had.

Example: `stage = Stage(folder, MADIUN)`, then `stage.at("2016-09-05 08:00")`.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

from rich.progress import track

from perahu.centre.http import HttpCentre
from perahu.centre.ports import Centre, CentrePacket, StatusPage
from perahu.centre.sim import SimulatedCentre, SimulatorSettings
from perahu.centre.sim_store import open_store
from perahu.journal.types import COMMON, Draft, Receipt
from perahu.keys.facts import NodeEnrolled, PolicySet
from perahu.node.hub import Hub, HubRound, hub_round
from perahu.people.actions import import_residents
from perahu.people.reads import Known, known_by_nik
from perahu.people.rules import plain, read_plan, wilayah
from perahu.words import Words
from sim.people import COLUMNS, residents
from tests.cast import District, HandClock, grant
from tests.enrolment.stations import Station, open_station
from tests.sync.road import TO_HUB, TO_PROVINSI, Count, Meeting

SIZE = "PERAHU_INCIDENTS"
"""The environment variable: `full`, or a number of people; else the slice of CI."""
WIB = timezone(timedelta(hours=7))
HUB, SECOND_SITE = "Hub", "Provinsi"
HEAD = b"kepala\0\0"
"""Who imports residents and takes stock in at the hub."""
NOBODY_LISTENS = "http://127.0.0.1:9"
ROUNDS_MAX = 20_000
_RECORDED_FROM = 17
_T = TypeVar("_T")


def size(full: int, slice_: int) -> int:
    """How many take part: the slice, or as many as there were."""
    asked = os.environ.get(SIZE, "")
    if not asked:
        return slice_
    return full if asked == "full" else min(full, int(asked))


def watched(things: Sequence[_T], words: str) -> Iterator[_T]:
    """The same things; where it takes minutes one sees how far it is."""
    if not os.environ.get(SIZE):
        return iter(things)
    return iter(track(things, description=words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The kabupaten or kota of a story, and the kecamatan whose offices take part."""

    code: str
    offices: tuple[str, ...]
    has_second_site: bool = False
    has_mirrors: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Somebody of the kecamatan, as the register has them."""

    person: bytes
    nik: str
    born: date
    office: str


@dataclass(slots=True)
class Line:
    """The hub's line to the centre: while it is down, nobody answers at all."""

    centre: SimulatedCentre
    away: HttpCentre
    is_up: bool = True

    def _reached(self) -> Centre:
        return self.centre if self.is_up else self.away

    def submit(self, packet: CentrePacket) -> str:
        """Hand over a packet, if the line is up."""
        return self._reached().submit(packet)

    def statuses(self, since: str = "") -> StatusPage:
        """The next page of changes, if the line is up."""
        return self._reached().statuses(since)


def template_of(record: bytes) -> bytes:
    """What stands for a finger's template: the scanners have their own tests."""
    return b"FMR\x00" + record[-24:]


@dataclass(slots=True)
class Trouble:
    """What the hub said while it could not do something, each sentence once."""

    words: list[Words] = field(default_factory=list)

    def hear(self, done: HubRound) -> None:
        """Note what one round says."""
        self.words += [one for one in done.trouble if one not in self.words]


class Stage:
    """Everything a scenario plays with."""

    def __init__(self, folder: Path, place: Place) -> None:
        named = wilayah(place.code)
        assert named is not None
        self.place, self.folder = place, folder
        nodes = [(HUB, "kabupaten", place.code)]
        nodes += [(_name(code), "kecamatan", code) for code in place.offices]
        if place.has_second_site:
            nodes.append((SECOND_SITE, "provinsi", place.code[:2]))
        self.district = District(
            folder / "nodes", kabupaten=(place.code, named.name), nodes=nodes
        )
        if place.has_mirrors:
            for member in self.district.members.values():
                member.mirror = folder / f"stick of {member.name}"
                member.mirror.mkdir()
        self.stations: dict[str, Station] = {}
        self.receipts: list[Receipt] = []
        """Every receipt that an office gave for something done at its desks."""
        self.line = self._line()
        self.trouble = Trouble()
        self.met: dict[str, datetime] = {}
        """When each office was last in contact with the hub."""
        self._hub: Hub | None = None

    def _line(self) -> Line:
        clock = self.district.members[HUB].clock
        settings = SimulatorSettings(seed=int(self.place.code))
        centre = SimulatedCentre(
            open_store(":memory:"), now_ms=lambda: clock.wall_ms, settings=settings
        )
        return Line(centre, HttpCentre(NOBODY_LISTENS, monotonic_s=clock.monotonic_s))

    # -- time -------------------------------------------------------------------------

    def at(self, when: str) -> None:
        """It is this minute, at every node: `2017-06-14 08:30`."""
        moment = datetime.fromisoformat(when).replace(tzinfo=WIB)
        for clock in self._clocks():
            _set(clock, moment)

    def wait(self, **span: float) -> None:
        """So much later, at every node (the words of `timedelta`)."""
        for clock in self._clocks():
            _set(clock, _moment(clock) + timedelta(**span))

    @property
    def moment(self) -> datetime:
        """What the hub's clock shows."""
        return _moment(self.district.members[HUB].clock)

    def _clocks(self) -> list[HandClock]:
        return [member.clock for member in self.district.members.values()]

    # -- nodes ------------------------------------------------------------------------

    def open(self) -> None:
        """Open every node; the hub states its first facts, and everybody hears them."""
        for name in self.district.members:
            self.start(name)
        self._found()
        self.meet_all()

    def start(self, name: str) -> Station:
        """Open a node as its process does."""
        station = open_station(self.district, name, _officer(self.place, name))
        self.stations[name] = station
        return station

    def stop(self, name: str) -> None:
        """Switch a node off: what is only in memory is gone."""
        station = self.stations.pop(name)
        station.journal.close()
        station.tables.close()

    def restart(self, name: str) -> Station:
        """Off and on again."""
        self.stop(name)
        if name == HUB:
            self._hub = None
        return self.start(name)

    def close(self) -> None:
        """Switch everything off."""
        for name in list(self.stations):
            self.stop(name)

    @property
    def hub(self) -> Station:
        """The kabupaten."""
        return self.stations[HUB]

    @property
    def offices(self) -> list[Station]:
        """The kecamatan, in the order of the place."""
        return [self.stations[_name(code)] for code in self.place.offices]

    def _found(self) -> None:
        members, today = self.district.members, self.moment.date()
        facts: list[Draft] = [
            Draft(NodeEnrolled(certificate=m.certificate, name=m.name), audience=COMMON)
            for m in members.values()
        ]
        policy = PolicySet(policy="STORE_AND_FORWARD", decree="SK 1")
        facts.append(Draft(policy, audience=COMMON))
        officers = [
            (_officer(self.place, _name(code)), code) for code in self.place.offices
        ]
        for officer, code in [(HEAD, self.place.code), *officers]:
            given = grant(officer, officer.rstrip(b"\0").decode(), code)
            until = today + timedelta(days=730)
            fact = dataclasses.replace(given, valid_from=today, valid_until=until)
            facts.append(Draft(fact, audience=COMMON))
        with self.hub.journal.writing() as book:
            book.append(self.hub.ask(), facts)

    # -- roads ------------------------------------------------------------------------

    def meet(self, office: Station, cut: int | None = None) -> Count:
        """An office calls the hub; the line may break after so many bytes."""
        count = Meeting(office.journal, self.hub.journal, TO_HUB).hold(cut)
        self.met[office.name] = self.moment
        return count

    def meet_all(self) -> None:
        """Every office calls the hub once, and the hub calls the second site."""
        for office in self.offices:
            self.meet(office)
        if SECOND_SITE in self.stations:
            site = self.stations[SECOND_SITE]
            Meeting(self.hub.journal, site.journal, TO_PROVINSI).hold()

    # -- the hub and the centre -------------------------------------------------------

    def hub_works(self, rounds_max: int = ROUNDS_MAX) -> int:
        """The hub's loop, until nothing is left to do now; how many rounds it took."""
        if self._hub is None:
            self._hub = Hub(office=self.hub, centre=self.line, extract=template_of)
        with self.hub.at_work():
            for count in range(1, rounds_max + 1):
                done = hub_round(self._hub)
                self.trouble.hear(done)
                if not done.did_something:
                    return count
        return rounds_max

    def days_pass(self, days: int) -> None:
        """So many days in which the hub works, and every office calls each evening."""
        for _ in range(days):
            self.wait(days=1)
            self.hub_works()
            self.meet_all()

    # -- people -----------------------------------------------------------------------

    def register(self, count: int) -> dict[str, list[Neighbour]]:
        """So many adults without a recording, of all offices together, imported at the hub.

        They reach their offices at the next meeting.
        """
        today, rows = self.moment.date(), []
        shares = _shares(count, len(self.place.offices))
        for code, share in zip(self.place.offices, shares, strict=True):
            rows += _adults(code, share, today)
        plan = read_plan(_sheet(rows), "siak.csv", today=today)
        assert len(plan.rows) == count and not plan.errors
        with self.hub.at_work() as journal:
            random = self.district.members[HUB].dice
            import_residents(journal, self.hub.ask(HEAD), plan, rng=random)
            niks = [row.biodata.nik for row in plan.rows]
            known: dict[str, Known] = {}
            for start in range(0, len(niks), 500):
                known |= known_by_nik(niks[start : start + 500])
        found: dict[str, list[Neighbour]] = {_name(c): [] for c in self.place.offices}
        for one in (row.biodata for row in plan.rows):
            office = _name(one.wilayah[:6])
            found[office].append(
                Neighbour(
                    person=known[one.nik].person,
                    nik=one.nik,
                    born=one.tanggal_lahir,
                    office=office,
                )
            )
        return found


@contextmanager
def staged(folder: Path, place: Place, when: str) -> Iterator[Stage]:
    """The stage of a story that begins at this minute, everything open."""
    stage = Stage(folder, place)
    stage.at(when)
    stage.open()
    try:
        yield stage
    finally:
        stage.close()


def _set(clock: HandClock, moment: datetime) -> None:
    clock.wall_ms = round(moment.timestamp() * 1000)
    clock.today = moment.astimezone(WIB).date()


def _moment(clock: HandClock) -> datetime:
    return datetime.fromtimestamp(clock.wall_ms / 1000, WIB)


def _name(code: str) -> str:
    found = wilayah(code)
    assert found is not None, code
    return found.name


def _officer(place: Place, name: str) -> bytes:
    """The one officer of an office; the hub acts for itself."""
    names = [_name(code) for code in place.offices]
    return b"meja-%02d\0" % names.index(name) if name in names else b""


def _shares(count: int, among: int) -> list[int]:
    return [count // among + (n < count % among) for n in range(among)]


def _adults(code: str, count: int, today: date) -> list[dict[str, str]]:
    """So many who are old enough on this day and were never recorded."""
    latest = today.replace(year=today.year - _RECORDED_FROM, day=min(today.day, 28))
    found: list[dict[str, str]] = []
    drawn = 3 * count + 30
    while len(found) < count:
        rows = residents(plain(code), drawn, seed=1, unrecorded=1.0)
        found = [row for row in rows if _born(row) < latest]
        drawn *= 2
    return found[:count]


def _born(row: dict[str, str]) -> date:
    day, month, year = map(int, row["TGL_LHR"].split("-"))
    return date(year, month, day)


def _sheet(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
