"""A desk and a road of one node in a process of their own, made to be killed.

    python -m tests.system.at_work FOLDER PORT

A line "FIRST [sync]" on stdin forks a desk that does the operations FIRST, FIRST + 1, …
and says each receipt as a line of JSON on stdout the moment it has it; with `sync` it
exchanges with the node on PORT all the while. Its end is said too. An operation that gave
no receipt before the desk died is asked again, under the same id.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from perahu.node.django_settings import configure

configure()

from perahu.enrolment import actions as enrolment  # noqa: E402
from perahu.journal.types import Ask, Receipt  # noqa: E402
from perahu.node.office import Office  # noqa: E402
from perahu.node.road import Caller  # noqa: E402
from perahu.people import actions as people  # noqa: E402
from perahu.sync.exchange import Patience  # noqa: E402
from tests.enrolment.stations import capture_of  # noqa: E402
from tests.people.builders import create_biodata  # noqa: E402
from tests.system.world import ENGGANO, World, officer_of  # noqa: E402

STEPS = 5
"""Operations for each person: register, open, confirm, photo, a finger."""
_BORN = date(1980, 1, 1)


def op_id(number: int) -> bytes:
    """The id of an operation, whoever asks for it."""
    return sha256(b"operation %d" % number).digest()[:16]


def person_of(number: int) -> bytes:
    """The person an operation is about; also the id of her recording."""
    return sha256(b"person %d" % (number // STEPS)).digest()[:12]


def do(office: Office, ask: Ask, number: int) -> Receipt:
    """One operation at the desk."""
    journal, person = office.journal, person_of(number)
    match number % STEPS:
        case 0:
            born = _BORN + timedelta(days=number // STEPS)
            biodata = create_biodata(nik=f"170301{born:%d%m%y}9001", tanggal_lahir=born)
            return people.register_resident(
                journal,
                ask,
                person=person,
                biodata=biodata,
                wilayah="170301",
                papers="KK",
            )
        case 1:
            return enrolment.open_recording(
                journal, ask, person=person, recording=person, wilayah="170301"
            )
        case 2:
            return enrolment.confirm_biodata(journal, ask, recording=person)
        case step:
            capture = capture_of("photo" if step == 3 else "left_index")
            capture = replace(capture, record=person * 1500)
            return enrolment.accept_part(
                journal, ask, recording=person, capture=capture
            )


def _say(**told: Any) -> None:
    """A line in one write: what was said before the end was said whole."""
    os.write(1, json.dumps(told).encode() + b"\n")


def _desk(folder: Path, first: int) -> None:
    office = World(folder).open(ENGGANO)
    officer = officer_of(office, ENGGANO)
    number = first
    with office.at_work():
        while True:
            receipt = do(office, office.ask(officer, op_id(number)), number)
            _say(
                op=number,
                journal=receipt.journal.hex(),
                seq=receipt.seq,
                h=receipt.h.hex(),
                mirrored=receipt.mirrored,
            )
            number += 1


def _road(folder: Path, port: int) -> None:
    """Exchange again and again, with an open book of its own thread's making."""
    office = World(folder).open(ENGGANO)
    office.settings = replace(office.settings, parent=f"127.0.0.1:{port}")
    caller = Caller(office, Patience(attempts_max=2))
    with office.at_work():
        while True:
            result = caller.call()
            refusal = result.refusal
            if refusal is not None and refusal.code not in ("unreachable", "fenced"):
                _say(said=f"{refusal.code}: {refusal.words.en}")


def _child(folder: Path, port: int, words: list[str]) -> None:
    if "sync" in words:
        threading.Thread(target=_loud, args=(_road, folder, port), daemon=True).start()
    _loud(_desk, folder, int(words[0]))


def _loud(work: Any, *arguments: Any) -> None:
    try:
        work(*arguments)
    except Exception as error:  # noqa: BLE001 - said, and the test fails by it
        _say(said=f"{type(error).__name__}: {error}")
        os._exit(1)


def main() -> None:
    """Fork a desk for every line of stdin, one at a time."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _child(folder, port, line.split())
        _say(pid=pid)
        _, status = os.waitpid(pid, 0)
        _say(ended=status)


if __name__ == "__main__":
    main()
