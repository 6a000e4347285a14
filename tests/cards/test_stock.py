"""The ledger: two rows a movement, zero in all, transfers in two halves."""

from __future__ import annotations

import pytest

from perahu.cards import actions_stock, reads_stock
from perahu.cards.rules_stock import COUNT_MAX
from perahu.words import Refusal
from tests.cards.world import World
from tests.cast import RATNA, carry

TRANSFER = b"transfer-001"


def send(world: World, count: int = 50) -> None:
    """The hub gets stock and sends some of it to Enggano."""
    office = world.journals["Enggano"].node_id
    with world.at("Hub") as hub:
        actions_stock.receive_stock(
            hub,
            world.ask("Hub", RATNA),
            item="blanko",
            count=100,
            source="TERIMA_PUSAT",
            document="BAST 7",
        )
        actions_stock.send_stock(
            hub,
            world.ask("Hub", RATNA),
            transfer=TRANSFER,
            item="blanko",
            count=count,
            to=office,
        )
    world.give()


def back_to_hub(world: World) -> None:
    """The hub hears what Enggano stated."""
    carry(world.journals["Enggano"], world.journals["Hub"], audience=lambda a: a == b"")


def arrive(world: World, count: int) -> None:
    """Enggano counts what came."""
    with world.at("Enggano") as journal:
        actions_stock.arrive_stock(journal, world.ask(), transfer=TRANSFER, count=count)


def test_it_works(world: World) -> None:
    """Fifty leave the hub, are on the way, and lie at Enggano; the sum stays zero."""
    send(world)
    office, hub_id = (world.journals[n].node_id for n in ("Enggano", "Hub"))
    with world.at("Enggano"):
        [coming] = reads_stock.on_the_way(office)
        assert (coming.transfer, coming.sent) == (TRANSFER, 50)
    arrive(world, 50)
    back_to_hub(world)
    with world.at("Hub"):
        assert reads_stock.on_hand(hub_id) == 50
        assert reads_stock.on_hand(office) == 50
        assert reads_stock.ledger_sum() == 0
        assert reads_stock.open_differences() == []
        assert reads_stock.on_the_way(office) == []
        assert reads_stock.balances() == {
            "outside:TERIMA_PUSAT": -100,
            f"office:{hub_id.hex()}": 50,
            f"office:{office.hex()}": 50,
        }


def test_it_leaves_in_transit_what_did_not_arrive(world: World) -> None:
    """Forty-seven of fifty: the three stay in transit until somebody decides."""
    send(world)
    arrive(world, 47)
    back_to_hub(world)
    with world.at("Hub"):
        [open_] = reads_stock.open_differences()
        assert open_.difference == 3
        assert reads_stock.balance(f"transit:{TRANSFER.hex()}") == 3
        assert reads_stock.ledger_sum() == 0


def test_it_takes_a_transfer_in_once(world: World) -> None:
    """A second arrival, and one that was never sent here, are refused."""
    send(world)
    arrive(world, 50)
    for transfer, code in (
        (TRANSFER, "arrived_already"),
        (bytes(12), "unknown_transfer"),
    ):
        with world.at("Enggano") as journal, pytest.raises(Refusal) as caught:
            actions_stock.arrive_stock(
                journal, world.ask(), transfer=transfer, count=50
            )
        assert caught.value.code == code


def test_it_posts_the_difference_of_a_count(world: World) -> None:
    """Three are missing after a month: counted, with a reason, no silent edit."""
    world.stock(10)
    office = world.journals["Enggano"].node_id
    with world.at("Enggano") as journal:
        with pytest.raises(Refusal) as caught:
            actions_stock.count_stock(journal, world.ask(), item="blanko", counted=7)
        assert caught.value.code == "reason_missing"
        actions_stock.count_stock(
            journal, world.ask(), item="blanko", counted=7, reason="rusak air laut"
        )
        actions_stock.count_stock(journal, world.ask(), item="blanko", counted=7)
        assert reads_stock.on_hand(office) == 7
        assert reads_stock.balance(f"difference:{office.hex()}") == 3
        assert reads_stock.ledger_sum() == 0


def test_it_accounts_for_what_is_spoiled(world: World) -> None:
    """Found unusable outside a print; never more than there is."""
    world.stock(10)
    office = world.journals["Enggano"].node_id
    with world.at("Enggano") as journal:
        actions_stock.spoil_stock(
            journal, world.ask(), item="blanko", count=2, cause="CACAT_PABRIK"
        )
        assert reads_stock.on_hand(office) == 8
        assert reads_stock.spoiled_at(office) == 2
        with pytest.raises(Refusal) as caught:
            actions_stock.spoil_stock(
                journal, world.ask(), item="blanko", count=9, cause="CACAT_PABRIK"
            )
        assert caught.value.code == "not_enough"


