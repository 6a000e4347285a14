"""Every canary sits where it says, leaves no trace, and the quick ones are found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perahu.journal.promises import Promises
from sim.canaries.command import Search
from sim.canaries.harnesses import HARNESSES, Harnesses, harnesses
from sim.canaries.pair import story
from sim.canaries.planting import Moved, rewritten
from sim.canaries.table import Canary, canaries

ALL = canaries()
QUICK = ("mirror_later", "level_without_blobs", "order_by_clock", "short_vector")
SEEDS = 12


@pytest.fixture(scope="module")
def ready() -> Iterator[Harnesses]:
    """The harnesses, made ready once."""
    with harnesses() as found:
        yield found


def test_it_has_at_least_twenty_with_names_of_their_own() -> None:
    """Twenty and more, and no two of one name."""
    assert len(ALL) >= 20
    assert len({one.name for one in ALL}) == len(ALL)


@pytest.mark.parametrize("canary", ALL, ids=lambda one: one.name)
def test_it_sits_in_the_program_and_can_be_taken_out(canary: Canary) -> None:
    """Its place is there, its words and its harness are said, and it can sit there again."""
    assert canary.harness in HARNESSES
    assert canary.words.endswith(".")
    for _ in range(2):
        with canary.plant():
            pass


def test_it_leaves_the_program_as_it_was() -> None:
    """Within, the wrong code runs; afterwards, the very code of before."""
    keep = Promises.keep
    before = keep.__code__
    canary = next(one for one in ALL if one.name == "flush_skipped")
    with canary.plant():
        assert Promises.keep is keep
        assert keep.__code__ is not before
    assert keep.__code__ is before


def test_it_leaves_the_program_as_it_was_after_a_fault() -> None:
    """Whatever is raised within."""
    before = Promises.keep.__code__
    canary = next(one for one in ALL if one.name == "flush_skipped")
    with pytest.raises(ZeroDivisionError), canary.plant():
        raise ZeroDivisionError
    assert Promises.keep.__code__ is before


@pytest.mark.parametrize("old", ["no such text", "self."])
def test_it_says_loudly_that_its_place_has_moved(old: str) -> None:
    """Text that is not there, or there more than once, plants nothing."""
    before = Promises.keep.__code__
    with pytest.raises(Moved), rewritten(Promises.keep, (old, "pass")):
        pass
    assert Promises.keep.__code__ is before


def test_it_keeps_no_name_of_its_own_in_the_module() -> None:
    """What the new text needs is there while it is needed; a name in use is refused."""
    change = (
        "            self._book.store.flush()\n",
        "            beside.append(1)\n",
    )
    beside: list[int] = []
    with rewritten(Promises.keep, change, names={"beside": beside}):
        assert Promises.keep.__globals__["beside"] is beside
    assert "beside" not in Promises.keep.__globals__
    with (
        pytest.raises(Moved),
        rewritten(Promises.keep, change, names={"Fence": beside}),
    ):
        pass


@pytest.mark.parametrize("name", QUICK)
def test_it_is_found(ready: Harnesses, name: str) -> None:
    """The harness is silent without the bug and speaks with it, within a few seeds."""
    canary = next(one for one in ALL if one.name == name)
    search = Search(ready, SEEDS)
    finding = search.find(canary)
    assert not search.noise
    assert finding.said, finding.line
    assert name in finding.line


def test_it_tells_the_same_story_twice() -> None:
    """A seed is a story: nothing in it comes from the machine it is told on."""
    told = []
    for _ in range(2):
        one = story.begin(5)
        for _ in range(story.STEPS):
            story.step(one)
        story.quiet(one)
        heads = [m.journal.vector() for m in one.machines.values()]
        told.append((one.told, heads))
    assert told[0] == told[1]
