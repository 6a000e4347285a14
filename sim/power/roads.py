"""How facts come and go here: segments from hand to hand, or a file on a stick."""

from __future__ import annotations

from perahu.journal.journal import Journal
from perahu.journal.segment import Segment
from perahu.sync.courier.exporting import export
from perahu.sync.courier.reading import files_for, read
from perahu.sync.courier.report import unreadable
from perahu.sync.offer import Gives, Offer, Peer, Takes
from perahu.sync.session import Side
from sim.power.promises import Written
from sim.power.scene import Scene, digest_of
from sim.power.town import HUB, STICK

Parcel = list[tuple[bytes, int, bytes, list[Segment]]]
"""(certificate, lane, audience, segments) of each journal."""
_UP = Offer(Gives.OWN, Takes.OWN, acks_count=True)
_DOWN = Offer(Gives.AUDIENCE, Takes.OWN)


def parcel_of(source: Journal, audiences: tuple[bytes, ...]) -> Parcel:
    """Every sealed segment of the journals chosen, as a perfect link would bring them."""
    source.seal()
    return [
        (row.certificate, row.lane, row.audience, list(source.segments(row.id, 0)))
        for row in source.journals()
        if row.audience in audiences and row.sealed_seq
    ]


def take_in(target: Journal, parcel: Parcel) -> list[bytes]:
    """Bring it; gives the journals."""
    journals = []
    for certificate, lane, audience, segments in parcel:
        row = target.introduce(certificate, lane, audience)
        for segment in segments:
            target.receive(segment)
        journals.append(row.id)
    target.catch_up()
    return journals


def export_to_hub(scene: Scene) -> None:
    """The office writes what the hub lacks; the officer reads four words out."""
    hub = scene.town.machines[HUB].papers
    peer = Peer(hub.node_id, hub.keys.box_key.public_key.encode(), hub.name)
    done = export(Side(scene.journal), peer, _UP, STICK)
    for path in done.paths:
        scene.promises.append(Written(path, digest_of(scene.disk, path)))


def import_at_hub(scene: Scene) -> None:
    """The hub reads what lies on the stick, and says so in its acks."""
    try:
        paths = files_for(scene.journal, STICK)
    except OSError as error:  # as node/courier.py says it
        raise unreadable(STICK, error) from error
    for path in paths:
        got = read(Side(scene.journal), path, lambda _: _DOWN)
        assert got.is_whole, got
    scene.journal.catch_up()
    for row in scene.journal.journals():
        if not row.own:
            scene.keep_all_of(row.id)
