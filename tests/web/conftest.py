"""Fixtures: the towns of the desk tests, a seat at them, and one Chromium for all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from perahu.node.office import Office
from perahu.node.settings import load_settings
from tests.node.conftest import surroundings
from tests.node.desk.conftest import (
    Printing,
    founded,
    new_town,
    ordered_once,
    peopled,
    pin,
    printing,
    scanners,
    town,
)
from tests.node.desk.town import Town
from tests.web.seats import Seat, seat_at

__all__ = [
    "Printing", "founded", "new_town", "ordered_once", "peopled", "pin", "printing", "scanners",
    "surroundings", "town",
]  # fmt: skip

CHROMIUM = "/usr/bin/chromium"
WAIT_MS = 20_000
"""A busy machine is slow, and that is no fault."""
expect.set_options(timeout=WAIT_MS)
# Playwright keeps an event loop in this thread, in which Django would not ask its tables.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def open_pages(town_: Town, name: str) -> Office:
    """A node with its pages on a free port, as a demonstration."""
    town_.set(name, page="127.0.0.1:0", demonstration=True)
    assert load_settings(town_.at(name)).demonstration
    return town_.open(name)


@pytest.fixture
def enggano(town: Town) -> Iterator[Seat]:
    """Sari at Enggano: residents, scanners, twenty blanko."""
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        yield seat


@pytest.fixture
def desk(printing: Printing) -> Iterator[Seat]:
    """Sari at Enggano, with two people recorded and their cards to print."""
    with (
        open_pages(printing.town, "enggano") as office,
        seat_at(office, "sari") as seat,
    ):
        yield seat


@pytest.fixture
def hub(town: Town) -> Iterator[Seat]:
    """Ratna at the hub."""
    with open_pages(town, "hub") as office, seat_at(office, "ratna") as seat:
        yield seat


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    if shutil.which("chromium") is None:
        pytest.skip("the Debian package chromium is not installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield found
        found.close()


@pytest.fixture
def screen(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser window of a desk, empty of cookies; console errors fail the test."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, locale="id-ID"
    )
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()
