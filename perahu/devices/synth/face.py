"""A face that is plainly a drawing: flat shapes, a coloured backdrop, DATA UJI.

Every feature is chosen by the person's seed; a capture only moves the head a little
and changes the light. Backdrops are the law's: red, blue or orange (domain.md 1.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from perahu.devices.synth.seeds import clouds, stream

WIDTH, HEIGHT = 480, 640
_GROWN = 2
"""Drawn this much larger and shrunk, so that edges are smooth."""

BACKDROPS = {
    "red": (196, 32, 38),
    "blue": (28, 88, 178),
    "orange": (238, 134, 32),
}
_GREY = (150, 150, 150)
"""What hangs there where the operator hung up nothing."""

_SKINS = ((226, 182, 142), (206, 158, 116), (180, 130, 90), (150, 104, 72))
_HAIRS = ((28, 22, 20), (44, 32, 26), (70, 66, 64))
_CLOTHS = (
    (238, 238, 232), (40, 58, 96), (92, 36, 44), (46, 92, 74), (196, 176, 132),
    (112, 98, 150),
)  # fmt: skip

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Face:
    """What is the same in every photo of one person."""

    skin: Colour
    hair: Colour
    shirt: Colour
    scarf: Colour
    cover: str
    """bare, peci (cap), hijab or long (hair)."""
    wide: float
    tall: float
    eyes_apart: float
    eye_open: float
    brow: float
    nose: float
    mouth: float
    smile: float
    extra: str
    """glasses, moustache, beard or nothing."""
    eyes_shut: bool = False
    """She blinks just then: for the guidance that asks for open eyes."""


def face_of(seed: int, sex: str = "") -> Face:
    """The face of the person with this seed; `sex` is F, M or "" (the seed decides)."""
    rng = stream(seed, "face")
    woman = rng.random() < 0.5 if sex not in ("F", "M") else sex == "F"
    covers, odds = (["hijab", "long"], [0.65, 0.35]) if woman else (
        ["bare", "peci"], [0.72, 0.28],
    )  # fmt: skip
    extras = ["", "glasses"] if woman else ["", "glasses", "moustache", "beard"]
    return Face(
        skin=_SKINS[int(rng.integers(4))],
        hair=_HAIRS[int(rng.integers(3))],
        shirt=_CLOTHS[int(rng.integers(6))],
        scarf=_CLOTHS[int(rng.integers(6))],
        cover=str(rng.choice(covers, p=odds)),
        wide=rng.uniform(94, 112),
        tall=rng.uniform(128, 150),
        eyes_apart=rng.uniform(39, 49),
        eye_open=rng.uniform(8, 13),
        brow=rng.uniform(22, 31),
        nose=rng.uniform(15, 25),
        mouth=rng.uniform(28, 42),
        smile=rng.uniform(-3, 11),
        extra=str(rng.choice(extras)),
    )


class _Sheet:
    """A drawing surface in picture pixels, moved with the head."""

    def __init__(self, ground: Colour, shift: tuple[float, float]) -> None:
        size = (WIDTH * _GROWN, HEIGHT * _GROWN)
        self.image = Image.new("RGB", size, ground)
        self.pen = ImageDraw.Draw(self.image)
        self._shift = shift

    def _at(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        dx, dy = self._shift
        return [((x + dx) * _GROWN, (y + dy) * _GROWN) for x, y in points]

    def oval(
        self, at: tuple[float, float], size: tuple[float, float], ink: Colour
    ) -> None:
        (x, y), (w, h) = at, size
        box = self._at([(x - w, y - h), (x + w, y + h)])
        self.pen.ellipse([*box[0], *box[1]], fill=ink)

    def shape(self, points: list[tuple[float, float]], ink: Colour) -> None:
        self.pen.polygon(self._at(points), fill=ink)

    def line(
        self, points: list[tuple[float, float]], ink: Colour, width: float
    ) -> None:
        self.pen.line(
            self._at(points), fill=ink, width=round(width * _GROWN), joint="curve"
        )


def _shade(colour: Colour, by: float) -> Colour:
    """The same colour, darker (by < 1) or lighter."""
    red, green, blue = (min(255, round(part * by)) for part in colour)
    return (red, green, blue)


_X, _Y = 240.0, 282.0
"""The middle of the face."""


def _body(sheet: _Sheet, face: Face) -> None:
    """Shoulders, neck and what lies behind the head."""
    w, h = face.wide, face.tall
    if face.cover == "long":
        sheet.oval((_X, _Y + 20), (w + 30, h + 46), face.hair)
        sheet.shape(
            [(_X - w - 30, _Y), (_X + w + 30, _Y), (_X + w + 36, _Y + 230),
             (_X - w - 36, _Y + 230)], face.hair,
        )  # fmt: skip
    shoulders = [(20.0, 660.0), (34, 560), (78, 520), (180, 478), (300, 478),
                 (402, 520), (446, 560), (460, 660)]  # fmt: skip
    sheet.shape(shoulders, face.shirt)
    sheet.shape([(196, 380), (284, 380), (296, 486), (240, 530), (184, 486)],
                _shade(face.skin, 0.86))  # fmt: skip
    collar = _shade(face.shirt, 0.8)
    sheet.shape([(180, 474), (240, 534), (214, 560), (162, 486)], collar)
    sheet.shape([(300, 474), (240, 534), (266, 560), (318, 486)], collar)


def _head(sheet: _Sheet, face: Face) -> None:
    """Ears, face and hair or cover."""
    w, h = face.wide, face.tall
    if face.cover == "hijab":
        dark = _shade(face.scarf, 0.78)
        sheet.oval((_X, _Y - 4), (w + 34, h + 34), face.scarf)
        sheet.shape([(_X - w - 34, _Y), (_X + w + 34, _Y), (_X + w + 66, 560),
                     (_X, 640), (_X - w - 66, 560)], face.scarf)  # fmt: skip
        for fold in (-52, -20, 20, 52):
            sheet.line([(_X + fold, _Y + h + 4), (_X + fold * 2.1, 600)], dark, 4)
        sheet.oval((_X, _Y + 8), (w + 5, h + 6), dark)
    elif face.cover != "long":
        for side in (-1, 1):
            sheet.oval((_X + side * w, _Y + 8), (15, 28), _shade(face.skin, 0.9))
        sheet.oval((_X, _Y - 30), (w + 8, h - 6), face.hair)
    sheet.oval((_X, _Y + 10), (w, h), face.skin)
    if face.cover == "bare":
        sheet.shape([(_X - w - 6, _Y - 40), (_X - w * 0.4, _Y - h + 42),
                     (_X + w * 0.55, _Y - h + 48), (_X + w + 6, _Y - 38),
                     (_X + w * 0.86, _Y - h + 36), (_X + w * 0.5, _Y - h + 4),
                     (_X, _Y - h - 10), (_X - w * 0.5, _Y - h + 4),
                     (_X - w * 0.86, _Y - h + 36)], face.hair)  # fmt: skip
    if face.cover == "long":
        sheet.shape([(_X - w - 6, _Y - 20), (_X - w * 0.2, _Y - h + 40),
                     (_X + w * 0.5, _Y - h + 46), (_X + w + 6, _Y - 20),
                     (_X + w * 0.9, _Y - h + 40), (_X + w * 0.5, _Y - h + 2),
                     (_X, _Y - h - 14), (_X - w * 0.5, _Y - h + 2),
                     (_X - w * 0.9, _Y - h + 40)], face.hair)  # fmt: skip
    if face.cover == "peci":
        sheet.shape([(_X - w - 2, _Y - 66), (_X - w + 10, _Y - h - 34),
                     (_X + w - 10, _Y - h - 34), (_X + w + 2, _Y - 66)],
                    (24, 24, 28))  # fmt: skip


def _features(sheet: _Sheet, face: Face) -> None:
    """Eyes, brows, nose, mouth and what else the seed gave."""
    dark, eye_y = _shade(face.skin, 0.66), _Y - 8
    for side in (-1, 1):
        x = _X + side * face.eyes_apart
        _eye(sheet, face, (x, eye_y))
        brow_y = eye_y - face.brow
        sheet.line([(x - 23, brow_y + 4), (x, brow_y - 3), (x + 23, brow_y + 4)],
                   _shade(face.hair, 1.1), 6)  # fmt: skip
    tip = _Y + 44
    sheet.line([(_X - 5, _Y), (_X - face.nose, tip), (_X, tip + 8),
                (_X + face.nose, tip)], dark, 4)  # fmt: skip
    lip_y, m = _Y + 84, face.mouth
    if face.extra in ("beard", "moustache"):
        sheet.shape([(_X - m, lip_y - 8), (_X, lip_y - 24), (_X + m, lip_y - 8),
                     (_X, lip_y - 6)], face.hair)  # fmt: skip
    if face.extra == "beard":
        sheet.oval((_X, _Y + face.tall - 16), (30, 24), face.hair)
    lips = (168, 78, 72) if face.cover in ("hijab", "long") else (150, 84, 74)
    corner = lip_y - face.smile * 0.6
    sheet.shape([(_X - m, corner), (_X - 8, lip_y - 6), (_X, lip_y - 3),
                 (_X + 8, lip_y - 6), (_X + m, corner), (_X, lip_y + 12)],
                lips)  # fmt: skip
    sheet.line([(_X - m, corner), (_X, lip_y + 2), (_X + m, corner)], dark, 2)
    if face.extra == "glasses":
        _glasses(sheet, face, eye_y)


def _eye(sheet: _Sheet, face: Face, at: tuple[float, float]) -> None:
    """One eye: white, iris, light and upper lid; or the lashes of a shut one."""
    (x, y), lash = at, (30, 24, 22)
    if face.eyes_shut:
        sheet.oval(at, (22, 13.5), _shade(face.skin, 0.94))
        bow = [(x - 21 + 3.5 * n, y + 4 + 6 * sin(pi * n / 12)) for n in range(13)]
        sheet.line(bow, lash, 4)
        return
    sheet.oval(at, (20, face.eye_open), (248, 248, 244))
    sheet.oval(at, (face.eye_open - 0.5,) * 2, (62, 40, 28))
    sheet.oval(at, (4.5, 4.5), (12, 10, 10))
    sheet.oval((x + 3, y - 3), (2, 2), (255, 255, 255))
    lid = [(x - 21, y), (x - 9, y - face.eye_open - 1),
           (x + 9, y - face.eye_open - 1), (x + 21, y)]  # fmt: skip
    sheet.line(lid, lash, 3)


def _glasses(sheet: _Sheet, face: Face, eye_y: float) -> None:
    """Two rings and a bridge."""
    for side in (-1, 1):
        x = _X + side * face.eyes_apart
        turns = np.linspace(0, 2 * np.pi, 33)
        ring = [(x + 31 * np.cos(t), eye_y + 3 + 25 * np.sin(t)) for t in turns]
        sheet.line([(float(a), float(b)) for a, b in ring], (40, 40, 46), 4)
    sheet.line([(_X - 14, eye_y), (_X + 14, eye_y)], (40, 40, 46), 4)


def draw(
    face: Face,
    backdrop: str,
    names: tuple[int, int],
    quality: int,
    *,
    grain: float = 4,
) -> Image.Image:
    """The photo of one capture; `names` are the person's seed and the capture's number.

    Without grain it is what the camera's noise lies upon.
    """
    rng = stream(*names, "photo")
    shift = (rng.normal(0, 4), rng.normal(0, 4))
    sheet = _Sheet(BACKDROPS.get(backdrop, _GREY), shift)
    _body(sheet, face)
    _head(sheet, face)
    _features(sheet, face)
    image = sheet.image.reduce(_GROWN)
    if quality < 60:
        image = image.filter(ImageFilter.GaussianBlur((60 - quality) / 12))
    # Paper grain and uneven light: without them the file would be unnaturally small.
    light = clouds(rng, (WIDTH, HEIGHT), (4, 5)) * np.float32(5)
    noise = rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32)
    pixels = np.asarray(image, dtype=np.float32) + light[..., None]
    pixels += noise * np.float32(grain)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
    _mark(image)
    return image


def _mark(image: Image.Image) -> None:
    """Say on the picture itself that nobody looks like this."""
    pen = ImageDraw.Draw(image)
    pen.rectangle([0, HEIGHT - 46, WIDTH, HEIGHT], fill=(20, 20, 20))
    pen.text(
        (WIDTH / 2, HEIGHT - 23),
        "DATA UJI · GAMBAR BUATAN",
        font=ImageFont.load_default(26),
        fill=(255, 220, 90),
        anchor="mm",
    )
