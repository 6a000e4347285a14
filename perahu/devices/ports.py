"""The ports of a desk to its scanners: what may be asked of fingers, eyes and faces.

- A `Scanner` captures one part of one person and gives an ISO/IEC 19794 record with
  the device's own score. It never decides whether that is enough: the rules do.
- A `FingerMatcher` turns a finger's record into a small ISO/IEC 19794-2 template and
  says how alike two templates are, one to one; only the centre searches.
- What goes wrong with a device is a `DeviceFault`; nothing recorded before is touched.

The parts are the names of `perahu.enrolment.facts.PARTS`, as plain strings: devices
know no room. Printers have a port of their own, in `printer_ports.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from perahu.words import Refusal

FINGER, IRIS, FACE, SIGNATURE = "Finger", "Iris", "Face", "Signature"
"""The kinds of device in SBI's words; it has no signature pad, so that one is ours."""

BACKGROUNDS = ("red", "blue", "orange")
"""The photo backgrounds the law knows (domain.md 1.3)."""


class DeviceFault(Refusal):
    """A device did not do what it was asked; what was accepted before stays as it was.

    `code` is one of `not_connected`, `busy`, `timeout`, `poor_quality`, `no_object`,
    `part_missing`, `bad_answer`, `bad_signature`, `wrong_part`, `device_error`.
    `device_code` is the device's own error code, "" where it gave none.
    """

    def __init__(self, code: str, id: str, en: str, device_code: str = "") -> None:
        super().__init__(code, id, en)
        self.device_code = device_code


@dataclass(frozen=True, slots=True)
class ScannerStatus:
    """One device that a desk can see."""

    device: str
    """Make, model and serial number, as they go into `PartCaptured.device`."""
    kind: str
    """FINGER, IRIS, FACE or SIGNATURE."""
    state: str
    """SBI's own word: Ready, Busy, Not Ready or Not Registered."""

    @property
    def ready(self) -> bool:
        """True where a capture may be asked now."""
        return self.state == "Ready"


@dataclass(frozen=True, slots=True)
class Capture:
    """One captured part, as the device gave it and the client checked it."""

    part: str
    score: int
    """The device's own quality, 0..100."""
    record: bytes
    """ISO/IEC 19794-4 (finger), -5 (face), -6 (iris) or -7 (signature)."""
    device: str
    background: str = ""
    """Of a photo, the colour measured in the picture: one of BACKGROUNDS, or ""."""
    thumbnail: bytes | None = None
    """Of a photo, a small WebP (at most 3 kB); of everything else None."""


class Scanner(Protocol):
    """The scanners of one desk."""

    def devices(self) -> Sequence[ScannerStatus]:
        """What is plugged in now; empty where there is nothing (never a fault)."""
        ...

    def capture(
        self,
        part: str,
        *,
        requested_score: int = 60,
        timeout_s: float = 10.0,
        background: str = "",
    ) -> Capture:
        """Capture one part; raises DeviceFault.

        A device gives its best picture before the time-out even below
        `requested_score`: it is returned with its low score, and the rules judge it.
        `background` is the colour the operator hung up, of a photo only.
        """
        ...


class FingerMatcher(Protocol):
    """Minutiae templates and their one-to-one comparison."""

    @property
    def threshold(self) -> int:
        """The score from which two templates count as one finger."""
        ...

    def extract(self, record: bytes) -> bytes:
        """The ISO/IEC 19794-2 template of a finger's record; raises DeviceFault."""
        ...

    def match(self, one: bytes, other: bytes) -> int:
        """How alike two templates are, 0..100."""
        ...
