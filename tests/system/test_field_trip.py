"""Bawa ke lapangan, with whole nodes: out by stick, served without a hub, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.cards import actions, actions_move, actions_stock, reads, reads_stock
from perahu.enrolment import reads as recordings
from perahu.enrolment.actions import level_of
from perahu.journal.types import Level
from perahu.keys.sealing import open_blob
from perahu.node import field as trips
from perahu.node.actions import revoke_node
from perahu.node.courier import export_to, import_files
from perahu.node.enrolling import NewNode, enrol, join
from perahu.node.hub import _standing_findings
from perahu.node.office import open_office
from perahu.people import reads as people
from perahu.sync import frames, limits
from perahu.sync.courier.groups import TABLE
from perahu.trips import actions as actions_trip
from perahu.trips import reads_visits
from perahu.trips.rules import Wanted
from perahu.words import Refusal
from tests.node.offices import PHRASE
from tests.system.desks import record
from tests.system.laptop import TRIP, Beach, teach
from tests.system.world import ENGGANO, HUB, KAPAL, KETAHUN, World


@pytest.fixture
def beach(world: World, tmp_path: Path) -> Beach:
    """Enggano and its laptop."""
    return Beach(world, tmp_path / "sticks")


def refused(call: object, *given: object, **named: object) -> str:
    """The code of the refusal a call ends in."""
    with pytest.raises(Refusal) as caught:
        call(*given, **named)  # type: ignore[operator]
    return caught.value.code


def tear_a_blob(content: bytearray) -> bytearray:
    """The same file, with the first piece of a blob and all that mends it unreadable."""
    body = content[limits.COURIER_HEAD_BYTES :]
    at, torn = limits.COURIER_HEAD_BYTES, False
    for found in frames.salvage(lambda o, n: bytes(body[o : o + n]), len(body)):
        assert isinstance(found, frames.Frame)
        size = len(found.encode())
        if found.type == TABLE or (found.type == frames.CHUNK and not torn):
            content[at : at + size] = bytes(size)
            torn = torn or found.type == frames.CHUNK
        at += size
    assert torn, "no blob in the file"
    return content


def test_it_works(beach: Beach) -> None:
    """Rights, a printed card and blanko go out, are used, and the rest comes back."""
    first, second, third, card = beach.order(4)
    beach.stock(20)
    beach.print(ENGGANO, card)
    sent = beach.go([first, second, third, card], 10)
    assert (sent.rights, sent.cards, sent.stock) == (3, 1, {"blanko": 10})
    assert sent.exported is not None and len(sent.exported.check_words) == 1
    assert beach.trip().count("way_out") == 4 and beach.trip().stock_out == 10
    assert refused(beach.print, ENGGANO, first) == "right_on_its_way"
    assert refused(beach.hand_over, ENGGANO, card) == "card_elsewhere"

    got = beach.read(KAPAL, "out")
    assert (got.rights, got.cards, got.waiting) == (3, 1, 0)
    assert refused(beach.back) == "count_first"
    beach.count(KAPAL)
    assert beach.on_hand(KAPAL) == 10
    with beach.at(KAPAL) as laptop:
        nik = beach.world.residents()[-1]
        done = record(laptop, KAPAL, nik)
        assert level_of(laptop.journal, done.recording) is Level.RECORDED
    for order in (first, second):
        assert beach.print(KAPAL, order) == "printed"
    beach.hand_over(KAPAL, first)
    beach.hand_over(KAPAL, card)
    assert refused(beach.print, KAPAL, card) == "already_printed"

    returned = beach.back()
    assert (returned.rights, returned.cards) == (1, 1)
    assert returned.stock == {"blanko": 8}
    assert refused(beach.print, KAPAL, third) == "right_on_its_way"
    got = beach.read(ENGGANO, "back")
    assert (got.rights, got.cards, got.ended) == (1, 1, [])
    with beach.at(ENGGANO):
        state = recordings.recording(done.recording)
        assert state is not None and state.whole
    assert beach.count(ENGGANO) == [TRIP]
    assert not beach.trip().is_open and beach.trip().out == 0
    assert beach.on_hand(ENGGANO) == 17
    beach.hand_over(ENGGANO, second)
    assert beach.print(ENGGANO, third) == "printed"


@pytest.mark.parametrize("names", [(ENGGANO, KAPAL), (KAPAL, ENGGANO)])
def test_it_agrees_at_the_hub(beach: Beach, names: tuple[str, ...]) -> None:
    """Whoever meets the hub first: its tables agree, nothing twice, nothing lost."""
    orders = beach.order(4)
    beach.stock(12)
    beach.go(orders, 8)
    beach.read(KAPAL, "out")
    beach.count(KAPAL)
    with beach.at(KAPAL) as laptop:
        done = record(laptop, KAPAL, beach.world.residents()[-1])
    for order in orders[:2]:
        beach.print(KAPAL, order)
    beach.hand_over(KAPAL, orders[0])
    beach.back()
    beach.read(ENGGANO, "back")
    beach.count(ENGGANO)
    for name in names:
        beach.meet(name)
    with beach.at(HUB) as hub:
        assert reads_stock.ledger_sum() == 0 and not reads.printed_twice()
        assert _standing_findings() == [] and hub.journal.parked() == []
        assert hub.journal.blobs.missing() == []
        found = [reads.state(one) for one in orders]
        assert found == ["handed_over", "to_hand_over", "queued", "queued"]
        assert reads_stock.on_hand(beach.world.node_id(ENGGANO)) == 10
        assert reads_stock.used_at(beach.world.node_id(KAPAL)) == 2
        state = recordings.recording(done.recording)
        assert state is not None and state.whole
        before = hub.tables.content_hash()
        hub.tables.rebuild()
        hub.journal.catch_up()
        assert hub.tables.content_hash() == before
    with beach.at(KAPAL) as laptop:
        assert level_of(laptop.journal, done.recording) is Level.RECEIVED


def test_it_raises_no_receipt_without_the_hub(beach: Beach) -> None:
    """What the other side holds is no second site: nothing becomes received by it."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders, 2)
    beach.read(KAPAL, "out")
    beach.count(KAPAL)
    beach.print(KAPAL, orders[0])
    beach.back()
    beach.read(ENGGANO, "back")
    for name in (ENGGANO, KAPAL):
        with beach.at(name) as office:
            own = [row for row in office.journal.journals() if row.own]
            assert own and any(row.received_seq < row.head_seq for row in own)
            if name == KAPAL:
                assert all(row.received_seq == 0 for row in own)
    with beach.at(ENGGANO) as office:
        export_to(office, beach.world.node_id(KAPAL), beach.stick("again"))
    with beach.at(KAPAL) as laptop:
        (taken,) = import_files(laptop, [beach.stick("again")], None)
        assert taken.imported.stored_entries > 0
        own = [row for row in laptop.journal.journals() if row.own]
        assert all(row.received_seq == 0 for row in own)


