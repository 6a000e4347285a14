"""A correction at the desk: element by element, each with its paper."""

from __future__ import annotations

from datetime import date

import pytest

from perahu.journal.types import Receipt
from perahu.people import reads
from perahu.people.actions import correct_biodata
from perahu.people.rules import Change
from perahu.words import Refusal
from tests.cast import MADE, RATNA
from tests.enrolment.stations import Network, Station
from tests.people.builders import ROW, create_row, person_id, plan_of
from tests.people.test_import_residents import take_in

PAPER = "AKTA 1703-LU-15082025-0001"
DAY = Change("tanggal_lahir", "13-08-1990", PAPER)


def person_here(station: Station) -> bytes:
    """Budi's id as the office knows it."""
    with station.at_work():
        found = reads.by_nik(ROW["NIK"])
    assert found is not None
    return found.person


def correct(station: Station, *changes: Change, officer: bytes = b"") -> Receipt:
    """Whoever works at the desk corrects Budi's biodata."""
    with station.at_work() as journal:
        return correct_biodata(
            journal,
            station.ask(officer),
            person=person_here(station),
            changes=changes,
            wilayah="170301",
        )


def test_it_works(network: Network) -> None:
    """The birth date changes, at the office and at the hub; the NIK stays for life."""
    take_in(network, plan_of())
    network.give()
    correct(network.enggano, DAY)
    network.collect(network.enggano, blobs=False)
    for station in (network.enggano, network.hub):
        with station.at_work():
            found = reads.by_nik(ROW["NIK"])
            assert found is not None and found.biodata.tanggal_lahir == date(
                1990, 8, 13
            )
            assert found.is_served


def test_it_outlives_an_import_that_repeats_the_mistake(network: Network) -> None:
    """SIAK's next export still has the old date: the proven one stays on the screen."""
    take_in(network, plan_of())
    network.give()
    correct(network.enggano, DAY)
    network.collect(network.enggano, blobs=False)
    assert take_in(network, plan_of()).known == 1
    assert take_in(network, plan_of(create_row(ALAMAT="DATA UJI, BARU"))).changed == 1
    network.give()
    for station in (network.enggano, network.hub):
        with station.at_work():
            found = reads.by_nik(ROW["NIK"])
            assert found is not None
            assert found.biodata.tanggal_lahir == date(1990, 8, 13)
            assert found.biodata.alamat == "DATA UJI, BARU"


def test_it_tells_the_home_office_what_the_hub_corrected(network: Network) -> None:
    """A correction at the kabupaten's own desk reaches the kecamatan."""
    take_in(network, plan_of())
    correct(network.hub, Change("nama", "BUDI KAUNO", PAPER), officer=RATNA)
    network.give()
    with network.enggano.at_work():
        assert reads.search("kauno")[0].biodata.nama == "BUDI KAUNO"


def test_it_refuses_without_a_paper_a_person_or_a_right(network: Network) -> None:
    """Evidence is needed, the person must be known, and Made works elsewhere."""
    take_in(network, plan_of())
    network.give()
    with pytest.raises(Refusal, match="text_missing"):
        correct(network.enggano, Change("nama", "BUDI KAUNO", ""))
    with pytest.raises(Refusal, match="nik_for_life"):
        correct(network.enggano, Change("nik", "1703011308909001", PAPER))
    with pytest.raises(Refusal, match="not_allowed"):
        correct(network.enggano, DAY, officer=MADE)
    with (
        network.enggano.at_work() as journal,
        pytest.raises(Refusal, match="unknown_person"),
    ):
        correct_biodata(
            journal,
            network.enggano.ask(),
            person=person_id(5),
            changes=[DAY],
            wilayah="170301",
        )
    with network.enggano.at_work():
        found = reads.by_nik(ROW["NIK"])
        assert found is not None and not found.is_served


def test_it_does_one_ask_once(network: Network) -> None:
    """The form sent twice is one correction, though its new value is the old one by then."""
    take_in(network, plan_of())
    network.give()
    person, ask = person_here(network.enggano), network.enggano.ask()
    with network.enggano.at_work() as journal:
        first, second = (
            correct_biodata(
                journal, ask, person=person, changes=[DAY], wilayah="170301"
            )
            for _ in range(2)
        )
        assert first == second
