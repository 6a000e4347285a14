"""Sealed blobs: whole or not there, in chunks of any order, and damaged ones sent again."""

from __future__ import annotations

import errno
from hashlib import sha256, shake_256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.journal import limits
from perahu.journal.beside.blobs import Blobs
from perahu.journal.journal import Journal
from perahu.journal.types import PART, PHOTO, SCAN, THUMBNAIL, BlobRef, Draft
from perahu.node.disk import RealDisk
from perahu.words import Refusal
from tests.cast import SARI, carry, corrected, with_hub
from tests.journal.stores import BOTH_STORES, StoreDistrict

CHUNK = limits.CHUNK_BYTES


def sealed(size: int, seed: bytes = b"") -> bytes:
    """Bytes that look like a sealed part."""
    return shake_256(seed + size.to_bytes(4, "big")).digest(size)


def pieces(cipher: bytes) -> list[bytes]:
    """A blob cut as it travels."""
    return [cipher[at : at + CHUNK] for at in range(0, len(cipher), CHUNK)]


def awaiting(district: StoreDistrict, cipher: bytes) -> tuple[Journal, BlobRef]:
    """The hub, which has the entry that cites the blob and not the blob."""
    hub, enggano = with_hub(district)
    ref = enggano.blobs.put(cipher, PART)
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), (ref,))])
    carry(enggano, hub, audience=lambda a: a == b"")
    assert hub.blobs.missing() == [ref] and hub.blobs.cited(ref.sha256) == ref
    return hub, ref


def folder(district: StoreDistrict, name: str = "Hub") -> Path:
    """Where a node's blobs lie."""
    return district.members[name].folder / "blobs"


@BOTH_STORES
def test_it_works(district: StoreDistrict) -> None:
    """Chunks make a blob, the last of which says so; then nothing is missing."""
    cipher = sealed(3 * CHUNK + 5)
    hub, ref = awaiting(district, cipher)
    done = [hub.blobs.add_chunk(ref, i, p) for i, p in enumerate(pieces(cipher))]
    assert done == [False, False, False, True]
    assert hub.blobs.read(ref.sha256) == cipher
    assert hub.blobs.missing() == [] and hub.verify().blobs == 1
    assert list((folder(district) / "partial").iterdir()) == []


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_it_cuts_any_size(district: StoreDistrict, size: int) -> None:
    """The last chunk is as long as what remains, exactly a chunk included."""
    cipher = sealed(size)
    hub, ref = awaiting(district, cipher)
    enggano = district.journals[1]
    count = len(pieces(cipher))
    for index in range(count):
        piece = enggano.blobs.read_chunk(ref.sha256, index)
        assert hub.blobs.add_chunk(ref, index, piece) is (index == count - 1)
    assert hub.blobs.read(ref.sha256) == cipher


@settings(max_examples=25, deadline=None)
@given(order=st.lists(st.integers(0, 4), max_size=30))
def test_it_takes_chunks_in_any_order_and_number(
    hub_awaiting: tuple[Journal, BlobRef, bytes], order: list[int]
) -> None:
    """Whatever comes first, twice or not at all: whole exactly when all five were here."""
    hub, ref, cipher = hub_awaiting
    hub.blobs.remove(ref.sha256)
    for index in [*order, *range(5)]:
        before = hub.blobs.chunks_here(ref.sha256)
        if hub.blobs.has(ref.sha256):
            break
        whole = hub.blobs.add_chunk(ref, index, pieces(cipher)[index])
        assert whole == (before | {index} == set(range(5)))
    assert hub.blobs.read(ref.sha256) == cipher


@pytest.fixture(scope="module")
def hub_awaiting(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Journal, BlobRef, bytes]:
    """One hub for many examples; each begins by throwing the blob away."""
    cipher = sealed(4 * CHUNK + 9)
    made = StoreDistrict(tmp_path_factory.mktemp("blobs") / "district")
    return *awaiting(made, cipher), cipher


