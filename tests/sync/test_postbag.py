"""The boat takes everybody's post: parcels of two nodes that a third one carries."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from perahu.journal.types import Level
from perahu.sync.courier.reading import read
from perahu.sync.postbag import index
from perahu.sync.postbag.room import Room
from perahu.sync.postbag.tidy import tidy
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District
from tests.sync.bags import Post
from tests.sync.road import TO_HUB, offer_for, record, record_part, relay


@pytest.fixture
def post(district: District, tmp_path: Path) -> Post:
    """Nobody has met yet."""
    return Post(district, tmp_path)


def test_it_works(post: Post) -> None:
    """Enggano to the boat, the boat to the hub, the answer back: receipts rise."""
    receipt, ref = record_part(post.district, post.at("Enggano"), 100_000)
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    (parcel,) = post.lies("Kapal")
    assert (parcel.label.sender, parcel.hops) == (post.at("Enggano").node_id, 1)
    post.meet("Kapal", "Hub", TO_HUB)
    assert post.lies("Kapal") == []
    (mine,) = post.bag("Hub").for_us()
    got = read(Side(post.at("Hub")), post.bag("Hub").path_of(mine.sha), offer_for)
    assert (got.stored_entries, got.blobs) == (1, 1)
    assert post.at("Hub").blobs.has(ref.sha256)
    post.send("Hub", "Enggano", answering=got.done)
    post.meet("Kapal", "Hub", TO_HUB)
    post.meet("Kapal", "Enggano")
    (back,) = post.bag("Enggano").for_us()
    path = post.bag("Enggano").path_of(back.sha)
    read(Side(post.at("Enggano")), path, lambda _: TO_HUB)
    level = post.at("Enggano").level_of(receipt.journal, receipt.seq)
    assert level is Level.RECEIVED


def test_it_resumes_at_the_last_piece(post: Post) -> None:
    """Cut at any byte, again and again: nothing whole is carried twice, nothing is lost."""
    record_part(post.district, post.at("Enggano"), 300_000)
    (sent,) = post.send("Enggano", "Hub")
    chance, cuts, moved = Random(5), 0, 0
    while not post.lies("Kapal"):
        cut = chance.randrange(500, 90_000)
        count = post.meet("Kapal", "Enggano", cut=cut, piece=4096)
        moved, cuts = moved + count.up_bytes + count.down_bytes, cuts + 1
        assert cuts < 200
    assert cuts > 4
    assert moved < sent.size + cuts * 24_000
    assert post.lies("Kapal")[0].sha == sent.sha


def test_it_keeps_the_newer_one(post: Post) -> None:
    """A newer file takes the older one's place, and the older one is not taken again."""
    record(post.district, post.at("Enggano"))
    (older,) = post.file("Enggano", "Hub", TO_HUB)
    record(post.district, post.at("Enggano"))
    (newer,) = post.file("Enggano", "Hub", TO_HUB)
    boat = post.bag("Kapal")
    boat.take_file(older, brought_by=index.STICK)
    boat.take_file(newer, brought_by=index.STICK)
    (held,) = post.lies("Kapal")
    assert held.label.number == 2
    assert [one.how for one in boat.index.gone()] == [index.OLDER]
    with pytest.raises(Refusal) as refused:
        boat.take_file(older, brought_by=index.STICK)
    assert refused.value.code == "parcel_known"


def test_it_lets_two_boats_race(post: Post) -> None:
    """Both carry the same: the second one's is not taken again, and it lets go of it."""
    record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    post.meet("Ketahun", "Enggano")
    post.meet("Kapal", "Hub", TO_HUB)
    (mine,) = post.bag("Hub").for_us()
    post.bag("Hub").drop(mine, index.IMPORTED, b"")
    count = post.meet("Ketahun", "Hub", TO_HUB)
    assert post.lies("Ketahun") == []
    assert count.up_bytes < mine.size
    assert post.bag("Hub").for_us() == []


def test_it_goes_from_hand_to_hand(post: Post) -> None:
    """A boat gives to the next one; the first keeps its copy until it hears of the end."""
    record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    post.meet("Ketahun", "Kapal")
    (copy,) = post.lies("Ketahun")
    assert copy.hops == 2 and len(post.lies("Kapal")) == 1
    given = post.bag("Kapal").index.given(copy.sha)
    assert [node for node, _ in given] == [post.at("Ketahun").node_id]
    again = post.meet("Kapal", "Ketahun")
    assert again.up_bytes + again.down_bytes < copy.size
    post.meet("Ketahun", "Hub", TO_HUB)
    post.meet("Kapal", "Hub", TO_HUB)
    assert post.lies("Ketahun") == post.lies("Kapal") == []


def test_it_ends_after_so_many_hands(post: Post) -> None:
    """Post does not go round for ever."""
    record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.bag("Kapal", Room(free_bytes=0, hops=1))
    post.meet("Kapal", "Enggano")
    post.meet("Ketahun", "Kapal")
    assert post.lies("Kapal") and not post.lies("Ketahun")


def test_it_drops_its_own_letters_after_a_link(post: Post) -> None:
    """What the exchange itself brought need not go as a parcel."""
    record(post.district, post.at("Enggano"), 3)
    post.send("Enggano", "Hub")
    post.meet("Enggano", "Hub", TO_HUB)
    assert post.lies("Enggano") == [] and post.lies("Hub") == []
    assert [one.how for one in post.bag("Enggano").index.gone()] == [index.ANSWERED]
    us = post.at("Hub").node_id
    assert post.bag("Enggano").index.last_live(us) is not None


