"""The proof of recording: what it says, what its code proves, what forgery it withstands."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.enrolment import actions, reads, rules_proof
from perahu.enrolment.actions import PROOF_DOMAIN
from perahu.enrolment.rules import pickup_hash
from perahu.words import Refusal
from tests.cast import TODAY
from tests.enrolment.builders import NIK, RECORDING
from tests.enrolment.stations import Network, record_all

PAPER = rules_proof.Paper(
    journal=b"journal-enggano1",
    seq=21,
    h=bytes(range(32)),
    level=0,
    number="0001/170301/XI/2026",
    name="BUDI",
    nik=NIK,
    office="Enggano",
    day="21-11-2026",
    code="ABCD2345",
)


def qr_of(paper: rules_proof.Paper) -> str:
    """The QR text of a paper with an empty signature."""
    return rules_proof.qr_text(rules_proof.statement(paper), bytes(64), bytes(8))


def test_it_works(network: Network) -> None:
    """The code scanned at another node says which entry, and its signature is good there."""
    record_all(network.enggano)
    with network.enggano.at_work() as journal:
        paper, qr = actions.proof_paper(journal, recording=RECORDING, today=TODAY)
        code = actions.pickup_code(journal, RECORDING)
        assert reads.pickup_of(RECORDING) == pickup_hash(code)
    network.collect()
    with network.hub.at_work() as journal:
        proof = actions.check_proof(journal, qr)
        assert reads.pickup_of(RECORDING) == pickup_hash(code)
    assert (proof.seq, proof.h8, proof.number) == (paper.seq, paper.h[:8], paper.number)
    assert proof.said == rules_proof.checksum(paper)
    assert len(qr) < 300


def test_it_gives_the_same_code_on_a_second_proof(network: Network) -> None:
    """A lost paper is printed again; the code the hub knows stays."""
    record_all(network.enggano)
    office = network.enggano
    with office.at_work() as journal:
        before = actions.pickup_code(journal, RECORDING)
        actions.issue_proof(journal, office.ask(), recording=RECORDING)
        assert actions.pickup_code(journal, RECORDING) == before
        assert len(before) == 8


def test_it_says_which_books_it_cannot_judge(network: Network) -> None:
    """Before the office's book arrived the proof is neither good nor bad."""
    record_all(network.enggano)
    with network.enggano.at_work() as journal:
        _, qr = actions.proof_paper(journal, recording=RECORDING, today=TODAY)
    with network.ketahun.at_work() as journal, pytest.raises(Refusal) as refusal:
        actions.check_proof(journal, qr)
    assert refusal.value.code == "unknown_journal"


def test_it_refuses_a_forged_proof(network: Network) -> None:
    """Another number under the old signature is no proof."""
    record_all(network.enggano)
    with network.enggano.at_work() as journal:
        paper, qr = actions.proof_paper(journal, recording=RECORDING, today=TODAY)
        true = rules_proof.read_qr(qr)
        forged = dataclasses.replace(paper, number="0002/170301/XI/2026")
        text = rules_proof.qr_text(
            rules_proof.statement(forged), true.signature, true.chain8
        )
        with pytest.raises(Refusal) as refusal:
            actions.check_proof(journal, text)
    assert refusal.value.code == "bad_proof"


def test_it_calls_nobody_a_forger_whose_entry_an_old_disk_took(
    network: Network,
) -> None:
    """Its office signed it; then the number was given to something else."""
    record_all(network.enggano)
    with network.enggano.at_work() as journal:
        paper, qr = actions.proof_paper(journal, recording=RECORDING, today=TODAY)
        lost = rules_proof.statement(dataclasses.replace(paper, h=bytes(32)))
        signature = journal.sign(PROOF_DOMAIN, lost)
        chain8 = rules_proof.read_qr(qr).chain8
        with pytest.raises(Refusal) as refusal:
            actions.check_proof(journal, rules_proof.qr_text(lost, signature, chain8))
    assert refusal.value.code == "other_history"


def test_it_covers_every_word_on_the_paper() -> None:
    """Whatever word changes, the checksum changes."""
    for change in (
        {"name": "BUDIMAN"}, {"office": "Ketahun"}, {"day": "22-11-2026"}, {"level": 1},
        {"code": "ABCD2346"}, {"nik": "1703026001009001"}, {"number": "0002/170301/XI/2026"},
    ):  # fmt: skip
        changed = dataclasses.replace(PAPER, **change)
        assert rules_proof.checksum(changed) != rules_proof.checksum(PAPER)


def test_it_shows_no_birth_date() -> None:
    """The NIK on the paper keeps region and serial only."""
    assert rules_proof.masked_nik(NIK) == "170301******9001"
    assert rules_proof.masked_nik("12") == ""
    assert all(NIK not in value for _, value in PAPER.lines)


def test_it_reads_what_it_wrote() -> None:
    """The statement comes back field by field."""
    proof = rules_proof.read_qr(qr_of(PAPER))
    assert (proof.journal, proof.seq, proof.level) == (PAPER.journal, 21, 0)
    assert proof.statement == rules_proof.statement(PAPER)


@given(st.binary(max_size=200))
def test_it_turns_bytes_to_base45_and_back(plain: bytes) -> None:
    """RFC 9285, both ways."""
    assert rules_proof.from_base45(rules_proof.base45(plain)) == plain


def test_it_encodes_as_the_standard_says() -> None:
    """The examples of RFC 9285."""
    assert rules_proof.base45(b"AB") == "BB8"
    assert rules_proof.base45(b"Hello!!") == "%69 VD92EX0"
    assert rules_proof.base45(b"base-45") == "UJCLQE7W581"


@given(st.text(max_size=120))
def test_it_refuses_any_other_text(text: str) -> None:
    """Whatever a camera reads, the answer is a sentence."""
    for tried in (text, rules_proof.PREFIX + text):
        with pytest.raises(Refusal) as refusal:
            rules_proof.read_qr(tried)
        assert refusal.value.code == "bad_proof"


@pytest.mark.parametrize("at", [0, -1])
def test_it_refuses_a_code_of_another_kind(at: int) -> None:
    """As long as ours and of the right letters, but another program's, or no number."""
    said = bytearray(rules_proof.statement(PAPER))
    said[at] = 0xFF
    with pytest.raises(Refusal, match="bad_proof"):
        rules_proof.read_qr(rules_proof.qr_text(bytes(said), bytes(64), bytes(8)))
