"""NIK and No. KK: refused is only what no register can have given; the rest is a warning."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.people.rules import kk_warnings, nik_warnings, read_kk, read_nik
from perahu.words import Refusal

DATES = st.dates(date(1900, 1, 1), date(2026, 11, 21))


def test_it_works() -> None:
    """A NIK comes apart into region, birth date, sex and serial."""
    nik = read_nik("1703015208909001")
    assert (nik.kecamatan, nik.day, nik.month, nik.year) == ("170301", 12, 8, 90)
    assert nik.is_female and nik.serial == 9001 and nik.is_test
    assert not read_nik("1703011208900001").is_test


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_16_digits"),
        ("170301120890900", "not_16_digits"),
        ("17030112089090011", "not_16_digits"),
        ("17030112089O9001", "not_16_digits"),
        ("１７０３０１１２０８９０９００１", "not_16_digits"),
        ("9903011208909001", "unknown_province"),
        ("1700011208909001", "region_00"),
        ("1703001208909001", "region_00"),
        ("1703013213909001", "impossible_date"),
        ("1703013102909001", "impossible_date"),
        ("1703010008909001", "impossible_date"),
        ("1703014008909001", "impossible_date"),
        ("1703017208909001", "impossible_date"),
        ("1703012902019001", "impossible_date"),
        ("1703011208900000", "serial_0000"),
    ],
)
def test_it_refuses_what_no_register_gave(text: str, code: str) -> None:
    """Each hard error has its own name, and the sentence says what to do."""
    with pytest.raises(Refusal) as refused:
        read_nik(text)
    assert refused.value.code == code
    assert "NIK" in refused.value.words.id and "saved" in refused.value.words.en


def test_it_accepts_29_february_of_2000() -> None:
    """The century is not in the number: 29-02-00 is of 2000, and 1900 had none."""
    assert read_nik("1703012902009001").day == 29


def test_it_reads_a_kk_without_a_sex() -> None:
    """A No. KK holds the date the card was made, never + 40."""
    assert read_kk("1703013101159001").day == 31
    with pytest.raises(Refusal, match="impossible_date"):
        read_kk("1703017101159001")


def test_it_warns_of_contradictions_and_never_refuses() -> None:
    """Birth date, sex and region may all contradict a NIK, which stays for life."""
    found = nik_warnings(
        "1771011208909001", born=date(1991, 8, 12), sex=2, wilayah="1703012003"
    )
    assert len(found) == 3
    assert "seumur hidup" in found[0].id


def test_it_is_silent_where_all_agrees() -> None:
    """No warning where NIK and biodata agree, nor for a move within the kabupaten."""
    born = date(1990, 8, 12)
    for desa in ("1703012003", "1703122001", ""):
        assert nik_warnings("1703011208909001", born=born, sex=1, wilayah=desa) == []
    assert kk_warnings("1703010101159001", wilayah="1703012003") == []
    assert len(kk_warnings("1371020101159001", wilayah="1703012003")) == 1


@given(born=DATES, female=st.booleans(), serial=st.integers(1, 9999))
def test_it_reads_every_possible_nik(born: date, female: bool, serial: int) -> None:
    """Whatever date, sex and serial: what was put together comes apart the same."""
    day = born.day + 40 * female
    text = f"170301{day:02d}{born:%m%y}{serial:04d}"
    nik = read_nik(text)
    assert (nik.text, nik.is_female, nik.serial) == (text, female, serial)
    sex = 2 if female else 1
    assert nik_warnings(text, born=born, sex=sex, wilayah="170301") == []


@given(text=st.text(max_size=20) | st.text("0123456789", min_size=16, max_size=16))
def test_it_gives_a_number_or_one_refusal(text: str) -> None:
    """No text, however odd, ends in anything but a number or a refusal in words."""
    try:
        assert read_nik(text).text == text
    except Refusal as refusal:
        assert refusal.words.id and refusal.words.en
