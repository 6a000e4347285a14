"""Every book that a test leaves behind goes through the auditor (tools/auditor.py).

A book is read when a test's journal is closed, and again where it changed since; what was
never closed, or was made by other processes, is read when the test is over, and what lies
in folders of the whole session at its end. Nothing is passed over: a test that damages a
book on purpose says so, and why, with `@pytest.mark.damages_book("…")`; where only some
of its cases do, with `always=False`. A folder of damaged books that tests share is named
by `leave_out(folder, "why")`.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakSet
from zlib import crc32

import pytest

from perahu.journal.journal import Journal, Opening
from tests.node.offices import PHRASE
from tools.auditor import UNREADABLE, Auditor, Findings, secret_of
from tools.auditor_facts import audit

BESIDE = ("book.sqlite3", "book.sqlite3-wal", "certificate", "fence", "keyring")
"""What is read again only where one of these changed."""


@cache
def secret_in(vault: bytes, phrase: str) -> bytes:
    """The secret of a node that a test founded as an office does; stretched once."""
    return secret_of(vault, phrase)


@dataclass
class Audits:
    """What was read so far in this process, and what is wrong in the test that runs."""

    books: int = 0
    entries: int = 0
    seals: int = 0
    damaged: int = 0
    cpu_s: float = 0.0
    wrong: list[str] = field(default_factory=list)
    openings: dict[Path, Auditor] = field(default_factory=dict)
    read: dict[Path, tuple[Any, ...]] = field(default_factory=dict)
    left_out: dict[Path, str] = field(default_factory=dict)
    phrases: dict[Path, str] = field(default_factory=dict)
    process: int = field(default_factory=os.getpid)

    def opened(self, opening: Opening) -> None:
        """Remember how a book is opened."""
        keys = opening.keys
        self.openings[opening.folder] = Auditor(
            opening.folder,
            keys.secret,
            opening.root_public,
            opening.mirror,
            opening.book_url or "",
        )

    def look(self, folder: Path, *, again: bool = False) -> None:
        """Audit one book, unless nothing changed since it was read last."""
        begun = time.process_time()
        seen = tuple(_stamp(folder / name) for name in BESIDE)
        if self._url(folder):
            fresh = not again
        else:
            fresh = seen[0] is not None and self.read.get(folder) != seen
        if fresh:
            self.read[folder] = seen
            self._audit(folder)
        self.cpu_s += time.process_time() - begun

    def _url(self, folder: Path) -> str:
        return self.openings[folder].url if folder in self.openings else ""

    def _audit(self, folder: Path) -> None:
        try:
            found = audit(self.openings.get(folder) or _founded(folder))
        except UNREADABLE as error:
            found = Findings(wrong=[f"cannot be read: {type(error).__name__} {error}"])
        self.books += 1
        self.entries += found.entries
        self.seals += found.seals
        self.wrong += [f"{folder}: {line}" for line in found.wrong]

    def rest(self, *places: Path) -> None:
        """Audit what was never closed, and what other processes left in a folder."""
        for folder in list(self.openings):
            if not self._url(folder):
                self.look(folder)
        for place in places:
            for path in sorted(place.rglob("book.sqlite3")):
                is_node = (path.parent / "node.key").exists()
                is_meant = any(path.is_relative_to(one) for one in self.left_out)
                if (is_node or path.parent in self.openings) and not is_meant:
                    self.look(path.parent)

    def total(self) -> dict[str, float]:
        """What is shown at the end."""
        names = ("books", "entries", "seals", "damaged", "cpu_s")
        return {name: getattr(self, name) for name in names}


def _founded(folder: Path) -> Auditor:
    """How the book of a real office is opened: by its vault, as its people do."""
    phrase = AUDITS.phrases.get(folder, PHRASE)
    secret = secret_in((folder / "node.key").read_bytes(), phrase)
    root = bytes.fromhex((folder / "root.pub").read_text())
    return Auditor(folder, secret, root)


def _stamp(path: Path) -> int | None:
    """Not the file's time: two writes within one tick of the clock have the same."""
    try:
        return crc32(path.read_bytes())
    except OSError:
        return None


AUDITS = Audits()
FAILED = pytest.StashKey[bool]()


def leave_out(folder: Path, why: str) -> None:
    """Books that lie here were damaged for many tests; they are counted by nobody."""
    assert why
    AUDITS.left_out[folder] = why


def opens_with(folder: Path, phrase: str) -> None:
    """A book that only other processes open, and the passphrase of its node."""
    AUDITS.phrases[folder] = phrase


def watch() -> None:
    """From now on every journal that is opened or closed in this process is known."""
    begin, end = Journal.__init__, Journal.close
    gone: WeakSet[Journal] = WeakSet()  # a database of PostgreSQL may be gone by now

    def opened(self: Journal, opening: Opening) -> None:
        begin(self, opening)
        AUDITS.opened(opening)

    def closed(self: Journal) -> None:
        end(self)
        if os.getpid() == AUDITS.process:
            AUDITS.look(self._folder, again=self in gone)
            gone.add(self)

    Journal.__init__, Journal.close = opened, closed  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """When the fixtures are gone: was every book sound that this test left behind?"""
    yield
    place = getattr(item, "funcargs", {}).get("tmp_path")
    AUDITS.rest(*[place] if place else [])
    wrong, AUDITS.wrong = AUDITS.wrong, []
    AUDITS.openings = {f: one for f, one in AUDITS.openings.items() if f.exists()}
    reason = item.get_closest_marker("damages_book")
    if reason and not wrong and reason.kwargs.get("always", True):
        pytest.fail("It says that it damages a book, and the auditor found none.")
    if reason:
        AUDITS.damaged += bool(wrong)
    elif wrong:
        pytest.fail("The auditor found:\n" + "\n".join(wrong[:20]), pytrace=False)
    if place and not item.stash.get(FAILED, False):
        # Thousands of books would fill the memory they lie in.
        shutil.rmtree(place, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember what failed: its files stay for who looks."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What lies in folders of the whole session; and the totals, to whoever shows them."""
    place = getattr(session.config, "_tmp_path_factory", None)
    has_workers = session.config.pluginmanager.hasplugin("dsession")
    if place is not None and place._basetemp is not None and not has_workers:
        AUDITS.rest(place._basetemp)
    if AUDITS.wrong:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if hasattr(session.config, "workeroutput"):
        shown = AUDITS.total() | {"wrong": AUDITS.wrong}
        session.config.workeroutput["audits"] = shown


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add up what a worker of xdist audited."""
    for name, value in getattr(node, "workeroutput", {}).get("audits", {}).items():
        setattr(AUDITS, name, getattr(AUDITS, name) + value)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line: how many books, and at what cost."""
    if AUDITS.books:
        terminalreporter.write_line(
            f"auditor: {AUDITS.books} books, {AUDITS.entries} entries, {AUDITS.seals} "
            f"seals read in {AUDITS.cpu_s:.0f} s of CPU; {AUDITS.damaged} tests damage "
            f"theirs on purpose; {len(AUDITS.wrong)} wrong at the end of the session"
        )
        for line in AUDITS.wrong[:20]:
            terminalreporter.write_line(f"  {line}")
