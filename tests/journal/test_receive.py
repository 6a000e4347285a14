"""Others' facts: verified, stored as they came, and judged by position."""

from __future__ import annotations

import dataclasses

import pytest

from perahu.journal.entry import Entry
from perahu.journal.journal import Journal
from perahu.journal.receiver import Received
from perahu.journal.segment import Segment, decode_segment
from perahu.journal.types import COMMON, Draft
from perahu.keys.facts import GrantRevoked, NodeRevoked
from perahu.words import Refusal
from tests.cast import SARI, District, carry, corrected, give, grant, with_hub
from tests.journal.stores import BOTH_STORES, StoreDistrict

pytestmark = BOTH_STORES


def _record(district: District, journal: Journal, count: int = 1) -> None:
    for _ in range(count):
        with journal.writing() as book:
            book.append(district.ask("Enggano", SARI), [Draft(corrected())])


def _sealed(journal: Journal) -> Segment:
    """The first segment of the node's own civil journal, introduced nowhere yet."""
    journal.seal()
    row = next(r for r in journal.journals() if r.own and r.lane == 1)
    return next(journal.segments(row.id, 0))


def _introduce(source: Journal, target: Journal) -> None:
    for row in source.journals():
        if row.own:
            target.introduce(row.certificate, row.lane, row.audience)


def test_it_works(district: District) -> None:
    """A segment is stored once; a second arrival is known and changes nothing."""
    hub, enggano = with_hub(district)
    _record(district, enggano, 3)
    segment = _sealed(enggano)
    _introduce(enggano, hub)
    assert hub.receive(decode_segment(segment.encode())) is Received.STORED
    before = hub.events(), hub.vector()
    assert hub.receive(segment) is Received.KNOWN
    assert (hub.events(), hub.vector()) == before
    assert hub.verify().sound and hub.parked() == []


def test_it_refuses_a_hole(district: District) -> None:
    """Segment 2 before segment 1 is not kept: the vector is never the highest seen."""
    hub, enggano = with_hub(district)
    _record(district, enggano, 2)
    _introduce(enggano, hub)
    first = _sealed(enggano)
    _record(district, enggano, 2)
    enggano.seal()
    second = list(enggano.segments(first.journal, 0))[1]
    assert hub.receive(second) is Received.GAP
    assert hub.receive(first) is Received.STORED
    assert hub.receive(second) is Received.STORED


def test_it_refuses_an_unknown_journal(district: District) -> None:
    """Without its certificate a journal says nothing."""
    hub, enggano = with_hub(district)
    _record(district, enggano)
    with pytest.raises(Refusal, match="bad_segment"):
        hub.receive(_sealed(enggano))


def test_it_refuses_another_root(district: District, tmp_path: object) -> None:
    """A node of another kabupaten's root is no node of ours."""
    hub, _ = with_hub(district)
    stranger = District(district.folder / "other", seed="2").open("Enggano")
    chain = stranger.chain.encode()
    with pytest.raises(Refusal, match="bad_certificate"):
        hub.introduce(chain, 1, b"")


def _beside_a_twin(district: StoreDistrict) -> tuple[Journal, Segment]:
    """A hub that has what Enggano wrote, and what its twin wrote in the same place."""
    hub, enggano = with_hub(district)
    enggano.close()
    twin = district.twin("Enggano")
    enggano = district.open("Enggano")
    _record(district, enggano, 2)
    _record(district, twin, 3)
    _introduce(enggano, hub)
    assert hub.receive(_sealed(enggano)) is Received.STORED
    return hub, _sealed(twin)


def test_it_keeps_a_fork_as_evidence(district: StoreDistrict) -> None:
    """Two good seals over one place: the second is reported, the first stays."""
    hub, theirs = _beside_a_twin(district)
    before = hub.vector()
    assert hub.receive(theirs) is Received.FORK
    assert hub.vector() == before


def test_it_proves_a_fork_without_a_word_of_anybody(district: StoreDistrict) -> None:
    """Evidence is about nobody, so no erasure would find a name in it: it holds none."""
    hub, theirs = _beside_a_twin(district)
    proof = decode_segment(theirs.proof().encode())
    assert all(one.body is None and one.salt is None for one in proof.entries)
    assert hub.receive(proof) is Received.FORK


