"""Packets of synthetic people, and a simulated centre whose clock is moved by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from perahu.centre.http import CentreLimits, HttpCentre
from perahu.centre.ports import CentrePacket, CentreStatus
from perahu.centre.sim import SimulatedCentre, SimulatorSettings
from perahu.centre.sim_plan import FINGERS, NEEDED_PARTS
from perahu.centre.sim_server import CentreServer
from perahu.centre.sim_store import open_store

DAY_MS = 24 * 3600 * 1000
START_MS = 1_790_000_000_000


def create_packet(
    *,
    person: int = 0,
    version: int = 1,
    nik: str = "",
    recording: str = "",
    fingers_of: int | None = None,
    changed: dict[str, bytes] | None = None,
    excepted: tuple[str, ...] = (),
) -> CentrePacket:
    """A whole packet; `fingers_of` gives it the fingers of another person."""
    body = person if fingers_of is None else fingers_of
    parts = {part: f"{part} of {person}".encode() for part in NEEDED_PARTS}
    parts.update({finger: f"{finger} of {body}".encode() for finger in FINGERS})
    parts["signature"] = b"a line"
    parts.update(changed or {})
    for part in excepted:
        del parts[part]
    return CentrePacket(
        recording=recording or f"{person:024x}",
        version=version,
        nik=nik or f"17030501019{person // 1000}{9000 + person % 1000}",
        biodata={"nama": f"DATA UJI {person}"},
        parts=parts,
        exceptions=dict.fromkeys(excepted, "JARI_TIDAK_ADA"),
    )


@dataclass
class HandCentre:
    """A simulated centre, its clock, and what it has told so far."""

    centre: SimulatedCentre
    clock: dict[str, int]
    cursor: str = ""
    told: list[CentreStatus] = field(default_factory=list)

    def pass_days(self, days: float = 10) -> None:
        """Let time pass and read everything new."""
        self.clock["now"] += round(days * DAY_MS)
        while True:
            page = self.centre.statuses(self.cursor)
            self.told.extend(page.statuses)
            if page.cursor == self.cursor:
                return
            self.cursor = page.cursor

    def of(self, reference: str) -> list[CentreStatus]:
        """All statuses told of this packet."""
        return [one for one in self.told if one.reference == reference]

    def names(self, reference: str) -> list[str]:
        """The names of all statuses told of this packet."""
        return [one.status for one in self.of(reference)]


def hand_centre(
    *, store: str = ":memory:", settings: SimulatorSettings | None = None
) -> HandCentre:
    """A centre in this process."""
    clock = {"now": START_MS}
    centre = SimulatedCentre(
        open_store(store), now_ms=lambda: clock["now"], settings=settings
    )
    return HandCentre(centre, clock)


@dataclass
class HttpBench:
    """A centre behind its HTTP server, and the hub's client."""

    hand: HandCentre
    server: CentreServer
    client: HttpCentre


@contextmanager
def http_centre(folder: Path) -> Iterator[HttpBench]:
    """A simulated centre on a real socket."""
    hand = hand_centre(store=str(folder / "centre.db"))
    server = CentreServer(0, hand.centre)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    client = HttpCentre(
        server.address, monotonic_s=lambda: 0.0, limits=CentreLimits(answer_s=5.0)
    )
    try:
        yield HttpBench(hand, server, client)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
