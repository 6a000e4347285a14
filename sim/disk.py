"""A disk in memory that fails in every way a real one does.

`SimDisk` is `perahu.journal.ports.Disk`, step by step as `perahu/node/disk.py` does it: each
system call of that file is one *operation* here, and so is each call of SQLite's (sim/vfs.py
puts a book on the same disk). Operations are counted; before any of them the power can go,
and any of them can fail. Seeded by the `random.Random` that is handed in; no threads.

    from pathlib import Path
    from sim.disk import SimDisk
    from sim.vfs import SimDriver

    disk = SimDisk()
    disk.put(Path("/enggano/certificate"), chain.encode())      # makes the folder too
    opening = Opening(
        folder=Path("/enggano"), keys=keys, root_public=root, registry=registry,
        ports=Ports(clock, random, disk, lock=nullcontext, flush_lock=nullcontext,
                    key_lock=nullcontext, thread=lambda: 0),
        driver=SimDriver(disk),
    )
    journal = Journal(opening)

    disk.cut_at = disk.operations + 17       # the power goes 17 operations from now: PowerCut
    disk.crash(Random(7))                    # ... and comes back: only what was left is there
    disk.kill()                              # kill -9: the files stay as they are
    journal = Journal(opening)               # the old Journal is dead, open anew; never close it

    twin = disk.clone()                      # a disk copied bit by bit, pending writes and all
    image = disk.snapshot(); disk.restore(image)   # a backup and its return
    disk.lying = True                        # flushes that do nothing
    disk.fail(EIO, after=3)                  # the third operation from now fails, once
    disk.fail(ENOSPC, for_ever=True, short=True)   # every write stops half-way
    disk.capacity = disk.used() + 4096       # nearly full
    disk.read_only = True
    disk.rot(Random(1), Path("/enggano/book.sqlite3"))

What it does not do: hard links, permissions, two live connections to one book (SQLite says
"busy"), media that ruin what was flushed long ago unless `rot` is called.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from random import Random

from sim.medium import Fate, SimFile, Stillness, rename_in

READING = frozenset({"read", "size", "exists", "list", "open"})
"""Kinds of operations that change nothing; the others are points where a cut matters."""


class PowerCut(BaseException):
    """The machine stopped here; nothing that runs on it may go on."""


@dataclass(frozen=True, slots=True)
class Image:
    """A copy of all files, as a backup program sees them."""

    files: Mapping[str, bytes]
    folders: frozenset[str]


@dataclass(slots=True)
class Fault:
    """An operation that will fail: which one, how, and whether all after it fail too."""

    error: int
    at: int
    for_ever: bool
    short: bool


@dataclass(slots=True)
class _Entry:
    """A change of names that is not flushed: each name, and what it now stands for."""

    folder: str
    names: dict[str, SimFile | None] = field(default_factory=dict)


class SimDisk:
    """All files of one machine, by path; folders exist as on a real disk."""

    def __init__(self) -> None:
        self.operations = 0
        self.boot = 0
        """Grows with each crash or kill: what was open before is dead."""
        self.cut_at: int | None = None
        self.watch: Callable[[str, str], None] | None = None
        """Told (kind, path) of each operation before it is done."""
        self.capacity: int | None = None
        self.lying = False
        self.read_only = False
        self.is_off = False
        """The power went, and did not come back yet."""
        self._fault: Fault | None = None
        self._files: dict[str, SimFile] = {}
        self._durable: dict[str, SimFile] = {}
        self._entries: list[_Entry] = []
        self._folders: set[str] = {"/"}

    # -- what goes wrong --------------------------------------------------------------

    def fail(
        self, error: int, *, after: int = 1, for_ever: bool = False, short: bool = False
    ) -> None:
        """Let the operation `after` from now fail with an errno, once or from then on.

        `short`: where it is a write, half of it is written first.
        """
        self._fault = Fault(error, self.operations + after, for_ever, short)

    def mend(self) -> None:
        """Nothing fails any more; what was lost stays lost."""
        self._fault, self.lying, self.read_only = None, False, False
        self.capacity = None

    def crash(self, rng: Random, fate: Fate | None = None) -> None:
        """The power went: what was not flushed meets its fate, drawn for each file."""
        self.start(self.still().after(rng, fate), self._folders)

    def still(self) -> Stillness:
        """What a power cut at this moment would meet; kept for later at little cost."""
        stills = {id(f): f.still() for f in self._all_files()}
        named = {name: stills[id(f)] for name, f in self._durable.items()}
        entries = tuple(
            {name: stills[id(f)] if f else None for name, f in entry.names.items()}
            for entry in self._entries
        )
        return Stillness(named, entries, frozenset(self._folders))

    def kill(self) -> None:
        """The process died, the machine did not: files stay, handles are dead."""
        self.boot += 1
        self.is_off, self.cut_at = False, None
        for file in self._files.values():
            file.holder = None

    @classmethod
    def found_after(
        cls, still: Stillness, rng: Random, fate: Fate | None = None
    ) -> SimDisk:
        """A machine that starts again after a cut at that moment."""
        made = cls()
        made.start(still.after(rng, fate), still.folders)
        return made

    def start(self, files: dict[str, SimFile], folders: Collection[str]) -> None:
        """The machine starts, and these files are what it finds."""
        self._files, self._durable, self._entries = files, dict(files), []
        self._folders = set(folders)
        self.kill()

    def rot(self, rng: Random, path: Path, bits: int = 1) -> None:
        """Flip bits of a file, on the medium and for whoever reads it next."""
        file = self._files[str(path)]
        for _ in range(bits):
            at, bit = rng.randrange(len(file.data)), 1 << rng.randrange(8)
            file.data[at] ^= bit
            if at < len(file.durable):
                kept = bytearray(file.durable)
                kept[at] ^= bit
                file.durable = bytes(kept)

    # -- copies -----------------------------------------------------------------------

    def snapshot(self) -> Image:
        """All files as they are seen now."""
        files = {name: bytes(file.data) for name, file in self._files.items()}
        return Image(files, frozenset(self._folders))

    def restore(self, image: Image) -> None:
        """Put a backup back, flushed; whatever is not in it is gone."""
        files = {name: SimFile(data) for name, data in image.files.items()}
        self.start(files, image.folders)

    def clone(self) -> SimDisk:
        """Another disk that is the same in every bit, flushed or not; without faults."""
        made = SimDisk()
        # One file may stand under a name on the medium and under another one now.
        copies = {id(f): f.copy() for f in self._all_files()}
        made._files = {name: copies[id(f)] for name, f in self._files.items()}
        made._durable = {name: copies[id(f)] for name, f in self._durable.items()}
        made._entries = [
            _Entry(e.folder, {n: f and copies[id(f)] for n, f in e.names.items()})
            for e in self._entries
        ]
        made._folders = set(self._folders)
        made.operations = self.operations
        return made

    def _all_files(self) -> list[SimFile]:
        pending = [f for e in self._entries for f in e.names.values() if f]
        return [*self._files.values(), *self._durable.values(), *pending]

    def put(self, path: Path, data: bytes) -> None:
        """A file that was there before the story begins: no operation, durable."""
        self.make_folder(path.parent)
        self._files[str(path)] = self._durable[str(path)] = SimFile(data)

    def make_folder(self, folder: PurePath) -> None:
        """A folder that was there before: a mirror's, a node's."""
        self._folders.update(map(str, (folder, *folder.parents)))

    def remove_folder(self, folder: PurePath) -> None:
        """A medium is pulled out: its folder and all in it are gone from sight."""
        inside = f"{folder}/"
        self._folders -= {f for f in self._folders if f == str(folder)}
        for names in (self._files, self._durable):
            for name in [n for n in names if n.startswith(inside)]:
                del names[name]

    def paths(self) -> list[str]:
        """Every file, sorted."""
        return sorted(self._files)

    def used(self) -> int:
        """Bytes in all files."""
        return sum(len(file.data) for file in self._files.values())

    # -- operations, one for each system call -----------------------------------------

    def operation(self, kind: str, name: str) -> None:
        """Count, and stop or fail here if that is the plan."""
        if self.is_off:
            raise PowerCut(name)
        if self.watch is not None:
            self.watch(kind, name)
        self.operations += 1
        if self.cut_at is not None and self.operations >= self.cut_at:
            self.is_off = True
            raise PowerCut(f"{kind} {name}")
        if self._fault is not None and self._is_due(self._fault):
            raise OSError(self._fault.error, errno.errorcode[self._fault.error], name)
        if self.read_only and kind not in READING:
            raise OSError(errno.EROFS, "EROFS", name)

    def _is_due(self, fault: Fault) -> bool:
        return self.operations == fault.at or (
            fault.for_ever and self.operations > fault.at
        )

    def file(self, name: str) -> SimFile:
        """The file under a name. Raises FileNotFoundError."""
        try:
            return self._files[name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "ENOENT", name) from None

    def find(self, name: str) -> SimFile | None:
        """The file under a name, or None; no operation."""
        return self._files.get(name)

    def create(self, name: str) -> SimFile:
        """Open for writing: made if it is not there, its name not flushed."""
        found = self._files.get(name)
        if found is None:
            self.operation("create", name)
            folder = name.rpartition("/")[0] or "/"
            if folder not in self._folders:
                raise FileNotFoundError(errno.ENOENT, "ENOENT", name)
            found = SimFile()
            self._note(folder, {name: found})
        return found

    def _note(self, folder: str, names: dict[str, SimFile | None]) -> None:
        self._entries.append(_Entry(folder, names))
        rename_in(self._files, names)

    def write(self, name: str, file: SimFile, at: int, data: bytes) -> None:
        """One write call; half of it where it is cut short."""
        try:
            self.operation("write", name)
        except OSError:
            if self._fault is not None and self._fault.short and len(data) > 1:
                file.write(at, data[: len(data) // 2])
            raise
        if self.capacity is not None:
            growth = max(0, at + len(data) - len(file.data))
            if growth and self.used() + growth > self.capacity:
                raise OSError(errno.ENOSPC, "ENOSPC", name)
        file.write(at, data)

    def truncate(self, name: str, file: SimFile, size: int) -> None:
        """One ftruncate."""
        self.operation("truncate", name)
        file.truncate(size)

    def sync(self, name: str, file: SimFile) -> None:
        """One fsync of a file: its content, not its name."""
        try:
            self.operation("flush", name)
        except OSError:
            file.forget()
            raise
        if not self.lying:
            file.flush()

    def sync_folder(self, folder: str) -> None:
        """One fsync of a folder: names made, moved and removed in it."""
        self.operation("flush folder", folder)
        if self.lying:
            return
        # The file system's own journal is in order: what came before goes along.
        last = max(
            (i for i, e in enumerate(self._entries) if e.folder == folder), default=-1
        )
        for entry in self._entries[: last + 1]:
            rename_in(self._durable, entry.names)
        del self._entries[: last + 1]

    def unlink(self, name: str) -> None:
        """One unlink. Raises FileNotFoundError."""
        self.operation("remove", name)
        self.file(name)
        self._note(name.rpartition("/")[0] or "/", {name: None})

    def rename(self, source: str, target: str) -> None:
        """One rename, which is whole or not at all."""
        self.operation("rename", target)
        moved = self.file(source)
        self._note(target.rpartition("/")[0] or "/", {source: None, target: moved})

    # -- perahu.journal.ports.Disk, in the steps of perahu/node/disk.py ----------------

    def read(self, path: Path) -> bytes:
        """The whole file. Raises FileNotFoundError."""
        self.operation("read", str(path))
        return bytes(self.file(str(path)).data)

    def exists(self, path: Path) -> bool:
        """Whether a file or a folder stands at this path."""
        self.operation("exists", str(path))
        return str(path) in self._files or str(path) in self._folders

    def size(self, path: Path) -> int:
        """Bytes in the file. Raises FileNotFoundError."""
        self.operation("size", str(path))
        return len(self.file(str(path)).data)

    def append_durable(self, path: Path, data: bytes) -> None:
        """Add to the end and flush; a write that fails half-way leaves it as it was."""
        name = str(path)
        is_new = name not in self._files
        file = self.create(name)
        before = len(file.data)
        try:
            self.write(name, file, before, data)
            self._flushed(name, file)
        except OSError:
            self.truncate(name, file, before)
            raise
        if is_new:
            self.sync_folder(str(path.parent))

    def write_at_durable(self, path: Path, offset: int, data: bytes) -> None:
        """Overwrite in place and flush."""
        name = str(path)
        is_new = name not in self._files
        file = self.create(name)
        before = len(file.data)
        try:
            self.write(name, file, offset, data)
            self._flushed(name, file)
        except OSError:
            self.truncate(name, file, min(before, len(file.data)))
            raise
        if is_new:
            self.sync_folder(str(path.parent))

    def replace_durable(self, path: Path, data: bytes) -> None:
        """Put a whole new content: draft, flush, rename, flush of the folder."""
        self._make_folders(path.parent)
        draft = str(path.with_name(f".{path.name}.1.new"))
        try:
            file = self.create(draft)
            if file.data:
                self.truncate(draft, file, 0)
            self.write(draft, file, 0, data)
            self.sync(draft, file)
            self.rename(draft, str(path))
        except OSError:
            if draft in self._files:
                self.unlink(draft)
            raise
        self.sync_folder(str(path.parent))

    def read_at(self, path: Path, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`."""
        self.operation("read", str(path))
        return bytes(self.file(str(path)).data[offset : offset + count])

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        """Overwrite in place, not yet flushed."""
        self._make_folders(path.parent)
        self.write(str(path), self.create(str(path)), offset, data)

    def flush(self, path: Path) -> None:
        """Flush what anyone has written into the file."""
        self._flushed(str(path), self.file(str(path)))

    def reread(self, path: Path) -> None:
        """Show what the medium has or will have."""
        self.operation("read", str(path))
        self.file(str(path)).reread()

    def _flushed(self, name: str, file: SimFile) -> None:
        """As RealDisk: what could not be flushed is not shown any more."""
        try:
            self.sync(name, file)
        except OSError:
            file.reread()
            raise

    def rename_durable(self, source: Path, target: Path) -> None:
        """Flush the source, move it to its place and flush the folders."""
        self._make_folders(target.parent)
        self._flushed(str(source), self.file(str(source)))
        self.rename(str(source), str(target))
        self.sync_folder(str(target.parent))
        if source.parent != target.parent:
            self.sync_folder(str(source.parent))

    def remove(self, path: Path) -> None:
        """Take the file away; no error if it is not there."""
        if str(path) in self._files:
            self.unlink(str(path))

    def list(self, folder: Path) -> list[str]:
        """The names in a folder, sorted; empty if it is not there."""
        self.operation("list", str(folder))
        inside = f"{folder}/"
        names = [*self._files, *self._folders]
        return sorted(
            {n[len(inside) :].partition("/")[0] for n in names if n.startswith(inside)}
        )

    def free_bytes(self, folder: Path) -> int:
        """Bytes still free on the folder's medium."""
        self.operation("size", str(folder))
        return 1 << 40 if self.capacity is None else max(0, self.capacity - self.used())

    def _make_folders(self, folder: Path) -> None:
        """A folder that was made is kept: losing one loses only names that are lost anyway."""
        if str(folder) not in self._folders:
            self.operation("make folder", str(folder))
            self.make_folder(folder)
