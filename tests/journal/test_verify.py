"""`verify` sees every change to the book, even by someone who holds its key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from perahu.journal.beside.fence import Fence, Mark
from perahu.journal.journal import Journal
from perahu.journal.store import Store
from perahu.journal.types import PHOTO, Draft
from perahu.node.disk import RealDisk
from tests.cast import SARI, carry, corrected, stocked, with_hub
from tests.journal.stores import BOTH_STORES, StoreDistrict, with_mirror


@dataclass
class Scene:
    """Enggano with three civil facts under a seal, one cites a blob; a fourth is open."""

    district: StoreDistrict
    hub: Journal
    enggano: Journal
    sha: bytes

    @property
    def store(self) -> Store:
        """The book's tables, open to the intruder."""
        return self.enggano._book.store

    @property
    def number(self) -> int:
        """The book's number of Enggano's own civil journal."""
        rows = self.enggano.journals()
        return next(r.number for r in rows if r.own and r.lane == 1)

    def tamper(self, statement: str) -> None:
        """Change the book behind the journal's back; {} is the journal's number."""
        with self.store.transaction():
            self.store.run(statement.format(self.number))

    def findings(self) -> list[str]:
        """What verify says, in English; it must say it in Indonesian too."""
        report = self.enggano.verify()
        assert report.sound == (not report.faults)
        assert all(
            words.id and words.en and words.id != words.en for words in report.faults
        )
        return [words.en for words in report.faults]


@pytest.fixture
def scene(district: StoreDistrict) -> Scene:
    """A sound book, before the intruder."""
    hub, enggano = with_hub(district)
    ref = enggano.blobs.put(b"a sealed photo" * 1000, PHOTO)
    with enggano.writing() as book:
        drafts = [Draft(corrected()), Draft(corrected(), (ref,)), Draft(corrected())]
        book.append(district.ask("Enggano", SARI), drafts)
    enggano.seal()
    district.state(enggano)
    return Scene(district, hub, enggano, ref.sha256)


@BOTH_STORES
def test_it_works(scene: Scene) -> None:
    """A sound book is called sound, with what was looked at."""
    report = scene.enggano.verify()
    assert report.sound and (report.erased, report.unsealed, report.blobs) == (0, 1, 1)
    assert report.entries == 4 + len(scene.hub.events())
    assert "is sound" in report.words().en and "utuh" in report.words().id


_ENTRY = "UPDATE entries SET {} WHERE journal = {{}} AND seq = 2"
_SEAL = "UPDATE segments SET {} WHERE journal = {{}}"
_JOURNAL = "UPDATE journals SET {} WHERE number = {{}}"
_FLIPPED = "CAST(substr({0}, 1, length({0}) - 1) || x'00' AS BLOB)"


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (_ENTRY.format("header = " + _FLIPPED.format("header")), "chain|damaged"),
        (_ENTRY.format("body = " + _FLIPPED.format("body")), "body"),
        (_ENTRY.format("header = x'ff' || header"), "damaged"),
        (_ENTRY.format("body = NULL"), "chain"),
        (_ENTRY.format("salt = " + _FLIPPED.format("salt")), "chain"),
        (_ENTRY.format("salt = NULL"), "chain"),
        (_ENTRY.format("commit_hash = zeroblob(32)"), "body"),
        (_ENTRY.format("h = zeroblob(32)"), "chain"),
        (_ENTRY.format("seq = 99"), "missing"),
        ("DELETE FROM entries WHERE journal = {} AND seq = 2", "missing"),
        ("DELETE FROM entries WHERE journal = {} AND seq = 4", "missing"),
        (_SEAL.format("seal = zeroblob(64)"), "seal"),
        (_SEAL.format("h_b = zeroblob(32)"), "seal"),
        (_SEAL.format("a = 2"), "seal"),
        (_SEAL.format("b = 2"), "seal"),
        (_SEAL.format("lamport = lamport + 1"), "seal"),
        (_SEAL.format("wall_ms = wall_ms + 1"), "seal"),
        ("DELETE FROM segments WHERE journal = {}", "seal"),
        (_JOURNAL.format("certificate = " + _FLIPPED.format("certificate")), "certif"),
        (_JOURNAL.format("id = zeroblob(16)"), "id is not"),
        (_JOURNAL.format("lane = 2"), "id is not"),
        (_JOURNAL.format("audience = x'4830'"), "id is not"),
        (_JOURNAL.format("node = zeroblob(16)"), "certificate says"),
        (_JOURNAL.format("own = 0"), "certificate says"),
        (_JOURNAL.format("epoch = 7"), "certificate says"),
        (_JOURNAL.format("head_h = zeroblob(32)"), "chain"),
        (_JOURNAL.format("head_seq = 3"), "chain"),
        (_JOURNAL.format("head_seq = 5"), "missing"),
        (_JOURNAL.format("sealed_seq = 2"), "seal"),
        ("DELETE FROM citations WHERE journal = {}", "cited"),
        ("UPDATE citations SET seq = 1 WHERE journal = {}", "cited"),
        ("UPDATE blobs SET size = size + 1 WHERE {} > 0", "cited"),
        ("UPDATE blobs SET class = 4 WHERE {} > 0", "cited"),
        ("DELETE FROM blobs WHERE {} > 0", "cited"),
    ],
)
@pytest.mark.damages_book("cells changed with the key in hand")
def test_it_finds_a_changed_cell(scene: Scene, statement: str, finding: str) -> None:
    """One cell changed by SQL with the key in hand: found, and said in words."""
    scene.tamper(statement)
    found = scene.findings()
    assert found, "nothing was found"
    assert any(word in line for line in found for word in finding.split("|")), found


