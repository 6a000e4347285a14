"""The session of a desk: twelve steps over a scanner that fails in every way it can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from perahu.devices.ports import Capture, DeviceFault, ScannerStatus
from perahu.enrolment import reads, reads_hub
from perahu.enrolment.facts import INDEXES, PARTS
from perahu.node.desk import Desk, Offer, Progress, record_person
from perahu.words import Refusal
from tests.enrolment.builders import NIK
from tests.enrolment.stations import Network, Station, reopen


class Killed(BaseException):
    """The process dies here, as kill -9 would have it."""


def broken(code: str) -> DeviceFault:
    """What a device raises."""
    return DeviceFault(code, id="rusak", en="broken")


@dataclass
class ScriptedScanner:
    """A Scanner whose next captures of a part are scripted: a score, or a fault to raise."""

    script: dict[str, list[int | BaseException]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    background: str = ""

    def devices(self) -> Sequence[ScannerStatus]:
        """One device that is always ready."""
        return [ScannerStatus("SIM 1", "Finger", "Ready")]

    def capture(
        self,
        part: str,
        *,
        requested_score: int = 60,
        timeout_s: float = 10.0,
        background: str = "",
    ) -> Capture:
        """The next of the script, or a good capture."""
        answers = self.script.get(part, [])
        answer = answers.pop(0) if answers else 85
        if isinstance(answer, BaseException):
            raise answer
        self.taken.append(part)
        is_photo = part == "photo"
        return Capture(
            part=part,
            score=answer,
            record=f"{part} with {answer}".encode(),
            device="SIM 1",
            background=self.background or background if is_photo else "",
            thumbnail=b"small" if is_photo else None,
        )


@dataclass
class NameMatcher:
    """A FingerMatcher for which two records of one part are one finger."""

    threshold: int = 40
    scores: list[int] = field(default_factory=list)

    def extract(self, record: bytes) -> bytes:
        """The part's name; a record of 1 cannot be read."""
        if record.endswith(b" 1"):
            raise broken("poor_quality")
        return record.split(b" ")[0]

    def match(self, one: bytes, other: bytes) -> int:
        """A scripted score, or 90 for the same finger."""
        if self.scores:
            return self.scores.pop(0)
        return 90 if one == other else 5


def desk_at(station: Station, scanner: ScriptedScanner, **changes: Any) -> Desk:
    """Sari's desk."""
    chance = iter(range(1, 1000))
    plain: dict[str, Any] = {
        "office": station,
        "scanner": scanner,
        "matcher": NameMatcher(),
        "officer": station.officer,
        "random": lambda size: next(chance).to_bytes(size, "big"),
    }
    return Desk(**{**plain, **changes})


@pytest.fixture
def office(network: Network) -> Iterator[Station]:
    """Enggano at work, with Budi known."""
    with network.enggano.at_work():
        yield network.enggano


def test_it_works(office: Station) -> None:
    """From NIK to proof, each step told as it happens."""
    told: list[Progress] = []
    scanner = ScriptedScanner()
    recorded = record_person(desk_at(office, scanner, on_progress=told.append), nik=NIK)
    assert scanner.taken == [*PARTS, *INDEXES, "signature"]
    steps = [one.step for one in told]
    assert steps == [
        "open", "confirm", *["capture"] * len(PARTS), "verify", "sign", "complete", "proof",
        "done",
    ]  # fmt: skip
    assert [one.settled for one in told][1:16] == list(range(15))
    assert recorded.number == "0001/170301/XI/2026"
    assert len(recorded.code) == 8
    assert reads.next_step(recorded.recording).name == "done"


def test_it_refuses_an_unknown_nik_and_a_second_recording(office: Station) -> None:
    """Each in one sentence; nothing is scanned."""
    scanner = ScriptedScanner()
    desk = desk_at(office, scanner)
    with pytest.raises(Refusal) as refusal:
        record_person(desk, nik="1703019999999999")
    assert refusal.value.code == "unknown_nik"
    assert scanner.taken == []
    record_person(desk, nik=NIK)
    for resume in (False, True):
        with pytest.raises(Refusal) as refusal:
            record_person(desk, nik=NIK, resume=resume)
        assert refusal.value.code == "recorded_before"


def test_it_takes_the_best_of_three(office: Station) -> None:
    """Two weak captures and a better one: the better one is kept, with its tries."""
    scanner = ScriptedScanner({"right_thumb": [40, 55, 50]})
    recorded = record_person(desk_at(office, scanner), nik=NIK)
    state = reads.recording(recorded.recording)
    assert state is not None
    thumb = state.part("right_thumb")
    assert (thumb.score, thumb.tries) == (55, 3)


def test_it_goes_on_after_a_device_hiccup(office: Station) -> None:
    """One time-out is one try lost, no more."""
    scanner = ScriptedScanner({"left_iris": [broken("timeout"), 80]})
    recorded = record_person(desk_at(office, scanner), nik=NIK)
    state = reads.recording(recorded.recording)
    assert state is not None
    assert state.part("left_iris").tries == 2


