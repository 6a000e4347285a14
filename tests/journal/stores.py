"""A district on either store, whose nodes can be copied, and put back as they were."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import Draft, Receipt, Tables
from perahu.kinds import Fact
from tests.cast import BUDI, SARI, District, corrected
from tests.journal.postgres import Cluster

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where the tests' real files lie: each flush is asked for, nobody waits for a disk."""
BOTH_STORES = pytest.mark.parametrize(
    "district", ["sqlcipher", "postgresql"], indirect=True
)


@dataclass(frozen=True)
class Saved:
    """A copy of a node's folder, and of its database where it has one."""

    name: str
    folder: Path
    book_url: str | None


class StoreDistrict(District):
    """A district that gives each node a book on the store asked for."""

    def __init__(self, folder: Path, cluster: Cluster | None = None) -> None:
        super().__init__(folder)
        self._cluster, self._copies = cluster, itertools.count(1)

    def open(
        self, name: str, tables: Tables | None = None, **changes: object
    ) -> Journal:
        """Open a node's journal, its database made when it is first opened."""
        member = self.members[name]
        if self._cluster is not None and member.book_url is None:
            member.book_url = self._cluster.new_url()
        return super().open(name, tables, **changes)

    def save(self, name: str) -> Saved:
        """Copy a closed node, as a backup at night would."""
        member = self.members[name]
        folder = self.folder / f"{name}-copy-{next(self._copies)}"
        shutil.copytree(member.folder, folder)
        return Saved(name, folder, self._copied_url(member.book_url))

    def restore(self, saved: Saved, *, keep: Collection[str] = ()) -> None:
        """Put a closed node back as it was, but for the files kept as they are now."""
        member = self.members[saved.name]
        for path in member.folder.iterdir():
            if path.name not in keep:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in saved.folder.iterdir():
            if path.name in keep:
                continue
            target = member.folder / path.name
            if path.is_dir():
                shutil.copytree(path, target)
            else:
                shutil.copy2(path, target)
        member.book_url = self._copied_url(saved.book_url)

    def twin(self, name: str) -> Journal:
        """A clone of a closed node, opened beside it."""
        saved = self.save(name)
        return self.open(name, folder=saved.folder, book_url=saved.book_url)

    def _copied_url(self, url: str | None) -> str | None:
        if url is None or self._cluster is None:
            return None
        return self._cluster.new_url(like=url)

    def state(
        self,
        journal: Journal,
        *facts: Fact,
        name: str = "Enggano",
        officer: bytes = SARI,
    ) -> Receipt:
        """Sari states facts, by default one about Budi."""
        with journal.writing() as book:
            drafts = [Draft(fact) for fact in facts or (corrected(subject=BUDI),)]
            return book.append(self.ask(name, officer), drafts)


def with_mirror(district: District, name: str = "Enggano") -> Path:
    """Put a second medium beside a node; it is there from its next opening on."""
    folder = district.folder / f"mirror-of-{name}"
    folder.mkdir(exist_ok=True)
    district.members[name].mirror = folder
    return folder
