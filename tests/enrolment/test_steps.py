"""The order of the steps, exceptions, best of n, call-backs: the rules alone."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.enrolment import rules, rules_centre
from perahu.enrolment.facts import (
    EXCEPTION_REASONS,
    FINGERS,
    INDEXES,
    IRISES,
    PARTS,
    REASONS_FOR,
    CentreStatusSeen,
)
from perahu.enrolment.rules import Capture, Step
from perahu.words import Refusal
from tests.enrolment.builders import PERSON, RECORDING, create_state, whole_state


def capture_of(
    part: str, *, score: int = 80, tries: int = 1, record: bytes = b"x"
) -> Capture:
    """An accepted capture."""
    return Capture(part=part, record=record, score=score, tries=tries, device="SIM 1")


def test_it_works() -> None:
    """From opening to proof, each step follows the other."""
    state = create_state(confirmed=False)
    assert rules.next_step(state) == Step("confirm")
    assert rules.next_step(create_state()) == Step("capture", "photo")
    assert rules.next_step(create_state(taken=PARTS[:3])) == Step("capture", PARTS[3])
    full = create_state(taken=PARTS, unverified=INDEXES)
    assert rules.next_step(full) == Step("verify")
    assert rules.next_step(create_state(taken=PARTS)) == Step("sign")
    assert rules.next_step(create_state(taken=PARTS, signed=True)) == Step("complete")
    assert rules.next_step(whole_state()) == Step("proof")
    done = create_state(taken=PARTS, signed=True, whole=True, version=1, proof_level=0)
    assert rules.next_step(done) == Step("done")
    assert rules.next_step(create_state(abandoned=True)) == Step("abandoned")


def test_it_waits_for_the_biodata_before_the_first_capture() -> None:
    """Nothing is captured of somebody whose data were not confirmed."""
    with pytest.raises(Refusal) as refusal:
        rules.decide_part(create_state(confirmed=False), capture_of("photo"))
    assert refusal.value.code == "out_of_turn"


@given(st.permutations(PARTS))
def test_it_takes_the_parts_in_any_order(order: list[str]) -> None:
    """Sites differ in their order; all of them are right."""
    taken: list[str] = []
    for part in order:
        fact = rules.decide_part(create_state(taken=taken), capture_of(part))
        assert fact.part == part
        taken.append(part)
    assert create_state(taken=taken).open_parts == ()


def test_it_replaces_a_part_until_the_statement_is_signed() -> None:
    """A better photo may be taken before the person signed, not after."""
    rules.decide_part(create_state(taken=PARTS), capture_of("photo"))
    with pytest.raises(Refusal):
        rules.decide_part(create_state(taken=PARTS, signed=True), capture_of("photo"))
    with pytest.raises(Refusal):
        rules.decide_part(whole_state(), capture_of("photo"))


@pytest.mark.parametrize(
    "capture",
    [
        capture_of("photo", record=b""),
        capture_of("photo", record=bytes(rules.RECORD_BYTES_MAX + 1)),
        capture_of("photo", score=101),
        capture_of("photo", score=-1),
        capture_of("photo", tries=0),
    ],
)
def test_it_refuses_what_a_broken_device_gives(capture: Capture) -> None:
    """Empty, huge or senseless captures are taken again."""
    with pytest.raises(Refusal) as refusal:
        rules.decide_part(create_state(), capture)
    assert refusal.value.code == "bad_capture"


def test_it_takes_the_largest_record_there_may_be() -> None:
    """One byte under the refusal is fine."""
    rules.decide_part(
        create_state(), capture_of("photo", record=bytes(rules.RECORD_BYTES_MAX))
    )


def test_it_accepts_at_once_what_is_good_enough() -> None:
    """No second try where the first is good."""
    assert rules.judge_scores("right_thumb", [60]) == "accept"
    assert rules.judge_scores("right_thumb", [20, 90]) == "accept"


def test_it_takes_the_best_of_n_and_then_offers_an_exception() -> None:
    """Below the wish it is tried again; after the last try the best counts or nothing."""
    assert rules.judge_scores("right_thumb", []) == "retry"
    assert rules.judge_scores("right_thumb", [50, 40]) == "retry"
    assert rules.judge_scores("right_thumb", [50, 40, 30]) == "accept"
    assert rules.judge_scores("right_thumb", [20, 10, 30]) == "offer_exception"


def test_it_never_ends_in_a_dead_end_at_the_photo() -> None:
    """A photo cannot be excepted, so the best of three always stands."""
    assert rules.judge_scores("photo", [0, 0, 0]) == "accept"
    assert REASONS_FOR["photo"] == ()


def test_it_knows_a_reason_for_every_modality() -> None:
    """Every reason of the law is of use somewhere, and no other is."""
    assert {r for reasons in REASONS_FOR.values() for r in reasons} == set(
        EXCEPTION_REASONS
    )


@pytest.mark.parametrize(
    ("part", "reason", "allowed"),
    [
        ("right_thumb", "JARI_TIDAK_ADA", True),
        ("right_iris", "KATARAK_IRIS_TIDAK_TERBACA", True),
        ("signature", "TIDAK_BISA_TTD", True),
        ("right_iris", "JARI_TERBALUT", False),
        ("right_thumb", "MATA_TIDAK_ADA", False),
        ("photo", "TIDAK_BISA_DIAM", False),
        ("signature", "JARI_TIDAK_ADA", False),
    ],
)
def test_it_takes_only_reasons_that_fit_the_part(
    part: str, reason: str, allowed: bool
) -> None:
    """Eyes have other reasons than fingers."""
    if allowed:
        assert rules.decide_exception(create_state(), part, reason, "").reason == reason
        return
    with pytest.raises(Refusal) as refusal:
        rules.decide_exception(create_state(), part, reason, "")
    assert refusal.value.code == "exception_reason"


def test_it_wants_words_for_another_reason() -> None:
    """LAINNYA without text says nothing to anybody."""
    for text in ("", "   ", "x" * (rules.TEXT_CHARS_MAX + 1)):
        with pytest.raises(Refusal):
            rules.decide_exception(create_state(), "left_iris", "LAINNYA", text)
    fact = rules.decide_exception(create_state(), "left_iris", "LAINNYA", "luka bakar")
    assert fact.text == "luka bakar"


def test_it_refuses_a_part_that_does_not_exist() -> None:
    """Unknown names are refused with a sentence."""
    with pytest.raises(Refusal) as refusal:
        rules.decide_part(create_state(), capture_of("left_toe"))
    assert refusal.value.code == "unknown_part"


def test_it_compares_both_index_fingers() -> None:
    """A weak score refuses; the fact carries both scores."""
    state = create_state(taken=PARTS, unverified=INDEXES)
    with pytest.raises(Refusal) as refusal:
        rules.decide_verified(state, {"right_index": 70, "left_index": 39}, 40)
    assert refusal.value.code == "index_mismatch"
    fact = rules.decide_verified(state, {"right_index": 70, "left_index": 40}, 40)
    assert (fact.right_score, fact.left_score) == (70, 40)


def test_it_compares_nothing_of_who_has_no_index_fingers() -> None:
    """Both excepted: the step is left out."""
    rest = [part for part in PARTS if part not in INDEXES]
    state = create_state(taken=rest, excepted=INDEXES)
    assert rules.next_step(state) == Step("sign")


def test_it_gives_zero_for_the_excepted_index() -> None:
    """One index excepted: only the other is compared."""
    rest = [part for part in PARTS if part != "left_index"]
    state = create_state(
        taken=rest, excepted=["left_index"], unverified=("right_index",)
    )
    fact = rules.decide_verified(state, {"right_index": 50, "left_index": 99}, 40)
    assert (fact.right_score, fact.left_score) == (50, 0)


def test_it_lets_an_index_be_scanned_anew_after_a_crash() -> None:
    """The template is gone with the memory: the finger is captured again, even if signed."""
    for signed in (False, True):
        state = create_state(taken=PARTS, unverified=INDEXES, signed=signed, version=1)
        assert rules.decide_part(state, capture_of("left_index")).part == "left_index"


def test_it_signs_only_after_the_comparison() -> None:
    """The statement comes after the fingers, the closing after the statement."""
    state = create_state(taken=PARTS, unverified=INDEXES)
    for decide in (
        lambda: rules.decide_statement(state, False),
        lambda: rules.decide_complete(state),
    ):
        with pytest.raises(Refusal) as refusal:
            decide()
        assert refusal.value.code == "out_of_turn"
    assert rules.decide_statement(create_state(taken=PARTS), True).by_line


def test_it_closes_with_a_manifest_of_the_captured_parts() -> None:
    """SHA-256 over the blob hashes in the order of PARTS, excepted ones left out."""
    rest = [part for part in PARTS if part not in IRISES]
    state = create_state(taken=rest, excepted=IRISES, signed=True)
    fact = rules.decide_complete(state)
    assert fact.version == 1
    assert fact.manifest == hashlib.sha256(b"".join(p.encode() for p in rest)).digest()


def test_it_tells_the_packet_axis_from_the_steps() -> None:
    """DRAF while parts are open, LENGKAP when taken, TERSEGEL when closed."""
    assert rules.packet_status(create_state(confirmed=False)) == "DRAF"
    assert rules.packet_status(create_state(taken=FINGERS)) == "DRAF"
    assert rules.packet_status(create_state(taken=PARTS)) == "LENGKAP"
    assert rules.packet_status(whole_state()) == "TERSEGEL"


def test_it_gives_up_only_what_was_never_closed() -> None:
    """A closed packet stands; giving up wants a reason."""
    assert rules.decide_abandon(create_state(), " pulang ").reason == "pulang"
    with pytest.raises(Refusal):
        rules.decide_abandon(create_state(), "  ")
    with pytest.raises(Refusal):
        rules.decide_abandon(whole_state(), "salah")


def test_it_gives_no_proof_of_an_open_packet() -> None:
    """The proof says that the packet is closed, so it must be."""
    with pytest.raises(Refusal):
        rules.decide_proof(create_state(taken=PARTS), 0, "ABCD2345")
    fact = rules.decide_proof(whole_state(), 0, "ABCD2345")
    assert fact.pickup == rules.pickup_hash("abcd-2345")
    assert rules.pickup_hash(" - ") == b""


def test_it_captures_under_online_only_for_ten_minutes_after_an_answer() -> None:
    """Nine minutes are fresh, ten are not; the other policy never asks."""
    minute = 60_000
    rules.check_centre_fresh(True, 100 * minute, 91 * minute)
    rules.check_centre_fresh(False, 100 * minute, 0)
    for seen in (90 * minute, 0, 111 * minute):
        with pytest.raises(Refusal) as refusal:
            rules.check_centre_fresh(True, 100 * minute, seen)
        assert refusal.value.code == "centre_not_seen"


def test_it_calls_back_only_closed_parts_of_a_closed_packet() -> None:
    """Naming a part twice, or an open one, calls nothing back."""
    fact = rules_centre.decide_recall(whole_state(), ["left_ring", "photo"], "EFAC")
    assert fact is not None
    assert fact.parts == ("photo", "left_ring")
    assert rules_centre.decide_recall(create_state(taken=PARTS), ["photo"], "x") is None
    reopened = create_state(taken=PARTS[1:], signed=True, version=1)
    assert rules_centre.decide_recall(reopened, ["photo"], "x") is None


def test_it_notes_a_status_once() -> None:
    """The same answer again is no news; another detail is."""
    seen = CentreStatusSeen(
        person=PERSON,
        recording=RECORDING,
        status="DUPLICATE_RECORD",
        detail="ONE_TO_ONE",
    )
    state = whole_state()
    assert rules_centre.decide_status(state, seen, ("", "", "")) is seen
    assert (
        rules_centre.decide_status(state, seen, ("DUPLICATE_RECORD", "ONE_TO_ONE", ""))
        is None
    )


def test_it_tells_the_nodes_of_the_centre_no_oftener_than_needed() -> None:
    """Every three minutes where captures depend on it, else hourly."""
    minute = 60_000
    assert not rules_centre.centre_seen_due(True, 2 * minute, 0)
    assert rules_centre.centre_seen_due(True, 3 * minute, 0)
    assert not rules_centre.centre_seen_due(False, 59 * minute, 0)
    assert rules_centre.centre_seen_due(False, 60 * minute, 0)


def test_it_refuses_a_recording_that_nobody_opened() -> None:
    """A link that was kept, or another node's: said in words, and never begun here."""
    with pytest.raises(Refusal, match="unknown_recording"):
        rules.check_still_going(None)


def test_it_confirms_once_and_compares_in_turn() -> None:
    """A second confirmation, and index fingers compared before all is taken."""
    with pytest.raises(Refusal, match="out_of_turn"):
        rules.decide_confirm(create_state())
    scores = {"right_index": 99, "left_index": 99}
    with pytest.raises(Refusal, match="out_of_turn"):
        rules.decide_verified(create_state(), scores, 40)
