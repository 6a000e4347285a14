"""The people who do not exist: fingers, eyes, faces and signatures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from perahu.devices.extraction import minutiae_of
from perahu.devices.iso19794 import parse
from perahu.devices.parts import BY_NAME
from perahu.devices.pictures import (
    background_seen,
    decoded,
    grey,
    signature_png,
    thumbnail,
)
from perahu.devices.synth import face, finger, iris, signature
from perahu.devices.synth.person import Person, record_of
from tests.devices.scanners.desk import TAKEN


def drawn(seed: int, number: int = 0, quality: int = 85) -> np.ndarray:
    """A right index finger."""
    press = finger.pressing_of(seed, "right_index", number, quality)
    own = finger.finger_of(seed, "right_index")
    return finger.draw(own, press, (seed, "right_index"))


def test_it_draws_the_same_finger_again() -> None:
    """The same person, part and capture give the same pixels."""
    assert np.array_equal(drawn(3), drawn(3))
    assert not np.array_equal(drawn(3), drawn(3, number=1))
    assert not np.array_equal(drawn(3), drawn(4))


@pytest.mark.parametrize("seed", range(5))
def test_it_puts_minutiae_where_the_model_says(seed: int) -> None:
    """The extraction finds the spirals of the model that lie well inside the finger."""
    own = finger.finger_of(seed, "right_index")
    press = finger.pressing_of(seed, "right_index", 0, 90)
    found = np.array([(m.x, m.y) for m in minutiae_of(drawn(seed, 0, 90))])
    middle = np.array([finger.WIDTH / 2, finger.HEIGHT / 2])
    inner = [
        place
        for place in finger.true_minutiae(own, press)
        if np.hypot(*((np.array(place) - middle) / (140, 190))) < 1
    ]
    hits = [np.hypot(*(found - place).T).min() < 9 for place in inner]
    assert len(inner) >= 12 and np.mean(hits) > 0.7


def test_it_draws_a_bad_capture_worse_than_a_good_one() -> None:
    """A low quality leaves fewer minutiae that can be found at their place."""

    def found(quality: int) -> float:
        own = finger.finger_of(5, "right_index")
        press = finger.pressing_of(5, "right_index", 0, quality)
        places = np.array([(m.x, m.y) for m in minutiae_of(drawn(5, 0, quality))])
        true = np.array(finger.true_minutiae(own, press))
        apart = np.hypot(*(true[:, None] - places[None]).transpose(2, 0, 1))
        return float((apart.min(axis=0) < 9).mean())

    assert found(95) > found(10)


def test_it_gives_a_person_ten_different_fingers() -> None:
    """No two fingers of one person share their minutiae."""
    names = [name for name, part in BY_NAME.items() if part.kind == "Finger"]
    assert len({finger.finger_of(1, name).minutiae for name in names}) == 10


@pytest.mark.parametrize("colour", ["red", "blue", "orange"])
def test_it_hangs_the_law_s_background(colour: str) -> None:
    """The measured background is the drawn one, of every kind of head."""
    for seed in range(8):
        photo = face.draw(face.face_of(seed), colour, (seed, 0), 85)
        assert background_seen(photo) == colour


def test_it_sees_no_colour_where_none_hangs() -> None:
    """A grey wall, darkness and a white page are none of the law's colours."""
    photo = face.draw(face.face_of(1), "", (1, 0), 85)
    assert background_seen(photo) == ""
    for grey_value in (0, 128, 255):
        assert background_seen(Image.new("RGB", (480, 640), (grey_value,) * 3)) == ""


def test_it_marks_every_face_as_a_drawing() -> None:
    """The strip with DATA UJI lies across the foot of every photo."""
    photo = np.asarray(face.draw(face.face_of(2), "red", (2, 0), 85))
    strip = photo[-46:]
    assert strip.mean() < 80 and (strip[..., 0] > 200).sum() > 300


def test_it_shrinks_any_photo_to_a_thumbnail() -> None:
    """Even pure noise fits into the 3 kB of a thumbnail."""
    noise = np.random.default_rng(1).integers(0, 256, (640, 480, 3), np.uint8)
    assert len(thumbnail(Image.fromarray(noise))) <= 3_000


@pytest.mark.parametrize("part", ["photo", "right_index", "left_iris"])
def test_it_makes_records_that_decode(part: str) -> None:
    """A record's picture decodes to the size its header says."""
    data, score = record_of(Person(9), BY_NAME[part], 0, TAKEN, "blue")
    record = parse(data)
    assert decoded(record).size == (record.width, record.height)
    assert record.quality == score


def test_it_draws_the_same_iris_turned_a_little() -> None:
    """Two captures of one eye are alike where the iris is, and not the same picture."""
    own = iris.texture_of(4, "left_iris")
    one, other = (
        iris.draw(own, iris.gaze_of(4, "left_iris", n, 90), (4, "left_iris"))
        for n in (0, 1)
    )
    assert one.shape == (480, 640) and not np.array_equal(one, other)


def test_it_draws_a_signature_for_the_card() -> None:
    """The record of a signature becomes a picture of ink on white; a line does too."""
    for by_line in (False, True):
        person = Person(3, by_line=by_line)
        data, _ = record_of(person, BY_NAME["signature"], 0, TAKEN)
        assert len(data) < 6_000
        png = signature_png(data)
        assert png.startswith(b"\x89PNG") and len(png) < 40_000
    assert signature.strokes_of(3, 0) == signature.strokes_of(3, 0)


def test_it_keeps_the_settled_quality_of_a_part() -> None:
    """A set quality stands, of one part or of all; else it varies around the seed's."""
    person = Person(3, quality={"left_thumb": 30, "*": 90})
    assert abs(person.quality_of("left_thumb", 0) - 30) <= 2
    assert abs(person.quality_of("photo", 5) - 90) <= 2
    usual = [Person(3).quality_of("photo", n) for n in range(6)]
    assert len(set(usual)) > 1 and all(15 <= n <= 99 for n in usual)


def test_it_reads_the_pixels_of_a_finger() -> None:
    """WSQ at 15:1 keeps the ridges of a finger where they were."""
    data, score = record_of(Person(6), BY_NAME["left_index"], 0, TAKEN)
    record = parse(data)
    press = finger.pressing_of(6, "left_index", 0, score)
    own = finger.finger_of(6, "left_index")
    drawn_here = finger.draw(own, press, (6, "left_index"))
    together = np.corrcoef(grey(record).ravel(), drawn_here.ravel())[0, 1]
    assert together > 0.97
    assert 12 < drawn_here.size / len(record.image) < 18
