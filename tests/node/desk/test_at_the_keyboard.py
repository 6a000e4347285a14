"""Desk commands with a person at the keyboard: bars, questions, answers, a terminal that goes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence

from perahu.enrolment import reads
from perahu.enrolment.rules import RecordingState
from perahu.people import reads as people
from tests.devices.scanners.desk import ROOT
from tests.node.desk.conftest import Printing
from tests.node.desk.town import OFFICERS, PIN, Town
from tests.node.offices import PHRASE

ENTER = "\n"


def at_terminal(
    town: Town,
    name: str,
    words: Sequence[str],
    answers: Sequence[tuple[str, str]],
    pin: str = PIN,
) -> tuple[int, str]:
    """Run a command on a terminal of its own, answering each question as it is asked.

    Without a PIN no operator is named either.
    """
    ours, theirs = pty.openpty()
    given = [sys.executable, "-m", "perahu", "--dir", str(town.at(name)), *words]
    given += ["--officer", OFFICERS[name]] if pin else []
    process = subprocess.Popen(
        given,
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, close_fds=True,
        env={**os.environ, "PERAHU_PIN": pin, "PERAHU_PASSPHRASE": PHRASE, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    shown, read_to, waiting = "", 0, list(answers)
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece.decode(errors="replace")
        if waiting and waiting[0][0] in shown[read_to:]:
            read_to = len(shown)
            os.write(ours, waiting.pop(0)[1].encode())
    os.close(ours)
    assert not waiting, (waiting, shown)
    return process.wait(30), shown


def state_of(town: Town, nik: str) -> RecordingState:
    """This person's recording at Enggano."""
    with town.open("enggano"):
        resident = people.by_nik(nik)
        assert resident is not None
        found = reads.known_recording(resident.person, nik)
    assert found is not None
    return found


def put_before_scanners(town: Town, **person: object) -> None:
    """Who stands there."""
    assert town.scanners is not None
    town.scanners.control("person", seed=77, **person)


def test_it_asks_why_a_part_is_missing(town: Town) -> None:
    """The officer chooses a reason by number, or takes the likely one."""
    (nik,) = town.to_record()
    put_before_scanners(town, missing_parts=["left_ring", "left_little"])
    answers = [("berhenti: ", "9" + ENTER), ("berhenti: ", "3" + ENTER)]
    answers += [("berhenti: ", ENTER)]
    code, shown = at_terminal(town, "enggano", ("record", "--nik", nik), answers)
    assert code == 0, shown
    assert "jari manis kiri tidak dapat diambil" in shown and "kode ambil" in shown
    state = state_of(town, nik)
    assert state.part("left_ring").exception == "JARI_TERBALUT"
    assert state.part("left_little").exception == "JARI_TIDAK_ADA"


def test_it_stops_where_the_officer_says_so(town: Town) -> None:
    """What was recorded stays; the recording is resumed another time."""
    (nik,) = town.to_record()
    put_before_scanners(town, missing_parts=["right_thumb"])
    code, shown = at_terminal(
        town, "enggano", ("record", "--nik", nik), [("berhenti: ", "b" + ENTER)]
    )
    assert code == 2 and "Lanjutkan kapan saja" in shown
    assert state_of(town, nik).open_parts[0] == "right_thumb"


def test_it_asks_what_was_seen_at_the_printer(printing: Printing) -> None:
    """An unclear print is asked about at once, a spoiled one may be tried again."""
    printing.engine.faults = ["jam", "none", "drop_printed"]
    answers = [("[y/n]", "y" + ENTER), ("later ", "p" + ENTER)]
    words = ("--lang", "en", "print", "--all")
    code, shown = at_terminal(printing.town, "enggano", words, answers)
    assert code == 0, shown
    assert "SPOILED" in shown and "UNCERTAIN" in shown
    assert "2 printed, 1 spoiled" in shown and printing.engine.printed == 2
    assert printing.orders() == []


def test_it_asks_for_a_new_pin_twice(town: Town) -> None:
    """What is typed is not seen; two that differ change nothing."""
    words, code = ("pin", "--login", "sari"), ("aktivasi: ", "SALAH" + ENTER)
    first, again = ("angka: ", "704861" + ENTER), ("lagi: ", "704862" + ENTER)
    ended, shown = at_terminal(town, "enggano", words, [code, first, again], pin="")
    assert ended == 2 and "Kedua PIN tidak sama" in shown and "7048" not in shown
    same = ("lagi: ", "704861" + ENTER)
    ended, shown = at_terminal(town, "enggano", words, [code, first, same], pin="")
    assert ended == 2 and "Kode aktivasi salah ketik" in shown