def test_it_takes_no_more_than_it_has_room_for(post: Post) -> None:
    """Bytes, count, one sender's share, the disk's last room: each refuses politely."""
    record_part(post.district, post.at("Enggano"), 100_000)
    (file,) = post.file("Enggano", "Hub", TO_HUB)
    tight = (
        (Room(free_bytes=0, total_bytes=50_000), "bag_full"),
        (Room(free_bytes=0, count=0), "bag_full"),
        (Room(free_bytes=0, sender_count=0), "bag_full"),
        (Room(free_bytes=1 << 60), "bag_full"),
        (Room(free_bytes=0, sender_bytes=50_000), "parcel_too_big"),
    )
    for room, code in tight:
        bag = post.bag("Kapal")
        bag.room = room
        with pytest.raises(Refusal) as refused:
            bag.take_file(file, brought_by=index.STICK)
        assert refused.value.code == code
    post.bag("Enggano").take_file(file)
    for room, _ in tight:
        post.bag("Kapal").room = room
        count = post.meet("Kapal", "Enggano")
        assert count.up_bytes + count.down_bytes < 20_000
    assert post.lies("Kapal") == [] and len(post.lies("Enggano")) == 1


def test_it_forgets_what_is_too_old(post: Post) -> None:
    """After sixty days a parcel leaves, and so does what was begun and forgotten."""
    record_part(post.district, post.at("Enggano"), 100_000)
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano", cut=60_000, piece=4096)
    assert post.bag("Kapal").index.begun()
    post.meet("Ketahun", "Enggano")
    for name in ("Kapal", "Ketahun"):
        clock = post.district.members[name].clock
        clock.wall_ms += 61 * 24 * 3600 * 1000
        tidy(post.bag(name))
        assert post.bag(name).disk.list(post.bag(name).folder) == []
    assert post.lies("Ketahun") == []


def test_it_mends_what_a_crash_left(post: Post) -> None:
    """A file without a row, a row without a file: both go; after a week it is given anew."""
    record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    boat = post.bag("Kapal")
    (parcel,) = post.lies("Kapal")
    stray = boat.folder / f"{'ab' * 32}.jrnb"
    stray.write_bytes(b"left behind")
    boat.path_of(parcel.sha).unlink()
    tidy(boat)
    assert post.lies("Kapal") == [] and not stray.exists()
    post.meet("Kapal", "Enggano")
    assert post.lies("Kapal") == []
    post.district.members["Enggano"].clock.wall_ms += 8 * 24 * 3600 * 1000
    post.meet("Kapal", "Enggano")
    assert len(post.lies("Kapal")) == 1


def test_it_gives_first_parts_first(post: Post) -> None:
    """Own facts, then the first part of each parcel, then the rest."""
    record_part(post.district, post.at("Enggano"), 3_000_000)
    sent = post.send("Enggano", "Hub", 2_000_000)
    assert len(sent) == 2
    initiator, responder = post.sessions("Kapal", "Enggano")
    while len(post.lies("Kapal")) < 1:
        responder.received(initiator.to_send(1 << 16))
        initiator.received(responder.to_send(1 << 16))
    assert [one.label.part for one in post.lies("Kapal")] == [1]


def test_it_says_nothing_where_nothing_is_carried(post: Post) -> None:
    """Where no bag holds anything, not a byte more goes than without bags."""
    post.at("Enggano")
    with_bags = post.meet("Enggano", "Hub", TO_HUB)
    again = post.meet("Enggano", "Hub", TO_HUB)
    assert again.up_bytes <= with_bags.up_bytes


def test_it_is_passed_over_by_a_node_without_a_bag(post: Post) -> None:
    """Who knows nothing of parcels hears of them, asks for none, and all else goes on."""
    receipt = record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    for has_bag, other in (("Kapal", "Enggano"), ("Enggano", "Kapal")):
        initiator, responder = post.sessions(has_bag, other)
        responder._side.post = None
        relay(initiator, responder, None, 1 << 16)
        assert initiator.finished and responder.finished
    assert len(post.lies("Kapal")) == 1 and receipt.seq == 1


def test_it_gives_way_to_a_newer_session_of_the_same_node(post: Post) -> None:
    """The old connection hangs; the new one goes on with what the old one had begun."""
    record_part(post.district, post.at("Enggano"), 300_000)
    post.send("Enggano", "Hub")
    old = post.sessions("Kapal", "Enggano")
    for _ in range(8):
        old[1].received(old[0].to_send(8192))
        old[0].received(old[1].to_send(8192))
    assert post.bag("Kapal").claimed and not post.lies("Kapal")
    post.meet("Kapal", "Enggano")
    assert len(post.lies("Kapal")) == 1 and not post.bag("Kapal").claimed


def test_it_gives_only_to_who_may_carry_it(post: Post) -> None:
    """The rule of who brings it nearer is asked for every stranger."""
    record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.bag("Enggano").nearer = lambda parcel, peer: False
    post.meet("Kapal", "Enggano")
    assert post.lies("Kapal") == []
