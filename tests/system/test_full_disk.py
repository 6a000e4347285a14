"""A disk that fills up: one sentence, nothing half-done; after room is made it goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.node.cli import main, sentence_or_mistake
from perahu.node.courier import export_to
from perahu.node.office import Office, open_office
from perahu.people import actions as people
from perahu.people import reads
from perahu.words import Refusal, Words
from tests.node.offices import PHRASE
from tests.people.builders import create_csv, villagers
from tests.system.desks import record
from tests.system.mounts import fill, small_disk
from tests.system.world import ENGGANO, HUB, World, answering, call, officer_of
from tests.system.wrong import check_sentence

KB = 1024


@pytest.fixture
def disk(world: World, tmp_path: Path) -> Iterator[Path]:
    """A small disk, with Enggano's folder on it; the district finds it there."""
    with small_disk(tmp_path / "disk", "16m") as small:
        move(world, ENGGANO, small)
        yield small
        world.close()


def move(world: World, name: str, disk: Path) -> None:
    """Put a node's folder on another disk."""
    place = world.place(name)
    shutil.move(place, disk / name)
    place.symlink_to(disk / name)


def words_of(error: Exception) -> Words:
    """What a command would say of it."""
    words = sentence_or_mistake(error)
    assert "mistake" not in words.en, words.en
    assert words.id != words.en
    return words


def facts(journal: Journal) -> list[tuple[bytes, int]]:
    """How far every journal goes."""
    return [(row.id, row.head_seq) for row in journal.journals()]


def record_until_full(office: Office, nik: str) -> Words | None:
    """Record somebody; gives what was said where it did not come to the proof."""
    try:
        record(office, ENGGANO, nik, resume=True)
    except Exception as error:  # noqa: BLE001 - whatever a full disk makes of it
        return words_of(error)
    return None


@pytest.mark.parametrize("left", [0, 40 * KB, 90 * KB, 200 * KB, 400 * KB])
def test_it_works(disk: Path, world: World, left: int) -> None:
    """A recording stops wherever the room ends, keeps what it said, and goes on later."""
    office, nik = world.open(ENGGANO), world.residents()[0]
    ballast = fill(disk, leave_bytes=left)
    said = record_until_full(office, nik)
    assert said is not None, "the disk was too big to be filled"
    assert "full" in said.en or "room" in said.en or "disk" in said.en, said.en
    before = facts(office.journal)
    again = record_until_full(office, nik)
    assert again is not None
    ballast.unlink()
    assert facts(office.journal)[: len(before)] >= before
    recorded = record(office, ENGGANO, nik, resume=True)
    assert recorded.receipt.level == 0
    report = office.journal.verify()
    assert report.sound, [words.en for words in report.faults]
    assert not report.blobs_awaited and not report.parked
    with office.at_work():
        hash_before = office.tables.content_hash()
        office.tables.rebuild()
        office.journal.catch_up()
        assert office.tables.content_hash() == hash_before
    assert not list(disk.rglob("*.new")), "no draft is left"


def test_it_opens_a_node_whose_disk_is_full(
    disk: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a byte left every command still ends in a sentence, and harms nothing."""
    ballast = fill(disk)
    for words in ("status", "verify", "sync", f"courier export --folder {disk}"):
        code = main(
            ["--lang", "en", "--dir", str(world.place(ENGGANO)), *words.split()]
        )
        shown = capsys.readouterr()
        if code != 0:
            check_sentence(code, shown.err)
    ballast.unlink()
    assert main(["--dir", str(world.place(ENGGANO)), "verify"]) == 0


def load_more(world: World, count: int) -> list[str]:
    """The hub imports more residents for Enggano; gives their NIK."""
    rows = villagers(count, seed=77)
    file = world.folder / "more.csv"
    file.write_bytes(create_csv(*rows))
    with world.open(HUB) as hub:
        plan = people.plan_import(file, today=hub.now().today)
        ask = hub.ask(officer_of(hub, HUB))
        people.import_residents(hub.journal, ask, plan, rng=os.urandom)
    return [row["NIK"] for row in rows]


def test_it_takes_in_no_half_of_a_sync(
    disk: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exchange that the disk cannot hold ends in a sentence; the next one brings all."""
    niks = load_more(world, 1500)
    place = world.place(ENGGANO)
    with world.open(HUB) as hub, answering(hub) as listener:
        world.change(ENGGANO, parent=f"127.0.0.1:{listener.port}")
        ballast = fill(disk, leave_bytes=300 * KB)
        code = main(["--lang", "en", "--dir", str(place), "sync"])
        check_sentence(code, capsys.readouterr().err)
        ballast.unlink()
        assert main(["--lang", "en", "--dir", str(place), "sync"]) == 0
    _check_known(place, niks)


def test_it_takes_in_no_half_of_a_courier_file(
    disk: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file the disk cannot hold ends in a sentence; read again, it brings all."""
    niks = load_more(world, 1500)
    stick, place = world.folder / "stick", world.place(ENGGANO)
    stick.mkdir()
    with world.open(HUB) as hub:
        export_to(hub, world.node_id(ENGGANO), stick)
    ballast = fill(disk, leave_bytes=300 * KB)
    given = ["--lang", "en", "--dir", str(place), "courier", "import", str(stick)]
    code = main(given)
    check_sentence(code, capsys.readouterr().err)
    ballast.unlink()
    assert main(given) == 0
    _check_known(place, niks)


def _check_known(place: Path, niks: list[str]) -> None:
    with open_office(place, passphrase=PHRASE) as office:
        assert len(reads.known_by_nik(niks[:500])) == 500
        assert reads.by_nik(niks[-1]) is not None
        report = office.journal.verify()
        assert report.sound, [words.en for words in report.faults]


def test_it_tells_an_office_that_the_hub_is_full(world: World, tmp_path: Path) -> None:
    """The hub's disk fills while Enggano sends: both hear of it, nothing is lost."""
    office = world.open(ENGGANO)
    niks = world.residents()[:3]
    for nik in niks:
        record(office, ENGGANO, nik)
    with small_disk(tmp_path / "disk", "16m") as disk:
        move(world, HUB, disk)
        troubles: list[Refusal] = []
        with world.open(HUB) as hub:
            ballast = fill(disk, leave_bytes=80 * KB)
            with answering(hub, troubled=troubles.append) as listener:
                assert not call(office, listener.port, attempts=2).is_complete
            assert troubles and "full" in troubles[0].words.en, troubles
            ballast.unlink()
            with answering(hub) as listener:
                assert call(office, listener.port).is_complete
            assert not hub.journal.blobs.missing()
            assert hub.journal.verify().sound
            own = [row for row in office.journal.journals() if row.own]
            assert all(row.received_seq == row.head_seq for row in own)
