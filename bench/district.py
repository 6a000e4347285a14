"""The cast of the tests in a folder that several processes of one bench open in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from perahu.journal.journal import Journal
from perahu.journal.types import Draft
from perahu.node.tables import Tables
from tests.cast import District


@contextmanager
def district_in(folder: Path) -> Iterator[District]:
    """The district in a folder; founded there where it is not yet."""
    if not folder.exists():
        district = District(folder)
    else:
        # One seed, one district: made anew elsewhere, it has the keys of the first.
        with TemporaryDirectory() as elsewhere:
            district = District(Path(elsewhere) / "district")
        district.folder = folder
        for name, member in district.members.items():
            member.folder = folder / name
    try:
        yield district
    finally:
        district.close()


@contextmanager
def new_district() -> Iterator[District]:
    """A district that is gone afterwards."""
    with TemporaryDirectory() as folder, district_in(Path(folder) / "d") as district:
        yield district


@contextmanager
def tables_of(district: District, name: str) -> Iterator[Tables]:
    """A node's table file, and that node at work."""
    path = tables_path(district.folder, name)
    with (
        Tables(path, district.members[name].keys.tables_key) as tables,
        tables.at_work(),
    ):
        yield tables


def tables_path(folder: Path, name: str) -> Path:
    """Where a node's tables lie."""
    return folder / f"{name}-tables.sqlite3"


def state(
    district: District, journal: Journal, drafts: list[Draft], *, step: int, by: bytes
) -> None:
    """Let an officer append drafts, `step` an action."""
    name = journal.certificate.name
    for at in range(0, len(drafts), step):
        with journal.writing() as book:
            book.append(district.ask(name, by), drafts[at : at + step])
