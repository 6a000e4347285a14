"""One simulated kabupaten: a seed, a heap of events in virtual time, and what must hold.

1. The seed draws a plan (swarm.py): nodes, days, kinds of faults and their rates.
2. Safety: people work (workload.py), nodes meet (meeting.py), things go wrong (trouble.py);
   whatever happens, no program fault and no broken promise.
3. Liveness: the faults stop; within a bounded number of contacts every receipt is at the
   hub, or its gap is known there and named (checkers.py).

One process, no thread, no sleep; two runs of a seed tell the same story, byte for byte.

    result = World(seed, image, folder).run()
"""

from __future__ import annotations

import gc
import heapq
import shutil
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path

from perahu.journal.types import Receipt
from perahu.words import Refusal, Words
from sim import checkers
from sim.auditing import audited
from sim.chance import Chance, Dice, seeded_age
from sim.checkers import Broken
from sim.faults import FAULTS, Tally
from sim.folder import Died
from sim.image import START_S, Image
from sim.levels import Levels
from sim.link import CALM, SimLink
from sim.meeting import Meetings
from sim.node import Node
from sim.rights import Rights
from sim.stick import Luck, Sticks
from sim.story import Line, Story
from sim.swarm import Plan, plan_of
from sim.trouble import Trouble
from sim.workload import People

DAY_S = 86_400.0
BAD_DAYS = frozenset({"no_space", "tables_replaced"})
"""What a machine may say of itself in the middle of anything; nothing is lost by it."""
ROUNDS_MAX = 8
"""Contacts each node may need, after the faults have stopped, until nothing is missing."""


@dataclass(slots=True)
class Issued:
    """A receipt somebody holds in hand."""

    receipt: Receipt
    node: Node
    at_s: float
    epoch: int = 1
    certificate: bytes = b""
    """The hash of that of the epoch it was said in: two books may have one number."""
    is_excused: bool = False
    """What it is a receipt of was destroyed before the hub had it, or was said by a clone:
    then the gap must be named."""


@dataclass(slots=True)
class Result:
    """What one world came to."""

    seed: int
    node_days: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    receipts: int = 0
    gaps: int = 0
    """Receipts whose machine was destroyed first: known and named at the hub."""
    by_mark: int = 0
    """So many of them by their hash alone: something else has their number."""
    lost: int = 0
    books: int = 0
    """Books that the auditor has read at the end."""
    broken: list[Broken] = field(default_factory=list)
    trace: str = ""


