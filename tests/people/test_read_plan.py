"""The dry run of a SIAK export: good rows, bad rows in words, odd rows with a warning."""

from __future__ import annotations

from datetime import date

import pytest

from perahu.people.rules import decide_import, decide_undo, imports, read_plan
from perahu.people.rules.cells import read_date
from perahu.words import Refusal
from tests.cast import TODAY
from tests.people.builders import (
    ROW,
    create_biodata,
    create_csv,
    create_row,
    plan_of,
    villagers,
)


def test_it_works() -> None:
    """A row becomes the biodata as SIAK holds them, and nothing is written."""
    plan = plan_of()
    assert [planned.biodata for planned in plan.rows] == [create_biodata()]
    assert (plan.bad_rows, plan.warning_count, plan.row_count) == (0, 0, 1)
    assert plan.rows[0].row == 2


def test_it_reads_two_thousand_synthetic_residents() -> None:
    """The export of a whole kecamatan comes in without one bad row."""
    rows = villagers(2000)
    plan = plan_of(*rows)
    assert (len(plan.rows), plan.bad_rows) == (2000, 0)
    assert len({planned.biodata.nik for planned in plan.rows}) == 2000


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("NIK", "170301120890900"),
        ("NIK", "1.70301E+15"),
        ("NIK", "1,70301120890900E15"),
        ("NIK", ""),
        ("NIK", "=1703011208909001+1"),
        ("NO_KK", "1703019901159001"),
        ("NAMA_LGKP", ""),
        ("NAMA_LGKP", "12345"),
        ("JENIS_KLMIN", "3"),
        ("TGL_LHR", "31-02-1990"),
        ("TGL_LHR", "12-08-90"),
        ("TGL_LHR", "12-08-1890"),
        ("TGL_LHR", "22-11-2026"),
        ("TGL_LHR", "kemarin"),
        ("NO_KEL", "x"),
        ("NO_KEC", "99"),
    ],
)
def test_it_names_a_bad_row(column: str, cell: str) -> None:
    """One cell that no register can hold: the row is out, with its number and column."""
    plan = plan_of(create_row(NIK="1703011308909001"), create_row(**{column: cell}))
    assert (len(plan.rows), plan.bad_rows) == (1, 1)
    (note,) = plan.errors
    assert note.row == 3
    assert note.column == ("NO_KEL" if column == "NO_KEC" else column)
    assert note.words.id.endswith(".") and note.words.en.endswith(".")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("TGL_LHR", "13-08-1990"),
        ("JENIS_KLMIN", "2"),
        ("NIK", "1771011208909001"),
        ("NO_KK", "1371020101159001"),
        ("NO_KEL", "2099"),
        ("AGAMA", "9"),
        ("JENIS_PKRJN", "PELAUT ULUNG"),
        ("NO_RT", "TIGA"),
        ("ALAMAT", "J" * 201),
        ("STATUS_REKAM", "ENTAH"),
        ("KEWARGANEGARAAN", "BELANDA"),
        ("GOL_DRH", "Z"),
    ],
)
def test_it_warns_and_takes_the_row(column: str, cell: str) -> None:
    """What is odd but possible warns, and never blocks (domain.md 2.1)."""
    plan = plan_of(create_row(**{column: cell}))
    assert (len(plan.rows), plan.bad_rows, plan.warning_count) == (1, 0, 1)
    says = "NIK" if column in ("TGL_LHR", "JENIS_KLMIN") else column
    assert plan.warnings[0].column == says


def test_it_takes_names_as_they_are() -> None:
    """One word, an apostrophe, a title, a formula sign: all were registered once."""
    for name in ("SUKARNO", "MA'RUF", "H. BUDI, S.PD", "=CMD|'/C CALC'!A0", "@BUDI"):
        plan = plan_of(create_row(NAMA_LGKP=name))
        assert plan.rows[0].biodata.nama == name


def test_it_keeps_formulas_as_text() -> None:
    """A cell that a spreadsheet would run is text here, as it stands."""
    address = '=HYPERLINK("http://x","+62")'
    plan = plan_of(create_row(ALAMAT=address))
    assert plan.rows[0].biodata.alamat == address


def test_it_accepts_other_column_names_and_orders() -> None:
    """A field tool's header, without province and kabupaten, in its own order."""
    content = (
        b"Nama Lengkap;NIK;No KK;Jenis Kelamin;Tempat Lahir;Tanggal Lahir;"
        b"NO_KECAMATAN;NO_KELURAHAN;CATATAN\n"
        b'Budi Kaitora;\'1703011208909001;="1703010101159001";L;Malakoni;1990-08-12;'
        b"01;2003;abc\n"
    )
    plan = read_plan(content, "lapangan.csv", today=TODAY, home="1703")
    assert plan.rows[0].biodata.wilayah == "1703012003"
    assert plan.rows[0].biodata.nik == ROW["NIK"]
    assert plan.columns_unknown == ("CATATAN",)


