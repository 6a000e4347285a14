"""Who may state what, as of what its author knew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import permutations
from typing import ClassVar

import pytest

from perahu.keys.authority import Authority, Policy, Position
from perahu.keys.certificates import NodeCertificate, Papers, Signed
from perahu.keys.facts import (
    ONLINE_ONLY,
    STORE_AND_FORWARD,
    CarrierPolicySet,
    CentreSeen,
    EpochConfirmed,
    ForkSeen,
    GrantRevoked,
    NodeEnrolled,
    NodeRevoked,
    PolicySet,
)
from perahu.kinds import CIVIL, CONTROL, Fact, Kind
from perahu.words import Refusal, Words
from tests.keys.cast import (
    ENGGANO,
    HUB,
    KABUPATEN,
    MADE,
    PROVINSI,
    RATNA,
    SARI,
    create_authority,
    create_enrolment,
    create_grant,
    create_papers,
)

TODAY = date(2026, 11, 20)
JOURNAL = b"j" * 16


@dataclass(frozen=True)
class Recorded:
    """An act at a place, for which a right is needed."""

    KIND: ClassVar[Kind] = Kind(900, 1, CIVIL, "-", right="record", place="wilayah")
    wilayah: str = "170301"


@dataclass(frozen=True)
class Noted:
    """Something the node itself may state."""

    KIND: ClassVar[Kind] = Kind(901, 1, CONTROL, "-")


@dataclass(frozen=True)
class Decided:
    """Something only the hub may state."""

    KIND: ClassVar[Kind] = Kind(902, 1, CIVIL, "-", hub_only=True)


@dataclass(frozen=True)
class Certified:
    """Something only an officer of the hub may state."""

    KIND: ClassVar[Kind] = Kind(903, 1, CIVIL, "-", right="sign", hub_only=True)


def judge(
    authority: Authority,
    fact: Recorded | Noted | Decided | Certified,
    *,
    node: Papers | NodeCertificate = ENGGANO,
    officer: bytes = SARI,
    seq: int = 1,
    knows: Position | None = (9, 9),
    today: date | None = None,
) -> Words | None:
    """Ask the authority, as of everything and at the desk of Enggano."""
    return authority.judge(
        kind=fact.KIND,
        fact=fact,
        node=node.node if isinstance(node, Papers) else node,
        journal=JOURNAL,
        seq=seq,
        officer=officer,
        knows=knows,
        today=today,
    )


def test_it_works() -> None:
    """Sari records at Enggano; the node notes by itself; the hub decides."""
    authority = create_authority()
    assert judge(authority, Recorded()) is None
    assert judge(authority, Noted(), officer=b"") is None
    assert judge(authority, Decided(), node=HUB, officer=b"") is None
    assert judge(authority, Recorded(), today=TODAY) is None


def test_it_lets_the_hub_begin() -> None:
    """Before anything is known the hub's own first control facts stand."""
    empty = Authority()
    assert judge(empty, Decided(), node=HUB, officer=b"", knows=None) is None
    assert judge(empty, Noted(), officer=b"", knows=None) is None
    assert judge(empty, Decided(), officer=b"", knows=None) is not None


@pytest.mark.parametrize(
    "node", [ENGGANO, PROVINSI, create_papers(name="K", role="field")]
)
def test_it_keeps_the_hubs_decisions_to_the_hub(node: Papers) -> None:
    """No other role states them, whoever the officer."""
    assert judge(create_authority(), Decided(), node=node, officer=b"") is not None
    assert judge(create_authority(), Decided(), node=node) is not None


def test_it_wants_an_officer_with_the_right() -> None:
    """Nobody, somebody unknown and somebody without the right are refused."""
    authority = create_authority()
    authority.learn(create_grant(operator=MADE, rights=("intake",)), (1, 5))
    assert judge(authority, Recorded(), officer=b"") is not None
    assert judge(authority, Recorded(), officer=b"nobody--") is not None
    assert judge(authority, Recorded(), officer=MADE) is not None
    assert judge(authority, Certified(), node=HUB) is not None
    assert judge(authority, Noted(), officer=b"nobody--") is not None


@pytest.mark.parametrize(
    ("wilayah", "allowed"),
    [
        ("170301", True), ("1703012001", True), ("170304", False), ("1703", False),
        ("17", False), ("", False), ("17030", False), ("170301x", False),
        ("1703 01", False), ("1703\uff10\uff11", False),
    ],
)  # fmt: skip
def test_it_keeps_an_act_to_its_place(wilayah: str, allowed: bool) -> None:
    """The place must lie under the node's and the officer's wilayah."""
    reason = judge(create_authority(), Recorded(wilayah))
    assert (reason is None) is allowed


def test_it_wants_both_node_and_officer_at_the_place() -> None:
    """An officer of the whole kabupaten does not widen a node, nor a node an officer."""
    authority = create_authority()
    authority.learn(create_grant(operator=MADE, wilayah=("1703",)), (1, 5))
    assert judge(authority, Recorded("170304"), officer=MADE) is not None
    assert judge(authority, Recorded("170304"), officer=MADE, node=HUB) is None
    assert judge(authority, Recorded("170304"), officer=SARI, node=HUB) is not None


