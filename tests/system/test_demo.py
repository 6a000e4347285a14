"""The README's first command: the whole story, over real processes, ends in its proof."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORY_S_MAX = 900
"""Only so that a story that hangs ends; how long it takes is bench's business."""


def test_it_keeps_every_promise() -> None:
    """Recorded offline, killed, cut, couriered, printed, handed over: nothing is lost."""
    story = subprocess.run(
        [sys.executable, "-m", "sim.demo", "--story", "--json", "--people", "800"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=STORY_S_MAX,
        check=False,
    )
    assert story.returncode == 0, story.stderr[-4000:]
    proof = json.loads(story.stdout.splitlines()[-1])
    assert proof["recorded"] == proof["received"] == proof["safe"] == 30
    assert proof["prr"] == proof["printed"] == proof["handed_over"] == 27
    assert (proof["blanko_used"], proof["blanko_spoiled"]) == (27, 1)
    nothing = ("ledger_sum", "lost", "printed_twice", "parked")
    assert {name: proof[name] for name in nothing} == dict.fromkeys(nothing, 0)
    assert proof["books_verified"] == 5
