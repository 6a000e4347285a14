"""One node of a simulated world: a real book, real tables and the office around them.

It is opened as a process of that node opens it, may die at any call to its machine and is
opened again from what stood in its files, can be put back to an old backup, and can be
cloned. Only what an operating system gives it is the simulator's: clock, randomness, lock
and disk (folder.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Ports
from perahu.journal.types import Ask
from perahu.keys.sealing import open_blob
from perahu.keys.vault import NodeKeys
from perahu.node.office import TABLES_FILE, Office
from perahu.node.settings import Settings
from perahu.node.tables import Tables
from perahu.sync.responder import Doors
from sim.chance import Dice
from sim.clock import Wall, clock_of
from sim.folder import Died, FolderDisk, Mortal, OneLock
from sim.papers import REGISTRY

_OPEN_FILES = ("book.sqlite3", "book.sqlite3-wal", TABLES_FILE, f"{TABLES_FILE}-wal")
"""Files that closing a database changes; a death must not."""


@dataclass(frozen=True, slots=True)
class Papers:
    """Who a node is, however often its machine changes."""

    name: str
    role: str
    wilayah: tuple[str, ...]
    keys: NodeKeys
    node_id: bytes
    root_public: bytes
    hub_id: bytes
    """Whom it calls; b"" for who calls nobody."""
    officer: bytes


@dataclass(slots=True)
class SimOffice(Office):
    """The office of a simulated node: its operation ids come from the world's seed."""

    dice: Dice = field(default_factory=lambda: Dice("office"))

    def ask(self, officer: bytes = b"", op_id: bytes | None = None) -> Ask:
        """An ask of this moment; a fresh operation unless its id is given."""
        return Ask(op_id or self.dice(16), officer, self.now())


