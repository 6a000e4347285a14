"""A browser's photo before anybody has seen it: refused, or made fit for a card and scored."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from perahu.devices import face_check
from perahu.devices.face_check import photo_from, score
from perahu.devices.ports import DeviceFault
from perahu.devices.synth import face


def drawn(backdrop: str = "red", quality: int = 80) -> Image.Image:
    """A drawn photo of 480 x 640."""
    return face.draw(face.face_of(2, "M"), backdrop, (2, 0), quality)


def jpeg(picture: Image.Image, kind: str = "JPEG", orientation: int = 1) -> bytes:
    """The picture as a file."""
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture.save(out, format=kind, quality=92, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("size", [(480, 640), (1280, 720), (720, 1280), (1600, 1200)])
def test_it_crops_to_the_size_of_a_card_photo(size: tuple[int, int]) -> None:
    """Whatever the camera's shape: the middle 3:4, 480 x 640, in RGB."""
    photo = photo_from(jpeg(drawn().resize(size)))
    assert photo.size == (480, 640)
    assert photo.mode == "RGB"


def test_it_turns_the_photo_upright() -> None:
    """A telephone says in EXIF how it was held."""
    lying = drawn().transpose(Image.Transpose.ROTATE_90)
    upright = photo_from(jpeg(lying, orientation=6))
    whole = photo_from(jpeg(drawn()))
    assert upright.getpixel((240, 30)) == pytest.approx(
        whole.getpixel((240, 30)), abs=30
    )
    assert upright.getpixel((240, 610)) == pytest.approx(
        whole.getpixel((240, 610)), abs=60
    )


def test_it_reads_a_large_photo_at_a_fraction() -> None:
    """24 megapixels of a telephone are allowed, and never held in memory whole."""
    photo = photo_from(jpeg(drawn().resize((4_240, 5_656), Image.Resampling.NEAREST)))
    assert photo.size == (480, 640)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_object"),
        (b"\xff\xd8\xff" + bytes(200), "bad_answer"),
        (b"GIF89a" + bytes(100), "bad_answer"),
        (jpeg(drawn())[:4_000], "bad_answer"),
        (jpeg(drawn(), "PNG"), "bad_answer"),
        (bytes(face_check.BYTES_MAX + 1), "bad_answer"),
        (jpeg(Image.new("L", (5_200, 5_200))), "bad_answer"),
        (jpeg(drawn().resize((239, 640))), "poor_quality"),
        (jpeg(drawn().resize((640, 318))), "poor_quality"),
    ],
    ids=["empty", "cut", "gif", "half", "png", "bytes", "pixels", "narrow", "low"],
)  # fmt: skip
def test_it_refuses(data: bytes, code: str) -> None:
    """No JPEG, a cut one, too large, too small: refused in words, nothing decoded blindly."""
    with pytest.raises(DeviceFault) as caught:
        photo_from(data)
    assert caught.value.code == code
    assert "aman" in caught.value.words.id
    assert "safe" in caught.value.words.en


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 4_000))
def test_it_survives_any_bytes(noise: bytes, at: int) -> None:
    """A file with any bytes written over it is a photo or a refusal, never another error."""
    whole = jpeg(drawn())
    broken = whole[:at] + noise + whole[at + len(noise) :]
    with suppress(DeviceFault):
        assert photo_from(broken).size == (480, 640)


def test_it_scores_what_it_sees() -> None:
    """Sharp and well lit is at least what the rules ask for; blurred, dark or glaring is not."""
    good = drawn()
    assert score(good) >= 70
    assert score(good.filter(ImageFilter.GaussianBlur(5))) < 50
    assert score(ImageEnhance.Brightness(good).enhance(0.2)) < 50
    assert score(Image.new("RGB", (480, 640), (255, 255, 255))) == 0


def test_it_takes_no_grain_for_sharpness() -> None:
    """The noise of a dim webcam's picture does not make a blurred face pass."""
    blurred = drawn().filter(ImageFilter.GaussianBlur(4))
    grain = Image.effect_noise(blurred.size, 12).convert("RGB")
    assert score(Image.blend(blurred, grain, 0.5)) < 70
