"""What the hub decides by itself and what it leaves to a person: the rules alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.cases import rules, rules_centre
from perahu.cases.rules import Candidate, Entry, Finding
from perahu.enrolment.facts import CENTRE_STATUSES, PARTS
from perahu.words import Refusal
from tests.enrolment.builders import ENGGANO, KETAHUN, create_biodata

HEAD = Entry(journal=b"journal-enggano1", seq=9, h=b"h" * 32)


def candidate(
    name: bytes, order: str, *, stands: bool = False, marked: bool = False
) -> Candidate:
    """One of the recordings of a person."""
    return Candidate(
        recording=name,
        number=f"{name.decode()}/170301/XI/2026",
        node=KETAHUN if name == b"2" else ENGGANO,
        entry=Entry(journal=name.ljust(16, b"."), seq=5, h=b"h" * 32),
        order=order,
        stands=stands,
        marked=marked,
    )


def test_it_works() -> None:
    """A journal stands through its head, except what is named."""
    fact = rules.decide_range(HEAD, [4, 2, 4], None)
    assert fact is not None
    assert (fact.seq, fact.h, fact.excepted) == (9, b"h" * 32, (2, 4))


def test_it_says_nothing_twice() -> None:
    """The same range is no news; a new exception, a new head or a freed entry is."""
    last = rules.decide_range(HEAD, [4], None)
    assert rules.decide_range(HEAD, [4], last) is None
    assert rules.decide_range(HEAD, [4, 5], last) is not None
    assert rules.decide_range(HEAD, [], last) is not None
    assert (
        rules.decide_range(Entry(journal=HEAD.journal, seq=0, h=HEAD.h), [], None)
        is None
    )


def test_it_keeps_the_first_of_two_recordings() -> None:
    """The earlier in the one order of facts is kept; the other one's office hears of it."""
    (dispute,) = rules.decide_doubles([candidate(b"2", "b"), candidate(b"1", "a")])
    assert dispute.entry.journal.startswith(b"2")
    assert dispute.finding.audience == KETAHUN
    assert dispute.finding.about == (b"1", b"2")


def test_it_keeps_what_already_stands() -> None:
    """A recording accepted before the earlier one arrived is not overturned."""
    (dispute,) = rules.decide_doubles(
        [candidate(b"1", "a"), candidate(b"2", "b", stands=True)]
    )
    assert dispute.entry.journal.startswith(b"1")


def test_it_disputes_once() -> None:
    """What was disputed before is left alone, also where a person let it stand."""
    for stands in (False, True):
        other = candidate(b"2", "b", stands=stands, marked=True)
        assert not rules.decide_doubles([candidate(b"1", "a", stands=True), other])


@given(st.permutations(["a", "b", "c", "d"]))
def test_it_keeps_exactly_one(orders: list[str]) -> None:
    """However they are listed, the same one is kept and all others are disputed."""
    group = [candidate(order.encode(), order) for order in orders]
    disputes = rules.decide_doubles(group)
    assert [one.entry.journal[:1] for one in disputes] == [b"b", b"c", b"d"]


def test_it_names_the_same_case_for_the_same_finding() -> None:
    """Found again it is the same case; about another thing, or again later, another."""
    one = Finding(kind="STUCK_AT_CENTRE", about=(b"1",), reason="x")
    assert one.case == Finding(kind="STUCK_AT_CENTRE", about=(b"1",), reason="y").case
    assert one.case != Finding(kind="STUCK_AT_CENTRE", about=(b"2",), reason="x").case
    assert one.case != Finding(kind="VALIDATION", about=(b"1",), reason="x").case
    assert (
        one.case
        != Finding(kind="STUCK_AT_CENTRE", about=(b"1",), reason="x", again="2").case
    )
    assert len(one.case) == 12


def test_it_lets_a_person_decide_once_and_with_a_reason() -> None:
    """Unknown, closed, without a reason or with a foreign word: refused in words."""
    for arguments, code in (
        ((None, "", "SAH", "x"), "unknown_case"),
        (("TWO_RECORDINGS", "SAH", "SAH", "x"), "case_decided"),
        (("TWO_RECORDINGS", "", "SELESAI", "x"), "case_decision"),
        (("VALIDATION", "", "SELESAI", "  "), "case_decision"),
    ):
        with pytest.raises(Refusal) as refusal:
            rules.decide_case(b"case", *arguments)
        assert refusal.value.code == code
    assert (
        rules.decide_case(b"case", "VALIDATION", "", "SELESAI", " beres ").reason
        == "beres"
    )


