"""A stolen machine with real keys: what it says is kept, and counts only where it may."""

from __future__ import annotations

import dataclasses

import pytest

from perahu.cases.facts import CaseDecided, RangeAccepted
from perahu.journal.journal import Journal
from perahu.journal.receiver import Received
from perahu.journal.types import COMMON, Draft
from perahu.keys.certificates import IssuingCertificate, issue_kabupaten
from perahu.keys.facts import NodeRevoked, PolicySet
from perahu.kinds import Fact
from perahu.words import Refusal
from tests.attacks.thief import Pen, control_cited
from tests.cast import (
    MADE,
    RATNA,
    SARI,
    District,
    carry,
    corrected,
    give,
    grant,
    stocked,
    with_hub,
)
from tests.journal.stores import StoreDistrict

TONO = b"tono\0\0\0\0"


def bring(pen: Pen, target: Journal) -> Received:
    """Carry what the pen wrote to a node."""
    target.introduce(pen.chain.encode(), pen.lane, pen.audience)
    found = target.receive(pen.seal())
    target.catch_up()
    return found


def knowing(district: District) -> tuple[tuple[bytes, int], ...]:
    """What an honest author with all control facts would cite."""
    return tuple(control_cited(district, 9))


@pytest.mark.parametrize(
    ("fact", "officer"),
    [
        (dataclasses.replace(corrected(), wilayah="170301"), MADE),
        (dataclasses.replace(corrected(), wilayah="1703012001"), SARI),
        (dataclasses.replace(corrected(), wilayah="1704"), RATNA),
        (dataclasses.replace(corrected(), wilayah="170312; DROP"), MADE),
        (dataclasses.replace(corrected(), wilayah=""), MADE),
        (dataclasses.replace(corrected(), wilayah="170312"), TONO),
        (dataclasses.replace(corrected(), wilayah="170312"), b""),
    ],
)
def test_it_parks_what_is_out_of_scope(
    district: StoreDistrict, fact: Fact, officer: bytes
) -> None:
    """Ketahun's machine about Enggano's people, by officers elsewhere, strange or none."""
    hub, _ = with_hub(district)
    pen = Pen.of(district, "Ketahun", 1)
    pen.write(fact, officer=officer, parents=knowing(district))
    before = hub.events()
    assert bring(pen, hub) is Received.STORED
    assert [p.code for p in hub.parked()] == ["not_allowed"]
    assert hub.events() == before and hub.verify().sound
    pen.write(dataclasses.replace(corrected(), wilayah="170312"), officer=MADE)
    bring(pen, hub)
    assert len(hub.events()) == len(before) + 1, "honest work goes on"


@pytest.mark.parametrize(
    ("fact", "lane"),
    [
        (PolicySet(policy="ONLINE_ONLY", decree="palsu"), 0),
        (grant(TONO, "tono", "1703"), 0),
        (RangeAccepted(journal=bytes(16), seq=9, h=bytes(32)), 1),
        (CaseDecided(case=b"case-1234567", decision="sah", reason="-"), 1),
    ],
)
@pytest.mark.parametrize("name", ["Ketahun", "Kapal", "Provinsi"])
def test_it_parks_a_hub_only_kind(
    district: StoreDistrict, fact: Fact, lane: int, name: str
) -> None:
    """A kecamatan, a laptop or the provinsi playing the hub convinces nobody."""
    hub, enggano = with_hub(district)
    pen = Pen.of(district, name, lane)
    pen.write(fact, officer=RATNA, parents=knowing(district))
    for target in (hub, enggano):
        bring(dataclasses.replace(pen, entries=list(pen.entries)), target)
        assert [p.code for p in target.parked()] == ["not_allowed"]
        assert target.authority.policy.policy == "STORE_AND_FORWARD"
        assert target.authority.grant(TONO) is None


@pytest.mark.parametrize("audience", [COMMON, bytes(16)])
def test_it_refuses_a_journal_that_only_a_hub_may_write(
    district: StoreDistrict, audience: bytes
) -> None:
    """Who is no hub has no journal for all or for another office; it is not even begun."""
    hub, enggano = with_hub(district)
    pen = Pen.of(district, "Ketahun", 0, audience)
    for target in (hub, enggano):
        before = target.journals()
        with pytest.raises(Refusal, match="bad_segment"):
            target.introduce(pen.chain.encode(), 0, audience)
        assert target.journals() == before


def test_it_refuses_a_hub_of_the_neighbours(district: StoreDistrict) -> None:
    """A genuine hub of another kabupaten under the same root is not our hub."""
    _, enggano = with_hub(district)
    other = District(district.folder / "neighbours", seed="2")
    other.root = district.root
    issuing = other._issuing
    other._signed = issue_kabupaten(
        district.root,
        IssuingCertificate("1704", "Kaur", bytes(issuing.verify_key)),
    )
    other.add("HubKaur", "kabupaten", "1704")
    pen = Pen.of(other, "HubKaur", 0, COMMON)
    with pytest.raises(Refusal, match="another kabupaten"):
        enggano.introduce(pen.chain.encode(), 0, COMMON)


