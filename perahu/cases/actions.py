"""The hub's decisions, made by its loop and by a person at its desk.

- `accept_arrivals` looks at every journal of another node and says, in one append, how far
  each stands, what is disputed and what is rejected.
- Cases have ids made from what they are about, so a loop that died repeats itself safely.
"""

from __future__ import annotations

from collections.abc import Sequence

from perahu.cases import reads, rules
from perahu.cases.facts import CourierFileLost
from perahu.cases.rules import Candidate, Entry, Finding
from perahu.enrolment import reads_hub as recordings
from perahu.journal.book import JournalRow
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Draft, Receipt
from perahu.kinds import TELEMETRY

_NO_RIGHT = "not_allowed"
"""The code of what is parked because its author had no right to state it."""


def accept_arrivals(journal: Journal, ask: Ask) -> Receipt | None:
    """Decide on everything that arrived; None where there is nothing new.

    1. Of two recordings of one person the later is disputed, and a case opened.
    2. What was parked for want of a right is rejected.
    3. Every journal stands through its head, except those.
    """
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        rows = [row for row in journal.journals() if _is_decided_on(row)]
        disputes, disputed = _disputes()
        rejections, rejected = _rejections(journal, rows)
        drafts = [*disputes, *rejections]
        for row in rows:
            fresh = {seq for place, seq in (*disputed, *rejected) if place == row.id}
            drafts += _range(journal, row, fresh)
        return book.append(ask, drafts) if drafts else None


def open_cases(
    journal: Journal, ask: Ask, *, findings: Sequence[Finding]
) -> Receipt | None:
    """A case for each finding that has none yet; None where all have one."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        fresh = {one.case: one for one in findings if reads.case(one.case) is None}
        drafts = [
            Draft(rules.decide_open(one), audience=one.audience)
            for one in fresh.values()
        ]
        return book.append(ask, drafts) if drafts else None


def report_file(journal: Journal, ask: Ask, *, report: CourierFileLost) -> Receipt:
    """State that a stick with a courier file of this node got lost, or was found again."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        return book.append(ask, [Draft(report)])


def decide_case(
    journal: Journal, ask: Ask, *, case: bytes, decision: str, reason: str
) -> Receipt:
    """A person's decision of a case; the office it is about hears of it."""
    with journal.writing() as book:
        if done := book.done(ask.op_id):
            return done
        known = reads.case(case)
        fact = rules.decide_case(
            case,
            known.kind if known else None,
            known.decision if known else "",
            decision,
            reason,
        )
        return book.append(
            ask, [Draft(fact, audience=known.audience if known else b"")]
        )


def _is_decided_on(row: JournalRow) -> bool:
    return not row.own and row.lane != TELEMETRY and row.head_seq > 0


_Places = list[tuple[bytes, int]]


def _disputes() -> tuple[list[Draft], _Places]:
    """Cases and disputes about persons recorded twice, and the entries they touch."""
    drafts, places = [], set()
    for group in recordings.closed_twice():
        candidates = [_candidate(one) for one in group]
        for dispute in rules.decide_doubles(candidates):
            place = (dispute.entry.journal, dispute.entry.seq)
            if place in places:
                continue
            places.add(place)
            audience = dispute.finding.audience
            if reads.case(dispute.finding.case) is None:
                opened = rules.decide_open(dispute.finding)
                drafts.append(Draft(opened, audience=audience))
            drafts.append(Draft(rules.decide_dispute(dispute), audience=audience))
    return drafts, sorted(places)


def _candidate(closed: recordings.Closed) -> Candidate:
    return Candidate(
        recording=closed.state.recording,
        number=closed.state.number,
        node=closed.state.node,
        entry=Entry(journal=closed.journal, seq=closed.seq, h=closed.h),
        order=closed.order,
        stands=reads.decision_of(closed.journal, closed.seq) == rules.SAH,
        marked=closed.seq in reads.marked(closed.journal),
    )


def _rejections(
    journal: Journal, rows: Sequence[JournalRow]
) -> tuple[list[Draft], _Places]:
    """Rejections of what was parked for want of a right, and where it stands."""
    nodes = {row.id: row.node for row in rows}
    drafts, places = [], []
    for parked in journal.parked():
        node = nodes.get(parked.journal)
        if parked.code != _NO_RIGHT or node is None:
            continue
        if reads.decision_of(parked.journal, parked.seq) == rules.DITOLAK:
            continue
        h = journal.hash_at(parked.journal, parked.seq)
        assert h is not None, "what is parked is stored"
        entry = Entry(journal=parked.journal, seq=parked.seq, h=h)
        fact = rules.decide_rejection(entry, parked.words.words.id)
        drafts.append(Draft(fact, audience=node))
        places.append((parked.journal, parked.seq))
    return drafts, places


def _range(journal: Journal, row: JournalRow, fresh: set[int]) -> list[Draft]:
    """How far one journal stands now, if that is news."""
    parked = {one.seq for one in journal.parked() if one.journal == row.id}
    excepted = sorted({*fresh, *parked, *reads.marked(row.id)})
    head = Entry(journal=row.id, seq=row.head_seq, h=row.head_h)
    if len(excepted) > rules.EXCEPTED_MAX:
        # Too many to name in one body: the journal stands up to the first one too many.
        seq = excepted[rules.EXCEPTED_MAX] - 1
        h = journal.hash_at(row.id, seq)
        assert h is not None, "an entry before the head is stored"
        head, excepted = (
            Entry(journal=row.id, seq=seq, h=h),
            excepted[: rules.EXCEPTED_MAX],
        )
    fact = rules.decide_range(head, excepted, reads.acceptance(row.id))
    return [Draft(fact, audience=row.node)] if fact else []
