"""What the recording pages need of the node: devices at work, and who works on whom.

Everything here lives in the node's memory. What is taken stands in the book the moment it
is accepted, so a node or a browser that dies loses nothing but the sight of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from perahu.devices.ports import Capture, ScannerStatus
from perahu.enrolment.actions_capture import Offer
from perahu.words import Words

PART = "recording"
"""Its name in `office.parts`."""
PARTS, VERIFY, STATEMENT = "parts", "verify", "statement"
"""The kinds of runs: capture parts, compare the index fingers, sign on the pad."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitter:
    """A browser at which somebody sits."""

    session: str
    operator: bytes
    desk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A run that a page asks for: one group of parts, at the devices of one desk."""

    op: bytes
    """Of the form: pressed twice, it runs once."""
    sitter: Sitter
    recording: bytes
    kind: str = PARTS
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a run is going, or how it ended."""

    wanted: Wanted
    is_on: bool = True
    now: str = ""
    """The part the person is asked to show."""
    tries: int = 0
    """How often that part was captured so far."""
    last_score: int = 0
    offers: Mapping[str, Offer] = field(default_factory=dict)
    """What could not be taken, with the reasons that fit."""
    trouble: Words | None = None
    """Why it ended early."""
    warning: Words | None = None
    """What to know of a part that was taken all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who works on a person now."""

    sitter: Sitter
    since_ms: int
    taken_from: str = ""
    """The session of which it was taken over, or ""."""


class RecordingDesks(Protocol):
    """The devices of all desks of this node, and who works on whom."""

    def scanners(self, desk: int) -> Sequence[ScannerStatus]:
        """What is plugged in at a desk; at most a few seconds old."""

    def start(self, wanted: Wanted) -> None:
        """Begin a run; the same op begins it once. Raises Refusal "desk_busy"."""

    def run_of(self, desk: int, recording: bytes) -> Run | None:
        """The run of this recording at this desk, going on or the last one."""

    def stop(self, recording: bytes) -> None:
        """End the run of a recording, at whichever desk it is."""

    def forget(self, recording: bytes) -> None:
        """Let go of what is in memory of a recording: templates, thumbnail, runs."""

    def photo_of(self, jpeg: bytes) -> Capture:
        """The photo of a browser's camera. Raises DeviceFault."""

    def signature_of(self, png: bytes) -> Capture:
        """The signature drawn on a screen. Raises DeviceFault."""

    def see_photo(self, recording: bytes, thumbnail: bytes) -> None:
        """Keep a small picture of the accepted photo in memory while the person is there."""

    def photo_seen(self, recording: bytes) -> bytes:
        """That picture; empty where this node's memory has none."""

    def holder(self, person: bytes, sitter: Sitter) -> Claim | None:
        """Who else works on this person now; None for nobody."""

    def claim(self, person: bytes, sitter: Sitter) -> Claim | None:
        """Work on this person from here; None where that is so now, else who does."""

    def take_over(self, person: bytes, sitter: Sitter) -> None:
        """Work on this person from here, whoever did before."""

    def let_go(self, person: bytes, sitter: Sitter) -> None:
        """Work on this person no more."""

    def clock_doubt(self) -> Words | None:
        """Why a person must confirm the date first, or None."""
