"""The words on a card's front, apart from their picture: light to import anywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFace:
    """The words on the front of a card, as they are to be read."""

    provinsi: str
    kabupaten: str
    nik: str
    nama: str
    tempat_tgl_lahir: str
    jenis_kelamin: str
    gol_darah: str
    alamat: str
    rt_rw: str
    kel_desa: str
    kecamatan: str
    agama: str
    status_perkawinan: str
    pekerjaan: str
    kewarganegaraan: str
    berlaku_hingga: str
    issued_at: str
    issued_on: str