@pytest.mark.damages_book("two bodies change places")
def test_it_finds_a_swapped_body(scene: Scene) -> None:
    """Two bodies of one subject change places: both are damaged."""
    scene.tamper(
        "UPDATE entries SET body = (SELECT body FROM entries WHERE journal = {0} "
        "AND seq = 3) WHERE journal = {0} AND seq = 1"
    )
    assert any("body" in line for line in scene.findings())


@pytest.mark.damages_book("an entry is cut off")
def test_it_finds_an_entry_cut_off_cleanly(scene: Scene) -> None:
    """The last entry is taken out so that the rows agree: the fence remembers it."""
    scene.tamper("DELETE FROM entries WHERE journal = {} AND seq = 4")
    scene.tamper(
        "UPDATE journals SET head_seq = 3, head_h = (SELECT h FROM entries WHERE "
        "journal = {0} AND seq = 3) WHERE number = {0}"
    )
    assert any("older than" in line for line in scene.findings())


def test_it_finds_a_parked_entry_made_to_count(scene: Scene) -> None:
    """What its author may not state counts again once taken off the list: found."""
    with scene.enggano._book.store.transaction():
        scene.store.run("DELETE FROM parked")
    scene.enggano._book.authority._grants.clear()
    assert any("grant" in line for line in scene.findings())


@pytest.mark.damages_book("the fence is moved on")
def test_it_finds_a_fence_ahead_of_the_book(scene: Scene) -> None:
    """The fence promised an entry that is not here."""
    fence = Fence(scene.district.members["Enggano"].folder / "fence", RealDisk())
    fence.move(Mark(1, 9_999, bytes(16), 9, bytes(32)))
    assert any("older than" in line for line in scene.findings())


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize("harm", [Path.unlink, _cut, _flip])
@pytest.mark.damages_book("a blob is harmed")
def test_it_finds_a_harmed_blob(scene: Scene, harm: Callable[[Path], None]) -> None:
    """A blob's file is gone, shorter or one bit else; verify reads and does not touch."""
    name = scene.sha.hex()
    path = scene.district.members["Enggano"].folder / "blobs" / name[:2] / name
    harm(path)
    before = path.exists()
    assert any(name[:8] in line for line in scene.findings())
    assert path.exists() == before


@pytest.mark.damages_book("the mirror is ahead")
def test_it_finds_what_the_mirror_alone_holds(district: StoreDistrict) -> None:
    """The book lost its tail while it was open: the mirror shows it."""
    mirror = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    district.state(enggano)
    assert list(mirror.glob("*.jrnm"))
    with enggano._book.store.transaction():
        enggano._book.store.run("DELETE FROM entries WHERE seq = 2 AND journal > 1")
        enggano._book.store.run("UPDATE journals SET head_seq = 1 WHERE number > 1")
    assert any("mirror" in words.en for words in enggano.verify().faults)


@pytest.mark.damages_book("a key is damaged")
def test_it_finds_a_damaged_key(scene: Scene) -> None:
    """A body whose key is damaged is not taken for an erased one."""
    path = scene.district.members["Enggano"].folder / "keyring"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(bytes(raw))
    scene.enggano.close()
    scene.enggano = scene.district.open("Enggano")
    assert any("chain" in line for line in scene.findings())


@pytest.mark.damages_book("foreign cells are changed")
def test_it_looks_at_foreign_journals_too(scene: Scene) -> None:
    """The hub's copy of Enggano's journal is checked as the hub's own is."""
    carry(scene.enggano, scene.hub, audience=lambda a: a == b"")
    row = next(r for r in scene.hub.journals() if r.node == scene.enggano.node_id)
    with scene.hub._book.store.transaction():
        scene.hub._book.store.run(
            "DELETE FROM segments WHERE journal = ?", (row.number,)
        )
    report = scene.hub.verify()
    assert [w.en for w in report.faults if row.id.hex()[:8] in w.en]
    assert "NOT sound" in report.words().en and "TIDAK utuh" in report.words().id


def test_it_counts_what_is_parked_and_awaited(district: StoreDistrict) -> None:
    """Parked entries and blobs on their way are no faults."""
    hub, enggano = with_hub(district)
    provinsi = district.open("Provinsi")
    ref = enggano.blobs.put(b"sealed", PHOTO)
    with enggano.writing() as book:
        book.append(district.ask("Enggano", SARI), [Draft(corrected(), (ref,))])
    district.state(enggano, stocked(1))
    carry(enggano, provinsi, audience=lambda a: a == b"")
    report = provinsi.verify()
    assert report.sound and (report.parked, report.blobs_awaited) == (2, 1)
    assert hub.verify().sound
