"""Registering, correcting and weighing statements about one person: pure rules."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.people.rules import (
    Change,
    Statement,
    decide_correction,
    decide_link,
    decide_registration,
    decide_text,
    standing,
)
from perahu.people.rules.biodata import CHANGES_MAX
from perahu.words import Refusal
from tests.people.builders import create_biodata

PAPER = "AKTA 1703-LU-15082025-0001"
BUDI = create_biodata()
FIRST, SECOND = b"first-batch0", b"second-batch"


def test_it_works() -> None:
    """A correction names the old text, the new one and its paper."""
    decided = decide_correction(BUDI, [Change("tanggal_lahir", "13-08-1990", PAPER)])
    assert decided == (("tanggal_lahir", "1990-08-12", "1990-08-13", PAPER),)


@pytest.mark.parametrize(
    ("element", "new", "kept"),
    [
        ("nama", "budi  kaahoao", "BUDI KAAHOAO"),
        ("jenis_kelamin", "PEREMPUAN", "2"),
        ("agama", "1", "1"),
        ("wilayah", "17.03.01.2002", "1703012002"),
        ("no_kk", "1703010101159002", "1703010101159002"),
        ("berlaku_hingga", "31-12-2027", "2027-12-31"),
        ("kewarganegaraan", "WNA", "WNA"),
        ("alamat", " DATA UJI, DUSUN I ", "DATA UJI, DUSUN I"),
    ],
)
def test_it_reads_a_new_value_as_people_write_it(
    element: str, new: str, kept: str
) -> None:
    """Words for codes, dots in regions, dates day first."""
    ((_, _, text, _),) = decide_correction(BUDI, [Change(element, new, PAPER)])
    assert text == kept


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([], "nothing_to_correct"),
        ([Change("nama", "BUDI KAITORA", PAPER)], "nothing_to_correct"),
        ([Change("rt", "9", PAPER)] * (CHANGES_MAX + 1), "nothing_to_correct"),
        ([Change("nik", "1703011208909002", PAPER)], "nik_for_life"),
        ([Change("status_rekam", "CARD_ISSUED", PAPER)], "unknown_element"),
        ([Change("nama", "BUDI BARU", " ")], "text_missing"),
        ([Change("nama", "BUDI BARU", "P" * 201)], "text_missing"),
        ([Change("nama", "", PAPER)], "name_missing"),
        ([Change("tanggal_lahir", "31-02-1990", PAPER)], "bad_value"),
        ([Change("wilayah", "1703019999", PAPER)], "bad_value"),
        ([Change("wilayah", "170301", PAPER)], "bad_value"),
        ([Change("agama", "9", PAPER)], "bad_value"),
        ([Change("rt", "0001", PAPER)], "bad_value"),
        ([Change("kewarganegaraan", "XXX", PAPER)], "bad_value"),
        ([Change("no_kk", "123", PAPER)], "not_16_digits"),
    ],
)
def test_it_refuses_a_correction(changes: list[Change], code: str) -> None:
    """Without a paper, of the NIK, of what the centre says, or with no such value."""
    with pytest.raises(Refusal) as refused:
        decide_correction(BUDI, changes)
    assert refused.value.code == code


def test_it_registers_who_is_unknown_here() -> None:
    """A legacy name passes; a person whose NIK is not known yet may be registered."""
    found = decide_registration(
        create_biodata(nama="sukarno", nik=""), papers="KK", known=False
    )
    assert found.nama == "SUKARNO"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nik": "1"}, "not_16_digits"),
        ({"no_kk": "1"}, "not_16_digits"),
        ({"nama": " "}, "name_missing"),
        ({"jenis_kelamin": 3}, "bad_value"),
        ({"wilayah": "1703"}, "bad_value"),
        ({"alamat": "x" * 201}, "bad_value"),
    ],
)
def test_it_refuses_a_registration(changes: dict[str, object], code: str) -> None:
    """An impossible number, no name, no home: not a registration."""
    with pytest.raises(Refusal, match=code):
        decide_registration(create_biodata(**changes), papers="KK", known=False)


def test_it_refuses_to_register_twice_or_without_papers() -> None:
    """Who is known is opened by the search; nobody is registered on their word alone."""
    with pytest.raises(Refusal, match="known_here"):
        decide_registration(BUDI, papers="KK", known=True)
    with pytest.raises(Refusal, match="text_missing"):
        decide_registration(BUDI, papers="", known=False)


def test_it_links_two_and_not_one() -> None:
    """One person is not linked to themselves."""
    decide_link(b"a" * 12, b"b" * 12)
    with pytest.raises(Refusal, match="same_already"):
        decide_link(b"a" * 12, b"a" * 12)


def test_it_keeps_a_line_short_and_clean() -> None:
    """A reason is one line without invisible signs."""
    assert (
        decide_text(" salah\u200b  berkas\n", 20, "alasan", "reason") == "salah berkas"
    )


def told(order: str, batch: bytes = b"", **changes: object) -> Statement:
    """A whole statement."""
    return Statement(order, batch, create_biodata(**changes))


def corrected(order: str, element: str, old: str, new: str) -> Statement:
    """A correction."""
    return Statement(order, changes=((element, old, new, PAPER),))


def test_it_lets_the_last_import_stand_that_is_not_undone() -> None:
    """Undoing the second import brings the first back; undoing both leaves a mark."""
    statements = [told("1", FIRST, nama="BUDI"), told("2", SECOND, nama="BUDI K")]
    for undone, name, is_undone in (
        (set(), "BUDI K", False),
        ({SECOND}, "BUDI", False),
        ({FIRST}, "BUDI K", False),
        ({FIRST, SECOND}, "BUDI K", True),
    ):
        found = standing(statements, undone)
        assert found.biodata is not None
        assert (found.biodata.nama, found.is_undone) == (name, is_undone)


def test_it_holds_a_correction_over_an_import_that_repeats_the_mistake() -> None:
    """Until SIAK itself says otherwise, what the paper proved stays."""
    mend = corrected("2", "tanggal_lahir", "1990-08-12", "1990-08-13")
    again, mended = told("3", SECOND, alamat="X"), told("4", b"third-batch0")
    found = standing([told("1", FIRST), mend, again], ())
    assert found.biodata is not None
    assert (found.biodata.tanggal_lahir, found.biodata.alamat) == (
        date(1990, 8, 13),
        "X",
    )
    third = told("4", b"third-batch0", tanggal_lahir=date(1990, 8, 14))
    found = standing([told("1", FIRST), mend, again, third], ())
    assert found.biodata is not None and found.biodata.tanggal_lahir == date(
        1990, 8, 14
    )
    assert standing([mend, mended], ()).biodata == create_biodata(
        tanggal_lahir=date(1990, 8, 13)
    )


def test_it_stands_on_nothing_but_a_correction() -> None:
    """A correction whose import has not arrived waits."""
    found = standing([corrected("2", "nama", "BUDI", "BUDI K")], ())
    assert found.biodata is None and not found.is_undone
    assert standing([], ()).biodata is None


def test_it_corrects_every_kind_of_element_back() -> None:
    """Numbers, dates and nothing come back from the text of a correction."""
    changes = (
        ("agama", "2", "1", PAPER),
        ("berlaku_hingga", "", "2027-12-31", PAPER),
        ("gol_darah", "13", "", PAPER),
        ("a_newer_element", "", "x", PAPER),
    )
    found = standing([told("1"), Statement("2", changes=changes)], ()).biodata
    assert found is not None
    assert (found.agama, found.berlaku_hingga, found.gol_darah) == (
        1,
        date(2027, 12, 31),
        0,
    )
    back = Statement("3", changes=(("berlaku_hingga", "2027-12-31", "", PAPER),))
    found = standing([told("1"), Statement("2", changes=changes), back], ()).biodata
    assert found is not None and found.berlaku_hingga is None


@given(st.permutations(range(5)))
def test_it_stands_the_same_in_any_order(order: list[int]) -> None:
    """What stands is a matter of what was stated, never of what arrived first."""
    statements = [
        told("1", FIRST),
        corrected("2", "nama", "BUDI KAITORA", "BUDI KAAHOAO"),
        told("3", SECOND, alamat="LAIN"),
        corrected("4", "nama", "BUDI KAAHOAO", "BUDI KAUNO"),
        told("5", b"third-batch0", nama="BUDI KAAHOAO"),
    ]
    shuffled = [statements[i] for i in order]
    for count in range(3):
        for undone in itertools.combinations((FIRST, SECOND), count):
            assert standing(shuffled, undone) == standing(statements, undone)


def test_it_registers_who_has_no_number_yet() -> None:
    """No NIK and no family card: the papers are what there is."""
    biodata = create_biodata(nik="", no_kk="")
    found = decide_registration(biodata, papers="Surat lahir 12/1990", known=False)
    assert (found.nik, found.no_kk) == ("", "")