def test_it_reads_a_file_three_times_as_once(beach: Beach) -> None:
    """The same file, and a second one written because nobody was sure, change nothing."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders, 2)
    with beach.at(ENGGANO) as office:
        trips.go_on(office, beach.officer(ENGGANO), TRIP, beach.stick("out"))
    assert len(list(beach.stick("out").iterdir())) == 2
    got = [beach.read(KAPAL, "out").rights for _ in range(3)]
    assert got == [2, 0, 0]
    beach.count(KAPAL)
    assert beach.on_hand(KAPAL) == 2 and beach.on_hand(ENGGANO) == 3
    beach.back()
    beach.back()
    assert [beach.read(ENGGANO, "back").rights for _ in range(3)] == [2, 0, 0]
    beach.count(ENGGANO)
    assert beach.on_hand(ENGGANO) == 5 and not beach.trip().is_open


def test_it_writes_a_lost_stick_anew(beach: Beach) -> None:
    """A stick that fell into the sea: the trip stays on its way, and is written once more."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders, 2, stick="sea")
    with beach.at(ENGGANO) as office:
        again = trips.go_on(office, beach.officer(ENGGANO), TRIP, beach.stick("out"))
        assert (again.rights, again.stock) == (0, {})
        ask = office.ask(beach.officer(ENGGANO))
        assert trips.settle(office, beach.officer(ENGGANO)) == []
        code = refused(actions_trip.end_trip, office.journal, ask, trip=TRIP)
        assert code == "reason_missing"
    assert beach.read(KAPAL, "out").rights == 2
    beach.count(KAPAL)


