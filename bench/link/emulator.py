"""The process that moves the packets of a link between two TUN devices.

    python -m bench.link.emulator CONTROL PROFILE SEED     (bench.link.lab starts it)

CONTROL is the number of an inherited SOCK_SEQPACKET: it says "ready" there and hands over
the files of both namespaces, then answers "counts" and "timeline", each with one JSON
message. It ends when the other end closes.

Moments are reckoned, not slept: a packet's departure follows from its arrival and what
stands before it, so one wake-up that comes late delays nothing after it.
"""

from __future__ import annotations

import errno
import json
import os
import random
import select
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict

from bench.link import namespaces
from bench.link.counts import counts_row
from bench.link.engine import HUB, INSIDE, Link, Side, dotted
from bench.link.profiles import MTU_BYTES, Burst, Profile

READS_MAX = 64
"""Packets taken from one device before the departures are looked at again."""


class Pump:
    """A link, its two devices and the control socket."""

    def __init__(
        self, link: Link, tuns: dict[Side, int], control: socket.socket
    ) -> None:
        self.link = link
        self.tuns = tuns
        self.control = control

    def run(self) -> None:
        """Move packets until the control socket closes."""
        wanted = [self.control.fileno(), *self.tuns.values()]
        while True:
            # select() waits to the microsecond; epoll and poll only to the millisecond.
            ready, _, _ = select.select(wanted, [], [], self._wait_s())
            for side, tun in self.tuns.items():
                if tun in ready:
                    self._take(tun, Side(1 - side))
            self._give()
            if self.control.fileno() in ready and not self._answer():
                return

    def _wait_s(self) -> float | None:
        next_s = self.link.next_s()
        return None if next_s is None else max(0.0, next_s - time.monotonic())

    def _take(self, tun: int, side: Side) -> None:
        """Read what stands in a device."""
        for _ in range(READS_MAX):
            try:
                packet = os.read(tun, MTU_BYTES + 4)
            except BlockingIOError:
                return
            self.link.offer(time.monotonic(), side, packet)

    def _give(self) -> None:
        """Write what is due."""
        counts = self.link.counts
        for departure in self.link.due(time.monotonic()):
            late_s = time.monotonic() - departure.due_s
            counts.late_max_s = max(counts.late_max_s, late_s)
            counts.late_sum_s += late_s
            try:
                os.write(self.tuns[departure.side], departure.packet)
            except OSError as reason:
                # Somebody took the device of that end down: nobody gets the packet.
                if reason.errno != errno.EIO:
                    raise

    def _answer(self) -> bool:
        """Answer one question; False when nobody asks any more."""
        try:
            question = self.control.recv(64)
        except ConnectionError:
            return False
        now_s = time.monotonic()
        if question == b"counts":
            found: object = counts_row(self.link.snapshot(now_s))
        elif question == b"timeline":
            self.link.snapshot(now_s)
            found = [asdict(event) for event in self.link.timeline]
        else:
            return False
        self.control.send(json.dumps(found).encode())
        return True


def main(words: list[str]) -> None:
    """Make the namespaces, hand them over, move packets."""
    number, profile_row, seed = words
    control = socket.socket(fileno=int(number))
    try:
        office = namespaces.enter_new()
        office_tun = namespaces.open_tun(dotted(INSIDE))
        hub = namespaces.enter_new()
        hub_tun = namespaces.open_tun(dotted(HUB))
    except namespaces.NeedsRoot as reason:
        control.send(json.dumps([*reason.missing]).encode())
        return
    _hurry()
    socket.send_fds(control, [b"ready"], [office, hub])
    lab = os.getppid()
    link = Link(_profile(profile_row), random.Random(int(seed)))
    Pump(link, {Side.OFFICE: office_tun, Side.HUB: hub_tun}, control).run()
    # Where the lab was killed, it could not end what it had started.
    namespaces.end_all_within((office, hub), spared=(os.getpid(), lab))


def _hurry() -> None:
    """Go before the processes that are measured; packets are few, so this costs little."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def _profile(row: str) -> Profile:
    found = json.loads(row)
    found["first_s"] = tuple(found["first_s"])
    if found["burst"] is not None:
        found["burst"] = Burst(**found["burst"])
    return Profile(**found)


if __name__ == "__main__":
    main(sys.argv[1:])
