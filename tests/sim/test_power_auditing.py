"""Every book that a power cut leaves is read by the auditor; none is passed over for its looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import pytest

from sim.disk import SimDisk
from sim.power.auditing import SecondReader
from sim.power.cuts import Cuts, all_of, started
from sim.power.failing import fail, failings
from sim.power.scene import Scene, corrected
from sim.power.starts import Starts
from sim.power.town import MIRROR, Town
from sim.vfs import SimDriver

_FOLDER = Path("/enggano")


@pytest.fixture(scope="module")
def starts() -> Starts:
    """One town for all: its disks are cloned, never used."""
    return Starts(Town())


def healed(starts: Starts) -> Scene:
    """An office with blobs, a seal and a mirror, after a start that found nothing wrong."""
    cuts = Cuts(starts)
    scene, moments = cuts.moments(all_of(["keep parts and cite them"])[0], "parts")
    disk = SimDisk.found_after(moments[-1].still, Random(1))
    disk.make_folder(MIRROR)
    start = replace(scene.start, mirrored=True)
    scene = replace(scene, start=start, disk=disk, opened=None)
    assert started(scene).is_good
    scene.state(corrected(scene.person()))
    scene.journal.seal()
    return scene


def test_it_covers_every_book(starts: Starts) -> None:
    """After each cut, after work went on, after each failing: most are known by then."""
    cuts = Cuts(starts)
    action = all_of(["record a family"])[0]
    cuts.every(action, seed=1)
    tally = cuts.tally
    assert tally.audited >= tally.cuts and tally.corrupt == []
    assert 2 <= tally.contents <= tally.audited / 5
    before = tally.audited
    fail(cuts, next(failings(cuts, action)))
    assert tally.audited == before + 2, "mended, and after a cut behind it"


def test_it_reads_a_content_once(starts: Starts) -> None:
    """The same files twice; the same content in other bytes; and another fact."""
    reader, scene = SecondReader(), healed(starts)
    assert reader.read(scene).is_good and reader.read(scene).is_good
    before = scene.disk.snapshot()
    scene.journal._book.store.run("PRAGMA wal_checkpoint(TRUNCATE)")
    assert scene.disk.snapshot() != before
    assert reader.read(scene).is_good
    assert (reader.books, reader.contents) == (3, 1)
    scene.state(corrected(scene.person()))
    assert reader.read(scene).is_good
    assert (reader.books, reader.contents) == (4, 2)


def _says(sql: str) -> Callable[[Scene], None]:
    def damage(scene: Scene) -> None:
        store = scene.journal._book.store
        with store.transaction():
            store.run(sql)

    return damage


def _flips(what: str, at: int = -1) -> Callable[[Scene], None]:
    def damage(scene: Scene) -> None:
        name = next(name for name in scene.disk.paths() if what in name)
        scene.disk._files[name].data[at] ^= 1

    return damage


def _empties(name: str) -> Callable[[Scene], None]:
    def damage(scene: Scene) -> None:
        path = next(path for path in scene.disk.paths() if path.endswith(name))
        del scene.disk._files[path].data[16:]

    return damage


def _fences_elsewhere(scene: Scene) -> None:
    """Both slots name a hash that is nobody's, under a checksum that is right."""
    raw = scene.disk._files[f"{_FOLDER}/fence"].data
    for at in (0, 128):
        raw[at + 40] ^= 1
        raw[at + 124 : at + 128] = crc32(raw[at : at + 124]).to_bytes(4, "big")


DAMAGES: dict[str, Callable[[Scene], None]] = {
    "salt": _says("UPDATE entries SET salt = zeroblob(16) WHERE seq = 2"),
    "seal": _says("UPDATE segments SET seal = zeroblob(64)"),
    "head": _says("UPDATE journals SET head_seq = head_seq + 1"),
    "asked": _says("UPDATE asked SET entries = X'80'"),
    "lamport": _says("UPDATE book SET value = X'00' WHERE name = 'lamport'"),
    "citation": _says("UPDATE citations SET seq = seq + 1"),
    "blob": _flips("/blobs/"),
    "certificate": _flips("/certificate", at=90),
    "fence": _fences_elsewhere,
    "keyring": _empties(f"{_FOLDER.name}/keyring"),
    "the mirror's keyring": _empties(".keyring"),
    "a page of the book": _flips("book.sqlite3", at=5_000),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_it_finds_a_wrong_book_whose_like_was_sound(starts: Starts, name: str) -> None:
    """It was read, and read again; then one thing in it is changed, and that is said."""
    reader, scene = SecondReader(), healed(starts)
    scene.journal._book.store.run("PRAGMA wal_checkpoint(TRUNCATE)")
    assert reader.read(scene).is_good and reader.read(scene).is_good
    DAMAGES[name](scene)
    for _ in range(2):
        (said, *_) = reader.read(scene).corrupt
        assert said.startswith(("the auditor: ", "opened anew: "))
    assert reader.contents == 1, "what is wrong is never taken for known"


def test_it_looks_at_every_byte_beside_the_book(starts: Starts) -> None:
    """A flipped bit in any other file: another content, which is read, or a finding."""
    reader, scene = SecondReader(), healed(starts)
    reader.read(scene)
    names = [name for name in scene.disk.paths() if "book.sqlite3" not in name]
    assert len(names) >= 6
    for name in names:
        before, raw = reader.contents, scene.disk._files[name].data
        for at in (0, len(raw) // 2, len(raw) - 1):
            before = reader.contents
            raw[at] ^= 1
            verdict = reader.read(scene)
            assert verdict.corrupt or reader.contents == before + 1, (name, at)
            raw[at] ^= 1
    before = reader.contents
    assert reader.read(scene).is_good and reader.contents == before


class _Doubling:
    """A connection that notes the only entry of an action twice."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def execute(self, sql: str, values: Any = ()) -> Any:
        """As asked, but for the answer to who asks again."""
        if sql.startswith("INSERT INTO asked"):
            values = (values[0], b"\x82" + values[1][1:] * 2)
        return self._real.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Driver(SimDriver):
    """Sound, until it is told to note twice."""

    doubles = False

    def connect(self, path: Path, key: bytes) -> Any:
        """The same file."""
        real = super().connect(path, key)
        return _Doubling(real) if self.doubles else real


def test_it_says_so_through_the_harness(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug that `perahu verify` does not look for: the same cuts, by one harness."""
    cuts, action = Cuts(starts, drive=_Driver), all_of(["record"])[0]
    cuts.every(action, seed=1)
    assert cuts.tally.contents and not cuts.tally.corrupt
    monkeypatch.setattr(_Driver, "doubles", True)
    cuts.every(action, seed=1)
    assert cuts.tally.corrupt and not cuts.tally.lost
    assert all("the auditor: asked" in one for one in cuts.tally.corrupt)


@pytest.mark.parametrize("name", ["record with a mirror", "leave the epoch"])
def test_it_finds_on_the_mirror_the_key_of_what_it_holds(
    starts: Starts, name: str
) -> None:
    """Found 2026-11-22, the first time that every book was read.

    A cut tore the key of a new person on the mirror, but not the place it took. The next
    start saw a copy of the right length and wrote the entry beside it, which nobody could
    ever have read from the mirror.
    """
    cuts = Cuts(starts)
    for seed in (1, 2):
        cuts.every(all_of([name])[0], seed)
    assert cuts.tally.corrupt == [] and cuts.tally.audited >= cuts.tally.cuts