def test_it_shows_a_lost_laptop_for_ever(beach: Beach) -> None:
    """A trip closed with a reason leaves rights and blanko on their way, here and there."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders, 2)
    with beach.at(ENGGANO) as office:
        ask = office.ask(beach.officer(ENGGANO))
        reason = "Perahu tenggelam, laporan polisi 12"
        actions_trip.end_trip(office.journal, ask, trip=TRIP, reason=reason)
    state = beach.trip()
    assert not state.is_open and state.out == 4 and state.reason == reason
    assert beach.state(ENGGANO, orders[0]) == "moving" and beach.on_hand(ENGGANO) == 3
    beach.meet(ENGGANO)
    assert beach.state(HUB, orders[0]) == "moving"


def test_it_goes_on_after_a_crash(beach: Beach, tmp_path: Path) -> None:
    """Cut short after the first right: whoever goes on sends the rest, and nothing twice."""
    orders = beach.order(3)
    beach.stock(5)

    def die(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    beach.stick("out")
    with beach.at(ENGGANO) as office:
        officer = beach.officer(ENGGANO)
        wanted = Wanted(
            trip=TRIP, desa="1703012001", to=beach.world.node_id(KAPAL),
            orders=tuple(orders), stock=(("blanko", 4),), carrier="Sari",
        )  # fmt: skip
        with pytest.raises(KeyboardInterrupt):
            trips.take_to_field(office, officer, wanted, beach.stick("out"), die)
    beach.close(ENGGANO)
    assert beach.trip().count("not_sent") == 2
    assert not list(beach.stick("out").iterdir())
    with beach.at(ENGGANO) as office:
        sent = trips.take_to_field(office, officer, wanted, beach.stick("out"))
    assert (sent.rights, sent.stock) == (2, {"blanko": 4})
    assert beach.read(KAPAL, "out").rights == 3


def test_it_takes_the_rights_of_a_torn_file_later(beach: Beach) -> None:
    """Without its photo a right is not taken: it stays on its way until a whole file comes."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders, 0)
    (file,) = beach.stick("out").iterdir()
    content = bytearray(file.read_bytes())
    content = tear_a_blob(content)
    file.write_bytes(content)
    got = beach.read(KAPAL, "out")
    assert not got.files[0].imported.is_whole
    assert got.waiting > 0 and got.waiting + got.rights == 2
    with beach.at(ENGGANO) as office:
        trips.go_on(office, beach.officer(ENGGANO), TRIP, beach.stick("again"))
    assert beach.read(KAPAL, "again").rights == got.waiting


def test_it_refuses_what_is_not_for_it(beach: Beach) -> None:
    """Another laptop's file, another wilayah's office, a revoked laptop, no stick."""
    orders = beach.order(1)
    beach.stock(5)
    beach.go(orders, 1)
    with beach.at(KETAHUN) as ketahun:
        (file,) = beach.stick("out").iterdir()
        assert refused(import_files, ketahun, [file], None) == "wrong_recipient"
        kapal = beach.world.node_id(KAPAL)
        assert refused(export_to, ketahun, kapal, beach.stick("k")) == "no_road"
        assert [n.name for n in trips.neighbours(ketahun)] == []
    with beach.at(ENGGANO) as office:
        officer = beach.officer(ENGGANO)
        gone = beach.sticks / "gone"
        assert refused(trips.go_on, office, officer, TRIP, gone) == "no_stick"
        ask = office.ask(officer)
        for to in (beach.world.node_id(KETAHUN), beach.world.node_id(KAPAL)):
            code = refused(
                actions_move.send_order,
                office.journal,
                ask,
                order=orders[0],
                to=to,
                open_blob=bytes,
            )
            assert code in ("blob_missing", "right_on_its_way")
        assert reads.state(orders[0]) == "moving"


