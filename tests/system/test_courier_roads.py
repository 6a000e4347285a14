"""The road by stick with whole nodes: torn, twice, by link too, misdelivered, misnamed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from perahu.enrolment import actions, reads
from perahu.journal.types import Level
from perahu.node.cli import INCOMPLETE
from perahu.node.office import Office
from tests.node.offices import PHRASE, perahu
from tests.system.desks import record
from tests.system.mounts import make_read_only, small_disk
from tests.system.world import ENGGANO, HUB, KETAHUN, PROVINSI, World, answering, call
from tests.system.wrong import check_sentence, snapshot


@dataclass
class Roads:
    """A district, a stick, and what the courier commands say."""

    world: World
    stick: Path
    capsys: pytest.CaptureFixture[str]

    def courier(self, name: str, *words: str | Path, code: int = 0) -> list[Any]:
        """One courier command at a node; gives its JSON lines."""
        given = ("courier", *words, "--json") if code == 0 else ("courier", *words)
        self.capsys.readouterr()
        assert perahu(self.world.place(name), *given) == code
        shown = self.capsys.readouterr()
        if code:
            check_sentence(code, shown.err)
            return [shown.err]
        return [json.loads(line) for line in shown.out.splitlines()]

    def export(self, name: str, *words: str) -> Path:
        """Write a file for the parent, or for whom the words say."""
        (told,) = self.courier(name, "export", "--folder", self.stick, *words)
        (path,) = told["files"]
        return Path(path)

    def record(self, count: int = 1) -> list[bytes]:
        """Record so many people at Enggano."""
        with self.world.open(ENGGANO) as office:
            niks = self.world.residents()[:count]
            return [record(office, ENGGANO, nik).recording for nik in niks]

    def level(self, recording: bytes) -> Level:
        """How safe a recording is, as Enggano knows."""
        with self.world.open(ENGGANO) as office:
            return actions.level_of(office.journal, recording)

    def check_arrived(self, *recordings: bytes) -> bytes:
        """The hub holds all of them, blobs and all; gives the hash of its tables."""
        with self.world.open(HUB) as hub:
            for recording in recordings:
                state = reads.recording(recording)
                assert state is not None and state.whole
            assert not hub.journal.blobs.missing() and not hub.journal.parked()
            assert hub.journal.verify().sound
            return hub.tables.content_hash()


@pytest.fixture
def roads(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Roads:
    """A stick is plugged in."""
    (tmp_path / "stick").mkdir()
    return Roads(world, tmp_path / "stick", capsys)


def _online(office: Office, hub: Office) -> int:
    """One exchange by link; gives how many entries the hub did not have."""
    before = sum(row.head_seq for row in hub.journal.journals())
    with answering(hub) as listener:
        assert call(office, listener.port).is_complete
    return sum(row.head_seq for row in hub.journal.journals()) - before


def test_it_works(roads: Roads) -> None:
    """Up to the hub and the provinsi and back, by stick alone: diterima, then aman."""
    (recording,) = roads.record()
    (made,) = roads.courier(ENGGANO, "export", "--folder", roads.stick)
    told = roads.courier(HUB, "import", roads.stick, "--return", roads.stick)
    assert [one["event"] for one in told] == ["imported", "exported"]
    assert told[0]["missing_frames"] == 0 and told[0]["sender"] == ENGGANO
    assert made["check_words"] == [told[0]["check_words"]]
    assert roads.level(recording) is Level.RECORDED
    roads.courier(ENGGANO, "import", roads.stick)
    assert roads.level(recording) is Level.RECEIVED
    roads.export(HUB, "--to", PROVINSI)
    roads.courier(PROVINSI, "import", roads.stick, "--return", roads.stick)
    roads.courier(HUB, "import", roads.stick)
    roads.export(HUB, "--to", ENGGANO)
    roads.courier(ENGGANO, "import", roads.stick)
    assert roads.level(recording) is Level.SAFE
    roads.check_arrived(recording)


def test_it_gives_all_that_is_whole_in_a_torn_file(roads: Roads) -> None:
    """Torn at twenty places, each a little later: more every time, and it says what lacks."""
    recordings = roads.record(2)
    path = roads.export(ENGGANO)
    content, entries, blobs = path.read_bytes(), 0, 0
    # The last fifth is repair data at most: without it a file may be whole all the same.
    cuts = sorted(Random(6).sample(range(20_000, len(content) * 4 // 5), 20))
    for cut in cuts:
        path.write_bytes(content[:cut])
        roads.capsys.readouterr()
        given = (roads.world.place(HUB), "courier", "import", path, "--json")
        assert perahu(*given) == INCOMPLETE, (
            "who takes 0 for done throws the stick away"
        )
        (told,) = map(json.loads, roads.capsys.readouterr().out.splitlines())
        entries, blobs = entries + told["entries"], blobs + told["blobs"]
        assert told["missing_frames"] > 0
    assert perahu(roads.world.place(HUB), "courier", "import", path) == INCOMPLETE
    said = roads.capsys.readouterr().out
    assert "damaged" in said and "ask for a new file" in said
    path.write_bytes(content)
    (told,) = roads.courier(HUB, "import", path)
    assert told["missing_frames"] == 0
    with roads.world.open(ENGGANO) as office:
        wanted = sum(len(reads.blobs_of(one)) for one in recordings)
        own = sum(row.head_seq for row in office.journal.journals() if row.own)
    assert (entries + told["entries"], blobs + told["blobs"]) == (own, wanted)
    roads.check_arrived(*recordings)


def test_it_goes_by_link_and_by_stick_as_once(roads: Roads) -> None:
    """The same facts by both roads, in either order: nothing twice, the same tables."""
    recordings = roads.record(2)
    path = roads.export(ENGGANO)
    with roads.world.open(HUB) as hub, roads.world.open(ENGGANO) as office:
        assert _online(office, hub) > 0
    before = roads.check_arrived(*recordings)
    for _ in range(2):
        (told,) = roads.courier(HUB, "import", path)
        assert (told["entries"], told["blobs"]) == (0, 0)
    assert roads.check_arrived(*recordings) == before
    with roads.world.open(HUB) as hub, roads.world.open(ENGGANO) as office:
        assert _online(office, hub) == 0


def test_it_sends_nothing_by_link_that_came_by_stick(roads: Roads) -> None:
    """The file first, no return file: the link finds everything there and says so."""
    (recording,) = roads.record()
    roads.courier(HUB, "import", roads.export(ENGGANO))
    before = roads.check_arrived(recording)
    with roads.world.open(HUB) as hub, roads.world.open(ENGGANO) as office:
        assert _online(office, hub) == 0
    assert roads.level(recording) is Level.RECEIVED
    assert roads.check_arrived(recording) == before


def test_it_writes_all_again_after_a_lost_stick(roads: Roads) -> None:
    """An export is no delivery: the next one begins at the last ack."""
    recordings = roads.record(2)
    roads.export(ENGGANO).unlink()
    roads.courier(HUB, "import", roads.export(ENGGANO))
    roads.check_arrived(*recordings)


def test_it_refuses_a_file_for_somebody_else(roads: Roads) -> None:
    """Another office cannot use it, and keeps nothing of it."""
    roads.record()
    path = roads.export(ENGGANO)
    before = snapshot(roads.world.place(KETAHUN))
    (said,) = roads.courier(KETAHUN, "import", path, code=2)
    assert "for another node" in said
    (said,) = roads.courier(KETAHUN, "import", roads.stick, code=2)
    assert "no courier file for this node" in said
    assert snapshot(roads.world.place(KETAHUN)) == before


@pytest.mark.parametrize(
    "name",
    [
        "-rf.jrnb",
        "a b\tc\n$(touch pwned);'\"`.jrnb",
        "..%2f..%2fetc.jrnb",
        "\u202egnp.jrnb",
        "\udcff\udcfe.jrnb",
        "con.jrnb.p2",
        "x" * 240 + ".jrnb",
    ],
)
def test_it_reads_no_meaning_in_a_name(roads: Roads, name: str) -> None:
    """A file may be called anything; what it is stands in it."""
    (recording,) = roads.record()
    path = roads.stick / name
    roads.export(ENGGANO).rename(path)
    before = snapshot(roads.stick.parent / "world" / "enggano")
    (told,) = roads.courier(HUB, "import", path)
    assert (told["missing_frames"], told["file"]) == (0, str(path))
    assert [one.name for one in roads.stick.iterdir()] == [name]
    assert snapshot(roads.stick.parent / "world" / "enggano") == before
    roads.check_arrived(recording)


def test_it_passes_over_what_else_lies_on_the_stick(roads: Roads) -> None:
    """Photos, viruses, a folder and an empty file beside it are left alone."""
    (recording,) = roads.record()
    roads.export(ENGGANO)
    (roads.stick / "autorun.inf").write_text("open=virus.exe")
    (roads.stick / "empty.jrnb").write_bytes(b"")
    (roads.stick / "noise.jrnb").write_bytes(os.urandom(50_000))
    (roads.stick / "folder.jrnb").mkdir()
    (roads.stick / "self.jrnb").symlink_to("self.jrnb")
    (told,) = roads.courier(HUB, "import", roads.stick)
    assert told["missing_frames"] == 0
    roads.check_arrived(recording)


def test_it_reads_a_stick_that_is_write_protected(roads: Roads, tmp_path: Path) -> None:
    """Reading writes nothing there; only a return file needs room on it."""
    (recording,) = roads.record()
    with small_disk(tmp_path / "locked", "4m") as locked:
        roads.stick = locked
        roads.export(ENGGANO)
        make_read_only(locked)
        (told,) = roads.courier(HUB, "import", locked)
        assert told["missing_frames"] == 0
        (said,) = roads.courier(HUB, "import", locked, "--return", locked, code=2)
        assert "stick" in said
    roads.check_arrived(recording)


def test_it_may_be_killed_while_it_reads(roads: Roads) -> None:
    """kill -9 in the middle of an import, three times: the next one takes the rest."""
    recordings = roads.record(3)
    path, chance = roads.export(ENGGANO), Random(3)
    place = roads.world.place(HUB)
    given = [sys.executable, "-m", "perahu", "--dir", str(place), "courier", "import"]
    surroundings = os.environ | {"PERAHU_PASSPHRASE": PHRASE}
    for _ in range(3):
        child = subprocess.Popen(
            [*given, str(path)], stdout=subprocess.DEVNULL, env=surroundings
        )
        time.sleep(chance.uniform(0.6, 1.4))
        child.kill()
        child.communicate()
    (told,) = roads.courier(HUB, "import", path)
    assert told["missing_frames"] == 0
    roads.check_arrived(*recordings)
