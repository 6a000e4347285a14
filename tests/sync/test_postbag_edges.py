"""The post bag at its edges: files that change, vanish or end, and sessions that overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perahu.keys import cbor
from perahu.node.disk import RealDisk
from perahu.sync import frames, limits
from perahu.sync.courier import writing
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.hello import hear
from perahu.sync.postbag import files, index
from perahu.sync.postbag import frames as wire
from perahu.sync.postbag.bag import PostBag
from perahu.sync.postbag.frames import Offered, Piece
from perahu.sync.postbag.index import GONE_KEPT, ROUTES_KEPT, Index, Parcel
from perahu.sync.postbag.label import is_whole, label_of, read_head
from perahu.sync.postbag.talk import Talk
from perahu.sync.postbag.tidy import tidy
from perahu.words import Refusal
from tests.cast import NOON_MS, District
from tests.sync.bags import SMALL, Post
from tests.sync.road import TO_HUB, record_part, relay
from tests.sync.sticks import Stick, reopened


@pytest.fixture
def post(district: District, tmp_path: Path) -> Post:
    """Enggano has something to say, and nobody has met yet."""
    post = Post(district, tmp_path)
    record_part(district, post.at("Enggano"), 60_000)
    return post


def letter(post: Post) -> Path:
    """Enggano's letter to the hub, as a file."""
    (path,) = post.file("Enggano", "Hub", TO_HUB)
    return path


def with_disk(post: Post, name: str, disk: RealDisk) -> PostBag:
    """The bag of a node that was started anew on another disk."""
    post.nodes[name] = reopened(post.district, post.at(name), name, disk)
    post.bags.pop(name, None)
    return post.bag(name)


def test_it_gives_nothing_away_by_itself(post: Post, tmp_path: Path) -> None:
    """Until node says who may bring a parcel nearer, only its addressee gets it."""
    post.at("Kapal")
    bag = PostBag(post.at("Kapal"), tmp_path / "plain", SMALL)
    bag.take_file(letter(post), brought_by=index.STICK)
    hub, other = post.at("Hub").node_id, post.at("Provinsi").node_id
    assert len(bag.for_peer(hub, is_exchanged=False)) == 1
    assert bag.for_peer(other, is_exchanged=False) == []


def test_it_takes_a_file_once(post: Post) -> None:
    """The same file again is the parcel that is there; a changed one is none."""
    path, bag = letter(post), post.bag("Kapal")
    taken = bag.take_file(path, brought_by=index.STICK)
    assert bag.take_file(path, brought_by=index.STICK) == taken
    content = bytearray(path.read_bytes())
    content[limits.COURIER_HEAD_BYTES + 20] ^= 1
    changed = path.with_name("changed.jrnb")
    changed.write_bytes(content)
    with pytest.raises(Refusal, match="bad_parcel"):
        post.bag("Ketahun").take_file(changed, brought_by=index.STICK)
    assert post.lies("Ketahun") == []


def test_it_keeps_no_copy_that_our_disk_gives_back_otherwise(post: Post) -> None:
    """The file is good and its copy is not: nothing of it stays."""
    folder = post.bag("Kapal").folder
    bag = with_disk(post, "Kapal", Stick(folder, lies_at=20_000))
    with pytest.raises(Refusal, match="bad_parcel"):
        bag.take_file(letter(post), brought_by=index.STICK)
    assert post.lies("Kapal") == [] and bag.index.begun() == []
    assert list(folder.iterdir()) == []


def test_it_writes_a_whole_file_onto_a_stick_or_none(
    post: Post, tmp_path: Path
) -> None:
    """A full stick and a lying one are left without a file; a good one has it, equal."""
    parcel = post.bag("Kapal").take_file(letter(post), brought_by=index.STICK)
    stick = tmp_path / "stick"
    stick.mkdir()
    bag = with_disk(post, "Kapal", Stick(stick, room=30_000))
    with pytest.raises(OSError, match="space"):
        bag.copy_out(parcel, stick / "a.jrnb")
    assert list(stick.iterdir()) == []
    bag = with_disk(post, "Kapal", Stick(stick, lies_at=20_000))
    with pytest.raises(Refusal, match="bad_parcel"):
        bag.copy_out(parcel, stick / "a.jrnb")
    assert list(stick.iterdir()) == []
    bag = with_disk(post, "Kapal", RealDisk())
    bag.copy_out(parcel, stick / "a.jrnb")
    assert files.hash_of(RealDisk(), stick / "a.jrnb") == parcel.sha


