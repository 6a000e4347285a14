"""The benches at tiny sizes: they run, and their JSON line has its form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import searching
from bench.figures import Figure, quantile, show
from bench.processes import memory_of

ROOT = Path(__file__).parents[2]
FIELDS = {"name", "value", "unit", "bound", "at_most", "holds"}


def test_it_measures_the_journal() -> None:
    """Every figure has its form, and a civil fact keeps its bytes: that is no time."""
    words = ["--json", "--entries", "400", "--appends", "20"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.journal", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])["figures"]
    assert all(set(figure) == FIELDS for figure in found)
    figures = {figure["name"]: figure for figure in found}
    assert len(figures) == len(found), "a name is used once"
    assert figures["bytes_civil_fact"]["value"] <= 80
    assert figures["bytes_civil_fact"]["holds"]
    assert (
        figures["bytes_civil_fact"]["value"]
        < figures["peer_bytes_signed_json"]["value"]
    )
    assert {"append_p99_ms", "ingest_per_s", "rebuild_per_s"} <= set(figures)


def test_it_asks_every_kind_of_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is asked by NIK, name, word and mistyped name, as often each."""
    monkeypatch.setattr(searching, "SEARCHES", 5)
    found = searching.searching_ms(400, 1)
    assert {kind: len(times) for kind, times in found.items()} == dict.fromkeys(
        ("nik", "name", "word", "typo"), 5
    )


def test_it_reads_the_memory_of_a_process() -> None:
    """What is shared counts in part, so PSS is never above RSS."""
    memory = memory_of(os.getpid())
    assert 0 < memory.pss <= memory.rss


def test_it_ends_with_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The table goes to stderr then, and a bound says whether it holds."""
    show(
        [
            Figure("pace_per_s", "pace", 30_000, "entries/s", 20_000, at_most=False),
            Figure("late_ms", "how late", 151, "ms", 150),
            Figure("seen", "seen", 1, ""),
        ],
        as_json=True,
    )
    said = capsys.readouterr()
    rows = json.loads(said.out)["figures"]
    assert [row["holds"] for row in rows] == [True, False, None]
    assert "how late" in said.err and said.out.count("\n") == 1


def test_it_takes_the_value_that_a_share_lies_below() -> None:
    """The p99 of a hundred values is the greatest; of none there is none."""
    assert quantile(range(1, 101), 0.99) == 100
    assert quantile([3.0], 0.5) == 3.0
    with pytest.raises(AssertionError):
        quantile([], 0.5)
