"""The kabupaten fixes or forbids carriers: a signed fact that every office comes to hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.types import COMMON
from perahu.keys.facts import CarrierPolicySet
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.office import open_office
from tests.cast import carry
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu


def test_it_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stated by command, carried in lane 0, held at the office, and lifted again."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    hub = tmp_path / "hub"
    told = ("--decree", "SE 4/2026", "--reason", "kuota dinas habis")
    assert perahu(hub, "policy", "carriers") == 0
    assert "rules no carriers" in capsys.readouterr().out
    words = ("policy", "carriers", "--forbid", "seluler,wifi", *told)
    assert perahu(hub, *words, "--wilayah", "17.03.01") == 0
    assert "not seluler, wifi" in capsys.readouterr().out
    _bring(tmp_path)
    with open_office(tmp_path / "enggano", passphrase=PHRASE) as office:
        (one,) = office.authority.carrier_policies_of(office.certificate)
        assert one.forbidden == ("seluler", "wifi") and one.wilayah == "170301"
        assert not office.journal.parked()
    with open_office(hub, passphrase=PHRASE) as office:
        assert office.authority.carrier_policies_of(office.certificate) == []
    lift = ("policy", "carriers", "--lift", "--wilayah", "17.03.01", *told)
    assert perahu(hub, *lift) == 0
    _bring(tmp_path)
    with open_office(tmp_path / "enggano", passphrase=PHRASE) as office:
        assert office.authority.carrier_policies() == []


def test_it_concerns_one_node_alone(tmp_path: Path) -> None:
    """A rule for one node leaves its neighbour in the same wilayah free."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    plan = NewNode(name="Laptop", role="field", wilayah=("170301",))
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        enrolled = enrol(hub, plan, tmp_path / "laptop.enrol")
    join(
        tmp_path / "laptop", tmp_path / "laptop.enrol",
        code=enrolled.code, passphrase=PHRASE, changes={},
    )  # fmt: skip
    words = ("policy", "carriers", "--only", "vpn", "--node", "Laptop")
    assert perahu(tmp_path / "hub", *words, "--decree", "S", "--reason", "r") == 0
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        authority = office.authority
        for node in authority.nodes().values():
            expected = 1 if node.name == "Laptop" else 0
            assert len(authority.carrier_policies_of(node)) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        ("--only", "vpn"),
        ("--only", "vpn", "--reason", "r", "--decree", "d", "--lift"),
        ("--only", "vpn", "--forbid", "vpn", "--reason", "r", "--decree", "d"),
        ("--only", "vpn", "--reason", "r", "--decree", "d", "--wilayah", "32"),
        ("--only", "vpn", "--reason", "r", "--decree", "d", "--node", "Nobody"),
    ],
)
def test_it_refuses_what_makes_no_sense(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    """No reason, both at once, another kabupaten's place: one sentence, nothing stated."""
    found_hub(tmp_path)
    assert perahu(tmp_path / "hub", "policy", "carriers", *wrong) == 2
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        assert office.authority.carrier_policies() == []


def test_it_is_stated_by_the_hub_alone(tmp_path: Path) -> None:
    """An office that states such a rule is refused."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    words = ("policy", "carriers", "--only", "vpn", "--reason", "r", "--decree", "d")
    assert perahu(tmp_path / "enggano", *words) == 2
    assert CarrierPolicySet.KIND.hub_only


def _bring(folder: Path) -> None:
    with (
        open_office(folder / "hub", passphrase=PHRASE) as hub,
        open_office(folder / "enggano", passphrase=PHRASE) as office,
    ):
        carry(
            hub.journal,
            office.journal,
            audience=(COMMON, office.journal.node_id).__contains__,
        )
