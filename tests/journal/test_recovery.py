"""An old copy of the book: noticed, never continued, and nothing else stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.journal.journal import RECOUNT, Journal
from perahu.node.disk import RealDisk
from tests.cast import carry, give, with_hub
from tests.journal.stores import BOTH_STORES, Saved, StoreDistrict

pytestmark = BOTH_STORES


def restored(district: StoreDistrict, *, seal: bool = True) -> tuple[Journal, Journal]:
    """The hub, and Enggano with an old book: two facts are in it, five were promised."""
    hub, enggano = with_hub(district)
    district.state(enggano)
    district.state(enggano)
    if seal:
        carry(enggano, hub, audience=lambda a: a == b"")
    enggano.close()
    district.restore(outgrown(district), keep=("fence",))
    return hub, district.open("Enggano")


def outgrown(district: StoreDistrict) -> Saved:
    """A copy of Enggano's closed book, which then goes on by three facts."""
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    for _ in range(3):
        district.state(enggano)
    enggano.close()
    return saved


def own(journal: Journal) -> list[tuple[int, int]]:
    """(epoch, entries) of each of a node's own journals."""
    return [(r.epoch, r.head_seq) for r in journal.journals() if r.own]


def test_it_works(district: StoreDistrict) -> None:
    """The fence is ahead of the book: a new epoch, and printing waits for a recount."""
    _, enggano = restored(district)
    assert enggano.healing.rolled_back and enggano.epoch == 2
    assert enggano.halts() == [RECOUNT]


def test_it_records_on_at_once(district: StoreDistrict) -> None:
    """The next fact goes into the new epoch's journal; the old one stays as it is."""
    _, enggano = restored(district)
    receipt = district.state(enggano)
    assert own(enggano) == [(1, 2), (2, 1)]
    assert receipt.seq == 1 and enggano.verify().sound


def test_it_opens_the_epoch_once(district: StoreDistrict) -> None:
    """Opened again, with and without a fact in between, the epoch stays."""
    _, enggano = restored(district)
    for _ in range(2):
        enggano.close()
        enggano = district.open("Enggano")
        assert (enggano.epoch, enggano.healing.rolled_back) == (2, False)
        district.state(enggano)
    assert enggano.halts() == [RECOUNT], "only a recount lifts it"
    enggano.resume(RECOUNT)
    assert enggano.halts() == []


def test_it_is_heard_by_the_hub(district: StoreDistrict) -> None:
    """The hub takes the new epoch's journals in; the certificate names the old heads."""
    hub, enggano = restored(district)
    district.state(enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    rows = [row for row in hub.journals() if row.node == enggano.node_id]
    assert [(row.epoch, row.head_seq) for row in rows] == [(1, 2), (2, 1)]
    assert enggano.chain.epoch.not_before == ((rows[0].id, 2, rows[0].head_h),)
    assert hub.parked() == [] and hub.verify().sound


def test_it_still_seals_what_the_old_epoch_holds(district: StoreDistrict) -> None:
    """What was promised and is here goes to the hub, though its epoch is over."""
    hub, enggano = restored(district, seal=False)
    district.state(enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    rows = [row for row in hub.journals() if row.node == enggano.node_id]
    assert [(row.epoch, row.head_seq) for row in rows] == [(1, 2), (2, 1)]
    assert hub.verify().sound


def test_it_goes_past_every_epoch_the_fence_saw(district: StoreDistrict) -> None:
    """The same old backup twice: the second time is not the first time's epoch."""
    hub, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    district.state(enggano)
    epochs = []
    for _ in range(3):
        enggano.close()
        district.restore(saved, keep=("fence",))
        enggano = district.open("Enggano")
        epochs.append(enggano.epoch)
        district.state(enggano)
        carry(enggano, hub, audience=lambda a: a == b"")
    assert epochs == [2, 3, 4]
    assert hub.parked() == [] and hub.verify().sound


class PowerCut(BaseException):
    """What ends the program while it begins its next epoch."""


class CutDisk(RealDisk):
    """The power goes when the certificate is about to be written."""

    def replace_durable(self, path: Path, content: bytes) -> None:
        """Write what is not the certificate."""
        if path.name == "certificate":
            raise PowerCut
        super().replace_durable(path, content)


def test_it_opens_the_epoch_also_after_a_power_cut(district: StoreDistrict) -> None:
    """An old copy wrote on, then a longer copy of the history before takes its place.

    The fence knows the branch; it may not move to the longer copy's end before the new
    epoch stands on the disk, or the next start finds nothing wrong.
    """
    _, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    short = outgrown(district)
    long = district.save("Enggano")
    district.restore(short)
    enggano = district.open("Enggano")
    assert not enggano.healing.rolled_back, "nothing here knew better"
    district.state(enggano)
    enggano.close()
    district.restore(long, keep=("fence",))
    with pytest.raises(PowerCut):
        district.open("Enggano", disk=CutDisk())
    enggano = district.open("Enggano")
    assert enggano.healing.rolled_back and enggano.epoch == 2
    assert enggano.halts() == [RECOUNT] and enggano.verify().sound


def test_it_is_taken_up_by_a_process_already_running(district: StoreDistrict) -> None:
    """The sync loop opens an epoch while the desks' process runs: both write in it."""
    hub, desk = with_hub(district)
    district.state(desk)
    loop = district.open("Enggano")
    loop.begin_epoch()
    district.state(desk)
    desk.begin_epoch()
    assert (loop.epoch, desk.epoch) == (2, 3)
    assert own(desk) == [(1, 1), (2, 1)]
    loop.begin_epoch()
    assert loop.epoch == 3, "the epoch that the desk opened answers both"
    give(hub, desk)
    assert desk.verify().sound


def test_it_takes_its_old_tail_back_from_the_hub(district: StoreDistrict) -> None:
    """What the book lost and the hub has comes back as any other node's facts do."""
    hub, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    district.state(enggano)
    carry(enggano, hub, audience=lambda a: a == b"")
    enggano.close()
    district.restore(saved, keep=("fence",))
    enggano = district.open("Enggano")
    carry(hub, enggano, audience=lambda a: a == b"")
    assert own(enggano) == [(1, 2)] and enggano.verify().sound


@pytest.mark.parametrize("keep", [("fence",), ()])
def test_it_cannot_tell_where_nothing_outside_the_folder_knows(
    district: StoreDistrict, keep: tuple[str, ...]
) -> None:
    """Book and fence both old: nothing here can know; the hub, which is ahead, will say."""
    _, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    district.restore(outgrown(district), keep=keep)
    assert district.open("Enggano").healing.rolled_back is bool(keep)
