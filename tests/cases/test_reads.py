"""Decisions into the tables, and the last word on an entry out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perahu.cases import reads
from perahu.cases.facts import (
    CaseDecided,
    CaseOpened,
    CourierFileLost,
    EntryDisputed,
    EntryRejected,
    RangeAccepted,
)
from perahu.keys.facts import ForkSeen
from tests.enrolment.builders import ENGGANO, HUB, JOURNALS, Feed, feed, tables_at

JOURNAL = JOURNALS[ENGGANO]
CASE = b"case-0000001"
H = bytes(32)


def accepted(seq: int, *excepted: int) -> RangeAccepted:
    """Enggano's journal stands through seq."""
    return RangeAccepted(journal=JOURNAL, seq=seq, h=H, excepted=excepted)


def disputed(seq: int) -> EntryDisputed:
    """One entry of Enggano is disputed."""
    return EntryDisputed(journal=JOURNAL, seq=seq, h=H, case=CASE, reason="dua rekaman")


def case_opened() -> CaseOpened:
    """The case of that dispute."""
    return CaseOpened(
        case=CASE,
        case_kind="TWO_RECORDINGS",
        about=(b"recording-01",),
        reason="dua rekaman",
    )


def test_it_works(tmp_path: Path) -> None:
    """An accepted range stands, what lies beyond waits, what is excepted does not stand."""
    story = Feed()
    story.add(accepted(10, 4), node=HUB)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads.decision_of(JOURNAL, 10) == "sah"
        assert reads.decision_of(JOURNAL, 11) is None
        assert reads.decision_of(JOURNAL, 4) is None
        assert reads.decision_of(b"another-journal!", 1) is None


def test_it_says_sengketa_until_a_person_decides(tmp_path: Path) -> None:
    """Disputed, then SAH or DITOLAK by the decision of the case."""
    for decision in ("SAH", "DITOLAK"):
        story = Feed()
        story.add(accepted(10, 4), node=HUB)
        story.add(case_opened(), node=HUB)
        story.add(disputed(4), node=HUB)
        with tables_at(tmp_path, decision) as tables:
            feed(tables, story.events)
            assert reads.decision_of(JOURNAL, 4) == "sengketa"
            assert reads.reason_of(JOURNAL, 4) == "dua rekaman"
            assert [one.case for one in reads.open_cases()] == [CASE]
            assert [one.case for one in reads.cases_about(b"recording-01")] == [CASE]
            assert reads.marked(JOURNAL) == [4]
            story.add(
                CaseDecided(case=CASE, decision=decision, reason="diperiksa"), node=HUB
            )
            feed(tables, story.events[-1:])
            assert reads.decision_of(JOURNAL, 4) == decision.lower()
            assert reads.open_cases() == []


def test_it_says_ditolak_for_what_was_rejected(tmp_path: Path) -> None:
    """A rejected entry never counts as part of its range."""
    story = Feed()
    story.add(EntryRejected(journal=JOURNAL, seq=3, h=H, reason="tanpa hak"), node=HUB)
    story.add(accepted(10, 3), node=HUB)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads.decision_of(JOURNAL, 3) == "ditolak"


def test_it_gives_the_same_tables_whatever_came_first(tmp_path: Path) -> None:
    """Decisions heard backwards end the same; the later range wins, not the later heard."""
    story = Feed()
    story.add(accepted(5), node=HUB)
    story.add(accepted(10, 4), node=HUB)
    story.add(case_opened(), node=HUB)
    story.add(disputed(4), node=HUB)
    story.add(CaseDecided(case=CASE, decision="SAH", reason="diperiksa"), node=HUB)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        straight = tables.content_hash()
        feed(tables, story.events)
        assert tables.content_hash() == straight
    with tables_at(tmp_path, "backwards") as tables:
        feed(tables, list(reversed(story.events)))
        assert tables.content_hash() == straight


def test_it_shows_a_fork_as_a_finding(tmp_path: Path) -> None:
    """Evidence of a fork waits for its case, once however often it is told."""
    story = Feed()
    fork = ForkSeen(node=ENGGANO, journal=JOURNAL, seq=7, ours=H, theirs=b"t" * 32)
    story.add(fork)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        feed(tables, story.events)
        (finding,) = reads.fork_findings()
        assert finding.kind == "CLONE_OR_FORK"
        assert finding.about == (ENGGANO, JOURNAL)


def lost(reason: str, *, found: bool = False, **strange: Any) -> CourierFileLost:
    """Enggano says that a stick of its was lost, or found."""
    says: dict[str, Any] = {
        "file": "JRN-enggano-hub-20261122-1.jrnb", "number": 1, "to": HUB,
        "check_words": "abang abu acar adil", "written_ms": 1, "reason": reason,
    }  # fmt: skip
    return CourierFileLost(**(says | strange), found=found)


def test_it_shows_a_lost_stick_until_it_is_found(tmp_path: Path) -> None:
    """The later word counts, whatever came first; each node has files of its own."""
    story = Feed()
    story.add(lost("jatuh"), node=ENGGANO)
    story.add(lost("", found=True), node=ENGGANO)
    story.add(lost("tertinggal"), node=HUB)
    for name, events in (("a", story.events), ("b", story.events[::-1])):
        (tmp_path / name).mkdir()
        with tables_at(tmp_path / name) as tables:
            feed(tables, events)
            rows = {row.node: row for row in reads.lost_files()}
        assert rows[ENGGANO].found and not rows[HUB].found
        assert rows[HUB].reason == "tertinggal"


def test_it_bears_nonsense_in_a_lost_stick(tmp_path: Path) -> None:
    """An author may state anything; it harms nobody's tables and is cut to its room."""
    story = Feed()
    story.add(lost("x" * 5000, file="y" * 5000, check_words="z" * 5000), node=ENGGANO)
    story.add(lost("a", file="b", number=1 << 63, written_ms=-(1 << 63)), node=ENGGANO)
    story.add(lost("c", file="d", to=b"abc", number=(1 << 64) - 1), node=ENGGANO)
    story.add(lost("e", file="", to=b""), node=ENGGANO)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        rows = reads.lost_files()
    assert {row.reason[:1] for row in rows} == {"x", "a", "c", "e"}
    assert all(0 <= row.written_ms < 1 << 50 and row.number < 1 << 50 for row in rows)
