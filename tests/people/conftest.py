"""Django set up before the first model is imported; tables alone, and the cast's network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from perahu.node.django_settings import configure

configure()

if TYPE_CHECKING:
    from perahu.node.tables import Tables
    from tests.cast import District
    from tests.enrolment.stations import Network


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """Empty tables of the room, at work."""
    from perahu.node.tables import Tables
    from perahu.people import reads

    with Tables(tmp_path / "tables", b"t" * 32, [reads.apply]) as made, made.at_work():
        yield made


@pytest.fixture
def network(district: District) -> Iterator[Network]:
    """The hub, Enggano and Ketahun, who know each other and nobody else."""
    from tests.enrolment.stations import open_network

    with open_network(district) as made:
        yield made
