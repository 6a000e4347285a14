"""Opening a recording: the person, the number, the refusals; and giving one up."""

from __future__ import annotations

from datetime import date

import pytest

from perahu.enrolment import actions, reads
from perahu.words import Refusal
from tests.cast import MADE
from tests.enrolment.builders import NIK, PERSON, RECORDING, create_biodata
from tests.enrolment.stations import Network, open_one, record_all


def refusal_at_opening(
    network: Network, *, person: bytes = PERSON, officer: bytes = b""
) -> str:
    """The code of the refusal when Enggano opens a recording of this person."""
    office = network.enggano
    with office.at_work() as journal, pytest.raises(Refusal) as refusal:
        actions.open_recording(
            journal,
            office.ask(officer),
            person=person,
            recording=b"recording-99",
            wilayah=office.wilayah,
        )
    return refusal.value.code


def test_it_works(network: Network) -> None:
    """Budi's recording has a number of its own and the background of his birth year."""
    with network.enggano.at_work():
        open_one(network.enggano)
        state = reads.recording(RECORDING)
    assert state is not None
    assert state.number == "0001/170301/XI/2026"
    assert (state.nik, state.background, state.confirmed) == (NIK, "blue", True)


def test_it_opens_once_however_often_it_is_asked(network: Network) -> None:
    """The same ask gives the same receipt; the number is not used up."""
    office = network.enggano
    with office.at_work() as journal:
        ask = office.ask()
        receipts = {
            actions.open_recording(
                journal, ask, person=PERSON, recording=RECORDING, wilayah="170301"
            ).seq
            for _ in range(3)
        }
        assert len(receipts) == 1
        assert reads.next_serial(journal.node_id, 2026) == 2


def test_it_refuses_who_is_unknown_too_young_or_recorded(network: Network) -> None:
    """Each with a sentence, and nothing written."""
    young = create_biodata(nik="1703012111129002", born=date(2012, 11, 21))
    ready = create_biodata(nik="1703012111909003", status_rekam="PRINT_READY_RECORD")
    network.import_person(network.enggano, person=b"person-young", biodata=young)
    network.import_person(network.enggano, person=b"person-ready", biodata=ready)
    assert refusal_at_opening(network, person=b"person-nobod") == "unknown_person"
    assert refusal_at_opening(network, person=b"person-young") == "too_young"
    assert refusal_at_opening(network, person=b"person-ready") == "recorded_before"


def test_it_resumes_instead_of_opening_twice(network: Network) -> None:
    """An open recording refuses a second; a closed one for life; a given-up one does not."""
    with network.enggano.at_work():
        open_one(network.enggano)
    assert refusal_at_opening(network) == "recording_open"
    with network.enggano.at_work() as journal:
        actions.abandon_recording(
            journal, network.enggano.ask(), recording=RECORDING, reason="pulang"
        )
    record_all(network.enggano, recording=b"recording-02")
    assert refusal_at_opening(network) == "recorded_before"


def test_it_refuses_an_officer_of_another_kecamatan(network: Network) -> None:
    """Made works at Ketahun; at Enggano nothing is written for him."""
    assert refusal_at_opening(network, officer=MADE) == "not_allowed"


def test_it_numbers_each_office_by_itself(network: Network) -> None:
    """Two offices count apart, and their kecamatan is in the number."""
    other = create_biodata(nik="1703121111909004")
    network.import_person(network.ketahun, person=b"person-00002", biodata=other)
    with network.enggano.at_work():
        open_one(network.enggano)
    with network.ketahun.at_work():
        open_one(network.ketahun, person=b"person-00002", recording=b"recording-02")
        state = reads.recording(b"recording-02")
    assert state is not None
    assert state.number == "0001/170312/XI/2026"
