"""A person's biodata as lines to be read aloud, and what is odd about them."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from perahu.people.facts import Biodata
from perahu.people.reads import Resident
from perahu.people.rules import nik_warnings
from perahu.people.rules.codes import (
    BLOOD,
    MARRIAGE,
    OCCUPATION,
    RELIGION,
    SEX,
    wilayah,
)
from perahu.web.names import place
from perahu.web.templatetags.perahu import day, spaced
from perahu.words import Refusal, Words


class Line(NamedTuple):
    """One line: its label, what stands there, and whether it is read out large."""

    label: object
    text: str
    is_large: bool = False


def lines_of(biodata: Biodata) -> list[Line]:
    """Everything a person confirms, in the order of the card."""
    name = " ".join(
        one
        for one in (biodata.gelar_depan, biodata.nama, biodata.gelar_belakang)
        if one
    )
    lines = [
        Line(_("NIK"), spaced(biodata.nik), True),
        Line(_("Nama"), name, True),
        Line(
            _("Tempat, tanggal lahir"),
            f"{biodata.tempat_lahir}, {day(biodata.tanggal_lahir)}",
            True,
        ),
        Line(_("Jenis kelamin"), _plain(SEX.word(biodata.jenis_kelamin))),
        Line(_("Alamat"), address_of(biodata)),
        Line(_("Desa/kelurahan, kecamatan"), place(biodata.wilayah)),
        Line(_("Agama"), _plain(RELIGION.word(biodata.agama))),
        Line(_("Status perkawinan"), _plain(MARRIAGE.word(biodata.status_kawin))),
        Line(_("Pekerjaan"), _plain(OCCUPATION.word(biodata.pekerjaan))),
        Line(_("Golongan darah"), _plain(BLOOD.word(biodata.gol_darah))),
        Line(_("Kewarganegaraan"), biodata.kewarganegaraan),
    ]
    if biodata.berlaku_hingga:
        lines.append(Line(_("ITAP berlaku hingga"), day(biodata.berlaku_hingga)))
    lines.append(Line(_("Nomor KK"), spaced(biodata.no_kk)))
    return [line._replace(text=line.text or "–") for line in lines]


def address_of(biodata: Biodata) -> str:
    """Street, RT and RW in one line."""
    parts = [biodata.alamat]
    if biodata.rt or biodata.rw:
        parts.append(f"RT {biodata.rt or '–'} / RW {biodata.rw or '–'}")
    return ", ".join(one for one in parts if one)


def warnings_of(resident: Resident) -> list[Words]:
    """What an operator should look at before she goes on; none of it forbids."""
    biodata, found = resident.biodata, []
    try:
        found += nik_warnings(
            biodata.nik,
            born=biodata.tanggal_lahir,
            sex=biodata.jenis_kelamin,
            wilayah=biodata.wilayah,
        )
    except Refusal as refusal:
        found.append(refusal.words)
    if wilayah(biodata.wilayah) is None:
        found.append(
            Words(
                "Kode desa tidak ada di daftar; periksa alamatnya pada KK.",
                "The desa's code is not in the list; check the address on the KK.",
            )
        )
    if resident.is_undone:
        found.append(
            Words(
                "Data orang ini dari impor yang sudah dibatalkan; cocokkan dengan KK.",
                "These data come from an import that was undone; compare them with the KK.",
            )
        )
    return found


def _plain(word: str) -> str:
    """A table's capitals as a sentence has them, and only its first letter large."""
    return word.capitalize() if len(word) > 3 else word
