"""A node is built again in an empty folder: what it refuses, and what a second medium gives."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from perahu.journal.journal import RECOUNT
from perahu.keys.pin import new_activation_code
from perahu.node.actions import revoke_node
from perahu.node.enrolling import ENROLLED_FOLDER, NewNode, enrol
from perahu.node.office import open_office
from perahu.node.rebuilding import enrol_again, is_rescue, rebuild, write_rescue
from perahu.node.rng import system_random
from perahu.words import Refusal
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu

DAY_S = 24 * 3600
ENGGANO = NewNode(name="Enggano", role="kecamatan", wilayah=("170301",))


def rescued(folder: Path, ahead_s: float = 0.0) -> tuple[Path, str]:
    """The hub's rescue file and its code, written so much later than now."""
    with open_office(
        folder / "hub", passphrase=PHRASE, wall_s=lambda: time.time() + ahead_s
    ) as hub:
        return folder / "hub.rescue", write_rescue(hub, folder / "hub.rescue")


def test_it_builds_a_hub_from_its_rescue_file(tmp_path: Path) -> None:
    """The same node under the day's epoch, with its issuing key; its book begins empty."""
    founded = found_hub(tmp_path)
    file, code = rescued(tmp_path)
    assert is_rescue(file)
    rebuild(tmp_path / "new", file, code=code, passphrase=PHRASE, changes={})
    with open_office(tmp_path / "new", passphrase=PHRASE) as hub:
        assert hub.journal.node_id == founded.node_id
        assert hub.journal.epoch > 20_000_000 and hub.journal.halts() == [RECOUNT]
        assert hub.journal.journals() == []
        assert enrol(hub, ENGGANO, tmp_path / "enggano.enrol").node_id


def test_it_brings_a_hub_back_from_its_mirror(tmp_path: Path) -> None:
    """What the hub said and nobody heard is on its second medium, and comes back."""
    mirror = tmp_path / "cermin"
    mirror.mkdir()
    found_hub(tmp_path, mirror=str(mirror))
    file, code = rescued(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        said = {row.id: row.head_h for row in hub.journal.journals()}
    shutil.rmtree(tmp_path / "hub")
    changes = {"mirror": str(mirror)}
    rebuild(tmp_path / "hub", file, code=code, passphrase=PHRASE, changes=changes)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        assert said == {row.id: row.head_h for row in hub.journal.journals()}
        assert hub.journal.epoch == 2 and hub.journal.halts() == [RECOUNT]
        assert hub.authority.operator_by_login("ratna") is not None


def test_it_refuses_a_wrong_code_and_makes_nothing(tmp_path: Path) -> None:
    """The folder is not there afterwards."""
    found_hub(tmp_path)
    file, _ = rescued(tmp_path)
    with pytest.raises(Refusal, match="wrong_enrolment_code"):
        other = new_activation_code(system_random)
        rebuild(tmp_path / "new", file, code=other, passphrase=PHRASE, changes={})
    assert not (tmp_path / "new").exists()


def test_it_refuses_a_clock_that_stands_before_the_rescue_file(tmp_path: Path) -> None:
    """The epoch is the day: an earlier one could be an epoch that was there before."""
    found_hub(tmp_path)
    file, code = rescued(tmp_path, ahead_s=3 * DAY_S)
    with pytest.raises(Refusal, match="clock_behind"):
        rebuild(tmp_path / "new", file, code=code, passphrase=PHRASE, changes={})
    assert not (tmp_path / "new").exists()


def test_it_refuses_a_node_whose_secret_was_never_kept(tmp_path: Path) -> None:
    """Enrolled by an older version: the hub says to revoke it and enrol a new one."""
    found_hub(tmp_path)
    node = add_enggano(tmp_path)
    (tmp_path / "hub" / ENROLLED_FOLDER / f"{node.hex()}.age").unlink()
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        with pytest.raises(Refusal, match="no_secret_kept"):
            enrol_again(hub, ENGGANO, node, tmp_path / "again")
        assert not (tmp_path / "again").exists()


def test_it_never_builds_a_node_that_was_revoked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine that may be in other hands comes back under no epoch."""
    found_hub(tmp_path)
    node = add_enggano(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        revoke_node(hub.journal, hub.ask(), name="Enggano", reason="dicuri")
        assert node not in hub.authority.nodes()
    capsys.readouterr()
    again = tmp_path / "again"
    assert perahu(tmp_path / "hub", "enrol", "--again", "Enggano", "--out", again) == 2
    assert "'Enggano' is not known" in capsys.readouterr().err and not again.exists()
