"""A courier file survives what happens to sticks: each way of dying, and what is left."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from perahu.journal.journal import Journal
from perahu.keys.sealing import FrameKey
from perahu.sync import frames, limits
from perahu.sync.courier import exporting as courier
from perahu.sync.courier import groups as courier_groups
from perahu.sync.courier import writing as courier_writing
from perahu.sync.courier.groups import GROUP_BYTES, Grid
from perahu.sync.courier.reading import files_on, read
from perahu.sync.courier.report import Imported, Reading
from perahu.sync.frames import Frame
from perahu.sync.hello import Hello, hear
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District, with_hub
from tests.journal.stores import IN_MEMORY
from tests.sync.road import TO_HUB, offer_for, record, record_part
from tests.sync.sticks import (
    PAGE,
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

PARTS = 5
PART_BYTES = 700_000
STEP = 1 << 18


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that no flush waits for."""
    with tempfile.TemporaryDirectory(prefix="perahu-", dir=IN_MEMORY) as folder:
        yield Path(folder)


class World:
    """A hub, Enggano with some megabytes to send, and its file on a stick."""

    def __init__(self, place: Path, parts: int = PARTS, size: int = PART_BYTES) -> None:
        self.place, self.stick = place, place / "stick"
        self.district = District(place / "d")
        self.hub, self.enggano = with_hub(self.district)
        for _ in range(parts):
            record(self.district, self.enggano)
            record_part(self.district, self.enggano, size)
        self.made = write_up(self.enggano, self.hub, self.stick)
        (self.path,) = self.made.paths
        self.content = self.path.read_bytes()
        self.entries = 2 * parts

    def with_disk(self, disk: Stick) -> Journal:
        """The hub, reading from a stick like this."""
        self.hub = reopened(self.district, self.hub, "Hub", disk)
        return self.hub

    def check_complete(self, parts: int = PARTS) -> None:
        """The hub holds everything, once, and it is sound."""
        civil = [e for e in self.hub.events() if e.lane == 1]
        assert len(civil) == 2 * parts and self.hub.blobs.missing() == []
        assert self.hub.verify().sound


def test_it_survives_a_copy_torn_at_any_quarter_of_a_megabyte(place: Path) -> None:
    """All whole frames come in, it says how much is missing, and a new file completes it."""
    world = World(place)
    stored = blobs = 0
    for cut in range(limits.COURIER_HEAD_BYTES, len(world.content), STEP):
        world.path.write_bytes(world.content[:cut])
        got = read_up(world.hub, world.path)
        stored, blobs = stored + got.stored_entries, blobs + got.blobs
        assert got.missing_frames > 0 and "tidak terbaca" in got.words.id
        assert got.missing_bytes > 0
    assert stored == world.entries, "small facts go first, so they are in early"
    assert 0 < blobs < PARTS
    again = write_up(world.enggano, world.hub, world.stick)
    assert read_up(world.hub, again.paths[0]).is_whole
    world.check_complete()


def test_it_survives_a_stick_pulled_while_it_is_read(place: Path) -> None:
    """Whatever was read stays; plugged in again, the same file brings the rest."""
    world = World(place)
    before = 0
    for after in range(STEP, len(world.content), 3 * STEP):
        hub = world.with_disk(Stick(world.stick, pulled_after=after))
        assert code_of(hub, world.path) == "bad_stick"
        held = sum(hub.blobs.has(ref.sha256) for ref in hub.blobs.missing())
        assert len(hub.events()) >= before + held
        before = len(hub.events())
    hub = world.with_disk(Stick(world.stick))
    assert read_up(hub, world.path).is_whole
    world.check_complete()


