"""Courier files: the same facts on a stick, torn, twice, late, or for somebody else."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.journal.journal import Journal
from perahu.journal.types import Level
from perahu.sync import frames, limits
from perahu.sync.courier import exporting as courier
from perahu.sync.courier.groups import PIECE, TABLE
from perahu.sync.courier.reading import files_for, read
from perahu.sync.courier.report import Imported
from perahu.sync.offer import ForkEvidence, Offer, Peer
from perahu.sync.passport import Passport
from perahu.sync.session import Side
from perahu.words import Refusal
from tests.cast import District, with_hub
from tests.sync.road import TO_HUB, TO_OFFICE, Meeting, offer_for, record, record_part


def _to_hub(_: Passport) -> Offer:
    """An office takes files of its hub."""
    return TO_HUB


def _peer(journal: Journal) -> Peer:
    node = journal.certificate
    return Peer(node.node_id, node.box_public, node.name)


def _write(source: Journal, target: Journal, offer: Offer, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    found = courier.export(Side(source), _peer(target), offer, folder)
    assert len(found.paths) == 1
    return found.paths[0]


def _civil(journal: Journal) -> int:
    return len([e for e in journal.events() if e.lane == 1])


def test_it_works(district: District, tmp_path: Path) -> None:
    """First load by stick, facts and parts back by stick, and the answer makes diterima."""
    hub, enggano = district.open("Hub"), district.open("Enggano")
    district.found(hub)
    stick = tmp_path / "stick"
    first = read(Side(enggano), _write(hub, enggano, TO_OFFICE, stick), _to_hub)
    assert first.is_whole and first.stored_entries == 9
    receipt, ref = record_part(district, enggano, 100_000)
    up = _write(enggano, hub, TO_HUB, stick)
    got = read(Side(hub), up, offer_for)
    assert (got.stored_entries, got.blobs, got.refused) == (1, 1, 0)
    assert hub.blobs.has(ref.sha256)
    back = courier.export(
        Side(hub), got.peer, got.offer, stick, answering=got.done
    ).paths[0]
    read(Side(enggano), back, _to_hub)
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    assert courier.export(Side(enggano), _peer(hub), TO_HUB, stick).is_empty


def test_it_names_the_file_for_people(district: District, tmp_path: Path) -> None:
    """From, to, date and number stand in the name, and nothing a file system minds."""
    hub, enggano = with_hub(district)
    names = {_write(enggano, hub, TO_HUB, tmp_path).name for _ in range(2)}
    assert names == {
        "JRN-enggano-hub-20261121-1.jrnb",
        "JRN-enggano-hub-20261121-2.jrnb",
    }
    assert re.fullmatch(r"[a-z0-9]+", courier.slug("Kec. É/Ñ ../x", b"\1" * 16))


def test_it_says_the_same_four_words(district: District, tmp_path: Path) -> None:
    """Sender and receiver compare four plain words over the telephone."""
    hub, enggano = with_hub(district)
    record(district, enggano)
    found = courier.export(Side(enggano), _peer(hub), TO_HUB, tmp_path)
    got = read(Side(hub), found.paths[0], offer_for)
    assert (got.check_words,) == found.check_words
    assert len(got.check_words.split()) == 4
    assert got.check_words in got.words.id


def test_it_is_read_twice_as_once(district: District, tmp_path: Path) -> None:
    """Three copies in any order bring everything once."""
    hub, enggano = with_hub(district)
    record_part(district, enggano, 40_000)
    older = _write(enggano, hub, TO_HUB, tmp_path)
    record(district, enggano, 2)
    newer = _write(enggano, hub, TO_HUB, tmp_path)
    for path in (newer, older, newer):
        read(Side(hub), path, offer_for)
    assert _civil(hub) == 3 and hub.blobs.missing() == []
    assert read(Side(hub), older, offer_for).stored_entries == 0


def test_it_begins_at_the_last_ack_never_at_the_last_export(
    district: District, tmp_path: Path
) -> None:
    """A stick that got lost costs nothing: the next one holds everything again."""
    hub, enggano = with_hub(district)
    record(district, enggano, 3)
    _write(enggano, hub, TO_HUB, tmp_path).unlink()
    read(Side(hub), _write(enggano, hub, TO_HUB, tmp_path), offer_for)
    assert _civil(hub) == 3


def test_it_is_joined_by_the_wire(district: District, tmp_path: Path) -> None:
    """What a stick brought is not sent again on the wire, and the other way round."""
    hub, enggano = district.open("Hub"), district.open("Enggano")
    district.found(hub)
    read(Side(enggano), _write(hub, enggano, TO_OFFICE, tmp_path), _to_hub)
    record_part(district, enggano, 60_000)
    read(Side(hub), _write(enggano, hub, TO_HUB, tmp_path), offer_for)
    meeting = Meeting(enggano, hub)
    assert meeting.hold().down_bytes < 2_500
    assert courier.export(Side(hub), _peer(enggano), TO_OFFICE, tmp_path).is_empty
    assert courier.export(Side(enggano), _peer(hub), TO_HUB, tmp_path).is_empty
    assert meeting.evidence == []


def test_it_takes_nothing_back_for_an_old_file(
    district: District, tmp_path: Path
) -> None:
    """A file older than the last ack says less than we know, and is not believed over it."""
    hub, enggano = with_hub(district)
    old = _write(hub, enggano, TO_OFFICE, tmp_path)
    receipt = record(district, enggano, 2)
    meeting = Meeting(enggano, hub)
    meeting.hold()
    read(Side(enggano), old, _to_hub)
    assert enggano.level_of(receipt.journal, receipt.seq) is Level.RECEIVED
    assert courier.export(Side(enggano), _peer(hub), TO_HUB, tmp_path).is_empty


def test_it_is_split_into_parts_that_stand_alone(
    district: District, tmp_path: Path
) -> None:
    """Over the limit a file goes on in .p2, .p3 …; each is read by itself, in any order."""
    hub, enggano = with_hub(district)
    for _ in range(4):
        record_part(district, enggano, 90_000)
    found = courier.export(
        Side(enggano), _peer(hub), TO_HUB, tmp_path, part_bytes_max=250_000
    )
    assert len(found.paths) >= 2 and found.paths[1].name.endswith(".jrnb.p2")
    assert all(path.stat().st_size <= 250_000 for path in found.paths)
    for path in [found.paths[0], *reversed(found.paths)]:
        assert read(Side(hub), path, offer_for).is_whole
    assert hub.blobs.missing() == [] and _civil(hub) == 4


def test_it_finds_the_files_that_are_for_us(district: District, tmp_path: Path) -> None:
    """A stick carries files of many offices, photographs and rubbish."""
    hub, enggano = with_hub(district)
    ketahun = district.open("Ketahun")
    ours = _write(enggano, hub, TO_HUB, tmp_path)
    _write(hub, ketahun, TO_OFFICE, tmp_path)
    (tmp_path / "JRN-rubbish.jrnb").write_bytes(b"JRN1" + bytes(500))
    (tmp_path / "foto.jpg").write_bytes(b"x")
    assert files_for(hub, tmp_path) == [ours]


def test_it_refuses_a_file_for_somebody_else(
    district: District, tmp_path: Path
) -> None:
    """A file for the hub is not opened at Ketahun, and says so."""
    hub, enggano = with_hub(district)
    path = _write(enggano, hub, TO_HUB, tmp_path)
    ketahun = district.open("Ketahun")
    with pytest.raises(Refusal, match="wrong_recipient"):
        read(Side(ketahun), path, _to_hub)
    assert ketahun.journals() == []


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "no_file"), (b"", "no_courier_file"), (bytes(70_000), "no_courier_file")],
)
def test_it_refuses_what_is_no_courier_file(
    district: District, tmp_path: Path, content: bytes | None, code: str
) -> None:
    """A missing, an empty and a blank file each get one clear sentence."""
    hub = district.open("Hub")
    path = tmp_path / "JRN-x.jrnb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refusal, match=code):
        read(Side(hub), path, offer_for)


def test_it_opens_no_session_with_a_head(district: District, tmp_path: Path) -> None:
    """The signed head of a file opens no session on the wire."""
    hub, enggano = with_hub(district)
    content = _write(enggano, hub, TO_HUB, tmp_path).read_bytes()
    responder = Meeting(enggano, hub).responder()
    responder.received(content)
    assert responder.refusal is not None and responder.refusal.code == "bad_message"


def test_it_tells_when_the_stick_is_full(district: District, tmp_path: Path) -> None:
    """No room: one clear sentence, and no half file is left behind."""
    hub, enggano = with_hub(district)
    record_part(district, enggano, 3_000_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
    try:
        with pytest.raises(Refusal, match="stick_full"):
            courier.export(Side(enggano), _peer(hub), TO_HUB, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [p.name for p in tmp_path.iterdir() if "JRN" in p.name] == []


def test_it_tells_when_there_is_no_stick(district: District, tmp_path: Path) -> None:
    """A stick that is not plugged in is no folder to make."""
    hub, enggano = with_hub(district)
    with pytest.raises(Refusal, match="no_stick"):
        courier.export(Side(enggano), _peer(hub), TO_HUB, tmp_path / "usb")
    assert not (tmp_path / "usb").exists()


class _World:
    """A hub, and one file of Enggano's with facts and parts, for damaging."""

    def __init__(self, folder: Path) -> None:
        self.district = District(folder / "d")
        self.hub, self.enggano = with_hub(self.district)
        for _ in range(3):
            record(self.district, self.enggano, 2)
            self.enggano.seal()
        record_part(self.district, self.enggano, 50_000)
        self.path = _write(self.enggano, self.hub, TO_HUB, folder / "stick")
        self.content = self.path.read_bytes()
        self.evidence: list[ForkEvidence] = []

    def read(self, content: bytes) -> Imported | None:
        """Read damaged content at the hub; None where it was refused with a Refusal."""
        damaged = self.path.with_name("damaged.jrnb")
        damaged.write_bytes(content)
        try:
            return read(Side(self.hub, self.evidence.append), damaged, offer_for)
        except Refusal:
            return None


