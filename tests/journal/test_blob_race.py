"""Two processes of one node finish one blob at the same moment: both find it there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perahu.journal.beside.blobs import Blobs
from perahu.journal.types import PART, BlobRef, Draft
from perahu.node.disk import RealDisk
from perahu.words import Refusal
from tests.cast import SARI, District, corrected, with_hub


class Overtaken(RealDisk):
    """A disk on which another process acts in the middle of one step, once."""

    def __init__(self, step: str) -> None:
        self._step = step
        self.other: Callable[[], object] | None = None

    def read(self, path: Path) -> bytes:
        """Read, perhaps overtaken before."""
        self._overtake("read", path)
        return super().read(path)

    def rename_durable(self, source: Path, target: Path) -> None:
        """Rename, perhaps overtaken before."""
        self._overtake("rename", source)
        super().rename_durable(source, target)

    def _overtake(self, step: str, path: Path) -> None:
        if step == self._step and path.suffix != ".map" and self.other is not None:
            other, self.other = self.other, None
            other()


@pytest.mark.parametrize("step", ["read", "rename"])
def test_it_survives_being_overtaken(district: District, step: str) -> None:
    """The slower one finds the blob in its place and calls nothing damaged."""
    hub, enggano = with_hub(district)
    content = district.dice(40_000)
    ref = enggano.blobs.put(content, PART)
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), (ref,))])
    enggano.blobs.remove(ref.sha256)
    disk = Overtaken(step)
    folder = district.members["Enggano"].folder / "blobs"
    slow, fast = (Blobs(folder, enggano._store, d) for d in (disk, RealDisk()))
    disk.other = lambda: fast.complete(ref)
    assert _give(slow, ref, content)
    assert slow.read(ref.sha256) == content and hub is not None


def _give(blobs: Blobs, ref: BlobRef, content: bytes) -> bool:
    """Add every chunk; whether the last one made it whole."""
    size = 16 * 1024
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return [blobs.add_chunk(ref, i, piece) for i, piece in enumerate(pieces)][-1]


def test_it_refuses_what_another_process_found_damaged(district: District) -> None:
    """One chunk was changed on the way; the other process threw all of it away first."""
    hub, enggano = with_hub(district)
    content = district.dice(40_000)
    ref = enggano.blobs.put(content, PART)
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), (ref,))])
    enggano.blobs.remove(ref.sha256)
    disk = Overtaken("read")
    folder = district.members["Enggano"].folder / "blobs"
    slow, fast = (Blobs(folder, enggano._store, d) for d in (disk, RealDisk()))
    disk.other = lambda: fast.complete(ref)
    with pytest.raises(Refusal, match="bad_chunk"):
        _give(slow, ref, bytes(16) + content[16:])
    assert not slow.has(ref.sha256) and slow.chunks_here(ref.sha256) == set()
    assert _give(fast, ref, content) and hub is not None
