"""What the hub asks every two seconds is answered out of indexes, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections, router
from django.test.utils import CaptureQueriesContext

from perahu.cases import rules_centre
from perahu.enrolment import reads_hub
from perahu.enrolment.models import Recording
from tests.enrolment.builders import tables_at

QUESTIONS: dict[str, Callable[[], object]] = {
    "what to hand over": lambda: reads_hub.to_submit(500),
    "what more to hand over": lambda: reads_hub.to_submit(500, "0" * 56),
    "who the centre is silent about": lambda: reads_hub.silent_at_centre(
        1, rules_centre.WAITING
    ),
    "when it last judged": lambda: reads_hub.last_verdict_ms(rules_centre.WAITING),
    "what it said since": lambda: reads_hub.statuses_since("0" * 56, 500),
    "who was recorded twice": reads_hub.closed_twice,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_reads_no_row_that_it_does_not_ask_for(
    tmp_path: Path, question: str
) -> None:
    """A row of some kilobytes is never read only to be passed over."""
    with tables_at(tmp_path):
        connection = connections[router.db_for_read(Recording)]
        with CaptureQueriesContext(connection) as asked:
            QUESTIONS[question]()
        assert asked.captured_queries
        for query in asked.captured_queries:
            for step in _plan(query["sql"]):
                is_cheap = "SEARCH" in step or "COVERING INDEX" in step
                assert is_cheap or "enrolment_recording" not in step, step


def _plan(statement: str) -> list[str]:
    with connections[router.db_for_read(Recording)].cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return [str(row[3]) for row in cursor.fetchall()]
