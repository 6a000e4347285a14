"""Capturing one part at a bench: what a terminal and a page both stand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from perahu.enrolment import actions, actions_capture, reads
from perahu.enrolment.actions_capture import Bench, Progress
from perahu.enrolment.facts import INDEXES, PARTS
from perahu.words import Refusal
from tests.enrolment.builders import RECORDING
from tests.enrolment.stations import Network, Station, open_one
from tests.enrolment.test_desk import NameMatcher, ScriptedScanner, broken


@pytest.fixture
def office(network: Network) -> Iterator[Station]:
    """Enggano at work, with a recording that was just confirmed."""
    with network.enggano.at_work():
        open_one(network.enggano)
        yield network.enggano


def bench_at(station: Station, scanner: ScriptedScanner, **changes: Any) -> Bench:
    """The devices before Budi."""
    plain: dict[str, Any] = {
        "journal": station.journal,
        "recording": RECORDING,
        "ask": station.ask,
        "scanner": scanner,
        "matcher": NameMatcher(),
    }
    return Bench(**{**plain, **changes})


def test_it_works(office: Station) -> None:
    """A part is taken, told, and the template of an index finger stays in memory."""
    told: list[Progress] = []
    bench = bench_at(office, ScriptedScanner(), watch=told.append)
    assert actions_capture.take_part(bench, "left_index") is None
    assert bench.templates == {"left_index": b"left_index"}
    assert [(one.step, one.part, one.settled) for one in told] == [
        ("capture", "left_index", 1)
    ]


def test_it_offers_what_cannot_be_taken_and_changes_nothing(office: Station) -> None:
    """Whoever asked decides: nothing is excepted by itself."""
    scanner = ScriptedScanner({"left_ring": [broken("no_object")] * 3})
    offer = actions_capture.take_part(bench_at(office, scanner), "left_ring")
    assert offer is not None and offer.suggested == "JARI_TIDAK_ADA"
    state = reads.recording(RECORDING)
    assert state is not None and state.part("left_ring").status == "open"


@pytest.mark.parametrize("looks", [0, 1])
def test_it_keeps_nothing_once_it_is_told_to_stop(office: Station, looks: int) -> None:
    """Before a capture and after it: what lay on the glass is not taken."""
    left = iter([True] * looks + [False] * 9)
    scanner = ScriptedScanner()
    bench = bench_at(office, scanner, goes_on=lambda: next(left))
    with pytest.raises(Refusal) as refusal:
        actions_capture.take_part(bench, "left_ring")
    assert refusal.value.code == "stopped"
    assert len(scanner.taken) == looks
    state = reads.recording(RECORDING)
    assert state is not None and state.part("left_ring").status == "open"


def test_it_touches_no_device_for_a_part_that_is_closed(office: Station) -> None:
    """Out of turn is said before anybody puts a finger down."""
    scanner = ScriptedScanner()
    bench = bench_at(office, scanner)
    for part in PARTS:
        actions_capture.take_part(bench, part)
    actions_capture.verify(bench)
    signature = actions_capture.signature_on_pad(bench)
    assert signature
    actions.sign_statement(
        office.journal, office.ask(), recording=RECORDING, signature=signature, by_line=False
    )  # fmt: skip
    taken = len(scanner.taken)
    with pytest.raises(Refusal) as refusal:
        actions_capture.take_part(bench, "left_ring")
    assert refusal.value.code == "out_of_turn"
    assert len(scanner.taken) == taken
    for _ in range(2):
        actions_capture.close_and_prove(office.journal, office.ask, RECORDING)
    assert reads.next_step(RECORDING).name == "done"


def test_it_offers_an_index_finger_that_is_gone_when_it_is_compared(
    office: Station,
) -> None:
    """A lost template is captured anew; if that cannot be, it may be excepted."""
    scanner = ScriptedScanner()
    bench = bench_at(office, scanner)
    for part in PARTS:
        actions_capture.take_part(bench, part)
    bench.templates.clear()
    scanner.script["left_index"] = [broken("no_object")] * 3
    offer = actions_capture.verify(bench)
    assert offer is not None and offer.part == "left_index"
    scanner.script.clear()
    assert actions_capture.verify(bench) is None
    assert set(bench.templates) == set(INDEXES)
