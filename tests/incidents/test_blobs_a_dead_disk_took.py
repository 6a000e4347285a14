"""A disk died after the evening call; an old copy and the second medium made the node whole.

The medium holds entries and no blobs. The hub held every blob, and did not say so again: the
entries that came back stood at *tercatat* for ever, and their packets waited for no end.
Found by test_banten_2017.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.journal.types import Level
from tests.cast import District, with_hub
from tests.sync.road import Meeting, record_part


def _with_a_copy(district: District, copy: Path) -> tuple[Journal, Journal]:
    """The hub, and Enggano with a second medium, its folder copied on a quiet evening."""
    stick = copy.with_name("stick")
    stick.mkdir()
    district.members["Enggano"].mirror = stick
    hub, office = with_hub(district)
    Meeting(office, hub).hold()
    office.close()
    shutil.copytree(district.members["Enggano"].folder, copy)
    return hub, district.open("Enggano")


def _disk_dies(district: District, office: Journal, copy: Path) -> Journal:
    office.close()
    folder = district.members["Enggano"].folder
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    back = district.open("Enggano")
    assert back.healing.copied_back and not back.healing.rolled_back
    return back


def test_it_hears_again_what_the_hub_holds(district: District, tmp_path: Path) -> None:
    """One call, and the receipt is *diterima* again; nothing waits."""
    copy = tmp_path / "copy"
    hub, office = _with_a_copy(district, copy)
    receipt, _ = record_part(district, office, 40_000)
    Meeting(office, hub).hold()
    assert office.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    back = _disk_dies(district, office, copy)
    assert back.level_of(receipt.journal, receipt.seq) is Level.RECORDED
    Meeting(back, hub).hold()
    assert back.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    assert not back.waiting().blobs


def test_it_asks_once_for_what_nobody_holds(district: District, tmp_path: Path) -> None:
    """Gone before any call: the hub names the gap, and later calls cost what they cost."""
    copy = tmp_path / "copy"
    hub, office = _with_a_copy(district, copy)
    receipt, ref = record_part(district, office, 40_000)
    back = _disk_dies(district, office, copy)
    calls = [Meeting(back, hub).hold().up_bytes for _ in range(4)]
    assert [one.sha256 for one in hub.blobs.missing()] == [ref.sha256]
    assert back.level_of(receipt.journal, receipt.seq) is Level.RECORDED
    assert calls[0] > calls[2] == calls[3]
