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
    _set_surroundings(monkeypatch)


def _set_surroundings(patch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        patch.delenv(name, raising=False)
    patch.setenv("PERAHU_PASSPHRASE", PHRASE)


@pytest.fixture(scope="session")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The district on an ordinary evening; never touched again."""
    from tests.node.desk.town import make_cheap
    from tests.runbooks.follow import Site, work_a_day
    from tests.system.world import NODES, found_world

    folder = tmp_path_factory.mktemp("at-work")
    (folder / "srv").mkdir()
    world = found_world(folder / "srv")
    # A runbook opens nodes some forty times: what a guess costs is shown elsewhere.
    for name in NODES:
        make_cheap(world.place(name) / "node.key")
    site = Site(world, folder)
    with pytest.MonkeyPatch.context() as patch:
        _set_surroundings(patch)
        site.begin()
        try:
            work_a_day(site)
        finally:
            site.close()
    return world


@pytest.fixture
def site(at_work: World, tmp_path: Path) -> Iterator[Site]:
    """A district of the test's own, whose hub and provinsi are at work."""
    from tests.runbooks.follow import Site
    from tests.system.world import copy_world

    made = Site(copy_world(at_work, tmp_path / "srv"), tmp_path)
    made.begin()
    yield made
    made.close()
