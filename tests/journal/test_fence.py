"""The fence: two slots in turn, a torn one survived, and only whole ones believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.beside.fence import Fence, Mark
from perahu.node.disk import RealDisk
from tests.journal.stores import StoreDistrict

SLOT = 128


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the fence of a test stands."""
    return tmp_path / "fence"


def mark(count: int, epoch: int = 1) -> Mark:
    """The mark of the count-th own entry."""
    return Mark(epoch, count, bytes(15) + b"j", count, bytes([count % 256]) * 32)


def test_it_works(path: Path) -> None:
    """What was promised last is read back, also by another process."""
    Fence(path, RealDisk()).move(mark(1))
    Fence(path, RealDisk()).move(mark(2))
    assert Fence(path, RealDisk()).read() == mark(2)
    assert path.stat().st_size == 2 * SLOT


def test_it_is_empty_until_something_was_promised(path: Path) -> None:
    """No file, or one that only takes the room: nothing was promised."""
    fence = Fence(path, RealDisk())
    assert fence.read() is None
    fence.prepare()
    assert fence.read() is None and path.stat().st_size == 2 * SLOT


@pytest.mark.parametrize("steps", [(1, 2, 3), (1, 3, 5), (2, 4, 6), (1, 2, 4)])
@pytest.mark.parametrize("tear", [0, 1, 40, 127])
def test_it_survives_a_torn_slot(
    path: Path, steps: tuple[int, int, int], tear: int
) -> None:
    """However many entries a batch has, a write torn at any byte leaves the last mark."""
    fence = Fence(path, RealDisk())
    for count in steps[:2]:
        fence.move(mark(count))
    before = path.read_bytes()
    fence.move(mark(steps[2]))
    after = path.read_bytes()
    changed = next(i for i in range(2 * SLOT) if before[i] != after[i])
    start = changed // SLOT * SLOT
    torn = before[:start] + after[start : start + tear] + before[start + tear :]
    path.write_bytes(torn)
    assert fence.read() in (mark(steps[1]), mark(steps[2]))


def test_it_puts_a_later_epoch_before_a_greater_count(path: Path) -> None:
    """A new epoch counts from one; its first mark is still the newest."""
    fence = Fence(path, RealDisk())
    fence.move(mark(500))
    fence.move(mark(501))
    fence.move(mark(1, epoch=2))
    assert fence.read() == mark(1, epoch=2)
    fence.move(mark(2, epoch=2))
    assert fence.read() == mark(2, epoch=2)


@pytest.mark.parametrize("at", range(0, 2 * SLOT, 5))
def test_it_believes_no_flipped_slot(path: Path, at: int) -> None:
    """A damaged slot is no mark; the other one still is."""
    fence = Fence(path, RealDisk())
    fence.move(mark(1))
    fence.move(mark(2))
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))
    assert fence.read() == (mark(2) if at < SLOT else mark(1))


def test_it_stands_at_the_last_own_entry_of_any_lane(district: StoreDistrict) -> None:
    """Each append moves it, whichever of the node's journals was written."""
    hub = district.open("Hub")
    district.found(hub)
    found = Fence(district.members["Hub"].folder / "fence", RealDisk()).read()
    row = next(row for row in hub.journals() if row.own)
    assert found == Mark(1, row.head_seq, row.id, row.head_seq, row.head_h)
