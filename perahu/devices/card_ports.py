"""The port of the card's picture: its words, and who draws them (`card_image.render`).

Apart from the drawing itself, so that a room needs no picture library to ask for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


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


class DrawCard(Protocol):
    """Draws the front of a card."""

    def __call__(self, face: CardFace, *, photo: bytes, signature: bytes) -> bytes:
        """A PNG for `CardJob.image`; raises DeviceFault for a picture that is none.

        The photo and the signature are ISO/IEC 19794-5 and -7 records, PNG or JPEG; an
        empty signature leaves its place empty.
        """
        ...
