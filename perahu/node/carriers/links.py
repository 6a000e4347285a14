"""Real links over the carriers: sockets bound to the interface or address of each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from perahu.node import tls, trust
from perahu.node.carriers.binding import binding_of
from perahu.node.carriers.file import CarrierEntry
from perahu.node.carriers.ways import Carriers
from perahu.node.link import Acquaintance, TlsLink, wait_for
from perahu.node.office import Office
from perahu.node.settings import split_address
from perahu.node.udp.stream import KnownRoad, PacedLink
from perahu.sync.links import Link, RoadKey


@dataclass(slots=True)
class SocketMaker:
    """Makes the links of one node to one peer; its TLS ticket is good for all carriers."""

    peer: Acquaintance
    paced_roads: dict[str, KnownRoad] = field(default_factory=dict)
    """By carrier: what is known of road B over it while the program runs."""

    def tls(self, entry: CarrierEntry) -> Link:
        """A new link of road A, not dialled yet."""
        source, device = binding_of(entry)
        return TlsLink(
            split_address(entry.address),
            self.peer,
            carrier=entry.name,
            source=source,
            device=device,
        )

    def paced(self, entry: CarrierEntry, key: RoadKey) -> Link:
        """A new link of road B, not dialled yet."""
        source, device = binding_of(entry)
        return PacedLink(
            split_address(entry.address),
            key,
            self.paced_roads.setdefault(entry.name, KnownRoad()),
            carrier=entry.name,
            source=source,
            device=device,
        )

    def wait(self, links: Sequence[tuple[Link, bool]], seconds: float) -> None:
        """Until a link can be read, or written where asked, or the time is over."""
        wait_for(links, seconds)

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


def carriers_to(office: Office, node_id: bytes) -> Carriers:
    """The carriers of this node to its parent."""
    context = tls.client_context(trust.ca_of(office.folder))
    return Carriers(office, SocketMaker(Acquaintance(context, tls.road_name(node_id))))
