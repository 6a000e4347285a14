"""`perahu init` and `enrol`: a kabupaten is founded, a node joins by one file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perahu.keys.facts import STORE_AND_FORWARD
from perahu.node.enrolling import MAGIC
from perahu.node.office import open_office
from perahu.node.settings import load_settings
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu

FOUND = (
    "init", "--name", "Bengkulu Utara", "--wilayah", "17.03", "--decree", "SK/1",
    "--login", "ratna",
)  # fmt: skip
ENROL = ("enrol", "--name", "Enggano", "--role", "kecamatan", "--wilayah", "17.03.01")


def _code(text: str) -> str:
    found = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", text)
    assert found is not None, text
    return found.group()


def test_it_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two commands at the hub and one at the kecamatan, and both books are sound."""
    hub, enggano, file = tmp_path / "hub", tmp_path / "enggano", tmp_path / "file"
    assert perahu(hub, *FOUND, "--mirror", tmp_path / "stick") == 0
    assert "ratna" in capsys.readouterr().out
    assert perahu(hub, *ENROL, "--out", file) == 0
    monkeypatch.setenv("PERAHU_CODE", _code(capsys.readouterr().out))
    assert perahu(enggano, "init", "--from", file) == 0
    assert perahu(hub, "verify") == perahu(enggano, "verify") == 0
    settings = load_settings(enggano)
    assert (settings.name, settings.wilayah) == ("Enggano", ("170301",))


def test_it_founds_with_a_policy_an_operator_and_itself(tmp_path: Path) -> None:
    """The first facts say who the hub is, how it works, and who may act."""
    founded = found_hub(tmp_path, timezone="Asia/Jayapura")
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        assert list(hub.authority.nodes()) == [founded.node_id] == [hub.journal.node_id]
        assert hub.authority.policy.policy == STORE_AND_FORWARD
        assert hub.authority.policy.timezone == "Asia/Jayapura"
        (ratna,) = hub.authority.operators()
        assert ratna.supervisor and ratna.login == "ratna"
        hub.authority.may(ratna.operator, "stock", "170301", hub.now().today)


def test_it_puts_the_root_key_in_a_file_of_its_own(tmp_path: Path) -> None:
    """The root key is not in the hub's folder, and never overwrites another."""
    found_hub(tmp_path)
    key = (tmp_path / "root-key").read_text().splitlines()[-1]
    assert len(bytes.fromhex(key)) == 32
    for path in (tmp_path / "hub").rglob("*"):
        assert path.is_dir() or bytes.fromhex(key) not in path.read_bytes()
    words = (*FOUND, "--root-key", tmp_path / "root-key")
    assert perahu(tmp_path / "other", *words) == 2
    assert not (tmp_path / "other").exists()


def test_it_keeps_every_file_to_its_own_account(tmp_path: Path) -> None:
    """Nothing in a node's folder, the enrolment file or the root key is for others."""
    assert perahu(tmp_path / "hub", *FOUND) == 0
    assert perahu(tmp_path / "hub", *ENROL, "--out", tmp_path / "file") == 0
    for path in (tmp_path / "hub", tmp_path / "file", *(tmp_path / "hub").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_it_never_makes_half_a_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong code, a weak passphrase or a taken folder leave nothing behind."""
    found_hub(tmp_path)
    assert perahu(tmp_path / "hub", *ENROL, "--out", tmp_path / "file") == 0
    code = _code(capsys.readouterr().out)
    target = tmp_path / "enggano"
    before = sorted(tmp_path.iterdir())
    for wrong in ("AAAA-AAAA-AAAA-AAAA", code[::-1], ""):
        monkeypatch.setenv("PERAHU_CODE", wrong)
        assert perahu(target, "init", "--from", tmp_path / "file") == 2
    monkeypatch.setenv("PERAHU_CODE", code)
    monkeypatch.setenv("PERAHU_PASSPHRASE", "pendek")
    assert perahu(target, "init", "--from", tmp_path / "file") == 2
    assert sorted(tmp_path.iterdir()) == before
    target.mkdir()
    (target / "letter").touch()
    monkeypatch.setenv("PERAHU_PASSPHRASE", PHRASE)
    assert perahu(target, "init", "--from", tmp_path / "file") == 2
    assert [path.name for path in target.iterdir()] == ["letter"]


@pytest.mark.parametrize("keep", [0, 7, len(MAGIC) + 4, 200])
def test_it_refuses_a_torn_enrolment_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: int
) -> None:
    """A file cut short anywhere in its sealed part sets nothing up."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    torn = tmp_path / "torn"
    torn.write_bytes((tmp_path / "enggano.enrol").read_bytes()[:keep])
    monkeypatch.setenv("PERAHU_CODE", "0000-0000-0000-0000")
    assert perahu(tmp_path / "new", "init", "--from", torn) == 2
    assert not (tmp_path / "new").exists()


def test_it_enrols_only_at_the_hub(tmp_path: Path) -> None:
    """A kecamatan has no issuing key and cannot take nodes in."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    words = ("enrol", "--name", "Palsu", "--role", "field", "--wilayah", "1703")
    assert perahu(tmp_path / "enggano", *words, "--out", tmp_path / "palsu") == 2
    assert not (tmp_path / "palsu").exists()


@pytest.mark.parametrize("wilayah", ["1803", "17", "1703011", "kota", ""])
def test_it_enrols_only_within_the_kabupaten(
    tmp_path: Path, wilayah: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wilayah of another kabupaten, or none at all, is refused and no file is made."""
    found_hub(tmp_path)
    words = ("enrol", "--name", "Jauh", "--role", "kecamatan", "--wilayah", wilayah)
    assert perahu(tmp_path / "hub", *words, "--out", tmp_path / "jauh") == 2
    assert not (tmp_path / "jauh").exists()
    assert capsys.readouterr().err.count("\n") == 1


def test_it_lets_the_provinsi_join_above(tmp_path: Path) -> None:
    """The provinsi's wilayah is the province, it listens, and the hub will call it."""
    found_hub(tmp_path)
    words = (
        "enrol", "--name", "Bengkulu", "--role", "provinsi", "--wilayah", "17",
        "--listen", "127.0.0.1:7999", "--out", str(tmp_path / "file"),
    )  # fmt: skip
    assert perahu(tmp_path / "hub", *words) == 0
    assert load_settings(tmp_path / "hub").parent == "127.0.0.1:7999"
