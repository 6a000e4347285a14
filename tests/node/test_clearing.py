"""Retention runs by itself where people are recorded (domain.md 8)."""

from __future__ import annotations

from pathlib import Path

from perahu.node.loops import Done, Loop
from perahu.node.office import Office, open_office
from perahu.node.road import Caller
from perahu.node.work import CLEARING, loops_of
from tests.node.offices import PHRASE, add_enggano, found_hub


def clearing(office: Office) -> list[Loop]:
    """The loop that takes captures away, if this node has it."""
    return [one for one in loops_of(office, Caller(office)) if one.words == CLEARING]


def test_it_works(tmp_path: Path) -> None:
    """An office looks for what it may clear; with nothing safe there is nothing to do."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    with open_office(tmp_path / "enggano", passphrase=PHRASE) as office:
        [loop] = clearing(office)
        with office.at_work():
            assert loop.step() == Done(more=False)


def test_it_leaves_the_hub_alone(tmp_path: Path) -> None:
    """The hub keeps what offices clear."""
    found_hub(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        assert clearing(office) == []
