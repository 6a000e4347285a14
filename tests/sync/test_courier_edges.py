"""Courier files at their edges: senders that lie, sticks that end, files in several parts."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from perahu.journal.types import COMMON, Draft, Level
from perahu.keys.facts import NodeRevoked
from perahu.sync import frames, limits
from perahu.sync.ack import hear_ack
from perahu.sync.courier import exporting as courier
from perahu.sync.courier import writing
from perahu.sync.courier.code import lost_rows
from perahu.sync.courier.groups import Grid
from perahu.sync.courier.reading import files_on, read
from perahu.sync.frames import Frame, FrameReader
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District, with_hub
from tests.sync.road import (
    TO_HUB,
    TO_OFFICE,
    TO_PROVINSI,
    Meeting,
    drain,
    record_part,
)
from tests.sync.sticks import (
    SECTOR,
    Stick,
    code_of,
    hub_of,
    peer_of,
    read_up,
    reopened,
    write_down,
    write_up,
)
from tests.sync.test_courier_survives import World, _head_of, _with_head


def held(content: bytes) -> list[Frame]:
    """The frames of a small file, without what mends them."""
    size = Grid(_head_of(content).file[writing.LAST_BYTES]).data_bytes
    begin = limits.COURIER_HEAD_BYTES
    return list(FrameReader().feed(frames.MAGIC + content[begin : begin + size]))


def lying(world: World, body: list[Frame], **changes: Any) -> Path:
    """A file of Enggano's with these frames, signed as if it had written them so."""
    raw = b"".join(frame.encode() for frame in body)
    hello = _head_of(world.content)
    claims = {
        writing.LAST_BYTES: 0, writing.SIZE: len(raw), writing.COUNT: len(body),
        writing.HASH: hashlib.sha256(raw).digest(),
    }  # fmt: skip
    said = dataclasses.replace(hello, file={**hello.file, **claims}, **changes)
    head = said.sign(world.enggano.sign).encode()
    world.path.write_bytes(writing._front(head) + raw + head)
    return world.path


def test_it_goes_on_behind_a_frame_that_is_no_fact(tmp_path: Path) -> None:
    """A MANIFEST of noise, and a segment sealed with another key: all else comes in."""
    world = World(tmp_path, parts=1, size=20_000)
    good = held(world.content)
    (segment, *_) = [frame for frame in good if frame.type == frames.SEG]
    strange = Frame(frames.SEG, segment.payload[:-1] + b"\0")
    got = read_up(
        world.hub, lying(world, [Frame(frames.MANIFEST, b"noise"), strange, *good])
    )
    assert (got.stored_entries, got.blobs, got.refused) == (2, 1, 2)


def test_it_believes_no_ack_of_another_file(district: District, tmp_path: Path) -> None:
    """A hub's ACK moved into a file that it wrote before it had anything: no level rises."""
    world = World(tmp_path, parts=1, size=20_000)
    receipt, _ = record_part(world.district, world.enggano, 9_000)
    up = write_up(world.enggano, world.hub, world.stick).paths[0]
    first = write_down(world.hub, world.enggano, tmp_path / "1").paths[0]
    read_up(world.hub, up)
    second = write_down(world.hub, world.enggano, tmp_path / "2").paths[0]
    acks = [f for f in held(second.read_bytes()) if f.type == frames.ACK]
    hub = world.hub
    world.content, world.path, world.enggano = first.read_bytes(), first, hub
    enggano = world.district.open("Enggano")
    got = read(Side(enggano), lying(world, [*acks, *held(world.content)]), hub_of)
    assert got.refused == len(acks) > 0
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECORDED
    read(Side(enggano), second, hub_of)
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED


def test_it_takes_nothing_of_one_who_says_to_be_another(tmp_path: Path) -> None:
    """Good papers, a good signature, and the name of another node in front of them."""
    world = World(tmp_path, parts=1, size=20_000)
    path = lying(world, held(world.content), sender=bytes(16))
    assert code_of(world.hub, path) == "bad_message"
    assert world.hub.events() == world.hub.events()[:9]


def test_it_takes_nothing_of_the_revoked_nor_of_strangers(tmp_path: Path) -> None:
    """Whom the kabupaten has revoked, and whom the receiver does not know."""
    world = World(tmp_path, parts=1, size=20_000)
    with pytest.raises(Refusal, match="unknown_peer"):
        read(Side(world.hub), world.path, lambda _: None)
    with world.hub.writing() as book:
        fact = NodeRevoked(
            node=world.enggano.node_id, reason="dicuri", valid_through=()
        )
        book.append(world.district.ask(), [Draft(fact, audience=COMMON)])
    assert code_of(world.hub, world.path) == "revoked"


def test_it_is_no_courier_file_that_only_begins_like_one(tmp_path: Path) -> None:
    """A session of the wire written to a stick has a HELLO, and no file behind it."""
    world = World(tmp_path, parts=1, size=20_000)
    said = drain(Meeting(world.enggano, world.hub).initiator())
    world.path.write_bytes(said)
    assert code_of(world.hub, world.path) == "no_courier_file"
    assert files_on(world.hub, world.stick).broken == [world.path]
    assert files_on(world.hub, world.stick, lambda _: False).broken == []


def test_it_stops_where_our_own_disk_is_full(tmp_path: Path) -> None:
    """The stick is not to blame: nothing is called damaged, and later it comes in whole."""
    world = World(tmp_path, parts=2, size=60_000)
    blobs = world.district.members["Hub"].folder / "blobs"
    hub = world.with_disk(Stick(blobs, room=20_000))
    assert code_of(hub, world.path) == "no_space"
    hub = world.with_disk(Stick(blobs))
    assert read_up(hub, world.path).is_whole
    world.check_complete(2)


