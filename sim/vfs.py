"""SQLite on a SimDisk: the real journal's book, encrypted, on a disk that fails.

`SimDriver(disk)` goes into `perahu.journal.journal.Opening.driver`. The file is SQLCipher's,
with the node's raw key, written by apsw-sqlite3mc: copied out of the disk, sqlcipher3 opens
it. WAL keeps its index in memory, since one connection at a time holds the book (exclusive
locking); everything else, `synchronous=FULL` too, is set and asserted by the store itself.

SQLite's unix layer flushes the folder with the first flush of a WAL or journal that it made,
and so does this one; every other step of that layer is one operation of the disk.

One such file system a process serves all disks: the first part of a name is the disk's number.
"""

from __future__ import annotations

import errno
import itertools
from contextlib import suppress
from pathlib import Path
from typing import Any, cast
from weakref import WeakValueDictionary

import apsw

from perahu.journal.databases import STATEMENTS_CACHED
from sim.disk import PowerCut, SimDisk
from sim.medium import SimFile

_NAME = "perahu-sim"
_MADE_BESIDE = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL
_disks: WeakValueDictionary[int, SimDisk] = WeakValueDictionary()
_numbers = itertools.count(1)


class SimDriver:
    """Opens books on one disk, with apsw in the place of sqlcipher3."""

    errors: tuple[type[Exception], ...] = (apsw.Error,)

    def __init__(self, disk: SimDisk) -> None:
        self._number = next(_numbers)
        _disks[self._number] = disk
        self._disk = disk  # as long as somebody may open it

    def connect(self, path: Path, key: bytes) -> Any:
        """An open connection; the key is set, nothing was read yet."""
        made = _Connection(
            f"/{self._number}{path}",
            vfs=f"multipleciphers-{_NAME}",
            statementcachesize=STATEMENTS_CACHED,
        )
        made.disk = self._disk
        for pragma in (
            "cipher = 'sqlcipher'",
            "legacy = 4",
            f"key = \"x'{key.hex()}'\"",
            "locking_mode = EXCLUSIVE",
        ):
            made.execute(f"PRAGMA {pragma}")
        return made

    def name_of(self, error: Exception) -> str:
        """SQLite's name of what went wrong."""
        code = getattr(error, "result", 0)
        return cast(str, apsw.mapping_result_codes.get(code, ""))


class _Connection(apsw.Connection):
    """Let go without a word where its machine or its process is gone."""

    disk: SimDisk | None = None

    def close(self, force: bool = False) -> None:
        """As sqlcipher3: a WAL that cannot be brought in at the end just stays."""
        with suppress(apsw.Error):
            super().close(force)
        self.disk = None

    def __del__(self) -> None:
        """Nobody closed it, so its process is gone: it brings no WAL into its book."""
        if self.disk is None:
            return
        self.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        with suppress(PowerCut):
            self.close(True)


class _Vfs(apsw.VFS):
    """Names and handles; the bytes lie in the SimDisk."""

    def __init__(self) -> None:
        super().__init__(_NAME, "")

    def excepthook(self, etype: Any, evalue: Any, etraceback: Any) -> bool:
        """SQLite hears one error a call; another one while it cleans up is not told."""
        return True

    def xOpen(  # type: ignore[override]  # noqa: N802
        self, name: Any, flags: list[int]
    ) -> _Handle:
        """Open or make a file; a temporary one has no name and no disk."""
        if name is None:
            return _Handle(SimDisk(), "/temporary", SimFile(), False)
        disk, path = _place(name if isinstance(name, str) else name.filename())
        found = disk.find(path)
        # As SQLite's unix layer: whoever may make a journal flushes its name, even where
        # somebody made it before and died.
        is_new = bool(flags[0] & apsw.SQLITE_OPEN_CREATE and flags[0] & _MADE_BESIDE)
        with _Sqlite(apsw.SQLITE_CANTOPEN):
            if found is None:
                if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                    raise OSError(errno.ENOENT, "ENOENT", path)
                found = disk.create(path)
            else:
                disk.operation("open", path)
        flags[1] = flags[0]
        if disk.read_only:
            flags[1] = (
                flags[0] & ~apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_READONLY
            )
        return _Handle(disk, path, found, is_new)

    def xAccess(self, name: str, flags: int) -> bool:  # noqa: N802
        """Whether a file is there."""
        disk, path = _place(name)
        with _Sqlite(apsw.SQLITE_IOERR_ACCESS):
            disk.operation("exists", path)
        if disk.read_only and flags == apsw.SQLITE_ACCESS_READWRITE:
            return False
        return disk.find(path) is not None

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        """Names are whole already."""
        return name

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        """Take a journal or a WAL away."""
        disk, path = _place(name)
        with _Sqlite(apsw.SQLITE_IOERR_DELETE):
            if disk.find(path) is None:
                raise _failure(apsw.SQLITE_IOERR_DELETE_NOENT, "no such file")
            disk.unlink(path)
            if sync_folder:
                disk.sync_folder(path.rpartition("/")[0] or "/")


