"""Who may be recorded: age by the calendar, marriage, ITAP, once for life."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.enrolment.rules import (
    age_on,
    background_for,
    background_warning,
    check_may_record,
    check_once_for_life,
    check_still_going,
    register_number,
)
from perahu.words import Refusal
from tests.enrolment.builders import create_biodata, create_state

TODAY = date(2026, 11, 21)


def refused(born: date, *, kawin: int = 1, age_min: int = 16) -> bool:
    """Whether somebody born then is too young today."""
    try:
        check_may_record(create_biodata(born=born, status_kawin=kawin), TODAY, age_min)
    except Refusal as refusal:
        assert refusal.code == "too_young"
        return True
    return False


def test_it_works() -> None:
    """A grown-up of the kabupaten may be recorded."""
    check_may_record(create_biodata(), TODAY, 16)


def test_it_counts_age_by_the_local_calendar_date() -> None:
    """On the birthday itself it is allowed, the day before it is not."""
    assert not refused(date(2010, 11, 21))
    assert refused(date(2010, 11, 22))
    assert refused(date(2010, 11, 21), age_min=17)


def test_it_lets_the_married_and_once_married_in_at_any_age() -> None:
    """UU 24/2013 art. 63: married or ever married, whatever the age."""
    assert not refused(date(2011, 5, 1), kawin=2)
    assert not refused(date(2011, 5, 1), kawin=3)
    assert refused(date(2011, 5, 1), kawin=1)
    assert refused(date(2011, 5, 1), kawin=0)


def test_it_makes_leap_day_children_older_on_the_first_of_march() -> None:
    """29 February 2008 turns 17 on 1 March 2025."""
    assert age_on(date(2008, 2, 29), date(2025, 2, 28)) == 16
    assert age_on(date(2008, 2, 29), date(2025, 3, 1)) == 17


@given(st.dates(date(1920, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 1)))
def test_it_never_makes_anyone_younger(born: date, today: date) -> None:
    """Age is never negative here and grows by one on each birthday only."""
    age = age_on(born, today)
    assert age >= 0
    assert age_on(born, today.replace(year=today.year)) == age


@pytest.mark.parametrize("until", [None, date(2026, 11, 20)])
def test_it_refuses_a_foreigner_without_a_valid_permit(until: date | None) -> None:
    """A foreigner needs an ITAP that is still valid today."""
    biodata = create_biodata(kewarganegaraan="WNA", berlaku_hingga=until)
    with pytest.raises(Refusal) as refusal:
        check_may_record(biodata, TODAY, 16)
    assert refusal.value.code == "no_itap"


def test_it_records_a_foreigner_before_an_orange_background() -> None:
    """A valid ITAP is enough; the background is orange."""
    biodata = create_biodata(kewarganegaraan="WNA", berlaku_hingga=TODAY)
    check_may_record(biodata, TODAY, 16)
    assert background_for(biodata) == "orange"


def test_it_takes_red_for_odd_and_blue_for_even_birth_years() -> None:
    """Domain 1.3: red odd, blue even."""
    assert background_for(create_biodata(born=date(2001, 3, 3))) == "red"
    assert background_for(create_biodata(born=date(2000, 3, 3))) == "blue"


def test_it_warns_of_another_background_and_never_blocks() -> None:
    """A differing colour gives words; the same or an unmeasured one gives none."""
    assert background_warning("red", "red") is None
    assert background_warning("red", "") is None
    warning = background_warning("red", "blue")
    assert warning is not None
    assert "merah" in warning.id
    assert "biru" in warning.id


def test_it_refuses_who_the_centre_already_holds() -> None:
    """A status other than UNREGISTERED means: recorded before, wherever that was."""
    check_once_for_life("UNREGISTERED", None)
    check_once_for_life("", None)
    with pytest.raises(Refusal) as refusal:
        check_once_for_life("PRINT_READY_RECORD", None)
    assert refusal.value.code == "recorded_before"


def test_it_refuses_a_second_recording_and_names_the_first() -> None:
    """A closed recording here is for life; the refusal names its number."""
    with pytest.raises(Refusal) as refusal:
        check_once_for_life("UNREGISTERED", create_state(version=1))
    assert refusal.value.code == "recorded_before"
    assert "0001/170301/XI/2026" in refusal.value.words.id


def test_it_sends_an_unfinished_recording_on_instead_of_opening_another() -> None:
    """An open recording is resumed, never begun twice."""
    with pytest.raises(Refusal) as refusal:
        check_once_for_life("UNREGISTERED", create_state())
    assert refusal.value.code == "recording_open"


def test_it_lets_a_person_be_recorded_after_one_was_given_up() -> None:
    """What was abandoned does not count."""
    check_once_for_life("UNREGISTERED", create_state(abandoned=True))


def test_it_numbers_the_register_so_that_it_never_looks_like_a_nik() -> None:
    """Serial, kecamatan, Roman month and year, with slashes."""
    assert register_number(1, "170301", TODAY) == "0001/170301/XI/2026"
    assert register_number(1, "170301", TODAY, "K7") == "0001/170301-K7/XI/2026"
    assert (
        register_number(12345, "1703012001", date(2027, 1, 2)) == "12345/170301/I/2027"
    )
    assert not register_number(9999, "170301", TODAY).isdigit()


def test_it_goes_on_only_with_a_recording_that_is_here() -> None:
    """A number that nobody here knows, and one that was given up."""
    state = create_state()
    assert check_still_going(state) is state
    with pytest.raises(Refusal) as unknown:
        check_still_going(None)
    assert unknown.value.code == "unknown_recording"
    with pytest.raises(Refusal) as given_up:
        check_still_going(replace(state, abandoned=True))
    assert given_up.value.code == "abandoned"
