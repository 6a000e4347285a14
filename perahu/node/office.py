"""One open node: its book, its tables, its clock, its settings. Everything begins here.

Every command, the node process and the tests open a node in this way; several can be open
in one process. Entering the office also makes its tables the ones that queries mean.

Example:
    with open_office(folder, passphrase=phrase) as office:
        office.authority.may(officer, "record", "170301", office.clock.now().today)
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from perahu.cards import facts as cards_facts
from perahu.cases import facts as cases_facts
from perahu.contacts import facts as contacts_facts
from perahu.enrolment import facts as enrolment_facts
from perahu.journal.codec import Registry
from perahu.journal.journal import Journal, Opening
from perahu.journal.ports import Instant, Ports
from perahu.journal.types import Ask
from perahu.keys import facts as keys_facts
from perahu.keys.authority import Authority
from perahu.keys.certificates import Chain, NodeCertificate
from perahu.keys.vault import NodeKeys, open_secret
from perahu.node.clock import RealClock
from perahu.node.disk import RealDisk
from perahu.node.lock import FileLock
from perahu.node.passphrase import start_passphrase
from perahu.node.rng import system_random
from perahu.node.settings import Settings, load_settings
from perahu.node.tables import Tables
from perahu.people import facts as people_facts
from perahu.sync.postbag.bag import PostBag
from perahu.trips import facts as trips_facts
from perahu.words import Refusal

FACTS: tuple[ModuleType, ...] = (
    keys_facts,
    people_facts,
    enrolment_facts,
    cards_facts,
    trips_facts,
    cases_facts,
    contacts_facts,
)
"""The facts modules of every room, as the journal's registry takes them."""

BOOK_VARIABLE = "PERAHU_BOOK"
KEY_FILE, ROOT_FILE = "node.key", "root.pub"
PARENT_FILE = "parent"
"""The parent's chain, as the enrolment file brought it."""
TABLES_FILE, LOCK_FILE = "tables.sqlite3", "lock"


@dataclass(slots=True)
class Office:
    """An open node. Close it, or use it in a `with`."""

    folder: Path
    settings: Settings
    keys: NodeKeys
    root_public: bytes
    ports: Ports
    clock: RealClock
    tables: Tables
    registry: Registry
    journal: Journal
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)
    bag: PostBag | None = None
    """Other nodes' post that we carry (relay_bag.py makes it)."""

    @property
    def authority(self) -> Authority:
        """Who may do what, as this book knows it."""
        return self.journal.authority

    @property
    def certificate(self) -> NodeCertificate:
        """Who this node is."""
        return self.journal.certificate

    def parent_certificate(self) -> NodeCertificate | None:
        """Who our parent is, as the enrolment file said; None at a founded hub."""
        path = self.folder / PARENT_FILE
        if not path.exists():
            return None
        return Chain.decode(path.read_bytes(), self.root_public).node

    def ask(self, officer: bytes = b"", op_id: bytes | None = None) -> Ask:
        """An ask of this moment; a fresh operation unless its id is given."""
        return Ask(
            op_id=system_random(16) if op_id is None else op_id,
            officer=officer,
            at=self.now(),
        )

    def now(self) -> Instant:
        """The wall time of this moment."""
        return self.clock.now()

    @contextmanager
    def at_work(self) -> Iterator[Office]:
        """Let this office's tables be the ones that queries in this context mean."""
        with self.tables.at_work():
            yield self

    def close(self) -> None:
        """Let go of the book and the tables; nothing needs saving."""
        self._stack.close()

    def __enter__(self) -> Office:
        self._stack.enter_context(self.at_work())
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_office(
    folder: Path,
    *,
    passphrase: str | None = None,
    language: str | None = None,
    wall_s: Callable[[], float] | None = None,
) -> Office:
    """Open the node in a folder.

    1. Read its settings; ask for the passphrase where none is given; open its secret.
    2. Open the tables, then the book, which mends what a crash left.
    3. Take the site's time zone from the policy and bring the tables up to date.
    """
    settings = load_settings(folder)
    if passphrase is None:
        passphrase = start_passphrase(language or settings.language)
    keys = open_secret(_file_of(folder, KEY_FILE), passphrase)
    root_public = root_of(_file_of(folder, ROOT_FILE), folder)
    clock = RealClock(settings.timezone, **({"wall_s": wall_s} if wall_s else {}))
    ports = Ports(
        clock=clock,
        random=system_random,
        disk=RealDisk(),
        lock=FileLock(folder / LOCK_FILE),
        flush_lock=FileLock(folder / "flush.lock"),
        key_lock=FileLock(folder / "keyring.lock"),
        thread=threading.get_ident,
    )
    with ExitStack() as opening:
        tables = opening.enter_context(Tables(folder / TABLES_FILE, keys.tables_key))
        registry = Registry(FACTS)
        opening_of_book = Opening(
            folder=folder,
            keys=keys,
            root_public=root_public,
            registry=registry,
            ports=ports,
            book_url=book_url(settings),
            mirror=Path(settings.mirror) if settings.mirror else None,
            tables=tables,
        )
        journal = Journal(opening_of_book)
        opening.callback(journal.close)
        clock.set_zone(journal.authority.policy.timezone)
        with tables.at_work():
            journal.catch_up()
        return Office(
            folder, settings, keys, root_public, ports, clock, tables, registry,
            journal,
            opening.pop_all(),
        )  # fmt: skip


def book_url(settings: Settings) -> str | None:
    """Where the book is, if not in the node's folder: the environment, then node.toml."""
    return os.environ.get(BOOK_VARIABLE) or settings.book or None


def root_of(text: bytes, folder: Path) -> bytes:
    """The root key out of the text of `root.pub`. Raises Refusal "bad_root"."""
    try:
        key = bytes.fromhex(text.decode().strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Refusal(
            "bad_root",
            id=f"Berkas {folder / ROOT_FILE} rusak; ambil dari cadangan. Buku tidak disentuh.",
            en=f"The file {folder / ROOT_FILE} is damaged; take it from the backup. "
            "The book was not touched.",
        )
    return key


def _file_of(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise Refusal(
            "no_key",
            id=f"Berkas {folder / name} tidak ada; ambil dari cadangan. Buku tidak disentuh.",
            en=f"The file {folder / name} is missing; take it from the backup. "
            "The book was not touched.",
        ) from error
