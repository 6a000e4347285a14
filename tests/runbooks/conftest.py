"""A district for every runbook, with ports that stay when a machine is built again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from perahu.node.django_settings import configure
from tests.node.offices import PHRASE

# Tests import the rooms, and their models need Django set up.
configure()

if TYPE_CHECKING:
    from tests.runbooks.follow import Site
    from tests.system.world import World

_VARIABLES = (
    "PERAHU_BOOK", "PERAHU_CODE", "PERAHU_DEBUG", "PERAHU_DIR", "PERAHU_LANG",
    "PERAHU_PASSPHRASE_FILE", "PERAHU_PIN", "CREDENTIALS_DIRECTORY",
)  # fmt: skip


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the passphrase is known."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERAHU_PASSPHRASE", PHRASE)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The district as it was founded; never touched again."""
    from tests.system.world import found_world

    return found_world(tmp_path_factory.mktemp("founded"))


@pytest.fixture
def site(founded: World, tmp_path: Path) -> Iterator[Site]:
    """A district of the test's own, whose hub and provinsi are at work."""
    from tests.runbooks.follow import Site
    from tests.system.world import copy_world

    made = Site(copy_world(founded, tmp_path / "srv"), tmp_path)
    made.begin()
    yield made
    made.close()
