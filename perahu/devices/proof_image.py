"""The proof of recording as a picture for any printer: its lines, and the QR beside them.

The lines and the text of the QR come ready from the caller. Half a sheet of A5 at
150 dpi, black on white, so that a receipt printer and a telephone's camera manage it.

Example: `render("Bukti Perekaman", lines, qr_text)` is a PNG.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT = 1240, 620
_MARGIN, _QR_SIDE = 40, 430
_LABEL_X, _VALUE_X = 550, 800
_FIRST_Y, _STEP = 182, 49
_INK, _SOFT = 0, 96
_MARK = "DATA UJI"
"""Nothing printed here is a paper of the state."""


_NOT_A_CARD = "Bukan pengganti KTP-el  ·  Not a substitute for the KTP-el"
_FOOT = (
    "Direkam sekali seumur hidup: tidak perlu rekam ulang. Gratis. Simpan kode ambil.",
    "Recorded once for life: no need to record again. Free. Keep the pick-up code.",
)


def render(title: str, lines: Sequence[tuple[str, str]], qr_text: str) -> bytes:
    """The PNG of the proof."""
    sheet = Image.new("L", (_WIDTH, _HEIGHT), 255)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN), title, font=_font(44), fill=_INK)
    pen.text(
        (_WIDTH - _MARGIN, _MARGIN), _MARK, font=_font(32), fill=_SOFT, anchor="ra"
    )
    sheet.paste(_qr(qr_text), (_MARGIN, 128))
    pen.text((_MARGIN, 96), _NOT_A_CARD, font=_font(26), fill=_INK)
    for nth, sentence in enumerate(_FOOT):
        y = _HEIGHT - 24 - (len(_FOOT) - 1 - nth) * 28
        pen.text((_MARGIN, y), sentence, font=_font(22), fill=_SOFT, anchor="ls")
    for number, (label, value) in enumerate(lines):
        y = _FIRST_Y + number * _STEP
        pen.text((_LABEL_X, y), label, font=_font(26), fill=_SOFT, anchor="ls")
        font = _fitting(value, _WIDTH - _MARGIN - _VALUE_X)
        pen.text((_VALUE_X, y), value, font=font, fill=_INK, anchor="ls")
    out = BytesIO()
    sheet.save(out, format="PNG", dpi=(150, 150))
    return out.getvalue()


def _qr(text: str) -> Image.Image:
    """The code in whole pixels a module, in the middle of its white square."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    code = Image.fromarray(made.to_image(scale=1))
    times = _QR_SIDE // code.width
    assert times >= 2, "a proof is far below what a QR can hold"
    grown = code.resize((code.width * times,) * 2, Image.Resampling.NEAREST)
    square = Image.new("L", (_QR_SIDE, _QR_SIDE), 255)
    square.paste(grown, ((_QR_SIDE - grown.width) // 2,) * 2)
    return square


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built with FreeType"
    return font


def _fitting(text: str, width: float) -> ImageFont.FreeTypeFont:
    """The font, as much smaller as the text needs."""
    size = 30
    while size > 14 and _font(size).getlength(text) > width:
        size -= 1
    return _font(size)
