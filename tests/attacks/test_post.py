"""The post bag of a real node, robbed, filled, hurried, and with a clock that is wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from perahu.journal.types import Level
from perahu.keys.facts import ForkSeen
from perahu.node.actions import note_fork
from perahu.node.office import Office, open_office
from perahu.node.relay import letters as relay
from perahu.node.relay.bag import bag_of
from perahu.node.relay.letters import (
    deliver,
    is_out_of_reach,
    write_if_due,
    write_letter,
)
from perahu.sync.courier import exporting as courier
from perahu.sync.courier.reading import read
from perahu.sync.memory import Memory
from perahu.sync.postbag import index
from perahu.sync.postbag.index import STICK, Parcel
from perahu.sync.postbag.label import Label
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District, with_hub
from tests.node.offices import PHRASE, add_enggano, found_hub
from tests.sync.road import TO_HUB, offer_for, record_part
from tests.sync.sticks import hub_of, peer_of

DAY_MS = 24 * 3_600_000


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[tuple[Office, Office]]:
    """The hub and Enggano, which has something to say and no link."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    with ExitStack() as stack:
        hub, office = (
            stack.enter_context(open_office(tmp_path / name, passphrase=PHRASE))
            for name in ("hub", "enggano")
        )
        for one in (hub, office):
            bag_of(one).room = replace(bag_of(one).room, free_bytes=0)
        _news(office)
        yield hub, office


def _news(office: Office) -> None:
    seen = ForkSeen(
        node=bytes(16), journal=bytes(16), seq=1, ours=bytes(32), theirs=bytes(32)
    )
    with office.at_work():
        note_fork(office.journal, office.ask(), fork=seen)


def _parent(office: Office) -> bytes:
    return bytes.fromhex(office.settings.parent_node)


def _carry(source: Office, target: Office) -> None:
    """A stick with all that lies in one bag is emptied into the other."""
    for one in bag_of(source).index.parcels():
        path = bag_of(source).path_of(one.sha)
        if one.label.receiver == target.journal.node_id:
            bag_of(target).take_file(path, brought_by=STICK)


def test_it_brings_the_last_answer_alone(district: District, tmp_path: Path) -> None:
    """Parts are read one by one and answered each; only the last answer gets home."""
    hub, enggano = with_hub(district)
    receipts = [record_part(district, enggano, 300_000)[0] for _ in range(4)]
    made = courier.export(
        Side(enggano), peer_of(hub), TO_HUB, tmp_path, part_bytes_max=400_000
    )
    assert len(made.paths) > 3
    for path in made.paths:
        got = read(Side(hub), path, offer_for)
        back = courier.export(
            Side(hub), got.peer, got.offer, tmp_path, answering=got.done
        )
    read(Side(enggano), back.paths[0], hub_of)
    levels = {enggano.level_of(one.journal, one.seq) for one in receipts}
    assert levels == {Level.RECEIVED}
    assert courier.export(Side(enggano), peer_of(hub), TO_HUB, tmp_path).is_empty
    again = courier.export(Side(enggano), peer_of(hub), TO_HUB, tmp_path).paths[0]
    read(Side(hub), again, offer_for)
    # Heard of, so told no more.
    assert Memory.load(hub.local, enggano.node_id).taken() == []


def test_it_fills_the_disk_before_the_answer(offices: tuple[Office, Office]) -> None:
    """Read and not answered, for the disk was full: the answer is written later."""
    hub, office = offices
    with office.at_work():
        assert write_if_due(office)
    _carry(office, hub)
    with hub.at_work():
        room = bag_of(hub).room
        bag_of(hub).room = replace(room, free_bytes=1 << 60)
        arrived = deliver(hub)
        assert arrived.files == 1 and not arrived.answers
        assert [one for one in arrived.refused if "disk" in one.en]
        bag_of(hub).room = room
        assert deliver(hub).answers == 1
        assert deliver(hub).answers == 0
    _carry(hub, office)
    with office.at_work():
        deliver(office)
        rows = [one for one in office.journal.journals() if one.own and one.head_seq]
        assert rows and all(one.received_seq == one.head_seq for one in rows)


def _fill(office: Office, size: int, count: int, sender: bytes) -> list[Parcel]:
    found = []
    for number in range(count):
        label = Label(
            sender=sender, receiver=bytes(15) + b"r", incarnation=bytes(16),
            number=1, part=number + 1, wall_ms=1,
        )  # fmt: skip
        one = Parcel(
            sha=number.to_bytes(2, "big") + sender + bytes(14), size=size, label=label,
            brought_by=STICK, hops=1, taken_ms=office.now().wall_ms,
        )  # fmt: skip
        bag_of(office).disk.write_at(bag_of(office).path_of(one.sha), 0, b"x")
        bag_of(office).index.put(one)
        found.append(one)
    return found


def test_it_fills_the_bag_of_an_office(offices: tuple[Office, Office]) -> None:
    """With strangers' post: the office's own letter is written all the same."""
    _, office = offices
    room = bag_of(office).room
    _fill(office, room.total_bytes // 4, 4, b"stranger-1234567")
    with office.at_work():
        assert len(write_if_due(office)) == 1


def test_it_makes_a_letter_fail(offices: tuple[Office, Office]) -> None:
    """A letter that cannot be written is not tried again every two seconds."""
    _, office = offices
    room = bag_of(office).room
    bag_of(office).room = replace(room, free_bytes=1 << 60)
    with office.at_work():
        with pytest.raises(Refusal, match="no_room_for_letter"):
            write_if_due(office)
        bag_of(office).room = room
        assert write_if_due(office) == []
        assert len(write_if_due(office, at_once=True)) == 1


def test_it_hurries(offices: tuple[Office, Office]) -> None:
    """The loop and the page read what came at the same time: one does, none is refused."""
    hub, office = offices
    with office.at_work():
        write_if_due(office)
    _carry(office, hub)
    found: list[relay.Arrived] = []

    def run() -> None:
        with hub.at_work():
            found.append(deliver(hub))
        hub.tables.release_thread()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 4 and sum(one.files for one in found) == 1
    assert not any(one.refused for one in found)
    assert [one.how for one in bag_of(hub).index.gone()] == [index.IMPORTED]


def test_it_has_a_clock_that_was_ahead(offices: tuple[Office, Office]) -> None:
    """Reached, as it believes, ten years from now: it writes its letters all the same."""
    _, office = offices
    live = office.now().wall_ms + 3650 * DAY_MS
    bag_of(office).index.note_live(_parent(office), live)
    with office.at_work():
        assert is_out_of_reach(office) and write_if_due(office)


def test_it_takes_the_letter_away(offices: tuple[Office, Office]) -> None:
    """The letter went by age, nothing was acknowledged: another one is written."""
    _, office = offices
    with office.at_work():
        (letter,) = write_if_due(office)
        assert write_if_due(office, at_once=True) == []
        bag_of(office).drop(letter, index.AGED, b"")
        assert len(write_if_due(office, at_once=True)) == 1


def test_it_writes_two_at_once(offices: tuple[Office, Office]) -> None:
    """Two threads write to the same node: both end well, one letter stays."""
    hub, office = offices
    ends: list[object] = []

    def run() -> None:
        with office.at_work():
            try:
                ends.append(len(write_letter(office, hub.journal.node_id)))
            except Refusal as refusal:
                ends.append(refusal)
        office.tables.release_thread()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert ends == [1] * 4
    assert len(bag_of(office).index.parcels()) == 1
    assert not [one for one in bag_of(office).folder.iterdir() if one.is_dir()]
