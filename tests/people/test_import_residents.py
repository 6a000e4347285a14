"""The hub takes an export in: each office gets its own, nobody comes twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.types import Level
from perahu.people import actions, reads, rules
from perahu.people.actions import ROWS_PER_APPEND, import_residents, plan_import
from perahu.people.facts import ImportBegun, ResidentImported
from perahu.people.rules import ImportPlan
from perahu.words import Refusal
from sim.people import write_csv
from tests.cast import MADE, RATNA, TODAY, Dice
from tests.enrolment.stations import Network
from tests.people.builders import ROW, create_row, plan_of, villagers


def take_in(
    network: Network, plan: ImportPlan, skip_bad: bool = False
) -> actions.ImportResult:
    """Ratna imports at the hub."""
    hub = network.hub
    with hub.at_work() as journal:
        rng = Dice(f"import-{len(journal.events())}")
        return import_residents(
            journal, hub.ask(RATNA), plan, rng=rng, skip_bad=skip_bad
        )


def two_kecamatan(count: int = 40) -> list[dict[str, str]]:
    """Residents of Enggano and of Ketahun in one file."""
    return villagers(count, "170301") + villagers(count, "170312")


def test_it_works(network: Network, tmp_path: Path) -> None:
    """A file of Enggano: at the hub, and at Enggano, not at Ketahun."""
    path = tmp_path / "enggano.csv"
    write_csv(path, kecamatan="17.03.01", count=60, seed=1)
    plan = plan_import(path, today=TODAY)
    result = take_in(network, plan)
    assert (result.added, result.changed, result.known, result.unserved) == (
        60,
        0,
        0,
        0,
    )
    assert result.receipt is not None and result.receipt.level == Level.RECEIVED
    network.give()
    with network.enggano.at_work():
        assert sum(reads.counts_by_desa().values()) == 60
        assert reads.by_nik(plan.rows[7].biodata.nik) is not None
    with network.ketahun.at_work():
        assert reads.counts_by_desa() == {}
    with network.hub.at_work():
        (one,) = reads.imports()
        assert (one.file_name, one.rows, one.officer) == ("enggano.csv", 60, RATNA)
        assert reads.residents_of_import(one.batch) == 60


def test_it_sends_each_office_its_own(network: Network) -> None:
    """Two kecamatan in one file part ways; a desa nobody serves stays with the hub."""
    lais = villagers(5, "170310")
    result = take_in(network, plan_of(*two_kecamatan(), *lais))
    assert (result.added, result.unserved) == (85, 5)
    network.give()
    for station, own in ((network.enggano, "170301"), (network.ketahun, "170312")):
        with station.at_work():
            counts = reads.counts_by_desa()
            assert sum(counts.values()) == 40
            assert all(desa.startswith(own) for desa in counts)


def test_it_passes_over_what_is_known(network: Network) -> None:
    """The same file again, or the same rows in another file, add nobody and no fact."""
    rows = two_kecamatan(10)
    first = take_in(network, plan_of(*rows))
    size = len(network.hub.journal.events())
    again = take_in(network, plan_of(*rows))
    assert (again.batch, again.known, again.added) == (first.batch, 20, 0)
    assert again.receipt is not None
    assert len(network.hub.journal.events()) == size
    other = take_in(network, plan_of(*reversed(rows), name="lain.csv"))
    assert (other.known, other.added, other.changed) == (20, 0, 0)
    assert other.batch != first.batch


def test_it_keeps_the_person_id_when_a_home_changes(network: Network) -> None:
    """A newer export changes the data of the same person, and only of those changed."""
    take_in(
        network, plan_of(ROW, create_row(NIK="1703011308909001", TGL_LHR="13-08-1990"))
    )
    with network.hub.at_work():
        before = reads.by_nik(ROW["NIK"])
    result = take_in(
        network,
        plan_of(
            create_row(ALAMAT="DATA UJI, PINDAH"),
            create_row(NIK="1703011308909001", TGL_LHR="13-08-1990"),
        ),
    )
    assert (result.changed, result.known) == (1, 1)
    with network.hub.at_work():
        after = reads.by_nik(ROW["NIK"])
    assert before is not None and after is not None
    assert after.person == before.person
    assert after.biodata.alamat == "DATA UJI, PINDAH"


def test_it_tells_the_office_that_somebody_left(network: Network) -> None:
    """Who moved from Enggano to Ketahun is known at both, with the new home."""
    take_in(network, plan_of())
    take_in(network, plan_of(create_row(NO_KEC="12", NO_KEL="2001")))
    network.give()
    for station in (network.enggano, network.ketahun):
        with station.at_work():
            found = reads.by_nik(ROW["NIK"])
            assert found is not None and found.biodata.wilayah == "1703122001"


def test_it_serves_every_office_of_a_desa(network: Network) -> None:
    """A laptop of the same kecamatan gets its copy, and the hub counts the person once."""
    laptop = network.hub.district.add("Ketinting", "field", "170301")
    from perahu.keys.facts import NodeEnrolled

    network.state(NodeEnrolled(certificate=laptop.certificate, name="Ketinting"))
    take_in(network, plan_of())
    audiences = {
        event.audience
        for event in network.hub.journal.events()
        if isinstance(event.fact, ResidentImported)
    }
    assert audiences == {laptop.node_id, network.enggano.journal.node_id}
    with network.hub.at_work():
        assert sum(reads.counts_by_desa().values()) == 1


def test_it_goes_on_after_a_crash(network: Network) -> None:
    """Broken off between two pieces, the same ask goes on where it stopped."""
    plan = plan_of(*villagers(ROWS_PER_APPEND + 50))
    ask = network.hub.ask(RATNA)

    def crash(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with network.hub.at_work() as journal, pytest.raises(KeyboardInterrupt):
        import_residents(journal, ask, plan, rng=Dice("a"), progress=crash)
    steps: list[tuple[int, int]] = []
    with network.hub.at_work() as journal:
        result = import_residents(
            journal, ask, plan, rng=Dice("b"), progress=lambda *step: steps.append(step)
        )
        assert (result.known, result.added) == (ROWS_PER_APPEND, 50)
        assert sum(reads.counts_by_desa().values()) == ROWS_PER_APPEND + 50
    assert steps == [(ROWS_PER_APPEND, ROWS_PER_APPEND + 50), (550, 550)]
    begun = [e for e in network.hub.journal.events() if isinstance(e.fact, ImportBegun)]
    assert len(begun) == 1


def test_it_skips_bad_rows_only_when_told(network: Network) -> None:
    """One bad row stops the whole file, unless the officer chose to go around it."""
    plan = plan_of(ROW, create_row(NIK="x"))
    size = len(network.hub.journal.events())
    with pytest.raises(Refusal, match="bad_rows"):
        take_in(network, plan)
    assert len(network.hub.journal.events()) == size
    assert take_in(network, plan, skip_bad=True).added == 1


def test_it_refuses_who_may_not_import(network: Network) -> None:
    """Nobody but the hub, and no officer outside her grant."""
    with network.enggano.at_work() as journal, pytest.raises(Refusal, match="hub_only"):
        import_residents(journal, network.enggano.ask(), plan_of(), rng=Dice("a"))
    with network.hub.at_work() as journal, pytest.raises(Refusal, match="not_allowed"):
        import_residents(
            journal, network.hub.ask(b"nobody!!"), plan_of(), rng=Dice("a")
        )
    with network.hub.at_work() as journal, pytest.raises(Refusal, match="not_allowed"):
        import_residents(journal, network.hub.ask(b""), plan_of(), rng=Dice("a"))
    assert MADE != RATNA


def test_it_says_when_a_file_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such file, a folder, a file over the limit: one sentence each."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(Refusal, match="file_unreadable"):
            plan_import(path, today=TODAY)
    big = tmp_path / "big.csv"
    big.write_bytes(b"x" * 11)
    monkeypatch.setattr(rules, "FILE_BYTES_MAX", 10)
    with pytest.raises(Refusal, match="file_too_big"):
        plan_import(big, today=TODAY)
