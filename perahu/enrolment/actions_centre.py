"""What the hub notes of the centre; all asking of the centre happens before these.

Every fact goes to the office that recorded; `CentreSeen` goes to all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perahu.enrolment import reads, reads_hub, rules, rules_centre
from perahu.enrolment.facts import CentreStatusSeen
from perahu.enrolment.rules import RecordingState
from perahu.journal.journal import Journal
from perahu.journal.types import COMMON, Ask, Draft, Receipt
from perahu.keys.facts import ONLINE_ONLY, CentreSeen
from perahu.kinds import Fact


@dataclass(frozen=True, slots=True)
class Taken:
    """A packet that the centre took, under its reference."""

    recording: bytes
    version: int
    reference: str


def note_submitted(
    journal: Journal, ask: Ask, *, taken: Sequence[Taken]
) -> Receipt | None:
    """The centre took these; one that changed meanwhile is left out and goes again."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        drafts = []
        for one in taken:
            state = _going(one.recording)
            if state.whole and state.version == one.version:
                fact = rules_centre.decide_submitted(state, one.reference)
                drafts.append(Draft(fact, audience=state.node))
        return book.append(ask, drafts) if drafts else None


def note_statuses(
    journal: Journal, ask: Ask, *, seen: Sequence[CentreStatusSeen]
) -> Receipt | None:
    """The centre's statuses; what was noted last is left out, None where nothing is new."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        drafts = []
        for one in seen:
            state = _going(one.recording)
            known = reads_hub.at_centre(one.recording)
            last = (known.status, known.detail, known.drc) if known else ("", "", "")
            fact = rules_centre.decide_status(state, one, last)
            drafts += [Draft(fact, audience=state.node)] if fact else []
        return book.append(ask, drafts) if drafts else None


def recall_parts(
    journal: Journal, ask: Ask, *, recording: bytes, parts: Sequence[str], reason: str
) -> Receipt | None:
    """Call parts back that the centre could not read; None where they are open already."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        state = _going(recording)
        fact = rules_centre.decide_recall(state, parts, reason)
        return book.append(ask, [Draft(fact, audience=state.node)]) if fact else None


def note_centre_seen(journal: Journal, ask: Ask) -> Receipt | None:
    """The centre answered just now; None where that was said recently enough."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        authority = book.authority
        is_due = rules_centre.centre_seen_due(
            authority.policy.policy == ONLINE_ONLY,
            ask.at.wall_ms,
            authority.centre_seen_ms,
        )
        fact: Fact = CentreSeen(at_ms=ask.at.wall_ms)
        return book.append(ask, [Draft(fact, audience=COMMON)]) if is_due else None


def _going(recording: bytes) -> RecordingState:
    return rules.check_still_going(reads.recording(recording))
