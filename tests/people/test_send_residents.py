"""An office enrolled after the import gets the residents it serves."""

from __future__ import annotations

import pytest

from perahu.keys.facts import NodeEnrolled
from perahu.people import reads
from perahu.people.actions import send_residents
from perahu.people.facts import ResidentImported
from perahu.words import Refusal
from tests.cast import RATNA
from tests.enrolment.stations import Network
from tests.people.builders import plan_of, villagers
from tests.people.test_import_residents import take_in


def test_it_works(network: Network) -> None:
    """Lais is enrolled a month later; its residents are stated to it, and counted once."""
    take_in(network, plan_of(*villagers(30, "170310"), *villagers(5, "170301")))
    lais = network.hub.district.add("Lais", "kecamatan", "170310")
    network.state(NodeEnrolled(certificate=lais.certificate, name="Lais"))
    before = network.hub.tables.content_hash()
    steps: list[tuple[int, int]] = []
    with network.hub.at_work() as journal:
        ask = network.hub.ask(RATNA)
        count = send_residents(
            journal, ask, node=lais.node_id, progress=lambda *step: steps.append(step)
        )
        assert count == 30 and steps == [(30, 30)]
        assert send_residents(journal, ask, node=lais.node_id) == 30
        assert sum(reads.counts_by_desa().values()) == 35
    sent = [e for e in network.hub.journal.events() if e.audience == lais.node_id]
    assert len([e for e in sent if isinstance(e.fact, ResidentImported)]) == 30
    assert network.hub.tables.content_hash() != before, "stated later, at a later place"


def test_it_sends_nobody_to_who_serves_nobody(network: Network) -> None:
    """An unknown node and the provinsi get nothing; only the hub sends."""
    take_in(network, plan_of())
    provinsi = network.hub.district.members["Provinsi"].node_id
    with network.hub.at_work() as journal:
        for node in (bytes(16), provinsi):
            assert send_residents(journal, network.hub.ask(RATNA), node=node) == 0
    with network.enggano.at_work() as journal, pytest.raises(Refusal, match="hub_only"):
        send_residents(journal, network.enggano.ask(), node=provinsi)
