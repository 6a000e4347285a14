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
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = (
    "keys", "journal", "people", "enrolment", "cards", "trips", "cases", "contacts",
    "sync", "attacks", "incidents", "node/test_udp.py", "node/test_road_check.py",
    "node/test_carriers.py", "node/test_relay.py", "node/test_courier.py",
    "node/test_listener_full.py", "node/test_link_memory.py", "bench/test_link_engine.py",
)  # fmt: skip
MINUTES_MAX = 15


def main(words: list[str]) -> int:
    """Run the tests under coverage, then say what no test has taken."""
    folders = [f"tests/{name}" for name in TESTS if (ROOT / "tests" / name).exists()]
    with tempfile.TemporaryDirectory(prefix="perahu-coverage-") as folder:
        env = {**os.environ, "COVERAGE_FILE": str(Path(folder) / "data")}
        measured = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "-q"]
        try:
            failed = subprocess.call(
                [*measured, "-p", "no:cacheprovider", *folders, *words],
                cwd=ROOT,
                env=env,
                timeout=MINUTES_MAX * 60,
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
    return 1 if failed or uncovered else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
