"""`perahu record`: from NIK to proof at the terminal, killed and resumed, alone and in lists."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from perahu.enrolment import actions, actions_centre, reads
from perahu.enrolment.facts import PARTS
from perahu.enrolment.models import Recording
from perahu.people.models import Person
from tests.node.desk.town import Town
from tests.node.offices import perahu

KILL_AT = "left_iris"


def count_recordings(town: Town) -> int:
    """How many recordings Enggano's book holds."""
    with town.open("enggano"):
        return Recording.objects.count()


def test_it_works(town: Town, tmp_path: Path) -> None:
    """One person, step by step, to the receipt and the proof one can scan."""
    (nik,) = town.to_record()
    ran = town.run(
        "enggano", "record", "--nik", nik, "--sim-person", "--proofs", tmp_path / "p"
    )
    assert ran.code == 0, ran.err
    steps = [event["step"] for event in ran.named("step")]
    assert steps[:2] == ["open", "confirm"] and steps[-1] == "done"
    taken = [event["part"] for event in ran.named("step") if event["step"] == "capture"]
    assert sorted(taken) == sorted(PARTS)
    recorded = ran.one("recorded")
    assert recorded["nik"] == nik and recorded["level"] == 0
    assert len(recorded["pickup"]) == 8 and recorded["number"].startswith("0001/")
    assert ran.events[-1] == {
        "event": "done", "recorded": 1, "already": 0, "refused": 0
    }  # fmt: skip
    with Image.open(recorded["proof"]) as proof:
        (code,) = zxingcpp.read_barcodes(proof)
    with town.open("enggano") as office:
        found = actions.check_proof(office.journal, code.text)
    assert found.number == recorded["number"]


def test_it_goes_on_after_kill_9_in_the_irises(town: Town) -> None:
    """The next run goes on at that very iris; there is one recording, and one of each part."""
    (nik,) = town.to_record()
    words = ("record", "--nik", nik, "--sim-person")
    assert town.scanners is not None
    town.scanners.control("fault", fault="delay", part=KILL_AT, delay_ms=3000)
    session = town.start("enggano", *words)
    assert session.stdout is not None
    for line in session.stdout:
        event = json.loads(line)
        if event["event"] == "step" and event["part"] == KILL_AT:
            session.send_signal(signal.SIGKILL)
            break
    session.wait(10)
    session.stdout.close()
    ran = town.run("enggano", *words)
    assert ran.code == 0, ran.err
    assert ran.one("resumed") == {
        "event": "resumed", "nik": nik, "step": "capture", "part": KILL_AT
    }  # fmt: skip
    taken = [event["part"] for event in ran.named("step") if event["step"] == "capture"]
    assert taken == [KILL_AT, "right_index", "left_index"]
    assert ran.one("recorded")["number"].startswith("0001/")
    assert count_recordings(town) == 1


def test_it_takes_only_the_parts_that_were_called_back(town: Town) -> None:
    """A finger the centre could not read is taken again; nothing else is asked for."""
    (nik,) = town.to_record()
    words = ("record", "--nik", nik, "--sim-person")
    first = town.run("enggano", *words).one("recorded")
    town.exchange()
    with town.open("hub") as hub:
        recording = bytes.fromhex(first["recording"])
        actions_centre.recall_parts(
            hub.journal,
            hub.ask(),
            recording=recording,
            parts=("left_ring",),
            reason="ENROLL_FAILURE_AT_CENTRAL left_ring",
        )
    town.exchange()
    ran = town.run("enggano", *words)
    assert ran.code == 0, ran.err
    assert ran.one("resumed")["part"] == "left_ring"
    taken = [event["part"] for event in ran.named("step") if event["step"] == "capture"]
    assert taken == ["left_ring"]
    assert ran.one("recorded")["recording"] == first["recording"]
    with town.open("enggano"):
        state = reads.recording(recording)
    assert state is not None and state.version == 2 and state.whole


def test_it_records_a_list_and_passes_over_who_is_done(
    town: Town, tmp_path: Path
) -> None:
    """Asked again, a list does nothing twice; who may not be recorded stops nobody."""
    first, second = town.to_record(2)
    called = tmp_path / "called.txt"
    called.write_text(f"{first}\n\n{second}\n{first}\n")
    ran = town.run("enggano", "record", "--list", called, "--sim-person")
    assert ran.code == 0, ran.err
    assert [event["nik"] for event in ran.named("recorded")] == [first, second]
    again = town.run("enggano", "record", "--list", called, "--sim-person")
    assert again.events[-1]["already"] == 2 and again.events[-1]["recorded"] == 0
    assert count_recordings(town) == 2


def test_it_refuses_one_who_was_recorded_before(town: Town) -> None:
    """Once for life: one sentence, exit code 2, nothing new in the book."""
    with town.open("enggano"):
        person = Person.objects.filter(status_rekam="CARD_ISSUED").first()
        assert person is not None
    ran = town.run("enggano", "record", "--nik", person.nik, "--sim-person")
    assert ran.code == 2 and ran.err.count("\n") == 1
    assert "already holds" in ran.err and count_recordings(town) == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"1703\n", b"\xff\xfe" * 40, b"170301" * 3],
    ids=["empty", "short", "no text", "long"],
)
def test_it_refuses_a_file_that_is_no_list(
    town: Town, tmp_path: Path, content: bytes
) -> None:
    """One bad line refuses the whole list before anybody is recorded."""
    called = tmp_path / "called.txt"
    called.write_bytes(content)
    ran = town.run("enggano", "record", "--list", called)
    assert ran.code == 2 and ran.err.count("\n") == 1 and "no list of NIK" in ran.err


def test_it_refuses_what_it_cannot_do(town: Town, tmp_path: Path) -> None:
    """An unknown NIK, a missing list, no scanner, no root: each one sentence and 2."""
    (nik,) = town.to_record()
    for words, part in (
        (("--nik", "1703019999999999"), "not in this node's book"),
        (("--nik", "nobody"), "not in this node's book"),
        (("--list", tmp_path / "none.txt"), "missing"),
        (("--nik", nik, "--scanner-root", tmp_path / "none.pem"), "root certificate"),
    ):
        ran = town.run("enggano", "record", *words)
        assert ran.code == 2 and ran.err.count("\n") == 1 and part in ran.err, ran.err
    town.set("enggano", scanners=(4600,))
    ran = town.run("enggano", "record", "--nik", nik)
    assert ran.code == 2 and "No scanner answers" in ran.err, ran.err
    assert count_recordings(town) == 0


def test_it_refuses_a_wrong_pin(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without her PIN nobody records; nothing is opened."""
    (nik,) = town.to_record()
    monkeypatch.setenv("PERAHU_PIN", "000000")
    for officer in ("sari", "nobody"):
        words = ("record", "--nik", nik, "--officer", officer)
        assert perahu(town.at("enggano"), *words) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert count_recordings(town) == 0


def test_it_speaks_to_people(town: Town) -> None:
    """Without --json it says in Bahasa Indonesia who was recorded, and the code to keep."""
    (nik,) = town.to_record()
    code, out, err = town.say(
        "enggano", "record", "--nik", nik, "--sim-person", lang="id"
    )
    assert code == 0, err
    assert "tercatat" in out and "kode ambil" in out and "{" not in out
