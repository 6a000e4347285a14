"""Sticks that fail as sticks do: bad sectors, no room, pulled out, lying."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.node.disk import RealDisk
from perahu.sync.courier import exporting as courier
from perahu.sync.courier.exporting import Exported
from perahu.sync.courier.reading import read
from perahu.sync.courier.report import Imported
from perahu.sync.offer import Offer, Peer
from perahu.sync.passport import Passport
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District
from tests.sync.road import TO_HUB, TO_OFFICE, offer_for

SECTOR = 512
PAGE = 4096


@dataclass
class Stick(RealDisk):
    """A disk of which one folder is a stick; everything else works."""

    folder: Path
    bad: set[int] = field(default_factory=set)
    """Sectors of 512 bytes, of any file there, that cannot be read."""
    pulled_after: int | None = None
    """Bytes read or written after which nothing of it can be reached any more."""
    room: int | None = None
    lies_at: int | None = None
    """A byte that is given back otherwise than it was written."""
    moved: int = 0

    def _is_on(self, path: Path) -> bool:
        return self.folder in path.parents

    def _move(self, count: int) -> None:
        self.moved += count
        if self.pulled_after is not None and self.moved > self.pulled_after:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    def read_at(self, path: Path, offset: int, count: int) -> bytes:
        """What lies there, if it can be read."""
        found = super().read_at(path, offset, count)
        if not self._is_on(path):
            return found
        self._move(len(found))
        if self.bad.intersection(
            range(offset // SECTOR, -(-(offset + len(found)) // SECTOR))
        ):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if self.lies_at is not None and offset <= self.lies_at < offset + len(found):
            lie = bytearray(found)
            lie[self.lies_at - offset] ^= 1
            return bytes(lie)
        return found

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Write, while there is room and the stick is there."""
        if self._is_on(path):
            self._move(len(data))
            if self.room is not None and offset + len(data) > self.room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write_at(path, offset, data)

    def remove(self, path: Path) -> None:
        """Take a file away, if the stick is there."""
        if self._is_on(path):
            self._move(0)
        super().remove(path)


def peer_of(journal: Journal) -> Peer:
    """A node as the other writes to it."""
    node = journal.certificate
    return Peer(node.node_id, node.box_public, node.name)


def hub_of(_: Passport) -> Offer:
    """An office takes files of its hub."""
    return TO_HUB


def write_up(source: Journal, target: Journal, folder: Path) -> Exported:
    """What an office has for its hub."""
    folder.mkdir(exist_ok=True)
    return courier.export(Side(source), peer_of(target), TO_HUB, folder)


def write_down(source: Journal, target: Journal, folder: Path) -> Exported:
    """What the hub has for an office."""
    folder.mkdir(exist_ok=True)
    return courier.export(Side(source), peer_of(target), TO_OFFICE, folder)


def read_up(hub: Journal, path: Path) -> Imported:
    """An office's file, read at the hub; nothing is taken for a fork."""
    return read(Side(hub, _no_fork), path, offer_for)


def _no_fork(seen: object) -> None:
    raise AssertionError(seen)


def code_of(hub: Journal, path: Path) -> str:
    """Why the hub refuses a file."""
    try:
        read_up(hub, path)
    except Refusal as refusal:
        assert refusal.words.id and refusal.words.en
        return refusal.code
    return ""


def reopened(
    district: District, journal: Journal, name: str, disk: RealDisk
) -> Journal:
    """The same node with another disk."""
    journal.close()
    return district.open(name, disk=disk)