def test_it_tells_of_the_part_that_follows(district: District, tmp_path: Path) -> None:
    """Who has read the first part is told the name of the next; the last names none."""
    hub, enggano = with_hub(district)
    for _ in range(4):
        record_part(district, enggano, 90_000)
    made = courier.export(
        Side(enggano), peer_of(hub), TO_HUB, tmp_path, part_bytes_max=250_000
    )
    words = [read_up(hub, path).words for path in made.paths]
    assert len(words) == 3
    for number, one in enumerate(words[:-1], start=2):
        assert f"(.p{number})" in one.id and f"(.p{number})" in one.en
    assert "(.p" not in words[-1].id


@dataclasses.dataclass
class Ending(Stick):
    """A stick that is full once a second part begins."""

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Room for one part."""
        if ".p2" in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write_at(path, offset, data)


@pytest.mark.parametrize("is_pulled", [False, True])
def test_it_leaves_no_first_part_where_the_second_fails(
    district: District, tmp_path: Path, is_pulled: bool
) -> None:
    """Nobody was told of it: it is taken away, if the stick still lets us."""
    hub, enggano = with_hub(district)
    for _ in range(4):
        record_part(district, enggano, 90_000)
    disk = Stick(tmp_path, pulled_after=600_000) if is_pulled else Ending(tmp_path)
    enggano = reopened(district, enggano, "Enggano", disk)
    with pytest.raises(Refusal, match="bad_stick" if is_pulled else "stick_full"):
        courier.export(
            Side(enggano), peer_of(hub), TO_HUB, tmp_path, part_bytes_max=250_000
        )
    left = [path.name for path in tmp_path.glob("*JRN-*")]
    assert bool(left) == is_pulled
    again = reopened(district, enggano, "Enggano", Stick(tmp_path))
    assert read_up(hub, write_up(again, hub, tmp_path).paths[0]).is_whole


def test_it_fits_a_head_that_is_too_long_for_half_its_room(tmp_path: Path) -> None:
    """It stands there once then, and again behind the frames."""
    world = World(tmp_path, parts=1, size=20_000)
    content = _with_head(world, {99: "x" * 9_000})
    head = content[: limits.COURIER_HEAD_BYTES]
    assert head.count(b"x" * 9_000) == 1
    assert content.count(b"x" * 9_000) == 2
    world.path.write_bytes(content)
    assert read_up(world.hub, world.path).is_whole


def test_it_rises_to_safe_by_stick(district: District, tmp_path: Path) -> None:
    """What a second site holds is told in the next file, until one of them was read."""
    hub, enggano = with_hub(district)
    receipt, ref = record_part(district, enggano, 9_000)
    got = read_up(hub, write_up(enggano, hub, tmp_path).paths[0])
    Meeting(hub, district.open("Provinsi"), TO_PROVINSI).hold()
    told = []
    for number in range(3):
        folder = tmp_path / str(number)
        path = write_down(hub, enggano, folder).paths[0]
        acks = [f for f in held(path.read_bytes()) if f.type == frames.ACK]
        told.append(hear_ack(acks[0], hub.chain.epoch.public).done)
        if number == 1:
            read(Side(enggano), path, hub_of)
            level = enggano.level_of(receipt.journal, receipt.seq)
            assert level is Level.SAFE
            read_up(hub, write_up(enggano, hub, tmp_path / "back").paths[0])
    assert got.done == ((ref.sha256, 1),)
    assert told == [((ref.sha256, 2),), ((ref.sha256, 2),), ()]


def test_it_tells_of_so_many_and_the_rest_later(
    district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than fits the head of a file: what is not told is written again."""
    monkeypatch.setattr(limits, "COURIER_ACKS_MAX", 2)
    hub, enggano = with_hub(district)
    record_part(district, enggano, 9_000)
    read_up(hub, write_up(enggano, hub, tmp_path / "up").paths[0])
    shas = [number.to_bytes(32, "big") for number in range(1_200)]
    made = courier.export(
        Side(hub), peer_of(enggano), TO_OFFICE, tmp_path,
        answering=[(sha, 1) for sha in shas],
    )  # fmt: skip
    found = held(made.paths[0].read_bytes())
    acks = [
        hear_ack(frame, hub.chain.epoch.public)
        for frame in found
        if frame.type == frames.ACK
    ]
    assert [len(one.done) for one in acks] == [limits.ACKED_BLOBS_MAX] * 2
    assert acks[0].reached and not acks[1].reached


def test_it_gives_up_a_stick_that_is_bad_all_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many squares may fail; one more, and the medium counts as gone."""
    monkeypatch.setattr(limits, "COURIER_BAD_SQUARES_MAX", 3)
    world = World(tmp_path, parts=1, size=200_000)
    begin = limits.COURIER_HEAD_BYTES // SECTOR
    per_square = limits.COURIER_SQUARE_BYTES // SECTOR
    bad = {begin + number * per_square for number in range(0, 8, 2)}
    assert code_of(world.with_disk(Stick(world.stick, bad)), world.path) == "bad_stick"
    bad.pop()
    assert read_up(world.with_disk(Stick(world.stick, bad)), world.path).is_whole


def test_it_mends_nothing_where_nothing_is_lost() -> None:
    """All rows are there: none is made again."""
    assert lost_rows({0: b"a", 1: b"b"}, {0: b"c"}, 2) == {}
