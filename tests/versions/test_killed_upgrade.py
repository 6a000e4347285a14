"""An update that is killed in the middle goes on: at whatever step of the first opening.

The older program left a book without what was added since, and tables of its own making.
The newer one opens them in a process that dies just before its n-th statement.
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from perahu.journal.databases import SqlcipherStore
from perahu.node.django_settings import ALIASES
from perahu.node.tables import Tables
from sim.kills.town import ENGGANO, HUB, NODES, Town
from sim.kills.workers import READY_S_MAX, Say, fork
from tests.versions.corpus import EVENTS_MAX, kept, told_by
from tests.versions.golden_book import at

KILLS_EACH = 12
"""Of some two hundred statements: every one of the first, then every few."""
_NEVER = 1_000_000


@pytest.fixture(params=NODES)
def older(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Town, str]:
    """A node of the newest corpus as an older program left it, with its mirror."""
    name: str = request.param
    town = kept()[-1].copy(tmp_path / "older")
    with at(town, name) as office:
        office.journal.local.put(
            "tables", b"stale", b"\1"
        )  # it was killed at an erasure
        store: Any = office.journal._store
        store.run("DROP INDEX citations_blob")
        with connections[office.tables.alias].cursor() as cursor:
            cursor.execute("UPDATE node_tables SET schema = 'of the older program'")
            cursor.execute("DROP TABLE people_person")
            cursor.execute("CREATE TABLE people_person (person TEXT, of_then TEXT)")
    shutil.rmtree(town.place(HUB if name == ENGGANO else ENGGANO))
    return town, name


def opening(town: Town, name: str, dies_at: int) -> Any:
    """The work of a process that opens the node, and dies before that statement."""

    def work(say: Say) -> None:
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            if done == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

        honest = SqlcipherStore.run

        def run(store: SqlcipherStore, sql: str, values: Any = ()) -> None:
            step()
            honest(store, sql, values)

        def statement(execute: Any, sql: Any, *rest: Any) -> Any:
            step()
            return execute(sql, *rest)

        setattr(SqlcipherStore, "run", run)  # noqa: B010 - the child's own, until it dies
        for alias in ALIASES:
            connections[alias].execute_wrappers.append(statement)
        town.open(name).close()
        say("opened", statements=done)

    return work


def statements_of(town: Town, name: str) -> int:
    """How many statements the first opening takes, undisturbed."""
    worker = fork("undisturbed", opening(town, name, _NEVER))
    worker.wait_for("opened")
    found = [told["statements"] for kind, told in worker.kill_9() if kind == "opened"]
    return int(found[0])


def test_it_works(older: tuple[Town, str], tmp_path: Path) -> None:
    """Killed before any statement, the next start goes on; what was recorded is all there."""
    town, name = older
    whole = _copy(town, name, tmp_path / "whole")
    total = statements_of(whole, name)
    assert total > KILLS_EACH, "tables are made anew, statement by statement"
    for dies_at in sorted({*range(1, 6), *range(6, total, total // KILLS_EACH), total}):
        here = _copy(town, name, tmp_path / str(dies_at))
        _kill(here, name, dies_at)
        _check(here, name)
        shutil.rmtree(here.folder)


def test_it_goes_on_after_one_kill_after_another(
    older: tuple[Town, str], tmp_path: Path
) -> None:
    """A computer that dies at every start: each one begins where the book stands."""
    town, name = older
    for dies_at in (3, 9, 27, 81, 5):
        _kill(town, name, dies_at)
    _check(town, name)


def _copy(town: Town, name: str, folder: Path) -> Town:
    shutil.copytree(town.folder, folder)
    made = Town(folder)
    made.change(name, mirror=str(made.mirror(name)))
    return made


def _kill(town: Town, name: str, dies_at: int) -> None:
    worker = fork(f"dies at {dies_at}", opening(town, name, dies_at))
    worker.process.join(READY_S_MAX)
    assert worker.process.exitcode == -signal.SIGKILL, (dies_at, worker.news)
    worker.heard.close()


def _check(town: Town, name: str) -> None:
    with at(town, name) as office:
        assert told_by(office) == kept()[-1].said[name]
        report = office.journal.verify()
        assert report.sound, [words.en for words in report.faults]
        assert not office.journal.healing.rolled_back
        store: Any = office.journal._store
        wanted = "SELECT 1 FROM sqlite_master WHERE name = 'citations_blob'"
        assert store.rows(wanted), "what was added since is there"
        assert office.journal.local.get("tables", b"stale") is None
        events = office.journal.events(0, EVENTS_MAX)
        with Tables(town.folder / "anew", office.keys.tables_key) as anew:
            anew.apply(events, events[-1].position)
            assert anew.content_hash() == office.tables.content_hash()
        assert office.tables.position() == events[-1].position
    (town.folder / "anew").unlink()
