"""The simulated printer's IPP, as other clients than ours may use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.devices import ipp_wire as wire
from perahu.devices.ipp_wire import Attributes, Group, Message, Value
from tests.devices.printers import Bench, bench, card_png


def answered(
    desk: Bench, operation: int, asked: Attributes | None = None, document: bytes = b""
) -> Message:
    """The simulator's answer to one request."""
    groups = (Group(wire.OPERATION, asked or {}),)
    said = desk.server.face.answer(Message(operation, 5, groups, document))
    assert said is not None
    assert said.request_id == 5
    return said


def job(number: int) -> Attributes:
    """A request about this job."""
    return {"job-id": (wire.integer(number),)}


def test_it_prints_in_one_request(tmp_path: Path) -> None:
    """Print-Job makes the job and prints it."""
    with bench(tmp_path) as desk:
        name = {"job-name": (Value(wire.NAME, "ab"),)}
        said = answered(desk, wire.PRINT_JOB, name, card_png())
        assert wire.first_int(said.group(wire.JOB), "job-id") == 1
        desk.clock.wait(5)
        assert desk.engine.truth()["printed"] == 1


def test_it_lists_jobs_newest_first(tmp_path: Path) -> None:
    """Get-Jobs tells ended and open jobs apart, and keeps to the limit."""
    with bench(tmp_path) as desk:
        for _ in range(3):
            answered(desk, wire.PRINT_JOB, {}, card_png())
            desk.clock.wait(5)
        answered(desk, wire.CREATE_JOB)
        ended = {"which-jobs": wire.keywords("completed"), "limit": (wire.integer(2),)}
        rows = answered(desk, wire.GET_JOBS, ended).all_groups(wire.JOB)
        assert [wire.first_int(row, "job-id") for row in rows] == [3, 2]
        rows = answered(desk, wire.GET_JOBS).all_groups(wire.JOB)
        assert [wire.first_int(row, "job-id") for row in rows] == [4]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (wire.VALIDATE_JOB, wire.OK),
        (wire.GET_JOB_ATTRIBUTES, wire.NOT_FOUND),
        (wire.CANCEL_JOB, wire.NOT_FOUND),
        (wire.SEND_DOCUMENT, wire.NOT_FOUND),
        (wire.PRINT_JOB, wire.FORMAT_NOT_SUPPORTED),
        (0x0012, wire.OPERATION_NOT_SUPPORTED),
    ],
)
def test_it_answers_with_the_code_of_the_standard(
    tmp_path: Path, operation: int, code: int
) -> None:
    """Unknown jobs, formats and operations have their own codes."""
    with bench(tmp_path) as desk:
        assert answered(desk, operation, job(99), b"no picture").code == code


def test_it_takes_one_document_for_each_job(tmp_path: Path) -> None:
    """A second document, or one that is no PNG, is refused."""
    with bench(tmp_path) as desk:
        answered(desk, wire.CREATE_JOB)
        wrong = answered(desk, wire.SEND_DOCUMENT, job(1), b"no picture")
        assert wrong.code == wire.FORMAT_NOT_SUPPORTED
        assert answered(desk, wire.SEND_DOCUMENT, job(1), card_png()).code == wire.OK
        again = answered(desk, wire.SEND_DOCUMENT, job(1), card_png())
        assert again.code == wire.NOT_POSSIBLE


def test_it_cancels_a_job_once(tmp_path: Path) -> None:
    """A cancelled job has ended; cancelling it again is not possible."""
    with bench(tmp_path) as desk:
        answered(desk, wire.CREATE_JOB)
        assert answered(desk, wire.CANCEL_JOB, job(1)).code == wire.OK
        assert answered(desk, wire.CANCEL_JOB, job(1)).code == wire.NOT_POSSIBLE


def test_it_spoils_the_card_of_a_job_cancelled_in_its_middle(tmp_path: Path) -> None:
    """A card already fed is spoiled by cancelling, and counted."""
    with bench(tmp_path) as desk:
        answered(desk, wire.PRINT_JOB, {}, card_png())
        answered(desk, wire.CANCEL_JOB, job(1))
        assert desk.engine.truth()["spoiled"] == 1
        told = answered(desk, wire.GET_JOB_ATTRIBUTES, job(1)).group(wire.JOB)
        assert wire.first_int(told, "job-media-sheets-completed") == 1


def test_it_answers_bytes_that_are_not_ipp(tmp_path: Path) -> None:
    """Nonsense in a request gets the code for a bad request."""
    with bench(tmp_path) as desk:
        raw = desk.printer._post(b"\x02\x00nonsense")
        assert wire.decode(raw).code == wire.BAD_REQUEST
