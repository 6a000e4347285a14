"""The post bag of a node: where it lies, how big it may be, and whom its post goes to.

- A node with desks gives post to every node it meets, and to the hub: any of them may be
  the next to get through.
- The hub gives an answer back to who brought that office's post, and to whoever works in
  the same place: an office's laptop, a laptop's office.
"""

from __future__ import annotations

from perahu.keys.certificates import NodeCertificate
from perahu.node.office import Office
from perahu.node.roles import ROLES
from perahu.node.wilayah import share_wilayah
from perahu.sync.offer import POST_ONLY, Offer
from perahu.sync.postbag.bag import FOLDER, PostBag
from perahu.sync.postbag.index import Parcel
from perahu.sync.postbag.room import Room

_MB = 1_000_000
SENDERS_SHARE = 4
"""One sender may fill a quarter of a bag."""


def bag_of(office: Office) -> PostBag:
    """The bag; one for all sessions of this process."""
    if office.bag is None:
        total = office.settings.relay_mb * _MB
        office.bag = PostBag(
            journal=office.journal,
            folder=office.folder / FOLDER,
            room=Room(total_bytes=total, sender_bytes=total // SENDERS_SHARE),
            nearer=lambda parcel, peer: brings_nearer(office, parcel, peer),
        )
    return office.bag


def brings_nearer(office: Office, parcel: Parcel, peer: bytes) -> bool:
    """Whether this node, which is not the addressee, is worth giving a parcel to."""
    row, to = office.settings.row, parcel.label.receiver
    if row.serves_people:
        return True
    if not row.decides:
        return False
    node, addressee = office.authority.node(peer), office.authority.node(to)
    if node is None or not has_desks(node):
        return False
    if peer in bag_of(office).index.carriers_of(to):
        return True
    return addressee is not None and share_wilayah(node, addressee)


def offer_in_passing(office: Office, caller: NodeCertificate) -> Offer | None:
    """What a node is to us that we only meet: it carries post, if both have desks."""
    if office.settings.row.serves_people and has_desks(caller):
        return POST_ONLY
    return None


def has_desks(node: NodeCertificate) -> bool:
    """Whether people are served there: such nodes meet each other for post."""
    row = ROLES.get(node.role)
    return row is not None and row.serves_people
