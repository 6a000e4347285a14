"""What waits at a desk, who is due, and what a person's recording comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perahu.enrolment import reads_desk
from perahu.enrolment.reads import BEGUN, RECALLED, UNPROVED
from perahu.people.facts import ResidentImported
from tests.enrolment.builders import (
    ENGGANO,
    HUB,
    KETAHUN,
    NIK,
    PERSON,
    RECORDING,
    Feed,
    create_biodata,
    feed,
    tables_at,
)
from tests.enrolment.test_reads import (
    add_centre,
    add_part,
    add_recording,
    recalled,
    submitted,
)

TODAY = date(2026, 11, 21)


def test_it_says_why_a_recording_waits_after_every_fact(tmp_path: Path) -> None:
    """Begun until it is closed, without a proof until there is one, then no more."""
    story = Feed()
    add_recording(story)
    last = len(story.events)
    with tables_at(tmp_path) as tables:
        for at, event in enumerate(story.events, start=1):
            feed(tables, [event])
            counts = reads_desk.waiting_counts(ENGGANO)
            why = {last: "", last - 1: UNPROVED}.get(at, BEGUN)
            assert {name for name, n in counts.items() if n} == ({why} - {""})
        assert reads_desk.waiting_counts(KETAHUN) == dict.fromkeys(counts, 0)


def test_it_calls_back_with_parts_and_reason(tmp_path: Path) -> None:
    """A call-back waits with what is wanted, and still does while it is being retaken."""
    story = Feed()
    add_recording(story)
    story.add(submitted(), node=HUB)
    add_centre(story, "ENROLL_FAILURE_AT_CENTRAL", detail="jari 7", wall_ms=2000)
    story.add(recalled("left_index"), node=HUB)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        (one,) = reads_desk.waiting(ENGGANO, RECALLED, 10)
        assert one.recalled == ("left_index",)
        assert one.recall_reason == "EFAC"
        assert one.status == "ENROLL_FAILURE_AT_CENTRAL"
        assert one.submitted
        add_part(story, "left_index")
        feed(tables, story.events[-1:])
        (one,) = reads_desk.waiting(ENGGANO, RECALLED, 10)
        assert one.recalled == ()
        assert one.step.name == "verify"


def test_it_gives_pages_of_a_list_the_longest_waiting_first(tmp_path: Path) -> None:
    """Offset and limit cut the same order."""
    story = Feed()
    ids = [bytes([n]) * 12 for n in range(1, 6)]
    for n, recording in enumerate(ids, start=1):
        add_recording(story, recording=recording, person=recording, nik="", serial=n)
    with tables_at(tmp_path) as tables:
        feed(
            tables, [e for e in story.events if type(e.fact).__name__ != "ProofIssued"]
        )
        pages = [reads_desk.waiting(ENGGANO, UNPROVED, 2, first) for first in (0, 2, 4)]
        assert [one.state.recording for page in pages for one in page] == ids
        assert reads_desk.officers_of(ids).keys() == set(ids)


def test_it_finds_a_persons_recording_by_id_or_nik(tmp_path: Path) -> None:
    """Whoever was recorded under another id is found by the NIK."""
    story = Feed()
    add_recording(story)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        other = b"o" * 12
        found = reads_desk.latest_of({PERSON: "", other: NIK, b"x" * 12: ""})
        assert set(found) == {PERSON, other}
        assert reads_desk.by_number("0001/170301/XI/2026")[0].state.person == PERSON
        assert reads_desk.on_desk(RECORDING) is not None
        assert reads_desk.on_desk(b"n" * 12) is None
        assert len(reads_desk.all_of([other], NIK)) == 1


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({}, True),
        ({"tanggal_lahir": date(2010, 11, 21)}, True),
        ({"tanggal_lahir": date(2010, 11, 22)}, False),
        ({"tanggal_lahir": date(2012, 1, 1), "status_kawin": 2}, True),
        ({"status_rekam": "PRINT_READY_RECORD"}, False),
        ({"kewarganegaraan": "WNA"}, False),
        ({"kewarganegaraan": "WNA", "berlaku_hingga": date(2027, 1, 1)}, True),
        ({"wilayah": "1703122001"}, False),
    ],
)
def test_it_knows_who_is_due_as_the_desk_does(
    tmp_path: Path, changes: dict[str, Any], is_due: bool
) -> None:
    """Old enough or married, allowed to stay, of this region, and never recorded."""
    biodata = replace(create_biodata(), **changes)
    story = Feed()
    fact = ResidentImported(person=PERSON, biodata=biodata, batch=b"b" * 12)
    story.add(fact, node=HUB)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        scope = ("170301",)
        assert reads_desk.due_count(scope, TODAY, 16) == int(is_due)
        assert reads_desk.due(scope, TODAY, 16, 5) == [PERSON] * is_due
        add_recording(story)
        feed(tables, story.events[1:])
        assert reads_desk.due_count(scope, TODAY, 16) == 0