def test_it_goes_on_after_a_restart(district: StoreDistrict) -> None:
    """What came before the process ended need not come again."""
    cipher = sealed(3 * CHUNK)
    hub, ref = awaiting(district, cipher)
    hub.blobs.add_chunk(ref, 2, pieces(cipher)[2])
    hub.close()
    hub = district.open("Hub")
    assert hub.blobs.chunks_here(ref.sha256) == {2}
    hub.blobs.add_chunk(ref, 0, pieces(cipher)[0])
    assert hub.blobs.add_chunk(ref, 1, pieces(cipher)[1])


@pytest.mark.parametrize(
    ("index", "size"),
    [(0, CHUNK - 1), (0, CHUNK + 1), (2, 4), (2, CHUNK), (3, 5), (-1, 5)],
)
def test_it_refuses_a_chunk_that_does_not_fit(
    district: StoreDistrict, index: int, size: int
) -> None:
    """Too short, too long, beyond the end or before the beginning: not written."""
    hub, ref = awaiting(district, sealed(2 * CHUNK + 5))
    with pytest.raises(Refusal, match="bad_chunk"):
        hub.blobs.add_chunk(ref, index, bytes(size))
    assert hub.blobs.chunks_here(ref.sha256) == set()


def test_it_throws_away_a_whole_with_a_wrong_hash(district: StoreDistrict) -> None:
    """One damaged chunk among good ones: all is asked for again, and then it is right."""
    cipher = sealed(2 * CHUNK)
    hub, ref = awaiting(district, cipher)
    first, second = pieces(cipher)
    hub.blobs.add_chunk(ref, 0, bytes(CHUNK))
    with pytest.raises(Refusal, match="bad_chunk"):
        hub.blobs.add_chunk(ref, 1, second)
    assert hub.blobs.chunks_here(ref.sha256) == set() and not hub.blobs.has(ref.sha256)
    hub.blobs.add_chunk(ref, 0, first)
    assert hub.blobs.add_chunk(ref, 1, second)
    assert hub.blobs.read(ref.sha256) == cipher


def test_it_asks_again_for_what_was_damaged_later(district: StoreDistrict) -> None:
    """Bit rot is found on reading; the damaged bytes are set aside, a good copy comes in."""
    cipher = sealed(CHUNK)
    hub, ref = awaiting(district, cipher)
    hub.blobs.add_chunk(ref, 0, cipher)
    name = ref.sha256.hex()
    (folder(district) / name[:2] / name).write_bytes(bytes(CHUNK))
    with pytest.raises(Refusal, match="blob_missing"):
        hub.blobs.read(ref.sha256)
    assert hub.blobs.missing() == [ref]
    assert (folder(district) / "damaged" / name).exists()
    assert hub.blobs.add_chunk(ref, 0, cipher)
    assert hub.blobs.read(ref.sha256) == cipher and hub.blobs.missing() == []


def test_it_mends_a_mark_lost_in_a_power_cut(district: StoreDistrict) -> None:
    """The file was in its place, the mark was not: the next start sets it."""
    cipher = sealed(7)
    hub, ref = awaiting(district, cipher)
    hub.close()
    name = ref.sha256.hex()
    path = folder(district) / name[:2] / name
    path.parent.mkdir(parents=True)
    path.write_bytes(cipher)
    hub = district.open("Hub")
    assert hub.blobs.missing() == []


def test_it_takes_a_late_chunk_calmly(district: StoreDistrict) -> None:
    """A chunk of a blob that is whole already changes nothing."""
    cipher = sealed(CHUNK + 1)
    hub, ref = awaiting(district, cipher)
    for index, piece in enumerate(pieces(cipher)):
        hub.blobs.add_chunk(ref, index, piece)
    assert hub.blobs.add_chunk(ref, 0, bytes(CHUNK))
    assert hub.blobs.read(ref.sha256) == cipher


