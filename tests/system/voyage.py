"""The district of a voyage through pages: real processes, with Enggano's link in our hands.

`found_voyage` gives Bengkulu Utara with the hub, the provinsi and Enggano running and a
few residents there, the link open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perahu.enrolment.facts import ProofIssued
from perahu.journal.journal import Journal
from perahu.journal.types import Event
from perahu.words import Words
from sim.demo.acts import Story
from sim.demo.district import ENGGANO, HUB, OPERATORS, PROVINSI, District
from sim.demo.plan import ENGGANO as ENGGANO_CODE
from sim.demo.plan import Plan
from sim.demo.processes import LOOPBACK, ask, tell
from sim.demo.proof import Promise
from sim.demo.screen import Screen
from sim.people import Resident, residents, write_csv

PEOPLE = 240
UNRECORDED = ("", "UNREGISTERED", "BELUM REKAM")
OLD_ENOUGH_YEAR = 2008


@dataclass(slots=True)
class Voyage:
    """The district, and whom to record there."""

    district: District
    story: Story
    people: list[Resident]

    def url(self, name: str = ENGGANO) -> str:
        """Where the pages of a node are."""
        return f"http://{LOOPBACK}:{self.district.desks[name].page}"

    def scanner(self, what: str, desk: int = 1, **told: Any) -> None:
        """Tell the simulated devices of a desk at Enggano what happens."""
        port = self.district.desks[ENGGANO].scanners[desk - 1]
        ask(f"http://{LOOPBACK}:{port}/sim/{what}", told)

    def open_link(self) -> None:
        """The dish works: Enggano and the hub reach each other."""
        tell(self.district.link_control, "open")
        self.story.poke(ENGGANO)

    def cut_link(self) -> None:
        """Nothing goes from or to Enggano."""
        tell(self.district.link_control, "cut reset")

    def power_cut(self) -> None:
        """Enggano's node process ends in the middle of what it does, and starts again."""
        process = self.district.desks[ENGGANO].process
        assert process is not None
        process.kill_9()

    def power_back(self) -> None:
        """The node starts again by itself."""
        self.district.serve(ENGGANO)

    def kinds(self, nik: str) -> list[str]:
        """The kinds of the facts of this person's recording, with the part of each."""
        with self.district.desks[ENGGANO].open() as office:
            return [
                f"{type(event.fact).__name__} {getattr(event.fact, 'part', '')}".strip()
                for event in _recorded(office.journal, nik)
            ]

    def promise(self, nik: str, number: str) -> Promise:
        """The receipt this person was given: the entry on her paper."""
        with self.district.desks[ENGGANO].open() as office:
            found = _recorded(office.journal, nik)
            event = next(e for e in found if isinstance(e.fact, ProofIssued))
            assert isinstance(event.fact, ProofIssued)
            h = office.journal.hash_at(event.journal, event.seq)
            assert h is not None
            return Promise(
                nik=nik,
                number=number,
                node=ENGGANO,
                journal=event.journal,
                seq=event.seq,
                h=h,
                recording=event.fact.recording,
            )


def _recorded(journal: Journal, nik: str) -> list[Event]:
    events = [e for e in journal.events(0, 1_000_000) if e.node == journal.node_id]
    named = (e.fact for e in events if getattr(e.fact, "nik", "") == nik)
    mine = {getattr(fact, "recording", None) for fact in named} - {None}
    return [e for e in events if getattr(e.fact, "recording", None) in mine]


@contextmanager
def found_voyage(folder: Path) -> Iterator[Voyage]:
    """Found the district, bring its residents to Enggano over an open link."""
    plan = Plan(folder=folder.resolve(), people=PEOPLE)
    district = District(plan)
    story = Story(plan, district, Screen(language="id", quiet_stdout=True))
    try:
        district.found()
        district.start_world()
        district.serve(PROVINSI, HUB)
        _import(district, folder / "siak.csv")
        district.serve(ENGGANO)
        voyage = Voyage(district, story, _to_record(plan))
        voyage.open_link()
        wanted = Words("Penduduk tiba", "Residents are in")
        story.wait_for(
            ENGGANO, wanted, lambda tally: tally.kinds["ResidentImported"] >= PEOPLE
        )
        yield voyage
    finally:
        district.close()


def _import(district: District, path: Path) -> None:
    seed = district.plan.seed_of(ENGGANO_CODE)
    write_csv(path, kecamatan=ENGGANO_CODE, count=PEOPLE, seed=seed)
    district.run(HUB, "import", str(path), "--officer", OPERATORS[HUB][0], "--json")


def _to_record(plan: Plan) -> list[Resident]:
    """Grown people who were never recorded and whose name nobody else here has."""
    rows = residents(
        kecamatan=ENGGANO_CODE, count=PEOPLE, seed=plan.seed_of(ENGGANO_CODE)
    )
    names = [row["NAMA_LGKP"] for row in rows]
    return [
        row
        for row in rows
        if row["STATUS_REKAM"] in UNRECORDED
        and int(row["TGL_LHR"][-4:]) < OLD_ENOUGH_YEAR
        and names.count(row["NAMA_LGKP"]) == 1
    ]
