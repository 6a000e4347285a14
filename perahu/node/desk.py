"""A recording at a desk, from NIK to proof: the twelve steps over real or simulated devices.

- Where it goes on is asked of the book before every step, so a session that was killed
  resumes at the same finger; nothing of it is kept in a file.
- A capture is tried as often as the rules say, the best one is sealed; what cannot be
  taken is offered as an exception with a reason; a device that is not there ends the
  session with its own sentence, and nothing is lost.
- The two index templates live in this session's memory only. Where they are missing (after
  a crash) the index fingers are captured anew before they are compared.

Example: `record_person(desk, nik="1703…")`, at work (`with office.at_work()`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from perahu.devices.ports import Capture, DeviceFault, FingerMatcher, Scanner
from perahu.enrolment import actions, reads, rules
from perahu.enrolment.facts import INDEXES, PARTS, PHOTO, REASONS_FOR, SIGNATURE
from perahu.enrolment.rules import RecordingState, Step
from perahu.enrolment.rules_parts import part_words
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Receipt
from perahu.people import reads as people
from perahu.words import Refusal, Words

VERIFY_TRIES_MAX = 3
STEPS_MAX = 200
"""More steps than any recording has: a session that does not get on ends, it never hangs."""

NOTHING_THERE = ("part_missing", "no_object")
PART_FAULTS = ("poor_quality", *NOTHING_THERE)
"""Faults that speak of the person; every other one is the device's own trouble."""


class DeskOffice(Protocol):
    """What a session needs of an open node."""

    @property
    def journal(self) -> Journal:
        """The node's book."""

    def ask(self, officer: bytes = b"") -> Ask:
        """A fresh ask of this officer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that just happened in a session, for a live display."""

    step: str
    """open, confirm, capture, retry, except, verify, sign, complete, proof or done."""
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


Answer = Callable[[Offer], tuple[str, str] | None]
"""The officer's answer: (reason, text), or None to stop here and go on another time."""


def accept_suggestion(offer: Offer) -> tuple[str, str] | None:
    """What a person would mostly answer: the likely reason, and no text."""
    return offer.suggested, ""


def _say_nothing(progress: Progress) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A desk at work: its node, its devices, its officer, and who watches."""

    office: DeskOffice
    scanner: Scanner
    matcher: FingerMatcher
    officer: bytes
    random: Callable[[int], bytes]
    on_progress: Callable[[Progress], None] = _say_nothing
    answer: Answer = accept_suggestion
    wilayah: str = ""
    """The kecamatan of the act; "" is the office's own, or that of the person's desa."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recording that reached its proof."""

    recording: bytes
    person: bytes
    number: str
    code: str
    receipt: Receipt


@dataclass(slots=True)
class _Session:
    """One recording at one desk, while it runs."""

    desk: Desk
    recording: bytes
    templates: dict[str, bytes] = field(default_factory=dict)
    receipt: Receipt | None = None

    @property
    def journal(self) -> Journal:
        return self.desk.office.journal

    def ask(self) -> Ask:
        return self.desk.office.ask(self.desk.officer)

    def state(self) -> RecordingState:
        return rules.check_still_going(reads.recording(self.recording))

    def tell(
        self, step: str, part: str = "", score: int = 0, warning: Words | None = None
    ) -> None:
        settled = len(PARTS) - len(self.state().open_parts)
        self.desk.on_progress(Progress(step, part, settled, score, warning))


def record_person(desk: Desk, *, nik: str, resume: bool = False) -> Recorded:
    """Record this person to the end, or go on with a recording that was begun or called back.

    Without `resume` an unfinished recording is refused ("recording_open"), so that nobody
    goes on with another's session by accident.
    """
    session = _Session(desk, _begin(desk, nik, resume))
    for _ in range(STEPS_MAX):
        step = rules.next_step(session.state())
        if step.name == "done":
            session.tell("done")
            return _recorded(session)
        _STEPS[step.name](session, step)
    raise Refusal(
        "no_progress",
        id="Perekaman tidak maju; yang tercatat aman. Periksa alat, lalu lanjutkan.",
        en="The recording makes no progress; what is recorded is safe. Check the devices, "
        "then resume.",
    )