@pytest.mark.damages_book("an office grants itself what no hub did")
def test_it_parks_what_its_author_may_not_state(district: District) -> None:
    """A stolen laptop with its own ideas of authority: stored, parked, never projected."""
    hub, enggano = with_hub(district)
    authority = enggano.authority
    authority.learn(grant(b"tono\0\0\0\0", "tono", "170301"), (1, 1))
    with enggano.writing() as book:
        ask = district.ask("Enggano", b"tono\0\0\0\0")
        book.append(ask, [Draft(corrected())])
    _record(district, enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    assert [p.code for p in hub.parked()] == ["not_allowed"]
    officers = [e.officer for e in hub.events() if e.node == enggano.node_id]
    assert officers == [SARI], "the next entry is not held up"
    assert hub.verify().sound


def test_it_frees_what_was_parked_when_the_grant_arrives(district: District) -> None:
    """The provinsi hears Enggano's facts before the grant they rest on."""
    hub, enggano = with_hub(district)
    _record(district, enggano)
    provinsi = district.open("Provinsi")
    carry(enggano, provinsi, audience=lambda a: a == b"")
    assert len(provinsi.parked()) == 1
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    assert provinsi.parked() == []
    assert corrected() in [e.fact for e in provinsi.events()]


def test_it_judges_a_revocation_by_position(district: District) -> None:
    """What Sari did before she could hear of it stands; what she did after does not."""
    hub, enggano = with_hub(district)
    _record(district, enggano)
    with hub.writing() as book:
        revoked = GrantRevoked(operator=SARI, reason="pindah tugas")
        book.append(district.ask(), [Draft(revoked, audience=COMMON)])
    _record(district, enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    assert hub.parked() == []
    give(hub, enggano)
    with pytest.raises(Refusal, match="not_allowed"):
        _record(district, enggano)


def test_it_quarantines_a_revoked_node_after_its_last_valid_entry(
    district: District,
) -> None:
    """A node revoked through seq 2: the third entry is kept and counts for nothing."""
    hub, enggano = with_hub(district)
    _record(district, enggano, 2)
    carry(enggano, hub, audience=lambda a: a == b"")
    row = next(r for r in hub.journals() if r.node == enggano.node_id)
    through = ((row.id, 2, row.head_h),)
    with hub.writing() as book:
        fact = NodeRevoked(
            node=enggano.node_id, reason="dicuri di kapal", valid_through=through
        )
        book.append(district.ask(), [Draft(fact, audience=COMMON)])
    _record(district, enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    assert [(p.seq, p.code) for p in hub.parked()] == [(3, "not_allowed")]


def test_it_parks_a_kind_from_the_future(district: District) -> None:
    """An older program keeps and parks what it does not know, and goes on."""
    hub, enggano = with_hub(district)
    _record(district, enggano)
    del hub._book.registry._by_number[(24, 1)]
    carry(enggano, hub, audience=lambda a: a == b"")
    assert [p.code for p in hub.parked()] == ["unknown_kind"]
    assert hub.vector()[_sealed(enggano).journal[:8]][0] == 1


def without_bodies(segment: Segment) -> Segment:
    """A sealed segment as a carrier could pass it on: every entry as if it were erased."""
    bare = [Entry(entry.header, entry.commit, None, None) for entry in segment.entries]
    return dataclasses.replace(segment, entries=tuple(bare))


def test_it_refuses_that_what_is_about_nobody_was_erased(district: District) -> None:
    """No law erases a revocation: whoever leaves its body out hides it, and is refused.

    What is about a person may come erased, and is stored so.
    """
    hub, enggano = with_hub(district)
    _record(district, enggano)
    hub.seal()
    enggano.seal()
    ketahun = district.open("Ketahun")
    provinsi = district.open("Provinsi")
    for row in hub.journals():
        for segment in hub.segments(row.id, 0):
            ketahun.introduce(row.certificate, row.lane, row.audience)
            with pytest.raises(Refusal, match="bad_segment"):
                ketahun.receive(without_bodies(segment))
            assert ketahun.receive(segment) is Received.STORED
    ketahun.catch_up()
    assert ketahun.authority.grant(SARI) is not None
    rows = [row for row in enggano.journals() if row.own and row.lane == 1]
    for segment in (s for row in rows for s in enggano.segments(row.id, 0)):
        provinsi.introduce(rows[0].certificate, 1, b"")
        assert provinsi.receive(without_bodies(segment)) is Received.STORED
    assert provinsi.verify().erased == 1 and provinsi.verify().sound
