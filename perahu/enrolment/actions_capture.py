"""Capturing at a desk: one part after another over its devices, each durable as it is taken.

- A capture is tried as often as the rules say, and the best one is sealed. What cannot be
  taken is offered as an exception; a device's own trouble is raised as the device's, so
  that no finger is left out of a card because a scanner broke.
- The two index templates live in memory only, in the dict a `Bench` brings. Where they are
  missing (after a crash) the index fingers are captured anew before they are compared.
- A bench may be told to stop: between two captures, and before a capture is kept.

The terminal desk and the pages are thin loops over these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from perahu.devices.ports import Capture, DeviceFault, FingerMatcher, Scanner
from perahu.enrolment import actions, reads, rules
from perahu.enrolment.facts import INDEXES, PARTS, PHOTO, REASONS_FOR, SIGNATURE
from perahu.enrolment.rules import RecordingState
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Receipt
from perahu.words import Refusal, Words

VERIFY_TRIES_MAX = 3
NOTHING_THERE = ("part_missing", "no_object")
PART_FAULTS = ("poor_quality", *NOTHING_THERE)
"""Faults that speak of the person; every other one is the device's own trouble."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that just happened in a session, for a live display."""

    step: str
    """open, confirm, scan, capture, retry, except, verify, sign, complete, proof or done."""
    part: str = ""
    settled: int = 0
    """How many of the parts are taken or excepted."""
    score: int = 0
    warning: Words | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An exception the desk offers: the part, the reasons that fit, the likely one."""

    part: str
    reasons: tuple[str, ...]
    suggested: str


def say_nothing(progress: Progress) -> None:
    """Nobody watches."""


def always() -> bool:
    """Nobody stops it."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One recording at a desk's devices."""

    journal: Journal
    recording: bytes
    ask: Callable[[], Ask]
    """A fresh ask of who sits there."""
    scanner: Scanner
    matcher: FingerMatcher
    templates: dict[str, bytes] = field(default_factory=dict)
    """Of the index fingers; whoever holds it keeps it in memory, never on a disk."""
    watch: Callable[[Progress], None] = say_nothing
    goes_on: Callable[[], bool] = always
    """False once somebody wants it to stop."""

    def state(self) -> RecordingState:
        """The recording as it stands. Refuses one that was given up."""
        return rules.check_still_going(reads.recording(self.recording))

    def tell(
        self, step: str, part: str = "", score: int = 0, warning: Words | None = None
    ) -> None:
        """Let whoever watches know."""
        settled = len(PARTS) - len(self.state().open_parts)
        self.watch(Progress(step, part, settled, score, warning))


@dataclass(slots=True)
class _Tries:
    """The captures of one part so far: their scores, the best one, what went wrong."""

    scores: list[int] = field(default_factory=list)
    best: Capture | None = None
    template: bytes = b""
    faults: list[DeviceFault] = field(default_factory=list)

    def take(self, shot: Capture, template: bytes) -> None:
        if self.best is None or shot.score > self.best.score:
            self.best, self.template = shot, template
        self.scores.append(shot.score)

    def fail(self, fault: DeviceFault) -> None:
        self.scores.append(0)
        self.faults.append(fault)

    def own_fault(self) -> DeviceFault | None:
        """The device's own trouble, where it was the last of such."""
        own = [fault for fault in self.faults if fault.code not in PART_FAULTS]
        return own[-1] if own else None

    @property
    def found_nothing(self) -> bool:
        codes = [fault.code for fault in self.faults]
        return len(codes) == len(self.scores) and set(codes) <= set(NOTHING_THERE)


def take_part(bench: Bench, part: str) -> Offer | None:
    """Take one part, the best of a few tries; an offer where it cannot be taken."""
    rules.check_part_open(bench.state(), part)
    actions.check_may_capture(bench.journal, bench.ask())
    tries = _Tries()
    while rules.judge_scores(part, tries.scores) == "retry":
        if tries.scores:
            bench.tell("retry", part, tries.scores[-1])
        _try(bench, part, tries)
    verdict = rules.judge_scores(part, tries.scores)
    if tries.best is not None and verdict == "accept":
        keep(bench, tries.best, len(tries.scores), tries.template)
        return None
    own_fault = tries.own_fault()
    if tries.best is None and own_fault is not None:
        # A broken device is no reason to leave a finger out of a person's card.
        raise own_fault
    if part == PHOTO:
        raise _no_photo()
    return offer_for(part, missing=tries.found_nothing)


def _try(bench: Bench, part: str, tries: _Tries) -> None:
    try:
        shot = scan(bench, part)
        # An index finger is good for nothing if no template can be made of it.
        is_index = part in INDEXES
        tries.take(shot, bench.matcher.extract(shot.record) if is_index else b"")
    except DeviceFault as fault:
        tries.fail(fault)


