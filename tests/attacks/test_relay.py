"""A hostile carrier: it forges, changes, replays, withholds, floods, lies, and cannot read."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import struct
from pathlib import Path

import pytest
import zstandard

from perahu.journal.types import COMMON, PART, Draft, Level
from perahu.keys import cbor
from perahu.keys.facts import NodeRevoked
from perahu.node.disk import RealDisk
from perahu.sync import frames, limits
from perahu.sync.courier.reading import read
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.hello import hear, signed_pair
from perahu.sync.postbag import frames as wire
from perahu.sync.postbag import index
from perahu.sync.postbag.bag import BEGUN_OF_PEER, DAY_MS
from perahu.sync.postbag.frames import Offered, Piece
from perahu.sync.postbag.index import Parcel
from perahu.sync.postbag.room import Room
from perahu.sync.postbag.talk import LIES_MAX, WAIT_S, next_frame
from perahu.sync.postbag.tidy import tidy
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import MADE, District, corrected, give
from tests.sync.bags import Post
from tests.sync.road import TO_HUB, offer_for, record, record_part


@pytest.fixture
def post(district: District, tmp_path: Path) -> Post:
    """Enggano's letter is in the bag of the carrier, which is hostile from now on."""
    post = Post(district, tmp_path)
    record_part(district, post.at("Enggano"), 100_000)
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    assert len(post.lies("Kapal")) == 1
    return post


def _put(
    post: Post, name: str, content: bytes, like: Parcel, **changes: object
) -> Parcel:
    """Put bytes into a bag as if they were a parcel like this one."""
    bag = post.bag(name)
    label = dataclasses.replace(like.label, **changes)  # type: ignore[arg-type]
    sha = post.district.dice(32)
    made = dataclasses.replace(like, sha=sha, size=len(content), label=label)
    bag.path_of(sha).write_bytes(content)
    bag.index.put(made)
    return made


def _content(post: Post, name: str = "Kapal") -> bytearray:
    (parcel,) = post.lies(name)
    return bytearray(post.bag(name).path_of(parcel.sha).read_bytes())


