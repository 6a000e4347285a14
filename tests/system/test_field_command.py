"""`perahu field`: a whole trip by commands alone, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perahu.node.cli import INCOMPLETE
from perahu.words import Words
from tests.node.offices import perahu
from tests.system.laptop import Beach
from tests.system.world import ENGGANO, KAPAL, OPERATORS, PIN, World
from tests.system.wrong import check_sentence


@pytest.fixture
def beach(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Beach:
    """Enggano and its laptop; a PIN is typed."""
    monkeypatch.setenv("PERAHU_PIN", PIN)
    return Beach(world, tmp_path / "sticks")


def field(
    beach: Beach, capsys: pytest.CaptureFixture[str], name: str, *words: Any
) -> list[dict[str, Any]]:
    """One command; gives its JSON lines."""
    capsys.readouterr()
    who = ("--officer", OPERATORS[name], "--json")
    assert perahu(beach.world.place(name), "field", *words, *who) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_works(beach: Beach, capsys: pytest.CaptureFixture[str]) -> None:
    """Plan, go, receive, count, list, and back: the trip ends by itself."""
    beach.order(20)
    beach.stock(30)
    desa = beach.desa()
    for name in tuple(beach.offices):
        beach.close(name)
    out, back = beach.stick("out"), beach.stick("back")
    (plan, *_) = field(beach, capsys, ENGGANO, "plan", "--desa", desa)
    assert plan["rights"] > 0 and plan["to"] == KAPAL
    words: tuple[Any, ...] = ("--desa", desa, "--carrier", "Sari", "--folder", out)
    sent, made = field(beach, capsys, ENGGANO, "take", *words)
    assert sent["rights"] == plan["rights"]
    assert sent["stock"] == {"blanko": plan["blanko"]}
    imported, got, *coming = field(beach, capsys, KAPAL, "receive", out)
    assert [imported["check_words"]] == made["check_words"]
    assert got["rights"] == plan["rights"] and len(coming) == 1
    (count,) = coming
    words = ("--transfer", count["transfer"], "--count", str(count["count"]))
    (counted,) = field(beach, capsys, KAPAL, "count", *words)
    assert counted["on_hand"] == plan["blanko"]
    visits = field(beach, capsys, KAPAL, "visits")
    assert sum("print" in one["tasks"] for one in visits) == plan["rights"]
    (trip,) = field(beach, capsys, ENGGANO, "trips")
    assert trip["open"] and trip["way_out"] == plan["rights"]
    field(beach, capsys, ENGGANO, "again", "--trip", trip["trip"], "--folder", out)
    field(beach, capsys, KAPAL, "receive", out)
    field(beach, capsys, KAPAL, "back", "--folder", back)
    *_, coming_back = field(beach, capsys, ENGGANO, "receive", back)
    words = ("--transfer", coming_back["transfer"], "--count", str(plan["blanko"]))
    *_, ended = field(beach, capsys, ENGGANO, "count", *words)
    assert ended == {"event": "ended", "trip": trip["trip"]}
    assert field(beach, capsys, ENGGANO, "trips")[0]["open"] is False


def test_it_says_by_its_code_that_a_file_was_damaged(
    beach: Beach, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is whole is taken in; the rest comes with the file that is written again."""
    beach.order(20)
    desa = beach.desa()
    for name in tuple(beach.offices):
        beach.close(name)
    out = beach.stick("out")
    words = ("--desa", desa, "--carrier", "Sari", "--folder", out)
    *_, made = field(beach, capsys, ENGGANO, "take", *words)
    (file,) = map(Path, made["files"])
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    laptop, who = beach.world.place(KAPAL), ("--officer", OPERATORS[KAPAL])
    assert perahu(laptop, "field", "receive", out, *who) == INCOMPLETE
    assert "ask for a new file" in capsys.readouterr().out
    file.write_bytes(whole)
    imported, *_ = field(beach, capsys, KAPAL, "receive", out)
    assert imported["missing_frames"] == 0


def test_it_refuses_what_is_missing(
    beach: Beach, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is one sentence and code 2, and nothing moves."""
    gone = str(beach.sticks / "gone")
    for name, *words in (
        (ENGGANO, "plan"),
        (ENGGANO, "plan", "--desa", "17.03.12.2001"),
        (ENGGANO, "plan", "--desa", "1703012001", "--to", "Mars"),
        (ENGGANO, "take", "--desa", "1703012001", "--carrier", "S", "--folder", gone),
        (ENGGANO, "again", "--trip", "x", "--folder", gone),
        (ENGGANO, "end", "--trip", "00" * 12),
        (KAPAL, "visits"),
        (KAPAL, "back", "--folder", gone),
        (KAPAL, "count", "--transfer", "00" * 12, "--count", "3"),
    ):
        capsys.readouterr()
        who = ("--officer", OPERATORS[name])
        assert perahu(beach.world.place(name), "field", *words, *who) == 2, words
        check_sentence(2, capsys.readouterr().err)


def test_it_speaks_to_people(beach: Beach, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json a plan and its list of visits are sentences in both languages."""
    beach.order(20)
    desa = beach.desa()
    for name in tuple(beach.offices):
        beach.close(name)
    heads = Words("Rencana ke desa", "Plan for desa")
    for lang in ("id", "en"):
        for deed in ("plan", "visits", "trips"):
            capsys.readouterr()
            words = ("field", deed, "--desa", desa, "--officer", "sari")
            assert perahu(beach.world.place(ENGGANO), *words, lang=lang) == 0
            said = capsys.readouterr().out
            assert said.strip()
            assert deed != "plan" or heads.in_(lang) in said
