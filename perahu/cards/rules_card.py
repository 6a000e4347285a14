"""What stands on a card: SIAK's codes in words, and the parts that came with an order.

Example: `face_of(biodata, "1703", today)` gives the words for `devices.card_image`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from perahu.devices.card_ports import CardFace
from perahu.people.facts import Biodata
from perahu.people.rules.codes import (
    BLOOD,
    BLOOD_UNKNOWN,
    MARRIAGE,
    OCCUPATION,
    RELIGION,
    SEX,
    dotted,
    wilayah,
)
from perahu.words import Refusal

_FACE, _SIGNATURE, _TEMPLATE = b"FAC\x00", b"SDI\x00", b"FMR\x00"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")


@dataclass(frozen=True, slots=True)
class CardParts:
    """What an order brings: opened, and told apart by what each says it is."""

    photo: bytes
    signature: bytes
    """Empty where a line stands for it."""
    templates: tuple[bytes, ...]
    """Of the index fingers, those that were not excepted."""


def sort_parts(contents: Sequence[bytes]) -> CardParts:
    """Tell photo, signature and templates apart, whatever their order.

    Of plain pictures the first is the photo. Refuses an order without a photo.
    """
    photo, signature, templates = b"", b"", []
    for content in contents:
        is_picture = content.startswith(_PICTURES)
        if content.startswith(_TEMPLATE):
            templates.append(content)
        elif content.startswith(_FACE) or (is_picture and not photo):
            photo = photo or content
        elif content.startswith(_SIGNATURE) or is_picture:
            signature = signature or content
    if not photo:
        raise Refusal(
            "no_photo",
            id="Foto untuk kartu ini tidak ada pada pesanan; belum ada blanko yang "
            "dipakai. Minta kabupaten memesan ulang.",
            en="The order for this card brings no photo; no blanko was used. Ask the "
            "kabupaten to order it again.",
        )
    return CardParts(photo, signature, tuple(templates))


def face_of(biodata: Biodata, kabupaten: str, today: date) -> CardFace:
    """The words on the front, printed today in this kabupaten (four digits)."""
    desa = biodata.wilayah
    home = _name(desa[:4])
    return CardFace(
        provinsi=_name(desa[:2]),
        kabupaten=home,
        nik=biodata.nik,
        nama=_full_name(biodata),
        tempat_tgl_lahir=f"{biodata.tempat_lahir.upper()}, {_day(biodata.tanggal_lahir)}",
        jenis_kelamin=SEX.word(biodata.jenis_kelamin),
        gol_darah=_blood(biodata.gol_darah),
        alamat=biodata.alamat.upper(),
        rt_rw=f"{biodata.rt or '-'}/{biodata.rw or '-'}",
        kel_desa=_name(desa),
        kecamatan=_name(desa[:6]),
        agama=RELIGION.word(biodata.agama),
        status_perkawinan=MARRIAGE.word(biodata.status_kawin),
        pekerjaan=OCCUPATION.word(biodata.pekerjaan),
        kewarganegaraan=biodata.kewarganegaraan,
        berlaku_hingga=_until(biodata),
        issued_at=_name(kabupaten).removeprefix("KABUPATEN "),
        issued_on=_day(today),
    )


def _name(code: str) -> str:
    """A region's name in capitals, or its code where our table does not have it."""
    found = wilayah(code)
    return found.name.upper() if found else dotted(code)


def _full_name(biodata: Biodata) -> str:
    """Titles are allowed on a card, abbreviated, around the name (Permendagri 73/2022)."""
    name = f"{biodata.gelar_depan} {biodata.nama.upper()}".strip()
    return f"{name}, {biodata.gelar_belakang}" if biodata.gelar_belakang else name


def _blood(code: int) -> str:
    return "-" if code == BLOOD_UNKNOWN else BLOOD.word(code) or "-"


def _until(biodata: Biodata) -> str:
    # UU 24/2013 art. 64: for life; a foreigner's card ends with the permit to stay.
    return _day(biodata.berlaku_hingga) if biodata.berlaku_hingga else "SEUMUR HIDUP"


def _day(day: date) -> str:
    return f"{day:%d-%m-%Y}"
