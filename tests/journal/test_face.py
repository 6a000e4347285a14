"""What a journal says of itself, and what it refuses to be opened without."""

from __future__ import annotations

import dataclasses

import pytest

from perahu.journal.types import Ask, Draft
from perahu.words import Refusal
from tests.cast import SARI, corrected, with_hub
from tests.journal.stores import StoreDistrict, with_mirror


def test_it_works(district: StoreDistrict) -> None:
    """Who it is, under which root, with which keys; and that no printing waits."""
    with_mirror(district)
    _, enggano = with_hub(district)
    member = district.members["Enggano"]
    assert (enggano.role, enggano.epoch, enggano.halts()) == ("kecamatan", 1, [])
    assert enggano.certificate.name == "Enggano" and enggano.node_id == member.node_id
    assert enggano.chain.node == enggano.certificate
    assert enggano.keys is member.keys
    assert enggano.root_public == bytes(district.root.verify_key)
    assert len(enggano.incarnation) == 16 and enggano.mirror_present()
    assert enggano.ports.clock is member.clock


def test_it_refuses_a_folder_that_is_no_node(district: StoreDistrict) -> None:
    """Without a certificate it says what to do first."""
    (district.members["Enggano"].folder / "certificate").unlink()
    with pytest.raises(Refusal, match="no_certificate") as caught:
        district.open("Enggano")
    assert "perahu init" in caught.value.words.id


def test_it_has_an_incarnation_for_each_book(district: StoreDistrict) -> None:
    """Opened again it is the same; a book made anew is another."""
    first = district.open("Enggano")
    named = first.incarnation
    first.close()
    assert district.open("Enggano").incarnation == named
    assert district.open("Ketahun").incarnation != named


def test_it_halts_and_resumes(district: StoreDistrict) -> None:
    """A reason stops printing until it is gone, for every process of the node."""
    _, enggano = with_hub(district)
    enggano.halt(b"clone")
    assert district.open("Enggano").halts() == [b"clone"]
    enggano.resume(b"clone")
    assert enggano.halts() == []


def test_it_finds_a_journal_or_none(district: StoreDistrict) -> None:
    """Rows, hashes and segments of a journal that is not here are not here."""
    _, enggano = with_hub(district)
    receipt = district.state(enggano)
    row = enggano.journal(receipt.journal)
    assert row is not None and row.head_seq == 1
    assert enggano.journal(bytes(16)) is None
    assert enggano.hash_at(bytes(16), 1) is None
    assert enggano.hash_at(receipt.journal, 2) is None
    assert list(enggano.segments(bytes(16), 0)) == []


def test_it_gives_steps_of_an_action_their_own_ids(district: StoreDistrict) -> None:
    """Two steps of one ask are two appends; the same step again is the same append."""
    _, enggano = with_hub(district)
    ask = district.ask("Enggano", SARI)
    steps: list[Ask] = [ask.step("a"), ask.step("b"), ask.step("a")]
    receipts = []
    for step in steps:
        with enggano.writing() as book:
            receipts.append(book.append(step, [Draft(corrected())]))
    assert receipts[0] == receipts[2] != receipts[1]
    assert {len(step.op_id) for step in steps} == {16}
    assert dataclasses.replace(steps[0], op_id=ask.op_id) == ask


def test_it_orders_facts_the_same_everywhere(district: StoreDistrict) -> None:
    """(Lamport, journal, seq): later facts of one node are later for all."""
    hub, enggano = with_hub(district)
    district.state(enggano)
    orders = [event.order for event in enggano.events()]
    assert orders == sorted(orders)
    assert orders[:-1] == [event.order for event in hub.events()]