def test_it_never_sends_one_right_to_two_laptops(beach: Beach) -> None:
    """What is on its way to one laptop stays out of another trip."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders[:1], 0)
    sent = beach.go(orders, 0, trip=b"trip-0000002", stick="two")
    assert sent.rights == 1 and sent.stayed == []
    with beach.at(ENGGANO):
        assert reads.state(orders[1]) == "moving"


def test_it_gives_a_laptop_the_residents_it_lacks(world: World, tmp_path: Path) -> None:
    """A laptop for the whole kabupaten knows nobody until an office hands on its journal."""
    with world.open(HUB) as hub:
        plan = NewNode(name="Camar", role="field", wilayah=("1703",))
        enrolled = enrol(hub, plan, tmp_path / "letter")
    join(
        world.place("Camar"), tmp_path / "letter", code=enrolled.code, passphrase=PHRASE,
        changes={},
    )  # fmt: skip
    teach(world, ENGGANO)
    stick = tmp_path / "stick"
    stick.mkdir()
    with world.open(ENGGANO) as office, office.at_work():
        export_to(office, enrolled.node_id, stick)
        known = len(people.counts_by_desa("170301"))
    with (
        open_office(world.place("Camar"), passphrase=PHRASE) as laptop,
        laptop.at_work(),
    ):
        assert not people.counts_by_desa("1703")
        (taken,) = import_files(laptop, [stick], None)
        assert taken.imported.is_whole and not laptop.journal.parked()
        assert len(people.counts_by_desa("170301")) == known > 0
        assert laptop.journal.blobs.missing() == []
        export_to(laptop, world.node_id(ENGGANO), stick)
    with world.open(ENGGANO) as office, office.at_work():
        import_files(office, [stick], None)
        assert export_to(office, enrolled.node_id, stick).is_empty


def test_it_plans_by_desa(beach: Beach) -> None:
    """The plan counts whom to visit; the list goes along the way, each with a reason."""
    beach.order(20)
    beach.stock(9)
    desa = beach.desa()
    plan = beach.plan(desa)
    assert plan.residents > 0 and plan.to_record > 0 and plan.rights
    assert 0 < plan.blanko <= 9 and plan.without_parts == 0
    with beach.at(ENGGANO) as office:
        node = office.journal.node_id
        today = office.now().today
        found = reads_visits.visits(desa, today, 16, node)
        assert [v.rw for v in found.people] == sorted(v.rw for v in found.people)
        assert set(plan.rights) == set(found.orders)
        nik = next(
            v.nik for v in found.people if any(t.kind == "record" for t in v.tasks)
        )
        record(office, ENGGANO, nik)
        after = reads_visits.visits(desa, today, 16, node)
        assert after.count("record") == found.count("record") - 1
        assert refused(beach.plan, "1703122001") == "out_of_wilayah"


def test_it_reaches_an_office_by_way_of_the_hub(beach: Beach) -> None:
    """Enggano sends Ketahun a right and blanko; the hub tells it, and it prints once."""
    order, card = beach.order(2)
    beach.stock(5)
    beach.print(ENGGANO, card)
    ketahun = beach.world.node_id(KETAHUN)
    with beach.at(ENGGANO) as office:
        identity, officer = office.keys.age_identity, beach.officer(ENGGANO)
        for one in (order, card):
            actions_move.send_order(
                office.journal,
                office.ask(officer),
                order=one,
                to=ketahun,
                open_blob=lambda cipher: open_blob(cipher, identity),
            )
        actions_stock.send_stock(
            office.journal, office.ask(officer),
            transfer=b"transfer-001", item="blanko", count=3, to=ketahun,
        )  # fmt: skip
    beach.meet(ENGGANO)
    with beach.at(HUB) as hub:
        assert actions_move.relay_moves(hub.journal, hub.ask()) == 3
        assert actions_move.relay_moves(hub.journal, hub.ask()) == 0
        assert reads.state(order) == "moving" and reads_stock.ledger_sum() == 0
    beach.meet(KETAHUN)
    with beach.at(KETAHUN) as office:
        got = trips.receive(office, beach.officer(KETAHUN), [])
        assert (got.rights, got.cards, got.waiting) == (1, 1, 0)
    beach.count(KETAHUN)
    assert beach.on_hand(KETAHUN) == 3
    assert refused(beach.print, KETAHUN, card) == "already_printed"
    beach.hand_over(KETAHUN, card)
    with beach.at(KETAHUN) as office:
        parts = actions.parts_of(
            office.journal,
            order=order,
            open_blob=lambda c: open_blob(c, office.keys.age_identity),
        )
        assert parts.photo and parts.templates
    beach.meet(KETAHUN)
    with beach.at(HUB) as hub:
        found = reads.order(order)
        assert found is not None and found.holder == ketahun
        assert reads.state(card) == "handed_over" and reads_stock.ledger_sum() == 0
        assert reads_stock.on_hand(ketahun) == 3 and not hub.journal.parked()


def test_it_is_one_move_by_hand_and_by_the_hub(beach: Beach) -> None:
    """A laptop that hears of a right both ways, in either order, holds it once."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders, 2)
    beach.meet(ENGGANO)
    with beach.at(HUB) as hub:
        assert actions_move.relay_moves(hub.journal, hub.ask()) == 3
    beach.meet(KAPAL)
    with beach.at(KAPAL) as laptop:
        assert trips.receive(laptop, beach.officer(KAPAL), []).rights == 2
    beach.count(KAPAL)
    assert beach.read(KAPAL, "out").rights == 0
    with beach.at(KAPAL) as laptop:
        before = laptop.tables.content_hash()
        laptop.tables.rebuild()
        laptop.journal.catch_up()
        assert laptop.tables.content_hash() == before
    beach.back()
    assert beach.read(ENGGANO, "back").rights == 2
    assert beach.count(ENGGANO) == [TRIP] and beach.on_hand(ENGGANO) == 5


