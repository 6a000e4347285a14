"""NIK and No. KK: what makes a number impossible, and what is only worth a warning.

- NIK = PPKKCC DDMMYY SSSS: the region of the first registration, the birth date (a woman's
  day + 40), a serial that only SIAK gives. It is for life: where it contradicts the birth
  date, sex or home it stays, and the operator reads a warning (domain.md 2.1).
- No. KK = PPKKCC, the date the card was made, a serial; no + 40 (domain.md 2.2).
- Refused is only what no register can have given: not 16 digits, an unknown province, 00
  for kabupaten or kecamatan, an impossible date, serial 0000.
- We never make such a number. Synthetic ones have serial 9000 or more: DATA UJI.

Example: `read_nik("1703014107909001").is_female` is True.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from perahu.people.rules.codes import is_province
from perahu.words import Refusal, Words

DIGITS = 16
FEMALE_DAY_SHIFT = 40
MALE, FEMALE = 1, 2
TEST_SERIAL_MIN = 9000
"""Serials from here on are synthetic (DATA UJI); SIAK counts up from 0001."""

_DIGITS_ASCII = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Number:
    """A NIK or a No. KK taken apart; `day` is the calendar day, without the + 40."""

    text: str
    day: int
    month: int
    year: int
    """Two digits: the century is not in the number."""
    is_female: bool = False

    @property
    def kecamatan(self) -> str:
        """The six digits of the region that registered it first."""
        return self.text[:6]

    @property
    def serial(self) -> int:
        """The last four digits."""
        return int(self.text[12:])

    @property
    def is_test(self) -> bool:
        """Whether it is marked as synthetic."""
        return self.serial >= TEST_SERIAL_MIN


def read_nik(text: str) -> Number:
    """Take a NIK apart. Refuses what cannot be one."""
    return _read("NIK", text, FEMALE_DAY_SHIFT)


def read_kk(text: str) -> Number:
    """Take a No. KK apart. Refuses what cannot be one."""
    return _read("No. KK", text, 0)


def nik_warnings(nik: str, *, born: date, sex: int, wilayah: str) -> list[Words]:
    """Where a possible NIK contradicts the biodata; it stays as it is (for life)."""
    number = read_nik(nik)
    found = []
    if (number.day, number.month, number.year) != (
        born.day,
        born.month,
        born.year % 100,
    ):
        found.append(
            Words(
                "NIK tidak cocok dengan tanggal lahir. NIK berlaku seumur hidup: "
                "yang diperbaiki tanggal lahirnya, bukan NIK-nya.",
                "The NIK does not match the birth date. A NIK is for life: "
                "correct the birth date, never the NIK.",
            )
        )
    if number.is_female != (sex == FEMALE):
        found.append(
            Words(
                "NIK tidak cocok dengan jenis kelamin; periksa jenis kelamin pada dokumen.",
                "The NIK does not match the sex; check the sex on the papers.",
            )
        )
    return found + _region_warnings("NIK", number, wilayah)


def kk_warnings(no_kk: str, *, wilayah: str) -> list[Words]:
    """Where a possible No. KK contradicts the home region."""
    return _region_warnings("No. KK", read_kk(no_kk), wilayah)


def _region_warnings(what: str, number: Number, wilayah: str) -> list[Words]:
    # Compared to the kabupaten: within one, moves and new kecamatan are too common to say.
    if not wilayah or number.text[:4] == wilayah[:4]:
        return []
    return [
        Words(
            f"{what} berasal dari kabupaten/kota lain ({number.text[:2]}."
            f"{number.text[2:4]}): wajar bila pernah pindah.",
            f"The {what} comes from another kabupaten ({number.text[:2]}."
            f"{number.text[2:4]}): as it should be for one who has moved.",
        )
    ]


def _read(what: str, text: str, female_shift: int) -> Number:
    if len(text) != DIGITS or not _DIGITS_ASCII.issuperset(text):
        raise _bad(
            "not_16_digits",
            what,
            f"harus 16 angka, bukan “{text[:24]}”",
            f"must be 16 digits, not “{text[:24]}”",
        )
    if not is_province(text[:2]):
        raise _bad(
            "unknown_province",
            what,
            f"memuat kode provinsi {text[:2]} yang tidak ada",
            f"holds the province code {text[:2]}, which does not exist",
        )
    if text[2:4] == "00" or text[4:6] == "00":
        raise _bad(
            "region_00",
            what,
            "memuat 00 sebagai kode kabupaten atau kecamatan",
            "holds 00 as the code of the kabupaten or kecamatan",
        )
    is_female = int(text[6:8]) > female_shift > 0
    day = int(text[6:8]) - (female_shift if is_female else 0)
    month, year = int(text[8:10]), int(text[10:12])
    if not _is_possible(day, month, year):
        raise _bad(
            "impossible_date",
            what,
            f"memuat tanggal yang tidak ada ({text[6:12]})",
            f"holds a date that does not exist ({text[6:12]})",
        )
    if text[12:] == "0000":
        raise _bad(
            "serial_0000",
            what,
            "berakhir dengan nomor urut 0000, yang tidak pernah diterbitkan",
            "ends with the serial 0000, which is never issued",
        )
    return Number(text, day, month, year, is_female)


def _is_possible(day: int, month: int, year: int) -> bool:
    """Whether the date exists in either century (29 February 00 is of 2000)."""
    for century in (2000, 1900):
        try:
            date(century + year, month, day)
        except ValueError:
            continue
        return True
    return False


def _bad(code: str, what: str, id: str, en: str) -> Refusal:
    return Refusal(
        code,
        f"{what} {id}. Periksa lagi pada KK atau KTP; belum ada yang disimpan.",
        f"The {what} {en}. Check it on the KK or the card; nothing was saved yet.",
    )