def test_it_copies_no_file_that_became_shorter(tmp_path: Path) -> None:
    """Whoever pulls a stick while it is copied leaves no half parcel."""
    source = tmp_path / "source"
    source.write_bytes(b"x" * 100)
    with pytest.raises(OSError, match="shorter"):
        files.copy(RealDisk(), source, tmp_path / "target", 101)


def test_it_looks_after_what_was_given(post: Post) -> None:
    """Good ones stay; what has gone bad or vanished goes; what has gone already is calm."""
    bag = post.bag("Kapal")
    parcel = bag.take_file(letter(post), brought_by=index.STICK)
    bag.look_after(parcel.sha)
    assert post.lies("Kapal") == [parcel]
    bag.path_of(parcel.sha).unlink()
    bag.look_after(parcel.sha)
    assert post.lies("Kapal") == []
    assert [one.how for one in bag.index.gone()] == [index.DAMAGED]
    bag.look_after(parcel.sha)
    bag.held_by([parcel.sha], post.at("Hub").node_id)
    assert len(bag.index.gone()) == 1


def parcel_like(number: int) -> Parcel:
    """A row as no bag would ever have so many."""
    label = label_of([b"s" * 16, b"r" * 16, b"i" * 16, number, 1, NOON_MS])
    return Parcel(
        sha=number.to_bytes(32, "big"), size=1, label=label,
        brought_by=b"", hops=0, taken_ms=NOON_MS,
    )  # fmt: skip


def test_it_remembers_so_many_and_no_more(post: Post) -> None:
    """Of what has gone, and of who brought what: the newest, in bounds."""
    found = Index(post.at("Kapal").local)
    for number in range(GONE_KEPT + 3):
        found.remove(parcel_like(number), index.OLDER, b"", NOON_MS + number)
    found.forget_gone(NOON_MS)
    assert len(found.gone()) == GONE_KEPT
    assert not found.is_gone(parcel_like(0).sha)
    assert found.is_gone(parcel_like(GONE_KEPT + 2).sha)
    found.forget_gone(NOON_MS + GONE_KEPT)
    assert len(found.gone()) == 3
    node = b"n" * 16
    for number in range(ROUTES_KEPT + 2):
        found.note_route(node, number.to_bytes(16, "big"), NOON_MS + number)
    found.forget_routes(NOON_MS)
    assert len(found.carriers_of(node)) == ROUTES_KEPT
    found.forget_routes(NOON_MS + ROUTES_KEPT)
    assert len(found.carriers_of(node)) == 2
    assert found.carriers_of(b"m" * 16) == {}


def test_it_leaves_strange_files_alone(post: Post) -> None:
    """Not called like a parcel: somebody else's, whatever it is. A lost parcel goes."""
    bag = post.bag("Kapal")
    parcel = bag.take_file(letter(post), brought_by=index.STICK)
    strange = [bag.folder / name for name in ("catatan.txt", "ab.jrnb", "zz" * 32)]
    lost = bag.path_of(bytes(32))
    being_taken = bag.path_of(b"\1" * 32)
    bag.claimed[b"\1" * 32] = bag
    for path in (*strange, lost, being_taken):
        path.write_bytes(b"x")
    tidy(bag)
    assert all(path.exists() for path in (*strange, being_taken))
    assert not lost.exists() and post.lies("Kapal") == [parcel]


def front_of(path: Path) -> bytes:
    """The room at the beginning of a file."""
    return path.read_bytes()[: limits.COURIER_HEAD_BYTES]


