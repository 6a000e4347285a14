"""A hub out of a backup gets again what an office knew it to hold: sealed parts as well."""

from __future__ import annotations

import shutil
from pathlib import Path

from perahu.journal.journal import Journal
from perahu.sync.offer import Gives, Offer, Takes
from perahu.sync.passport import Passport
from perahu.sync.responder import Doors
from tests.cast import District, with_hub
from tests.sync.road import OFFERS, Meeting, record, record_part

UP = Offer(Gives.ALL, Takes.ALL, acks_count=True)
DOWN = Offer(Gives.ALL, Takes.ALL, is_second_site=True)
PART_BYTES = 60_000


def to_provinsi(hub: Journal, provinsi: Journal) -> Meeting:
    """The hub calls the provinsi, and each gives the other all it holds, as they do."""

    def offer_for(peer: Passport) -> Offer | None:
        return DOWN if peer.node_id == hub.node_id else OFFERS.get("kecamatan")

    return Meeting(hub, provinsi, UP, doors=Doors(offer_for))


def test_it_gets_a_part_whose_entry_came_from_the_provinsi(
    district: District, tmp_path: Path
) -> None:
    """The entry went on to the provinsi before the hub died, the part did not.

    So the restored hub shows the office all of its entries, and lacks a part that the
    office was told of as received.
    """
    hub, enggano = with_hub(district)
    provinsi = district.open("Provinsi")
    record(district, enggano)
    Meeting(enggano, hub).hold()
    to_provinsi(hub, provinsi).hold()
    hub.close()
    folder = district.members["Hub"].folder
    shutil.copytree(folder, tmp_path / "yesterday")
    hub = district.open("Hub")
    _, ref = record_part(district, enggano, PART_BYTES)
    Meeting(enggano, hub).hold()
    assert hub.blobs.has(ref.sha256)
    to_provinsi(hub, provinsi).hold(cut=PART_BYTES // 2, piece=1024)
    assert provinsi.blobs.cited(ref.sha256) == ref
    assert not provinsi.blobs.has(ref.sha256)
    hub.close()

    hub = district.open("Hub", folder=tmp_path / "yesterday")
    to_provinsi(hub, provinsi).hold()
    assert [one.sha256 for one in hub.blobs.missing()] == [ref.sha256]
    hub.begin_epoch()
    Meeting(enggano, hub).hold()
    assert hub.blobs.missing() == [] and hub.blobs.has(ref.sha256)
    assert hub.verify().sound
