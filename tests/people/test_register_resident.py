"""A person unknown here came with papers: registered once, linked later by the hub."""

from __future__ import annotations

import pytest

from perahu.people import reads
from perahu.people.actions import register_resident
from perahu.words import Refusal
from tests.cast import MADE
from tests.enrolment.stations import Network, Station
from tests.people.builders import create_biodata, person_id, plan_of
from tests.people.test_import_residents import take_in

SUKARNO = create_biodata(nama="Sukarno", nik="1703011308909001")


def register(station: Station, officer: bytes = b"", number: int = 1) -> None:
    """Whoever works at the desk registers Sukarno."""
    with station.at_work() as journal:
        register_resident(
            journal,
            station.ask(officer),
            person=person_id(number),
            biodata=SUKARNO,
            wilayah=station.wilayah,
            papers="KK 1703010101159001",
        )


def test_it_works(network: Network) -> None:
    """Found at once by NIK and name at the office, and at the hub after the road."""
    register(network.enggano)
    network.collect(network.enggano, blobs=False)
    for station in (network.enggano, network.hub):
        with station.at_work():
            found = reads.by_nik(SUKARNO.nik)
            assert found is not None and found.biodata.nama == "SUKARNO"
            assert found.person == person_id(1) and found.batch == b""
            assert reads.search("soekarno")[0] == found


def test_it_does_one_ask_once(network: Network) -> None:
    """The form sent twice registers one person."""
    with network.enggano.at_work() as journal:
        ask = network.enggano.ask()
        receipts = [
            register_resident(
                journal,
                ask,
                person=person_id(1),
                biodata=SUKARNO,
                wilayah="170301",
                papers="KK",
            )
            for _ in range(2)
        ]
        assert receipts[0] == receipts[1]


def test_it_refuses_who_is_known_or_out_of_scope(network: Network) -> None:
    """A known NIK is opened by the search; Made has no say at Enggano."""
    with pytest.raises(Refusal, match="not_allowed"):
        register(network.enggano, officer=MADE)
    register(network.enggano)
    with pytest.raises(Refusal, match="known_here"):
        register(network.enggano, number=2)


def test_it_takes_what_siak_says_of_a_known_nik(network: Network) -> None:
    """A later import of the same NIK at the hub keeps the id that the desk gave."""
    register(network.enggano)
    network.collect(network.enggano, blobs=False)
    row = {"NIK": SUKARNO.nik, "NAMA_LGKP": "Sukarno", "ALAMAT": "DATA UJI, SIAK"}
    from tests.people.builders import create_row

    assert take_in(network, plan_of(create_row(**row))).changed == 1
    network.give()
    for station in (network.enggano, network.hub):
        with station.at_work():
            found = reads.person(person_id(1))
            assert found is not None and found.biodata.alamat == "DATA UJI, SIAK"
