"""SIAK's reference codes (domain.md 3): numbers to words, and words back to numbers.

The tables are data of a decree: a new one adds a row, a code never changes its meaning.

Example: `RELIGION.code("ISLAM")` and `RELIGION.code("1")` are both 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

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
