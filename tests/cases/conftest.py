"""Django set up before the first model is imported, and the network of the cast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from perahu.node.django_settings import configure

configure()

if TYPE_CHECKING:
    from tests.cast import District
    from tests.enrolment.stations import Network


@pytest.fixture
def network(district: District) -> Iterator[Network]:
    """The hub, Enggano and Ketahun, with Budi known at both offices."""
    from tests.enrolment.stations import open_network

    with open_network(district) as made:
        made.import_person(made.enggano, made.ketahun)
        yield made