def _begin(desk: Desk, nik: str, resume: bool) -> bytes:
    """The recording to work on: a known unfinished one, or a new one."""
    # A disk that was full a moment ago may have left the tables behind the book.
    desk.office.journal.catch_up()
    resident = people.by_nik(nik)
    if resident is None:
        raise Refusal(
            "unknown_nik",
            id=f"NIK {nik[:16]} belum ada di buku simpul ini; cari namanya atau daftarkan "
            "dulu. Tidak ada yang diubah.",
            en=f"NIK {nik[:16]} is not in this node's book; search by name or register "
            "first. Nothing was changed.",
        )
    known = reads.known_recording(resident.person, nik)
    if resume and known is not None and rules.next_step(known).name != "done":
        return known.recording
    recording = desk.random(12)
    actions.open_recording(
        desk.office.journal,
        desk.office.ask(desk.officer),
        person=resident.person,
        recording=recording,
        wilayah=desk.wilayah or _place(desk.office.journal, resident.biodata.wilayah),
    )
    _Session(desk, recording).tell("open")
    return recording


def _place(journal: Journal, desa: str) -> str:
    """The kecamatan of the act, where the desk does not say: the office's own if it has
    one, else the one where the person lives (a boat goes to the people)."""
    own = journal.certificate.wilayah[0]
    return own[:6] if len(own) >= 6 else desa[:6]


def _recorded(session: _Session) -> Recorded:
    state = session.state()
    assert session.receipt is not None, "the proof is the last step of every session"
    return Recorded(
        recording=session.recording,
        person=state.person,
        number=state.number,
        code=actions.pickup_code(session.journal, session.recording),
        receipt=session.receipt,
    )


# --- the steps ---------------------------------------------------------------------------


def _confirm(session: _Session, step: Step) -> None:
    actions.confirm_biodata(session.journal, session.ask(), recording=session.recording)
    session.tell("confirm")


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


def _capture(session: _Session, step: Step) -> None:
    """Take one part: the best of a few tries, or an exception."""
    actions.check_may_capture(session.journal, session.ask())
    tries = _Tries()
    while rules.judge_scores(step.part, tries.scores) == "retry":
        if tries.scores:
            session.tell("retry", step.part, tries.scores[-1])
        try:
            shot = _scan(session, step.part)
            # An index finger is good for nothing if no template can be made of it.
            is_index = step.part in INDEXES
            extract = session.desk.matcher.extract
            tries.take(shot, extract(shot.record) if is_index else b"")
        except DeviceFault as fault:
            tries.fail(fault)
    verdict = rules.judge_scores(step.part, tries.scores)
    if tries.best is not None and verdict == "accept":
        _accept(session, tries.best, tries)
        return
    own_fault = tries.own_fault()
    if tries.best is None and own_fault is not None:
        # A broken device is no reason to leave a finger out of a person's card.
        raise own_fault
    if step.part == PHOTO:
        raise _no_photo()
    _except(session, step.part, missing=tries.found_nothing)


def _scan(session: _Session, part: str) -> Capture:
    requested = rules.quality(part).requested
    background = session.state().background if part == PHOTO else ""
    return session.desk.scanner.capture(
        part, requested_score=requested, background=background
    )


def _accept(session: _Session, shot: Capture, tries: _Tries) -> None:
    actions.accept_part(
        session.journal,
        session.ask(),
        recording=session.recording,
        capture=rules.Capture(
            part=shot.part,
            record=shot.record,
            score=shot.score,
            tries=len(tries.scores),
            device=shot.device,
            background=shot.background,
            thumbnail=shot.thumbnail or b"",
        ),
    )
    if shot.part in INDEXES:
        session.templates[shot.part] = tries.template
    warning = None
    if shot.part == PHOTO:
        warning = rules.background_warning(session.state().background, shot.background)
    session.tell("capture", shot.part, shot.score, warning)


