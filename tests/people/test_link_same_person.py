"""Two ids of one person: the hub links them, and nobody's facts are moved."""

from __future__ import annotations

import pytest

from perahu.people import reads
from perahu.people.actions import link_same_person
from perahu.words import Refusal
from tests.cast import RATNA
from tests.enrolment.stations import Network
from tests.people.builders import ROW, create_row, person_id, plan_of
from tests.people.test_import_residents import take_in
from tests.people.test_register_resident import SUKARNO, register


def link(
    network: Network, person: bytes, other: bytes, reason: str = "KK sama"
) -> None:
    """Ratna links two ids at the hub."""
    with network.hub.at_work() as journal:
        ask = network.hub.ask(RATNA)
        link_same_person(journal, ask, person=person, other=other, reason=reason)


def test_it_works(network: Network) -> None:
    """One person registered at two offices in the dark is one person after the link."""
    register(network.enggano, number=1)
    register(network.ketahun, number=2)
    network.collect(blobs=False)
    with network.hub.at_work():
        assert len(reads.all_by_nik(SUKARNO.nik)) == 2
    link(network, person_id(1), person_id(2))
    network.give()
    with network.hub.at_work():
        assert [r.person for r in reads.all_by_nik(SUKARNO.nik)] == [person_id(1)]
        assert len(reads.search("sukarno")) == 1
    with network.ketahun.at_work():
        assert reads.person_of(person_id(2)) == person_id(1)
        assert reads.by_nik(SUKARNO.nik) is not None, "the first id is not known there"


def test_it_links_ends_to_ends(network: Network) -> None:
    """A third id linked to a second follows the first."""
    take_in(
        network, plan_of(*(create_row(NIK=f"170301120890900{n}") for n in (1, 2, 3)))
    )
    with network.hub.at_work():
        a, b, c = (r.person for r in reads.search("17030112089090"))
    link(network, a, b)
    link(network, b, c)
    with network.hub.at_work():
        assert {reads.person_of(one) for one in (a, b, c)} == {a}
    with pytest.raises(Refusal, match="same_already"):
        link(network, c, b)


def test_it_refuses(network: Network) -> None:
    """An unknown id, no reason, one person with themselves, any node but the hub."""
    take_in(network, plan_of())
    with network.hub.at_work():
        budi = reads.by_nik(ROW["NIK"])
    assert budi is not None
    with pytest.raises(Refusal, match="unknown_person"):
        link(network, budi.person, person_id(9))
    with pytest.raises(Refusal, match="same_already"):
        link(network, budi.person, budi.person)
    with pytest.raises(Refusal, match="text_missing"):
        link(network, budi.person, budi.person, reason="")
    with network.enggano.at_work() as journal, pytest.raises(Refusal, match="hub_only"):
        link_same_person(
            journal,
            network.enggano.ask(),
            person=person_id(1),
            other=person_id(2),
            reason="x",
        )


def test_it_does_one_ask_once(network: Network) -> None:
    """Asked twice, linked once."""
    take_in(network, plan_of(ROW, create_row(NIK="1703011208909002")))
    with network.hub.at_work() as journal:
        a, b = (r.person for r in reads.search("17030112089090"))
        ask = network.hub.ask(RATNA)
        first, second = (
            link_same_person(journal, ask, person=a, other=b, reason="x")
            for _ in range(2)
        )
        assert first == second
