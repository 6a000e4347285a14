"""Synthetic residents of a kecamatan, as SIAK would export them: the same for one seed.

- Nobody is real: names are put together from lists of our own, every NIK and No. KK ends
  with a serial of 9000 or more, and every address begins with DATA UJI.
- Families with a head, mostly a spouse, children, now and then a grandparent; ages 0 to
  90; homes in the true desa of the kecamatan; a few moved in, a few with one-word names,
  old spellings among the old.
- `bad_rows` breaks some rows on purpose, each in another way, for the importer's dry run.

Example: `write_csv(path, kecamatan="17.03.01", count=2000, seed=1)`.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from perahu.people.rules import children, plain

COLUMNS = (
    "NIK", "NO_KK", "NAMA_LGKP", "JENIS_KLMIN", "TMPT_LHR", "TGL_LHR", "NO_PROP",
    "NO_KAB", "NO_KEC", "NO_KEL", "ALAMAT", "NO_RT", "NO_RW", "AGAMA", "STAT_KWN",
    "STAT_HBKEL", "PDDK_AKH", "JENIS_PKRJN", "GOL_DRH", "KEWARGANEGARAAN",
    "STATUS_REKAM",
)  # fmt: skip
MARK = "DATA UJI"
SERIAL_MIN, SERIAL_MAX = 9000, 9999
BORN_BEFORE = date(2026, 11, 1)
"""Ages are counted to this day; nobody here is born later."""

Resident = dict[str, str]

_MEN = (
    "Budi", "Agus", "Joko", "Slamet", "Hendra", "Rizky", "Dedi", "Eko", "Bambang",
    "Yanto", "Rahmat", "Ahmad", "Muhammad", "Yusuf", "Ibrahim", "Samsul", "Zainal",
    "Arif", "Fajar", "Rudi", "Hasan", "Husni", "Ismail", "Jamal", "Kamil", "Lukman",
    "Marlon", "Nasrul", "Oktavianus", "Paulus", "Petrus", "Rafli", "Saiful", "Taufik",
    "Usman", "Wahyu", "Yohanes", "Zulkifli", "Andika", "Bayu", "Candra", "Dimas",
)  # fmt: skip
_WOMEN = (
    "Siti", "Sri", "Dewi", "Rina", "Nurhayati", "Yuliana", "Fitri", "Ratna", "Sari",
    "Wati", "Aminah", "Fatimah", "Marlina", "Kartini", "Lestari", "Maya", "Novita",
    "Permata", "Rosmala", "Susanti", "Tuti", "Umi", "Vera", "Wulan", "Yanti", "Zubaidah",
    "Aisyah", "Bunga", "Citra", "Desi", "Elvira", "Gita", "Herlina", "Indah", "Juwita",
    "Kurnia", "Linda", "Mega", "Nadia", "Oktavia", "Putri", "Rahmawati",
)  # fmt: skip
_SECOND = (
    "Saputra", "Pratama", "Hidayat", "Setiawan", "Wijaya", "Kurniawan", "Santoso",
    "Gunawan", "Firmansyah", "Ramadhan", "Suryadi", "Nugraha", "Siregar", "Harahap",
    "Effendi", "Mulyadi", "Iskandar", "Syarif", "Rasyid", "Darmawan", "Utama",
)  # fmt: skip
_SECOND_WOMEN = (
    "Lestari", "Anggraini", "Permatasari", "Handayani", "Rahayu", "Oktaviani", "Safitri",
    "Maharani", "Puspita", "Wulandari", "Aprilia", "Hasanah", "Khairani", "Utami",
)  # fmt: skip
_ENGGANO_CLANS = (
    "Kaitora", "Kaahoao", "Kaharuba", "Kaarubi", "Kaaruba", "Kauno", "Kamay",
)  # fmt: skip
_OLD_SPELLING = (("Su", "Soe"), ("j", "dj"), ("J", "Dj"), ("Y", "J"), ("c", "tj"))
_STREETS = (
    "JL. PANTAI", "JL. MERDEKA", "JL. KELAPA", "JL. MELATI", "JL. RAYA", "DUSUN I",
    "DUSUN II", "DUSUN III", "GANG CENGKEH", "JL. PELABUHAN",
)  # fmt: skip
_BORN_ELSEWHERE = (
    ("177101", "BENGKULU"), ("137102", "PADANG"), ("167101", "PALEMBANG"),
    ("180302", "KOTABUMI"), ("320101", "BOGOR"), ("330101", "CILACAP"),
)  # fmt: skip
_MEN_AT_WORK = (
    (9, 40),
    (11, 25),
    (88, 12),
    (15, 8),
    (20, 6),
    (81, 4),
    (65, 3),
    (85, 2),
)
_WOMEN_AT_WORK = ((2, 55), (9, 22), (88, 10), (65, 6), (73, 3), (18, 4))


def residents(
    kecamatan: str, count: int, seed: int, *, unrecorded: float = 0.06
) -> list[Resident]:
    """That many rows of an export; `unrecorded` is the share of adults without KTP-el."""
    world = _Kecamatan(kecamatan, seed, unrecorded)
    rows: list[Resident] = []
    while len(rows) < count:
        rows.extend(world.family())
    return rows[:count]


def write_csv(
    path: Path, *, kecamatan: str, count: int, seed: int, bad_rows: int = 0
) -> int:
    """Write the export, with `bad_rows` broken on purpose; gives back the number of rows."""
    rows = residents(kecamatan, count, seed)
    for index, resident in enumerate(_spread(rows, bad_rows)):
        _BREAKS[index % len(_BREAKS)](resident)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


class _Kecamatan:
    """One kecamatan while it is being peopled."""

    def __init__(self, kecamatan: str, seed: int, unrecorded: float) -> None:
        self._code = plain(kecamatan)
        self._random = Random(f"{self._code}/{seed}")
        self._desa = [desa.code for desa in children(self._code)]
        assert self._desa, f"{kecamatan} has no desa in the table"
        self._unrecorded = unrecorded
        self._serials: defaultdict[str, int] = defaultdict(int)

    def family(self) -> Iterator[Resident]:
        """One household, its head first."""
        pick = self._random
        home = self._home()
        head_is_man = pick.random() < 0.86
        age = pick.randint(22, 80)
        clan = self._second_name()
        married = pick.random() < (0.8 if head_is_man else 0.1)
        state = "2" if married else pick.choice("1344" if age > 30 else "1")
        yield self._person(home, head_is_man, age, relation=1, state=state, clan=clan)
        if married:
            younger = max(19, age - pick.randint(-2, 7))
            yield self._person(
                home,
                not head_is_man,
                younger,
                relation=3 if head_is_man else 2,
                state="2",
            )
        if state != "1":
            for _ in range(pick.choice((0, 1, 1, 2, 2, 3, 4))):
                child = max(0, min(24, age - pick.randint(20, 38)))
                man = pick.random() < 0.51
                yield self._person(home, man, child, relation=4, state="1", clan=clan)
        if pick.random() < 0.12 and age < 62:
            yield self._person(
                home, pick.random() < 0.35, min(90, age + 25), relation=7, state="4"
            )

    def _home(self) -> Resident:
        pick = self._random
        made = date(2006, 1, 1) + timedelta(days=pick.randrange(7_200))
        desa = pick.choice(self._desa)
        return {
            "NO_KK": self._number(self._code, made, is_female=False),
            "NO_PROP": desa[:2],
            "NO_KAB": desa[2:4],
            "NO_KEC": desa[4:6],
            "NO_KEL": desa[6:],
            "ALAMAT": f"{MARK}, {pick.choice(_STREETS)} NO. {pick.randint(1, 180)}",
            "NO_RT": f"{pick.randint(1, 12):03d}",
            "NO_RW": f"{pick.randint(1, 4):03d}",
            "AGAMA": pick.choices(("1", "2", "3"), (82, 16, 2))[0],
        }

    def _person(
        self,
        home: Resident,
        is_man: bool,
        age: int,
        *,
        relation: int,
        state: str,
        clan: str = "",
    ) -> Resident:
        pick = self._random
        born = BORN_BEFORE - timedelta(
            days=age * 365 + age // 4 + pick.randrange(365) + 1
        )
        origin, place = self._code, "BENGKULU UTARA"
        if age > 25 and pick.random() < 0.12:
            origin, place = pick.choice(_BORN_ELSEWHERE)
        job, school = self._work(is_man, age)
        return home | {
            "NIK": self._number(origin, born, is_female=not is_man),
            "NAMA_LGKP": self._name(is_man, age, clan).upper(),
            "JENIS_KLMIN": "1" if is_man else "2",
            "TMPT_LHR": place,
            "TGL_LHR": born.strftime("%d-%m-%Y"),
            "STAT_KWN": state,
            "STAT_HBKEL": str(relation),
            "PDDK_AKH": str(school),
            "JENIS_PKRJN": str(job),
            "GOL_DRH": str(pick.choices((1, 2, 3, 4, 13), (10, 11, 3, 16, 60))[0]),
            "KEWARGANEGARAAN": "WNI",
            "STATUS_REKAM": self._status(age),
        }

    def _status(self, age: int) -> str:
        if age < 17 or self._random.random() < self._unrecorded:
            return "UNREGISTERED"
        return "CARD_ISSUED" if self._random.random() < 0.95 else "PRINT_READY_RECORD"

    def _work(self, is_man: bool, age: int) -> tuple[int, int]:
        """Occupation and schooling that fit the age."""
        pick = self._random
        if age < 6:
            return 1, 1
        if age < 19:
            return 3, 2 if age < 13 else 3 if age < 16 else 4
        jobs = _MEN_AT_WORK if is_man else _WOMEN_AT_WORK
        job = pick.choices([code for code, _ in jobs], [share for _, share in jobs])[0]
        school = pick.choices((2, 3, 4, 5, 7, 8), (8, 30, 22, 30, 4, 6))[0]
        return (job, 8) if job in (65, 73) else (job, school)

    def _second_name(self) -> str:
        share = 0.5 if self._code == "170301" else 0.0
        names = _ENGGANO_CLANS if self._random.random() < share else _SECOND
        return self._random.choice(names)

    def _name(self, is_man: bool, age: int, clan: str) -> str:
        pick = self._random
        name = pick.choice(_MEN if is_man else _WOMEN)
        if age > 62 and pick.random() < 0.4:
            for new, old in _OLD_SPELLING:
                name = name.replace(new, old, 1)
        if age > 30 and pick.random() < 0.15:
            return name  # one word, as it stands in old registers
        if is_man and pick.random() < 0.12:
            name = f"{pick.choice(('Muhammad', 'Moh.', 'M.', 'Muhamad'))} {name}"
        if not is_man and pick.random() < 0.6:
            name = f"{name} {pick.choice(_SECOND_WOMEN)}"
        return f"{name} {clan}" if clan else f"{name} {pick.choice(_SECOND)}"

    def _number(self, region: str, day: date, *, is_female: bool) -> str:
        """A NIK or No. KK: a serial of its own from 9000 on within its region and date."""
        first, last = SERIAL_MIN, SERIAL_MAX
        if region != self._code:
            # Each kecamatan has ten serials a day of its own in the regions people moved
            # from, so that files of two kecamatan never hold one number.
            first += 10 * int(self._code[4:6])
            last = first + 9
        while True:
            prefix = f"{region}{day.day + 40 * is_female:02d}{day.strftime('%m%y')}"
            used = self._serials[prefix]
            if first + used <= last:
                self._serials[prefix] = used + 1
                return f"{prefix}{first + used:04d}"
            # Only in a kecamatan of millions; then the number contradicts the date.
            day -= timedelta(days=1)


def _spread(rows: list[Resident], count: int) -> list[Resident]:
    """That many rows, evenly over the file, never the first."""
    step = max(1, len(rows) // (count + 1))
    return rows[step::step][:count]


def _cut_nik(row: Resident) -> None:
    row["NIK"] = row["NIK"][:15]


def _shorten_nik_as_excel_does(row: Resident) -> None:
    row["NIK"] = f"{float(row['NIK']):.5E}"


def _set_impossible_date(row: Resident) -> None:
    row["TGL_LHR"] = "31-02-1990"


def _drop_name(row: Resident) -> None:
    row["NAMA_LGKP"] = ""


def _set_unknown_province(row: Resident) -> None:
    row["NIK"] = "99" + row["NIK"][2:]


def _set_unknown_sex(row: Resident) -> None:
    row["JENIS_KLMIN"] = "X"


_BREAKS = (
    _cut_nik,
    _shorten_nik_as_excel_does,
    _set_impossible_date,
    _drop_name,
    _set_unknown_province,
    _set_unknown_sex,
)
