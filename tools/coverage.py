"""Branch coverage of what must never be wrong: journal, keys, sync and every rule.

    python -m tools.coverage [WORDS FOR PYTEST]

Runs the tests that belong to them, in one process and in an order that does not change,
and gives 1 where a branch was not taken. A branch that no test can take says why, behind
`# pragma: no cover` or `no branch` on its line (tests/tidy/test_coverage.py sees to that).
What is counted is written in pyproject.toml, "tool.coverage".
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = (
    "keys", "journal", "people", "enrolment", "cards", "trips", "cases", "contacts", "sync",
    "attacks/test_courier.py", "attacks/test_forged_bytes.py",
    "attacks/test_hostile_bytes.py", "attacks/test_index.py",
    "attacks/test_never_reads.py", "attacks/test_paced.py", "attacks/test_relay.py",
    "attacks/test_relay_words.py", "attacks/test_restored_hub.py",
    "attacks/test_stolen_machine.py",
)  # fmt: skip
LEFT_OUT = (
    "attacks/test_never_reads.py::test_it_asks_for_the_vector_without_end",
    "journal/test_chain_machine.py",
    "journal/test_kill.py",
    "people/test_apply.py",
    "sync/test_courier_survives.py::test_it_survives_a_run_of_bad_sectors[151552-noise]",
    "sync/test_courier_survives.py::test_it_survives_a_run_of_bad_sectors[151552-zeros]",
    "sync/test_courier_survives.py::test_it_survives_a_run_of_bad_sectors[65536-noise]",
    "sync/test_courier_survives.py::test_it_survives_a_run_of_bad_sectors[65536-zeros]",
    "sync/test_paced.py::test_it_goes_on_after_outages",
    "sync/test_paced.py::test_it_is_heard_again_soon_after_an_outage",
    "sync/test_paced.py::test_it_is_not_slowed_by_random_loss",
    "sync/test_paced.py::test_it_leaves_half_where_the_queue_is_short",
    "sync/test_paced.py::test_it_stands_bursts",
    "sync/test_paced.py::test_it_takes_disorder_for_no_loss",
    "sync/test_postbag_many.py::test_it_comes_home[1]",
    "sync/test_postbag_many.py::test_it_comes_home[2]",
    "sync/test_postbag_many.py::test_it_comes_home[3]",
    "sync/test_road.py",
    "sync/test_window.py::test_it_grows_on_a_fast_link",
)
"""They take long, or wait for real sockets, and take no branch that others do not take."""
MINUTES_MAX = 30


def measured(words: list[str]) -> list[str]:
    """The command that runs the tests under coverage."""
    named = [f"tests/{name}" for name in TESTS]
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing, f"the list is of another time: {missing}"
    left_out = [word for name in LEFT_OUT for word in ("--deselect", f"tests/{name}")]
    pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *named, *left_out]
    return [sys.executable, "-m", "coverage", "run", *pytest, *words]


def main(words: list[str]) -> int:
    """Run the tests under coverage, then say what no test has taken."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="perahu-coverage-") as folder:
        env = {**os.environ, "COVERAGE_FILE": str(Path(folder) / "data")}
        try:
            failed = subprocess.call(
                measured(words), cwd=ROOT, env=env, timeout=MINUTES_MAX * 60
            )
        except subprocess.TimeoutExpired:
            print(
                f"Lebih dari {MINUTES_MAX} menit; tidak ada yang diukur.\n"
                f"More than {MINUTES_MAX} minutes; nothing was measured.",
                file=sys.stderr,
            )
            return 2
        report = [sys.executable, "-m", "coverage", "report"]
        uncovered = subprocess.call(report, cwd=ROOT, env=env)
    print(f"{time.monotonic() - began_s:.0f} s")
    return 1 if failed or uncovered else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
