"""The picture of the proof: a camera reads from it what was put in."""

from __future__ import annotations

from io import BytesIO

import zxingcpp
from PIL import Image

from perahu.devices.proof_image import render
from tests.enrolment.test_proof import PAPER, qr_of


def test_it_works() -> None:
    """A PNG of half an A5 at 150 dpi, whose QR gives the text back."""
    picture = Image.open(BytesIO(render("BUKTI PEREKAMAN", PAPER.lines, qr_of(PAPER))))
    assert picture.size == (1240, 620)
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text == qr_of(PAPER)


def test_it_is_read_from_a_poor_copy() -> None:
    """Printed small and photographed badly, at half its size, it is still read."""
    picture = Image.open(BytesIO(render("BUKTI PEREKAMAN", PAPER.lines, qr_of(PAPER))))
    poor = picture.resize((600, 300), Image.Resampling.BILINEAR)
    (code,) = zxingcpp.read_barcodes(poor)
    assert code.text == qr_of(PAPER)


def test_it_is_the_same_picture_each_time() -> None:
    """Nothing but the words and the code goes into it."""
    words = ("BUKTI PEREKAMAN", PAPER.lines, qr_of(PAPER))
    assert render(*words) == render(*words)