def test_it_keeps_items_apart(world: World) -> None:
    """Ribbon is no blanko."""
    with world.at("Enggano") as journal:
        actions_stock.receive_stock(
            journal,
            world.ask(),
            item="ribbon",
            count=3,
            source="PINJAM_MASUK",
            document="BA pinjam 2",
        )
        assert reads_stock.on_hand(journal.node_id, "ribbon") == 3
        assert reads_stock.on_hand(journal.node_id) == 0


def test_it_does_each_ask_once(world: World) -> None:
    """The same ask twice is one movement."""
    ask = world.ask()
    with world.at("Enggano") as journal:
        receipts = {
            actions_stock.receive_stock(
                journal, ask, item="film", count=5, source="TERIMA_PUSAT", document="1"
            ).seq
            for _ in range(2)
        }
        assert len(receipts) == 1
        assert reads_stock.on_hand(journal.node_id, "film") == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"item": "kertas"}, "unknown_choice"),
        ({"source": "PASAR"}, "unknown_choice"),
        ({"count": 0}, "bad_count"),
        ({"count": -1}, "bad_count"),
        ({"count": COUNT_MAX + 1}, "bad_count"),
        ({"document": " "}, "reason_missing"),
        ({"document": "x" * 201}, "reason_missing"),
    ],
)
def test_it_refuses_what_makes_no_sense(
    world: World, change: dict[str, object], code: str
) -> None:
    """Unknown things, wrong counts and no paper."""
    fields = {"item": "blanko", "count": 1, "source": "TERIMA_PUSAT", "document": "1"}
    with world.at("Enggano") as journal, pytest.raises(Refusal) as caught:
        actions_stock.receive_stock(journal, world.ask(), **{**fields, **change})  # type: ignore[arg-type]
    assert caught.value.code == code


def test_it_never_sends_more_than_there_is(world: World) -> None:
    """The ledger of the sender is the limit."""
    world.stock(10)
    with world.at("Enggano") as journal, pytest.raises(Refusal) as caught:
        actions_stock.send_stock(
            journal,
            world.ask(),
            transfer=TRANSFER,
            item="blanko",
            count=11,
            to=world.journals["Hub"].node_id,
        )
    assert caught.value.code == "not_enough"


def test_it_does_each_action_once(world: World) -> None:
    """Sending, arriving, spoiling and counting twice under one ask is doing it once."""
    send(world)
    office = world.journals["Enggano"].node_id
    asks = [world.ask() for _ in range(4)]
    with world.at("Enggano") as journal:
        for _ in range(2):
            actions_stock.arrive_stock(journal, asks[0], transfer=TRANSFER, count=50)
            actions_stock.spoil_stock(
                journal, asks[1], item="blanko", count=1, cause="CACAT_PABRIK"
            )
            actions_stock.count_stock(
                journal, asks[2], item="blanko", counted=48, reason="opname"
            )
            actions_stock.send_stock(
                journal,
                asks[3],
                transfer=b"transfer-002",
                item="blanko",
                count=8,
                to=world.journals["Hub"].node_id,
            )
        assert reads_stock.on_hand(office) == 40
        assert reads_stock.ledger_sum() == 0
        back = reads_stock.transfer(b"transfer-002")
        assert back is not None
        assert back.difference is None


@pytest.mark.parametrize("count", [-1, COUNT_MAX + 1])
def test_it_counts_within_reason(world: World, count: int) -> None:
    """Neither below nothing nor above what a kabupaten ever had."""
    send(world)
    with world.at("Enggano") as journal:
        with pytest.raises(Refusal) as caught:
            actions_stock.arrive_stock(
                journal, world.ask(), transfer=TRANSFER, count=count
            )
        assert caught.value.code == "bad_count"
        with pytest.raises(Refusal) as caught:
            actions_stock.count_stock(
                journal, world.ask(), item="ribbon", counted=count, reason="x"
            )
        assert caught.value.code == "bad_count"
        with pytest.raises(Refusal) as caught:
            actions_stock.spoil_stock(
                journal, world.ask(), item="blanko", count=1, cause="HILANG"
            )
        assert caught.value.code == "unknown_choice"
