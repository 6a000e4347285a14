"""The one-writer lock holds across threads and processes, and dies with its process."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from perahu.node.lock import FileLock
from perahu.words import Refusal

_HOLD = """
import sys
from pathlib import Path
from perahu.node.lock import FileLock
with FileLock(Path(sys.argv[1]))():
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_it_works(tmp_path: Path) -> None:
    """Four threads that each add a thousand times lose no addition."""
    lock, total = FileLock(tmp_path / "lock"), [0]

    def add() -> None:
        for _ in range(250):
            with lock():
                seen = total[0]
                total[0] = seen + 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert total == [1000]


def test_it_is_not_re_entrant(tmp_path: Path) -> None:
    """Taking it twice in one thread is a mistake of the program, said at once."""
    lock = FileLock(tmp_path / "lock")
    with lock(), pytest.raises(AssertionError), lock():
        pass
    with lock():
        pass


def test_it_says_busy_when_another_process_holds_it(tmp_path: Path) -> None:
    """After the longest wait it refuses in words, and works once the other lets go."""
    path = tmp_path / "lock"
    process = _holder(path)
    with pytest.raises(Refusal, match="busy"), FileLock(path, wait_max_s=0.05)():
        pass
    process.communicate("")
    with FileLock(path, wait_max_s=1.0)():
        pass


def test_it_dies_with_its_process(tmp_path: Path) -> None:
    """kill -9 of the holder frees the lock."""
    path = tmp_path / "lock"
    process = _holder(path)
    process.kill()
    process.wait()
    process.communicate()
    with FileLock(path, wait_max_s=1.0)():
        pass
