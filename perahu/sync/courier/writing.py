"""Writing one part of a courier file: groups of frames with their repair data, and the heads.

    "JRN1" ‖ head ‖ filler up to 8 KB ‖ head ‖ filler up to 16 KB ‖ groups … ‖ head

Three heads, none within one bad sector of another. What was written is flushed, renamed
and read back from the medium before anybody is told that it is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perahu.journal.ports import Disk
from perahu.sync import frames, limits
from perahu.sync.courier import groups
from perahu.sync.fields import is_count
from perahu.sync.frames import Frame
from perahu.sync.sealed import (
    CLASS_OF_BLOB,
    CLASS_OF_LANE,
    CLASSES,
    ChunkCargo,
    Sealer,
    SegmentCargo,
)
from perahu.words import Refusal

COUNT, HASH, SIZE, PART, NUMBER, WALL_MS, LAST_BYTES, CONTENTS, MORE = range(1, 10)
"""What the head of a file says besides: frames, their hash and bytes, part, file number,
time, data bytes of the last group, what it carries by class, whether more parts follow."""
_LONGEST = limits.FRAME_BYTES_MAX + frames.OVERHEAD_BYTES
_END_BYTES_MAX = 256


@dataclass(slots=True)
class Contents:
    """How much of each class of the road a file carries: entries of lanes, else blobs."""

    counts: list[int] = field(default_factory=lambda: [0] * CLASSES)
    _last: dict[int, bytes] = field(default_factory=dict)

    def add_entries(self, lane: int, count: int) -> None:
        """Count the entries of a segment."""
        self.counts[CLASS_OF_LANE[lane]] += count

    def add_chunk(self, cargo: ChunkCargo) -> None:
        """Count a blob where its first chunk here stands."""
        found = CLASS_OF_BLOB[cargo.blob_class]
        if self._last.get(found) != cargo.blob:
            self._last[found] = cargo.blob
            self.counts[found] += 1

    @property
    def entries(self) -> int:
        """Entries of all lanes."""
        return sum(self.counts[found] for found in CLASS_OF_LANE)

    @property
    def blobs(self) -> int:
        """Blobs of all classes."""
        return sum(self.counts) - self.entries

    @classmethod
    def of(cls, head: Any) -> Contents | None:
        """What a head says; None where it says nothing of the kind."""
        is_sound = type(head) is list and len(head) == CLASSES
        return cls(head) if is_sound and all(map(is_count, head)) else None


class CountingSealer(Sealer):
    """A sealer that keeps count of what it sealed."""

    contents: Contents

    def segment(self, cargo: SegmentCargo) -> Frame:
        """The SEG frame of a segment."""
        self.contents.add_entries(cargo.lane, cargo.b - cargo.a + 1)
        return super().segment(cargo)

    def chunk(self, cargo: ChunkCargo) -> Frame:
        """The CHUNK frame of a piece."""
        self.contents.add_chunk(cargo)
        return super().chunk(cargo)


class Writer:
    """Writes frames into one part, and its heads when they are all there."""

    def __init__(self, disk: Disk, path: Path, session: bytes, ceiling: int) -> None:
        self._disk, self._path, self._name = disk, path, session[:8]
        self._draft = draft_of(path)
        self._disk.remove(self._draft)
        self._group, self._number = bytearray(), 0
        self._hash, self._ceiling = hashlib.sha256(), ceiling
        self._written = self._last_bytes = self._count = 0
        self.file_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether one more frame, and the END, might not fit."""
        more = _LONGEST + _END_BYTES_MAX
        size = limits.COURIER_HEAD_BYTES * 2 + self._written
        if groups.fits(len(self._group), more):
            last = groups.filled(len(self._group) + more)
            return size + groups.Grid(last).bytes > self._ceiling
        full, last = groups.GROUP_BYTES, groups.filled(more)
        both = groups.Grid(full).bytes + groups.Grid(last).bytes
        return size + both > self._ceiling

    @property
    def digest(self) -> bytes:
        """SHA-256 of all frames between the heads, once it is finished."""
        return self._hash.digest()

    def put(self, frame: Frame) -> None:
        """Add a frame; a group that it does not fit into is closed before it."""
        raw = frame.encode()
        if not groups.fits(len(self._group), len(raw)):
            self._close(groups.GROUP_BYTES)
        self._group += raw
        self._count += 1

    def _close(self, data_bytes: int) -> None:
        """Fill the group up, and write it with what mends it."""
        rest = groups.filler(data_bytes - len(self._group))
        self._group += rest
        data = bytes(self._group)
        assert len(data) == data_bytes
        behind = groups.repair(self._name, self._number, data)
        raw = data + b"".join(behind)
        assert len(raw) == groups.Grid(data_bytes).bytes
        at = limits.COURIER_HEAD_BYTES + self._written
        self._disk.write_at(self._draft, at, raw)
        self._hash.update(raw)
        self._count += len(behind) + bool(rest)
        self._written += len(raw)
        self._number += 1
        self._last_bytes = data_bytes
        self._group.clear()

    def finish(
        self, sign: Callable[[dict[int, Any]], Frame], says: dict[int, Any]
    ) -> None:
        """Write the heads, flush, rename, and read the whole back. Raises "bad_stick".

        `says` is what the head says besides what this writer counted.
        """
        assert self._group, "an END stands at the end"
        self._close(groups.filled(len(self._group)))
        head = sign({
            COUNT: self._count, HASH: self.digest, SIZE: self._written,
            LAST_BYTES: self._last_bytes, **says,
        }).encode()  # fmt: skip
        front = _front(head)
        end = limits.COURIER_HEAD_BYTES + self._written
        self._disk.write_at(self._draft, 0, front)
        self._disk.write_at(self._draft, end, head)
        self.file_bytes = end + len(head)
        self._disk.rename_durable(self._draft, self._path)
        if not self._is_whole(front, head):
            raise bad_stick()

    def _is_whole(self, front: bytes, tail: bytes) -> bool:
        found, at = hashlib.sha256(), limits.COURIER_HEAD_BYTES
        end = at + self._written
        while at < end:
            count = min(limits.COURIER_BUFFER_BYTES, end - at)
            found.update(self._disk.read_at(self._path, at, count))
            at += count
        return (
            self._disk.read_at(self._path, 0, len(front)) == front
            and self._disk.read_at(self._path, end, len(tail)) == tail
            and found.digest() == self.digest
        )

    def abandon(self) -> None:
        """Take away what was not written to its end, if the stick still lets us."""
        with suppress(OSError):
            self._disk.remove(self._draft)
            self._disk.remove(self._path)


def draft_of(path: Path) -> Path:
    """What a file is called while it is written."""
    return path.with_name(f".{path.name}.part")


def _front(head: bytes) -> bytes:
    """The room at the beginning: a head in each half, where it fits into one."""
    half = limits.COURIER_HEAD_BYTES // 2
    if len(frames.MAGIC) + len(head) + frames.OVERHEAD_BYTES > half:
        front = frames.MAGIC + head
        assert len(front) + frames.OVERHEAD_BYTES <= 2 * half, "a head beyond its room"
        return front + groups.filler(2 * half - len(front))
    front = frames.MAGIC + head
    front += groups.filler(half - len(front)) + head
    return front + groups.filler(2 * half - len(front))


def bad_stick() -> Refusal:
    """What is said where a stick gives back other than it was given."""
    return Refusal(
        "bad_stick",
        "Yang terbaca kembali dari stik tidak sama dengan yang ditulis: stik ini rusak. "
        "Tidak ada yang hilang dari simpul ini; pakai stik lain, lalu ulangi.",
        "What was read back from the stick is not what was written: this stick is bad. "
        "Nothing is lost from this node; use another stick, then do it again.",
    )
