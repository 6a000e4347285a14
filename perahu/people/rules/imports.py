"""A SIAK export read into residents, with every bad row named in words: the dry run.

- Column names as SIAK writes them, in any order; other spellings in `ALIASES`.
- A row is refused for what no register can hold: an impossible NIK or No. KK, no name, no
  sex, no birth date, no home desa, a NIK met before in the file. Everything odd but
  possible is a warning, and the row stands (domain.md 2.1).
- Names pass as they are: the name rules of 2022 bind new births only.
- A cell is data: one that looks like a formula is kept as text, never computed here.

Example: `plan = read_plan(content, "enggano.csv", today=today)`; then `plan.errors`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from perahu.people.facts import Biodata
from perahu.people.rules.cells import Bad, Cells
from perahu.people.rules.sheets import HEADER_WITHIN_ROWS, Row, read_sheet
from perahu.words import Refusal, Words

NOTES_MAX = 1_000
"""Errors and warnings kept in words; the rest is counted."""
FILE_NAME_CHARS_MAX = 120

ALIASES: Mapping[str, tuple[str, ...]] = {
    "NIK": ("NO_NIK", "NOMOR_INDUK_KEPENDUDUKAN"),
    "NO_KK": ("KK", "NOMOR_KK", "NOKK"),
    "NAMA_LGKP": ("NAMA", "NAMA_LENGKAP"),
    "JENIS_KLMIN": ("JENIS_KELAMIN", "JK", "KELAMIN"),
    "TMPT_LHR": ("TEMPAT_LAHIR", "TEMPAT_LHR"),
    "TGL_LHR": ("TANGGAL_LAHIR", "TANGGAL_LHR"),
    "NO_PROP": ("NO_PROVINSI", "KODE_PROP"),
    "NO_KAB": ("NO_KABUPATEN", "KODE_KAB"),
    "NO_KEC": ("NO_KECAMATAN", "KODE_KEC"),
    "NO_KEL": ("NO_KELURAHAN", "NO_DESA", "KODE_KEL", "KODE_DESA", "KODE_WILAYAH"),
    "ALAMAT": ("ALAMAT_LENGKAP",),
    "NO_RT": ("RT",),
    "NO_RW": ("RW",),
    "AGAMA": (),
    "STAT_KWN": ("STATUS_KAWIN", "STATUS_PERKAWINAN", "STAT_KAWIN"),
    "STAT_HBKEL": ("SHDK", "HUBUNGAN_KELUARGA"),
    "PDDK_AKH": ("PENDIDIKAN", "PENDIDIKAN_AKHIR"),
    "JENIS_PKRJN": ("PEKERJAAN", "JENIS_PEKERJAAN"),
    "GOL_DRH": ("GOL_DARAH", "GOLONGAN_DARAH"),
    "KEWARGANEGARAAN": ("WARGA_NEGARA", "STAT_WN"),
    "STATUS_REKAM": ("STATUS_PEREKAMAN", "STATUS_KTP_EL"),
    "TGL_AKH_ITAP": ("BERLAKU_HINGGA", "TGL_AKHIR_ITAP"),
    "GELAR_DEPAN": (),
    "GELAR_BELAKANG": (),
}
"""Our column names and what else they are called."""

REQUIRED = ("NIK", "NO_KK", "NAMA_LGKP", "JENIS_KLMIN", "TGL_LHR", "NO_KEL")

_NAMES = {alias: name for name, others in ALIASES.items() for alias in (name, *others)}


@dataclass(frozen=True, slots=True)
class RowNote:
    """What is wrong or odd with one cell of one row, in words."""

    row: int
    column: str
    words: Words


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One resident as the import would take it."""

    row: int
    biodata: Biodata


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import of this file would do; nothing is done yet."""

    file_name: str
    file_hash: bytes
    rows: tuple[PlannedRow, ...]
    errors: tuple[RowNote, ...]
    warnings: tuple[RowNote, ...]
    bad_rows: int
    """Rows that cannot be taken; `errors` holds the first NOTES_MAX notes on them."""
    warning_count: int
    columns_unknown: tuple[str, ...] = ()
    """Columns of the file that we do not use."""

    @property
    def row_count(self) -> int:
        """All rows of the file, good and bad."""
        return len(self.rows) + self.bad_rows


def read_plan(
    content: bytes, file_name: str, *, today: date, home: str = ""
) -> ImportPlan:
    """The dry run. Refuses a file that is none; a bad row is an error in the plan.

    `home` is the kabupaten (four digits) of rows that do not name one: some field tools
    export the kecamatan and desa only.
    """
    rows = read_sheet(content)
    columns, unknown = _read_header(rows)
    gathered = _Gathered()
    for number, cells in rows:
        named = {
            name: cells[index] for name, index in columns.items() if index < len(cells)
        }
        gathered.add(Cells(named, today=today, home=home), number)
    if not gathered.rows and not gathered.bad_rows:
        raise Refusal(
            "no_rows",
            "Berkas hanya berisi judul kolom, tanpa satu pun penduduk.",
            "The file holds column names only, and no resident.",
        )
    return ImportPlan(
        file_name=file_name[:FILE_NAME_CHARS_MAX],
        file_hash=hashlib.sha256(content).digest(),
        rows=tuple(gathered.rows),
        errors=tuple(gathered.errors),
        warnings=tuple(gathered.warnings),
        bad_rows=gathered.bad_rows,
        warning_count=gathered.warning_count,
        columns_unknown=unknown,
    )


def decide_import(plan: ImportPlan, *, skip_bad: bool) -> None:
    """Refuse an import of a file with bad rows, unless the officer chose to skip them."""
    if not plan.rows:
        raise Refusal(
            "no_good_rows",
            "Tidak ada baris yang dapat diimpor; perbaiki berkas lalu coba lagi.",
            "There is no row that can be imported; mend the file and try again.",
        )
    if plan.bad_rows and not skip_bad:
        first = plan.errors[0]
        raise Refusal(
            "bad_rows",
            f"{plan.bad_rows} dari {plan.row_count} baris salah; yang pertama baris "
            f"{first.row}, kolom {first.column}: {first.words.id} Tidak ada yang diimpor: "
            "perbaiki berkas, atau pilih melewati baris yang salah.",
            f"{plan.bad_rows} of {plan.row_count} rows are wrong; the first is row "
            f"{first.row}, column {first.column}: {first.words.en} Nothing was imported: "
            "mend the file, or choose to skip the wrong rows.",
        )


def decide_undo(*, known: bool, undone: bool) -> None:
    """Whether an import may be undone: one that is known, and once."""
    if known and not undone:
        return
    raise Refusal(
        "no_import",
        "Impor ini tidak ada atau sudah dibatalkan; lihat daftar impor.",
        "There is no such import, or it was undone already; see the list of imports.",
    )


class _Gathered:
    """The rows and notes of a plan while the file is read."""

    def __init__(self) -> None:
        self.rows: list[PlannedRow] = []
        self.errors: list[RowNote] = []
        self.warnings: list[RowNote] = []
        self.bad_rows = 0
        self.warning_count = 0
        self._row_of_nik: dict[str, int] = {}

    def add(self, cells: Cells, number: int) -> None:
        """Take one row, or note why not."""
        biodata = cells.biodata()
        errors = list(cells.errors)
        if biodata is not None:
            first = self._row_of_nik.setdefault(biodata.nik, number)
            if first != number:
                errors.append(_met_before(first))
        if errors or biodata is None:
            self.bad_rows += 1
            _note(self.errors, number, errors)
            return
        self.rows.append(PlannedRow(number, biodata))
        self.warning_count += len(cells.warnings)
        _note(self.warnings, number, cells.warnings)


def _note(kept: list[RowNote], number: int, found: list[Bad]) -> None:
    room = NOTES_MAX - len(kept)
    kept.extend(RowNote(number, column, words) for column, words in found[:room])


def _met_before(row: int) -> Bad:
    return "NIK", Words(
        f"NIK ini sudah ada di baris {row} berkas yang sama.",
        f"This NIK stands already in row {row} of the same file.",
    )


def _read_header(rows: Iterator[Row]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Find the header among the first rows: titles may stand above it."""
    missing: list[str] = list(REQUIRED)
    for _, (_, cells) in zip(range(HEADER_WITHIN_ROWS), rows, strict=False):
        columns: dict[str, int] = {}
        unknown = []
        for index, cell in enumerate(cells):
            name = _NAMES.get(_column_name(cell))
            if name is None:
                unknown.append(cell)
            else:
                columns.setdefault(name, index)
        if "NIK" in columns:
            missing = [name for name in REQUIRED if name not in columns]
            if not missing:
                return columns, tuple(name for name in unknown if name)
            break
    raise Refusal(
        "columns_missing",
        f"Kolom {', '.join(missing)} tidak ditemukan pada judul berkas; "
        "ekspor ulang dari SIAK dengan kolom itu. Tidak ada yang diimpor.",
        f"The column {', '.join(missing)} is not among the file's column names; "
        "export it again from SIAK with it. Nothing was imported.",
    )


def _column_name(cell: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in cell.upper()).split()
    return "_".join(words)
