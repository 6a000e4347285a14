"""`perahu grant`, `revoke`, `policy` and `pin`: who may act, and how she proves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perahu.keys.facts import GrantRevoked, NodeRevoked
from perahu.node.actions import operator_named, revoke_grant, revoke_node
from perahu.node.office import open_office
from perahu.node.signing_in import sign_in
from perahu.words import Refusal
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu

GRANT = (
    "grant", "--login", "sari", "--name", "Sari", "--rights", "record,print",
    "--wilayah", "17.03.01", "--decree", "SK/2",
)  # fmt: skip


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """The folder of a founded hub."""
    found_hub(tmp_path)
    return tmp_path / "hub"


def _granted(hub: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert perahu(hub, *GRANT, *more) == 0
    found = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", capsys.readouterr().out)
    assert found is not None
    return found.group()


def test_it_works(
    hub: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Granted, she sets her PIN with the code on her letter, and signs in with it."""
    monkeypatch.setenv("PERAHU_CODE", _granted(hub, capsys))
    monkeypatch.setenv("PERAHU_PIN", "493817")
    assert perahu(hub, "pin", "--login", "sari") == 0
    with open_office(hub, passphrase=PHRASE) as office:
        sari = sign_in(office, "sari", "493817")
        office.authority.may(sari, "record", "170301", office.now().today)
        with pytest.raises(Refusal, match="out_of_wilayah"):
            office.authority.may(sari, "record", "170312", office.now().today)
        with pytest.raises(Refusal, match="no_right"):
            office.authority.may(sari, "stock", "170301", office.now().today)


def test_it_keeps_the_id_of_a_person_granted_again(
    hub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A later grant replaces the earlier one of the same login."""
    _granted(hub, capsys)
    with open_office(hub, passphrase=PHRASE) as office:
        before = operator_named(office.authority, "sari")
    _granted(hub, capsys, "--supervisor")
    with open_office(hub, passphrase=PHRASE) as office:
        assert operator_named(office.authority, "sari") == before
        assert len(office.authority.operators()) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        ("--rights", "record,dance"),
        ("--rights", ""),
        ("--wilayah", "18.01.01"),
        ("--until", "2020-01-01"),
        ("--until", "2090-01-01"),
        ("--until", "someday"),
        ("--login", "sari dewi!"),
        ("--name", " "),
    ],
)
def test_it_refuses_a_grant_that_makes_no_sense(
    hub: Path, capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    """One sentence, exit code 2, and nobody was granted anything."""
    assert perahu(hub, *GRANT, *wrong) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with open_office(hub, passphrase=PHRASE) as office:
        assert [grant.login for grant in office.authority.operators()] == ["ratna"]


def test_it_grants_only_at_the_hub(tmp_path: Path) -> None:
    """A kecamatan cannot give itself rights."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    assert perahu(tmp_path / "enggano", *GRANT) == 2
    assert perahu(tmp_path / "enggano", "revoke", "--login", "x", "--reason", "y") == 2
    words = ("policy", "--set", "ONLINE_ONLY", "--decree", "SK/9")
    assert perahu(tmp_path / "enggano", *words) == 2


def test_it_revokes_an_operator_and_a_node(tmp_path: Path) -> None:
    """What was revoked is gone from the authority; revoking a stranger is refused."""
    found_hub(tmp_path)
    enggano, hub = add_enggano(tmp_path), tmp_path / "hub"
    assert perahu(hub, "revoke", "--node", "enggano", "--reason", "dicuri") == 0
    assert perahu(hub, "revoke", "--login", "ratna", "--reason", "pensiun") == 0
    assert perahu(hub, "revoke", "--node", "Atlantis", "--reason", "?") == 2
    assert perahu(hub, "revoke", "--login", "siapa", "--reason", "?") == 2
    assert perahu(hub, "revoke", "--reason", "?") == 2
    with open_office(hub, passphrase=PHRASE) as office:
        assert office.authority.is_revoked(enggano)
        assert office.authority.operators() == []


def test_it_revokes_once_what_is_asked_twice(tmp_path: Path) -> None:
    """Who died before the answer asks again under the same id: done, and its receipt."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        journal, stolen, leaving = office.journal, office.ask(), office.ask()
        for _ in range(2):
            node = revoke_node(journal, stolen, name="Enggano", reason="dicuri")
            grant = revoke_grant(journal, leaving, login="ratna", reason="pensiun")
            assert node.op_id == stolen.op_id and grant.op_id == leaving.op_id
        said = [one.fact for one in journal.events()]
        assert sum(isinstance(one, NodeRevoked | GrantRevoked) for one in said) == 2


def test_it_sets_the_policy(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new policy needs a decision's number, and counts at once."""
    assert perahu(hub, "policy", "--set", "ONLINE_ONLY") == 2
    zone = ("--timezone", "Asia/Atlantis")
    assert perahu(hub, "policy", "--set", "ONLINE_ONLY", "--decree", "K/1", *zone) == 2
    assert perahu(hub, "policy", "--set", "ONLINE_ONLY", "--decree", "K/1") == 0
    capsys.readouterr()
    assert perahu(hub, "policy") == 0
    assert "ONLINE_ONLY" in capsys.readouterr().out


def test_it_refuses_a_wrong_pin_and_a_wrong_code(
    hub: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code is good once and for one person; a PIN must not be a birthday."""
    code = _granted(hub, capsys)
    monkeypatch.setenv("PERAHU_PIN", "493817")
    monkeypatch.setenv("PERAHU_CODE", code)
    assert perahu(hub, "pin", "--login", "ratna") == 2
    monkeypatch.setenv("PERAHU_PIN", "170845")
    assert perahu(hub, "pin", "--login", "sari") == 2
    monkeypatch.setenv("PERAHU_PIN", "493817")
    assert perahu(hub, "pin", "--login", "sari") == 0
    assert perahu(hub, "pin", "--login", "sari") == 2
    with (
        open_office(hub, passphrase=PHRASE) as office,
        pytest.raises(Refusal, match="wrong_pin"),
    ):
        sign_in(office, "sari", "000007")


def test_it_lets_a_supervisor_open_a_forgotten_pin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ratna signs in and gives Sari a new code; Sari cannot do it for herself."""
    ratnas = found_hub(tmp_path).activation_code
    hub = tmp_path / "hub"
    for login, code in (("ratna", ratnas), ("sari", _granted(hub, capsys))):
        monkeypatch.setenv("PERAHU_CODE", code)
        monkeypatch.setenv("PERAHU_PIN", "493817")
        assert perahu(hub, "pin", "--login", login) == 0
    assert perahu(hub, "pin", "--login", "sari", "--reset-by", "sari") == 2
    capsys.readouterr()
    assert perahu(hub, "pin", "--login", "sari", "--reset-by", "ratna") == 0
    found = re.search(r"\w{4}-\w{4}-\w{4}-\w{4}", capsys.readouterr().out)
    assert found is not None
    monkeypatch.setenv("PERAHU_CODE", found.group())
    monkeypatch.setenv("PERAHU_PIN", "604192")
    assert perahu(hub, "pin", "--login", "sari") == 0
    with open_office(hub, passphrase=PHRASE) as office:
        sign_in(office, "sari", "604192")