def test_it_ends_with_a_right_that_the_centre_took_back(beach: Beach) -> None:
    """Cancelled on the road, a right is of no use to anybody and keeps no trip open."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders, 1)
    beach.read(KAPAL, "out")
    beach.count(KAPAL)
    with beach.at(HUB) as hub:
        ask = hub.ask()
        actions.cancel_print(hub.journal, ask, order=orders[0], reason="data salah")
    beach.meet(ENGGANO)
    with beach.at(ENGGANO) as office:
        trips.go_on(office, beach.officer(ENGGANO), TRIP, beach.stick("again"))
    beach.read(KAPAL, "again")
    assert refused(beach.print, KAPAL, orders[0]) == "print_cancelled"
    assert beach.back().rights == 1
    beach.read(ENGGANO, "back")
    assert beach.count(ENGGANO) == [TRIP]
    assert beach.trip().count("called_off") == 1


def test_it_packs_no_bag_for_a_stranger(beach: Beach) -> None:
    """Only the laptop of this wilayah is sent out, and a laptop sends nobody out."""
    beach.order(1)
    wanted = Wanted(
        trip=TRIP, desa="1703012001", to=beach.world.node_id(KETAHUN),
        orders=(), stock=(), carrier="Sari",
    )  # fmt: skip
    with beach.at(ENGGANO) as office:
        officer, stick = beach.officer(ENGGANO), beach.stick("out")
        assert (
            refused(trips.take_to_field, office, officer, wanted, stick) == "not_beside"
        )
        to = beach.world.node_id(KETAHUN)
        assert refused(trips.bring_back, office, officer, to, stick) == "not_beside"


def test_it_gives_nothing_to_a_revoked_laptop(beach: Beach) -> None:
    """Once the office has heard: no plan, no right, no file; and its own file is refused."""
    orders = beach.order(2)
    beach.stock(5)
    beach.go(orders[:1], 1)
    beach.read(KAPAL, "out")
    beach.count(KAPAL)
    beach.back()
    with beach.at(HUB) as hub:
        revoke_node(hub.journal, hub.ask(), name=KAPAL, reason="dicuri")
    beach.meet(ENGGANO)
    with beach.at(ENGGANO) as office:
        kapal, officer = beach.world.node_id(KAPAL), beach.officer(ENGGANO)
        assert trips.neighbours(office) == []
        assert refused(beach.plan, "1703012001") == "unknown_laptop"
        assert refused(export_to, office, kapal, beach.stick("x")) == "no_road"
        identity = office.keys.age_identity
        code = refused(
            actions_move.send_order,
            office.journal,
            office.ask(officer),
            order=orders[1],
            to=kapal,
            open_blob=lambda cipher: open_blob(cipher, identity),
        )
        assert code == "unknown_office" and reads.state(orders[1]) == "queued"
        files = [beach.stick("back")]
        assert refused(trips.receive, office, officer, files) == "revoked"
    assert beach.trip().is_open and beach.trip().out > 0
