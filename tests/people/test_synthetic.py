"""The synthetic residents: one seed, one village, and nobody real."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.people.actions import plan_import
from perahu.people.rules import read_kk, read_nik
from sim.people import MARK, residents, write_csv
from tests.cast import TODAY


def test_it_works(tmp_path: Path) -> None:
    """An export that the importer takes whole, with the broken rows it was asked for."""
    path = tmp_path / "ketahun.csv"
    assert write_csv(path, kecamatan="17.03.12", count=300, seed=4, bad_rows=6) == 300
    plan = plan_import(path, today=TODAY)
    assert (len(plan.rows), plan.bad_rows, len({e.words for e in plan.errors})) == (
        294,
        6,
        6,
    )


def test_it_is_one_world_for_one_seed() -> None:
    """The same seed gives the same people, another seed others."""
    assert residents("170301", 50, 1) == residents("17.03.01", 50, 1)
    assert residents("170301", 50, 1) != residents("170301", 50, 2)


@pytest.mark.parametrize("seed", range(3))
def test_it_makes_nobody_real(seed: int) -> None:
    """Every NIK and No. KK is a test number, every address says so, every NIK is one's own."""
    rows = [
        row for k in ("170301", "170312", "177105") for row in residents(k, 700, seed)
    ]
    assert len({row["NIK"] for row in rows}) == len(rows)
    for row in rows:
        assert read_nik(row["NIK"]).is_test and read_kk(row["NO_KK"]).is_test
        assert row["ALAMAT"].startswith(MARK)


def test_it_makes_families_and_people_to_record() -> None:
    """Heads, spouses and children; one-word names; adults who have no card yet."""
    rows = residents("170301", 2000, 1)
    assert {row["STAT_HBKEL"] for row in rows} == {"1", "2", "3", "4", "7"}
    assert len({row["NO_KEL"] for row in rows}) == 6
    assert any(" " not in row["NAMA_LGKP"] for row in rows)
    adults = [row for row in rows if int(row["TGL_LHR"][-4:]) < 2009]
    unrecorded = [row for row in adults if row["STATUS_REKAM"] == "UNREGISTERED"]
    assert 40 < len(unrecorded) < len(adults) / 5
