"""Facts into the tables of the recordings, whatever the order, and the answers out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from perahu.enrolment import facts, reads, reads_hub
from perahu.enrolment.facts import INDEXES, PARTS
from perahu.enrolment.rules import Step
from perahu.journal.types import BlobRef, Event
from perahu.people.facts import SamePerson
from perahu.words import Refusal
from tests.enrolment.builders import (
    ENGGANO,
    HUB,
    JOURNALS,
    KETAHUN,
    NIK,
    PERSON,
    RECORDING,
    Feed,
    feed,
    opened,
    tables_at,
)


def blob(name: str) -> BlobRef:
    """A blob whose hash is its name."""
    return BlobRef(name.encode().ljust(32, b"."), 100, 3)


def add_recording(
    story: Feed,
    *,
    recording: bytes = RECORDING,
    person: bytes = PERSON,
    node: bytes = ENGGANO,
    nik: str = NIK,
    serial: int = 1,
) -> None:
    """A whole recording, from opening to proof, in its node's journal."""
    ids: dict[str, Any] = {"person": person, "recording": recording}
    story.add(
        opened(recording=recording, person=person, nik=nik, serial=serial), node=node
    )
    story.add(facts.BiodataConfirmed(**ids), node=node)
    for part in PARTS:
        add_part(story, part, recording=recording, person=person, node=node)
    story.add(facts.IndexesVerified(**ids, right_score=80, left_score=70), node=node)
    story.add(facts.StatementSigned(**ids), node=node, blobs=(blob("statement"),))
    story.add(
        facts.RecordingCompleted(**ids, manifest=b"m" * 32), node=node, wall_ms=1000
    )
    story.add(facts.ProofIssued(**ids, level=0, pickup=b"p" * 32), node=node)


def add_part(
    story: Feed,
    part: str,
    *,
    recording: bytes = RECORDING,
    person: bytes = PERSON,
    node: bytes = ENGGANO,
) -> None:
    """One captured part with its blob."""
    fact = facts.PartCaptured(
        person=person, recording=recording, part=part, score=80, tries=1, device="SIM 1"
    )
    story.add(fact, node=node, blobs=(blob(part),))


def add_centre(
    story: Feed, fact_status: str, *, detail: str = "", wall_ms: int = 0
) -> None:
    """A status of the centre, as the hub noted it."""
    fact = facts.CentreStatusSeen(
        person=PERSON, recording=RECORDING, status=fact_status, detail=detail
    )
    story.add(fact, node=HUB, wall_ms=wall_ms)


def submitted(version: int = 1) -> facts.PacketSubmitted:
    """The hub handed the packet over."""
    return facts.PacketSubmitted(
        person=PERSON, recording=RECORDING, version=version, reference=f"REF-{version}"
    )


def recalled(*parts: str) -> facts.PartsRecalled:
    """The hub asks for parts once more."""
    return facts.PartsRecalled(
        person=PERSON, recording=RECORDING, parts=parts, reason="EFAC"
    )


def test_it_works(tmp_path: Path) -> None:
    """A recording from opening to proof is found whole, with its entries and blobs."""
    story = Feed()
    add_recording(story)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        state = reads.recording(RECORDING)
        assert state is not None
        assert state.whole
        assert state.nik == NIK
        assert state.proof_level == 0
        assert reads.next_step(RECORDING) == Step("done")
        assert len(reads.entries_of(RECORDING)) == 1 + len(PARTS) + 2
        assert blob("statement").sha256 in reads.blobs_of(RECORDING)
        assert len(reads.blobs_of(RECORDING)) == len(PARTS) + 1
        assert reads.pickup_of(RECORDING) == b"p" * 32
        assert reads.by_number("0001/170301/XI/2026") == [state]
        assert reads.next_serial(ENGGANO, 2026) == 2
        assert reads.next_serial(KETAHUN, 2026) == 1


def test_it_resumes_at_the_same_part_after_every_single_fact(tmp_path: Path) -> None:
    """Whatever fact was the last before the crash, the next step follows it."""
    story = Feed()
    add_recording(story)
    names = [
        "confirm",
        *["capture"] * len(PARTS),
        "verify",
        "sign",
        "complete",
        "proof",
        "done",
    ]
    with tables_at(tmp_path) as tables:
        for event, expected in zip(story.events, names, strict=True):
            feed(tables, [event])
            step = reads.next_step(RECORDING)
            assert step.name == expected
            if expected == "capture":
                assert step.part == PARTS[names[: event.seq].count("capture") - 1]