def test_it_gives_nothing_for_an_empty_wilayah() -> None:
    """A grant over "" covers no place; it is not a grant over everything."""
    authority = create_authority()
    authority.learn(create_grant(wilayah=("",)), (1, 5))
    assert judge(authority, Recorded()) is not None


@pytest.mark.parametrize(
    ("knows", "allowed"),
    [(None, False), ((1, 3), False), ((1, 4), True), ((1, 7), True), ((1, 8), False),
     ((2, 1), False)],
)  # fmt: skip
def test_it_judges_as_of_what_the_author_knew(
    knows: Position | None, allowed: bool
) -> None:
    """Granted at 4 and revoked at 8: what counts is which of them was known."""
    authority = create_authority()
    authority.learn(GrantRevoked(operator=SARI, reason="pindah tugas"), (1, 8))
    assert (judge(authority, Recorded(), knows=knows) is None) is allowed


def test_it_lets_a_later_grant_replace_an_earlier_one() -> None:
    """The newest grant that was known says the rights, also after a revocation."""
    authority = create_authority()
    authority.learn(GrantRevoked(operator=SARI, reason="cuti"), (1, 8))
    authority.learn(create_grant(rights=("print",)), (1, 9))
    authority.learn(create_grant(rights=("record",)), (2, 1))
    assert judge(authority, Recorded(), knows=(1, 7)) is None
    assert judge(authority, Recorded(), knows=(1, 9)) is not None
    assert judge(authority, Recorded(), knows=(2, 1)) is None


def test_it_does_not_matter_in_which_order_it_learns() -> None:
    """Every order of the same facts, some of them twice, gives the same answers."""
    facts: list[tuple[Fact, Position]] = [
        (create_grant(), (1, 4)),
        (GrantRevoked(operator=SARI, reason="cuti"), (1, 5)),
        (create_grant(rights=("print",)), (1, 6)),
        (create_grant(rights=("record",)), (1, 7)),
    ]
    moments: list[Position | None] = [None, (1, 4), (1, 5), (1, 6), (1, 7)]
    answers = set()
    for order in permutations(facts):
        authority = Authority()
        for fact, position in [*order, order[0]]:
            authority.learn(fact, position)
        answers.add(tuple(judge(authority, Recorded(), knows=k) for k in moments))
    assert len(answers) == 1


@pytest.mark.parametrize(("seq", "allowed"), [(1, True), (10, True), (11, False)])
def test_it_ends_a_revoked_node_at_its_last_valid_entry(
    seq: int, allowed: bool
) -> None:
    """What came after the theft never counts, whatever the thief's copy knew."""
    authority = create_authority()
    end = NodeRevoked(
        node=ENGGANO.node.node_id,
        reason="dicuri di kapal",
        valid_through=((JOURNAL, 10, b"h" * 32),),
    )
    authority.learn(end, (1, 9))
    for knows in ((1, 4), (1, 9)):
        assert (judge(authority, Recorded(), seq=seq, knows=knows) is None) is allowed
    assert authority.is_revoked(ENGGANO.node.node_id)
    assert ENGGANO.node.node_id not in authority.nodes()
    assert authority.node(ENGGANO.node.node_id) == ENGGANO.node


def test_it_ends_a_journal_that_is_not_listed_at_zero() -> None:
    """A journal the hub never saw is valid through nothing."""
    authority = create_authority()
    authority.learn(NodeRevoked(node=ENGGANO.node.node_id, reason="dicuri"), (1, 9))
    assert judge(authority, Noted(), officer=b"") is not None
    assert judge(authority, Noted(), officer=b"", node=HUB) is None


def test_it_only_flags_a_date_outside_the_period_on_arrival() -> None:
    """At the desk the period binds; a receiver shows it and takes the entry."""
    authority = create_authority()
    late = date(2028, 1, 1)
    assert judge(authority, Recorded(), today=late) is not None
    assert judge(authority, Recorded(), today=None) is None
    assert len(authority.flags(officer=SARI, knows=(1, 4), day=late)) == 1
    assert authority.flags(officer=SARI, knows=(1, 4), day=TODAY) == ()
    assert authority.flags(officer=b"", knows=(1, 4), day=late) == ()


@pytest.mark.parametrize(
    ("officer", "right", "wilayah", "day", "code"),
    [
        (b"nobody--", "record", "170301", TODAY, "no_grant"),
        (SARI, "stock", "170301", TODAY, "no_right"),
        (SARI, "record", "170304", TODAY, "out_of_wilayah"),
        (SARI, "record", "170301", date(2025, 12, 31), "out_of_period"),
        (SARI, "record", "170301", date(2028, 1, 1), "out_of_period"),
    ],
)
def test_it_says_at_the_desk_why_not(
    officer: bytes, right: str, wilayah: str, day: date, code: str
) -> None:
    """Each reason has its own code and a sentence in both languages."""
    with pytest.raises(Refusal) as caught:
        create_authority().may(officer, right, wilayah, day)
    assert caught.value.code == code
    assert all(caught.value.words)


