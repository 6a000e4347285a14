"""The second reader (tools/auditor.py) looks at every book that recovery healed.

Most cuts of one action leave the same book: what was flushed is there, what was not is gone.
So each content is read once. Two books are the same where a connection of its own finds the
same in every page, decrypted and authenticated, and every file beside the book is the same
byte for byte: then nobody who reads them can tell one from the other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import apsw

from sim.disk import SimDisk
from sim.power.promises import Verdict
from sim.power.scene import Scene
from sim.power.town import MIRROR, Machine
from sim.vfs import SimDriver
from tools.auditor import UNREADABLE, Auditor, derived
from tools.auditor_facts import audit

_IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
_PAGE_BYTES = 4096
_TAIL_BYTES = 80
"""The end of each page is SQLCipher's: random bytes and a check of the rest, used by now."""
_NO_PAGE = bytes(_PAGE_BYTES - _TAIL_BYTES)

Files = Mapping[str, bytes]
"""A disk as the next process finds it, by path."""


class SecondReader:
    """Reads the books of one town, each content once."""

    def __init__(self) -> None:
        self.books = 0
        """How many were laid before it."""
        self._disks: set[bytes] = set()
        self._contents: set[bytes] = set()
        """Only of what is sound: what is wrong is said each time."""

    @property
    def contents(self) -> int:
        """How many of the sound ones differed: each was read from end to end."""
        return len(self._contents)

    def read(self, scene: Scene) -> Verdict:
        """What the auditor says of the files as they lie, now or of the same before."""
        self.books += 1
        left = _Left.by(scene)
        disk = _digest(left, left.files)
        if disk in self._disks:
            return Verdict()
        try:
            pages = left.pages()
        except apsw.Error as error:
            return Verdict(corrupt=(f"opened anew: {error}",))
        content = _digest(left, left.beside, *pages)
        # A page that SQLite cannot read comes as zeros, and those prove nothing.
        if content not in self._contents or _NO_PAGE in pages:
            wrong = left.audited()
            if wrong:
                return Verdict(corrupt=tuple(f"the auditor: {one}" for one in wrong))
            self._contents.add(content)
        self._disks.add(disk)
        return Verdict()


@dataclass(frozen=True, slots=True)
class _Left:
    """What a machine left behind, and how it is opened."""

    machine: Machine
    files: Files
    root_public: bytes
    mirror: Path | None

    @classmethod
    def by(cls, scene: Scene) -> _Left:
        machine = scene.town.machines[scene.start.name]
        mirror = MIRROR if scene.start.mirrored else None
        return cls(machine, scene.disk.snapshot().files, scene.town.root_public, mirror)

    @property
    def book(self) -> Path:
        return self.machine.folder / "book.sqlite3"

    @property
    def beside(self) -> Files:
        """Every file but the book and its WAL."""
        book = str(self.book)
        return {n: raw for n, raw in self.files.items() if not n.startswith(book)}

    def pages(self) -> list[bytes]:
        """The book in the clear, as who opens it anew finds it. Raises apsw.Error."""
        disk = SimDisk()
        for name in self.files.keys() - self.beside.keys():
            disk.put(Path(name), self.files[name])
        key = derived(self.machine.papers.keys.secret, b"book")
        with closing(SimDriver(disk).connect(self.book, key)) as found:
            # This disk is thrown away: nobody needs the WAL brought in.
            found.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            plain = found.serialize("main")
        assert plain, "recovery leaves no book without a page"
        starts = range(0, len(plain), _PAGE_BYTES)
        return [plain[at : at + _PAGE_BYTES - _TAIL_BYTES] for at in starts]

    def audited(self) -> list[str]:
        """Lay the files where the auditor can open them, and let it say what is wrong."""
        with tempfile.TemporaryDirectory(prefix="perahu-", dir=_IN_MEMORY) as folder:
            root = Path(folder)
            for name, content in self.files.items():
                path = root / name.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            place = root / str(self.machine.folder).lstrip("/")
            mirror = self.mirror and root / str(self.mirror).lstrip("/")
            secret = self.machine.papers.keys.secret
            try:
                return audit(Auditor(place, secret, self.root_public, mirror)).wrong
            except UNREADABLE as error:
                return [f"cannot be read: {type(error).__name__} {error}"]


def _digest(left: _Left, files: Files, *pages: bytes) -> bytes:
    """Of files with their names, of pages, and of whose they are."""
    named = sorted((name, len(raw)) for name, raw in files.items())
    found = sha256(repr((left.machine.folder, left.mirror, named)).encode())
    for name, _ in named:
        found.update(files[name])
    for page in pages:
        found.update(page)
    return found.digest()