def test_it_orders_a_card_for_a_print_ready_record() -> None:
    """PRR orders; a lagging second centre is a case, an objecting one holds the order."""
    follow = rules_centre.consequence
    assert follow("PRINT_READY_RECORD", "", "", PARTS) == rules_centre.Consequence(
        order=True
    )
    lagging = follow("PRINT_READY_RECORD", "", "PROCESSING", PARTS)
    assert (lagging.order, lagging.cases) == (True, ("CENTRES_DIFFER",))
    objecting = follow("PRINT_READY_RECORD", "", "DUPLICATE_RECORD", PARTS)
    assert (objecting.order, objecting.cases) == (False, ("CENTRES_DIFFER",))


def test_it_calls_back_the_part_the_centre_named() -> None:
    """EFAC naming a finger calls that finger back; without a name a person looks."""
    named = rules_centre.consequence(
        "ENROLL_FAILURE_AT_CENTRAL", "left_ring", "", PARTS
    )
    assert (named.recall, named.cases) == (("left_ring",), ())
    blind = rules_centre.consequence("ENROLL_FAILURE_AT_CENTRAL", "buram", "", PARTS)
    assert (blind.recall, blind.cases) == ((), ("VALIDATION",))


@pytest.mark.parametrize(
    ("status", "detail", "case"),
    [
        ("DUPLICATE_RECORD", "ONE_TO_ONE", "DUPLICATE_ONE_TO_ONE"),
        ("DUPLICATE_RECORD", "ONE_TO_MANY", "DUPLICATE_ONE_TO_MANY"),
        ("ADJUDICATE_RECORD", "", "ADJUDICATION"),
        ("REQUEST_VALIDATION", "", "VALIDATION"),
    ],
)
def test_it_opens_a_case_where_a_person_must_look(
    status: str, detail: str, case: str
) -> None:
    """Duplicates of both kinds, adjudication and validation."""
    assert rules_centre.consequence(status, detail, "", PARTS).cases == (case,)


def test_it_cancels_the_card_whatever_takes_print_ready_back() -> None:
    """Every status outside the printing phase cancels an order; none within does."""
    for status in CENTRE_STATUSES:
        follows = rules_centre.consequence(status, "", "", PARTS)
        assert follows.cancel == (status not in rules_centre.PRINTING)
        assert not (follows.cancel and follows.order)


def test_it_hands_over_again_before_it_opens_a_case() -> None:
    """Silence: wait, once more, then a person."""
    about = rules_centre.about_silence
    assert about(99, 0, 1, 100) == "wait"
    assert about(100, 0, 1, 100) == "resubmit"
    assert about(100, 0, 2, 100) == "case"


def test_it_tells_a_packet_left_behind_from_a_silent_centre() -> None:
    """Others were judged long after this one was handed over, or nobody was."""
    behind = rules_centre.is_left_behind
    assert behind(0, 100, 100) and not behind(0, 99, 100)
    assert not behind(500, 0, 100)
    assert "12 rekaman menunggu" in rules_centre.reason_of_silence(12)


def test_it_names_the_kind_of_a_first_card() -> None:
    """Up to the 18th birthday PEMULA_17, foreigners WNA, all others BELUM_PERNAH."""
    today = date(2026, 11, 21)
    kind = rules_centre.print_kind
    assert kind(create_biodata(born=date(2008, 11, 22)), today) == "PEMULA_17"
    assert kind(create_biodata(born=date(2008, 11, 21)), today) == "BELUM_PERNAH"
    assert kind(create_biodata(kewarganegaraan="WNA"), today) == "WNA"


def test_it_has_a_reason_in_words_for_every_case_about_the_centre() -> None:
    """A person who must decide is told why."""
    for kind in (
        "DUPLICATE_ONE_TO_ONE", "DUPLICATE_ONE_TO_MANY", "ADJUDICATION", "VALIDATION",
        "CENTRES_DIFFER", "STUCK_AT_CENTRE",
    ):  # fmt: skip
        assert "0001" in rules_centre.reason_of(
            kind, "0001/170301/XI/2026", "", "PROCESSING"
        )
