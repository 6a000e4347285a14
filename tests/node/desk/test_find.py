"""`perahu find`: who somebody is, and where their recording and their card stand."""

from __future__ import annotations

import pytest

from perahu.people import reads as people
from tests.node.desk.conftest import Printing
from tests.node.desk.town import Town


def test_it_works(printing: Printing) -> None:
    """By NIK: the recording with its level and the centre's word, and the card's state."""
    ran = printing.town.run("enggano", "find", printing.niks[0])
    assert ran.code == 0, ran.err
    assert ran.one("person")["nik"] == printing.niks[0]
    assert ran.one("recording")["centre"] == "PRINT_READY_RECORD"
    assert ran.one("card")["state"] == "queued"
    said = printing.town.say("enggano", "find", printing.niks[0], lang="id")[1]
    assert "tercatat" in said and "antre cetak" in said


def test_it_finds_a_name_by_its_sound(town: Town) -> None:
    """Old spelling and small letters find the person, who was not recorded here yet."""
    with town.open("enggano"):
        (nik,) = town.to_record()
        found = people.by_nik(nik)
    assert found is not None
    heard = found.biodata.nama.lower().replace("u", "oe")
    ran = town.run("enggano", "find", heard, "--limit", "5")
    assert nik in [event["nik"] for event in ran.named("person")]
    assert nik in [event["nik"] for event in ran.named("no_recording")]


def test_it_says_where_a_recording_goes_on(town: Town) -> None:
    """One that was begun and left is shown with its next step."""
    (nik,) = town.to_record()
    assert town.scanners is not None
    town.scanners.control("person", seed=9, missing_parts=["photo"])
    assert town.run("enggano", "record", "--nik", nik).code == 2
    begun = town.run("enggano", "find", nik).one("begun")
    assert (begun["step"], begun["part"]) == ("capture", "photo")
    ran = town.run("enggano", "find", "--unfinished")
    assert ran.one("person")["nik"] == nik and ran.one("begun") == begun


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("a", "--limit", "0"), "--limit"),
        (("a", "--limit", "1000"), "--limit"),
        ((), "Name somebody"),
        (("a", "--unfinished"), "--unfinished"),
    ],
)
def test_it_refuses_a_limit_out_of_bounds(
    town: Town, words: tuple[str, ...], part: str
) -> None:
    """Nobody needs a list of everybody, and half a question has no answer."""
    code, out, err = town.say("enggano", "find", *words)
    assert code == 2 and not out and part in err


def test_it_says_that_nobody_fits(town: Town) -> None:
    """An empty answer is a sentence."""
    code, out, _ = town.say("enggano", "find", "0000000000000000")
    assert code == 0 and "Nobody" in out
