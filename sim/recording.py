"""A recording from the first step to the proof, with as few parts as the law lets stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perahu.enrolment import actions, reads
from perahu.enrolment.facts import INDEXES
from perahu.enrolment.rules import Capture, Step
from perahu.journal.journal import Journal
from perahu.journal.types import Ask, Receipt
from perahu.words import Words
from sim.chance import Chance
from sim.image import RESIDENTS, person_of
from sim.node import Node

if TYPE_CHECKING:
    from sim.world import World

_STEPS_MAX = 30
_REASON = "TIDAK_BISA_DIAM"


def record_whole(world: World, node: Node, chance: Chance) -> None:
    """One person at one desk; stops where a step is refused."""
    place = next(one for one in node.papers.wilayah if len(one) == 6)
    person = person_of(place, chance.randrange(RESIDENTS))
    recording = world.dice(12)
    act = world.people.act

    def open_it(journal: Journal, ask: Ask) -> Receipt:
        return actions.open_recording(
            journal, ask, person=person, recording=recording, wilayah=place
        )

    if not act(node, Words("perekaman dibuka", "record: opened"), open_it):
        return
    for _ in range(_STEPS_MAX):
        with node.at_work():
            step = reads.next_step(recording)
        if step.name == "done":
            world.people.recorded += 1
            return
        words = Words(
            f"rekam: {step.name} {step.part}", f"record: {step.name} {step.part}"
        )

        def take(journal: Journal, ask: Ask, step: Step = step) -> Receipt:
            return _take(journal, ask, recording, step)

        if not act(node, words, take):
            return


def _take(journal: Journal, ask: Ask, recording: bytes, step: Step) -> Receipt:
    match step.name:
        case "confirm":
            return actions.confirm_biodata(journal, ask, recording=recording)
        case "capture" if step.part in ("photo", *INDEXES):
            return actions.accept_part(
                journal,
                ask,
                recording=recording,
                capture=_capture(recording, step.part),
            )
        case "capture":
            return actions.except_part(
                journal, ask, recording=recording, part=step.part, reason=_REASON
            )
        case "verify":
            scores = dict.fromkeys(INDEXES, 80)
            return actions.verify_indexes(
                journal, ask, recording=recording, scores=scores, threshold=40
            )
        case "sign":
            return actions.sign_statement(
                journal, ask, recording=recording, signature=b"sign", by_line=False
            )
        case "complete":
            return actions.complete_recording(journal, ask, recording=recording)
    assert step.name == "proof", step.name
    return actions.issue_proof(journal, ask, recording=recording)


def _capture(recording: bytes, part: str) -> Capture:
    # Long enough for a link to cut it in two.
    record = (recording + part.encode()) * (600 if part == "photo" else 60)
    return Capture(
        part=part,
        record=record,
        score=80,
        tries=1,
        device="SIM 1",
        background="blue" if part == "photo" else "",
        thumbnail=b"small" if part == "photo" else b"",
    )
