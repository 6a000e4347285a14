"""`perahu status`: what a node says about itself, to people and to programs."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from perahu.node.contacts import contacts, note_contact
from perahu.node.loops import Done, Loop, Loops
from perahu.node.office import open_office
from perahu.node.status import status_of
from perahu.words import Refusal, Words, in_language
from tests.node.offices import PHRASE, found_hub, perahu


def test_it_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In sentences in both languages, and as one line of JSON."""
    found_hub(tmp_path, mirror=str(tmp_path / "stick"))
    for language, word in (("id", "Menunggu dikirim"), ("en", "Waiting to be sent")):
        assert perahu(tmp_path / "hub", "status", lang=language) == 0
        assert word in capsys.readouterr().out
    assert perahu(tmp_path / "hub", "status", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["node"] == "Bengkulu Utara" and found["mirror"] is True
    assert found["stock"] == {"blanko": 0, "ribbon": 0, "film": 0}


def test_it_says_that_the_mirror_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second medium that is not there is said aloud, and work goes on."""
    found_hub(tmp_path, mirror=str(tmp_path / "stick"))
    (tmp_path / "stick").rename(tmp_path / "pocket")
    assert perahu(tmp_path / "hub", "status") == 0
    assert "NOT there" in capsys.readouterr().out
    assert (
        perahu(tmp_path / "hub", "policy", "--set", "ONLINE_ONLY", "--decree", "K") == 0
    )
    assert not (tmp_path / "stick").exists()


def test_it_never_shows_a_contact_in_the_future(tmp_path: Path) -> None:
    """A clock that was set back makes no contact younger than now."""
    found_hub(tmp_path)
    wall = [1_800_000_000.0]
    with open_office(
        tmp_path / "hub", passphrase=PHRASE, wall_s=lambda: wall[0]
    ) as office:
        note_contact(office, b"x" * 16)
        wall[0] -= 3600
        assert contacts(office)[0]["age_s"] == 0
        wall[0] += 7200
        assert contacts(office)[0]["age_s"] == 3600


def test_it_asks_about_a_clock_that_went_behind_the_hub(tmp_path: Path) -> None:
    """A hub time that was kept over a restart still shows a clock that went back."""
    from perahu.node.road import hear_hub

    found_hub(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        hear_hub(office, office.now().wall_ms + 10_000_000)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        assert status_of(office)["clock_doubt"] is not None


def test_it_puts_words_into_one_language() -> None:
    """Sentences anywhere in the figures become text; all else stays."""
    found = {"a": [Words("satu", "one")], "b": {"c": Words("dua", "two")}, "d": None}
    assert in_language(found, "en") == {"a": ["one"], "b": {"c": "two"}, "d": None}


def test_it_shows_the_trouble_of_a_loop_and_goes_on(tmp_path: Path) -> None:
    """A step that fails is shown in words and tried again; the other loop is untouched."""
    found_hub(tmp_path)
    tried: list[int] = []
    recovered = threading.Event()

    def fail() -> Done:
        tried.append(1)
        loops[0].nudge.set()
        if len(tried) < 3:
            raise Refusal("away", id="pergi", en="gone away")
        recovered.set()
        return Done(trouble=(Words("sebagian", "partly"),))

    loops = [
        Loop(Words("a", "a"), fail, 60.0),
        Loop(Words("b", "b"), Done, 60.0),
    ]
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        running = Loops(office, loops)
        running.start()
        assert recovered.wait(30.0)
        running.stop(10.0)
    assert loops[0].trouble == (Words("sebagian", "partly"),) and not loops[0].failures
    assert loops[1].trouble == () and loops[1].done_ms > 0


def test_it_waits_ever_longer_after_failures() -> None:
    """Two, four, eight seconds, never more than the loop's own most."""
    loop = Loop(Words("a", "a"), Done, 1.0, backoff_max_s=5.0)
    assert loop.pause_s(True) == 0.0 and loop.pause_s(False) == 1.0
    pauses = []
    for loop.failures in (1, 2, 3, 100):
        pauses.append(loop.pause_s(True))
    assert pauses == [2.0, 4.0, 5.0, 5.0]
