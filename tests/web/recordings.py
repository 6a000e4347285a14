"""A recording through pages, step by step, as an operator's hands do it."""

from __future__ import annotations

import re
import time
from typing import Any

from perahu.enrolment import reads
from perahu.enrolment.rules import RecordingState
from perahu.people import reads as people
from tests.web.seats import Seat

WAIT_S = 60.0
GROUPS = ("photo", "signature", "right_hand", "left_hand", "thumbs", "irises")
PAGES = {"photo": "foto", "signature": "tanda-tangan", "irises": "iris"}


def person_of(nik: str) -> str:
    """The person's id for an address."""
    found = people.by_nik(nik)
    assert found is not None
    return found.person.hex()


def begin(seat: Seat, nik: str) -> str:
    """Confirm the biodata; gives the recording's id for addresses."""
    answer = seat.post(f"/rekam/orang/{person_of(nik)}")
    assert answer.status_code == 302, answer.content.decode()
    found = re.fullmatch(r"/rekam/([0-9a-f]{24})", answer["Location"])
    assert found, answer["Location"]
    return found[1]


def take(seat: Seat, recording: str, wanted: str) -> Any:
    """Press the button of a group and wait until the devices are done."""
    answer = seat.post(f"/rekam/{recording}/ambil", bagian=wanted)
    assert answer.status_code == 302, answer.content.decode()
    return settle(seat, recording, wanted)


def settle(seat: Seat, recording: str, wanted: str) -> Any:
    """Ask for the live part until it says that the page is to be loaded anew."""
    page = {"verify": "cocok", "statement": "pernyataan"}.get(
        wanted, PAGES.get(wanted, "jari")
    )
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        answer = seat.get(f"/rekam/{recording}/langsung/{page}")
        assert answer.status_code == 200
        if answer.headers.get("HX-Refresh"):
            return seat.get(f"/rekam/{recording}/{page}")
        time.sleep(0.02)
    raise AssertionError("the devices never came to an end")


def state_of(recording: str) -> RecordingState:
    """What the book holds of it."""
    found = reads.recording(bytes.fromhex(recording))
    assert found is not None
    return found


def next_of(seat: Seat, recording: str) -> str:
    """The page where it goes on."""
    return str(seat.get(f"/rekam/{recording}")["Location"])


def record_all(seat: Seat, nik: str) -> str:
    """From biodata to proof."""
    recording = begin(seat, nik)
    for group in GROUPS:
        take(seat, recording, group)
    take(seat, recording, "verify")
    take(seat, recording, "statement")
    return recording