@pytest.mark.parametrize("day", [date(2026, 1, 1), TODAY, date(2027, 12, 31)])
def test_it_says_yes_at_the_desk(day: date) -> None:
    """Both ends of the period are included."""
    create_authority().may(SARI, "record", "170301", day)
    create_authority().may(SARI, "record", "", day)


def test_it_lets_a_supervisor_reset_within_her_wilayah() -> None:
    """Ratna may open Sari's PIN; Sari may not open Ratna's, nor her own."""
    authority = create_authority()
    ratna = create_grant(
        operator=RATNA,
        login="ratna",
        rights=("verify",),
        wilayah=("1703",),
        supervisor=True,
    )
    authority.learn(ratna, (1, 5))
    authority.learn(
        create_grant(operator=MADE, login="made", wilayah=("1704",)), (1, 6)
    )
    authority.may_reset(RATNA, SARI, TODAY)
    for supervisor, operator in (
        (SARI, RATNA), (RATNA, MADE), (RATNA, RATNA), (RATNA, b"nobody--"),
    ):  # fmt: skip
        with pytest.raises(Refusal):
            authority.may_reset(supervisor, operator, TODAY)


def test_it_refuses_an_enrolment_the_kabupaten_did_not_sign() -> None:
    """A certificate with a foreign signature or of no form is not learnt."""
    authority = Authority(KABUPATEN.public)
    good = create_enrolment(ENGGANO)
    forged = Signed(ENGGANO.signed_node.body, bytes(64)).encode()
    for certificate in (forged, b"", b"\x82\x40\x40", good.certificate[:-1]):
        with pytest.raises(Refusal) as caught:
            authority.learn(NodeEnrolled(certificate=certificate, name="x"), (1, 1))
        assert caught.value.code == "bad_certificate"
    assert authority.nodes() == {}


def test_it_names_who_may_open_parts() -> None:
    """The hub and the provinsi, and no longer one that is revoked."""
    authority = create_authority()
    both = {HUB.node.age_recipient, PROVINSI.node.age_recipient}
    assert set(authority.recipients_for_parts()) == both
    authority.learn(NodeRevoked(node=PROVINSI.node.node_id, reason="ganti"), (1, 9))
    assert authority.recipients_for_parts() == [HUB.node.age_recipient]


def test_it_knows_operators_by_login() -> None:
    """Any case will do; a login two people claim is nobody's."""
    authority = create_authority()
    found = authority.operator_by_login(" Sari ")
    assert found is not None
    assert found.operator == SARI
    assert [grant.login for grant in authority.operators()] == ["sari"]
    authority.learn(create_grant(operator=MADE, login="SARI"), (1, 5))
    assert authority.operator_by_login("sari") is None
    authority.learn(GrantRevoked(operator=MADE, reason="salah"), (1, 6))
    assert authority.operator_by_login("sari") is not None
    assert authority.operator_by_login("tidak ada") is None


def test_it_follows_the_policy_the_hub_states() -> None:
    """Until one is stated the strict rule holds; then the latest by position."""
    authority = Authority()
    assert authority.policy == Policy()
    assert authority.policy.policy == ONLINE_ONLY
    stated = PolicySet(policy=STORE_AND_FORWARD, decree="SK 1", umur_cetak_min=18)
    authority.learn(stated, (1, 7))
    authority.learn(PolicySet(policy=ONLINE_ONLY, decree="SK 0"), (1, 6))
    assert authority.policy.policy == STORE_AND_FORWARD
    assert authority.policy.umur_cetak_min == 18


def test_it_keeps_what_else_the_hub_says() -> None:
    """Confirmed epochs and the centre's last answer; other facts are passed over."""
    authority = create_authority()
    node = ENGGANO.node.node_id
    authority.learn(
        EpochConfirmed(node=node, epoch=2, certificate_hash=b"c" * 32), (1, 5)
    )
    authority.learn(CentreSeen(at_ms=50), (1, 6))
    authority.learn(CentreSeen(at_ms=40), (1, 7))
    fork = ForkSeen(node=node, journal=JOURNAL, seq=1, ours=b"", theirs=b"")
    authority.learn(fork, (1, 8))
    assert authority.confirmed_epochs(node) == {2: b"c" * 32}
    assert authority.centre_seen_ms == 50
    assert authority.node(b"unknown") is None
    assert authority.confirmed_epochs(b"unknown") == {}


def test_it_learns_a_policy_on_carriers() -> None:
    """One for a kecamatan holds for its nodes until one that says nothing takes it back."""
    authority = create_authority()
    rule = CarrierPolicySet(
        reason="r", decree="SK 1", wilayah="170301", forbidden=("email",)
    )
    authority.learn(rule, (1, 90))
    assert authority.carrier_policies_of(ENGGANO.node) == [rule]
    authority.learn(CarrierPolicySet(reason="r", decree="2", wilayah="170301"), (1, 91))
    assert authority.carrier_policies() == []
