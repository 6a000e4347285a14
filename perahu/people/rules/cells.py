"""One row of a SIAK export, cell by cell, into a resident's biodata.

- Numbers that Excel touched are understood where that is safe ('1703…, ="1703…") and
  named as shortened where it is not (1.7E+15).
- Dates: DD-MM-YYYY, DD/MM/YYYY, DD.MM.YYYY, YYYY-MM-DD, with or without a time, or
  Excel's day number. A year has four digits: nobody guesses a century here.
- A code that we do not know is left open with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from perahu.enrolment.facts import CENTRE_STATUSES
from perahu.people.facts import Biodata
from perahu.people.rules import codes
from perahu.people.rules.codes import DESA_DIGITS, Codes, dotted, wilayah
from perahu.people.rules.names import clean_name, clean_text
from perahu.people.rules.nik import Number, kk_warnings, nik_warnings, read_kk, read_nik
from perahu.words import Refusal, Words

UNREGISTERED, BIO_CAPTURED = "UNREGISTERED", "BIO_CAPTURED"
_RECORDED = frozenset(("SUDAH", "SUDAH_REKAM", "REKAM"))
_NOT_RECORDED = frozenset(("", "-", "BELUM", "BELUM_REKAM"))

AGE_YEARS_MAX = 130
ADDRESS_CHARS_MAX = 200
SHORT_CHARS_MAX = 60

Bad = tuple[str, Words]
"""A column and what is wrong or odd in it."""

_EXCEL_TEXT = re.compile(r"'(.*)|=\"(.*)\"")
_SHORTENED = re.compile(r"[0-9][.,][0-9]*E\+?[0-9]+", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[ T].*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T].*)?")
_EXCEL_DAY = re.compile(r"\d{4,5}")
_EXCEL_DAY_0 = date(1899, 12, 30)
_FOR_LIFE = frozenset(("", "-", "SEUMUR HIDUP", "SEUMURHIDUP"))


def read_date(text: str) -> date | None:
    """The date that a cell means, or None."""
    try:
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if _EXCEL_DAY.fullmatch(text):
            return _EXCEL_DAY_0 + timedelta(days=int(text))
    except ValueError:
        return None
    return None


class Cells:
    """The cells of one row by column name; reading them gathers errors and warnings."""

    def __init__(
        self, cells: Mapping[str, str], *, today: date, home: str = ""
    ) -> None:
        self._cells = cells
        self._today = today
        self._home = home
        self.errors: list[Bad] = []
        self.warnings: list[Bad] = []

    def biodata(self) -> Biodata | None:
        """The resident, or None where `errors` says why not."""
        nik = self._number("NIK", read_nik)
        no_kk = self._number("NO_KK", read_kk)
        nama = self._name()
        sex = codes.SEX.code(self._text("JENIS_KLMIN"))
        if sex is None:
            self._error("JENIS_KLMIN", "Isi 1/L atau 2/P", "Write 1/L or 2/P")
        born = self._born()
        desa = self._desa(no_kk)
        if self.errors or sex is None or born is None:
            return None
        self.warnings += [
            ("NIK", w) for w in nik_warnings(nik, born=born, sex=sex, wilayah=desa)
        ]
        self.warnings += [("NO_KK", w) for w in kk_warnings(no_kk, wilayah=desa)]
        return Biodata(
            nik=nik,
            no_kk=no_kk,
            nama=nama,
            jenis_kelamin=sex,
            tempat_lahir=self._words("TMPT_LHR", SHORT_CHARS_MAX).upper(),
            tanggal_lahir=born,
            wilayah=desa,
            alamat=self._words("ALAMAT", ADDRESS_CHARS_MAX),
            rt=self._neighbourhood("NO_RT"),
            rw=self._neighbourhood("NO_RW"),
            agama=self._code("AGAMA", codes.RELIGION),
            status_kawin=self._code("STAT_KWN", codes.MARRIAGE),
            shdk=self._code("STAT_HBKEL", codes.RELATION),
            pendidikan=self._code("PDDK_AKH", codes.EDUCATION),
            pekerjaan=self._code("JENIS_PKRJN", codes.OCCUPATION),
            gol_darah=self._code("GOL_DRH", codes.BLOOD, codes.BLOOD_UNKNOWN),
            kewarganegaraan=self._citizenship(),
            berlaku_hingga=self._stay_until(),
            status_rekam=self._status(),
            gelar_depan=self._words("GELAR_DEPAN", SHORT_CHARS_MAX),
            gelar_belakang=self._words("GELAR_BELAKANG", SHORT_CHARS_MAX),
        )

    def _text(self, column: str) -> str:
        return self._cells.get(column, "")

    def _error(self, column: str, id: str, en: str) -> None:
        shown = self._text(column)[:40]
        self.errors.append(
            (column, Words(f"{id}, bukan “{shown}”.", f"{en}, not “{shown}”."))
        )

    def _warn(self, column: str, id: str, en: str) -> None:
        self.warnings.append((column, Words(id, en)))

    def _digits(self, column: str) -> str:
        """A number that may carry Excel's signs for "this is text"."""
        text = self._text(column)
        if found := _EXCEL_TEXT.fullmatch(text):
            text = found[1] or found[2] or ""
        return text.replace(" ", "")

    def _number(self, column: str, read: Callable[[str], Number]) -> str:
        text = self._digits(column)
        if _SHORTENED.fullmatch(text):
            self._error(
                column,
                "Excel memendekkan nomor ini; jadikan kolomnya Teks lalu ekspor ulang",
                "Excel has shortened this number; make the column Text and export again",
            )
            return text
        try:
            read(text)
        except Refusal as refusal:
            self.errors.append((column, refusal.words))
        return text

    def _name(self) -> str:
        try:
            return clean_name(self._text("NAMA_LGKP"))
        except Refusal as refusal:
            self.errors.append(("NAMA_LGKP", refusal.words))
            return ""

    def _born(self) -> date | None:
        born = read_date(self._text("TGL_LHR"))
        oldest = self._today.year - AGE_YEARS_MAX
        if born is None or not oldest <= born.year or born > self._today:
            self._error(
                "TGL_LHR",
                f"Tulis tanggal lahir HH-BB-TTTT dari {oldest} sampai hari ini",
                f"Write a birth date DD-MM-YYYY between {oldest} and today",
            )
            return None
        return born

    def _desa(self, no_kk: str) -> str:
        """Ten digits out of four columns, any of which may hold the longer code already."""
        code = ""
        fallback = self._home or no_kk[:4]
        widths = (("NO_PROP", 2), ("NO_KAB", 4), ("NO_KEC", 6), ("NO_KEL", DESA_DIGITS))
        for column, width in widths:
            digits = self._digits(column).replace(".", "")
            if digits and not (digits.isascii() and digits.isdigit()):
                self._error(
                    column, "Tulis kode wilayah dengan angka", "Write a region code"
                )
                return ""
            if not digits and width <= 4:
                code = fallback[:width]
            elif len(digits) == width:
                code = digits
            else:
                code += digits.zfill(width - len(code))
        return self._known_desa(code)

    def _known_desa(self, code: str) -> str:
        if len(code) != DESA_DIGITS or wilayah(code[:6]) is None:
            self._error(
                "NO_KEL",
                f"Kode kecamatan {dotted(code[:6])} tidak ada dalam daftar wilayah",
                f"The kecamatan code {dotted(code[:6])} is not in the table of regions",
            )
            return ""
        if wilayah(code) is None:
            self._warn(
                "NO_KEL",
                f"Desa {dotted(code)} belum ada dalam daftar wilayah kami; tetap diambil.",
                f"The desa {dotted(code)} is not in our table of regions yet; taken as it is.",
            )
        return code

    def _code(self, column: str, table: Codes, unknown: int = 0) -> int:
        text = self._text(column)
        if text in ("", "-", "0"):
            return unknown
        found = table.code(text)
        if found is None:
            self._warn(
                column,
                f"Kode “{text[:40]}” tidak dikenal dan dibiarkan kosong.",
                f"The code “{text[:40]}” is not known and is left open.",
            )
            return unknown
        return found

    def _words(self, column: str, chars_max: int) -> str:
        text = clean_text(self._text(column))
        if len(text) > chars_max:
            self._warn(
                column,
                f"Lebih dari {chars_max} huruf; sisanya tidak diambil.",
                f"Over {chars_max} characters; the rest is not taken.",
            )
        return text[:chars_max]

    def _neighbourhood(self, column: str) -> str:
        text = self._digits(column)
        if text.isascii() and text.isdigit() and int(text) <= 999:
            return f"{int(text):03d}" if int(text) else ""
        if text not in ("", "-"):
            self._warn(
                column,
                f"“{text[:12]}” bukan nomor RT/RW dan dibiarkan kosong.",
                f"“{text[:12]}” is no number of an RT or RW and is left open.",
            )
        return ""

    def _citizenship(self) -> str:
        text = self._text("KEWARGANEGARAAN").upper()
        if text in ("", "1", "WNI", "INDONESIA"):
            return "WNI"
        if text in ("2", "WNA", "OA", "ORANG ASING"):
            return "WNA"
        self._warn(
            "KEWARGANEGARAAN",
            f"“{text[:24]}” dibaca sebagai WNA.",
            f"“{text[:24]}” is read as a foreigner.",
        )
        return "WNA"

    def _stay_until(self) -> date | None:
        text = self._text("TGL_AKH_ITAP")
        if text.upper() in _FOR_LIFE:
            return None
        found = read_date(text)
        if found is None:
            self._warn(
                "TGL_AKH_ITAP",
                f"“{text[:24]}” bukan tanggal dan dibiarkan kosong.",
                f"“{text[:24]}” is no date and is left open.",
            )
        return found

    def _status(self) -> str:
        text = self._text("STATUS_REKAM").upper().replace(" ", "_")
        if text in CENTRE_STATUSES:
            return text
        if text in _RECORDED:
            return BIO_CAPTURED
        if text not in _NOT_RECORDED:
            self._warn(
                "STATUS_REKAM",
                f"Status “{text[:40]}” tidak dikenal dan dibaca sebagai belum rekam.",
                f"The status “{text[:40]}” is not known and is read as not recorded.",
            )
        return UNREGISTERED
