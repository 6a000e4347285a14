"""`perahu courier` and the first load: the exchange by file, in both directions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from perahu.node.contacts import contacts
from perahu.node.office import open_office
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu

GRANT = (
    "grant", "--login", "sari", "--name", "Sari", "--rights", "record",
    "--wilayah", "17.03.01", "--decree", "SK/2",
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A hub, Enggano joined without a first load, and an empty stick."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    (tmp_path / "stick").mkdir()
    return tmp_path


def _events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_works(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Grants go out on a stick, acks come back on it, and both ends read the same words."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    assert perahu(hub, *GRANT) == 0
    capsys.readouterr()
    words = ("courier", "export", "--to", "Enggano", "--folder", stick, "--json")
    assert perahu(hub, *words) == 0
    (made,) = _events(capsys)
    assert perahu(enggano, "courier", "import", stick, "--return", stick, "--json") == 0
    taken, answer = _events(capsys)
    assert [taken["check_words"]] == made["check_words"] and taken["entries"] == 5
    assert perahu(hub, "courier", "import", *answer["files"], "--json") == 0
    with open_office(enggano, passphrase=PHRASE) as office:
        assert office.authority.operator_by_login("sari") is not None
    assert perahu(hub, *words) == 0
    assert _events(capsys)[-1]["entries"] == 0


def test_it_counts_as_a_contact(world: Path) -> None:
    """An office that only boats reach is not shown as one that is silent."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    assert perahu(hub, "courier", "export", "--to", "Enggano", "--folder", stick) == 0
    with open_office(enggano, passphrase=PHRASE) as office:
        assert contacts(office) == []
    assert perahu(enggano, "courier", "import", stick) == 0
    with open_office(enggano, passphrase=PHRASE) as office:
        (met,) = contacts(office)
    assert met["node"] == "Bengkulu Utara"


def test_it_takes_a_file_in_only_once(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three copies of a file, in any order, are one."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    words = ("courier", "export", "--to", "Enggano", "--folder", stick)
    assert perahu(hub, *words) == perahu(hub, *words) == 0
    files = sorted(stick.iterdir())
    capsys.readouterr()
    assert perahu(enggano, "courier", "import", *files[::-1], *files, "--json") == 0
    assert [event["entries"] for event in _events(capsys)] == [4, 0, 0, 0]


def test_it_saves_what_is_whole_of_a_torn_file(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged file says how much is missing; a new one brings the rest."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    words = ("courier", "export", "--to", "Enggano", "--folder", stick)
    assert perahu(hub, *words) == 0
    (file,) = stick.iterdir()
    content = bytearray(file.read_bytes())
    rest = len(content) - 16_500 - 4_000
    content[16_500:-4_000] = bytes(rest)
    file.write_bytes(content)
    capsys.readouterr()
    assert perahu(enggano, "courier", "import", file) == 0
    assert "damaged" in capsys.readouterr().out
    assert perahu(hub, *words) == 0
    assert perahu(enggano, "courier", "import", stick) == 0
    with open_office(enggano, passphrase=PHRASE) as office:
        assert office.authority.operator_by_login("ratna") is not None


def test_it_refuses_what_is_not_for_it(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stranger's file, no file, an unknown node or no stick: one sentence, code 2."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    assert perahu(hub, "courier", "export", "--to", "Enggano", "--folder", stick) == 0
    (file,) = stick.iterdir()
    (world / "letter.txt").write_text("bukan berkas kurir")
    (world / "empty").mkdir()
    capsys.readouterr()
    for folder, *words in (
        (hub, "import", file),
        (enggano, "import", world / "gone"),
        (enggano, "import", world / "letter.txt"),
        (enggano, "import", world / "empty"),
        (enggano, "import"),
        (hub, "export", "--to", "Mars", "--folder", stick),
        (hub, "export", "--folder", stick),
        (hub, "export", "--to", "Enggano", "--folder", world / "gone"),
        (hub, "export", "--to", "Bengkulu Utara", "--folder", stick),
        (hub, "sail"),
    ):
        assert perahu(folder, "courier", *words) == 2, words
        assert capsys.readouterr().err.count("\n") == 1, words
    assert len(list(stick.iterdir())) == 1


def test_it_brings_the_first_load_in_the_enrolment_file(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Set up from one file with no network, a node knows its policy and its operators."""
    found_hub(tmp_path)
    words = ("enrol", "--name", "Ketahun", "--role", "kecamatan", "--wilayah", "170312")
    assert perahu(tmp_path / "hub", *words, "--out", tmp_path / "file") == 0
    found = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", capsys.readouterr().out)
    assert found is not None
    monkeypatch.setenv("PERAHU_CODE", found.group())
    assert perahu(tmp_path / "ketahun", "init", "--from", tmp_path / "file") == 0
    with open_office(tmp_path / "ketahun", passphrase=PHRASE) as office:
        assert office.authority.operator_by_login("ratna") is not None
        assert office.authority.policy.decree
        assert len(office.authority.recipients_for_parts()) == 1
    assert perahu(tmp_path / "ketahun", "verify") == 0
    assert not list((tmp_path / "ketahun").glob("*.jrnb"))