class _Handle:
    """An open file; dead as soon as its machine stopped or its process was killed."""

    def __init__(self, disk: SimDisk, name: str, file: SimFile, is_new: bool) -> None:
        self._disk, self._name, self._file = disk, name, file
        self._boot, self._is_new = disk.boot, is_new

    def _alive(self) -> SimDisk:
        if self._boot != self._disk.boot:
            raise PowerCut(f"{self._name}: opened before the machine stopped")
        return self._disk

    def excepthook(self, *_: object) -> bool:
        """SQLite hears one error a call; another one while it cleans up is not told."""
        return True

    def xRead(self, count: int, at: int) -> bytes:  # noqa: N802
        """Bytes, fewer at the end."""
        with _Sqlite(apsw.SQLITE_IOERR_READ):
            self._alive().operation("read", self._name)
        return bytes(self._file.data[at : at + count])

    def xWrite(self, data: bytes, at: int) -> None:  # noqa: N802
        """Bytes in place."""
        with _Sqlite(apsw.SQLITE_IOERR_WRITE):
            self._alive().write(self._name, self._file, at, bytes(data))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        """Another size."""
        with _Sqlite(apsw.SQLITE_IOERR_TRUNCATE):
            self._alive().truncate(self._name, self._file, size)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        """Flush the content, and the first time the name of what SQLite made."""
        with _Sqlite(apsw.SQLITE_IOERR_FSYNC):
            self._alive().sync(self._name, self._file)
            if self._is_new:
                self._disk.sync_folder(self._name.rpartition("/")[0] or "/")
                self._is_new = False

    def xFileSize(self) -> int:  # noqa: N802
        """Bytes in the file."""
        with _Sqlite(apsw.SQLITE_IOERR_FSTAT):
            self._alive().operation("size", self._name)
        return len(self._file.data)

    def xLock(self, _level: int) -> None:  # noqa: N802
        """One handle at a time: whoever holds it holds it whole."""
        if self._file.holder not in (None, self):
            raise _failure(apsw.SQLITE_BUSY, "held by another connection")
        self._file.holder = self

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """Let go."""
        if level == apsw.SQLITE_LOCK_NONE and self._file.holder is self:
            self._file.holder = None

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        """Whether another one writes."""
        return self._file.holder not in (None, self)

    def xClose(self) -> None:  # noqa: N802
        """No operation: nothing reaches the medium by it."""
        self.xUnlock(apsw.SQLITE_LOCK_NONE)

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """As SQLite's unix layer: bytes beside a write are safe."""
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xSectorSize(self) -> int:  # noqa: N802
        """As SQLite's unix layer."""
        return 4096

    def xFileControl(self, _op: int, _pointer: int) -> bool:  # noqa: N802
        """Nothing of that kind."""
        return False


class _Sqlite:
    """Says what the disk said in SQLite's way."""

    def __init__(self, code: int) -> None:
        self._code = code

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, OSError):
            if error.errno == errno.ENOSPC:
                raise _failure(apsw.SQLITE_FULL, str(error)) from error
            raise _failure(self._code, str(error)) from error


def _failure(code: int, why: str) -> Exception:
    """An error that SQLite and the store hear under its own number."""
    said: Exception = apsw.exception_for(code)
    said.args = (why,)
    return said


def _place(name: str) -> tuple[SimDisk, str]:
    """The disk and the path in it."""
    _, number, path = name.split("/", 2)
    return _disks[int(number)], f"/{path}"


_vfs = _Vfs()
"""Registered for as long as the process lives."""