def scan(bench: Bench, part: str) -> Capture:
    """One capture, judged by nobody; raises DeviceFault, Refusal "stopped"."""
    if not bench.goes_on():
        raise stopped()
    requested = rules.quality(part).requested
    background = bench.state().background if part == PHOTO else ""
    shot = bench.scanner.capture(part, requested_score=requested, background=background)
    if not bench.goes_on():
        raise stopped()
    return shot


def keep(bench: Bench, shot: Capture, tries: int, template: bytes = b"") -> Receipt:
    """Seal and cite a capture, and say so."""
    receipt = actions.accept_part(
        bench.journal, bench.ask(), recording=bench.recording, capture=kept(shot, tries)
    )
    if template:
        bench.templates[shot.part] = template
    warning = None
    if shot.part == PHOTO:
        required = bench.state().background
        warning = rules.background_warning(required, shot.background)
    bench.tell("capture", shot.part, shot.score, warning)
    return receipt


def kept(shot: Capture, tries: int) -> rules.Capture:
    """A device's capture as the rules take it."""
    return rules.Capture(
        part=shot.part,
        record=shot.record,
        score=shot.score,
        tries=tries,
        device=shot.device,
        background=shot.background,
        thumbnail=shot.thumbnail or b"",
    )


_MISSING = {"finger": "JARI_TIDAK_ADA", "iris": "MATA_TIDAK_ADA"}
_UNREADABLE = {"finger": "SIDIK_TIDAK_TERBACA", "iris": "KATARAK_IRIS_TIDAK_TERBACA"}


def offer_for(part: str, *, missing: bool = False) -> Offer:
    """The reasons that fit a part, the likely one among them."""
    kind = rules.modality(part)
    likely = (_MISSING if missing else _UNREADABLE).get(kind, "TIDAK_BISA_TTD")
    return Offer(part, REASONS_FOR[kind], likely)


def verify(bench: Bench) -> Offer | None:
    """Scan the index fingers again and compare; a lost template is captured anew first.

    Gives an offer where such a finger can no longer be taken.
    """
    waiting = bench.state().unverified
    for part in waiting:
        if part not in bench.templates and (offer := take_part(bench, part)):
            return offer
    scores: dict[str, int] = {}
    for _ in range(VERIFY_TRIES_MAX):
        for part in waiting:
            scores[part] = max(scores.get(part, 0), _compare(bench, part))
        if min(scores.values()) >= bench.matcher.threshold:
            break
    actions.verify_indexes(
        bench.journal,
        bench.ask(),
        recording=bench.recording,
        scores=scores,
        threshold=bench.matcher.threshold,
    )
    bench.tell("verify", score=min(scores.values()))
    return None


def _compare(bench: Bench, part: str) -> int:
    try:
        again = bench.matcher.extract(scan(bench, part).record)
        return bench.matcher.match(bench.templates[part], again)
    except DeviceFault as fault:
        if fault.code in PART_FAULTS:
            return 0
        raise


def signature_on_pad(bench: Bench) -> bytes:
    """The signature from the pad; empty where the person leaves nothing on it."""
    try:
        return scan(bench, SIGNATURE).record
    except DeviceFault as fault:
        if fault.code in NOTHING_THERE:
            return b""
        raise


def place_of_act(journal: Journal, desa: str) -> str:
    """The kecamatan of the act, where the desk does not say: the office's own if it has
    one, else the one where the person lives (a boat goes to the people)."""
    own = journal.certificate.wilayah[0]
    return own[:6] if len(own) >= 6 else desa[:6]


def stopped() -> Refusal:
    """Somebody stopped the capturing."""
    return Refusal(
        "stopped",
        id="Pengambilan dihentikan; yang tercatat aman. Lanjutkan kapan saja.",
        en="The capturing was stopped; what is recorded is safe. Resume any time.",
    )


def _no_photo() -> Refusal:
    return Refusal(
        "no_photo",
        id="Kamera tidak memberi foto yang bisa dipakai; yang lain sudah tersimpan. "
        "Periksa kamera, lalu lanjutkan.",
        en="The camera gave no usable photo; everything else is kept. Check the camera, "
        "then resume.",
    )


def close_and_prove(journal: Journal, ask: Callable[[], Ask], recording: bytes) -> None:
    """Close the packet and give the proof, as far as that is not done yet."""
    if reads.next_step(recording).name == "complete":
        actions.complete_recording(journal, ask(), recording=recording)
    if reads.next_step(recording).name == "proof":
        actions.issue_proof(journal, ask(), recording=recording)
