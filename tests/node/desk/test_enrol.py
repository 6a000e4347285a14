"""`perahu enrol` after the import: the new office knows its people from the first day."""

from __future__ import annotations

import re

import pytest

from perahu.node.office import open_office
from perahu.people.models import Person
from tests.node.desk.town import PEOPLE, PIN, Town
from tests.node.offices import PHRASE, perahu

KAPAL = ("enrol", "--name", "Kapal", "--role", "field", "--wilayah", "17.03.01")


def test_it_works(
    town: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator of the hub sends the residents along in the enrolment file."""
    monkeypatch.setenv("PERAHU_PIN", PIN)
    file = town.folder / "kapal.perahu"
    assert perahu(town.at("hub"), *KAPAL, "--out", file, "--officer", "ratna") == 0
    code = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", capsys.readouterr().out)
    assert code is not None
    monkeypatch.setenv("PERAHU_CODE", code.group())
    assert perahu(town.at("kapal"), "init", "--from", file) == 0
    with open_office(town.at("kapal"), passphrase=PHRASE):
        assert Person.objects.count() == PEOPLE


def test_it_asks_for_an_operator_before_anything_is_made(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is enrolled, and there is no file, where nobody may send the residents."""
    file = town.folder / "kapal.perahu"
    assert perahu(town.at("hub"), *KAPAL, "--out", file) == 2
    assert "--officer" in capsys.readouterr().err and not file.exists()
    with town.open("hub") as office:
        assert "Kapal" not in [one.name for one in office.authority.nodes().values()]
    assert perahu(town.at("hub"), *KAPAL, "--out", file, "--bare") == 0
