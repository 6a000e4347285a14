"""Django set up before the first model is imported, and the office at Enggano."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perahu.node.django_settings import configure

configure()


@pytest.fixture
def world(district: object) -> Iterator[object]:
    """Hub and Enggano with books and tables; an order and ten blanko at Enggano."""
    from tests.cards.world import World

    made = World(district)  # type: ignore[arg-type]
    yield made
    made.close()
