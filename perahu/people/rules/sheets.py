"""The bytes of a CSV or XLSX file as rows of text; nothing in them is ever run.

- What a file is, its bytes say, not its name. CSV may be UTF-8 (with or without mark),
  UTF-16 with mark, or the Windows alphabet; separated by ; , tab or |.
- Every cell becomes plain text: a formula stays the text of the formula, a date is
  YYYY-MM-DD, and a number too long for Excel to hold exactly shows as 1.7E+15, so that no
  rounded NIK is taken for a true one.
- Limits on everything: the file, its inflated size, parts, rows, columns and cells.

Example: `read_sheet(content)` gives the numbered rows, the first of which is the header.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime

from perahu.words import Refusal

FILE_BYTES_MAX = 256 * 1024 * 1024
INFLATED_BYTES_MAX = 768 * 1024 * 1024
PARTS_MAX = 500
ROWS_MAX = 400_000
"""The largest pilot kabupaten has 304,720 people; more comes in several files."""
COLUMNS_MAX = 120
CELL_CHARS_MAX = 500
HEADER_WITHIN_ROWS = 10
EXACT_NUMBER_MAX = 10**15
"""Excel keeps 15 digits of a number; a NIK has 16 and must be text."""

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = ";,\t|"
_XML_HEAD_BYTES = 4096

_BROKEN = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, SyntaxError,
    EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile, openpyxl and the XML parser raise for one and the same: it is not whole."""

Row = tuple[int, list[str]]
"""The row's number as a person sees it in the file, and its cells."""


def read_sheet(content: bytes) -> Iterator[Row]:
    """Every row that is not empty. Refuses a file that cannot be one, when it is met."""
    if not content.strip():
        raise Refusal(
            "file_empty",
            "Berkas kosong; ekspor ulang dari SIAK lalu coba lagi.",
            "The file is empty; export it again from SIAK and try again.",
        )
    if len(content) > FILE_BYTES_MAX:
        raise too_big(f"{FILE_BYTES_MAX // 2**20} MB")
    if content.startswith(_OLD_EXCEL):
        raise Refusal(
            "old_excel",
            "Ini berkas Excel lama (.xls); simpan sebagai .xlsx atau .csv lalu coba lagi.",
            "This is an old Excel file (.xls); save it as .xlsx or .csv and try again.",
        )
    rows = _xlsx_rows(content) if content.startswith(_ZIP) else _csv_rows(content)
    for count, (number, cells) in enumerate(rows):
        if count > ROWS_MAX:
            raise too_big(f"{ROWS_MAX} baris/rows")
        _check_cells(number, cells)
        if any(cells):
            yield number, cells


def _check_cells(number: int, cells: list[str]) -> None:
    if len(cells) <= COLUMNS_MAX and all(len(cell) <= CELL_CHARS_MAX for cell in cells):
        return
    raise Refusal(
        "row_too_big",
        f"Baris {number} terlalu panjang (lebih dari {COLUMNS_MAX} kolom, atau satu isian "
        f"lebih dari {CELL_CHARS_MAX} huruf); mungkin ada tanda kutip yang tidak ditutup.",
        f"Row {number} is too long (over {COLUMNS_MAX} columns, or one cell over "
        f"{CELL_CHARS_MAX} characters); perhaps a quotation mark is not closed.",
    )


def _csv_rows(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True
    )
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refusal(
                "bad_csv",
                f"Baris {reader.line_num} bukan CSV yang benar ({error}); periksa tanda "
                "kutip dan pemisah, lalu coba lagi. Tidak ada yang diimpor.",
                f"Row {reader.line_num} is not proper CSV ({error}); check quotation marks "
                "and separators and try again. Nothing was imported.",
            ) from error
        yield reader.line_num, [cell.strip() for cell in cells]


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
        break
    raise Refusal(
        "not_text",
        "Berkas ini bukan CSV dan bukan XLSX; ekspor ulang dari SIAK sebagai CSV.",
        "This file is neither CSV nor XLSX; export it again from SIAK as CSV.",
    )


def _delimiter(text: str) -> str:
    """The separator that the header uses most; the header is the line that names NIK."""
    lines = text[:20_000].splitlines()[:HEADER_WITHIN_ROWS] or [""]
    header = next((line for line in lines if "NIK" in line.upper()), lines[0])
    return max(_DELIMITERS, key=header.count)


def _xlsx_rows(content: bytes) -> Iterator[Row]:
    _check_zip(content)
    # Loaded here: 10 MB that only a hub needs, and only while it imports.
    from openpyxl import load_workbook

    try:
        book = load_workbook(
            io.BytesIO(content), read_only=True, data_only=False, keep_links=False
        )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [_text_of(cell) for cell in cells]
    except _BROKEN as error:
        raise _bad_workbook() from error


def _check_zip(content: bytes) -> None:
    """A workbook of sane size, without document types (entities that multiply)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            listed = parts.infolist()
            if len(listed) > PARTS_MAX:
                raise _bad_workbook()
            if sum(part.file_size for part in listed) > INFLATED_BYTES_MAX:
                raise too_big(f"{INFLATED_BYTES_MAX // 2**20} MB")
            for part in listed:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    with parts.open(part) as stream:
                        _check_xml_head(stream.read(_XML_HEAD_BYTES))
    except _BROKEN as error:
        # Broken, packed in a way we do not know, or locked with a password.
        raise _bad_workbook() from error


def _check_xml_head(head: bytes) -> None:
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head
    if is_utf16 or b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise _bad_workbook()


def _text_of(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        if abs(cell) >= EXACT_NUMBER_MAX:
            return f"{cell:.5E}"
        return str(int(cell)) if cell == int(cell) else str(cell)
    return str(cell).strip()


def _bad_workbook() -> Refusal:
    return Refusal(
        "bad_xlsx",
        "Berkas XLSX ini rusak, terkunci, atau bukan buku kerja biasa; buka di Excel, "
        "simpan ulang atau simpan sebagai CSV. Tidak ada yang diimpor.",
        "This XLSX file is broken, locked or no plain workbook; open it in Excel, save it "
        "again or save it as CSV. Nothing was imported.",
    )


def too_big(limit: str) -> Refusal:
    """The refusal of a file over a limit."""
    return Refusal(
        "file_too_big",
        f"Berkas lebih besar dari batas {limit}; ekspor per kecamatan. "
        "Tidak ada yang diimpor.",
        f"The file is over the limit of {limit}; export it by kecamatan. "
        "Nothing was imported.",
    )