def test_it_refuses_to_go_on_with_what_it_does_not_know(tmp_path: Path) -> None:
    """Unknown, given up, and known by the hub's facts alone: each is refused."""
    story = Feed()
    story.add(submitted(), node=HUB)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads.recording(RECORDING) is None
        for unknown in (RECORDING, b"recording-99"):
            with pytest.raises(Refusal) as refusal:
                reads.next_step(unknown)
            assert refusal.value.code == "unknown_recording"


def test_it_opens_only_the_parts_that_were_called_back(tmp_path: Path) -> None:
    """A finger is called back, taken, compared if it is an index, and the packet closed."""
    story = Feed()
    add_recording(story)
    story.add(recalled("left_ring"), node=HUB)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        state = reads.recording(RECORDING)
        assert state is not None
        assert state.open_parts == ("left_ring",)
        assert state.part("left_ring").recalled == "EFAC"
        assert [one.recording for one in reads.unfinished(ENGGANO)] == [RECORDING]
        assert reads_hub.to_submit(10) == []
        at = len(story.events)
        add_part(story, "left_ring")
        feed(tables, story.events[at:])
        assert reads.next_step(RECORDING) == Step("complete")
        done = facts.RecordingCompleted(
            person=PERSON, recording=RECORDING, manifest=b"n" * 32, version=2
        )
        story.add(done)
        feed(tables, story.events[-1:])
        assert reads.next_step(RECORDING) == Step("proof")
        assert [one.state.version for one in reads_hub.to_submit(10)] == [2]


def test_it_wants_a_called_back_index_compared_again(tmp_path: Path) -> None:
    """Only the new index waits for its comparison, the other one stands."""
    story = Feed()
    add_recording(story)
    story.add(recalled(INDEXES[0]), node=HUB)
    add_part(story, INDEXES[0])
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        state = reads.recording(RECORDING)
        assert state is not None
        assert state.unverified == (INDEXES[0],)
        assert reads.next_step(RECORDING) == Step("verify")


def test_it_knows_a_recording_by_nik_person_and_linked_person(tmp_path: Path) -> None:
    """Once for life, under whatever id the person is known."""
    story = Feed()
    add_recording(story)
    other = b"person-00002"
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        for person, nik in ((PERSON, ""), (other, NIK)):
            known = reads.known_recording(person, nik)
            assert known is not None
            assert known.recording == RECORDING
        assert reads.known_recording(other, "1703010101019002") is None
        story.add(SamePerson(person=PERSON, other=other, reason="NIK sama"), node=HUB)
        feed(tables, story.events[-1:])
        assert reads.known_recording(other, "1703010101019002") is not None
        assert reads.same_persons(other) == {PERSON, other}


def test_it_finds_what_is_to_be_handed_over_once(tmp_path: Path) -> None:
    """A closed packet waits until it is submitted; the reference leads back to it."""
    story = Feed()
    add_recording(story)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        (waiting,) = reads_hub.to_submit(10)
        assert waiting.journal == JOURNALS[ENGGANO]
        assert waiting.state.recording == RECORDING
        story.add(submitted(), node=HUB, wall_ms=5000)
        feed(tables, story.events[-1:])
        assert reads_hub.to_submit(10) == []
        found = reads_hub.by_reference("REF-1")
        assert found is not None
        assert (found.status, found.since_ms, found.submissions) == ("", 5000, 1)
        assert reads_hub.by_reference("REF-9") is None


def test_it_finds_the_silent_packets(tmp_path: Path) -> None:
    """Silent is who waits in a status of the centre, with no news since then."""
    story = Feed()
    add_recording(story)
    story.add(submitted(), node=HUB, wall_ms=5000)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        waiting = ["SENT_FOR_DEDUP"]
        assert [one.since_ms for one in reads_hub.silent_at_centre(5001, waiting)] == [
            5000
        ]
        assert reads_hub.silent_at_centre(5000, waiting) == []
        add_centre(story, "SENT_FOR_DEDUP", wall_ms=7000)
        feed(tables, story.events[-1:])
        assert reads_hub.silent_at_centre(7000, waiting) == []
        assert len(reads_hub.silent_at_centre(7001, waiting)) == 1
        add_centre(story, "PRINT_READY_RECORD", wall_ms=8000)
        feed(tables, story.events[-1:])
        assert reads_hub.silent_at_centre(99_999, waiting) == []


