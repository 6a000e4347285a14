"""The self-test's checks with TCP: what a switch ends, and how near a transfer comes."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import get_args

from bench.figures import Figure
from bench.link.engine import Side
from bench.link.lab import Lab
from bench.link.probes import QUICK, Stream, send_evenly, streams
from bench.link.profiles import PROFILES, SwitchMode

NEW_MS_MAX = 20.0
LATE_MS_MAX = 3.0
_SWITCHING = replace(QUICK, switch_s=30.0, first_s=(1.0, 1.2))


def switches(seed: int) -> list[Figure]:
    """Old flows after a switch, silent and reset, and new ones."""
    found = []
    for mode in get_args(SwitchMode):
        profile = replace(_SWITCHING, switch_mode=mode)
        with Lab(profile, seed) as lab, streams(lab, 64) as both:
            said = _across_a_switch(lab, both)
            old_udp = sum(
                one.sent_s > lab.timeline()[1].at_s
                for stream in both.values()
                for one in stream.arrivals()
            )
        ends, connect_s, sources = said
        wanted = "ConnectionResetError" if mode == "rst" else "TimeoutError"
        wrong = sum(end != wanted for end in ends) + old_udp
        wrong += sources != ["198.18.0.2", "198.18.1.2"]
        found += [
            Figure(f"switch_{mode}", f"switch, {mode}: old flows wrong", wrong, "", 0),
            Figure(
                f"switch_{mode}_ms",
                "… a new connection off a round trip by",
                abs(connect_s - profile.rtt_s) * 1000,
                "ms",
                NEW_MS_MAX,
            ),
        ]
    return found


def _across_a_switch(
    lab: Lab, both: dict[Side, Stream]
) -> tuple[list[str], float, list[str]]:
    """How both ends of an old connection fail, how long a new one takes, seen from where."""
    listener = lab.socket_at_hub()
    with listener:
        listener.bind((lab.hub_address, 9000))
        listener.listen()
        send_evenly(both, 0.5, 0.05)
        office, hub, _, first = _connected(lab, listener)
        while lab.counts().switches == 0:
            time.sleep(0.02)
        with office, hub:
            ends = [_end_of(office), _end_of(hub)]
            send_evenly(both, 0.5, 0.05)
        office, hub, connect_s, second = _connected(lab, listener)
        office.close()
        hub.close()
    return ends, connect_s, [first, second]


def _connected(
    lab: Lab, listener: socket.socket
) -> tuple[socket.socket, socket.socket, float, str]:
    """A new connection: both its ends, how long it took, and who the hub saw."""
    office = lab.socket_at_office()
    began_s = time.monotonic()
    office.connect((lab.hub_address, 9000))
    connect_s = time.monotonic() - began_s
    hub, source = listener.accept()
    for one in (office, hub):
        one.settimeout(0.5)
    return office, hub, connect_s, source[0]


def _end_of(one: socket.socket) -> str:
    """How using a dead connection fails."""
    try:
        one.sendall(b"old")
        return f"{len(one.recv(100))} bytes"
    except OSError as reason:
        return type(reason).__name__


def transfer(seed: int) -> list[Figure]:
    """A TCP transfer each way beside the ideal, and what the emulator cost."""
    payload = 100_000
    profile = PROFILES["clean256"]
    with Lab(profile, seed) as lab:
        with lab.socket_at_hub() as listener:
            listener.bind((lab.hub_address, 9000))
            listener.listen()
            office, hub, _, _ = _connected(lab, listener)
        before_s = _cpu_s(lab.emulator_pid)
        with office, hub:
            took = [
                _carried_s(one, other, payload)
                for one, other in ((office, hub), (hub, office))
            ]
        counts, cpu_s = lab.counts(), _cpu_s(lab.emulator_pid) - before_s
    lanes = (counts.to_hub.tcp, counts.to_office.tcp)
    packets = sum(lane.offered.packets for lane in lanes)
    share = profile.limit_s(payload) / max(took)
    late_ms = counts.late_max_s * 1000
    return [
        Figure("tcp_share", "TCP over clean256: share of the ideal", share, ""),
        Figure("late_ms", "the emulator late at most", late_ms, "ms", LATE_MS_MAX),
        Figure("cpu_us", "its CPU per packet", cpu_s / packets * 1e6, "µs"),
    ]


def _carried_s(source: socket.socket, target: socket.socket, size: int) -> float:
    """How long a payload takes from one end to the other."""
    source.settimeout(60)
    target.settimeout(60)
    began_s = time.monotonic()
    source.sendall(bytes(size))
    left = size
    while left:
        left -= len(target.recv(left))
    return time.monotonic() - began_s


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
