"""Numbered UDP packets over a lab's link, each with the moments it was sent and came.

The kernel stamps what comes, and the socket holds it until all was sent: a reader that
wakes late changes nothing.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bench.link.engine import Side
from bench.link.lab import Lab
from bench.link.profiles import PROFILES

QUICK = replace(PROFILES["clean256"], rate_bit_s=10e6, rtt_s=0.02, queue_bytes=500_000)
"""A link on which thousands of packets are through in seconds."""
HEADERS_BYTES = 28
"""IP and UDP headers of a packet."""
PORTS = {Side.OFFICE: 7000, Side.HUB: 7001}
"""The port of either end."""
_TIMESTAMPNS = 35
_RECEIVE_BUFFER_FORCE = 33
_RECEIVE_BYTES = 64 << 20
_NUMBER = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet that came; times are CLOCK_MONOTONIC seconds."""

    number: int
    sent_s: float
    came_s: float
    source: str
    """The address it seemed to come from."""


@dataclass(slots=True)
class Stream:
    """Packets of one direction."""

    size: int
    """Bytes of an IP packet."""
    out: socket.socket
    into: socket.socket
    target: tuple[str, int]
    sent_s: list[float] = field(default_factory=list)

    def send(self, count: int = 1) -> None:
        """Send so many packets at once."""
        filling = bytes(self.size - HEADERS_BYTES - _NUMBER.size)
        for _ in range(count):
            number = _NUMBER.pack(len(self.sent_s))
            self.sent_s.append(time.monotonic())
            self.out.sendto(number + filling, self.target)

    def arrivals(self) -> list[Arrival]:
        """What came until now, in the order in which it came."""
        ahead_s = time.time() - time.monotonic()
        found: list[Arrival] = []
        while True:
            try:
                packet, ancillary, _, source = self.into.recvmsg(2048, 64)
            except BlockingIOError:
                return found
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            (number,) = _NUMBER.unpack_from(packet)
            came_s = seconds + nanoseconds / 1e9 - ahead_s
            found.append(Arrival(number, self.sent_s[number], came_s, source[0]))


@contextmanager
def streams(lab: Lab, size: int) -> Iterator[dict[Side, Stream]]:
    """A stream towards either side, between the same two ports: one flow."""
    office = lab.socket_at_office(socket.SOCK_DGRAM)
    hub = lab.socket_at_hub(socket.SOCK_DGRAM)
    with office, hub:
        for one, address, side in (
            (office, lab.office_address, Side.OFFICE),
            (hub, lab.hub_address, Side.HUB),
        ):
            one.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
            one.setsockopt(socket.SOL_SOCKET, _RECEIVE_BUFFER_FORCE, _RECEIVE_BYTES)
            one.bind((address, PORTS[side]))
            one.setblocking(False)
        to_hub = (lab.hub_address, PORTS[Side.HUB])
        to_office = (lab.outside_address, PORTS[Side.OFFICE])
        yield {
            Side.HUB: Stream(size, office, hub, to_hub),
            Side.OFFICE: Stream(size, hub, office, to_office),
        }


def send_evenly(
    both: dict[Side, Stream], seconds: float, every_s: float, at_once: int = 1
) -> None:
    """Send both ways for so long, so many packets at once every so often."""
    began_s = time.monotonic()
    turns = round(seconds / every_s)
    for turn in range(turns):
        time.sleep(max(0.0, began_s + turn * every_s - time.monotonic()))
        for stream in both.values():
            stream.send(at_once)
