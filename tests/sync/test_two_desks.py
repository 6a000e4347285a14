"""Two desks record at once: their parts are cited in turn, and travel person by person."""

from __future__ import annotations

from perahu.enrolment.facts import PartCaptured
from perahu.journal.journal import Journal
from perahu.journal.types import PART, Draft
from tests.cast import SARI, District, with_hub
from tests.sync.road import Meeting

_PARTS = ("photo", "right_thumb", "left_thumb", "right_iris")


def _record_in_turn(district: District, office: Journal) -> dict[bytes, list[bytes]]:
    """Parts of four people, one of each in turn; the person's blobs by her id."""
    people = [district.dice(12) for _ in range(4)]
    blobs: dict[bytes, list[bytes]] = {person: [] for person in people}
    for part in _PARTS:
        for person in people:
            ref = office.blobs.put(district.dice(20_000), PART)
            blobs[person].append(ref.sha256)
            fact = PartCaptured(
                person=person,
                recording=person,
                part=part,
                score=80,
                tries=1,
                device="D",
            )
            with office.writing() as book:
                book.append(district.ask("Enggano", SARI), [Draft(fact, (ref,))])
    return blobs


def test_it_sends_one_person_whole_before_the_next(district: District) -> None:
    """After a cut some people are whole at the hub and at most one is part-way."""
    hub, enggano = with_hub(district)
    blobs = _record_in_turn(district, enggano)
    Meeting(enggano, hub).hold(cut=190_000)
    counts = [sum(hub.blobs.has(sha) for sha in of) for of in blobs.values()]
    part_way = [count for count in counts if 0 < count < len(_PARTS)]
    assert len(_PARTS) in counts and len(part_way) <= 1, counts


def test_it_forgets_nobody_after_cuts(district: District) -> None:
    """Cut again and again in the middle of people: every part arrives all the same."""
    hub, enggano = with_hub(district)
    blobs = _record_in_turn(district, enggano)
    meeting = Meeting(enggano, hub)
    for cut in (60_000, 120_000, 90_000, 150_000, 70_000):
        meeting.hold(cut=cut)
    for _ in range(3):
        meeting.hold()
    assert all(hub.blobs.has(sha) for of in blobs.values() for sha in of)
