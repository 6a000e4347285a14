"""A desk with steady devices: everybody is recorded at the first try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import shake_256

from perahu.devices.ports import Capture, ScannerStatus
from perahu.node.desk import Desk, Progress, Recorded, record_person
from perahu.node.office import Office
from perahu.node.rng import system_random
from tests.system.world import officer_of

PART_BYTES = 6000


@dataclass
class SteadyScanner:
    """A Scanner whose records are as big as asked, and of one person for one name."""

    name: str = ""
    size: int = PART_BYTES
    taken: list[str] = field(default_factory=list)

    def devices(self) -> Sequence[ScannerStatus]:
        """One device that is always ready."""
        return [ScannerStatus("SIM 1", "Finger", "Ready")]

    def capture(
        self,
        part: str,
        *,
        requested_score: int = 60,
        timeout_s: float = 10.0,
        background: str = "",
    ) -> Capture:
        """A good capture."""
        self.taken.append(part)
        noise = shake_256(f"{self.name} {part}".encode()).digest(self.size)
        return Capture(
            part=part,
            score=85,
            record=part.encode() + b" " + noise,
            device="SIM 1",
            background=background if part == "photo" else "",
            thumbnail=noise[:900] if part == "photo" else None,
        )


@dataclass
class NameMatcher:
    """A FingerMatcher for which two records of one part are one finger."""

    threshold: int = 40

    def extract(self, record: bytes) -> bytes:
        """The part's name."""
        return record.split(b" ")[0]

    def match(self, one: bytes, other: bytes) -> int:
        """Clearly the same, or clearly not."""
        return 90 if one == other else 5


def record(
    office: Office,
    name: str,
    nik: str,
    *,
    resume: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Recorded:
    """Record somebody at an office, from NIK to proof."""
    desk = Desk(
        office=office,
        scanner=SteadyScanner(name + nik),
        matcher=NameMatcher(),
        officer=officer_of(office, name),
        random=system_random,
        on_progress=on_progress,
    )
    with office.at_work():
        return record_person(desk, nik=nik, resume=resume)
