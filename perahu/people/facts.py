"""What can have happened to the residents known here (SIAK stays the register of record)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from perahu.kinds import CIVIL, Kind

_LAW = "UU 23/2006 jo 24/2013 art. 8, 58; kept as long as the registry keeps the person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Biodata:
    """A resident's data elements as SIAK names them (domain.md 3); codes are SIAK's numbers."""

    nik: str
    no_kk: str
    nama: str
    jenis_kelamin: int
    """1 laki-laki, 2 perempuan."""
    tempat_lahir: str
    tanggal_lahir: date
    wilayah: str
    """Desa of residence, ten digits without dots (Kepmendagri 300.2.2-2138/2025)."""
    alamat: str = ""
    rt: str = ""
    rw: str = ""
    agama: int = 0
    status_kawin: int = 0
    shdk: int = 0
    pendidikan: int = 0
    pekerjaan: int = 0
    gol_darah: int = 13
    kewarganegaraan: str = "WNI"
    berlaku_hingga: date | None = None
    """The end of a foreigner's ITAP; None is for life."""
    status_rekam: str = "UNREGISTERED"
    """The centre's status at the time of the import (domain.md 1.5)."""
    gelar_depan: str = ""
    gelar_belakang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBegun:
    """The hub began to take in an export of SIAK; facts of the batch cite its id."""

    KIND: ClassVar[Kind] = Kind(20, 1, CIVIL, _LAW, right="intake", hub_only=True)
    batch: bytes
    file_name: str
    file_hash: bytes
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentImported:
    """One resident out of SIAK, with the person id minted by the hub."""

    KIND: ClassVar[Kind] = Kind(
        21, 1, CIVIL, _LAW, right="intake", hub_only=True, subjects=("person",)
    )
    person: bytes
    biodata: Biodata
    batch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUndone:
    """The whole batch counts as never imported; persons already served here stay known."""

    KIND: ClassVar[Kind] = Kind(22, 1, CIVIL, _LAW, right="intake", hub_only=True)
    batch: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRegistered:
    """A person unknown to this node came with papers; the hub links ids later."""

    KIND: ClassVar[Kind] = Kind(
        23, 1, CIVIL, _LAW, right="intake", subjects=("person",), place="wilayah"
    )
    person: bytes
    biodata: Biodata
    wilayah: str
    """The kecamatan where the person came, six digits."""
    papers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentCorrected:
    """Elements of the biodata were corrected, each with the paper that proves it.

    `changes` holds (field name, old text, new text, supporting document); dates as
    YYYY-MM-DD. The centre's register is corrected there, by its own procedure.
    """

    KIND: ClassVar[Kind] = Kind(
        24, 1, CIVIL, _LAW, right="record", subjects=("person",), place="wilayah"
    )
    person: bytes
    changes: tuple[tuple[str, str, str, str], ...]
    wilayah: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SamePerson:
    """The hub found that two ids are one person; `other` follows `person` from here on."""

    KIND: ClassVar[Kind] = Kind(
        25, 1, CIVIL, _LAW, hub_only=True, subjects=("person", "other")
    )
    person: bytes
    other: bytes
    reason: str
