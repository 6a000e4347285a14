"""Whether something is still to come after files were read: what a script asks by the code."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

from perahu.sync.courier.exporting import export
from perahu.sync.courier.report import Imported, lacks_some
from perahu.sync.session import Side
from tests.cast import District, with_hub
from tests.sync.road import TO_HUB, record_part
from tests.sync.sticks import peer_of, read_up, write_up

PART_BYTES = 250_000


def torn(path: Path) -> Path:
    """The same file, of which the second half is gone."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def test_it_works(district: District, tmp_path: Path) -> None:
    """A damaged file lacks something, until the one written after it is read as well."""
    hub, enggano = with_hub(district)
    record_part(district, enggano, 60_000)
    first = write_up(enggano, hub, tmp_path).paths[0]
    assert not lacks_some([read_up(hub, first)])
    record_part(district, enggano, 60_000)
    damaged = read_up(hub, torn(write_up(enggano, hub, tmp_path).paths[0]))
    later = read_up(hub, write_up(enggano, hub, tmp_path).paths[0])
    assert not damaged.is_whole and later.is_whole
    assert lacks_some([damaged]) and lacks_some([read_up(hub, first), damaged])
    for files in permutations((damaged, later)):
        assert not lacks_some(files)
    assert hub.blobs.missing() == []


def test_it_counts_the_file_of_the_same_sender_alone(
    district: District, tmp_path: Path
) -> None:
    """What another office wrote later says nothing about this one's."""
    hub, enggano = with_hub(district)
    ketahun = district.open("Ketahun")
    record_part(district, enggano, 60_000)
    damaged = read_up(hub, torn(write_up(enggano, hub, tmp_path).paths[0]))
    others = [write_up(ketahun, hub, tmp_path).paths[0] for _ in range(3)]
    later = read_up(hub, others[-1])
    assert later.number > damaged.number and lacks_some([damaged, later])


def test_it_counts_a_file_of_many_parts_only_as_a_whole(
    district: District, tmp_path: Path
) -> None:
    """The rest may stand in any part of the later file."""
    hub, enggano = with_hub(district)
    for _ in range(3):
        record_part(district, enggano, 200_000)
    damaged = read_up(hub, torn(write_up(enggano, hub, tmp_path / "once").paths[0]))
    side, peer = Side(enggano), peer_of(hub)
    made = export(side, peer, TO_HUB, tmp_path, part_bytes_max=PART_BYTES)
    parts: list[Imported] = [read_up(hub, path) for path in made.paths]
    assert len(parts) > 2 and not lacks_some([*parts, damaged])
    for left_out in parts:
        some = [one for one in parts if one is not left_out]
        assert lacks_some([damaged, *some])
        assert not lacks_some(some), "a part that was not brought is no damage"
