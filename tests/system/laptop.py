"""Enggano with its field laptop beside it and the hub out of reach: what trips need."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from perahu.cards import actions, actions_stock, reads, reads_stock
from perahu.cards.rules import Proof
from perahu.devices.card_image import render
from perahu.enrolment.rules import pickup_hash
from perahu.journal.types import COMMON, PART, PHOTO
from perahu.keys.sealing import open_blob, seal_blob
from perahu.node import field as trips
from perahu.node.office import Office
from perahu.people import reads as people
from perahu.trips import reads as reads_trip
from perahu.trips.actions import TripPlan, plan_trip
from perahu.trips.reads import TripState
from perahu.trips.rules import Wanted
from tests.cards.world import Printer, picture
from tests.cast import carry
from tests.people.builders import villagers
from tests.system.world import (
    ENGGANO,
    HUB,
    KAPAL,
    VILLAGERS,
    World,
    call,
    officer_of,
)

CODE = "AB23 CD45"
TRIP = b"trip-0000001"


@dataclass
class Beach:
    """A district, sticks, and a printer in the bag."""

    world: World
    sticks: Path
    offices: dict[str, Office] = field(default_factory=dict)
    printer: Printer = field(default_factory=Printer)

    def at(self, name: str) -> AbstractContextManager[Office]:
        """Be at a node; it stays open between visits."""
        if name not in self.offices:
            self.offices[name] = self.world.open(name)
        return self.offices[name].at_work()

    def close(self, name: str) -> None:
        """The process of a node ends."""
        self.offices.pop(name).close()

    def officer(self, name: str) -> bytes:
        """Who works there."""
        return officer_of(self.offices[name], name)

    def stick(self, name: str) -> Path:
        """The folder of a stick."""
        folder = self.sticks / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # -- before the trip --------------------------------------------------------------

    def order(self, count: int, *, home: str = ENGGANO) -> list[bytes]:
        """The hub orders cards for residents of Enggano, and gives the office blanko."""
        node = self.world.node_id(home)
        with self.at(HUB) as hub:
            to = hub.authority.nodes()[node].age_recipient
            for nik in grown_ups()[:count]:
                person = people.by_nik(nik)
                assert person is not None
                blobs = [
                    hub.journal.blobs.put(seal_blob(one, [to]), blob_class)
                    for one, blob_class in (
                        (picture(), PHOTO),
                        (picture("white"), PART),
                        (b"FMR\0left", PART),
                    )
                ]
                actions.order_print(
                    hub.journal,
                    hub.ask(),
                    person=person.person,
                    recording=b"recording-01",
                    home=node,
                    kind="BELUM_PERNAH",
                    blobs=blobs,
                    pickup=pickup_hash(CODE),
                )
        self.meet(home)
        with self.at(home) as office:
            return [one.order for one in reads.print_queue(office.journal.node_id)]

    def stock(self, count: int) -> None:
        """Blanko come to Enggano."""
        with self.at(ENGGANO) as office:
            actions_stock.receive_stock(
                office.journal,
                office.ask(self.officer(ENGGANO)),
                item="blanko",
                count=count,
                source="TERIMA_PUSAT",
                document="BAST 1",
            )

    def meet(self, name: str) -> None:
        """The hub is reached: everything goes to and fro over the real road."""
        with self.at(HUB) as hub, self.at(name):
            pass
        with self.world.answering(hub) as port:
            for _ in range(2):
                assert call(self.offices[name], port).is_complete
        for one in (hub, self.offices[name]):
            with one.at_work():
                one.journal.catch_up()

    # -- the trip -----------------------------------------------------------------------

    def plan(self, desa: str) -> TripPlan:
        """What a trip would be."""
        with self.at(ENGGANO) as office:
            to = self.world.node_id(KAPAL)
            return plan_trip(office.journal, office.ask(), desa=desa, to=to)

    def desa(self) -> str:
        """Where the residents with an order live: the desa with the most of them."""
        with self.at(ENGGANO):
            found = (people.by_nik(nik) for nik in grown_ups())
            counted = Counter(one.biodata.wilayah for one in found if one)
            return counted.most_common(1)[0][0]

    def go(
        self,
        orders: list[bytes],
        blanko: int,
        *,
        stick: str = "out",
        trip: bytes = TRIP,
    ) -> trips.Sent:
        """Take these along, whatever desa their people live in."""
        with self.at(ENGGANO) as office:
            wanted = Wanted(
                trip=trip,
                desa="1703012001",
                to=self.world.node_id(KAPAL),
                orders=tuple(orders),
                stock=(("blanko", blanko),),
                carrier="Sari",
            )
            officer = self.officer(ENGGANO)
            return trips.take_to_field(office, officer, wanted, self.stick(stick))

    def read(self, name: str, stick: str) -> trips.Received:
        """Read a stick at a node."""
        with self.at(name) as office:
            return trips.receive(office, self.officer(name), [self.stick(stick)])

    def count(self, name: str, count: int | None = None) -> list[bytes]:
        """Count what came; as it was sent unless said otherwise."""
        ended = []
        with self.at(name) as office:
            for one in reads_stock.on_the_way(office.journal.node_id):
                found = one.sent if count is None else count
                assert found is not None
                ended += trips.count_in(office, self.officer(name), one.transfer, found)
        return ended

    def print(self, name: str, order: bytes) -> str:
        """Print one card."""
        with self.at(name) as office:
            identity = office.keys.age_identity
            return actions.print_card(
                office.journal,
                office.ask(self.officer(name)),
                self.printer,
                order=order,
                open_blob=lambda cipher: open_blob(cipher, identity),
                draw=render,
            ).outcome

    def hand_over(self, name: str, order: bytes) -> None:
        """Give a card to its person, by her code."""
        with self.at(name) as office:
            ask = office.ask(self.officer(name))
            proof = Proof(means="code", code=CODE)
            actions.hand_over(office.journal, ask, order=order, proof=proof)

    def back(self, stick: str = "back") -> trips.Sent:
        """At the laptop: send back what is left."""
        with self.at(KAPAL) as office:
            to, officer = self.world.node_id(ENGGANO), self.officer(KAPAL)
            return trips.bring_back(office, officer, to, self.stick(stick))

    def trip(self, name: str = ENGGANO, trip: bytes = TRIP) -> TripState:
        """The trip as a node sees it."""
        with self.at(name):
            state = reads_trip.trip_state(trip)
        assert state is not None
        return state

    def state(self, name: str, order: bytes) -> str:
        """What a node says of an order."""
        with self.at(name):
            return reads.state(order)

    def on_hand(self, name: str, of: str | None = None) -> int:
        """Blanko at a node, as one node's ledger says."""
        with self.at(name):
            assert reads_stock.ledger_sum() == 0
            return reads_stock.on_hand(self.world.node_id(of or name))


def grown_ups() -> list[str]:
    """Residents of Enggano old enough for a card, by NIK."""
    rows = villagers(VILLAGERS)
    return [row["NIK"] for row in rows if int(row["TGL_LHR"][-4:]) <= 2005]


def teach(world: World, name: str) -> None:
    """A node hears the hub's common journal by a perfect link."""
    with world.open(HUB) as hub, world.open(name) as office:
        carry(hub.journal, office.journal, audience=lambda a: a == COMMON)