def test_it_keeps_the_same_bytes_once(district: StoreDistrict) -> None:
    """A blob is its hash: put twice it is one file; removed it can be put again."""
    enggano = district.open("Enggano")
    first = enggano.blobs.put(b"cipher", PHOTO)
    assert first == enggano.blobs.put(b"cipher", PHOTO)
    assert first == BlobRef(sha256(b"cipher").digest(), 6, PHOTO)
    enggano.blobs.remove(first.sha256)
    assert not enggano.blobs.has(first.sha256)
    with pytest.raises(Refusal, match="blob_missing"):
        enggano.blobs.read(first.sha256)
    assert enggano.blobs.put(b"cipher", PHOTO) == first


@pytest.mark.parametrize(("size", "fits"), [(1, True), (0, False)])
def test_it_refuses_nothing_at_all(
    district: StoreDistrict, size: int, fits: bool
) -> None:
    """A blob has at least one byte."""
    enggano = district.open("Enggano")
    if fits:
        assert enggano.blobs.put(bytes(size), PART).size == size
    else:
        with pytest.raises(Refusal, match="blob_too_big"):
            enggano.blobs.put(bytes(size), PART)


def test_it_limits_a_blob(district: StoreDistrict) -> None:
    """8 MB are kept, one byte more is refused before anything is written."""
    enggano = district.open("Enggano")
    assert enggano.blobs.put(bytes(limits.BLOB_BYTES_MAX), SCAN)
    with pytest.raises(Refusal, match="blob_too_big"):
        enggano.blobs.put(bytes(limits.BLOB_BYTES_MAX + 1), SCAN)


def test_it_lists_what_is_missing_by_class(district: StoreDistrict) -> None:
    """Thumbnails before photos before parts before scans."""
    hub, enggano = with_hub(district)
    groups = [SCAN, PART, THUMBNAIL, PHOTO]
    refs = [enggano.blobs.put(bytes([g]), g) for g in groups]
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), tuple(refs))])
    carry(enggano, hub, audience=lambda a: a == b"")
    assert [r.blob_class for r in hub.blobs.missing()] == sorted(groups)
    row = next(r for r in hub.journals() if r.node == enggano.node_id and r.head_seq)
    cited = {sha for _, sha in hub.blobs_cited(row.id, 0)}
    assert cited == {r.sha256 for r in refs}
    assert hub.blobs_cited(row.id, 1) == [] == hub.blobs_cited(bytes(16), 0)


def last_step_lost(district: StoreDistrict, content: bytes) -> tuple[Journal, BlobRef]:
    """Every chunk is in the part-way file and its map; the power went before the name."""
    hub, ref = awaiting(district, sealed(2 * CHUNK))
    partial = folder(district) / "partial"
    partial.mkdir(parents=True, exist_ok=True)
    (partial / ref.sha256.hex()).write_bytes(content)
    (partial / f"{ref.sha256.hex()}.map").write_bytes(b"\x01\x01")
    return hub, ref


def test_it_begins_anew_where_what_was_here_was_wrong(district: StoreDistrict) -> None:
    """All chunks lay here at the power cut and do not make the blob: thrown away."""
    hub, ref = last_step_lost(district, bytes(2 * CHUNK))
    assert not hub.blobs.complete(ref)
    assert hub.blobs.chunks_here(ref.sha256) == set() and hub.blobs.missing() == [ref]


def test_it_says_when_the_last_step_cannot_be_done(district: StoreDistrict) -> None:
    """The disk lets no name be given: in words, and every chunk stays for the next try."""
    hub, ref = last_step_lost(district, sealed(2 * CHUNK))

    class ReadOnly(RealDisk):
        """A disk that the system has remounted."""

        def rename_durable(self, source: Path, target: Path) -> None:
            """No name can be written."""
            raise OSError(errno.EROFS, "read-only")

    blobs = Blobs(folder(district), hub._book.store, ReadOnly())
    with pytest.raises(Refusal, match="read_only"):
        blobs.complete(ref)
    assert hub.blobs.complete(ref) and hub.blobs.missing() == []
