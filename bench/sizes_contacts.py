"""What a contact costs: above TLS between two sessions, and in TLS over a real socket.

Above TLS the bytes are counted between two sessions and are the same in every run. In TLS
they are counted by a relay on loopback that holds everything back for a while, so that what
is sent without waiting for an answer is one flight; TCP's and IP's headers come from the
kernel's own counts of a contact without the relay.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import workload
from bench.district import new_district, state
from perahu.journal.types import Draft
from perahu.node import tls
from perahu.node.clock import RealClock
from perahu.node.link import OneRoad
from perahu.node.listener import Listener
from perahu.sync import frames
from perahu.sync.exchange import exchange
from perahu.sync.frames import FrameReader
from perahu.sync.offer import Peer
from perahu.sync.responder import Doors
from perahu.sync.session import Side
from tests.cast import SARI, District
from tests.sync.road import TO_HUB, Count, Meeting, offer_for

BATCH = 200
HOLD_S = 0.05
"""How long the relay holds each piece back; a round trip is twice that."""
_GOODBYE_BYTES = 60
"""A flight up to here ends a connection and says nothing."""
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Above:
    """Bytes both ways above TLS; `first` brings passports and the hub's first facts."""

    first: int
    idle: int
    one_fact: int
    """More than an idle contact, for one fact in a segment of its own."""
    batch: int
    """The SEG frames of 200 facts."""
    batch_contact: int
    """More than an idle contact, for the same."""
    facts: tuple[Draft, ...]
    """The 200 facts."""


@contextmanager
def meeting() -> Iterator[tuple[District, Meeting]]:
    """A hub and Enggano, before their first contact."""
    with new_district() as district:
        hub, office = district.open("Hub"), district.open("Enggano")
        district.found(hub)
        yield district, Meeting(office, hub)


def size(count: Count) -> int:
    """Bytes both ways."""
    return count.up_bytes + count.down_bytes


def segment_bytes(count: Count) -> int:
    """The SEG frames that went up."""
    found = FrameReader().feed(b"".join(count.up))
    return sum(len(frame.encode()) for frame in found if frame.type == frames.SEG)


def above(seed: int) -> Above:
    """Civil facts of recordings, as an office states them: five an action."""
    facts = tuple(islice(workload.recordings(BATCH, seed, parts=False), BATCH + 2))
    with meeting() as (district, met):
        first = size(met.hold())
        # With the very first segment of a journal go its papers, once.
        state(district, met.caller, [facts[0]], step=1, by=SARI)
        met.hold()
        idle = size(met.hold())
        state(district, met.caller, [facts[1]], step=1, by=SARI)
        one = size(met.hold())
        state(district, met.caller, list(facts[2:]), step=5, by=SARI)
        batch = met.hold()
    more = size(batch) - idle
    return Above(first, idle, one - idle, segment_bytes(batch), more, facts[2:])


# -- over a real socket -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wire:
    """One contact on the wire."""

    flights: tuple[tuple[str, int], ...]
    """("up" or "down", bytes in TLS), as they took turns."""
    is_resumed: bool
    with_headers: int
    """Bytes with TCP's and IP's headers, of a contact like this one without the relay."""

    @property
    def tls_bytes(self) -> int:
        """What TCP carried, both ways."""
        return sum(count for _, count in self.flights)

    @property
    def rtts(self) -> int:
        """Round trips until the caller knows that all is agreed, TCP's own included.

        Each of its flights but the first waits for an answer; its last one is that ACK.
        """
        ups = [c for way, c in self.flights if way == "up" and c > _GOODBYE_BYTES]
        return 1 + len(ups) - 1


