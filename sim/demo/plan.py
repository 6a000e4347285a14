"""What the demo is asked to show, and the names and numbers that follow from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from sim.people import BORN_BEFORE, Resident, residents

ENGGANO, KETAHUN = "17.03.01", "17.03.12"
BY_LINK, BY_COURIER = 25, 5
"""Recordings at Enggano that travel by link, and at Kapal that travel by courier file."""
PIN = "739152"
BLANKO_RECEIVED, BLANKO_ENGGANO, BLANKO_KAPAL = 500, 60, 15
_RECORDED_FROM = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The arguments of one demo."""

    folder: Path
    seed: int = 1
    people: int = 2000
    """Synthetic residents of each kecamatan."""
    language: str = "id"

    def seed_of(self, kecamatan: str) -> int:
        """The seed of a kecamatan's residents."""
        return self.seed * 1000 + int(kecamatan[-2:])

    def to_record(self) -> list[str]:
        """The NIK of those who come to be recorded: never recorded, old enough, shuffled."""
        seed = self.seed_of(ENGGANO)
        rows = residents(kecamatan=ENGGANO, count=self.people, seed=seed)
        found = [row["NIK"] for row in rows if _may_come(row)]
        Random(self.seed).shuffle(found)
        assert len(found) >= BY_LINK + BY_COURIER, "ask for more --people"
        return found[: BY_LINK + BY_COURIER]


def _may_come(row: Resident) -> bool:
    day, month, year = (int(part) for part in row["TGL_LHR"].split("-"))
    limit = BORN_BEFORE.replace(year=BORN_BEFORE.year - _RECORDED_FROM)
    unrecorded = row["STATUS_REKAM"] in ("", "UNREGISTERED", "BELUM REKAM")
    return unrecorded and date(year, month, day) <= limit
