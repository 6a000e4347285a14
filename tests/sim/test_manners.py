"""Who stops a harness gets a sentence, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_nothing_behind_when_it_is_stopped(how: signal.Signals) -> None:
    """Ctrl-C reaches its whole group, SIGTERM itself alone; its children end with it."""
    # A shell that runs the tests in the background lets them, and all they start, ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    child = subprocess.Popen(
        [sys.executable, "-m", "sim", "--worlds", "40", "--from", "900", "--jobs", "2"],
        cwd=ROOT, text=True, start_new_session=True, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    time.sleep(4)
    assert child.poll() is None
    stop = os.killpg if how is signal.SIGINT else os.kill
    stop(child.pid, how)
    _, said = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in said and "this proves nothing" in said
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)


@pytest.mark.parametrize(
    "words", [["--canaries", "no_such_bug"], ["--worlds", "-3"], ["--json"]]
)
def test_it_refuses_wrong_words_before_anything_begins(words: list[str]) -> None:
    """A canary nobody knows is not "0 of 0 found"."""
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words],
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr
