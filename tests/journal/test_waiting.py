"""What waits to be sent: sums kept beside the entries, always what a full count would say."""

from __future__ import annotations

import random
from collections.abc import Container

import pytest

from perahu.journal.journal import Journal
from perahu.journal.types import PART, PHOTO, SCAN, THUMBNAIL, Draft, Level
from perahu.journal.waiting import Waiting
from tests.cast import BUDI, RATNA, SARI, corrected, give, stocked, with_hub
from tests.journal.stores import BOTH_STORES, StoreDistrict

NOTHING = (0, 0, 0, 0)


def told(waiting: Waiting) -> tuple[int, int, int, int]:
    """All but the classes."""
    return (waiting.entries, waiting.blobs, waiting.bytes, waiting.oldest_ms)


def counted(journal: Journal, branches: Container[bytes] = ()) -> tuple[int, int, int]:
    """Entries, blobs and the blobs' bytes, by looking at each one."""
    own = [row for row in journal.journals() if row.own and not row.audience]
    last = {
        row.id: row.received_seq if row.id in branches else row.head_seq for row in own
    }
    shas = {
        sha
        for row in own
        for seq, sha in journal.blobs_cited(row.id, 0)
        if seq <= last[row.id]
    }
    unsent = [sha for sha in shas if journal.blob_level(sha) < Level.RECEIVED]
    refs = [ref for sha in unsent if (ref := journal.blobs.cited(sha))]
    entries = sum(last[row.id] - row.received_seq for row in own)
    return entries, len(refs), sum(ref.size for ref in refs)


def of_class(waiting: Waiting) -> dict[str, tuple[int, int]]:
    """What waits of each class that has any."""
    return {name: (n, size) for name, n, size in waiting.by_class if n}


@BOTH_STORES
def test_it_works(district: StoreDistrict) -> None:
    """Entries by lane and blobs by class appear with the append and go with the ack."""
    hub, enggano = with_hub(district)
    assert told(enggano.waiting()) == NOTHING
    refs = (enggano.blobs.put(b"p" * 70, PHOTO), enggano.blobs.put(b"s" * 90, SCAN))
    with enggano.writing() as book:
        ask = district.ask("Enggano", SARI)
        receipt = book.append(ask, [Draft(corrected(), refs), Draft(stocked())])
    found = of_class(enggano.waiting())
    assert found["photo"] == (1, 70) and found["scan"] == (1, 90)
    assert (found["civil"][0], found["control"][0]) == (1, 1)
    assert enggano.waiting().oldest_ms == ask.at.wall_ms
    rows = {row.id: (1, 0) for row in enggano.journals() if row.own}
    enggano.note_ack(hub.node_id, rows, {refs[0].sha256: Level.RECEIVED})
    assert told(enggano.waiting()) == (0, 1, 90, ask.at.wall_ms), "the scan alone"
    enggano.note_ack(hub.node_id, {}, {refs[1].sha256: Level.SAFE})
    assert told(enggano.waiting()) == NOTHING
    assert enggano.receipt(receipt.op_id) is not None


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_a_full_count_says(district: StoreDistrict, seed: int) -> None:
    """Whatever is stated, cited twice, acknowledged twice or out of order, erased, or left
    on a branch that the next acks may or may not take back."""
    chance = random.Random(seed)
    hub, enggano = with_hub(district)
    puts = [
        enggano.blobs.put(bytes([i]) * (i + 10), chance.choice((THUMBNAIL, PART, SCAN)))
        for i in range(30)
    ]
    branches: set[bytes] = set()
    for step in range(40):
        refs = tuple(chance.sample(puts, chance.randrange(4)))
        with enggano.writing() as book:
            drafts = [Draft(corrected(), refs)] + [Draft(stocked())] * chance.randrange(
                3
            )
            book.append(district.ask("Enggano", SARI), drafts)
        own = [row for row in enggano.journals() if row.own]
        acked = {row.id: (chance.randint(0, row.head_seq), 0) for row in own}
        if step > 10 and chance.random() < 0.1:
            branches.add(chance.choice(own).id)
            for journal in branches:
                enggano.note_branch(journal)
        acked = {j: reach for j, reach in acked.items() if chance.random() < 0.5}
        branches -= {r.id for r in own if acked.get(r.id, (0, 0))[0] > r.received_seq}
        levels = {ref.sha256: Level.RECEIVED for ref in chance.sample(puts, 2)}
        enggano.note_ack(hub.node_id, acked, levels)
        if step == 20:
            enggano.erase(BUDI)
        found = enggano.waiting()
        blobs = [(n, size) for _, n, size in found.by_class[3:]]
        sums = (found.entries, *map(sum, zip(*blobs, strict=True)))
        assert counted(enggano, branches) == sums
        left = [row for row in enggano.journals() if row.id in branches]
        assert found.branched == sum(row.head_seq - row.received_seq for row in left)
        with enggano._store.transaction():
            enggano._book.backlog.forget()
        assert enggano.waiting() == found, "counted anew it is the same"


