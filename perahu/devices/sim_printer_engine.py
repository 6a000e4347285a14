"""The inside of the simulated card printer: a hopper, a ribbon, jobs and their faults.

It computes what has happened by now each time it is asked, from the clock it is handed:
no threads, no chance but the seed. Beside what it *says* over IPP it keeps the *truth*:
how many cards were fed, printed and spoiled, and the fate of every job name.

Faults, one for each job in the order of the jobs:
- `jam`         a card is eaten, the job aborts, the printer goes on
- `jam_stops`   a card is eaten, job and printer stop until `clear`
- `encode`      the chip cannot be written: a card is spoiled before printing
- `abort`       the job aborts with no card fed, and the printer says so
- `mute`        a card is spoiled, the job aborts, and the printer tells no counts
- `silent`      the job never ends
- `forget`      the card is printed, and then the printer does not know the job
- `refuse`      the printer accepts no job
- `drop_printed`, `drop_lost`   the connection breaks after the document was taken;
  the card is printed, or nothing is
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from perahu.devices.ipp_answers import (
    ABORTED,
    CANCELED,
    COMPLETED,
    FINAL_JOB_STATES,
    PENDING,
    PRINTER_BUSY,
    PRINTER_IDLE,
    PRINTER_STOPPED,
    PROCESSING,
    STOPPED,
)

NONE = "none"
FAULTS = (
    NONE, "jam", "jam_stops", "encode", "abort", "mute", "silent", "forget", "refuse",
    "drop_printed", "drop_lost",
)  # fmt: skip
DRAWN_FAULTS = ("jam", "encode")
"""What a fault rate draws from."""
RIBBON_PANELS = 500
HOPPER_CARDS = 100
LOW_CARDS, LOW_PERCENT = 5, 5
COUNT_MAX = 1_000_000
FAULTS_MAX = 10_000


@dataclass(slots=True)
class SimJob:
    """One job: what the printer says of it, and its true fate."""

    job_id: int
    name: str
    fault: str
    state: int = PENDING
    sides: int | None = 0
    cards: int | None = 0
    reasons: tuple[str, ...] = ("none",)
    image: bytes = b""
    arrived_s: float = 0.0
    ends_s: float = math.inf
    fed: bool = False
    forgotten: bool = False
    fate: str = NONE
    """The truth: none, printed or spoiled."""


@dataclass(slots=True)
class CardPrinterEngine:
    """The printer; `keep` is given each printed card's name and PNG."""

    monotonic_s: Callable[[], float]
    keep: Callable[[str, bytes], None]
    seed: int = 0
    cards: int = HOPPER_CARDS
    ribbon: int = RIBBON_PANELS
    card_s: float = 1.0
    fault_permille: int = 0
    faults: list[str] = field(default_factory=list)
    jammed: bool = False
    cards_fed: int = 0
    printed: int = 0
    spoiled: int = 0
    jobs: dict[int, SimJob] = field(default_factory=dict)
    _open: list[SimJob] = field(default_factory=list)
    _free_s: float = 0.0

    def create(self, name: str) -> SimJob | None:
        """A new job without a document, or None where this job's fault is `refuse`."""
        self.advance()
        job_id = len(self.jobs) + 1
        job = SimJob(job_id, name, self._next_fault(job_id))
        self.jobs[job_id] = job
        if job.fault == "refuse":
            job.state, job.forgotten = ABORTED, True
            return None
        return job

    def take_document(self, job: SimJob, png: bytes) -> bool:
        """Give a job its document. False: break the connection, say nothing."""
        job.arrived_s = self.monotonic_s()
        if job.fault == "drop_lost":
            job.state, job.forgotten = ABORTED, True
            return False
        job.image = png
        self._open.append(job)
        self.advance()
        return job.fault != "drop_printed"

    def known(self, job_id: int) -> SimJob | None:
        """The job, unless the printer has forgotten it."""
        self.advance()
        job = self.jobs.get(job_id)
        return None if job is None or job.forgotten else job

    def listed(self, *, final: bool, limit: int) -> list[SimJob]:
        """Jobs that have ended, or have not, newest first."""
        self.advance()
        found = []
        for job in reversed(self.jobs.values()):
            if not job.forgotten and (job.state in FINAL_JOB_STATES) == final:
                found.append(job)
            if len(found) >= limit:
                break
        return found

    def cancel(self, job: SimJob) -> bool:
        """Cancel a job that has not ended; a card that was fed is spoiled."""
        if job.state in FINAL_JOB_STATES:
            return False
        if job.fed:
            self._spoil(job)
        # A stopped or silent printer does not count what it could not finish.
        job.cards = 1 if job.fed and job.state == PROCESSING else 0
        if job.fault == "silent":
            job.sides = job.cards = None
        self._finish(job, CANCELED, "job-canceled-by-user")
        return True

    def clear(self) -> None:
        """Someone opened the printer and took the jammed card out."""
        self.advance()
        self.jammed = False
        for job in list(self._open):
            if job.state == STOPPED and job.fed:
                self._spoil(job)
                job.cards = 1
                self._finish(job, ABORTED, "media-jam")
        self.advance()

    def advance(self) -> None:
        """Bring every job to where it is now."""
        now_s = self.monotonic_s()
        while self._open:
            job = self._open[0]
            if not job.fed and not self._feed(job, now_s):
                return
            if job.state == STOPPED or job.ends_s > now_s:
                return
            self._free_s = job.ends_s
            self._end(job)

    def waiting(self) -> list[SimJob]:
        """Jobs that have a document and have not ended."""
        return list(self._open)

    def printer_state(self) -> int:
        """Idle, busy or stopped."""
        if self.jammed or not self.cards or not self.ribbon:
            return PRINTER_STOPPED
        return PRINTER_BUSY if self._open else PRINTER_IDLE

    def reasons(self) -> tuple[str, ...]:
        """The printer's reasons, as IPP keywords with their severity."""
        told = {
            "media-jam-error": self.jammed,
            "media-empty-error": not self.cards,
            "media-low-warning": 0 < self.cards <= LOW_CARDS,
            "marker-supply-empty-error": not self.ribbon,
            "marker-supply-low-warning": 0 < self.ribbon_percent() <= LOW_PERCENT,
        }
        return tuple(name for name, holds in told.items() if holds) or ("none",)

    def ribbon_percent(self) -> int:
        """What is left of the ribbon, rounded up so that 0 means none."""
        return min(100, -(-100 * self.ribbon // RIBBON_PANELS))

    def truth(self) -> dict[str, object]:
        """What really happened, for whoever checks the books against it."""
        self.advance()
        fates: dict[str, list[dict[str, str]]] = {}
        for job in self.jobs.values():
            fates.setdefault(job.name, []).append(
                {"fate": job.fate, "fault": job.fault}
            )
        return {
            "cards_fed": self.cards_fed,
            "printed": self.printed,
            "spoiled": self.spoiled,
            "cards_left": self.cards,
            "ribbon_left": self.ribbon,
            "jammed": self.jammed,
            "jobs": fates,
        }

    def _next_fault(self, job_id: int) -> str:
        if self.faults:
            return self.faults.pop(0)
        draw = hashlib.sha256(f"printer:{self.seed}:{job_id}".encode()).digest()
        if int.from_bytes(draw[:4], "big") % 1000 < self.fault_permille:
            return DRAWN_FAULTS[draw[4] % len(DRAWN_FAULTS)]
        return NONE

    def _feed(self, job: SimJob, now_s: float) -> bool:
        """Take a card for the job, if there is one and the way is free."""
        if job.fault == "abort":
            job.fed = True  # Only the queue's mark: no card has left the hopper.
            job.ends_s = max(job.arrived_s, self._free_s)
            return True
        if self.printer_state() == PRINTER_STOPPED:
            job.state, job.reasons = STOPPED, ("printer-stopped",)
            job.arrived_s = now_s
            return False
        self.cards -= 1
        self.cards_fed += 1
        job.fed, job.state, job.reasons = True, PROCESSING, ("job-printing",)
        job.ends_s = max(job.arrived_s, self._free_s) + self.card_s
        if job.fault == "silent":
            job.ends_s = math.inf
        return True

    def _end(self, job: SimJob) -> None:
        if job.fault == "abort":
            self._finish(job, ABORTED, "aborted-by-system")
        elif job.fault == "jam_stops":
            self.jammed = True
            job.state, job.reasons = STOPPED, ("printer-stopped", "media-jam")
        elif job.fault in ("jam", "encode", "mute"):
            self._spoil(job)
            job.cards = 1
            if job.fault == "mute":
                job.sides = job.cards = None
            said = {"jam": "media-jam", "encode": "chip-encode-error"}.get(
                job.fault, ""
            )
            self._finish(job, ABORTED, "aborted-by-system", *([said] if said else []))
        else:
            self._print(job)

    def _print(self, job: SimJob) -> None:
        self.ribbon -= 1
        self.printed += 1
        job.fate = "printed"
        job.sides = job.cards = 1
        self.keep(job.name, job.image)
        job.forgotten = job.fault == "forget"
        self._finish(job, COMPLETED, "job-completed-successfully")

    def _spoil(self, job: SimJob) -> None:
        self.spoiled += 1
        job.fate = "spoiled"
        if job.fault != "encode":
            self.ribbon -= 1

    def _finish(self, job: SimJob, state: int, *reasons: str) -> None:
        job.state, job.reasons, job.image = state, reasons, b""
        if job in self._open:
            self._open.remove(job)


def set_state(engine: CardPrinterEngine, change: dict[str, object]) -> None:
    """Apply what the control endpoint was sent. Raises ValueError, changing nothing.

    Keys: cards, ribbon, fault_permille (numbers), card_s (seconds), faults (names for
    the next jobs, replacing what was planned), clear (true: the jam is taken out).
    """
    counts: dict[str, int] = {}
    for name in ("cards", "ribbon", "fault_permille"):
        if name in change:
            value = change[name]
            if type(value) is not int or not 0 <= value <= COUNT_MAX:
                raise ValueError(f"{name} must be a number from 0 to {COUNT_MAX}")
            counts[name] = value
    card_s = change.get("card_s", engine.card_s)
    if not isinstance(card_s, int | float) or not 0 <= card_s <= 3600:
        raise ValueError("card_s must be seconds from 0 to 3600")
    faults = change.get("faults", engine.faults)
    if not isinstance(faults, list):
        raise ValueError("faults must be a list of names")
    checked = known_faults([str(name) for name in faults])
    unknown = set(change) - {*counts, "card_s", "faults", "clear"}
    if unknown:
        raise ValueError(f"not known: {', '.join(sorted(unknown))}")
    engine.advance()
    for name, count in counts.items():
        setattr(engine, name, count)
    engine.card_s = float(card_s)
    engine.faults = checked
    if change.get("clear") is True:
        engine.clear()
    engine.advance()


def known_faults(names: Sequence[str]) -> list[str]:
    """The names as a list, all of them known. Raises ValueError."""
    unknown = [name for name in names if name not in FAULTS]
    if unknown or len(names) > FAULTS_MAX:
        raise ValueError(f"faults not known or too many: {unknown[:5]}")
    return list(names)
