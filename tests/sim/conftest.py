"""A kabupaten founded once for all worlds of the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perahu.node.django_settings import configure

configure()

from sim import image as images  # noqa: E402
from sim.command import in_memory  # noqa: E402
from sim.image import Image  # noqa: E402
from sim.world import World  # noqa: E402
from tests.sim.quiet import quiet_world  # noqa: E402


@pytest.fixture(scope="session")
def worlds_folder() -> Iterator[Path]:
    """A folder in memory for worlds."""
    with in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def image(worlds_folder: Path) -> Image:
    """The founded kabupaten."""
    return images.found(worlds_folder / "image")


@pytest.fixture
def world(image: Image, worlds_folder: Path, tmp_path: Path) -> Iterator[World]:
    """A quiet world of a hub, an office and the provinsi."""
    with quiet_world(image, worlds_folder / tmp_path.name) as made:
        yield made