@pytest.mark.parametrize(
    ("lane", "audience"), [(3, b""), (300, b""), (-1, b""), (0, b"H1"), (1, b"x" * 15)]
)
def test_it_refuses_lanes_and_audiences_that_are_not(
    district: StoreDistrict, lane: int, audience: bytes
) -> None:
    """A fourth lane, half an address: refused in words, never a fault."""
    hub, enggano = with_hub(district)
    with pytest.raises(Refusal, match="bad_segment"):
        hub.introduce(enggano.chain.encode(), lane, audience)


def test_it_parks_a_fact_in_another_lane(district: StoreDistrict) -> None:
    """A civil fact smuggled in with the control facts, to overtake."""
    hub, _ = with_hub(district)
    pen = Pen.of(district, "Enggano", 0)
    pen.write(corrected(), officer=SARI, parents=knowing(district))
    bring(pen, hub)
    assert len(hub.parked()) == 1 and hub.verify().sound


def test_it_quarantines_a_revoked_node(district: StoreDistrict) -> None:
    """After the revocation nothing of the stolen laptop counts, whatever it knew."""
    hub, enggano = with_hub(district)
    pen = Pen.of(district, "Kapal", 1)
    pen.write(corrected(), officer=SARI, parents=knowing(district))
    bring(pen, hub)
    assert hub.parked() == []
    row = next(r for r in hub.journals() if r.id == pen.journal)
    revoked = NodeRevoked(
        node=pen.chain.node.node_id,
        reason="dicuri di dermaga",
        valid_through=((row.id, 1, row.head_h),),
    )
    with hub.writing() as book:
        book.append(district.ask(), [Draft(revoked, audience=COMMON)])
    give(hub, enggano)
    pen.write(corrected(), officer=SARI)
    bring(pen, hub)
    fresh = Pen.of(district, "Kapal", 0)
    fresh.write(stocked(), officer=SARI, parents=knowing(district))
    bring(fresh, hub)
    assert [(p.seq, p.code) for p in hub.parked()] == [
        (2, "not_allowed"),
        (1, "not_allowed"),
    ]
    assert pen.chain.node.node_id not in enggano.authority.nodes()
    carry(hub, enggano, audience=lambda a: a == COMMON)
    assert hub.verify().sound


def test_it_cannot_use_a_right_it_claims_to_have_known(district: StoreDistrict) -> None:
    """Citing a control entry that does not exist yet gives no right."""
    hub, _ = with_hub(district)
    pen = Pen.of(district, "Enggano", 1)
    parents = tuple(control_cited(district, 2**40))
    pen.write(corrected(), officer=TONO, parents=parents)
    pen.write(corrected(), officer=SARI, parents=parents)
    bring(pen, hub)
    assert [p.seq for p in hub.parked()] == [1]


def test_it_cannot_run_the_clocks_out(district: StoreDistrict) -> None:
    """An entry at the end of Lamport's numbers is kept, and nobody follows it there."""
    hub, enggano = with_hub(district)
    pen = Pen.of(district, "Ketahun", 1)
    pen.lamport = 2**53 - 2
    fact = dataclasses.replace(corrected(), wilayah="170312")
    bring(pen.write(fact, officer=MADE, parents=knowing(district)), hub)
    with hub.writing() as book:
        policy = PolicySet(policy="ONLINE_ONLY", decree="SK 2")
        book.append(district.ask(), [Draft(policy, audience=COMMON)])
    give(hub, enggano)
    assert enggano.authority.policy.policy == "ONLINE_ONLY"
    district.state(enggano)
    assert hub.verify().sound and enggano.verify().sound


def test_it_keeps_a_poisonous_body_apart(district: StoreDistrict) -> None:
    """A good seal over a body that is no body: parked, the next entry counts."""
    hub, _ = with_hub(district)
    pen = Pen.of(district, "Enggano", 1)
    for body in (b"", b"\xff", b"\xa0", b"\x81" * 400 + b"\x80", b"\x5b" + b"\xff" * 8):
        pen.write(corrected(), officer=SARI, parents=knowing(district), body=body)
    pen.write(corrected(), officer=SARI)
    bring(pen, hub)
    assert [p.seq for p in hub.parked()] == [1, 2, 3, 4, 5]
    assert {p.code for p in hub.parked()} <= {"bad_body", "bad_cbor"}
    assert hub.events()[-1].fact == corrected()
    hub.close()
    again = district.open("Hub")
    assert len(again.parked()) == 5 and again.events()[-1].fact == corrected()