@pytest.mark.parametrize(
    ("sender", "claims"),
    [
        (bytes(16), {}),
        (b"", {writing.HASH: b"short"}),
        (b"", {writing.SIZE: -1}),
        (b"", {writing.PART: 0}),
        (b"", {writing.PART: limits.COURIER_PARTS_MAX + 1}),
    ],
)
def test_it_reads_no_head_that_cannot_be(
    post: Post, sender: bytes, claims: dict[int, object]
) -> None:
    """Signed as it should be, by one who says what cannot be."""
    path, enggano = letter(post), post.at("Enggano")
    hello = next(
        hear(frame).hello
        for frame in FrameReader().feed(front_of(path))
        if frame.type == frames.HELLO
    )
    said = replace(hello, sender=sender or hello.sender, file={**hello.file, **claims})
    front = frames.MAGIC + said.sign(enggano.sign).encode()
    with pytest.raises(Refusal, match="bad_message"):
        read_head(front, enggano.root_public)


def test_it_finds_a_head_behind_other_frames(post: Post) -> None:
    """What stands before HELLO is passed over; without one there is no parcel."""
    path, root = letter(post), post.at("Enggano").root_public
    front = front_of(path)
    other = Frame(frames.END, b"").encode()
    assert read_head(frames.MAGIC + other + front[4:], root) == read_head(front, root)
    with pytest.raises(Refusal, match="bad_message"):
        read_head(frames.MAGIC + other, root)


def test_it_is_whole_at_its_own_length_only(post: Post) -> None:
    """Shorter, longer than its room, and a file that ends while it is read."""
    path = letter(post)
    content = path.read_bytes()
    head = read_head(front_of(path), post.at("Enggano").root_public)

    def read(offset: int, count: int) -> bytes:
        return content[offset : offset + count]

    assert is_whole(read, len(content), head)
    assert not is_whole(read, head.end - 1, head)
    assert not is_whole(read, head.end + limits.COURIER_HEAD_BYTES + 1, head)
    content = content[: head.end - 10]
    assert not is_whole(read, head.end, head)


def test_it_hears_no_label_that_is_none() -> None:
    """A label is a list of six, or there is none."""
    for label in (7, [1, 2, 3], b"label"):
        payload = cbor.encode({1: [[bytes(32), 5, 0, label]]})
        with pytest.raises(Refusal, match="bad_message"):
            wire.hear_parcels(Frame(frames.PARCELS, payload))


def told(talk: Talk, parcel: Parcel, times: int = 1) -> list[Frame]:
    """The peer tells of a parcel like this one; gives what we answer."""
    one = Offered(
        sha=parcel.sha, size=parcel.size, hops=parcel.hops, label=parcel.label
    )
    return talk.heard(wire.parcels([one] * times))


def asked_at(answer: list[Frame]) -> list[tuple[bytes, int]]:
    """What is asked for, and from where on."""
    return [one for frame in answer for one in wire.hear_want(frame)]


def test_it_gives_what_has_left_the_bag_to_nobody(post: Post) -> None:
    """Told of, asked for, and then gone from the disk: an empty piece says so."""
    (parcel,) = post.send("Enggano", "Hub")
    talk = post.talk("Enggano", "Kapal")
    talk.heard(wire.want([(parcel.sha, 0)]))
    post.bag("Enggano").path_of(parcel.sha).unlink()
    frame = talk.next_frame()
    assert frame is not None
    assert wire.hear_piece(frame) == Piece(parcel.sha, 0, b"")
    assert talk.next_frame() is None


def test_it_waits_for_nothing_that_the_peer_lets_go(post: Post) -> None:
    """An empty piece: the parcel left the other bag, and another peer may bring it."""
    (parcel,) = post.send("Enggano", "Hub")
    talk = post.talk("Ketahun", "Kapal")
    assert asked_at(told(talk, parcel, 2)) == [(parcel.sha, 0)], "once for both"
    before = talk.is_busy, list(talk.bag.claimed)
    talk.heard(wire.piece(Piece(parcel.sha, 0, b"")))
    after = talk.is_busy, list(talk.bag.claimed)
    assert (before, after) == ((True, [parcel.sha]), (False, []))


