"""A hub was killed after a blob's last chunk came in and before the blob got its name.

Every chunk was in its map, so the hub told its office "all of it is here", and the office
sent nothing more: the blob was never whole, and its recording stayed tercatat for ever.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.journal.limits import CHUNK_BYTES
from perahu.journal.types import BlobRef, Level, Receipt
from tests.cast import District, with_hub
from tests.sync.road import Meeting, record_part


def _blobs_of(district: District, name: str) -> Path:
    return district.members[name].folder / "blobs"


def _entry_only(
    district: District, hub: Journal, office: Journal, size: int
) -> tuple[Receipt, BlobRef, bytes]:
    """The hub holds an entry of the office, whose blob is still to come."""
    receipt, ref = record_part(district, office, size)
    name = ref.sha256.hex()
    file = _blobs_of(district, "Enggano") / name[:2] / name
    cipher = file.read_bytes()
    file.unlink()
    Meeting(office, hub).hold()
    file.write_bytes(cipher)
    assert [one.sha256 for one in hub.blobs.missing()] == [ref.sha256]
    return receipt, ref, cipher


def _leave_unnamed(district: District, ref: BlobRef, content: bytes) -> None:
    """What the kill left in the hub's folder."""
    partial = _blobs_of(district, "Hub") / "partial" / ref.sha256.hex()
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(content)
    count = (ref.size - 1) // CHUNK_BYTES + 1
    partial.with_suffix(".map").write_bytes(b"\x01" * count)


@pytest.mark.parametrize("size", [351, CHUNK_BYTES, 3 * CHUNK_BYTES - 7])
@pytest.mark.parametrize("is_reopened", [False, True])
def test_it_gets_its_name_at_the_next_contact(
    district: District, size: int, is_reopened: bool
) -> None:
    """With or without a new start of the hub, the next exchange makes it whole and known."""
    hub, office = with_hub(district)
    receipt, ref, cipher = _entry_only(district, hub, office, size)
    _leave_unnamed(district, ref, cipher)
    if is_reopened:
        hub.close()
        hub = district.open("Hub")
    Meeting(office, hub).hold()
    assert hub.blobs.is_whole(ref.sha256) and not hub.blobs.missing()
    assert office.level_of(receipt.journal, receipt.seq) is Level.RECEIVED


def test_it_is_sent_again_where_a_power_cut_spoilt_it(district: District) -> None:
    """A full map over bytes that were never flushed: thrown away, and sent anew."""
    hub, office = with_hub(district)
    receipt, ref, cipher = _entry_only(district, hub, office, 40_000)
    _leave_unnamed(district, ref, bytes(len(cipher)))
    for _ in range(2):
        Meeting(office, hub).hold()
    assert hub.blobs.is_whole(ref.sha256)
    assert office.level_of(receipt.journal, receipt.seq) is Level.RECEIVED


def test_it_is_named_at_the_next_start(district: District) -> None:
    """The hub needs nobody for it: the bytes are there."""
    hub, office = with_hub(district)
    _, ref, cipher = _entry_only(district, hub, office, 20_000)
    _leave_unnamed(district, ref, cipher)
    hub.close()
    hub = district.open("Hub")
    assert hub.blobs.is_whole(ref.sha256) and not hub.blobs.missing()
    assert not list((_blobs_of(district, "Hub") / "partial").iterdir())