@pytest.mark.parametrize(
    ("part", "answers", "reason"),
    [
        ("left_ring", [broken("no_object")] * 3, "JARI_TIDAK_ADA"),
        ("left_ring", [10, 20, 30], "SIDIK_TIDAK_TERBACA"),
        ("left_index", [1, 1, 1], "SIDIK_TIDAK_TERBACA"),
        ("left_iris", [broken("part_missing")] * 3, "MATA_TIDAK_ADA"),
        ("left_iris", [broken("poor_quality")] * 3, "KATARAK_IRIS_TIDAK_TERBACA"),
        ("signature", [broken("no_object")] * 3, "TIDAK_BISA_TTD"),
    ],
)
def test_it_offers_an_exception_for_what_the_person_lacks(
    office: Station, part: str, answers: list[int | BaseException], reason: str
) -> None:
    """The likely reason is offered, and the recording goes on without the part."""
    offers: list[Offer] = []

    def accept(offer: Offer) -> tuple[str, str]:
        offers.append(offer)
        return offer.suggested, ""

    scanner = ScriptedScanner({part: answers})
    recorded = record_person(desk_at(office, scanner, answer=accept), nik=NIK)
    assert [(one.part, one.suggested) for one in offers] == [(part, reason)]
    state = reads.recording(recorded.recording)
    assert state is not None
    assert state.part(part).exception == reason


@pytest.mark.parametrize(
    "code", ["not_connected", "timeout", "device_error", "bad_answer"]
)
def test_it_never_excepts_a_part_because_a_device_is_broken(
    office: Station, code: str
) -> None:
    """A scanner that is gone ends the session; plugged in again it goes on there."""
    scanner = ScriptedScanner({"left_ring": [broken(code)] * 3})
    desk = desk_at(office, scanner)
    with pytest.raises(DeviceFault) as fault:
        record_person(desk, nik=NIK)
    assert fault.value.code == code
    taken = len(scanner.taken)
    record_person(desk, nik=NIK, resume=True)
    assert scanner.taken[taken] == "left_ring"


def test_it_cannot_do_without_a_photo(office: Station) -> None:
    """A face that is not found thrice stops the session with a sentence."""
    scanner = ScriptedScanner({"photo": [broken("no_object")] * 3})
    with pytest.raises(Refusal) as refusal:
        record_person(desk_at(office, scanner), nik=NIK)
    assert refusal.value.code == "no_photo"


def test_it_warns_of_the_wrong_background(office: Station) -> None:
    """The photo is kept, and the desk is told to change the screen."""
    told: list[Progress] = []
    scanner = ScriptedScanner(background="red")
    record_person(desk_at(office, scanner, on_progress=told.append), nik=NIK)
    (warned,) = [one for one in told if one.warning]
    assert warned.part == "photo"


def test_it_stops_where_the_officer_says_so(office: Station) -> None:
    """No answer to an offer ends the session; it goes on at the same part."""
    scanner = ScriptedScanner({"left_ring": [10, 10, 10]})
    with pytest.raises(Refusal) as refusal:
        record_person(desk_at(office, scanner, answer=lambda offer: None), nik=NIK)
    assert refusal.value.code == "stopped"
    with pytest.raises(Refusal) as refusal:
        record_person(desk_at(office, scanner), nik=NIK)
    assert refusal.value.code == "recording_open"
    record_person(desk_at(office, scanner), nik=NIK, resume=True)


def test_it_resumes_at_the_same_iris_after_kill_9(network: Network) -> None:
    """Killed before the second iris: the next process goes on exactly there.

    The templates died with the first process, so the index fingers are scanned anew.
    """
    scanner = ScriptedScanner({"left_iris": [Killed()]})
    with network.enggano.at_work(), pytest.raises(Killed):
        record_person(desk_at(network.enggano, scanner), nik=NIK)
    network.enggano = reopen(network.enggano)
    again = ScriptedScanner()
    with network.enggano.at_work():
        record_person(desk_at(network.enggano, again), nik=NIK, resume=True)
    assert again.taken == ["left_iris", *INDEXES, *INDEXES, "signature"]
    network.enggano.tables.close()


def test_it_survives_a_kill_at_every_single_capture(network: Network) -> None:
    """However often it dies, the recording is finished and holds every part once."""
    captures = [*PARTS, *INDEXES, "signature"]
    station = network.enggano
    for part in captures:
        scanner = ScriptedScanner({part: [Killed()]})
        try:
            with station.at_work():
                record_person(desk_at(station, scanner), nik=NIK, resume=True)
        except Killed:
            station = reopen(station)
    with station.at_work():
        desk = desk_at(station, ScriptedScanner())
        try:
            record_person(desk, nik=NIK, resume=True)
        except Refusal as refusal:
            assert refusal.code == "recorded_before"
        (closed,) = reads_hub.to_submit(9)
    assert closed.state.open_parts == ()
    station.tables.close()


def test_it_scans_the_index_again_until_it_matches(office: Station) -> None:
    """Two bad scans and a good one pass; the score told is the weaker finger's."""
    told: list[Progress] = []
    matcher = NameMatcher(scores=[10, 90, 20, 90, 55, 90])
    desk = desk_at(office, ScriptedScanner(), matcher=matcher, on_progress=told.append)
    record_person(desk, nik=NIK)
    assert [one.score for one in told if one.step == "verify"] == [55]


def test_it_does_not_go_on_with_another_persons_finger(office: Station) -> None:
    """An index that never matches stops before the statement; the parts are kept."""
    matcher = NameMatcher(scores=[10] * 6)
    with pytest.raises(Refusal) as refusal:
        record_person(desk_at(office, ScriptedScanner(), matcher=matcher), nik=NIK)
    assert refusal.value.code == "index_mismatch"
    (state,) = reads.unfinished(office.journal.node_id)
    assert state.open_parts == ()
    assert not state.signed
