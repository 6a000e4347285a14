"""`perahu serve`: real processes with real sockets, that start, exchange and stop cleanly."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
import urllib.error
import urllib.request
from pathlib import Path

from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.office import open_office
from perahu.node.settings import load_settings, save_settings
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu
from tests.node.serving import ANY, Starter, aim, start

__all__ = ["start"]


def test_it_works(tmp_path: Path, start: Starter) -> None:
    """Hub and kecamatan exchange over TLS; status page and a clean stop on SIGTERM."""
    found_hub(tmp_path, listen=ANY, page=ANY, mirror=str(tmp_path / "stick"))
    add_enggano(tmp_path, page=ANY)
    hub = start(tmp_path / "hub")
    enggano = tmp_path / "enggano"
    aim(enggano, hub.ready["road_port"])
    assert perahu(enggano, "sync") == 0
    with open_office(enggano, passphrase=PHRASE) as office:
        assert office.authority.operator_by_login("ratna") is not None
        assert {n.name for n in office.authority.nodes().values()} == {
            "Bengkulu Utara", "Enggano",
        }  # fmt: skip
    code, page = hub.get("/keadaan?lang=en")
    assert code == 200 and "Bengkulu Utara" in page and "Last contact" in page
    _, plain = hub.get("/status.json")
    found = json.loads(plain)
    assert [one["node"] for one in found["contacts"]] == ["Enggano"]
    assert found["mirror"] is True and found["parked"] == 0
    assert hub.end() == (0, "")
    assert perahu(tmp_path / "hub", "verify") == 0


def test_it_stops_on_ctrl_c(tmp_path: Path, start: Starter) -> None:
    """SIGINT ends it as cleanly as SIGTERM."""
    found_hub(tmp_path, page=ANY)
    assert start(tmp_path / "hub").end(signal.SIGINT) == (0, "")


def test_it_runs_only_once(tmp_path: Path, start: Starter) -> None:
    """A second process of the same node is refused; commands beside it still work."""
    found_hub(tmp_path, page=ANY)
    start(tmp_path / "hub")
    second = start(tmp_path / "hub")
    code, said = second.end()
    assert code == 2 and said.count("\n") == 1 and "already" in said
    assert perahu(tmp_path / "hub", "status") == 0


def test_it_says_that_a_port_is_taken(tmp_path: Path, start: Starter) -> None:
    """A page or road address that another program holds ends in one sentence, code 2."""
    found_hub(tmp_path, page=ANY, listen=ANY)
    hub = start(tmp_path / "hub")
    page = f"127.0.0.1:{hub.ready['page'].rsplit(':', 1)[1].rstrip('/')}"
    road = f"127.0.0.1:{hub.ready['road_port']}"
    for number, wrong in enumerate(({"page": page}, {"page": ANY, "listen": road})):
        folder = tmp_path / str(number)
        folder.mkdir()
        found_hub(folder, **wrong)
        code, said = start(folder / "hub").end()
        assert code == 2 and said.count("\n") == 1, said


def test_it_goes_on_after_kill_9(tmp_path: Path, start: Starter) -> None:
    """Killed in its tracks it starts again, and its book is sound."""
    found_hub(tmp_path, page=ANY)
    for _ in range(2):
        node = start(tmp_path / "hub")
        assert node.ready
        node.end(signal.SIGKILL)
    assert perahu(tmp_path / "hub", "verify") == 0


def test_it_speaks_to_people_and_to_nobody_else(tmp_path: Path, start: Starter) -> None:
    """Both languages, a strict content policy, and no answer to a stranger's host name."""
    found_hub(tmp_path, page=ANY)
    hub = start(tmp_path / "hub")
    assert "Kontak terakhir" in hub.get("/keadaan")[1]
    assert "Last contact" in hub.get("/keadaan", Cookie="lang=en")[1]
    assert "Kontak terakhir" in hub.get("/keadaan?lang=xx")[1]
    assert hub.get("/nothing")[0] == 404
    assert hub.get("/", Host="evil.example")[0] == 400
    with urllib.request.urlopen(hub.ready["page"]) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert not re.search(
            r"<script(?! src=)|\son\w+=|style=", answer.read().decode()
        )
    assert hub.end() == (0, "")


def test_it_brings_the_second_copy_to_the_provinsi(
    tmp_path: Path, start: Starter
) -> None:
    """The hub calls the provinsi by itself; what lies in both is safe (aman)."""
    found_hub(tmp_path, listen=ANY, page=ANY)
    plan = NewNode(name="Bengkulu", role="provinsi", wilayah=("17",), listen=ANY)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        enrolled = enrol(office, plan, tmp_path / "file")
    changes = {"page": ANY}
    join(
        tmp_path / "provinsi", tmp_path / "file", code=enrolled.code, passphrase=PHRASE,
        changes=changes,
    )  # fmt: skip
    provinsi = start(tmp_path / "provinsi")
    found = load_settings(tmp_path / "hub")
    parent = enrolled.node_id.hex()
    save_settings(tmp_path / "hub", dataclasses.replace(found, parent_node=parent))
    aim(tmp_path / "hub", provinsi.ready["road_port"])
    assert perahu(tmp_path / "hub", "sync") == 0
    with open_office(tmp_path / "hub", passphrase=PHRASE) as office:
        (row,) = office.journal.journals()
        assert row.safe_seq == row.head_seq > 0
    assert provinsi.end() == (0, "")


def test_it_refuses_to_call_nobody(tmp_path: Path) -> None:
    """A node without a parent, or whose parent is away, says so."""
    found_hub(tmp_path)
    assert perahu(tmp_path / "hub", "sync") == 2