def test_it_survives_a_stick_pulled_while_it_is_written(place: Path) -> None:
    """No file that looks whole is left; the next one holds everything and tidies up."""
    world = World(place)
    world.path.unlink()
    for after in (0, 20_000, 1_000_000, 3_700_000, 4_000_000, 7_000_000):
        disk = Stick(world.stick, pulled_after=after)
        world.enggano = reopened(world.district, world.enggano, "Enggano", disk)
        with pytest.raises(Refusal, match="bad_stick"):
            write_up(world.enggano, world.hub, world.stick)
        for one in world.stick.iterdir():
            whole = files_on(world.hub, world.stick).ours
            assert one.name.startswith(".") or one in whole, "only drafts are half"
    disk = Stick(world.stick)
    world.enggano = reopened(world.district, world.enggano, "Enggano", disk)
    made = write_up(world.enggano, world.hub, world.stick)
    assert not [one for one in world.stick.iterdir() if one.name.startswith(".")]
    assert read_up(world.hub, made.paths[0]).is_whole
    world.check_complete()


@pytest.mark.parametrize("how", ["unreadable", "zeros", "noise", "stale"])
def test_it_survives_one_bad_sector_anywhere(place: Path, how: str) -> None:
    """Every page of a small file and many of a big one: mended to the last bit."""
    small = World(place / "small", parts=1, size=30_000)
    big = World(place / "big", parts=3)
    chance = Random(how)
    pages = [(small, at) for at in range(0, len(small.content), PAGE)]
    pages += [(big, at) for at in range(0, len(big.content), 41 * PAGE)]
    for world, at in pages:
        sector = at + chance.randrange(PAGE // SECTOR) * SECTOR
        got = _with_bad(world, how, sector, SECTOR, chance)
        assert got.is_whole, f"{how} at {sector} of {len(world.content)}"
        assert (got.check_words,) == world.made.check_words
        is_between = sector >= limits.COURIER_HEAD_BYTES
        assert not got.mended_bytes or is_between
    small.check_complete(1)
    big.check_complete(3)


@pytest.mark.parametrize("how", ["unreadable", "zeros", "noise"])
@pytest.mark.parametrize("run", [16 * PAGE, 37 * PAGE])
def test_it_survives_a_run_of_bad_sectors(place: Path, how: str, run: int) -> None:
    """64 KB, or 148 KB, of a full group may be gone in one piece."""
    world, chance = World(place), Random(how)
    full = 2 * Grid(GROUP_BYTES).bytes
    for at in range(0, full - run, 97 * PAGE):
        got = _with_bad(world, how, at, run, chance)
        assert got.is_whole, f"{how} at {at}"
        assert (got.check_words,) == world.made.check_words
        assert at == 0 or "diperbaiki" in got.words.id
    world.check_complete()


def test_it_says_in_words_where_too_much_is_gone(place: Path) -> None:
    """Half a megabyte gone: what is whole comes in, the rest is asked for anew."""
    world = World(place)
    got = _with_bad(world, "unreadable", 1_000_000 // PAGE * PAGE, 500_000, Random(1))
    assert got.missing_frames > 5 and not got.is_whole
    assert "minta berkas baru" in got.words.id and got.stored_entries == world.entries
    assert got.blobs < PARTS
    world.with_disk(Stick(world.stick))
    again = write_up(world.enggano, world.hub, world.stick)
    assert read_up(world.hub, again.paths[0]).is_whole
    world.check_complete()


def _with_bad(world: World, how: str, at: int, size: int, chance: Random) -> Imported:
    """Read the file with so many bytes gone bad there, at a hub that may know it."""
    stick = Stick(world.stick)
    if how == "unreadable":
        stick.bad = set(range(at // SECTOR, (at + size) // SECTOR))
        world.path.write_bytes(world.content)
    else:
        content, size = bytearray(world.content), min(size, len(world.content) - at)
        size = max(0, size)
        stale = world.content[-size - PAGE : -PAGE]
        instead = {"zeros": bytes(size), "stale": stale}.get(how)
        content[at : at + size] = instead or chance.randbytes(size)
        world.path.write_bytes(content)
    return read_up(world.with_disk(stick), world.path)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_it_survives_three_imports_in_any_order(
    place: Path, order: tuple[int, ...]
) -> None:
    """Three files of one office, the newer holding the older: each order ends alike."""
    district = District(place / "d")
    hub, enggano = with_hub(district)
    files: list[Path] = []
    for _ in range(3):
        record_part(district, enggano, 40_000)
        files += write_up(enggano, hub, place / "stick").paths
    for i in (*order, *order):
        assert read_up(hub, files[i]).is_whole
    civil = [e for e in hub.events() if e.lane == 1]
    assert len(civil) == 3 and hub.blobs.missing() == [] and hub.verify().sound


def test_it_survives_a_wrong_recipient(place: Path) -> None:
    """Another office keeps nothing of it, whatever it is called; the hub still can read it."""
    world = World(place, parts=1)
    ketahun = world.district.open("Ketahun")
    renamed = world.path.with_name("JRN-hub-ketahun-20261121-1.jrnb")
    world.path.rename(renamed)
    with pytest.raises(Refusal, match="wrong_recipient"):
        read(Side(ketahun), renamed, hub_of)
    assert ketahun.journals() == []
    lying = files_on(ketahun, world.stick)
    assert (lying.ours, lying.others, lying.broken) == ([], 1, [])
    assert read_up(world.hub, renamed).is_whole


@pytest.mark.parametrize(
    "name",
    [
        "a\\..\\..\\windows.jrnb",
        "\x1b[2J\x1b[31mkurir\r\n.jrnb",
        "\u202egpj.bnrj.jrnb",
        "\udcff\udcfe.jrnb",
        "$(reboot);`x`'\".jrnb",
        "x" * 249 + ".jrnb",
        "-rf.jrnb.p999999999",
    ],
)
def test_it_survives_a_hostile_name(place: Path, name: str) -> None:
    """A name means nothing, and is shown without what would move a terminal's cursor."""
    world = World(place, parts=1, size=20_000)
    hostile = world.stick / name
    world.path.rename(hostile)
    seen: list[Reading] = []
    assert files_on(world.hub, world.stick).ours == [hostile]
    assert read(Side(world.hub), hostile, offer_for, seen.append).is_whole
    assert sorted(one.name for one in place.iterdir()) == ["d", "stick"]
    hostile.write_bytes(b"JRN1" + bytes(40_000))
    with pytest.raises(Refusal, match="no_courier_file") as refused:
        read_up(world.hub, hostile)
    said = refused.value.words.id
    assert said.isprintable() and len(said) < 400 and said.encode()


@pytest.mark.parametrize(
    "claims",
    [
        {1: -1}, {1: 1 << 60}, {1: "x"}, {2: b""}, {3: 1 << 52}, {3: 5}, {3: -4096},
        {7: 1}, {7: 4096 * 401}, {7: 1 << 52}, {7: -4096}, {7: [4096]}, {7: 8192},
    ],
)  # fmt: skip
def test_it_survives_a_head_that_claims_nonsense(
    place: Path, claims: dict[int, object]
) -> None:
    """Signed by one of us and still nonsense: refused in words, nothing taken in."""
    world = World(place, parts=1, size=20_000)
    world.path.write_bytes(_with_head(world, claims))
    assert code_of(world.hub, world.path) == "bad_message"
    assert read_up(world.hub, _whole(world)).is_whole


@pytest.mark.parametrize("claims", [{4: "x", 5: -1, 6: []}, {8: "x", 9: 7}, {8: [1]}])
def test_it_reads_a_file_whose_head_says_odd_things_beside(
    place: Path, claims: dict[int, object]
) -> None:
    """Numbers, contents and parts are for people: nonsense there costs no record."""
    world = World(place, parts=1, size=20_000)
    world.path.write_bytes(_with_head(world, claims))
    assert files_on(world.hub, world.stick).ours == [world.path]
    assert read_up(world.hub, world.path).is_whole


def _whole(world: World) -> Path:
    world.path.write_bytes(world.content)
    return world.path


def _head_of(content: bytes) -> Hello:
    reader = frames.FrameReader()
    (first, *_) = [f for f in reader.feed(content[:16384]) if f.type == frames.HELLO]
    return hear(first).hello


def _with_head(world: World, claims: dict[int, object]) -> bytes:
    """The file with heads that claim this, signed by Enggano as it should be."""
    hello = _head_of(world.content)
    changed = dataclasses.replace(hello, file={**hello.file, **claims})
    head = changed.sign(world.enggano.sign).encode()
    size = hello.file[courier_writing.SIZE]
    body = world.content[16384 : 16384 + size]
    return courier_writing._front(head) + body + head


def test_it_survives_a_stale_copy(place: Path) -> None:
    """An older file after a newer one, and after a lost one: nothing goes back."""
    world = World(place, parts=1, size=20_000)
    first = world.path
    record_part(world.district, world.enggano, 30_000)
    second = write_up(world.enggano, world.hub, world.stick).paths[0]
    newest = read_up(world.hub, second)
    down = write_down(world.hub, world.enggano, place / "down")
    read(Side(world.enggano), down.paths[0], hub_of)
    for stale in (first, second, first):
        got = read_up(world.hub, stale)
        assert (got.stored_entries, got.blobs) == (0, 0)
    stale_down = down.paths[0]
    record(world.district, world.enggano)
    third = write_up(world.enggano, world.hub, world.stick).paths[0]
    read(Side(world.enggano), stale_down, hub_of)
    assert read_up(world.hub, third).stored_entries == 1
    assert newest.stored_entries == 3


def test_it_survives_parts_in_any_order(place: Path) -> None:
    """Whichever part comes, what can be used of it is; all of them once more complete it."""
    world = World(place, parts=3)
    made = courier.export(
        Side(world.enggano), peer_of(world.hub), TO_HUB, place / "stick",
        part_bytes_max=900_000,
    )  # fmt: skip
    assert len(made.paths) >= 3 == len(made.paths[:3])
    held = [one.entries for one in made.parts]
    assert sum(held) == world.entries and sum(p.blobs for p in made.parts) >= 3
    for path, words in zip(
        reversed(made.paths), reversed(made.check_words), strict=True
    ):
        assert path.stat().st_size <= 900_000
        got = read_up(world.hub, path)
        assert got.is_whole and got.check_words == words
        assert got.more is (path != made.paths[-1])
    found = files_on(world.hub, world.stick).ours
    assert [path for path in found if path in made.paths] == list(made.paths)
    for path in found:
        read_up(world.hub, path)
    world.check_complete(3)


def test_it_survives_a_full_stick(place: Path) -> None:
    """At any size: one sentence, nothing half is left, and nothing is lost."""
    world = World(place, parts=2)
    world.path.unlink()
    for room in (0, 10_000, 16_384, 1_000_000, 1_500_000):
        disk = Stick(world.stick, room=room)
        world.enggano = reopened(world.district, world.enggano, "Enggano", disk)
        with pytest.raises(Refusal, match="stick_full"):
            write_up(world.enggano, world.hub, world.stick)
        assert list(world.stick.iterdir()) == []
    disk = Stick(world.stick)
    world.enggano = reopened(world.district, world.enggano, "Enggano", disk)
    read_up(world.hub, write_up(world.enggano, world.hub, world.stick).paths[0])
    world.check_complete(2)


@pytest.mark.parametrize("at", [0, 3, 9_000, 16_384, 700_000, 1_750_000])
def test_it_survives_a_stick_that_lies(place: Path, at: int) -> None:
    """What is read back differs in one bit: the file is no file, and nobody carries it."""
    world = World(place, parts=3)
    world.path.unlink()
    disk = Stick(world.stick, lies_at=at)
    world.enggano = reopened(world.district, world.enggano, "Enggano", disk)
    with pytest.raises(Refusal, match="bad_stick"):
        write_up(world.enggano, world.hub, world.stick)
    assert list(world.stick.iterdir()) == []


def test_it_reads_files_of_the_former_program(place: Path) -> None:
    """A file of the former program, with its 16 KB of room and nothing to mend it."""
    world = World(place, parts=2)
    former = _former(world)
    world.path.write_bytes(former)
    got = read_up(world.hub, world.path)
    assert got.is_whole and got.stored_entries == world.entries and got.blobs == 2
    torn = World(place / "torn", parts=2)
    damaged = bytearray(_former(torn))
    damaged[300_000:300_512] = bytes(512)
    torn.path.write_bytes(damaged)
    got = read_up(torn.hub, torn.path)
    assert got.missing_frames == 1 and got.stored_entries == torn.entries


def _former(world: World) -> bytes:
    """The same frames as the former program wrote them."""
    hello = _head_of(world.content)
    size = hello.file[courier_writing.SIZE]
    old = [
        f
        for f in _frames(world.content[16384 : 16384 + size])
        if f.type in range(2, 10)
    ]
    body = b"".join(frame.encode() for frame in old)
    file = {
        courier_writing.COUNT: len(old),
        courier_writing.HASH: hashlib.sha256(body).digest(),
        courier_writing.SIZE: len(body),
        courier_writing.PART: 1,
        courier_writing.NUMBER: 1,
        courier_writing.WALL_MS: 1,
    }
    head = dataclasses.replace(hello, file=file).sign(world.enggano.sign).encode()
    front = b"JRN1" + head
    return front + Frame(0, bytes(16384 - len(front) - 10)).encode() + body + head


def _frames(content: bytes) -> list[Frame]:
    found = frames.salvage(lambda at, n: content[at : at + n], len(content))
    return [one for one in found if isinstance(one, Frame)]


def test_it_is_read_by_the_former_program(place: Path) -> None:
    """It counted all frames, hashed them, and passed over types it did not know."""
    world = World(place, parts=2)
    hello = _head_of(world.content)
    size = hello.file[courier_writing.SIZE]
    found = _frames(world.content[16384 : 16384 + size])
    assert len(found) == hello.file[courier_writing.COUNT]
    raw = b"".join(frame.encode() for frame in found)
    assert hashlib.sha256(raw).digest() == hello.file[courier_writing.HASH]
    strange = {one.type for one in found} - frames.KNOWN
    assert strange == {0, courier_groups.TABLE, courier_groups.PIECE}


def test_it_says_what_a_file_carries_and_how_far_it_is(place: Path) -> None:
    """By class, before the first frame is read; then it moves on to the end."""
    world = World(place)
    seen: list[tuple[int, int]] = []
    contents = []

    def watch(reading: Reading) -> None:
        seen.append((reading.done_bytes, reading.whole_bytes))
        contents.append(reading.contents)
        assert reading.sender == "Enggano" and 0 <= reading.percent <= 100

    read(Side(world.hub), world.path, offer_for, watch)
    assert seen[0][0] == 0 and len(seen) >= len(world.content) >> 20
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] >= 0.98 * seen[-1][1]
    assert contents[0] is not None
    assert contents[0].counts == [0, world.entries, 0, 0, PARTS, 0, 0]


def test_it_is_opened_by_nobody_but_the_addressee(place: Path) -> None:
    """The frame key of a file opens with the hub's box key alone."""
    world = World(place, parts=1, size=20_000)
    wrapped = _head_of(world.content).wrapped_key
    FrameKey.unwrap(wrapped, world.hub.keys.box_key)
    for other in (world.enggano, world.district.open("Ketahun")):
        with pytest.raises(Refusal):
            FrameKey.unwrap(wrapped, other.keys.box_key)
