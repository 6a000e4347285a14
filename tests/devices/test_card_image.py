"""The picture of a card: right size, marked as test data, and no trust in its pictures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from perahu.devices.card_image import render
from perahu.devices.card_ports import CardFace
from perahu.devices.parts import PAD, PHOTO
from perahu.devices.ports import DeviceFault
from perahu.devices.printer_ports import CARD_PIXELS, CARD_PNG_BYTES_MAX
from perahu.devices.synth.person import Person, record_of

FACE = CardFace(
    provinsi="BENGKULU",
    kabupaten="KABUPATEN BENGKULU UTARA",
    nik="1703012001009001",
    nama="BUDI SANTOSO",
    tempat_tgl_lahir="ENGGANO, 20-01-2000",
    jenis_kelamin="LAKI-LAKI",
    gol_darah="AB",
    alamat="JL. PANTAI 12",
    rt_rw="001/002",
    kel_desa="BANJAR SARI",
    kecamatan="ENGGANO",
    agama="ISLAM",
    status_perkawinan="BELUM KAWIN",
    pekerjaan="NELAYAN/PERIKANAN",
    kewarganegaraan="WNI",
    berlaku_hingga="SEUMUR HIDUP",
    issued_at="BENGKULU UTARA",
    issued_on="21-11-2026",
)
TAKEN = datetime(2026, 11, 21, tzinfo=UTC)
RECORD, _ = record_of(Person(7, "M"), PHOTO, 1, TAKEN, "blue")
SIGNATURE, _ = record_of(Person(7, "M"), PAD, 1, TAKEN)


def plain(image_format: str = "PNG", size: tuple[int, int] = (60, 80)) -> bytes:
    """A small picture of one colour."""
    out = BytesIO()
    Image.new("RGB", size, "blue").save(out, format=image_format)
    return out.getvalue()


def opened(png: bytes) -> Image.Image:
    """The picture in a PNG."""
    return Image.open(BytesIO(png)).convert("RGB")


def test_it_works() -> None:
    """An ID-1 card at 300 dpi with the photo and the signature of the recording."""
    png = render(FACE, photo=RECORD, signature=SIGNATURE)
    assert opened(png).size == CARD_PIXELS
    assert len(png) <= CARD_PNG_BYTES_MAX
    assert png == render(FACE, photo=RECORD, signature=SIGNATURE)


def test_it_shows_each_word() -> None:
    """Every field changes the picture, and an endless one stays in its place."""
    before = opened(render(FACE, photo=plain(), signature=b""))
    for name in CardFace.__slots__:
        changed = replace(FACE, **{name: "QZ" * 60})
        after = opened(render(changed, photo=plain(), signature=b""))
        box = ImageChops.difference(before, after).getbbox()
        assert box is not None, name
        if name not in ("provinsi", "kabupaten", "nik", "issued_at", "issued_on"):
            assert box[2] <= 716, name


@pytest.mark.parametrize("photo", [plain(), plain("JPEG"), RECORD])
def test_it_takes_pictures_and_records(photo: bytes) -> None:
    """A record of the recording, or a plain picture; the signature may be missing."""
    assert opened(render(FACE, photo=photo, signature=b"")).size == CARD_PIXELS


def test_it_leaves_an_empty_signature_out() -> None:
    """White paper leaves no mark on the card."""
    white = BytesIO()
    Image.new("L", (200, 80), 255).save(white, format="PNG")
    without = render(FACE, photo=plain(), signature=b"")
    assert render(FACE, photo=plain(), signature=white.getvalue()) == without


@pytest.mark.parametrize(
    "photo",
    [b"", b"FAC\x00", RECORD[:200], plain()[:60], b"GIF89a", plain(size=(5000, 1)),
     plain("GIF"), b"\x89PNG" + bytes(5_000_000)],
)  # fmt: skip
def test_it_refuses_what_is_no_picture(photo: bytes) -> None:
    """Torn, foreign and oversized pictures end in one clear fault."""
    with pytest.raises(DeviceFault) as caught:
        render(FACE, photo=photo, signature=b"")
    assert caught.value.code == "bad_answer"