class World:
    """Everything that is in one simulated kabupaten."""

    def __init__(
        self, seed: int, image: Image, folder: Path, plan: Plan | None = None
    ) -> None:
        self.seed, self.image, self.folder = seed, image, folder
        self.plan = plan or plan_of(seed)
        self.now_s = START_S
        self.tally, self.story = Tally(), Story()
        self.dice = Dice("world", seed)
        self.receipts: list[Issued] = []
        self.erased: dict[bytes, str] = {}
        """Persons who were erased by law, and a text that must be nowhere any more."""
        self.is_calm = False
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.link = SimLink(self.chance("link"), self.tally, self.plan.weather)
        self.sticks = Sticks(
            folder / "sticks", self.chance("sticks"), self.tally, self.plan.luck
        )
        self.nodes: list[Node] = []
        self.levels, self.rights = Levels(self), Rights(self)
        self.people = People(self)
        self.meetings = Meetings(self)
        self.trouble = Trouble(self)

    def chance(self, name: str) -> Chance:
        """A chance of its own for each part, so that one does not disturb another."""
        return Chance(self.seed, name)

    # -- who is there -----------------------------------------------------------------

    @property
    def hub(self) -> Node:
        """The kabupaten's own node."""
        return self.nodes[0]

    @property
    def provinsi(self) -> Node | None:
        """The second site, where this world has one."""
        return next((one for one in self.nodes[1:] if not one.parent_id), None)

    @property
    def offices(self) -> list[Node]:
        """Every machine that serves people, clones and stolen ones too."""
        return [one for one in self.nodes[1:] if one is not self.provinsi]

    @property
    def alive(self) -> list[Node]:
        """Machines that run and can be reached by somebody."""
        return [one for one in self.nodes if one.is_open and not one.is_lost]

    def _settle(self) -> None:
        """Put the nodes in place and start them."""
        self.folder.mkdir(parents=True)
        (self.folder / "sticks").mkdir()
        for papers in self.image.papers[: self.plan.nodes]:
            self.image.copy(papers.name, self.folder / papers.name)
            node = Node(papers, self.folder / papers.name, self.true_s, str(self.seed))
            node.zone = self.plan.zone
            if self.plan.has_mirrors and papers.hub_id:
                node.mirror = self.folder / f"{papers.name}.mirror"
                node.mirror.mkdir()
            self.nodes.append(node)
        if self.provinsi is not None:
            self.hub.parent_id = self.provinsi.node_id
        for node in self.nodes:
            node.start()

    def true_s(self) -> float:
        """The time that no clock here shows."""
        return self.now_s

    # -- events -----------------------------------------------------------------------

    def at(self, when_s: float, what: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        heapq.heappush(self._heap, (when_s, next(self._order), what))

    def passes(self, seconds: float) -> None:
        """Time goes by within something that takes time."""
        self.now_s += seconds

    def tell(self, node: Node | None, words: Words, *, is_fault: bool = False) -> None:
        """A line of the story."""
        name = node.name if node else "-"
        self.story.tell(Line(self.now_s, name, words, is_fault))

    def strikes(self, kind: str, node: Node | None, more: str = "") -> None:
        """A fault has struck: counted and told."""
        self.tally.add(kind)
        words = FAULTS[kind]
        if more:
            words = Words(f"{words.id}: {more}", f"{words.en}: {more}")
        self.tell(node, words, is_fault=True)

    def holds(self, node: Node, receipt: Receipt | None) -> None:
        """Somebody got a receipt in hand."""
        if receipt is not None:
            row = node.journal.journal(receipt.journal)
            assert row is not None, "an own entry is here"
            said_in = sha256(row.certificate).digest()
            one = Issued(receipt, node, self.now_s, row.epoch, said_in)
            self.receipts.append(one)
            self.levels.receipt(node, receipt)

    # -- machines ---------------------------------------------------------------------

    def dies(self, node: Node, kind: str) -> None:
        """A process ends and is started again, which may die once more."""
        node.die()
        self.strikes(kind, node)
        self.begin(node)

    def begin(self, node: Node) -> None:
        """Start a node as people do: again and again until it runs."""
        dies_after = self.trouble.dies_while_starting()
        for _ in range(3):
            try:
                node.start(dies_after)
                break
            except Refusal as refusal:
                assert refusal.code in BAD_DAYS, refusal
                node.disk.is_full = False
            except Died:
                node.die()
                self.strikes("killed_starting", node)
                dies_after = 0
        healing = node.journal.healing
        if healing.rolled_back:
            self.tell(
                node, Words("buku ini lama: epoka baru", "an old book: new epoch")
            )
        if healing.copied_back:
            words = f"{healing.copied_back}"
            self.tell(node, Words(f"{words} dari cermin", f"{words} from the mirror"))
        self.catches_up(node)
        checkers.check_mirror(self, node)

    def catches_up(self, node: Node) -> None:
        """Tables at the head of the book, also where their file was damaged."""
        try:
            with node.at_work() as journal:
                checkers.content_of(node.office.tables)
                journal.catch_up()
        except Refusal as refusal:
            assert refusal.code == "tables_replaced", refusal
            self.tell(node, refusal.words)
            with node.at_work() as journal:
                journal.catch_up()

    # -- the two phases ---------------------------------------------------------------

    def run(self) -> Result:
        """Play the world to its end."""
        result = Result(self.seed)
        try:
            with seeded_age(self.dice):
                self._settle()
                self._safety()
                self._liveness()
                checkers.check_all(self, result)
        except Broken as broken:
            result.broken.append(broken)
        except (Exception, Died) as error:  # noqa: BLE001
            # A fault of the program is what is looked for: the world ends, and says so.
            result.broken.append(Broken("program", _where(error)))
        finally:
            self._end(result)
        return result

    def _safety(self) -> None:
        self.people.plan_days()
        self.meetings.plan_contacts()
        self.trouble.plan_strikes()
        end_s = START_S + self.plan.days * DAY_S
        while self._heap:
            when_s, _, what = heapq.heappop(self._heap)
            if when_s > end_s:
                break
            self.now_s = max(self.now_s, when_s)
            try:
                what()
            except Refusal as refusal:
                if refusal.code not in BAD_DAYS:
                    raise
                self.tell(None, refusal.words)
        self.now_s = max(self.now_s, end_s)

    def _liveness(self) -> None:
        """The faults stop; a connected core comes together."""
        self.is_calm = True
        self.link.weather, self.sticks.luck = CALM, Luck()
        self.tell(None, Words("gangguan berhenti", "the faults stop"))
        self.trouble.ends()
        self.people.closing_time()
        self.meetings.gather(ROUNDS_MAX)
        self.levels.look(*self.alive)
        self.people.erase()

    def _end(self, result: Result) -> None:
        for node in self.nodes:
            if node.is_open and not result.broken:
                for row in node.journal.journals():
                    self.story.note(row.head_h)
        for node in self.nodes:
            node.stop()
        if not result.broken:
            result.books, wrong = audited(self.nodes)
            result.broken += [Broken("auditor", line) for line in wrong]
        result.faults = self.tally.counts
        result.node_days = self.plan.days * len(self.nodes)
        result.trace = self.story.trace
        result.receipts = len(self.receipts)
        shutil.rmtree(self.folder, ignore_errors=True)
        if any(self.tally.counts[kind] for kind in ("killed_starting",)):
            gc.collect()


def _where(error: BaseException) -> str:
    """The last lines of a traceback: enough to find the place."""
    lines = traceback.format_exception(error)
    return "".join(lines)[-1500:]