def test_it_asks_one_peer_at_a_time(post: Post) -> None:
    """What one brings is not asked of another; a newer session of the same takes over."""
    (parcel,) = post.send("Enggano", "Hub")
    content = post.bag("Enggano").path_of(parcel.sha).read_bytes()
    first, other = post.talk("Ketahun", "Kapal"), post.talk("Ketahun", "Hub")
    assert asked_at(told(first, parcel)) == [(parcel.sha, 0)]
    assert told(other, parcel) == [], "it is on its way"
    first.heard(wire.piece(Piece(parcel.sha, 0, content[:16_384])))
    newer = post.talk("Ketahun", "Kapal")
    assert asked_at(told(newer, parcel)) == [(parcel.sha, 16_384)]
    assert told(newer, parcel) == [], "asked once a session"
    assert not first.is_busy
    first.close()
    assert parcel.sha in newer.bag.claimed, (
        "the older one lets go of nothing that is not its"
    )
    for at in range(16_384, len(content), 16_384):
        newer.heard(wire.piece(Piece(parcel.sha, at, content[at : at + 16_384])))
    assert [one.sha for one in post.lies("Ketahun")] == [parcel.sha]


def test_it_begins_anew_where_more_is_here_than_there_is(post: Post) -> None:
    """Pieces of an earlier try that reach beyond the file: thrown away, from the front."""
    (parcel,) = post.send("Enggano", "Hub")
    talk = post.talk("Ketahun", "Kapal")
    talk.bag.add_piece(parcel.sha, 0, bytes(parcel.size + 5), bytes(16))
    assert asked_at(told(talk, parcel)) == [(parcel.sha, 0)]
    assert talk.bag.begun_bytes(parcel.sha) == 0


def test_it_blames_nobody_for_our_own_trouble(post: Post) -> None:
    """Our book takes nothing just then: no lie of the peer, and it is heard further."""
    (parcel,) = post.send("Enggano", "Hub")
    content = post.bag("Enggano").path_of(parcel.sha).read_bytes()
    talk = post.talk("Ketahun", "Kapal")
    told(talk, parcel)
    store = post.at("Ketahun")._book.store
    for at in range(0, len(content), 16_384):
        if at:
            store.rows("PRAGMA query_only = ON")
        talk.heard(wire.piece(Piece(parcel.sha, at, content[at : at + 16_384])))
    assert talk._lies == 0 and not talk.is_busy and post.lies("Ketahun") == []
    store.rows("PRAGMA query_only = OFF")
    post.meet("Ketahun", "Enggano")
    assert [one.sha for one in post.lies("Ketahun")] == [parcel.sha]


class Overtaken(RealDisk):
    """A disk on which another session acts in the middle of one write, once."""

    other: Callable[[], object] | None = None

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Write, overtaken before."""
        other, self.other = self.other, None
        if other is not None:
            other()
        super().write_at(path, offset, data)


def test_it_is_overtaken_by_a_newer_session(post: Post) -> None:
    """The older one was just writing its last piece: what the newer one claims is its own."""
    (parcel,) = post.send("Enggano", "Hub")
    content = post.bag("Enggano").path_of(parcel.sha).read_bytes()
    disk = Overtaken()
    with_disk(post, "Ketahun", disk)
    older, newer = (post.talk("Ketahun", "Kapal") for _ in range(2))
    told(older, parcel)
    *most, last = range(0, len(content), 16_384)
    for at in most:
        older.heard(wire.piece(Piece(parcel.sha, at, content[at : at + 16_384])))
    disk.other = lambda: told(newer, parcel)
    older.heard(wire.piece(Piece(parcel.sha, last, content[last:])))
    assert [one.sha for one in post.lies("Ketahun")] == [parcel.sha]
    assert newer.bag.claimed == {parcel.sha: newer}
    newer.close()
    assert newer.bag.claimed == {}


def test_it_thanks_as_the_epoch_it_was_met_in(post: Post) -> None:
    """The boat's next epoch begins while it takes a letter: its receipt is still believed."""
    (parcel,) = post.send("Enggano", "Hub")
    boat, office = post.sessions("Kapal", "Enggano")
    while boat._post is None:
        office.received(boat.to_send(1 << 16))
        boat.received(office.to_send(1 << 16))
    assert not post.lies("Kapal")
    post.at("Kapal").begin_epoch()
    relay(boat, office, None, 1 << 16)
    assert boat.finished and office.finished and office.refusal is None
    assert [one.sha for one in post.lies("Kapal")] == [parcel.sha]
    (holder, _), *_ = post.bag("Enggano").index.given(parcel.sha)
    assert holder == post.at("Kapal").node_id
