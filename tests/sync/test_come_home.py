"""What a node wrote in an epoch it left comes home to it, from whoever holds it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import PHOTO, Draft
from perahu.keys.certificates import Chain, open_epoch
from perahu.sync.offer import POST_ONLY, returned
from tests.cast import SARI, District, corrected, give, with_hub
from tests.sync.road import TO_HUB, Meeting, record


def restored(district: District, copies: Path) -> tuple[Journal, Journal, list[bytes]]:
    """The hub holds five facts of Enggano, whose book out of a backup holds two."""
    hub, enggano = with_hub(district)
    for _ in range(2):
        record(district, enggano)
    Meeting(enggano, hub).hold()
    enggano.close()
    folder = district.members["Enggano"].folder
    shutil.copytree(folder, copies / "old")
    enggano = district.open("Enggano")
    for _ in range(3):
        record(district, enggano)
    Meeting(enggano, hub).hold()
    enggano.close()
    known = hashes(hub, enggano.node_id)
    fence = (folder / "fence").read_bytes()
    shutil.rmtree(folder)
    shutil.copytree(copies / "old", folder)
    (folder / "fence").write_bytes(fence)
    return hub, district.open("Enggano"), known


def hashes(journal: Journal, node: bytes) -> list[bytes]:
    """Every entry of a node that a book holds."""
    found = []
    for row in journal.journals():
        if row.node == node:
            each = (journal.hash_at(row.id, n + 1) for n in range(row.head_seq))
            found += [h for h in each if h is not None]
    return sorted(found)


def test_it_works(district: District, tmp_path: Path) -> None:
    """One contact, and the old epoch is whole again on both sides."""
    hub, enggano, known = restored(district, tmp_path)
    assert enggano.epoch == 2 and len(hashes(enggano, enggano.node_id)) == 2
    meeting = Meeting(enggano, hub)
    meeting.hold()
    assert hashes(enggano, enggano.node_id) == known == hashes(hub, enggano.node_id)
    assert meeting.evidence == [] and enggano.parked() == [] and hub.parked() == []
    assert enggano.verify().sound and hub.verify().sound


def test_it_comes_once(district: District, tmp_path: Path) -> None:
    """The next contact brings nothing again."""
    hub, enggano, _ = restored(district, tmp_path)
    Meeting(enggano, hub).hold()
    Meeting(enggano, hub).hold()
    idle = Meeting(enggano, hub).hold()
    assert idle.down_bytes < 1_500


@pytest.mark.parametrize("cut", [2_000, 4_000, 6_000])
def test_it_survives_a_cut(district: District, tmp_path: Path, cut: int) -> None:
    """Cut on its way home, the rest comes the next time."""
    hub, enggano, known = restored(district, tmp_path)
    Meeting(enggano, hub).hold(cut=cut, piece=512)
    Meeting(enggano, hub).hold()
    assert hashes(enggano, enggano.node_id) == known


def test_it_is_no_old_copy_while_a_part_has_come(
    district: District, tmp_path: Path
) -> None:
    """A rebuilt office whose first contact was cut is started again: its epoch goes on."""
    hub, enggano = with_hub(district)
    for _ in range(12):
        record(district, enggano)
        Meeting(enggano, hub).hold()
    enggano.close()
    member, node = district.members["Enggano"], enggano.node_id
    known = hashes(hub, node)
    heads = [(r.id, r.head_seq, r.head_h) for r in hub.journals() if r.node == node]
    papers = enggano.chain.papers
    chain = open_epoch(
        member.keys, papers, epoch=2, nonce=b"n" * 16, not_before=tuple(heads)
    )
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "certificate").write_bytes(chain.encode())
    rebuilt = district.open("Enggano", folder=tmp_path / "new")
    for cut in range(2_000, 20_000, 500):
        Meeting(rebuilt, hub).hold(cut=cut, piece=256)
        if hashes(rebuilt, node):
            break
    assert 0 < len(hashes(rebuilt, node)) < len(known)
    rebuilt.close()
    rebuilt = district.open("Enggano", folder=tmp_path / "new")
    assert rebuilt.epoch == 2 and not rebuilt.healing.rolled_back
    Meeting(rebuilt, hub).hold()
    assert hashes(rebuilt, node) == known


def test_it_never_takes_the_running_epoch_from_elsewhere(
    district: District, tmp_path: Path
) -> None:
    """A twin's entries under our running chain stay outside; it is evidence."""
    hub, enggano = with_hub(district)
    record(district, enggano)
    Meeting(enggano, hub).hold()
    enggano.close()
    shutil.copytree(district.members["Enggano"].folder, tmp_path / "twin")
    enggano = district.open("Enggano")
    record(district, enggano)
    Meeting(enggano, hub).hold()
    twin = district.open("Enggano", folder=tmp_path / "twin")
    meeting = Meeting(twin, hub)
    meeting.hold()
    assert len(hashes(twin, twin.node_id)) < len(hashes(hub, twin.node_id))
    assert "further" in {one.kind for one in meeting.evidence}


def test_it_brings_no_blobs(district: District, tmp_path: Path) -> None:
    """What was sealed to the hub is of no use at the office: it is not waited for."""
    hub, enggano = with_hub(district)
    enggano.close()
    shutil.copytree(district.members["Enggano"].folder, tmp_path / "old")
    enggano = district.open("Enggano")
    ref = enggano.blobs.put(b"sealed" * 20_000, PHOTO)
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), (ref,))])
    Meeting(enggano, hub).hold()
    assert hub.blobs.has(ref.sha256)
    enggano.close()
    enggano = district.open("Enggano", folder=tmp_path / "old")
    enggano.begin_epoch()
    count = Meeting(enggano, hub).hold()
    assert len(hashes(enggano, enggano.node_id)) == 1
    assert count.down_bytes < 20_000 and enggano.blobs.missing() == []


def test_it_comes_home_to_the_hub_from_an_office(
    district: District, tmp_path: Path
) -> None:
    """A hub out of a backup gets back what it had said from whoever heard it."""
    hub, enggano = with_hub(district)
    Meeting(enggano, hub).hold()
    hub.close()
    folder = district.members["Hub"].folder
    shutil.copytree(folder, tmp_path / "old")
    hub = district.open("Hub")
    district.found(hub)
    give(hub, enggano)
    known = hashes(hub, hub.node_id)
    hub.close()
    hub = district.open("Hub", folder=tmp_path / "old")
    assert len(hashes(hub, hub.node_id)) < len(known)
    hub.begin_epoch()
    Meeting(enggano, hub).hold()
    assert hashes(hub, hub.node_id) == known
    assert hub.verify().sound and hub.parked() == []


def test_it_counts_epochs_that_came_home(district: District, tmp_path: Path) -> None:
    """A number that a journal come home bears is not used again."""
    hub, enggano, _ = restored(district, tmp_path)
    record(district, enggano)
    Meeting(enggano, hub).hold()
    enggano.close()
    old = district.open("Enggano", folder=tmp_path / "old")
    assert old.epoch == 1
    Meeting(old, hub).hold()
    old.begin_epoch()
    assert old.epoch == 3
    chains = {row.epoch: row.certificate for row in old.journals() if row.own}
    assert Chain.decode(chains[2], old.root_public).epoch.epoch == 2


def test_it_is_not_given_to_strangers(district: District) -> None:
    """Where nothing is given, nothing comes home either."""
    _, enggano = with_hub(district)
    rows = enggano.journals()
    hub = district.members["Hub"].node_id
    assert returned(rows, TO_HUB, hub, b"")
    assert returned(rows, POST_ONLY, hub, b"") == []