def test_it_finds_two_recordings_of_one_person(tmp_path: Path) -> None:
    """By NIK or by a link; a given-up one does not count."""
    story = Feed()
    add_recording(story)
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads_hub.closed_twice() == []
        at = len(story.events)
        add_recording(
            story, recording=b"recording-02", person=b"person-00002", node=KETAHUN
        )
        feed(tables, story.events[at:])
        (group,) = reads_hub.closed_twice()
        assert [one.state.recording for one in group] == [RECORDING, b"recording-02"]
        at = len(story.events)
        add_recording(
            story,
            recording=b"recording-03",
            person=b"person-00003",
            nik="1703010101019003",
            node=KETAHUN,
        )
        story.add(
            SamePerson(person=PERSON, other=b"person-00003", reason="x"), node=HUB
        )
        feed(tables, story.events[at:])
        assert [len(one) for one in reads_hub.closed_twice()] == [2, 2]


def test_it_counts_by_office_and_status(tmp_path: Path) -> None:
    """The figures of the status page."""
    story = Feed()
    add_recording(story)
    story.add(
        opened(
            recording=b"recording-02", person=b"person-00002", nik="1703010101019002"
        )
    )
    story.add(submitted(), node=HUB)
    add_centre(story, "PROCESSING")
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads_hub.counts_by_node() == {
            ENGGANO: {
                "opened": 2,
                "closed": 1,
                "abandoned": 0,
                "submitted": 1,
                "PROCESSING": 1,
            }
        }


def a_long_story() -> Feed:
    """Two offices, the hub, a call-back, a link between persons, many statuses."""
    story = Feed()
    add_recording(story)
    add_recording(
        story, recording=b"recording-02", person=b"person-00002", node=KETAHUN
    )
    story.add(submitted(), node=HUB, wall_ms=10)
    add_centre(story, "ENROLL_FAILURE_AT_CENTRAL", detail="left_ring", wall_ms=20)
    story.add(recalled("left_ring", "photo"), node=HUB)
    story.add(SamePerson(person=PERSON, other=b"person-00002", reason="x"), node=HUB)
    add_part(story, "left_ring")
    add_part(story, "photo")
    story.add(
        facts.PartExcepted(
            person=PERSON,
            recording=RECORDING,
            part="left_iris",
            reason="LAINNYA",
            text="x",
        )
    )
    story.add(
        facts.RecordingCompleted(
            person=PERSON, recording=RECORDING, manifest=b"n" * 32, version=2
        )
    )
    story.add(submitted(2), node=HUB, wall_ms=30)
    add_centre(story, "PRINT_READY_RECORD", wall_ms=40)
    story.add(
        facts.RecordingAbandoned(
            person=b"person-00002", recording=b"recording-02", reason="salah orang"
        ),
        node=KETAHUN,
    )
    return story


def interleaved(events: Sequence[Event], seed: int) -> list[Event]:
    """The same journals, each in its order, woven in another way."""
    chance = random.Random(seed)
    queues: dict[bytes, list[Event]] = {}
    for event in events:
        queues.setdefault(event.journal, []).append(event)
    woven: list[Event] = []
    while queues:
        name = chance.choice(sorted(queues))
        woven.append(queues[name].pop(0))
        if not queues[name]:
            del queues[name]
    return woven


@pytest.mark.parametrize("seed", range(6))
def test_it_gives_the_same_tables_whatever_came_first(
    tmp_path: Path, seed: int
) -> None:
    """The journals may arrive in any order, in any batches, and twice."""
    story = a_long_story()
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        straight = tables.content_hash()
    chance = random.Random(seed)
    woven = interleaved(story.events, seed)
    with tables_at(tmp_path, "woven") as tables:
        while woven:
            size = chance.randint(1, 9)
            feed(tables, woven[:size])
            if chance.random() < 0.3:
                feed(tables, woven[:size])
            woven = woven[size:]
        assert tables.content_hash() == straight


def test_it_takes_nobody_without_a_nik_for_somebody_else(tmp_path: Path) -> None:
    """Two people who have no NIK yet are two people."""
    story = Feed()
    add_recording(story, nik="")
    with tables_at(tmp_path) as tables:
        feed(tables, story.events)
        assert reads.known_recording(b"person-00002", "") is None
        assert reads.known_recording(PERSON, "") is not None