def wire() -> tuple[Wire, Wire]:
    """An idle contact with a full handshake, and one that resumes a session."""
    with _place() as place:
        with_relay = place.road(place.relay.port)
        direct = place.road(place.listener.port)
        for road in (with_relay, direct):
            place.contact(road)
            time.sleep(4 * HOLD_S)
        found = []
        for is_resumed in (False, True):
            if not is_resumed:
                with_relay.peer.session = direct.peer.session = None
            headers = place.contact(direct)
            place.relay.clear()
            before = with_relay.peer.resumed
            place.contact(with_relay)
            time.sleep(4 * HOLD_S)
            is_resumed = with_relay.peer.resumed > before
            found.append(Wire(place.relay.flights(), is_resumed, headers))
    return found[0], found[1]


@dataclass(slots=True)
class _Place:
    """A hub that listens, Enggano, and a relay before the hub."""

    office: Side
    hub: Peer
    authority: bytes
    listener: Listener
    relay: Relay

    def road(self, port: int) -> OneRoad:
        """The way to a port, with a memory of its own of TLS sessions."""
        context = tls.client_context(self.authority)
        return OneRoad((_LOOPBACK, port), context, tls.road_name(self.hub.node_id))

    def contact(self, road: OneRoad) -> int:
        """One contact; gives its bytes with headers, as the caller's kernel counts."""
        result = exchange(self.office, self.hub, TO_HUB, road)
        assert result.is_complete, result.refusal
        return sum(result.wire_bytes)


@contextmanager
def _place() -> Iterator[_Place]:
    with new_district() as district, TemporaryDirectory() as folder:
        clock, thread = RealClock("Asia/Jakarta"), threading.get_ident
        hub = district.open("Hub", clock=clock, thread=thread)
        office = district.open("Enggano", clock=clock, thread=thread)
        district.found(hub)
        authority = tls.make_authority("Bengkulu Utara")
        pair = tls.issue(authority, hub.node_id)
        file = Path(folder) / "tls.pem"
        file.write_bytes(pair.certificate + pair.key)
        context = tls.server_context(file, file)
        listener = Listener(Side(hub), Doors(offer_for), context, (_LOOPBACK, 0))
        listener.start()
        relay = Relay(listener.port)
        relay.start()
        node = hub.certificate
        peer = Peer(node.node_id, node.box_public)
        try:
            yield _Place(Side(office), peer, authority.certificate, listener, relay)
        finally:
            relay.stop()
            listener.stop()


class Relay:
    """Carries one connection at a time, holds each piece back, and counts flights."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._door = socket.create_server((_LOOPBACK, 0))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._is_stopping = False
        self._passed: list[tuple[str, int]] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._door.getsockname()[1])

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def stop(self) -> None:
        """Carry no more."""
        self._is_stopping = True
        self._thread.join(timeout=5)
        self._door.close()

    def clear(self) -> None:
        """Forget what passed."""
        self._passed.clear()

    def flights(self) -> tuple[tuple[str, int], ...]:
        """What passed, each turn of the road as one flight."""
        merged: list[tuple[str, int]] = []
        for way, count in self._passed:
            if merged and merged[-1][0] == way:
                count += merged.pop()[1]
            merged.append((way, count))
        return tuple(merged)

    def _run(self) -> None:
        self._door.settimeout(HOLD_S)
        while not self._is_stopping:
            with suppress(TimeoutError):
                caller, _ = self._door.accept()
                hub = socket.create_connection((_LOOPBACK, self._to_port))
                with caller, hub, suppress(OSError):
                    self._carry(caller, hub)

    def _carry(self, caller: socket.socket, hub: socket.socket) -> None:
        others = {caller: (hub, "up"), hub: (caller, "down")}
        held: list[tuple[float, socket.socket, bytes]] = []
        for end in others:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while others or held:
            ready = select.select(list(others), [], [], HOLD_S / 20)[0]
            now_s = time.monotonic()
            for end in ready:
                target, way = others[end]
                piece = end.recv(1 << 16)
                held.append((now_s + HOLD_S, target, piece))
                if piece:
                    self._passed.append((way, len(piece)))
                else:
                    del others[end]
            while held and held[0][0] <= now_s:
                _, target, piece = held.pop(0)
                if piece:
                    target.sendall(piece)
                else:
                    target.shutdown(socket.SHUT_WR)
