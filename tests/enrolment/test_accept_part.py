"""Accepting parts: sealed at once, cited, resumed after a crash, gated by the policy."""

from __future__ import annotations

import pytest

from perahu.enrolment import actions, reads
from perahu.enrolment.facts import PARTS
from perahu.keys.facts import ONLINE_ONLY, CentreSeen, PolicySet
from perahu.keys.sealing import open_blob
from perahu.words import Refusal
from tests.enrolment.builders import RECORDING
from tests.enrolment.stations import (
    PARTS_AND_THUMBNAIL,
    Network,
    capture_of,
    finish,
    open_one,
    reopen,
)


def test_it_works(network: Network) -> None:
    """A part lies sealed beside the book, and the fact cites it with its score."""
    office = network.enggano
    with office.at_work() as journal:
        open_one(office)
        actions.accept_part(
            journal, office.ask(), recording=RECORDING, capture=capture_of("photo")
        )
        state = reads.recording(RECORDING)
        assert state is not None
        photo = state.part("photo")
        assert (photo.status, photo.score) == ("captured", 80)
        assert len(reads.blobs_of(RECORDING)) == 2
        cipher = journal.blobs.read(photo.blob)
    assert b"record of photo" not in cipher
    assert (
        open_blob(cipher, network.hub.journal.keys.age_identity) == b"record of photo"
    )
    with pytest.raises(Refusal):
        open_blob(cipher, office.journal.keys.age_identity)


def test_it_accepts_once_however_often_it_is_asked(network: Network) -> None:
    """A repeated ask neither seals nor writes again."""
    office = network.enggano
    with office.at_work() as journal:
        open_one(office)
        ask, capture = office.ask(), capture_of("photo")
        for _ in range(3):
            actions.accept_part(journal, ask, recording=RECORDING, capture=capture)
        assert len(reads.blobs_of(RECORDING)) == 2


def test_it_goes_on_at_the_same_part_after_a_crash_at_every_part(
    network: Network,
) -> None:
    """Closed and opened again before each part: the journal alone says where it goes on."""
    office = network.enggano
    with office.at_work():
        open_one(office)
    for part in PARTS:
        office = reopen(office)
        with office.at_work() as journal:
            assert reads.next_step(RECORDING) == ("capture", part)
            actions.accept_part(
                journal, office.ask(), recording=RECORDING, capture=capture_of(part)
            )
    with office.at_work() as journal:
        assert reads.next_step(RECORDING).name == "verify"
        # The templates died with the process: the fingers are scanned anew.
        actions.accept_part(
            journal, office.ask(), recording=RECORDING, capture=capture_of("left_index")
        )
        finish(office)
        assert reads.next_step(RECORDING).name == "done"
        assert len(reads.blobs_of(RECORDING)) == PARTS_AND_THUMBNAIL + 1
    network.enggano.tables = office.tables


def test_it_excepts_a_part_with_a_reason(network: Network) -> None:
    """A person without irises is recorded to the end."""
    office = network.enggano
    with office.at_work() as journal:
        open_one(office)
        for part in ("right_iris", "left_iris"):
            actions.except_part(
                journal,
                office.ask(),
                recording=RECORDING,
                part=part,
                reason="MATA_TIDAK_ADA",
            )
        finish(office)
        state = reads.recording(RECORDING)
    assert state is not None
    assert state.whole
    assert state.part("left_iris").exception == "MATA_TIDAK_ADA"


def test_it_captures_under_online_only_while_the_centre_answers(
    network: Network,
) -> None:
    """Opening and confirming go on; a capture waits for the centre, then works."""
    office = network.enggano
    network.state(PolicySet(policy=ONLINE_ONLY, decree="SK 2"))
    network.give(office)
    with office.at_work() as journal:
        open_one(office)
        with pytest.raises(Refusal) as refusal:
            actions.accept_part(
                journal, office.ask(), recording=RECORDING, capture=capture_of("photo")
            )
        assert refusal.value.code == "centre_not_seen"
        assert reads.blobs_of(RECORDING) == []
    network.state(CentreSeen(at_ms=office.ask().at.wall_ms))
    network.give(office)
    with office.at_work():
        finish(office)
        assert reads.next_step(RECORDING).name == "done"


def test_it_refuses_the_statement_without_a_signature(network: Network) -> None:
    """Neither signature nor line is no statement; a line alone is one."""
    office = network.enggano
    with office.at_work() as journal:
        open_one(office)
        while (step := reads.next_step(RECORDING)).name == "capture":
            capture = capture_of(step.part)
            actions.accept_part(
                journal, office.ask(), recording=RECORDING, capture=capture
            )
        actions.verify_indexes(
            journal,
            office.ask(),
            recording=RECORDING,
            scores={"right_index": 60, "left_index": 60},
            threshold=40,
        )
        with pytest.raises(Refusal) as refusal:
            actions.sign_statement(
                journal, office.ask(), recording=RECORDING, signature=b"", by_line=False
            )
        assert refusal.value.code == "signature_missing"
        actions.sign_statement(
            journal, office.ask(), recording=RECORDING, signature=b"", by_line=True
        )
        assert reads.next_step(RECORDING).name == "complete"
