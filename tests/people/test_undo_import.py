"""A whole import undone: nobody of it is found any more, unless served since."""

from __future__ import annotations

import pytest

from perahu.enrolment.actions import open_recording
from perahu.people import reads
from perahu.people.actions import import_residents, undo_import
from perahu.words import Refusal
from tests.cast import RATNA, SARI, Dice
from tests.enrolment.stations import Network
from tests.people.builders import ROW, create_row, person_id, plan_of
from tests.people.test_import_residents import take_in

SECOND = create_row(
    NIK="1703011308909001", TGL_LHR="13-08-1990", NAMA_LGKP="Siti Kauno"
)


def undo(network: Network, batch: bytes, reason: str = "berkas salah") -> None:
    """Ratna undoes an import at the hub."""
    with network.hub.at_work() as journal:
        undo_import(journal, network.hub.ask(RATNA), batch=batch, reason=reason)


def test_it_works(network: Network) -> None:
    """Hub and office forget the batch; the book keeps every fact of it."""
    batch = take_in(network, plan_of(ROW, SECOND)).batch
    network.give()
    size = len(network.hub.journal.events())
    undo(network, batch)
    network.give()
    for station in (network.hub, network.enggano):
        with station.at_work():
            assert reads.by_nik(ROW["NIK"]) is None
            assert reads.counts_by_desa() == {}
    assert len(network.hub.journal.events()) == size + 1


def test_it_keeps_who_was_served_meanwhile(network: Network) -> None:
    """A person recorded at Enggano before the undoing stays known, there and at the hub."""
    batch = take_in(network, plan_of(ROW, SECOND)).batch
    network.give()
    with network.enggano.at_work() as journal:
        found = reads.by_nik(ROW["NIK"])
        assert found is not None
        open_recording(
            journal,
            network.enggano.ask(SARI),
            person=found.person,
            recording=person_id(9),
            wilayah="170301",
        )
    undo(network, batch)
    network.give()
    network.collect(network.enggano, blobs=False)
    for station in (network.hub, network.enggano):
        with station.at_work():
            assert reads.by_nik(ROW["NIK"]) is not None
            assert reads.by_nik(SECOND["NIK"]) is None


def test_it_can_be_imported_again_under_the_same_ids(network: Network) -> None:
    """After an undoing the same file is a new batch, and everybody keeps their id."""
    first = take_in(network, plan_of()).batch
    with network.hub.at_work():
        before = reads.by_nik(ROW["NIK"])
    undo(network, first)
    again = take_in(network, plan_of())
    assert again.batch != first and (again.changed, again.added) == (1, 0)
    with network.hub.at_work():
        after = reads.by_nik(ROW["NIK"])
    assert before is not None and after is not None and before.person == after.person


def test_it_survives_a_rebuild(network: Network) -> None:
    """Tables emptied and played again are equal to the last byte."""
    batch = take_in(network, plan_of(ROW, SECOND)).batch
    take_in(network, plan_of(create_row(ALAMAT="DATA UJI, LAIN")))
    undo(network, batch)
    hub = network.hub
    before = hub.tables.content_hash()
    hub.tables.rebuild()
    hub.journal.catch_up()
    assert hub.tables.content_hash() == before


def test_it_refuses_what_is_not_there_or_undone(network: Network) -> None:
    """An unknown batch, a second undoing, no reason, another node."""
    batch = take_in(network, plan_of()).batch
    with pytest.raises(Refusal, match="no_import"):
        undo(network, b"no-such-batc")
    with pytest.raises(Refusal, match="text_missing"):
        undo(network, batch, reason=" ")
    undo(network, batch)
    with pytest.raises(Refusal, match="no_import"):
        undo(network, batch)
    with network.enggano.at_work() as journal, pytest.raises(Refusal, match="hub_only"):
        undo_import(journal, network.enggano.ask(), batch=batch, reason="x")


def test_it_does_one_ask_once(network: Network) -> None:
    """The same undoing asked twice is one fact; an undone import's ask begins no other."""
    plan, ask = plan_of(), network.hub.ask(RATNA)
    with network.hub.at_work() as journal:
        batch = import_residents(journal, ask, plan, rng=Dice("a")).batch
        again = network.hub.ask(RATNA)
        first = undo_import(journal, again, batch=batch, reason="x")
        assert undo_import(journal, again, batch=batch, reason="x") == first
        with pytest.raises(Refusal, match="import_undone"):
            import_residents(journal, ask, plan, rng=Dice("b"))
