"""How safe a fact is: its entry and every blob it cites, whichever is the least safe."""

from __future__ import annotations

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import PART, PHOTO, Draft, Level, Receipt
from tests.cast import RATNA, SARI, carry, corrected, stocked, with_hub
from tests.journal.stores import BOTH_STORES, StoreDistrict


def stated(district: StoreDistrict, enggano: Journal, *blobs: bytes) -> Receipt:
    """A fact of Enggano with these blobs."""
    refs = tuple(enggano.blobs.put(cipher, PART) for cipher in blobs)
    with enggano.writing() as book:
        return book.append(district.ask("Enggano", SARI), [Draft(corrected(), refs)])


def level(journal: Journal, receipt: Receipt) -> Level:
    """The level of what was asked, as of now."""
    found = journal.receipt(receipt.op_id)
    assert found is not None
    assert found.level == journal.level_of(receipt.journal, receipt.seq)
    return found.level


@BOTH_STORES
def test_it_works(district: StoreDistrict) -> None:
    """Recorded here, received at the hub, safe with the second site: as acks say."""
    hub, enggano = with_hub(district)
    receipt = stated(district, enggano)
    assert receipt.level is Level.RECORDED
    enggano.note_ack(hub.node_id, {receipt.journal: (1, 0)}, {})
    assert level(enggano, receipt) is Level.RECEIVED
    enggano.note_ack(hub.node_id, {receipt.journal: (1, 1)}, {})
    assert level(enggano, receipt) is Level.SAFE


@BOTH_STORES
def test_it_waits_for_every_blob(district: StoreDistrict) -> None:
    """The entry is safe and one of two blobs is still on its way: recorded, no more."""
    hub, enggano = with_hub(district)
    receipt = stated(district, enggano, b"first", b"second")
    first, second = (sha for _, sha in enggano.blobs_cited(receipt.journal, 0))
    enggano.note_ack(hub.node_id, {receipt.journal: (1, 1)}, {first: Level.SAFE})
    assert level(enggano, receipt) is Level.RECORDED
    enggano.note_ack(hub.node_id, {}, {second: Level.RECEIVED})
    assert level(enggano, receipt) is Level.RECEIVED
    enggano.note_ack(hub.node_id, {}, {second: Level.SAFE})
    assert level(enggano, receipt) is Level.SAFE
    assert enggano.blob_level(second) is Level.SAFE


@BOTH_STORES
def test_it_is_the_least_of_an_action(district: StoreDistrict) -> None:
    """An action of two journals stands only where both of its entries stand."""
    hub, enggano = with_hub(district)
    receipt = district.state(enggano, stocked(), corrected())
    rows = {row.lane: row.id for row in enggano.journals() if row.own}
    enggano.note_ack(hub.node_id, {rows[1]: (1, 0)}, {})
    again = enggano.receipt(receipt.op_id)
    assert again is not None and again.level is Level.RECORDED
    enggano.note_ack(hub.node_id, {rows[0]: (1, 0)}, {})
    again = enggano.receipt(receipt.op_id)
    assert again is not None and again.level is Level.RECEIVED


def test_it_only_rises(district: StoreDistrict) -> None:
    """An older ack that comes late takes nothing back."""
    hub, enggano = with_hub(district)
    receipt = stated(district, enggano, b"blob")
    ((_, sha),) = enggano.blobs_cited(receipt.journal, 0)
    enggano.note_ack(hub.node_id, {receipt.journal: (1, 1)}, {sha: Level.SAFE})
    enggano.note_ack(hub.node_id, {receipt.journal: (0, 0)}, {sha: Level.RECEIVED})
    assert level(enggano, receipt) is Level.SAFE


def test_it_counts_only_up_to_the_acked_entry(district: StoreDistrict) -> None:
    """Entry 1 is acknowledged, entry 2 is not."""
    hub, enggano = with_hub(district)
    first, second = stated(district, enggano), stated(district, enggano)
    enggano.note_ack(hub.node_id, {first.journal: (1, 0)}, {})
    assert level(enggano, first) is Level.RECEIVED
    assert level(enggano, second) is Level.RECORDED


@BOTH_STORES
def test_it_is_received_at_the_hub_by_being_there(district: StoreDistrict) -> None:
    """At the hub its own facts and others' are received; blobs must be there too."""
    hub, enggano = with_hub(district)
    with hub.writing() as book:
        own = book.append(district.ask("Hub", RATNA), [Draft(stocked())])
    assert own.level is Level.RECEIVED
    receipt = stated(district, enggano, b"blob")
    carry(enggano, hub, audience=lambda a: a == b"")
    assert hub.level_of(receipt.journal, 1) is Level.RECORDED
    ((_, sha),) = hub.blobs_cited(receipt.journal, 0)
    assert hub.blob_level(sha) is Level.RECORDED
    ref = hub.blobs.cited(sha)
    assert ref is not None and hub.blobs.add_chunk(ref, 0, b"blob")
    assert hub.level_of(receipt.journal, 1) is Level.RECEIVED
    assert hub.blob_level(sha) is Level.RECEIVED
    hub.note_ack(bytes(16), {receipt.journal: (1, 1)}, {sha: Level.SAFE})
    assert hub.level_of(receipt.journal, 1) is Level.SAFE


def test_it_says_nothing_of_what_it_does_not_know(district: StoreDistrict) -> None:
    """An unknown journal, blob or action has no level beyond the least, and no receipt."""
    _, enggano = with_hub(district)
    assert enggano.level_of(bytes(16), 1) is Level.RECORDED
    assert enggano.blob_level(bytes(32)) is Level.RECORDED
    assert enggano.receipt(bytes(16)) is None


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (Level.RECORDED, "tercatat"),
        (Level.RECEIVED, "diterima"),
        (Level.SAFE, "aman"),
    ],
)
def test_it_has_a_word(found: Level, word: str) -> None:
    """The words of screens and papers."""
    assert found.words.id == word


def test_it_cites_blobs_before_the_fact(district: StoreDistrict) -> None:
    """A fact cannot cite a blob that is not on the disk."""
    _, enggano = with_hub(district)
    ref = enggano.blobs.put(b"cipher", PHOTO)
    enggano.blobs.remove(ref.sha256)
    with pytest.raises(AssertionError, match="blob first"), enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), (ref,))])
    assert enggano.verify().sound
