"""The pictures of a card: the front, ready for the printer, and the back for the screen.

An ID-1 card lying, 1011 x 638 pixels at 300 dpi. The words come ready from the caller;
the photo and the signature come as the records of the recording (ISO/IEC 19794-5 and
-7), or as PNG or JPEG. Every card says DATA UJI across: without the Ministry's keys
nothing printed here is an identity card, and it must not look like one.

Example: `render(face, photo=record, signature=b"")` is a PNG for `CardJob.image`.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from perahu.devices import iso19794, pictures
from perahu.devices.card_ports import CardFace
from perahu.devices.ports import DeviceFault
from perahu.devices.printer_ports import CARD_PIXELS, CARD_PNG_BYTES_MAX

PICTURE_BYTES_MAX = 4_000_000
_PICTURE_SIDE_MAX = 4096

_WIDTH, _HEIGHT = CARD_PIXELS
_MARGIN = 34
_PHOTO_BOX = (732, 152, 974, 474)
_SIGNATURE_BOX = (732, 552, 974, 618)
_CHIP_BOX = (430, 250, 580, 370)
_PREVIEW_PIXELS = (809, 510)
_LABEL_X, _COLON_X, _VALUE_X = 38, 268, 288
_VALUE_END = 712
_FIRST_LINE_Y, _LINE_STEP = 215, 34

_INK, _SOFT, _NAVY = (22, 24, 30), (70, 78, 92), (16, 48, 110)
_MARK = (196, 44, 44)


def render(face: CardFace, *, photo: bytes, signature: bytes) -> bytes:
    """The PNG of the front. Raises DeviceFault "bad_answer" for a picture that is none."""
    card = _paper()
    pen = ImageDraw.Draw(card)
    _headline(pen, face)
    _lines(pen, face)
    _paste_photo(card, _picture(photo))
    _issue(pen, face)
    if signature:
        _paste_signature(card, _signature(signature))
    card = _marked(card)
    out = BytesIO()
    card.save(out, format="PNG", dpi=(300, 300), optimize=False, compress_level=6)
    assert out.tell() <= CARD_PNG_BYTES_MAX
    return out.getvalue()


def render_back() -> bytes:
    """The PNG of the back, which a blanko brings printed: for previews, never printed.

    No emblem and no chip pattern: what is shown must not serve as a model of a real card.
    """
    card = _paper()
    pen = ImageDraw.Draw(card)
    centre = _WIDTH / 2
    for y, size, text in (
        (96, 46, "REPUBLIK INDONESIA"), (158, 40, "KARTU TANDA PENDUDUK"),
        (_HEIGHT - 70, 26, "Sisi belakang sudah tercetak pada blanko"),
    ):  # fmt: skip
        ink = _NAVY if size > 30 else _SOFT
        pen.text((centre, y), text, font=_font(size), fill=ink, anchor="mm")
    left, top, right, bottom = _CHIP_BOX
    pen.rounded_rectangle(_CHIP_BOX, 22, outline=_SOFT, width=3)
    middle = ((left + right) / 2, (top + bottom) / 2)
    pen.text(middle, "cip", font=_font(30), fill=_SOFT, anchor="mm")
    out = BytesIO()
    _marked(card).save(out, format="PNG", dpi=(300, 300))
    return out.getvalue()


def preview(png: bytes) -> bytes:
    """A card's picture for the screen: a JPEG small enough for a slow desk."""
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        small = image.convert("RGB").resize(_PREVIEW_PIXELS, Image.Resampling.LANCZOS)
    out = BytesIO()
    small.save(out, format="JPEG", quality=82, optimize=True)
    return out.getvalue()


def _paper() -> Image.Image:
    """A pale blue sheet with waves, so that a cut-out photo would show."""
    card = Image.new("RGB", CARD_PIXELS, (205, 227, 240))
    pen = ImageDraw.Draw(card)
    for step in range(0, _HEIGHT + 120, 14):
        points = [
            (x, step - 60 + 26 * _wave(x / 170 + step / 190))
            for x in range(0, _WIDTH, 6)
        ]
        pen.line(points, fill=(190, 216, 233), width=2)
    return card


def _wave(turn: float) -> float:
    """A smooth wave between -1 and 1 with period 2, by parabolas."""
    part = turn % 2 - 1
    return 4 * part * (1 - abs(part))


def _headline(pen: ImageDraw.ImageDraw, face: CardFace) -> None:
    centre = _WIDTH / 2
    for y, text in ((24, f"PROVINSI {face.provinsi}"), (62, face.kabupaten)):
        font = _fitting(text, 34, _WIDTH - 2 * _MARGIN)
        pen.text((centre, y), text, font=font, fill=_NAVY, anchor="ma", stroke_width=1,
                 stroke_fill=_NAVY)  # fmt: skip
    for x, text in ((_LABEL_X, "NIK"), (_LABEL_X + 90, f": {face.nik}")):
        pen.text((x, 162), text, font=_font(40), fill=_INK, anchor="ls", stroke_width=1,
                 stroke_fill=_INK)  # fmt: skip


