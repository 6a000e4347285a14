"""Files as they come: alphabets, separators, workbooks, and files that are none."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.people.rules import read_plan, sheets
from perahu.people.rules.sheets import read_sheet
from perahu.words import Refusal
from sim.people import COLUMNS
from tests.cast import TODAY
from tests.people.builders import ROW, create_biodata, create_csv, create_row


def workbook(*rows: Iterable[Any]) -> bytes:
    """An XLSX file of these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(**parts: bytes) -> bytes:
    """A zip file that may or may not be a workbook."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_it_reads_csv_of_every_office(delimiter: str, encoding: str) -> None:
    """Separators and alphabets as spreadsheets in use write them."""
    text = create_csv(create_row(TMPT_LHR="CAFÉ"), delimiter=delimiter).decode()
    plan = read_plan(text.encode(encoding), "x.csv", today=TODAY)
    assert plan.rows[0].biodata.tempat_lahir == "CAFÉ"


def test_it_reads_a_workbook() -> None:
    """Typed cells of Excel: dates, numbers and text give the same resident."""
    typed = {**ROW, "TGL_LHR": date(1990, 8, 12), "NO_KAB": 3, "AGAMA": 2.0}
    content = workbook(COLUMNS, [typed[c] for c in COLUMNS])
    assert read_plan(content, "x.xlsx", today=TODAY).rows[0].biodata == create_biodata()
    typed["NO_RT"] = 1
    content = workbook(["DATA UJI"], [], COLUMNS, [typed[c] for c in COLUMNS])
    assert len(read_plan(content, "x.xlsx", today=TODAY).rows) == 1


def test_it_notices_a_nik_that_excel_rounded() -> None:
    """A NIK kept as a number has lost its last digit: said so, never taken."""
    row = {**ROW, "NIK": 1703011208909001}
    plan = read_plan(workbook(COLUMNS, [row[c] for c in COLUMNS]), "x", today=TODAY)
    assert plan.bad_rows == 1
    assert "Excel" in plan.errors[0].words.en


def test_it_never_computes_a_formula() -> None:
    """A formula in a workbook is its own text."""
    row = {**ROW, "ALAMAT": '=WEBSERVICE("http://x")', "NO_RT": True}
    plan = read_plan(workbook(COLUMNS, [row[c] for c in COLUMNS]), "x", today=TODAY)
    assert plan.rows[0].biodata.alamat == '=WEBSERVICE("http://x")'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"  \r\n ", "file_empty"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "old_excel"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not_text"),
        (b"PK\x03\x04 and then nothing", "bad_xlsx"),
        (zipped(readme=b"not a workbook"), "bad_xlsx"),
        (zipped(a_xml=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "bad_xlsx"),
        (zipped(a_xml="<a/>".encode("utf-16")), "bad_xlsx"),
        (workbook(COLUMNS, [ROW[c] for c in COLUMNS])[:-300], "bad_xlsx"),
        (create_csv()[:-5] + b'"never closed', "bad_csv"),
        (b"NIK,NO_KK\n" + b"x" * 501, "row_too_big"),
        (b"NIK,NO_KK\n" + b"," * 200, "row_too_big"),
    ],
)
def test_it_says_in_words_what_is_no_sheet(content: bytes, code: str) -> None:
    """Every broken or foreign file ends in one clear sentence."""
    with pytest.raises(Refusal) as refused:
        list(read_sheet(content))
    assert refused.value.code == code


def test_it_opens_no_zip_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would inflate beyond the limit is refused before it is inflated."""
    monkeypatch.setattr(sheets, "INFLATED_BYTES_MAX", 100_000)
    bomb = zipped(xl__worksheets__sheet1_xml=b"0" * 100_001)
    with pytest.raises(Refusal, match="file_too_big"):
        list(read_sheet(bomb))
    monkeypatch.setattr(sheets, "PARTS_MAX", 2)
    with pytest.raises(Refusal, match="bad_xlsx"):
        list(read_sheet(zipped(a=b"", b=b"", c=b"")))


def test_it_takes_a_file_up_to_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row or byte under the limit passes, one over is refused."""
    content = create_csv(ROW, ROW)
    monkeypatch.setattr(sheets, "ROWS_MAX", 2)
    assert len(list(read_sheet(content))) == 3
    monkeypatch.setattr(sheets, "ROWS_MAX", 1)
    with pytest.raises(Refusal, match="file_too_big"):
        list(read_sheet(content))
    monkeypatch.setattr(sheets, "ROWS_MAX", 2)
    monkeypatch.setattr(sheets, "FILE_BYTES_MAX", len(content))
    assert list(read_sheet(content))
    monkeypatch.setattr(sheets, "FILE_BYTES_MAX", len(content) - 1)
    with pytest.raises(Refusal, match="file_too_big"):
        list(read_sheet(content))


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_it_reads_or_refuses_any_bytes(content: bytes) -> None:
    """No file, however mangled, ends in anything but rows or a refusal."""
    try:
        assert all(isinstance(c, str) for _, row in read_sheet(content) for c in row)
    except Refusal as refusal:
        assert refusal.words.id


# Made once: a workbook holds the hour, so another one may be of another length.
_WHOLE = workbook(COLUMNS, [ROW[c] for c in COLUMNS])


@settings(max_examples=40)
@given(st.data())
def test_it_reads_or_refuses_a_damaged_workbook(data: st.DataObject) -> None:
    """A workbook with bytes changed anywhere gives rows or a refusal."""
    whole = bytearray(_WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(4, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        list(read_sheet(bytes(whole)))
    except Refusal as refusal:
        assert refusal.words.en


def test_it_reads_dates_as_other_programs_write_them() -> None:
    """ISO dates of LibreOffice's strict form, and a cell in the middle that is empty."""
    book = openpyxl.Workbook(iso_dates=True)
    for row in (["tanggal", "", "nama"], [date(1990, 8, 12), None, "BUDI"]):
        book.worksheets[0].append(row)
    stream = io.BytesIO()
    book.save(stream)
    rows = [cells for _, cells in read_sheet(stream.getvalue())]
    assert rows[-1] == ["1990-08-12", "", "BUDI"]


def test_it_refuses_letters_that_are_cut_in_half() -> None:
    """A file of UTF-16 with an odd byte at its end is no CSV."""
    with pytest.raises(Refusal, match="not_text"):
        list(read_sheet("nik;nama".encode("utf-16") + b"\x00"))