def test_it_survives_the_process(district: StoreDistrict) -> None:
    """The sums lie in the book, and come back with it."""
    _, enggano = with_hub(district)
    district.state(enggano)
    before = enggano.waiting()
    enggano.close()
    assert district.open("Enggano").waiting() == before


def test_it_counts_nothing_of_others(district: StoreDistrict) -> None:
    """What came from an office, and what the hub writes to offices, does not wait here."""
    hub, enggano = with_hub(district)
    ref = enggano.blobs.put(b"sealed", PART)
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), (ref,))])
    before = told(hub.waiting())
    give(enggano, hub)
    assert told(hub.waiting()) == before == NOTHING
    assert told(enggano.waiting())[:2] == (1, 1)


def test_it_leaves_what_it_has_not_counted_yet(district: StoreDistrict) -> None:
    """Right after an erasure nothing is kept: an ack changes no sum that is not there."""
    hub, enggano = with_hub(district)
    receipt = district.state(enggano, corrected())
    enggano.erase(BUDI)
    enggano.note_ack(hub.node_id, {receipt.journal: (1, 0)}, {})
    assert told(enggano.waiting()) == NOTHING


def test_it_says_when_the_oldest_was_stated_at_a_hub_too(
    district: StoreDistrict,
) -> None:
    """A hub waits for nobody's blobs, and its own entries have their age all the same."""
    hub, _ = with_hub(district)
    with hub.writing() as book:
        ask = district.ask("Hub", RATNA)
        book.append(ask, [Draft(stocked())])
    assert told(hub.waiting())[::3] == (1, ask.at.wall_ms)


@BOTH_STORES
def test_it_counts_a_branch_apart(district: StoreDistrict) -> None:
    """What the parent will not take waits no more, nor do the blobs that only it cites."""
    hub, enggano = with_hub(district)
    early, late = enggano.blobs.put(b"e" * 50, SCAN), enggano.blobs.put(b"l" * 60, SCAN)
    for ref in (early, late):
        with enggano.writing() as book:
            ask = district.ask("Enggano", SARI)
            receipt = book.append(ask, [Draft(corrected(), (ref,))])
    enggano.note_ack(hub.node_id, {receipt.journal: (1, 0)}, {})
    enggano.note_branch(receipt.journal)
    enggano.note_branch(receipt.journal)
    found = enggano.waiting()
    assert (found.entries, found.branched) == (0, 1)
    assert of_class(found) == {"scan": (1, 50)}, (
        "the hub has its entry, and waits for it"
    )
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(stocked(), (late,))])
    found = enggano.waiting()
    assert (found.entries, found.branched) == (1, 1)
    assert of_class(found)["scan"] == (2, 110), "it is cited anew, and goes after all"
    enggano.note_ack(hub.node_id, {receipt.journal: (2, 0)}, {})
    found = enggano.waiting()
    assert (found.entries, found.branched) == (1, 0), "a hub built again took it"
