"""A hub whose book lies in PostgreSQL: founded, served, synced with, killed and verified."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from perahu.keys.facts import OperatorGranted
from perahu.node.office import Office, open_office
from perahu.node.settings import load_settings
from tests.journal.postgres import Cluster, installed
from tests.node.offices import PHRASE, perahu
from tests.people.builders import create_csv, villagers
from tests.system.desks import record
from tests.system.processes import NodeProcess, free_port, serving
from tests.system.world import ANY, ENGGANO, OPERATORS, PIN, VILLAGERS, World, call

Said = Callable[[], str]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for this file."""
    binaries = installed()
    if binaries is None:
        pytest.skip("needs the Debian package postgresql")
    made = Cluster(binaries, None)
    yield made
    made.stop()


class Hub:
    """A hub whose every command is told by PERAHU_BOOK where its book lies."""

    def __init__(self, folder: Path, url: str, patch: pytest.MonkeyPatch, said: Said):
        self.folder, self.url = folder, url
        self._patch, self._said = patch, said
        self.port = free_port()

    def run(self, *words: str | Path, code: int = 0, **environment: str) -> str:
        """One command, in this process; gives what it said."""
        with self._patch.context() as patch:
            patch.setenv("PERAHU_BOOK", self.url)
            for name, value in environment.items():
                patch.setenv(name, value)
            assert perahu(self.folder, *words) == code
        return self._said()

    def status(self) -> dict[str, Any]:
        """What it says of itself."""
        found: dict[str, Any] = json.loads(self.run("status", "--json"))
        return found

    def serving(self) -> AbstractContextManager[NodeProcess]:
        """The hub as a process."""
        return serving(self.folder, PERAHU_BOOK=self.url)


def _code_in(text: str) -> str:
    found = re.search(r": ([0-9A-Z]{4}(?:-[0-9A-Z]{4})+)\s*$", text, re.MULTILINE)
    assert found is not None, text
    return found.group(1)


@pytest.fixture
def hub(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hub:
    """Founded on the server by the command, with residents, and Enggano joined."""

    def said() -> str:
        shown = capsys.readouterr()
        return shown.out + shown.err

    made = Hub(tmp_path / "hub", cluster.new_url(), monkeypatch, said)
    founding = made.run(
        "init", "--name", "Bengkulu Utara", "--wilayah", "17.03", "--decree", "SK",
        "--login", "ratna", "--page", ANY, "--listen", f"127.0.0.1:{made.port}",
    )  # fmt: skip
    made.run("pin", "--login", "ratna", PERAHU_CODE=_code_in(founding), PERAHU_PIN=PIN)
    letter, rights = tmp_path / "enggano.enrol", "intake,record"
    enrolled = made.run(
        "enrol", "--name", ENGGANO, "--role", "kecamatan", "--wilayah", "17.03.01",
        "--out", letter,
    )  # fmt: skip
    made.run(
        "grant", "--login", OPERATORS[ENGGANO], "--name", "Sari", "--decree", "SK",
        "--rights", rights, "--wilayah", "17.03.01",
    )  # fmt: skip
    sheet = tmp_path / "penduduk.csv"
    sheet.write_bytes(create_csv(*villagers(VILLAGERS)))
    made.run("import", "--officer", "ratna", sheet, PERAHU_PIN=PIN)
    monkeypatch.setenv("PERAHU_CODE", _code_in(enrolled))
    joined = ("init", "--from", letter, "--page", ANY)
    assert perahu(tmp_path / "enggano", *joined) == 0
    monkeypatch.delenv("PERAHU_CODE")
    capsys.readouterr()
    return made


@pytest.fixture
def enggano(hub: Hub) -> Iterator[Office]:
    """Enggano, whose own book is a file."""
    folder = hub.folder.with_name("enggano")
    with open_office(folder, passphrase=PHRASE) as office:
        yield office


def test_it_works(hub: Hub, enggano: Office, cluster: Cluster) -> None:
    """Residents go out, a recording comes in over TLS; both books are sound."""
    assert not (hub.folder / "book.sqlite3").exists()
    with hub.serving() as node:
        assert node.ready["road_port"] == hub.port
        assert call(enggano, hub.port).is_complete
        grants = [
            e.fact for e in enggano.journal.events(0, 10_000)
            if isinstance(e.fact, OperatorGranted)
        ]  # fmt: skip
        assert {one.login for one in grants} == {"ratna", "sari"}
        recorded = record(enggano, ENGGANO, _adult(enggano))
        assert call(enggano, hub.port).is_complete
        _hold(enggano, recorded.receipt.journal)
        found = hub.status()
        assert (found["recordings"]["closed"], found["blobs_missing"]) == (1, 0)
        assert found["parked"] == 0
        assert node.stop() == 0
    assert "is sound" in hub.run("verify")
    assert enggano.journal.verify().sound


def test_it_goes_on_when_its_server_or_it_was_killed(
    hub: Hub, enggano: Office, cluster: Cluster
) -> None:
    """The server drops every connection, then the hub is killed: the road goes on."""
    with hub.serving():
        assert call(enggano, hub.port).is_complete
        cluster.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname LIKE 'book%'"
        )
        recorded = record(enggano, ENGGANO, _adult(enggano))
        for _ in range(3):
            if call(enggano, hub.port).is_complete:
                break
    with hub.serving():
        assert call(enggano, hub.port).is_complete
    _hold(enggano, recorded.receipt.journal)
    assert "is sound" in hub.run("verify")


def test_it_remembers_where_its_book_lies(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command without PERAHU_BOOK finds the same book, and founds no second one."""
    assert load_settings(hub.folder).book == hub.url
    assert perahu(hub.folder, "status", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["epoch"] == 1 and found["tables"] == hub.status()["tables"]
    assert not (hub.folder / "book.sqlite3").exists()


def _adult(office: Office) -> str:
    """Somebody at Enggano who may be recorded."""
    return World(office.folder.parent).residents()[0]


def _hold(office: Office, journal: bytes) -> None:
    """All of a journal is received by the hub."""
    row = office.journal.journal(journal)
    assert row is not None and row.received_seq == row.head_seq
