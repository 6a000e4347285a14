"""What attributes of a job and of a printer mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.devices import ipp_wire as wire
from perahu.devices.ipp_answers import job_outcome, printer_state
from perahu.devices.ipp_wire import Value
from tests.devices.printers import job_attributes

COUNTS = st.none() | st.integers(min_value=-1, max_value=3)
REASONS = st.sampled_from(
    ["none", "media-jam", "chip-encode-error", "job-completed-with-errors"]
)


@pytest.mark.parametrize(
    ("state", "sides", "cards", "reason", "outcome"),
    [
        (9, 1, 1, "job-completed-successfully", "printed"),
        (9, 1, None, "job-completed-successfully", "printed"),
        (9, None, 1, "none", "printed"),
        (9, None, None, "job-completed-successfully", "printed"),
        (9, None, None, "none", "uncertain"),
        (9, 1, 1, "job-completed-with-errors", "uncertain"),
        (9, 0, 0, "job-completed-successfully", "uncertain"),
        (9, 2, 1, "none", "uncertain"),
        (9, 2, 2, "none", "uncertain"),
        (8, 0, 0, "aborted-by-system", "never_began"),
        (8, 0, 1, "aborted-by-system", "spoiled"),
        (8, 1, 0, "aborted-by-system", "spoiled"),
        (8, 0, 0, "media-jam", "spoiled"),
        (8, 0, None, "aborted-by-system", "uncertain"),
        (8, None, None, "aborted-by-system", "uncertain"),
        (7, 0, 0, "job-canceled-by-user", "never_began"),
        (7, 0, 1, "job-canceled-by-user", "spoiled"),
        (7, None, None, "job-canceled-by-user", "uncertain"),
        (6, 0, 0, "printer-stopped", "uncertain"),
        (5, 1, 1, "job-printing", "uncertain"),
    ],
)
def test_it_reads_a_job(
    state: int, sides: int | None, cards: int | None, reason: str, outcome: str
) -> None:
    """Each combination a printer can tell has one honest meaning."""
    told = job_attributes(state=state, sides=sides, cards=cards, reason=reason)
    assert job_outcome(told).outcome == outcome


@given(state=st.integers(0, 12), sides=COUNTS, cards=COUNTS, reason=REASONS)
def test_it_never_calls_a_fed_card_unbegun(
    state: int, sides: int | None, cards: int | None, reason: str
) -> None:
    """Never began is said only where the printer counted no card and no side."""
    told = job_attributes(state=state, sides=sides, cards=cards, reason=reason)
    outcome = job_outcome(told)
    if outcome.outcome == "never_began":
        assert cards == 0
        assert (sides or 0) <= 0
        assert state in (7, 8)
    if outcome.outcome == "printed":
        assert state == 9
    assert (outcome.outcome == "spoiled") == bool(outcome.cause)


def test_it_is_uncertain_about_a_job_without_attributes() -> None:
    """An empty answer says nothing."""
    assert job_outcome({}).outcome == "uncertain"


def test_it_keeps_control_characters_off_the_screen() -> None:
    """A printer's message cannot move the cursor of a terminal, nor fill a page."""
    told = dict(job_attributes(state=8))
    told["job-state-message"] = (Value(wire.TEXT, "\x1b[2J" + "x" * 5000),)
    says = job_outcome(told).says
    assert says.isprintable()
    assert len(says) <= 300


@pytest.mark.parametrize(
    ("reason", "ready"),
    [
        ("none", True),
        ("media-low-warning", True),
        ("spool-area-full-report", True),
        ("media-empty-error", False),
        ("media-jam", False),
        ("cover-open-warning", True),
        ("fuser-odd-error", False),
    ],
)
def test_it_reads_the_severity_of_a_reason(reason: str, ready: bool) -> None:
    """A warning or a report does not stop the work, an error does."""
    told = {
        "printer-state": (wire.enum(3),),
        "printer-state-reasons": wire.keywords(reason),
    }
    assert printer_state(told).ready is ready


def test_it_is_not_ready_when_jobs_are_not_accepted() -> None:
    """A printer that accepts no jobs is not ready, and says so in both languages."""
    told = {
        "printer-state": (wire.enum(3),),
        "printer-is-accepting-jobs": (Value(wire.BOOLEAN, False),),
    }
    state = printer_state(told)
    assert not state.ready
    assert state.words.id != state.words.en


@pytest.mark.parametrize(
    "raw", [b"level=-2;", b"", b"level=x;", b"level=9999999999;", b"\xff"]
)
def test_it_knows_no_count_of_cards_where_none_is_told(raw: bytes) -> None:
    """Unknown, broken or absurd levels of the tray are no count."""
    told = {
        "printer-state": (wire.enum(3),),
        "printer-input-tray": (Value(wire.OCTETS, raw),),
    }
    assert printer_state(told).cards is None


def test_it_finds_the_ribbon_among_the_markers() -> None:
    """Of several supplies the ribbon's level is told."""
    told = {
        "printer-state": (wire.enum(3),),
        "marker-types": wire.keywords("cleaner-unit", "ribbon-wax"),
        "marker-levels": (wire.integer(80), wire.integer(12)),
    }
    assert printer_state(told).ribbon_percent == 12