_WORLDS: list[_World] = []


def _world() -> _World:
    import tempfile

    if not _WORLDS:
        _WORLDS.append(_World(Path(tempfile.mkdtemp())))
    return _WORLDS[0]


@settings(max_examples=40, deadline=None)
@given(at=st.floats(0, 1))
def test_it_gives_every_whole_frame_of_a_torn_file(at: float) -> None:
    """Torn at any byte: what is whole comes in, and it says in words what is missing."""
    world = _world()
    torn = world.content[: int(len(world.content) * at)]
    got = world.read(torn)
    if got is None:
        assert len(torn) < limits.COURIER_HEAD_BYTES
        return
    lost = len(world.content) - len(torn)
    assert got.is_whole == (got.missing_bytes == 0)
    assert got.is_whole or lost > 0
    assert "rusak" in got.words.id or got.is_whole


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, 1 << 20), flip=st.integers(1, 255))
def test_it_survives_bit_rot(at: int, flip: int) -> None:
    """One rotten byte anywhere costs at most one frame, and nothing false comes in."""
    world = _world()
    rotten = bytearray(world.content)
    rotten[at % len(rotten)] ^= flip
    got = world.read(bytes(rotten))
    assert got is not None, "the head stands at both ends"
    assert got.missing_frames <= 1
    assert world.hub.verify().sound and world.evidence == []


def test_it_survives_a_rotten_first_sector() -> None:
    """The head at the end stands in for the one at the beginning."""
    world = _world()
    got = world.read(bytes(512) + world.content[512:])
    assert got is not None and got.is_whole


def test_it_converges_after_all_that() -> None:
    """After every damage the whole file brings everything, once."""
    world = _world()
    got = world.read(world.content)
    assert got is not None and got.is_whole
    assert _civil(world.hub) == 7 and world.hub.blobs.missing() == []


def test_it_hides_everything_from_the_carrier() -> None:
    """Nothing a person wrote can be read on the stick; only classes and sizes can."""
    world = _world()
    assert b"surat desa" not in world.content
    body = world.content[limits.COURIER_HEAD_BYTES :]
    kinds = [
        frame.type
        for frame in frames.salvage(lambda at, n: body[at : at + n], len(body))
        if isinstance(frame, frames.Frame)
    ]
    assert kinds[0] == frames.ACK and kinds[-1] == frames.HELLO
    assert frames.END in kinds and set(kinds) <= frames.KNOWN | {0, TABLE, PIECE}
