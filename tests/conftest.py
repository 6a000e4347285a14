"""Fixtures: the district of the cast, made anew for each test in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from perahu.node.django_settings import configure
from tests.audits import (
    pytest_runtest_makereport,
    pytest_runtest_teardown,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
    watch,
)
from tests.cast import District

__all__ = [
    "pytest_runtest_makereport",
    "pytest_runtest_teardown",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

# Rooms have tables, and Django must know its settings before it sees one.
configure()

# Every book that a test leaves behind goes through the auditor.
watch()

# A busy machine draws slowly; how long anything takes is no matter of a test.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, str] | None:
    """No dots in a log that is read later: what failed must not drown in them."""
    is_dot = report.when == "call" and report.passed
    return ("passed", "", "") if is_dot and not sys.stdout.isatty() else None


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    """A kabupaten whose hub has stated its first facts when `found` is called."""
    made = District(tmp_path / "district")
    yield made
    made.close()
