"""An office and its field laptop by file: what each gives, takes, and never waits for."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import Draft
from perahu.sync.courier import exporting as courier
from perahu.sync.courier import reading as courier_reading
from perahu.sync.courier.report import Imported
from perahu.sync.offer import ForkEvidence, Gives, Offer, Peer, Takes, taken
from perahu.sync.session import Side
from tests.cast import SARI, District, give, stocked
from tests.sync.road import record, record_part

OUT = Offer(Gives.OWN_AND_HUBS, Takes.OWN_AND_COMMON, control_blobs_only=True)
IN = Offer(Gives.OWN_AND_COMMON, Takes.OWN_AND_HUBS, control_blobs_only=True)


def side(journal: Journal) -> Side:
    """A node that believes what it sees."""

    def witness(seen: ForkEvidence) -> None:
        raise AssertionError(seen)

    return Side(journal, witness, {12: 1})


def carry_file(
    source: Journal, target: Journal, offers: tuple[Offer, Offer], folder: Path
) -> Imported:
    """Write a file at one node and read it at the other."""
    node = target.certificate
    peer = Peer(node.node_id, node.box_public, node.name)
    source.seal()
    made = courier.export(side(source), peer, offers[0], folder)
    return courier_reading.read(side(target), made.paths[0], lambda _: offers[1])


@pytest.fixture
def beach(district: District) -> tuple[Journal, Journal, Journal]:
    """The hub, Enggano that has met it, and Kapal that has never met anybody."""
    hub, enggano, kapal = (district.open(n) for n in ("Hub", "Enggano", "Kapal"))
    district.found(hub)
    ketahun = district.members["Ketahun"].node_id
    with hub.writing() as book:
        for audience in (enggano.node_id, ketahun):
            ref = hub.blobs.put(district.dice(900), 3)
            ask = district.ask("Hub", SARI)
            book.append(ask, [Draft(stocked(), (ref,), audience)])
    give(hub, enggano)
    return hub, enggano, kapal


def test_it_works(
    beach: tuple[Journal, Journal, Journal], district: District, tmp_path: Path
) -> None:
    """Own journals and what the hub sealed for the office; nothing of another office."""
    hub, enggano, kapal = beach
    record(district, enggano, 3)
    got = carry_file(enggano, kapal, (OUT, IN), tmp_path)
    assert got.is_whole and got.refused == 0 and not kapal.parked()
    held = {(row.node, row.audience) for row in kapal.journals() if not row.own}
    assert (enggano.node_id, b"") in held and (hub.node_id, b"H0") in held
    assert (hub.node_id, enggano.node_id) in held
    assert kapal.authority.operator_by_login("sari") is not None
    assert enggano.node_id in kapal.authority.nodes()


def test_it_raises_no_receipt(
    beach: tuple[Journal, Journal, Journal], district: District, tmp_path: Path
) -> None:
    """What comes back says how far the laptop holds our journals, and nothing rises."""
    _, enggano, kapal = beach
    receipt = record(district, enggano, 1)
    carry_file(enggano, kapal, (OUT, IN), tmp_path)
    carry_file(kapal, enggano, (IN, OUT), tmp_path)
    assert enggano.level_of(receipt.journal, receipt.seq) == 0
    (tmp_path / "again").mkdir()
    again = carry_file(enggano, kapal, (OUT, IN), tmp_path / "again")
    assert again.stored_entries == again.known_segments == 0


def test_it_waits_for_no_blob_that_never_comes(
    beach: tuple[Journal, Journal, Journal], district: District, tmp_path: Path
) -> None:
    """Parts of recordings and orders stay away; what our control journal cites comes."""
    _, enggano, kapal = beach
    _, part = record_part(district, enggano, 20_000)
    moved = enggano.blobs.put(district.dice(20_000), 3)
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(stocked(), (moved,))])
    carry_file(enggano, kapal, (OUT, IN), tmp_path)
    assert kapal.blobs.has(moved.sha256) and not kapal.blobs.has(part.sha256)
    assert kapal.blobs.missing() == []
    assert kapal.blobs.cited(part.sha256) == part


def test_it_takes_nothing_that_is_for_a_third(
    beach: tuple[Journal, Journal, Journal], district: District, tmp_path: Path
) -> None:
    """A sender that gives too much is not followed: neither the hub's words to another
    office, nor, from a laptop, what the hub says to the laptop."""
    hub, enggano, kapal = beach
    ketahun = district.members["Ketahun"].node_id
    everything = Offer(Gives.ALL, Takes.ALL)
    for row in hub.journals():
        enggano.introduce(row.certificate, row.lane, row.audience)
        for segment in hub.segments(row.id, 0):
            enggano.receive(segment)
    assert any(row.audience == ketahun for row in enggano.journals())
    got = carry_file(enggano, kapal, (everything, IN), tmp_path)
    assert got.is_whole
    assert not any(row.audience == ketahun for row in kapal.journals())
    with hub.writing() as book:
        ask = district.ask("Hub", SARI)
        book.append(ask, [Draft(stocked(), (), kapal.node_id)])
    give(hub, kapal)
    (tmp_path / "back").mkdir()
    carry_file(kapal, enggano, (everything, OUT), tmp_path / "back")
    assert not any(row.audience == kapal.node_id for row in enggano.journals())


def test_it_says_of_the_hub_what_the_hub_can_use(
    beach: tuple[Journal, Journal, Journal], tmp_path: Path
) -> None:
    """A laptop's vector to the hub names no journal that the hub wrote for its office."""
    hub, enggano, kapal = beach
    carry_file(enggano, kapal, (OUT, IN), tmp_path)
    up = Offer(Gives.OWN, Takes.OWN, acks_count=True)
    found = taken(kapal.journals(), up, hub.node_id, kapal.chain)
    assert found and {row.audience for row in found} == {b"H0"}
