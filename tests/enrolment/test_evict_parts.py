"""Retention: what was captured leaves the office when it is safe elsewhere and PRR."""

from __future__ import annotations

from perahu.enrolment import actions, reads
from perahu.journal.types import Level
from tests.enrolment.builders import RECORDING
from tests.enrolment.stations import Network, Station, record_all
from tests.enrolment.test_centre import note, submit


def evict(office: Station) -> int:
    """How many recordings the office cleared."""
    with office.at_work() as journal:
        return actions.evict_parts(journal)


def parts_here(office: Station) -> int:
    """How many sealed blobs of Budi's recording lie at the office."""
    with office.at_work() as journal:
        return sum(journal.blobs.has(sha) for sha in reads.blobs_of(RECORDING))


def acknowledge(network: Network, level: Level) -> None:
    """The hub's signed ack reaches the office: everything stands at this level."""
    office = network.enggano
    with office.at_work() as journal:
        safe = level is Level.SAFE
        positions = {
            row.id: (row.head_seq, row.head_seq if safe else 0)
            for row in journal.journals()
            if row.own
        }
        blobs = dict.fromkeys(reads.blobs_of(RECORDING), level)
        journal.note_ack(network.hub.journal.node_id, positions, blobs)


def test_it_works(network: Network) -> None:
    """Safe and PRR: the parts go, hashes and level stay, and it is done once."""
    office = network.enggano
    record_all(office)
    network.collect()
    submit(network)
    note(network, "PRINT_READY_RECORD")
    network.give()
    acknowledge(network, Level.SAFE)
    assert parts_here(office) > 0
    assert evict(office) == 1
    assert parts_here(office) == 0
    assert evict(office) == 0
    with office.at_work() as journal:
        assert actions.level_of(journal, RECORDING) is Level.SAFE
        assert len(reads.blobs_of(RECORDING)) > 0


def test_it_keeps_what_only_the_hub_has(network: Network) -> None:
    """Received is not safe: one fire at the hub would lose it."""
    office = network.enggano
    record_all(office)
    network.collect()
    submit(network)
    note(network, "PRINT_READY_RECORD")
    network.give()
    acknowledge(network, Level.RECEIVED)
    assert evict(office) == 0
    assert parts_here(office) > 0


def test_it_keeps_what_the_centre_has_not_found_unique(network: Network) -> None:
    """Safe but still being examined: the centre may ask for it once more."""
    office = network.enggano
    record_all(office)
    network.collect()
    submit(network)
    note(network, "SENT_FOR_DEDUP")
    network.give()
    acknowledge(network, Level.SAFE)
    assert evict(office) == 0
