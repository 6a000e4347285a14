"""kill -9 of real processes: a small slice of `python -m sim.kills`, and that it sees."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from perahu.node.django_settings import configure

configure()

from perahu.people.models import Person  # noqa: E402
from sim.demo.processes import free_port  # noqa: E402
from sim.kills import checks, command, desk, jobs, series, whole  # noqa: E402
from sim.kills.checks import Lost  # noqa: E402
from sim.kills.ledger import Ledger  # noqa: E402
from sim.kills.series import Tally  # noqa: E402
from sim.kills.town import ENGGANO, Town, found_town  # noqa: E402
from sim.kills.workers import WorkerFailed, fork  # noqa: E402
from tests.audits import leave_out  # noqa: E402

KILLS, WHOLE = 8, 1


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The town every series begins with."""
    return found_town(tmp_path_factory.mktemp("kills") / "town", 5)


def test_it_works(image: Town, tmp_path: Path) -> None:
    """A series of kills of every kind, and all of it reaches the hub."""
    tally = Tally()
    series.run_series(image, tmp_path / "one", 5, KILLS, tally, lambda _: None)
    assert tally.lost.found == []
    assert (tally.kills, tally.lost.receipts) == (KILLS, 0)
    assert tally.receipts > KILLS, "the workers did work"
    assert tally.lost.books >= 2, "the auditor read both books at the end"


def test_it_kills_whole_nodes(image: Town, tmp_path: Path) -> None:
    """The real server with its pages, started cold, killed at work, and well again."""
    tally = Tally()
    whole.run_whole(image, tmp_path / "two", 6, WHOLE, tally, lambda _: None)
    assert tally.lost.found == []
    assert tally.whole == WHOLE


@pytest.mark.parametrize("kind", sorted(jobs.JOBS))
def test_it_does_real_work(image: Town, tmp_path: Path, kind: str) -> None:
    """Each kind of job goes on by itself; none of them only waits for its death."""
    town, ledger = image.copy(tmp_path / "town"), Ledger()
    worker = fork(kind, jobs.life(town, kind, ledger, free_port(), 1))
    worker.wait_for({"erase": "erased", "print": "card"}.get(kind, "receipt"))
    assert ledger.take(jobs.JOBS[kind].name, worker.kill_9()) > 0 or kind == "print"


def test_it_raises_what_a_worker_died_of(image: Town) -> None:
    """A worker that falls over its own work is no kill that went well."""
    nowhere = Town(image.folder / "nowhere")
    worker = fork("record", jobs.life(nowhere, "record", Ledger(), 9, 1))
    worker.hear_until(time.monotonic() + 0.5)
    with pytest.raises(WorkerFailed, match="no_node"):
        worker.kill_9()


@pytest.fixture
def worked(image: Town, tmp_path: Path) -> tuple[Town, Ledger]:
    """A town after one kill, with nothing lost."""
    town, ledger, lost = image.copy(tmp_path / "town"), Ledger(), Lost()
    shutil.copytree(town.place(ENGGANO), tmp_path / "yesterday")
    worker = fork("record", jobs.life(town, "record", ledger, 9, 1))
    worker.wait_for("receipt")
    assert ledger.take(ENGGANO, worker.kill_9()) > 0
    checks.check_node(town, ENGGANO, ledger, lost)
    assert lost.found == []
    return town, ledger


def test_it_sees_a_book_of_yesterday(
    worked: tuple[Town, Ledger], tmp_path: Path
) -> None:
    """A node that forgot what it had given receipts for is found out."""
    (town, ledger), lost = worked, Lost()
    shutil.rmtree(town.mirror(ENGGANO))
    shutil.rmtree(town.place(ENGGANO))
    shutil.copytree(tmp_path / "yesterday", town.place(ENGGANO))
    checks.check_node(town, ENGGANO, ledger, lost)
    assert lost.receipts == len(ledger.receipts)


def test_it_sees_tables_that_are_not_the_book(worked: tuple[Town, Ledger]) -> None:
    """A row that no fact gave is found out."""
    (town, ledger), lost = worked, Lost()
    with checks.opened(town, ENGGANO):
        Person.objects.filter(nama__startswith="DATA UJI").update(alamat="ELSEWHERE")
    checks.check_node(town, ENGGANO, ledger, lost)
    assert lost.found == ["Enggano: the tables are not what the book says"]


def test_it_sees_cards_and_persons_that_should_not_be(
    worked: tuple[Town, Ledger],
) -> None:
    """A card nobody intended, one that came out twice, and a subject still there."""
    (town, ledger), lost = worked, Lost()
    ledger.cards.update(["unintended-1", "unintended-1"])
    ledger.erased.append(desk.person_of(0))
    checks.check_node(town, ENGGANO, ledger, lost)
    said = " ".join(lost.found)
    for words in ("out of nowhere", "came out 2 times", "can be read again"):
        assert words in said


@pytest.mark.damages_book("a blob rots and a fence is wiped, to be seen", always=False)
def test_it_sees_a_damaged_book_by_other_eyes(worked: tuple[Town, Ledger]) -> None:
    """The auditor reads the node too, and its findings count."""
    (town, _), lost = worked, Lost()
    leave_out(town.place(ENGGANO), "a blob rots and a fence is wiped, to be seen")
    checks.audit(town, ENGGANO, lost)
    assert (lost.found, lost.books) == ([], 1)
    (town.place(ENGGANO) / "fence").write_bytes(bytes(256))
    blob = next(p for p in (town.place(ENGGANO) / "blobs").rglob("*") if p.is_file())
    blob.write_bytes(b"rot" + blob.read_bytes()[3:])
    checks.audit(town, ENGGANO, lost)
    assert lost.found


def test_it_tells_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures as the last line, one JSON object."""
    assert command.main(["--kills", "1", "--whole", "0", "--seed", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["kills"], told["whole"], told["lost"]) == (1, 0, 0)
    assert told.keys() == {"kills", "whole", "receipts", "books", "lost"}
