"""What the hub notes of the centre's answers about a recording."""

from __future__ import annotations

from collections.abc import Sequence

from perahu.enrolment import facts
from perahu.enrolment.facts import PARTS
from perahu.enrolment.rules import TEXT_CHARS_MAX, RecordingState, modality


def decide_submitted(state: RecordingState, reference: str) -> facts.PacketSubmitted:
    """The centre took the packet and gave it this reference."""
    assert state.whole, "only closed packets are handed to the centre"
    return facts.PacketSubmitted(
        person=state.person,
        recording=state.recording,
        version=state.version,
        reference=reference[:TEXT_CHARS_MAX],
    )


def decide_status(
    state: RecordingState, seen: facts.CentreStatusSeen, last: tuple[str, str, str]
) -> facts.CentreStatusSeen | None:
    """The status to note, or None where (status, detail, drc) is what was noted last."""
    # The port refuses an answer with another word before it comes here.
    assert seen.status in facts.CENTRE_STATUSES, "one of the centre's own words"
    assert seen.recording == state.recording, "a status goes to its own recording"
    return None if (seen.status, seen.detail, seen.drc) == last else seen


def decide_recall(
    state: RecordingState, parts: Sequence[str], reason: str
) -> facts.PartsRecalled | None:
    """The call-back of the named parts that are not open already; None for none."""
    for part in parts:
        modality(part)
    wanted = tuple(p for p in PARTS if p in parts and p not in state.open_parts)
    if not wanted or not state.version:
        return None
    return facts.PartsRecalled(
        person=state.person,
        recording=state.recording,
        parts=wanted,
        reason=reason[:TEXT_CHARS_MAX],
    )


CENTRE_SEEN_ONLINE_MS = 3 * 60 * 1000
CENTRE_SEEN_OTHERWISE_MS = 60 * 60 * 1000


def centre_seen_due(online_only: bool, now_ms: int, last_ms: int) -> bool:
    """Whether to tell all nodes again that the centre answers: every 3 minutes where a
    capture depends on it, else hourly (each costs bytes on every link)."""
    pause = CENTRE_SEEN_ONLINE_MS if online_only else CENTRE_SEEN_OTHERWISE_MS
    return abs(now_ms - last_ms) >= pause
