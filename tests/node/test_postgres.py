"""A hub whose book is on PostgreSQL: the same commands, the same words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perahu.node.office import open_office
from tests.journal.postgres import Cluster, installed
from tests.journal.stores import IN_MEMORY
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A PostgreSQL server for this file."""
    binaries = installed()
    if binaries is None:
        pytest.skip("needs the Debian package postgresql")
    made = Cluster(binaries, IN_MEMORY)
    yield made
    made.stop()


def test_it_works(
    tmp_path: Path, server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PERAHU_BOOK names the server; the hub is founded there, enrols, verifies."""
    url = server.new_url()
    monkeypatch.setenv("PERAHU_BOOK", url)
    found_hub(tmp_path)
    assert perahu(tmp_path / "hub", "verify") == perahu(tmp_path / "hub", "status") == 0
    monkeypatch.delenv("PERAHU_BOOK")
    assert perahu(tmp_path / "hub", "verify") == 0
    assert not (tmp_path / "hub" / "book.sqlite3").exists()
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        assert office.journal.epoch == 1


def test_it_takes_the_address_from_its_settings(
    tmp_path: Path, server: Cluster
) -> None:
    """An office's own file beside a hub's server: each book where its node.toml says."""
    found_hub(tmp_path, book=server.new_url())
    add_enggano(tmp_path)
    for name in ("hub", "enggano"):
        assert perahu(tmp_path / name, "verify") == 0
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        assert len(office.authority.nodes()) == 2


def test_it_says_that_the_server_is_away(
    tmp_path: Path, server: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, code 2; and a second hub never moves into a book that is taken."""
    url = server.new_url()
    found_hub(tmp_path, book=url)
    words = ("init", "--name", "X", "--wilayah", "1703", "--decree", "K", "--book")
    for number, wrong in enumerate(
        (url, "postgresql://x@/x?host=/nowhere", "mysql://x")
    ):
        assert perahu(tmp_path / str(number), *words, wrong) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert not (tmp_path / str(number)).exists()
    assert perahu(tmp_path / "hub", "verify") == 0
