"""A synthetic person in front of the devices, and the records they give of her."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

import numpy as np
import wsq  # noqa: F401  (registers the WSQ format with Pillow)
from PIL import Image

from perahu.devices import iso19794
from perahu.devices.iso19794 import JPEG_2000, WSQ, BiometricRecord
from perahu.devices.parts import PHOTO, Part
from perahu.devices.ports import FACE, FINGER, IRIS, SIGNATURE
from perahu.devices.synth import face, finger, iris, signature
from perahu.devices.synth.seeds import stream

_FACE_RATIO, _IRIS_RATIO = 28, 5.5
"""JPEG 2000 rates of our devices, a photo of 33 kB and an eye of 55 kB; the desk packs
them more tightly (`perahu.devices.lean`)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever stands at the desk now."""

    seed: int
    sex: str = ""
    missing: frozenset[str] = frozenset()
    quality: Mapping[str, int] = field(default_factory=dict)
    """Settled quality of single parts; "*" for all others; else the seed decides."""
    by_line: bool = False
    backdrop: str | None = None
    """What hangs behind her; None is whatever the desk asks for."""

    def quality_of(self, part: str, number: int) -> int:
        """The device's score of capture `number`."""
        settled = self.quality.get(part, self.quality.get("*"))
        rng = stream(self.seed, part, "quality", number)
        if settled is not None:
            return int(np.clip(settled + rng.integers(-2, 3), 0, 100))
        usual = stream(self.seed, part, "quality").normal(83, 7)
        return int(np.clip(usual + rng.normal(0, 5), 15, 99))


def record_of(
    person: Person, part: Part, number: int, taken: datetime, backdrop: str = ""
) -> tuple[bytes, int]:
    """Capture `number` of one part: its ISO 19794 record and its score."""
    score = person.quality_of(part.name, number)
    if part.kind == SIGNATURE:
        points = signature.strokes_of(person.seed, number, person.by_line)
        return iso19794.write_signature(points), score
    picture = _picture(person, part, number, score, backdrop)
    out = BytesIO()
    if part.kind == FINGER:
        # The library has one rate, a little under the usual 15:1 at 500 ppi.
        picture.save(out, format="WSQ")
        image_format = WSQ
    else:
        ratio = _FACE_RATIO if part.kind == FACE else _IRIS_RATIO
        picture.save(
            out,
            format="JPEG2000",
            quality_mode="rates",
            quality_layers=[ratio],
            irreversible=True,
            no_jp2=False,
        )
        image_format = JPEG_2000
    told = (part.kind, part.position, out.getvalue(), image_format)
    record = BiometricRecord(*told, *picture.size, score, taken)
    return iso19794.write(record), score


def _picture(
    person: Person, part: Part, number: int, score: int, backdrop: str
) -> Image.Image:
    """The pixels of one capture."""
    seed, name = person.seed, part.name
    if part == PHOTO:
        behind = backdrop if person.backdrop is None else person.backdrop
        own = face.face_of(seed, person.sex)
        return face.draw(own, behind, (seed, number), score)
    if part.kind == IRIS:
        gaze = iris.gaze_of(seed, name, number, score)
        return Image.fromarray(
            iris.draw(iris.texture_of(seed, name), gaze, (seed, name))
        )
    press = finger.pressing_of(seed, name, number, score)
    return Image.fromarray(
        finger.draw(finger.finger_of(seed, name), press, (seed, name))
    )
