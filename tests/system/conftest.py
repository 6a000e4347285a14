"""A district of real nodes for every test, and a clean environment."""

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
def world(founded: World, tmp_path: Path) -> Iterator[World]:
    """A district of the test's own."""
    from tests.system.world import copy_world

    made = copy_world(founded, tmp_path / "world")
    yield made
    made.close()
