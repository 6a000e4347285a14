"""The mirror keeps what earlier epochs said: a lost book gets all of it back, not the last."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from perahu.journal.journal import RECOUNT, Journal
from perahu.journal.types import Draft
from tests.cast import SARI, District, corrected, with_hub
from tests.sync.road import Meeting, record


@pytest.fixture
def pair(district: District, tmp_path: Path) -> tuple[Journal, Journal]:
    """The hub, and Enggano with a mirror."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    members = district.members
    members["Enggano"] = replace(members["Enggano"], mirror=mirror)
    return with_hub(district)


def test_it_brings_back_an_epoch_that_was_over(
    district: District, pair: tuple[Journal, Journal]
) -> None:
    """Said in the first epoch, mirrored, never sent; then a new epoch, then the book is lost."""
    hub, enggano = pair
    receipt = record(district, enggano)
    assert receipt.mirrored
    enggano.begin_epoch()
    record(district, enggano)
    enggano.close()
    for path in district.members["Enggano"].folder.glob("book.sqlite3*"):
        path.unlink()
    enggano = district.open("Enggano")
    assert enggano.hash_at(receipt.journal, receipt.seq) == receipt.h
    Meeting(enggano, hub).hold()
    assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h
    assert enggano.verify().sound and hub.verify().sound


def test_it_brings_back_an_epoch_that_the_old_disk_had_not_begun(
    district: District, pair: tuple[Journal, Journal], tmp_path: Path
) -> None:
    """A whole old disk comes back: what a later epoch mirrored is there, under its own name."""
    hub, enggano = pair
    enggano.close()
    folder = district.members["Enggano"].folder
    shutil.copytree(folder, tmp_path / "backup")
    enggano = district.open("Enggano")
    enggano.begin_epoch()
    receipt = record(district, enggano)
    enggano.close()
    old = district.open("Enggano", folder=tmp_path / "backup")
    assert old.healing.rolled_back and old.epoch == 3
    assert old.hash_at(receipt.journal, receipt.seq) == receipt.h
    Meeting(old, hub).hold()
    assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h


def test_it_brings_back_what_a_mirror_holds_that_was_plugged_in_late(
    district: District, pair: tuple[Journal, Journal], tmp_path: Path
) -> None:
    """An old copy is opened without its mirror, goes on under the next epoch, and only then
    somebody finds the stick: what it holds of the epoch that is over is there again.
    """
    hub, enggano = pair
    record(district, enggano)
    enggano.close()
    member = district.members["Enggano"]
    shutil.copytree(member.folder, tmp_path / "backup")
    enggano = district.open("Enggano")
    receipt = record(district, enggano)
    enggano.close()
    shutil.copy2(member.folder / "fence", tmp_path / "backup" / "fence")
    assert member.mirror is not None
    drawer = member.mirror.rename(tmp_path / "drawer")
    old = district.open("Enggano", folder=tmp_path / "backup")
    assert old.healing.rolled_back and old.epoch == 2
    record(district, old)
    old.close()
    drawer.rename(member.mirror)
    old = district.open("Enggano", folder=tmp_path / "backup")
    assert old.epoch == 2 and old.healing.copied_back == 1
    assert old.hash_at(receipt.journal, receipt.seq) == receipt.h
    Meeting(old, hub).hold()
    assert hub.hash_at(receipt.journal, receipt.seq) == receipt.h
    assert old.verify().sound and hub.verify().sound


@pytest.mark.parametrize("people", [1, 2])
def test_it_writes_no_keys_over_those_that_the_mirror_alone_has(
    people: int, district: District, pair: tuple[Journal, Journal], tmp_path: Path
) -> None:
    """An old copy is at work when somebody plugs the stick in: it has keys of people whom
    the copy never heard of, and without their keys what it holds of them stays closed.
    """
    _, enggano = pair
    enggano.close()
    member = district.members["Enggano"]
    shutil.copytree(member.folder, tmp_path / "backup")
    enggano = district.open("Enggano")
    facts = [Draft(corrected(subject=b"new-person-%d" % n)) for n in range(people)]
    with enggano.writing() as book:
        receipt = book.append(district.ask("Enggano", SARI), facts)
    enggano.close()
    shutil.copy2(member.folder / "fence", tmp_path / "backup" / "fence")
    assert member.mirror is not None
    drawer = member.mirror.rename(tmp_path / "drawer")
    old = district.open("Enggano", folder=tmp_path / "backup")
    drawer.rename(member.mirror)
    assert record(district, old).mirrored
    old.close()
    old = district.open("Enggano", folder=tmp_path / "backup")
    assert old.healing.copied_back == people
    assert old.hash_at(receipt.journal, receipt.seq) == receipt.h
    assert old.verify().sound


def test_it_begins_anew_where_the_mirror_gave_back_another_history(
    district: District, pair: tuple[Journal, Journal], tmp_path: Path
) -> None:
    """An old copy went on while the mirror lay in a drawer; noticed, and then lost as well.

    What it had said in the same place is gone, its next epoch names it, and the mirror gives
    back the entry from before: nobody may go on as if nothing were missing.
    """
    hub, enggano = pair
    enggano.close()
    folder, mirror = tmp_path / "backup", tmp_path / "mirror"
    shutil.copytree(district.members["Enggano"].folder, folder)
    enggano = district.open("Enggano")
    receipt = record(district, enggano)
    enggano.close()
    mirror.rename(tmp_path / "drawer")
    old = district.open("Enggano", folder=folder)
    with old.writing() as book:
        ask, fact = district.ask("Enggano", SARI), corrected(subject=b"somebody els")
        branch = book.append(ask, [Draft(fact)])
    assert (branch.journal, branch.seq) == (receipt.journal, receipt.seq)
    old.close()
    (tmp_path / "drawer").rename(mirror)
    old = district.open("Enggano", folder=folder)
    assert old.epoch == 2 and old.hash_at(branch.journal, branch.seq) == branch.h
    last = record(district, old)
    old.close()
    for path in folder.glob("book.sqlite3*"):
        path.unlink()
    for _ in range(2):
        found = district.open("Enggano", folder=folder)
        assert found.epoch == 3 and found.halts() == [RECOUNT]
        assert found.hash_at(receipt.journal, receipt.seq) == receipt.h
        assert found.hash_at(last.journal, last.seq) == last.h
        Meeting(found, hub).hold()
        assert found.verify().sound and hub.verify().sound
        found.close()