def _lines(pen: ImageDraw.ImageDraw, face: CardFace) -> None:
    rows = (
        ("Nama", face.nama), ("Tempat/Tgl Lahir", face.tempat_tgl_lahir),
        ("Jenis Kelamin", face.jenis_kelamin), ("Alamat", face.alamat),
        ("   RT/RW", face.rt_rw), ("   Kel/Desa", face.kel_desa),
        ("   Kecamatan", face.kecamatan), ("Agama", face.agama),
        ("Status Perkawinan", face.status_perkawinan), ("Pekerjaan", face.pekerjaan),
        ("Kewarganegaraan", face.kewarganegaraan),
        ("Berlaku Hingga", face.berlaku_hingga),
    )  # fmt: skip
    blood = f"Gol. Darah : {face.gol_darah}"
    for number, (label, value) in enumerate(rows):
        # Text stands on one line whatever its size: y is the foot of the letters.
        y = _FIRST_LINE_Y + number * _LINE_STEP
        end = _VALUE_END
        if label == "Jenis Kelamin":
            end -= int(_font(25).getlength(blood)) + 24
            pen.text((_VALUE_END, y), blood, font=_font(25), fill=_INK, anchor="rs")
        pen.text((_LABEL_X, y), label, font=_font(25), fill=_SOFT, anchor="ls")
        pen.text((_COLON_X, y), ":", font=_font(25), fill=_SOFT, anchor="ls")
        font = _fitting(value, 27, end - _VALUE_X)
        text = _cut(value, font, end - _VALUE_X)
        pen.text((_VALUE_X, y), text, font=font, fill=_INK, anchor="ls")


def _issue(pen: ImageDraw.ImageDraw, face: CardFace) -> None:
    left, _, right, bottom = _PHOTO_BOX
    centre = (left + right) / 2
    for y, text in ((bottom + 10, face.issued_at), (bottom + 38, face.issued_on)):
        font = _fitting(text, 24, right - left + 24)
        pen.text((centre, y), text, font=font, fill=_INK, anchor="ma")


def _paste_photo(card: Image.Image, photo: Image.Image) -> None:
    left, top, right, bottom = _PHOTO_BOX
    size = (right - left, bottom - top)
    fitted = ImageOps.fit(photo.convert("RGB"), size, Image.Resampling.LANCZOS,
                          centering=(0.5, 0.35))  # fmt: skip
    card.paste(fitted, (left, top))


def _paste_signature(card: Image.Image, signature: Image.Image) -> None:
    """Only the ink: the paper of the card shows through."""
    left, top, right, bottom = _SIGNATURE_BOX
    grey = signature.convert("L")
    ink_box = ImageOps.invert(grey).point(lambda v: 255 if v > 60 else 0).getbbox()
    if ink_box is None:
        return
    room = (right - left, bottom - top)
    fitted = ImageOps.contain(grey.crop(ink_box), room, Image.Resampling.LANCZOS)
    at = (left + (room[0] - fitted.width) // 2, top + (room[1] - fitted.height) // 2)
    card.paste(Image.new("RGB", fitted.size, _INK), at, ImageOps.invert(fitted))


def _marked(card: Image.Image) -> Image.Image:
    """DATA UJI across everything, photo included, faint enough to read below it."""
    sheet = Image.new("L", CARD_PIXELS, 0)
    left, top, right, _ = _PHOTO_BOX
    places = ((0.37 * _WIDTH, 0.6 * _HEIGHT, 120), ((left + right) / 2, top + 268, 44))
    for x, y, size in places:
        word = Image.new("L", CARD_PIXELS, 0)
        ImageDraw.Draw(word).text(
            (x, y), "DATA UJI", font=_font(size), fill=46, anchor="mm", stroke_width=2
        )
        turned = word.rotate(18, Image.Resampling.BICUBIC, center=(x, y))
        sheet = ImageChops.lighter(sheet, turned)
    return Image.composite(Image.new("RGB", CARD_PIXELS, _MARK), card, sheet)


def _picture(data: bytes) -> Image.Image:
    """A photo out of an ISO 19794-5 record, or a PNG or JPEG of bounded size."""
    if data.startswith(b"FAC\x00"):
        return pictures.decoded(iso19794.parse(data))
    return _plain_picture(data)


def _signature(data: bytes) -> Image.Image:
    if data.startswith(b"SDI\x00"):
        data = pictures.signature_png(data)
    return _plain_picture(data)


def _plain_picture(data: bytes) -> Image.Image:
    try:
        if len(data) > PICTURE_BYTES_MAX:
            raise ValueError("size")
        with Image.open(BytesIO(data), formats=["PNG", "JPEG"]) as image:
            if max(image.size) > _PICTURE_SIDE_MAX:
                raise ValueError("size")
            image.load()
            return image.copy()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DeviceFault(
            "bad_answer",
            id="Foto atau tanda tangan untuk kartu ini tidak dapat dibaca; belum ada "
            "blanko yang dipakai. Minta kabupaten mengirim ulang.",
            en="The photo or the signature for this card cannot be read; no blanko was "
            "used. Ask the kabupaten to send it again.",
        ) from error


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built with FreeType"
    return font


def _fitting(text: str, size: int, width: float) -> ImageFont.FreeTypeFont:
    """The font at this size, or as much smaller as the text needs, to two thirds."""
    smallest = size * 2 // 3
    while size > smallest and _font(size).getlength(text) > width:
        size -= 1
    return _font(size)


def _cut(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """The text, or what of it fits; a card has no second line."""
    while text and font.getlength(text) > width:
        text = text[:-1]
    return text
