"""A district without links: who meets whom on a LAN, who reaches the hub, who has a stick."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from perahu.enrolment import actions, reads
from perahu.journal.types import Level
from perahu.node.office import Office
from perahu.node.relay.bag import bag_of
from perahu.node.relay.letters import Arrived, Met, deliver, meet
from perahu.sync.postbag.index import Parcel
from tests.system.desks import record
from tests.system.world import ENGGANO, HUB, LOOPBACK, World, answering, call


@dataclass
class Voyage:
    """The nodes of a world, open as long as the test lasts."""

    world: World
    offices: dict[str, Office] = field(default_factory=dict)
    recorded: int = 0

    def at(self, name: str) -> Office:
        """A node."""
        if name not in self.offices:
            self.offices[name] = self.world.open(name)
        return self.offices[name]

    def again(self, name: str) -> Office:
        """The process of a node ended, and another one began."""
        self.leave(name)
        return self.at(name)

    def leave(self, name: str) -> None:
        """The process of a node ends."""
        self.offices.pop(name).close()

    def record(self, count: int = 1, name: str = ENGGANO) -> list[bytes]:
        """Record so many people at an office."""
        office = self.at(name)
        with office.at_work():
            begin, self.recorded = self.recorded, self.recorded + count
            niks = self.world.residents()[begin : self.recorded]
            return [record(office, name, nik).recording for nik in niks]

    def lan(self, caller: str, answerer: str) -> Met:
        """Two nodes on one network: one calls the other's listener."""
        host, guest = self.at(answerer), self.at(caller)
        with answering(host) as listener, guest.at_work():
            address = f"{LOOPBACK}:{listener.port}"
            return meet(guest, self.world.node_id(answerer), address)

    def link(self, name: str) -> None:
        """A node reaches the hub over its own link."""
        with answering(self.at(HUB)) as listener:
            assert call(self.at(name), listener.port).is_complete

    def deliver(self, name: str) -> Arrived:
        """A node reads what has come for it."""
        with self.at(name).at_work():
            return deliver(self.at(name))

    def bag(self, name: str) -> list[Parcel]:
        """What a node carries."""
        return bag_of(self.at(name)).index.parcels()

    def level(self, recording: bytes, name: str = ENGGANO) -> Level:
        """How safe a recording is, as the office knows."""
        with self.at(name).at_work():
            return actions.level_of(self.at(name).journal, recording)

    def check_arrived(self, *recordings: bytes) -> None:
        """The hub holds all of them, blobs and all."""
        hub = self.at(HUB)
        with hub.at_work():
            for recording in recordings:
                state = reads.recording(recording)
                assert state is not None and state.whole
            assert not hub.journal.blobs.missing() and not hub.journal.parked()
            assert hub.journal.verify().sound


def everything_in(folder: Path) -> bytes:
    """All bytes under a folder, names included."""
    found = bytearray()
    for path in sorted(folder.rglob("*")):
        found += str(path.name).encode(errors="surrogateescape") + b"\0"
        if path.is_file():
            found += path.read_bytes()
    return bytes(found)
