"""A recording at a terminal, from NIK to proof: the twelve steps over real or simulated devices.

- Where it goes on is asked of the book before every step, so a session that was killed
  resumes at the same finger; nothing of it is kept in a file.
- What cannot be taken is offered as an exception with a reason; a device that is not there
  ends the session with its own sentence, and nothing is lost.

How a part is taken is in `enrolment.actions_capture`, which the pages use too.

Example: `record_person(desk, nik="1703…")`, at work (`with office.at_work()`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from perahu.devices.ports import FingerMatcher, Scanner
from perahu.enrolment import actions, actions_capture, reads, rules
from perahu.enrolment.actions_capture import PART_FAULTS, Bench, Offer, Progress
from perahu.enrolment.facts import SIGNATURE
from perahu.enrolment.rules import RecordingState, Step
from perahu.enrolment.rules_parts import part_words
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Receipt
from perahu.people import reads as people
from perahu.words import Refusal

__all__ = ["PART_FAULTS", "Desk", "Offer", "Progress", "Recorded", "record_person"]

STEPS_MAX = 200
"""More steps than any recording has: a session that does not get on ends, it never hangs."""


class DeskOffice(Protocol):
    """What a session needs of an open node."""

    @property
    def journal(self) -> Journal:
        """The node's book."""

    def ask(self, officer: bytes = b"") -> Ask:
        """A fresh ask of this officer."""


Answer = Callable[[Offer], tuple[str, str] | None]
"""The officer's answer: (reason, text), or None to stop here and go on another time."""


def accept_suggestion(offer: Offer) -> tuple[str, str] | None:
    """What a person would mostly answer: the likely reason, and no text."""
    return offer.suggested, ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A desk at work: its node, its devices, its officer, and who watches."""

    office: DeskOffice
    scanner: Scanner
    matcher: FingerMatcher
    officer: bytes
    random: Callable[[int], bytes]
    on_progress: Callable[[Progress], None] = actions_capture.say_nothing
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
    bench: Bench
    receipt: Receipt | None = None

    @property
    def journal(self) -> Journal:
        return self.bench.journal

    @property
    def recording(self) -> bytes:
        return self.bench.recording

    def state(self) -> RecordingState:
        return self.bench.state()


def _bench(desk: Desk, recording: bytes) -> Bench:
    return Bench(
        journal=desk.office.journal,
        recording=recording,
        ask=lambda: desk.office.ask(desk.officer),
        scanner=desk.scanner,
        matcher=desk.matcher,
        watch=desk.on_progress,
    )


def record_person(desk: Desk, *, nik: str, resume: bool = False) -> Recorded:
    """Record this person to the end, or go on with a recording that was begun or called back.

    Without `resume` an unfinished recording is refused ("recording_open"), so that nobody
    goes on with another's session by accident.
    """
    session = _Session(desk, _bench(desk, _begin(desk, nik, resume)))
    for _ in range(STEPS_MAX):
        step = rules.next_step(session.state())
        if step.name == "done":
            session.bench.tell("done")
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
        wilayah=desk.wilayah
        or actions_capture.place_of_act(desk.office.journal, resident.biodata.wilayah),
    )
    _bench(desk, recording).tell("open")
    return recording


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
    actions.confirm_biodata(
        session.journal, session.bench.ask(), recording=session.recording
    )
    session.bench.tell("confirm")


def _capture(session: _Session, step: Step) -> None:
    """Take one part, or agree on an exception."""
    offer = actions_capture.take_part(session.bench, step.part)
    if offer is not None:
        _except(session, offer)


def _except(session: _Session, offer: Offer) -> None:
    """Ask for the reason of an exception; the officer may also stop here."""
    answer = session.desk.answer(offer)
    if answer is None:
        raise _stopped(offer.part)
    reason, text = answer
    actions.except_part(
        session.journal,
        session.bench.ask(),
        recording=session.recording,
        part=offer.part,
        reason=reason,
        text=text,
    )
    session.bench.tell("except", offer.part)


def _verify(session: _Session, step: Step) -> None:
    """Compare the index fingers; one that can no longer be taken is excepted."""
    offer = actions_capture.verify(session.bench)
    if offer is not None:
        _except(session, offer)


def _sign(session: _Session, step: Step) -> None:
    """The statement of truth: signed on the pad, or a line where the person cannot."""
    by_line = session.state().part(SIGNATURE).status == "excepted"
    signature = b"" if by_line else actions_capture.signature_on_pad(session.bench)
    actions.sign_statement(
        session.journal,
        session.bench.ask(),
        recording=session.recording,
        signature=signature,
        by_line=not signature,
    )
    session.bench.tell("sign")


def _complete(session: _Session, step: Step) -> None:
    actions.complete_recording(
        session.journal, session.bench.ask(), recording=session.recording
    )
    session.bench.tell("complete")


def _proof(session: _Session, step: Step) -> None:
    session.receipt = actions.issue_proof(
        session.journal, session.bench.ask(), recording=session.recording
    )
    session.bench.tell("proof")


_STEPS: dict[str, Callable[[_Session, Step], None]] = {
    "confirm": _confirm,
    "capture": _capture,
    "verify": _verify,
    "sign": _sign,
    "complete": _complete,
    "proof": _proof,
}


def _stopped(part: str) -> Refusal:
    at = part_words(part)
    return Refusal(
        "stopped",
        id=f"Perekaman berhenti di {at.id}; yang tercatat aman. Lanjutkan kapan saja.",
        en=f"The recording stopped at {at.en}; what is recorded is safe. Resume any time.",
    )
