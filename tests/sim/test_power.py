"""The harness of power cuts and failing disks: it finds nothing here, and it is not blind."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sim.disk import SimDisk
from sim.power.actions import ACTIONS
from sim.power.command import counts, main
from sim.power.cuts import Cuts, all_of, started
from sim.power.failing import fail, failings
from sim.power.scene import Scene, corrected
from sim.power.starts import Starts
from sim.power.town import OFFICE, Town
from sim.vfs import SimDriver

_DURABLE = (
    "record a new person",
    "lock-outs and drafts",
    "acknowledged",
    "leave the epoch",
    "receive from an office",
)
"""Each ends with a promise that rests on a flush of another kind."""


@pytest.fixture(scope="module")
def starts() -> Starts:
    """One town for all: its disks are cloned, never used."""
    return Starts(Town())


def found(cuts: Cuts) -> list[str]:
    """Everything that was found."""
    return cuts.tally.lost + cuts.tally.corrupt


@pytest.mark.parametrize(
    "name", ["record a family", "checkpoint", "erase with a mirror", "courier file in"]
)
def test_it_works(starts: Starts, name: str) -> None:
    """A cut before every operation, with every fate: nothing is lost, nothing is half."""
    cuts = Cuts(starts)
    cuts.every(all_of([name])[0], seed=1)
    assert found(cuts) == []
    assert cuts.tally.cuts >= 60 and cuts.tally.operations >= 30


def test_it_cuts_anywhere(starts: Starts) -> None:
    """Random actions, random moments, and again while the node heals."""
    cuts = Cuts(starts)
    made = cuts.at_random(Random(7), each=12)
    while cuts.tally.cuts < 150:
        next(made)
    assert found(cuts) == [] and len(cuts.tally.actions) > 5


def test_it_runs_every_action(starts: Starts) -> None:
    """Each row of the table comes to its end, and changes the disk."""
    cuts = Cuts(starts)
    for action in ACTIONS:
        scene, moments = cuts.moments(action, "once")
        assert moments, action.name
        assert scene.promises, f"{action.name} promises nothing"
    assert len(ACTIONS) >= 30


def lying(disk: SimDisk) -> None:
    """A disk that says flushed and did nothing."""
    disk.lying = True


@pytest.mark.parametrize("name", _DURABLE)
def test_it_finds_what_a_lying_flush_loses(starts: Starts, name: str) -> None:
    """No software can help here; a harness that saw nothing would be blind."""
    cuts = Cuts(starts, spoil=lying)
    cuts.every(all_of([name])[0], seed=1)
    assert cuts.tally.lost, name


class _Weak:
    """A connection that flushes less than it was told, and says it does not."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def execute(self, sql: str, values: Any = ()) -> Any:
        """As asked, but for how it flushes."""
        if sql == "PRAGMA synchronous = FULL":
            sql = "PRAGMA synchronous = 1"
        if sql == "PRAGMA synchronous":
            sql = "SELECT 2"
        return self._real.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class WeakDriver(SimDriver):
    """WAL without a flush at each commit: what popular advice recommends."""

    def connect(self, path: Path, key: bytes) -> Any:
        """The same file, less safe."""
        return _Weak(super().connect(path, key))


@pytest.mark.parametrize("name", ["lock-outs and drafts", "receive from an office"])
def test_it_finds_what_a_weak_commit_loses(starts: Starts, name: str) -> None:
    """WAL and less than FULL: what `transaction` returned from is gone."""
    cuts = Cuts(starts, drive=WeakDriver)
    cuts.every(all_of([name])[0], seed=1)
    assert cuts.tally.lost, name


def test_it_finds_half_an_action(starts: Starts) -> None:
    """One fact of two is there: the judge sees it."""
    scene = Scene(starts.town, starts.office, starts.office.disk.clone(), "half")
    scene.open()
    receipt = scene.state(corrected())
    assert scene.verdict().is_good
    scene.asked[receipt.op_id] = 2
    assert scene.verdict().corrupt == ("1 facts of an action of 2",)


def test_it_finds_rot(starts: Starts) -> None:
    """A flipped bit in a closed book is seen wherever anything lies."""
    seen = 0
    for seed in range(12):
        disk = starts.office.disk.clone()
        disk.rot(Random(seed), starts.town.machines[OFFICE].folder / "book.sqlite3")
        seen += not started(Scene(starts.town, starts.office, disk, "rot")).is_good
    assert seen >= 8, "the others lie in pages that nothing is in"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("record", "book.sqlite3-wal"),
        ("record a new person", "keyring"),
        ("stock in and out", "book.sqlite3-wal"),
        ("seal", "book.sqlite3-wal"),
        ("a blob arrives in chunks", "/hub/blobs/partial"),
    ],
)
def test_it_promises_nothing_on_a_flush_that_failed(
    starts: Starts, name: str, place: str
) -> None:
    """Found 2026-11-22: after EIO the system showed what it never wrote.

    A WAL, a key or a blob was read back from its memory by the next start, a receipt was
    given on it, and a power cut took it.
    """
    cuts = Cuts(starts)
    cases = [
        one
        for one in failings(cuts, all_of([name])[0])
        if one.place.startswith("flush") and place in one.place
    ]
    assert cases
    for one in cases:
        fail(cuts, one)
    assert found(cuts) == []


def test_it_fails_in_words(starts: Starts) -> None:
    """Found 2026-11-22: a read that failed under the lock was raised as it came."""
    cuts = Cuts(starts)
    for name in ("record with a mirror", "let a blob go"):
        cases = [
            one
            for one in failings(cuts, all_of([name])[0])
            if one.way == "EIO" and not one.place.endswith("-wal")
        ]
        assert {one.place.split()[0] for one in cases} >= {"read", "exists", "write"}
        for one in cases:
            fail(cuts, one)
    assert found(cuts) == []


def test_it_fails_any_operation(starts: Starts) -> None:
    """A sample of all ways; the whole list is run before a landing and in the soak."""
    cuts, chance = Cuts(starts), Random(3)
    listed = [one for action in ACTIONS for one in failings(cuts, action)]
    assert len(listed) > 5_000
    for one in chance.sample(listed, 120):
        fail(cuts, one)
    assert found(cuts) == [] and cuts.tally.failings == 120


def test_it_draws_the_same_cuts_from_a_seed(starts: Starts) -> None:
    """What was found once is found again."""
    seen = []
    for _ in range(2):
        cuts = Cuts(starts, spoil=lying)
        made = cuts.at_random(Random(11))
        while cuts.tally.cuts < 60:
            next(made)
        seen.append((counts(cuts.tally), cuts.tally.lost))
    assert seen[0] == seen[1] and seen[0][1]


def test_it_counts_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, for whoever adds it up; wrong words are refused."""
    assert main(["--cuts", "0", "--failings", "5", "--json", "--only", "record"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["lost"] == said["corrupt"] == 0
    assert (said["actions"], said["failings"]) == (1, 5) and said["cuts"] > 50
    with pytest.raises(SystemExit):
        main(["--cuts", "-1"])
