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


_SLOW_TO_CLEAR = """
import sys, time
from sim import manners

@manners.stoppable
def main():
    try:
        print("at work", flush=True)
        time.sleep(60)
    finally:
        time.sleep(1)
        print("cleared", flush=True)
    return 0

sys.exit(main())
"""


def test_it_clears_up_although_it_is_stopped_twice() -> None:
    """Ctrl-C reaches a part of the proof, and then the proof ends its parts as well."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    child = subprocess.Popen(
        [sys.executable, "-c", _SLOW_TO_CLEAR],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    assert child.stdout is not None
    assert child.stdout.readline() == "at work\n"
    child.send_signal(signal.SIGINT)
    time.sleep(0.3)
    child.send_signal(signal.SIGTERM)
    said, troubles = child.communicate(timeout=30)
    assert (child.returncode, said) == (130, "cleared\n")
    assert "Traceback" not in troubles and troubles.count("proves nothing") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--canaries", "no_such_bug"],
        ["--worlds", "-3"],
        ["--json"],
        ["--worlds", "3", "--seed", "7"],
    ],
)
def test_it_refuses_wrong_words_before_anything_begins(words: list[str]) -> None:
    """A canary nobody knows is not "0 of 0 found"."""
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words],
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr
