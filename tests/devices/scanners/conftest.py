"""Fixtures: one simulated desk for all tests of this folder, as new for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.devices.scanners.desk import SimulatedDesk


@pytest.fixture(scope="session")
def running_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedDesk]:
    """The simulator's process."""
    desk = SimulatedDesk.start(tmp_path_factory.mktemp("desk") / "keys")
    yield desk
    desk.stop()


@pytest.fixture
def desk(running_desk: SimulatedDesk) -> SimulatedDesk:
    """The simulator with nothing broken and person 7 in front of it."""
    running_desk.control("reset")
    running_desk.control("person", seed=7)
    return running_desk
