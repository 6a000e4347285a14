"""`perahu courier` and the first load: the exchange by file, in both directions."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perahu.cases import reads as cases
from perahu.node.cli import INCOMPLETE
from perahu.node.contacts import contacts
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.office import open_office
from perahu.node.settings import load_settings, save_settings
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
    assert perahu(enggano, "courier", "import", file) == INCOMPLETE
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


def _enrol(world: Path, name: str, wilayah: str) -> None:
    """One more office of the hub's."""
    plan = NewNode(name=name, role="kecamatan", wilayah=(wilayah,))
    file = world / f"{name}.enrol"
    with open_office(world / "hub", passphrase=PHRASE) as hub:
        enrolled = enrol(hub, plan, file)
    join(world / name.lower(), file, code=enrolled.code, passphrase=PHRASE, changes={})


def test_it_takes_the_files_of_several_offices(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The boat has collected them: all for us come in, others stay, one answer each."""
    _enrol(world, "Ketahun", "170312")
    hub, stick = world / "hub", world / "stick"
    for office in ("enggano", "ketahun"):
        assert perahu(world / office, "courier", "export", "--folder", stick) == 2
        peer = open_office(hub, passphrase=PHRASE)
        node_id = peer.journal.node_id.hex()
        peer.close()
        _set_parent(world / office, node_id)
        for _ in range(2):
            assert perahu(world / office, "courier", "export", "--folder", stick) == 0
    for name in ("Enggano", "Ketahun"):
        assert perahu(hub, "courier", "export", "--to", name, "--folder", stick) == 0
    capsys.readouterr()
    words = ("courier", "import", stick, "--return", stick, "--json")
    assert perahu(hub, *words) == 0
    events = _events(capsys)
    assert [event["event"] for event in events] == ["imported"] * 4 + ["exported"] * 2
    assert [event["number"] for event in events[:4]] == [1, 2, 1, 2]
    assert sorted(event["to"] for event in events[4:]) == ["Enggano", "Ketahun"]
    assert perahu(hub, "courier", "import", stick) == 0
    assert "4 files for other nodes were left alone" in capsys.readouterr().out
    assert perahu(world / "ketahun", "courier", "import", stick) == 0
    said = capsys.readouterr().out
    assert said.count("is whole") == 2 and "6 files for other nodes" in said


def _set_parent(folder: Path, node_id: str) -> None:
    settings = replace(load_settings(folder), parent="127.0.0.1:9", parent_node=node_id)
    save_settings(folder, settings)


def test_it_lets_one_bad_file_stop_no_other(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of a stranger and a broken one among ours: each is named, ours come in."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    words = ("courier", "export", "--to", "Enggano", "--folder", stick)
    assert perahu(hub, *words) == 0
    (good,) = stick.iterdir()
    forged = good.read_bytes().replace(b"Bengkulu Utara", b"Xengkulu Utara")
    bad = world / "forged.jrnb"
    bad.write_bytes(forged)
    junk = world / "junk.jrnb"
    junk.write_bytes(b"junk")
    capsys.readouterr()
    assert perahu(enggano, "courier", "import", junk, bad, good, "--json") == 2
    shown = capsys.readouterr()
    events = [json.loads(line) for line in shown.out.splitlines()]
    assert [event["event"] for event in events] == ["imported", "refused", "refused"]
    assert events[2]["file"] == str(bad) and events[1]["file"] == str(junk)
    assert "no courier file" in events[1]["says"]
    assert shown.err.count("\n") == 1
    (stick / "zz-junk.jrnb").write_bytes(bytes(50_000))
    assert perahu(enggano, "courier", "import", stick) == 0
    assert "1 file that cannot be read was passed over: zz-junk.jrnb" in (
        capsys.readouterr().out
    )


def test_it_opens_no_pipe_and_no_folder(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe called like a courier file would be waited on for ever."""
    stick = world / "stick"
    os.mkfifo(stick / "pipe.jrnb")
    (stick / "folder.jrnb").mkdir()
    for path in (stick, stick / "pipe.jrnb"):
        assert perahu(world / "enggano", "courier", "import", path) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_it_keeps_a_list_of_what_was_written(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Number, addressee and words; acknowledged once the answer is here."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    assert perahu(hub, "courier", "list") == 0
    assert "No courier file" in capsys.readouterr().out
    words = ("courier", "export", "--to", "Enggano", "--folder", stick, "--json")
    assert perahu(hub, *words) == 0
    (made,) = _events(capsys)
    assert perahu(hub, "courier", "list", "--json") == 0
    (listed,) = _events(capsys)
    assert (listed["number"], listed["to"], listed["acked"]) == (1, "Enggano", False)
    assert [listed["check_words"]] == made["check_words"]
    assert perahu(enggano, "courier", "import", stick, "--return", stick, "--json") == 0
    *_, answer = _events(capsys)
    assert perahu(hub, "courier", "import", *answer["files"]) == 0
    capsys.readouterr()
    assert perahu(hub, "courier", "list") == 0
    assert "acknowledged" in capsys.readouterr().out
    assert perahu(hub, "courier", "list", "--json") == 0
    assert _events(capsys)[0]["acked"] is True


def test_it_survives_a_lost_stick(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reported, seen by both ends, and harmless: the next file holds all of it again."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    assert perahu(hub, *GRANT) == 0
    words = ("courier", "export", "--to", "Enggano", "--folder", stick, "--json")
    capsys.readouterr()
    assert perahu(hub, *words) == 0
    (lost,) = _events(capsys)
    (file,) = map(Path, lost["files"])
    away = world / "away.jrnb"
    file.rename(away)
    for wrong in (("lost", "9", "--reason", "x"), ("lost", "1"), ("lost",)):
        assert perahu(hub, "courier", *wrong) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert perahu(hub, "courier", "lost", "1", "--reason", "jatuh ke laut") == 0
    assert "Only Enggano can open it" in capsys.readouterr().out
    assert perahu(hub, "courier", "list") == 0
    assert "lost: jatuh ke laut" in capsys.readouterr().out
    assert perahu(hub, *words) == 0
    (again,) = _events(capsys)
    assert again["entries"] >= lost["entries"] > 0
    assert perahu(enggano, "courier", "import", *again["files"]) == 0
    with open_office(enggano, passphrase=PHRASE) as office:
        assert office.authority.operator_by_login("sari") is not None
        before = len(office.journal.events())
    capsys.readouterr()
    # The sea gives it back: reading it is safe, and brings nothing that is not known.
    assert perahu(enggano, "courier", "import", away, "--json") == 0
    (found,) = _events(capsys)
    assert (found["entries"], found["blobs"]) == (0, 0)
    with open_office(enggano, passphrase=PHRASE) as office:
        assert len(office.journal.events()) == before
    assert perahu(hub, "courier", "found", file.name) == 0
    capsys.readouterr()
    assert perahu(hub, "courier", "list", "--json") == 0
    assert [event["lost"] for event in _events(capsys)] == [False, False]


def test_it_tells_the_hub_of_a_lost_stick(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an office reports lost comes to the kabupaten with its next file."""
    hub, enggano, stick = world / "hub", world / "enggano", world / "stick"
    with open_office(hub, passphrase=PHRASE) as office:
        _set_parent(enggano, office.journal.node_id.hex())
    words = ("courier", "export", "--folder", stick)
    assert perahu(enggano, *words) == 0
    (file,) = stick.iterdir()
    file.unlink()
    assert perahu(enggano, "courier", "lost", file.name, "--reason", "di dermaga") == 0
    assert perahu(enggano, *words) == 0
    assert perahu(hub, "courier", "import", stick) == 0
    with open_office(hub, passphrase=PHRASE) as office, office.at_work():
        (row,) = cases.lost_files()
        assert office.authority.nodes()[row.node].name == "Enggano"
        assert (row.to, row.reason) == (office.journal.node_id, "di dermaga")
        assert row.file == file.name and not row.found