def test_it_accepts_whole_region_codes() -> None:
    """NO_KEL may hold the ten digits, with dots or without."""
    for code in ("17.03.01.2003", "1703012003"):
        plan = plan_of(create_row(NO_PROP="", NO_KAB="", NO_KEC="", NO_KEL=code))
        assert plan.rows[0].biodata.wilayah == "1703012003"


def test_it_finds_the_header_below_titles() -> None:
    """Titles may stand above the column names."""
    content = b"DATA UJI KEC. ENGGANO\r\n\r\n" + create_csv()
    assert len(read_plan(content, "x.csv", today=TODAY).rows) == 1


def test_it_names_the_columns_that_are_missing() -> None:
    """Without its columns a file is refused as a whole."""
    with pytest.raises(Refusal, match="columns_missing") as refused:
        read_plan(b"NIK,NAMA_LGKP\n1,2\n", "x.csv", today=TODAY)
    assert "NO_KK" in refused.value.words.id
    with pytest.raises(Refusal, match="columns_missing"):
        read_plan(b"some,other,file\n1,2,3\n", "x.csv", today=TODAY)


def test_it_refuses_a_header_without_rows() -> None:
    """Column names alone are no import."""
    with pytest.raises(Refusal, match="no_rows"):
        read_plan(create_csv().splitlines()[0], "x.csv", today=TODAY)


def test_it_names_a_nik_that_comes_twice() -> None:
    """The second of two rows with one NIK is out, and names the first."""
    plan = plan_of(ROW, ROW)
    assert (len(plan.rows), plan.bad_rows) == (1, 1)
    assert "2" in plan.errors[0].words.id


def test_it_counts_what_it_no_longer_words() -> None:
    """Of many errors the first thousand are worded; all are counted."""
    rows = [create_row(NIK="x")] * (imports.NOTES_MAX + 5)
    plan = plan_of(*rows)
    assert (len(plan.errors), plan.bad_rows) == (
        imports.NOTES_MAX,
        imports.NOTES_MAX + 5,
    )


def test_it_imports_around_bad_rows_only_when_told() -> None:
    """Bad rows stop an import, unless the officer chose to skip them."""
    plan = plan_of(ROW, create_row(NIK="x"))
    with pytest.raises(Refusal, match="bad_rows") as refused:
        decide_import(plan, skip_bad=False)
    assert "1 dari 2" in refused.value.words.id
    decide_import(plan, skip_bad=True)
    with pytest.raises(Refusal, match="no_good_rows"):
        decide_import(plan_of(create_row(NIK="x")), skip_bad=True)


def test_it_undoes_only_what_stands() -> None:
    """An unknown import and one undone before are refused alike."""
    decide_undo(known=True, undone=False)
    for known, undone in ((False, False), (True, True)):
        with pytest.raises(Refusal, match="no_import"):
            decide_undo(known=known, undone=undone)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12-08-1990", date(1990, 8, 12)),
        ("12/08/1990", date(1990, 8, 12)),
        ("2-8-1990", date(1990, 8, 2)),
        ("12.08.1990", date(1990, 8, 12)),
        ("1990-08-12", date(1990, 8, 12)),
        ("1990-08-12 00:00:00", date(1990, 8, 12)),
        ("12/08/1990 07.30", date(1990, 8, 12)),
        ("33097", date(1990, 8, 12)),
        ("1", None),
        ("", None),
        ("00-00-0000", None),
        ("12-08-90", None),
        ("29-02-1990", None),
    ],
)
def test_it_reads_dates_as_offices_write_them(text: str, found: date | None) -> None:
    """Day first, year first, or Excel's day number; never a guessed century."""
    assert read_date(text) == found


def test_it_reads_a_foreigner_with_a_stay_permit() -> None:
    """Citizenship and the end of the ITAP, where the file has them."""
    header = create_csv().splitlines()[0] + b",TGL_AKH_ITAP"
    line = create_csv(create_row(KEWARGANEGARAAN="WNA")).splitlines()[1]
    for cell, until in (("31-12-2027", date(2027, 12, 31)), ("SEUMUR HIDUP", None)):
        content = header + b"\n" + line + f",{cell}\n".encode()
        (row,) = read_plan(content, "x.csv", today=TODAY).rows
        assert row.biodata.kewarganegaraan == "WNA"
        assert row.biodata.berlaku_hingga == until
    odd = read_plan(header + b"\n" + line + b",entah\n", "x.csv", today=TODAY)
    assert odd.warnings[0].column == "TGL_AKH_ITAP"


def test_it_takes_recorded_for_recorded() -> None:
    """A file that only says "sudah rekam" must not send anybody to be recorded again."""
    plan = plan_of(create_row(STATUS_REKAM="Sudah Rekam"))
    assert plan.rows[0].biodata.status_rekam == "BIO_CAPTURED"
    plan = plan_of(create_row(STATUS_REKAM="card issued"))
    assert plan.rows[0].biodata.status_rekam == "CARD_ISSUED"
