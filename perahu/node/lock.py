"""The one-writer lock of a node: across its threads and its processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perahu.words import Refusal

LOCK_WAIT_MAX_S = 60.0
_POLL_S = 0.002


class FileLock:
    """Called, it gives the lock as a context; it is not re-entrant, and asserts that.

    Threads of this process queue at a thread lock; processes of this node at flock, which
    the operating system releases when a process dies, however it dies.
    """

    def __init__(self, path: Path, wait_max_s: float = LOCK_WAIT_MAX_S) -> None:
        self._path = path
        self._wait_max_s = wait_max_s
        self._thread_lock = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the lock for a `with`; a Refusal "busy" after the longest wait."""
        me = threading.get_ident()
        assert self._holder != me, "the one-writer lock is not re-entrant"
        deadline = time.monotonic() + self._wait_max_s
        if not self._thread_lock.acquire(timeout=self._wait_max_s):
            raise _busy()
        try:
            self._holder = me
            fd = self._locked_file(deadline)
            try:
                yield
            finally:
                os.close(fd)
        finally:
            self._holder = None
            self._thread_lock.release()

    def _locked_file(self, deadline: float) -> int:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return fd
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise _busy() from None
                    time.sleep(_POLL_S)
        except BaseException:
            os.close(fd)
            raise


def _busy() -> Refusal:
    return Refusal(
        "busy",
        id="Buku sedang ditulis oleh proses lain; belum ada yang disimpan, coba lagi.",
        en="The book is being written by another process; nothing was saved, try again.",
    )