class Node:
    """A machine that is this node; a clone is a second machine of the same papers."""

    def __init__(
        self, papers: Papers, folder: Path, true_s: Callable[[], float], seed: str
    ) -> None:
        """`folder` holds the node's files already; nothing is opened yet."""
        self.papers, self.folder = papers, folder
        self.name, self.parent_id = papers.name, papers.hub_id
        self._label, self._lives = folder.name, 0
        self.true_s, self.seed = true_s, seed
        self.dice = Dice(seed, folder.name)
        self.wall = Wall(true_s)
        self.zone = "Asia/Jakarta"
        self.mirror: Path | None = None
        self.registry = REGISTRY
        self.mortal = Mortal(self._picture)
        self.disk = FolderDisk(self.mortal, folder.parent / "sticks")
        self.is_lost = self.is_mirror_torn = False
        self.is_mirror_unseen = False
        """It was put back since the program was last started, which looks into it."""
        self.is_old_since_s = float("inf")
        """When an old disk was put in: until it notices, it writes on a branch."""
        self.is_clone_of: Node | None = None
        self._open: SimOffice | None = None
        self.doors: Doors | None = None
        self.backups = 0

    # -- open and close ---------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether its process runs."""
        return self._open is not None

    @property
    def office(self) -> SimOffice:
        """The open office."""
        assert self._open is not None, f"{self.name} is not running"
        return self._open

    @property
    def journal(self) -> Journal:
        """The open book."""
        return self.office.journal

    @property
    def node_id(self) -> bytes:
        """The id of its certificate, open or not."""
        return self.papers.node_id

    def ask(self, officer: bytes = b"") -> Ask:
        """A fresh ask at this node."""
        return self.office.ask(officer)

    def open_blob(self, cipher: bytes) -> bytes:
        """What was sealed to this node."""
        return open_blob(cipher, self.papers.keys.age_identity)

    def start(self, dies_after: int = 0) -> None:
        """Open tables and book, as the node's process does; heals what a death left."""
        assert self._open is None
        self.is_mirror_unseen = False
        self.mortal = self.disk.mortal = Mortal(self._picture)
        self.mortal.dies_at = dies_after
        papers, clock = self.papers, clock_of(self.wall, self.true_s, self.zone)
        ports = Ports(
            clock=clock,
            random=self._random,
            disk=self.disk,
            lock=OneLock(self.mortal),
            flush_lock=OneLock(self.mortal),
            key_lock=OneLock(self.mortal),
            thread=lambda: 0,
        )
        with ExitStack() as opening:
            tables = Tables(self.folder / TABLES_FILE, papers.keys.tables_key)
            opening.enter_context(tables)
            journal = Journal(
                Opening(
                    folder=self.folder,
                    keys=papers.keys,
                    root_public=papers.root_public,
                    registry=self.registry,
                    ports=ports,
                    mirror=self.mirror,
                    tables=tables,
                )
            )
            opening.callback(journal.close)
            self._open = SimOffice(
                self.folder, self._settings(), papers.keys, papers.root_public, ports,
                clock, tables, self.registry, journal, opening.pop_all(), None, self.dice,
            )  # fmt: skip
        self.doors = None
        self.mortal.dies_at = 0

    def _random(self, size: int) -> bytes:
        self.mortal.breathe()
        return self.dice(size)

    def _settings(self) -> Settings:
        papers = self.papers
        return Settings(
            name=papers.name,
            role=papers.role,
            wilayah=papers.wilayah,
            timezone=self.zone,
            parent="in.the.world:1" if self.parent_id else "",
            parent_node=self.parent_id.hex(),
            mirror=str(self.mirror or ""),
        )

    def stop(self) -> None:
        """End the process in order."""
        if self._open is not None:
            office, self._open = self._open, None
            office.close()

    # -- dying ------------------------------------------------------------------------

    def _picture(self) -> None:
        """Keep the databases as they are now: what is closed later is not part of it."""
        for name in _OPEN_FILES:
            if (self.folder / name).exists():
                shutil.copyfile(self.folder / name, self.folder / f"{name}.dead")

    def die(self) -> None:
        """The process is gone now, whatever it was doing; its files stay as they are.

        They move to a folder of another name: a connection that is still held somewhere
        would tidy up behind itself when it is let go, and a dead process cannot.
        """
        if not self.mortal.is_dead:
            self.mortal.is_dead = True
            self._picture()
        office, self._open = self._open, None
        if office is not None:
            office.close()
        self._lives += 1
        target = self.folder.with_name(f"{self._label}~{self._lives}")
        target.mkdir()
        for path in sorted(self.folder.iterdir()):
            if path.name.endswith(".dead"):
                path.rename(target / path.name.removesuffix(".dead"))
            elif path.name not in _OPEN_FILES and not path.name.endswith("-shm"):
                path.rename(target / path.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = target

    @contextmanager
    def at_work(self, dies_after: int = 0) -> Iterator[Journal]:
        """Be at this node; with `dies_after` its process ends at that call from now on."""
        with self.office.at_work():
            if dies_after:
                self.mortal.dies_at = self.mortal.calls + dies_after
            try:
                yield self.journal
            finally:
                self.mortal.dies_at = 0
        if self.mortal.is_dead:
            raise Died

    # -- backups and clones -----------------------------------------------------------

    def backup(self) -> Path:
        """A copy of the whole disk as it is now."""
        self.backups += 1
        target = self.folder.with_name(f"{self._label}.backup{self.backups}")
        self.copy_to(target)
        return target

    def copy_to(self, target: Path) -> None:
        """The files of this machine in another folder."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(
            self.folder, target, ignore=shutil.ignore_patterns("*-shm", "*.dead")
        )

    def restore(self, backup: Path, *, keeps_fence: bool) -> None:
        """Put an old disk in the place of this one; `start` opens it.

        With `keeps_fence` the book alone is old: the fence still knows how far it was.
        """
        self.stop()
        fence = (self.folder / "fence").read_bytes()
        shutil.rmtree(self.folder)
        shutil.copytree(backup, self.folder)
        if keeps_fence:
            (self.folder / "fence").write_bytes(fence)

    def clone(self) -> Node:
        """A second machine with a copy of this disk; it is not running yet."""
        label = f"{self._label}+{self.backups}"
        self.backups += 1
        self.copy_to(self.folder.with_name(label))
        twin = Node(self.papers, self.folder.with_name(label), self.true_s, self.seed)
        twin.zone, twin.parent_id = self.zone, self.parent_id
        twin.is_clone_of, twin.registry = self, self.registry
        # What its book got back from a torn mirror the copy of it holds no further.
        twin.is_mirror_torn = self.is_mirror_torn
        return twin
