"""A full disk, a read-only one, a full stick: refused whole or done whole, then on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from perahu.journal.databases import SqlcipherStore
from perahu.journal.journal import Journal
from perahu.journal.types import PHOTO, Draft
from perahu.node.disk import RealDisk
from perahu.words import Refusal
from tests.cast import SARI, corrected, stocked, with_hub
from tests.journal.postgres import Cluster
from tests.journal.small_disk import SmallDisk, small_disk
from tests.journal.stores import IN_MEMORY, StoreDistrict
from tests.journal.test_store import ports


@pytest.fixture
def disk(district: StoreDistrict) -> Iterator[SmallDisk]:
    """Enggano's folder on a disk of four megabytes."""
    folder = district.members["Enggano"].folder
    certificate = (folder / "certificate").read_bytes()
    with small_disk(folder) as made:
        (folder / "certificate").write_bytes(certificate)
        yield made
        district.close()


def state_until_full(district: StoreDistrict, journal: Journal) -> int:
    """State facts about ever new people until the disk is full; gives how many stand."""
    for count in range(10_000):
        person = f"person-{count:05}".encode()
        try:
            district.state(journal, corrected(subject=person))
        except Refusal as refusal:
            assert refusal.code == "no_space", refusal
            return count
    raise AssertionError("the disk never filled")


@pytest.mark.parametrize("leave", [0, 8_192, 100_000, 300_000])
def test_it_works(district: StoreDistrict, disk: SmallDisk, leave: int) -> None:
    """Wherever the room ends: refused in words, all before is there, then it goes on."""
    _, enggano = with_hub(district)
    district.state(enggano)
    disk.fill(leave=leave)
    count = state_until_full(district, enggano)
    with pytest.raises(Refusal, match="no_space"):
        district.state(enggano, *[corrected()] * 300)
    disk.make_room()
    receipt = district.state(enggano)
    assert receipt.seq == count + 2, "nothing half-done stands in between"
    assert enggano.verify().sound
    enggano.close()
    again = district.open("Enggano")
    assert again.epoch == 1 and again.halts() == [] and again.verify().sound


def test_it_does_the_refused_action_when_there_is_room(
    district: StoreDistrict, disk: SmallDisk
) -> None:
    """The same op_id again: it is done, once."""
    _, enggano = with_hub(district)
    disk.fill()
    state_until_full(district, enggano)
    ask = district.ask("Enggano", SARI)
    drafts = [Draft(corrected(subject=b"quite-new-12"))] * 200
    with pytest.raises(Refusal, match="no_space"), enggano.writing() as book:
        book.append(ask, drafts)
    assert enggano.receipt(ask.op_id) is None
    disk.make_room()
    with enggano.writing() as book:
        receipt = book.append(ask, drafts)
        assert book.append(ask, drafts) == receipt
    assert enggano.verify().sound


def test_it_opens_on_a_full_disk(district: StoreDistrict, disk: SmallDisk) -> None:
    """The node starts, shows what it has, and says at the first action what is wrong."""
    _, enggano = with_hub(district)
    for _ in range(5):
        district.state(enggano)
    before = enggano.events()
    enggano.close()
    disk.fill()
    try:
        enggano = district.open("Enggano")
    except Refusal as refusal:
        assert refusal.code == "no_space"
        disk.make_room()
        enggano = district.open("Enggano")
    assert enggano.events() == before and enggano.epoch == 1


def test_it_takes_no_half_blob(district: StoreDistrict, disk: SmallDisk) -> None:
    """A part that does not fit is refused; no piece of it stays; later it fits."""
    _, enggano = with_hub(district)
    disk.fill(leave=100_000)
    free = disk.free_bytes()
    with pytest.raises(Refusal, match="no_space"):
        enggano.blobs.put(bytes(200_000), PHOTO)
    assert disk.free_bytes() >= free - 16_384, "only folders may stay"
    disk.make_room()
    assert enggano.blobs.has(enggano.blobs.put(bytes(200_000), PHOTO).sha256)


def test_it_says_when_the_disk_is_read_only(
    district: StoreDistrict, disk: SmallDisk
) -> None:
    """A failing disk is remounted read-only by the system: refused, nothing lost."""
    _, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    disk.remount("ro")
    with pytest.raises(Refusal, match="read_only"):
        district.open("Enggano")
    disk.remount("rw")
    enggano = district.open("Enggano")
    assert district.state(enggano).seq == 2 and enggano.verify().sound