def test_it_changes_bytes(post: Post) -> None:
    """Any byte of the content: the next hand finds out, and takes the whole one elsewhere."""
    (parcel,) = post.lies("Kapal")
    for at in (limits.COURIER_HEAD_BYTES + 5, parcel.size // 2):
        content = _content(post)
        content[at] ^= 1
        post.bag("Kapal").path_of(parcel.sha).write_bytes(content)
        post.meet("Kapal", "Hub", TO_HUB)
        assert post.bag("Hub").for_us() == []
        content[at] ^= 1
        post.bag("Kapal").path_of(parcel.sha).write_bytes(content)
        post.bag("Kapal").index.put(parcel)
    other = _put(post, "Kapal", bytes(content[:-1] + b"?"), parcel)
    post.bag("Kapal").drop(parcel, index.AGED, b"")
    post.meet("Kapal", "Hub", TO_HUB)
    assert (
        post.bag("Hub").for_us() == [] and post.bag("Hub").index.get(other.sha) is None
    )
    post.meet("Ketahun", "Enggano")
    post.meet("Ketahun", "Hub", TO_HUB)
    assert len(post.bag("Hub").for_us()) == 1


def test_it_forges_a_head(post: Post) -> None:
    """Under Enggano's name, with another number or addressee, or signed by the carrier."""
    (parcel,) = post.lies("Kapal")
    content = bytes(_content(post))
    first = next(iter(FrameReader().feed(content[: limits.COURIER_HEAD_BYTES])))
    body, signature = signed_pair(first.payload)
    hello = hear(first).hello
    newer = dataclasses.replace(hello, file={**hello.file, 5: 99})
    plain = cbor.encode(newer._plain())
    by_us = newer.sign(post.at("Kapal").sign)
    assert body
    for forged in (Frame(frames.HELLO, cbor.encode([plain, signature])), by_us):
        head = frames.MAGIC + forged.encode()
        made = head + content[len(head) :]
        file = post.folder / "forged.jrnb"
        file.write_bytes(made)
        with pytest.raises(Refusal):
            post.bag("Ketahun").take_file(file, brought_by=index.STICK)
        _put(post, "Kapal", made, parcel, number=99)
        post.meet("Ketahun", "Kapal")
        assert [one.label.number for one in post.lies("Ketahun")] == [1]


def test_it_replays_an_old_letter(post: Post) -> None:
    """After a newer one was read at the hub the old one is not taken and changes nothing."""
    record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.meet("Ketahun", "Enggano")
    post.meet("Ketahun", "Hub", TO_HUB)
    hub = post.bag("Hub")
    (mine,) = hub.for_us()
    read(Side(post.at("Hub")), hub.path_of(mine.sha), offer_for)
    hub.drop(mine, index.IMPORTED, b"")
    heads = sum(row.head_seq for row in post.at("Hub").journals())
    post.meet("Kapal", "Hub", TO_HUB)
    assert hub.for_us() == []
    assert sum(row.head_seq for row in post.at("Hub").journals()) == heads


def test_it_takes_and_throws_away(post: Post) -> None:
    """A carrier that drops everything delays its own way only: the sender gave a copy."""
    (parcel,) = post.lies("Kapal")
    post.bag("Kapal").drop(parcel, index.AGED, b"")
    assert len(post.lies("Enggano")) == 1
    post.meet("Ketahun", "Enggano")
    post.meet("Ketahun", "Hub", TO_HUB)
    assert len(post.bag("Hub").for_us()) == 1


def test_it_claims_to_be_the_end_of_it(post: Post) -> None:
    """Only the addressee's own signature lets a parcel go; the carrier's does not."""
    (parcel,) = post.lies("Enggano")
    bag = post.bag("Enggano")
    bag.held_by([parcel.sha], post.at("Kapal").node_id)
    assert len(post.lies("Enggano")) == 1
    talk = post.talk("Enggano", "Ketahun")
    forged = wire.got(talk.session, [parcel.sha], post.at("Kapal").sign)
    with pytest.raises(Refusal, match="bad_signature"):
        talk.heard(forged)
    elsewhere = wire.got(bytes(16), [parcel.sha], post.at("Ketahun").sign)
    with pytest.raises(Refusal, match="bad_message"):
        talk.heard(elsewhere)
    assert len(post.lies("Enggano")) == 1


def test_it_lies_about_what_it_has(post: Post) -> None:
    """A label that is not the file's own costs a head's bytes, and three of them its ear."""
    talk = post.talk("Ketahun", "Kapal")
    content = bytes(_content(post))
    (parcel,) = post.lies("Kapal")
    for number in range(2, 2 + LIES_MAX + 1):
        label = dataclasses.replace(parcel.label, number=number)
        sha = post.district.dice(32)
        told = wire.parcels([Offered(sha=sha, size=len(content), hops=0, label=label)])
        asked = talk.heard(told)
        if number < 2 + LIES_MAX:
            assert asked
            talk.heard(wire.piece(Piece(sha, 0, content[: limits.CHUNK_BYTES])))
            assert talk.bag.index.begun() == []
        else:
            assert not asked
    assert post.lies("Ketahun") == [] or post.lies("Ketahun")[0].label.number == 1
    assert not talk.is_busy or talk._got


def test_it_fills_the_bag(post: Post) -> None:
    """An office in bad hands writes letters of many parts: it gets its share and no more."""
    (before,) = post.lies("Kapal")
    post.bag("Kapal").drop(before, index.OLDER, b"")
    room = Room(free_bytes=0, total_bytes=900_000, sender_bytes=400_000, sender_count=3)
    post.bag("Kapal").room = room
    journal = post.at("Ketahun")
    give(post.at("Hub"), journal)
    fact = dataclasses.replace(corrected(), wilayah="170312")
    for _ in range(12):
        ref = journal.blobs.put(post.district.dice(90_000), PART)
        with journal.writing() as book:
            ask = post.district.ask("Ketahun", MADE)
            book.append(ask, [Draft(fact, blobs=(ref,))])
    assert len(post.send("Ketahun", "Hub", 200_000)) > 6
    for _ in range(3):
        post.meet("Kapal", "Ketahun")
    held = post.lies("Kapal")
    assert 0 < index.total_bytes(held) <= room.sender_bytes and len(held) <= 3
    record(post.district, post.at("Enggano"))
    post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    senders = {one.label.sender for one in post.lies("Kapal")}
    assert post.at("Enggano").node_id in senders


def test_it_sends_more_than_it_said(post: Post) -> None:
    """Pieces that were not asked for, out of order, behind the end, or blown up."""
    talk = post.talk("Ketahun", "Kapal")
    (parcel,) = post.lies("Kapal")
    sha = post.district.dice(32)
    stray = wire.piece(Piece(sha, 0, b"x" * 100))
    assert not talk.heard(stray) and talk.bag.begun_bytes(sha) == 0
    label = dataclasses.replace(parcel.label, number=7)
    talk.heard(wire.parcels([Offered(sha=sha, size=20_000, hops=0, label=label)]))
    for offset in (5, 19_999, 1 << 40):
        talk.heard(wire.piece(Piece(sha, offset, b"x" * 100)))
    assert talk.bag.begun_bytes(sha) == 0
    bomb = zstandard.ZstdCompressor().compress(bytes(10_000_000))
    payload = struct.pack(">32sQ", sha, 0) + bomb
    with pytest.raises(Refusal, match="bad_message"):
        talk.heard(Frame(frames.PARCEL, payload, wire.COMPRESSED))
    with pytest.raises(Refusal, match="bad_message"):
        talk.heard(Frame(frames.PARCEL, b"short"))


def test_it_asks_for_what_it_was_not_told_of(post: Post) -> None:
    """Only what was offered to this peer is given, never another file, never past its end."""
    talk = post.talk("Enggano", "Ketahun")
    (parcel,) = post.lies("Enggano")
    talk.heard(
        wire.want([(bytes(32), 0), (parcel.sha, parcel.size), (parcel.sha, 1 << 50)])
    )
    assert talk.next_frame() is None and not talk.is_busy


def test_it_keeps_us_waiting(post: Post) -> None:
    """It tells and never gives, asks and never takes: the session ends by itself."""
    talk = post.talk("Ketahun", "Kapal")
    (parcel,) = post.lies("Kapal")
    label = dataclasses.replace(parcel.label, number=8)
    sha = post.district.dice(32)
    talk.heard(wire.parcels([Offered(sha=sha, size=90_000, hops=0, label=label)]))
    talk._got.clear()
    assert talk.is_busy
    post.district.members["Ketahun"].clock.wall_ms += int(WAIT_S * 1000) + 1
    assert not talk.is_busy


def test_it_opens_nothing(post: Post) -> None:
    """The carrier has the file and good papers of its own: it is for another node."""
    (parcel,) = post.lies("Kapal")
    path = post.bag("Kapal").path_of(parcel.sha)
    with pytest.raises(Refusal, match="wrong_recipient"):
        read(Side(post.at("Kapal")), path, offer_for)


def test_it_loses_its_papers(post: Post) -> None:
    """A revoked node's post is not carried, nor is it let in to carry that of others."""
    hub = post.at("Hub")
    gone = post.at("Enggano").node_id
    with hub.writing() as book:
        draft = Draft(NodeRevoked(node=gone, reason="hilang"), audience=COMMON)
        book.append(post.district.ask("Hub"), [draft])
    give(hub, post.at("Kapal"))
    tidy(post.bag("Kapal"))
    assert post.lies("Kapal") == []
    (file,) = post.file("Enggano", "Hub", TO_HUB)
    with pytest.raises(Refusal, match="sender_revoked"):
        post.bag("Kapal").take_file(file, brought_by=index.STICK)
    initiator, responder = post.sessions("Enggano", "Kapal")
    responder.received(initiator.to_send(1 << 16))
    assert responder.refusal is not None and responder.refusal.code == "revoked"


def test_it_sends_messages_that_are_none(post: Post) -> None:
    """PARCELS, WANT and GOT of every wrong form are refused in words, and change nothing."""
    talk = post.talk("Ketahun", "Kapal")
    before = post.lies("Ketahun")
    wrong = [
        b"", b"\x80", cbor.encode({1: 5}), cbor.encode({1: [[1, 2, 3, 4]]}),
        cbor.encode({1: [[bytes(32), -1, 0, []]]}), cbor.encode({1: [[bytes(32), 5]] * 300}),
        cbor.encode({1: [[bytes(32), 5, 0, [bytes(16)] * 6]]}), b"\xff" * 200,
    ]  # fmt: skip
    for kind in (frames.PARCELS, frames.WANT, frames.GOT):
        for payload in wrong:
            try:
                talk.heard(Frame(kind, payload))
            except Refusal as refusal:
                assert refusal.code in ("bad_message", "bad_cbor")
    assert post.lies("Ketahun") == before


def test_it_has_a_bad_disk(post: Post) -> None:
    """What went bad in the bag is found out once, leaves it, and may come anew."""
    (parcel,) = post.lies("Kapal")
    content = _content(post)
    content[parcel.size // 2] ^= 1
    post.bag("Kapal").path_of(parcel.sha).write_bytes(content)
    post.meet("Kapal", "Ketahun")
    assert post.lies("Kapal") == post.lies("Ketahun") == []
    assert [one.how for one in post.bag("Kapal").index.gone()] == [index.DAMAGED]
    # It said that it has it, and is told of it again after a week.
    post.district.members["Enggano"].clock.wall_ms += 8 * DAY_MS
    post.meet("Kapal", "Enggano")
    assert [one.sha for one in post.lies("Kapal")] == [parcel.sha]


def test_it_tells_of_much_and_finishes_nothing(post: Post) -> None:
    """Session after session, a piece of each: rows and room it can take are few."""
    (parcel,) = post.lies("Kapal")
    for turn in range(3):
        talk = post.talk("Ketahun", "Kapal")
        offered = [
            Offered(
                sha=post.district.dice(32),
                size=90_000,
                hops=0,
                label=dataclasses.replace(parcel.label, number=100 * turn + n + 2),
            )
            for n in range(40)
        ]
        talk._coming.clear()
        assert talk.heard(wire.parcels(offered))
        for one in offered[:20]:
            talk.heard(wire.piece(Piece(one.sha, 0, b"x" * 5_000)))
        talk.close()
    begun = talk.bag.index.begun()
    assert len(begun) <= 20 + BEGUN_OF_PEER
    assert talk.bag.space().coming_bytes <= 5_000 * len(begun)


def test_it_alters_what_nobody_signed(post: Post) -> None:
    """The end of the file is no part of the parcel: one letter is not taken again and again."""
    (parcel,) = post.lies("Kapal")
    content = _content(post)
    content[-1] ^= 1
    other = _put(post, "Kapal", bytes(content), parcel)
    sha = hashlib.sha256(content).digest()
    post.bag("Kapal").path_of(other.sha).rename(post.bag("Kapal").path_of(sha))
    bag = post.bag("Kapal")
    bag.index.forget(other)
    bag.index.put(dataclasses.replace(other, sha=sha))
    post.meet("Ketahun", "Enggano")
    post.meet("Ketahun", "Kapal")
    assert [one.sha for one in post.lies("Ketahun")] == [parcel.sha]


def test_it_says_known_to_a_book_out_of_a_backup(post: Post) -> None:
    """A sender that counts its files again from an old backup is carried, and read."""
    record(post.district, post.at("Enggano"))
    (newest,) = post.send("Enggano", "Hub")
    post.meet("Kapal", "Enggano")
    assert newest.label.number == 2 and len(post.lies("Kapal")) == 1
    enggano, hub = post.at("Enggano"), post.at("Hub").node_id
    sessions, acks, _ = cbor.decode(enggano.local.get("counts", hub) or b"", 64)
    enggano.local.put("counts", hub, cbor.encode([sessions, acks, 0]))
    enggano.local.delete("parcel", newest.sha)
    for name, _ in enggano.local.items("parcel_last"):
        enggano.local.delete("parcel_last", name)
    post.district.members["Enggano"].clock.wall_ms += 3_600_000
    (again,) = post.send("Enggano", "Hub")
    assert again.label.number == 1
    post.meet("Kapal", "Enggano")
    assert again.sha in [one.sha for one in post.lies("Kapal")]
    post.meet("Kapal", "Hub", TO_HUB)
    assert again.sha in [one.sha for one in post.bag("Hub").for_us()]


def test_it_sails_with_a_wrong_clock(post: Post) -> None:
    """In 1970, in 2036, and right again: no post is thrown away for that."""
    clock, bag = post.district.members["Kapal"].clock, post.bag("Kapal")
    now_ms = clock.wall_ms
    for wall_ms in (now_ms, 0, now_ms, now_ms + 3650 * DAY_MS, now_ms):
        clock.wall_ms = wall_ms
        assert tidy(bag) == 0 and len(post.lies("Kapal")) == 1
    for _ in range(3):
        clock.wall_ms += 30 * DAY_MS
        tidy(bag)
    assert post.lies("Kapal") == []


class _FullDisk(RealDisk):
    """Nothing can be begun in the bag."""

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Write, where there is room."""
        if path.suffix == ".begun":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write_at(path, offset, data)


def test_it_meets_a_disk_that_is_full(post: Post) -> None:
    """Other nodes' post does not fit any more: the carrier's own facts arrive."""
    post.at("Hub").close()
    post.nodes["Hub"] = post.district.open("Hub", disk=_FullDisk())
    give(post.at("Hub"), post.at("Ketahun"))
    post.meet("Ketahun", "Enggano")
    ask = post.district.ask("Ketahun", MADE)
    fact = dataclasses.replace(corrected(), wilayah="170312")
    with post.at("Ketahun").writing() as book:
        receipt = book.append(ask, [Draft(fact)])
    post.meet("Ketahun", "Hub", TO_HUB)
    level = post.at("Ketahun").level_of(receipt.journal, receipt.seq)
    assert level is Level.RECEIVED and post.bag("Hub").for_us() == []


def test_it_forbids_the_carrier_in_the_middle(post: Post) -> None:
    """Nothing may go over this road any more: no post either, and the peer is told."""
    initiator, responder = post.sessions("Ketahun", "Kapal")
    for _ in range(6):
        responder.received(initiator.to_send(1 << 16))
        initiator.received(responder.to_send(1 << 16))
    talk, sending = responder._post, responder.sending
    (parcel,) = post.lies("Kapal")
    assert talk is not None
    talk.heard(wire.want([(parcel.sha, 0)]))
    sending.classes_max = lambda: 0
    frame = next_frame(sending, responder._sealer, talk)
    assert frame is not None and wire.hear_piece(frame).content == b""
    assert not talk._asked


def test_it_comes_second(post: Post) -> None:
    """Two boats brought the same letter: the hub may give its answer to either."""
    post.meet("Ketahun", "Enggano")
    post.meet("Kapal", "Hub", TO_HUB)
    post.meet("Ketahun", "Hub", TO_HUB)
    ways = post.bag("Hub").index.carriers_of(post.at("Enggano").node_id)
    assert post.at("Ketahun").node_id in ways


def test_it_leaves_after_the_first_part(post: Post) -> None:
    """Half a newer letter takes no place of a whole older one: its parts divide otherwise."""
    (small,) = post.lies("Kapal")
    post.bag("Kapal").drop(small, index.OLDER, b"")
    for _ in range(4):
        record_part(post.district, post.at("Enggano"), 150_000)
    older = post.send("Enggano", "Hub", 300_000)
    assert len(older) > 2
    post.meet("Kapal", "Enggano")
    record_part(post.district, post.at("Enggano"), 150_000, 2)
    newer = post.send("Enggano", "Hub", 300_000)
    post.meet("Kapal", "Enggano", cut=200_000, piece=1 << 14)
    for take in range(len(newer)):
        held = {one.sha for one in post.lies("Kapal")}
        assert {one.sha for one in older} <= held or {one.sha for one in newer} <= held
        post.meet("Kapal", "Enggano", cut=330_000 + take, piece=1 << 14)
    post.meet("Kapal", "Enggano")
    assert {one.sha for one in post.lies("Kapal")} == {one.sha for one in newer}