_MISSING = {"finger": "JARI_TIDAK_ADA", "iris": "MATA_TIDAK_ADA"}
_UNREADABLE = {"finger": "SIDIK_TIDAK_TERBACA", "iris": "KATARAK_IRIS_TIDAK_TERBACA"}


def _except(session: _Session, part: str, *, missing: bool) -> None:
    """Offer an exception; the officer may also stop here."""
    kind = rules.modality(part)
    likely = (_MISSING if missing else _UNREADABLE).get(kind, "TIDAK_BISA_TTD")
    answer = session.desk.answer(Offer(part, REASONS_FOR[kind], likely))
    if answer is None:
        raise _stopped(part)
    reason, text = answer
    actions.except_part(
        session.journal,
        session.ask(),
        recording=session.recording,
        part=part,
        reason=reason,
        text=text,
    )
    session.tell("except", part)


def _verify(session: _Session, step: Step) -> None:
    """Scan the index fingers again and compare; a lost template is captured anew first."""
    waiting = session.state().unverified
    lost = [part for part in waiting if part not in session.templates]
    if lost:
        _capture(session, Step("capture", lost[0]))
        return
    scores: dict[str, int] = {}
    for _ in range(VERIFY_TRIES_MAX):
        for part in waiting:
            scores[part] = max(scores.get(part, 0), _compare(session, part))
        if min(scores.values()) >= session.desk.matcher.threshold:
            break
    actions.verify_indexes(
        session.journal,
        session.ask(),
        recording=session.recording,
        scores=scores,
        threshold=session.desk.matcher.threshold,
    )
    session.tell("verify", score=min(scores.values()))


def _compare(session: _Session, part: str) -> int:
    matcher = session.desk.matcher
    try:
        again = matcher.extract(_scan(session, part).record)
        return matcher.match(session.templates[part], again)
    except DeviceFault as fault:
        if fault.code in PART_FAULTS:
            return 0
        raise


def _sign(session: _Session, step: Step) -> None:
    """The statement of truth: signed on the pad, or a line where the person cannot."""
    by_line = session.state().part(SIGNATURE).status == "excepted"
    signature = b"" if by_line else _signature(session)
    actions.sign_statement(
        session.journal,
        session.ask(),
        recording=session.recording,
        signature=signature,
        by_line=not signature,
    )
    session.tell("sign")


def _signature(session: _Session) -> bytes:
    """The signature from the pad; empty where the person leaves nothing on it."""
    try:
        return _scan(session, SIGNATURE).record
    except DeviceFault as fault:
        if fault.code in NOTHING_THERE:
            return b""
        raise


def _complete(session: _Session, step: Step) -> None:
    actions.complete_recording(
        session.journal, session.ask(), recording=session.recording
    )
    session.tell("complete")


def _proof(session: _Session, step: Step) -> None:
    session.receipt = actions.issue_proof(
        session.journal, session.ask(), recording=session.recording
    )
    session.tell("proof")


_STEPS: dict[str, Callable[[_Session, Step], None]] = {
    "confirm": _confirm,
    "capture": _capture,
    "verify": _verify,
    "sign": _sign,
    "complete": _complete,
    "proof": _proof,
}


def _no_photo() -> Refusal:
    return Refusal(
        "no_photo",
        id="Kamera tidak memberi foto yang bisa dipakai; yang lain sudah tersimpan. "
        "Periksa kamera, lalu lanjutkan.",
        en="The camera gave no usable photo; everything else is kept. Check the camera, "
        "then resume.",
    )


def _stopped(part: str) -> Refusal:
    at = part_words(part)
    return Refusal(
        "stopped",
        id=f"Perekaman berhenti di {at.id}; yang tercatat aman. Lanjutkan kapan saja.",
        en=f"The recording stopped at {at.en}; what is recorded is safe. Resume any time.",
    )
