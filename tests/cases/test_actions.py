"""The hub's decisions on what arrived, over real books."""

from __future__ import annotations

import pytest

from perahu.cases import actions, reads
from perahu.cases.rules import Finding
from perahu.enrolment import reads_hub
from perahu.journal.types import Draft
from perahu.keys.facts import NodeRevoked
from perahu.words import Refusal
from tests.cast import RATNA, corrected
from tests.enrolment.builders import PERSON, RECORDING
from tests.enrolment.stations import Network, record_all


def accept(network: Network) -> bool:
    """One round of decisions; whether there was anything to decide."""
    with network.hub.at_work() as journal:
        return actions.accept_arrivals(journal, network.hub.ask()) is not None


def decision(network: Network, recording: bytes = RECORDING) -> str | None:
    """The hub's decision on the closing of a recording."""
    with network.hub.at_work():
        closed = reads_hub.closed(recording)
        assert closed is not None
        return reads.decision_of(closed.journal, closed.seq)


def test_it_works(network: Network) -> None:
    """What arrived stands, the office hears of it, and a second round says nothing."""
    record_all(network.enggano)
    network.collect()
    assert decision(network) is None
    assert accept(network)
    assert decision(network) == "sah"
    assert not accept(network)
    network.give()
    with network.enggano.at_work():
        closed = reads_hub.closed(RECORDING)
        assert closed is not None
        assert reads.decision_of(closed.journal, closed.seq) == "sah"


def test_it_keeps_both_recordings_and_opens_a_case(network: Network) -> None:
    """Recorded at Enggano and Ketahun in the same week: one stands, one is disputed."""
    record_all(network.enggano)
    record_all(network.ketahun, recording=b"recording-02")
    network.collect()
    assert accept(network)
    decisions = {decision(network), decision(network, b"recording-02")}
    assert decisions == {"sah", "sengketa"}
    assert not accept(network)
    with network.hub.at_work():
        (case,) = reads.open_cases()
    assert case.kind == "TWO_RECORDINGS"
    assert set(case.about) == {RECORDING, b"recording-02"}


def test_it_does_not_overturn_what_already_stands(network: Network) -> None:
    """The one that came and was accepted first stays, though the other was made before it."""
    record_all(network.enggano)
    record_all(network.ketahun, recording=b"recording-02")
    network.collect(network.ketahun)
    assert accept(network)
    network.collect(network.enggano)
    assert accept(network)
    assert decision(network, b"recording-02") == "sah"
    assert decision(network) == "sengketa"
    network.give()
    with network.enggano.at_work():
        closed = reads_hub.closed(RECORDING)
        assert closed is not None
        assert "ditahan" in reads.reason_of(closed.journal, closed.seq)


def test_it_lets_a_person_decide_the_case(network: Network) -> None:
    """Ratna finds them to be two persons: both stand, and a second decision is refused."""
    record_all(network.enggano)
    record_all(network.ketahun, recording=b"recording-02")
    network.collect()
    accept(network)
    hub = network.hub
    with hub.at_work() as journal:
        (case,) = reads.open_cases()
        actions.decide_case(
            journal, hub.ask(RATNA), case=case.case, decision="SAH", reason="dua orang"
        )
        assert reads.open_cases() == []
        with pytest.raises(Refusal) as refusal:
            actions.decide_case(
                journal, hub.ask(RATNA), case=case.case, decision="SAH", reason="lagi"
            )
        assert refusal.value.code == "case_decided"
    assert {decision(network), decision(network, b"recording-02")} == {"sah"}
    assert not accept(network)


def test_it_rejects_what_a_revoked_node_still_wrote(network: Network) -> None:
    """The laptop is gone: what it wrote before stands, what came after is rejected."""
    office = network.enggano
    record_all(office)
    network.collect()
    with office.at_work():
        closed = reads_hub.closed(RECORDING)
    assert closed is not None
    last = (closed.journal, closed.seq, closed.h)
    network.state(
        NodeRevoked(node=office.journal.node_id, reason="dicuri", valid_through=(last,))
    )
    with office.journal.writing() as book:
        book.append(office.ask(), [Draft(corrected(subject=PERSON))])
    network.collect()
    # The proof after the last valid entry counted, until the revocation was heard.
    parked = network.hub.journal.parked()
    assert [one.code for one in parked] == ["not_allowed"] * 2
    assert accept(network)
    assert decision(network) == "sah"
    with network.hub.at_work():
        for one in parked:
            assert reads.decision_of(one.journal, one.seq) == "ditolak"
            assert reads.reason_of(one.journal, one.seq)
    assert not accept(network)


def test_it_opens_a_case_once_per_finding(network: Network) -> None:
    """The loop finds the same thing each round; the person is asked once."""
    hub = network.hub
    finding = Finding(kind="VALIDATION", about=(PERSON,), reason="periksa foto")
    with hub.at_work() as journal:
        assert actions.open_cases(journal, hub.ask(), findings=[finding, finding])
        assert actions.open_cases(journal, hub.ask(), findings=[finding]) is None
        assert len(reads.open_cases()) == 1