@pytest.mark.parametrize("way", ["full", "read-only"])
def test_it_records_on_when_the_mirror_cannot_be_written(
    district: StoreDistrict, tmp_path: Path, way: str
) -> None:
    """A full or read-only stick: the receipt says so; with room again the gap is filled."""
    with small_disk(tmp_path / "stick", megabytes=1) as stick:
        district.members["Enggano"].mirror = stick.folder
        _, enggano = with_hub(district)
        assert district.state(enggano).mirrored
        if way == "full":
            stick.fill()
        else:
            stick.remount("ro")
        receipts = [
            district.state(enggano, corrected(subject=f"person-{i:05}".encode()))
            for i in range(30)
        ]
        assert not receipts[-1].mirrored and enggano.verify().sound
        if way == "full":
            stick.make_room()
        else:
            stick.remount("rw")
        assert district.state(enggano, stocked(1)).mirrored
        enggano.close()
        fence = (district.members["Enggano"].folder / "fence").read_bytes()
        assert len(fence) == 256
        enggano = district.open("Enggano")
        assert enggano.healing.copied_back == 0 and enggano.verify().sound


def test_it_gives_all_back_from_a_stick_that_was_full(
    district: StoreDistrict, tmp_path: Path
) -> None:
    """The stick filled up, got room and was brought on: a lost book comes back whole."""
    with small_disk(tmp_path / "stick", megabytes=1) as stick:
        district.members["Enggano"].mirror = stick.folder
        _, enggano = with_hub(district)
        enggano.close()
        saved = district.save("Enggano")
        enggano = district.open("Enggano")
        stick.fill(leave=4_096)
        for i in range(30):
            district.state(enggano, corrected(subject=f"person-{i:05}".encode()))
        stick.make_room()
        assert district.state(enggano).mirrored
        facts = [event.fact for event in enggano.events()]
        enggano.close()
        district.restore(saved, keep=("fence",))
        enggano = district.open("Enggano")
        assert enggano.healing.copied_back == 31
        assert [event.fact for event in enggano.events()] == facts


@pytest.fixture
def own_cluster(cluster: Cluster) -> Iterator[Cluster]:
    """A server for one test alone, which may suffer."""
    made = Cluster(cluster.binaries, IN_MEMORY)
    yield made
    made.stop()


def test_it_works_on_a_full_server(
    district: StoreDistrict, own_cluster: Cluster
) -> None:
    """PostgreSQL's own disk is full: the same words, and the same going on."""
    with small_disk(own_cluster.folder / "small", megabytes=24) as disk:
        disk.remount("size=24m,mode=777")
        place = disk.folder / "space"
        place.mkdir()
        own_cluster.own(place)
        own_cluster.run(f"CREATE TABLESPACE small LOCATION '{place}'")
        member = district.members["Enggano"]
        member.book_url = own_cluster.new_url(more="TABLESPACE small")
        _, enggano = with_hub(district)
        district.state(enggano)
        disk.fill(leave=65_536)
        with pytest.raises(Refusal, match="no_space"):
            for _ in range(50):
                district.state(enggano, *[stocked()] * 2_000)
        heads = [r.head_seq for r in enggano.journals() if r.own and r.lane == 0]
        disk.make_room()
        assert district.state(enggano, stocked()).seq == sum(heads) + 1
        assert enggano.verify().sound
        enggano.close()
        own_cluster.drop(member.book_url)
        own_cluster.run("DROP TABLESPACE small")


def test_it_leaves_a_file_as_it_was(tmp_path: Path) -> None:
    """Appending to a full disk leaves no half line behind."""
    with small_disk(tmp_path / "small", megabytes=1) as disk:
        path = disk.folder / "file"
        RealDisk().append_durable(path, b"whole")
        disk.fill(leave=4_096)
        with pytest.raises(OSError, match="space"):
            RealDisk().append_durable(path, bytes(50_000))
        assert path.read_bytes() == b"whole"


class Unsaying(RealDisk):
    """A disk so broken that it cannot even say how full it is."""

    def free_bytes(self, folder: Path) -> int:
        """Nobody knows."""
        raise OSError(errno.EIO, "i/o error")


def test_it_tells_a_full_disk_from_a_broken_one(tmp_path: Path) -> None:
    """SQLite says "I/O error" where its shared index does not fit; only the room tells."""
    with small_disk(tmp_path / "small", megabytes=1) as disk:
        path, key = disk.folder / "book.sqlite3", bytes(32)
        SqlcipherStore(path, key, ports(disk.folder)).close()
        disk.fill(leave=4_096)
        with pytest.raises(Refusal, match="no_space") as full:
            SqlcipherStore(path, key, ports(disk.folder))
        assert "I/O" in str(full.value.__cause__)
        broken = replace(ports(disk.folder), disk=Unsaying())
        with pytest.raises(Refusal, match="broken_book"):
            SqlcipherStore(path, key, broken)
