"""An office put back as a whole: what it said before its first contact is called what it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from perahu.keys.facts import ForkSeen
from perahu.node.actions import note_fork
from perahu.node.courier import export_to, import_files
from perahu.node.epochs import stranded
from perahu.node.link_memory import tell
from perahu.node.office import Office, open_office
from perahu.node.road import Caller
from perahu.node.status import status_of
from perahu.sync.exchange import Patience
from perahu.words import in_language
from tests.node.desk.town import make_cheap
from tests.node.offices import PHRASE, add_enggano, found_hub
from tests.system.world import answering

NOON_S = 1_795_237_800.0
KNOWN = 2
"""So many entries the hub had acknowledged when the copy was made."""


@dataclass
class Stage:
    """A kabupaten, an office, and a copy of the office's whole folder."""

    folder: Path
    stick: bool = False
    """They meet by files."""
    said: int = 0
    hours: float = 0.0

    def wall_s(self) -> float:
        """The clock of both."""
        return NOON_S + self.hours * 3600

    @contextmanager
    def open(self, name: str = "enggano") -> Iterator[Office]:
        """A node."""
        place = self.folder / name
        with open_office(place, passphrase=PHRASE, wall_s=self.wall_s) as office:
            yield office

    def say(self, office: Office, count: int = 1, size: int = 0) -> None:
        """State facts, each of so many bytes at least."""
        for _ in range(count):
            self.said += 1
            fork = ForkSeen(
                node=bytes(16), journal=self.said.to_bytes(16), seq=1, ours=b"",
                theirs=b"", evidence=self.said.to_bytes(4) * (size // 4),
            )  # fmt: skip
            note_fork(office.journal, office.ask(), fork=fork)

    def meet(self, office: Office, times: int = 1) -> Caller | None:
        """A contact with the hub, by TLS or by a stick there and back."""
        for _ in range(times):
            with ExitStack() as stack:
                hub = stack.enter_context(self.open("hub"))
                caller = None
                if self.stick:
                    self._by_stick(office, hub)
                else:
                    port = stack.enter_context(answering(hub)).port
                    parent = f"127.0.0.1:{port}"
                    office.settings = replace(office.settings, parent=parent)
                    caller = Caller(office, Patience(attempts_max=2))
                    assert caller.call().is_complete
                hub.journal.catch_up()
        return caller

    def _by_stick(self, office: Office, hub: Office) -> None:
        for source, target in ((office, hub), (hub, office)):
            made = export_to(source, target.journal.node_id, self.folder / "stick")
            import_files(target, list(made.paths), None)

    def copy(self, prefix: int, size: int = 0) -> None:
        """The office says something that the hub has, and something more; then a backup."""
        with self.open() as office:
            self.say(office, KNOWN)
            self.meet(office, 2)
            self.say(office, prefix, size)
            assert office.journal.waiting().entries == prefix
        shutil.copytree(self.folder / "enggano", self.folder / "backup")

    def go_on(self, count: int) -> None:
        """The office works and the hub hears of it; then its folder is put back whole."""
        with self.open() as office, office.at_work():
            self.say(office, count)
            tell(office)
            self.meet(office, 2)
            assert office.journal.waiting().entries == 0
        shutil.rmtree(self.folder / "enggano")
        (self.folder / "backup").rename(self.folder / "enggano")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Both founded; nobody at work."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    (tmp_path / "stick").mkdir()
    for name in ("hub", "enggano"):
        make_cheap(tmp_path / name / "node.key")
    return Stage(tmp_path)


def words(office: Office, language: str = "en") -> str:
    """What `status` says of what will never be sent; "" where there is none."""
    found = in_language(status_of(office), language)["branched_words"]
    assert found is None or isinstance(found, str)
    return found or ""


@pytest.mark.parametrize("stick", [False, True])
@pytest.mark.parametrize(
    ("original", "branch"), [(5, 2), (2, 2), (1, 3)], ids=["more", "as many", "fewer"]
)
def test_it_works(stage: Stage, stick: bool, original: int, branch: int) -> None:
    """Whether the hub holds more than the branch, as many or fewer, by line or by stick:
    it waits no more, is named with its number, and new entries wait as ever."""
    stage.stick = stick
    stage.copy(1)
    stage.go_on(original)
    left = 1 + branch
    with stage.open() as office, office.at_work():
        stage.say(office, branch)
        assert office.journal.waiting().entries == left, "nobody can know it yet"
        assert not words(office)
        caller = stage.meet(office, 3)
        found = office.journal.waiting()
        assert office.journal.epoch == 2
        assert (found.entries, found.bytes, found.branched) == (0, 0, left)
        assert f": {left} entries" in words(office) and "perahu history" in words(
            office
        )
        assert f": {left} catatan" in words(office, "id")
        assert len(stranded(office)) == left, "the history lists as many"
        assert caller is None or not caller.has_news(), "no contact is made for it"
        stage.say(office)
        assert office.journal.waiting().entries == 1
        assert caller is None or caller.has_news()
        stage.meet(office, 2)
        assert office.journal.waiting().entries == 0


@pytest.mark.parametrize(("original", "branch"), [(5, 2), (1, 3)])
def test_it_learns_it_before_all_was_sent_again(
    stage: Stage, original: int, branch: int
) -> None:
    """A copy with months that were not sent: the vectors alone show that the two differ."""
    stage.copy(30, size=20_000)
    stage.go_on(original)
    with stage.open() as office:
        stage.say(office, branch)
        caller = stage.meet(office, 3)
        found = office.journal.waiting()
        assert (found.entries, found.branched) == (0, 30 + branch)
        assert caller is not None and not caller.has_news()


@pytest.mark.parametrize("stick", [False, True])
def test_it_says_nothing_where_all_comes_home(stage: Stage, stick: bool) -> None:
    """Nothing was said before the first contact: the old copy becomes whole again."""
    stage.stick = stick
    stage.copy(1)
    stage.go_on(4)
    with stage.open() as office, office.at_work():
        stage.meet(office, 4)
        found = office.journal.waiting()
        assert (found.entries, found.branched, words(office)) == (0, 0, "")


def test_it_takes_its_word_back_where_a_hub_takes_the_branch(stage: Stage) -> None:
    """The hub goes back to the day before: it hears the branch first, and has it then."""
    stage.copy(1)
    shutil.copytree(stage.folder / "hub", stage.folder / "hub-yesterday")
    stage.go_on(3)
    with stage.open() as office, office.at_work():
        stage.say(office, 2)
        stage.meet(office, 2)
        assert office.journal.waiting().branched == 3
        shutil.rmtree(stage.folder / "hub")
        (stage.folder / "hub-yesterday").rename(stage.folder / "hub")
        stage.meet(office, 3)
        found = office.journal.waiting()
        assert (found.entries, found.branched, words(office)) == (0, 0, "")
        assert stranded(office) == []


def test_it_calls_nobody_back_for_what_it_said_of_its_links(stage: Stage) -> None:
    """Each of the two told of the same hours, and the hub has one: that concerns nobody."""
    stage.copy(1)
    stage.hours += 7
    stage.go_on(0)
    with stage.open() as office, office.at_work():
        tell(office)
        assert office.journal.waiting().entries == 2
        stage.meet(office, 3)
        assert {one.lane for one in stranded(office)} == {"jaringan"}
        found = office.journal.waiting()
        assert (found.entries, found.branched, words(office)) == (0, 0, "")
