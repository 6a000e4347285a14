"""A stick in bad hands, or in careless ones: nothing hangs, and nobody's file is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

from perahu.journal.types import Level
from perahu.sync.courier import exporting as courier
from perahu.sync.courier.groups import GROUP_BYTES, Grid
from perahu.sync.courier.reading import files_on, read
from perahu.sync.courier.writing import LAST_BYTES, SIZE
from perahu.sync.session import Side
from tests.cast import District, give, with_hub
from tests.sync.road import TO_HUB, record
from tests.sync.sticks import hub_of, peer_of, read_up, write_down
from tests.sync.test_courier_survives import World, _head_of, _with_head


def test_it_claims_five_thousand_million_groups(tmp_path: Path) -> None:
    """A head of one of us, with a layout that could be: read as far as there are bytes."""
    world = World(tmp_path, parts=1, size=20_000)
    last = _head_of(world.content).file[LAST_BYTES]
    size = Grid(last).bytes + ((1 << 52) // Grid(GROUP_BYTES).bytes) * (
        Grid(GROUP_BYTES).bytes
    )
    world.path.write_bytes(_with_head(world, {SIZE: size}))
    found = read_up(world.hub, world.path)
    assert found.stored_entries == 2 and found.missing_bytes > 1 << 51


def test_it_is_a_stick_of_two_nodes_whose_names_begin_alike(
    district: District, tmp_path: Path
) -> None:
    """Both files are there afterwards: the second one is called otherwise."""
    names = [f"Laptop lapangan Enggano {which}" for which in ("satu", "dua")]
    for name in names:
        district.add(name, "kecamatan", "170301")
    hub, _ = with_hub(district)
    written: list[Path] = []
    for name in names:
        journal = district.open(name)
        give(hub, journal)
        record(district, journal)
        made = courier.export(Side(journal), peer_of(hub), TO_HUB, tmp_path)
        written += made.paths
    assert sorted(written) == sorted(files_on(hub, tmp_path).ours)
    assert len(set(written)) == 2
    assert all(read_up(hub, path).is_whole for path in written)


class _Restored:
    """A hub that lost its book and went on from a backup, and what Enggano has of it."""

    def __init__(self, district: District, folder: Path) -> None:
        self.district, self.folder = district, folder
        hub, self.enggano = with_hub(district)
        hub.close()
        shutil.copytree(district.members["Hub"].folder, folder / "backup")
        self.hub = district.open("Hub")
        self.receipt = record(district, self.enggano, 2)
        self.answer(self.up())
        self.return_file = self.answer(self.up())

    def up(self) -> Path:
        """What Enggano has for its hub."""
        return courier.export(
            Side(self.enggano), peer_of(self.hub), TO_HUB, self.folder
        ).paths[0]

    def answer(self, path: Path) -> Path:
        """The hub reads a file and writes its return file."""
        got = read_up(self.hub, path)
        return write_down(self.hub, self.enggano, self.folder / str(got.number)).paths[
            0
        ]

    def restore(self) -> Path:
        """The hub goes on from its backup; gives the next file it writes for Enggano."""
        self.hub.close()
        self.hub = self.district.open("Hub", folder=self.folder / "backup")
        self.hub.begin_epoch()
        return write_down(self.hub, self.enggano, self.folder / "after").paths[0]

    def level(self) -> Level:
        """How far Enggano believes its last fact to be."""
        return self.enggano.level_of(self.receipt.journal, self.receipt.seq)


def test_it_is_a_return_file_of_a_hub_that_lost_its_book(
    district: District, tmp_path: Path
) -> None:
    """It comes after a file of the restored hub: no level rises, and all goes again."""
    world = _Restored(district, tmp_path)
    read(Side(world.enggano), world.restore(), hub_of)
    read(Side(world.enggano), world.return_file, hub_of)
    assert world.level() is Level.RECORDED
    assert read_up(world.hub, world.up()).stored_entries == 2


def test_it_is_the_first_file_of_a_restored_hub(
    district: District, tmp_path: Path
) -> None:
    """It counts its acks from the backup's number on, and is believed all the same."""
    world = _Restored(district, tmp_path)
    read(Side(world.enggano), world.return_file, hub_of)
    assert world.level() is Level.RECEIVED
    read(Side(world.enggano), world.restore(), hub_of)
    assert read_up(world.hub, world.up()).stored_entries == 2
