"""The surroundings of a command: passphrase, codes and PINs come from the environment."""

from __future__ import annotations

import pytest

from perahu.node.django_settings import configure
from tests.node.offices import PHRASE

# Tests import the rooms, and their models need Django set up.
configure()

_VARIABLES = (
    "PERAHU_BOOK", "PERAHU_CODE", "PERAHU_DEBUG", "PERAHU_DIR", "PERAHU_LANG",
    "PERAHU_PASSPHRASE_FILE", "PERAHU_PIN", "CREDENTIALS_DIRECTORY",
)  # fmt: skip


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clean environment in which the passphrase is known."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PERAHU_PASSPHRASE", PHRASE)
