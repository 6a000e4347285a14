"""A hub that goes on from a backup: what it lost goes again, entries and all they cite."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cast import District, with_hub
from tests.sync.road import Meeting, record_part


@pytest.mark.parametrize("cut", [20_000, 60_000, 150_000])
def test_it_is_cut_in_the_first_exchange_after_it(
    district: District, tmp_path: Path, cut: int
) -> None:
    """Its entries were there again and their blobs were not: these go the next time."""
    hub, enggano = with_hub(district)
    Meeting(enggano, hub).hold()
    hub.close()
    shutil.copytree(district.members["Hub"].folder, tmp_path / "backup")
    hub = district.open("Hub")
    for _ in range(3):
        record_part(district, enggano, 60_000)
    Meeting(enggano, hub).hold()
    assert hub.blobs.missing() == []
    hub.close()
    hub = district.open("Hub", folder=tmp_path / "backup")
    Meeting(enggano, hub).hold(cut=cut, piece=1 << 12)
    Meeting(enggano, hub).hold()
    civil = [one for one in hub.events() if one.lane == 1]
    assert len(civil) == 3 and hub.blobs.missing() == []
    assert hub.verify().sound
