"""A stick in bad hands, or in careless ones: nothing hangs, and nobody's file is lost."""

from __future__ import annotations

from pathlib import Path

from perahu.sync import courier
from perahu.sync.courier_groups import GROUP_BYTES, Grid
from perahu.sync.courier_reading import files_on
from perahu.sync.courier_writing import LAST_BYTES, SIZE
from perahu.sync.session import Side
from tests.cast import District, give, with_hub
from tests.sync.road import TO_HUB, record
from tests.sync.sticks import peer_of, read_up
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
