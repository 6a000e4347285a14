"""Pictures packed anew at the desk: how small, how alike, and what is left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from perahu.devices import iso19794
from perahu.devices.iso19794 import parse
from perahu.devices.lean import RATES, lean
from perahu.devices.parts import BY_NAME
from perahu.devices.pictures import decoded
from perahu.devices.ports import DeviceFault
from perahu.devices.synth.person import Person, record_of

TAKEN = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def _made(part: str) -> bytes:
    return record_of(Person(5), BY_NAME[part], 1, TAKEN, "red")[0]


def _leaned(data: bytes) -> bytes:
    record = parse(data)
    return lean(data, record, decoded(record))


@pytest.mark.parametrize("part", ["photo", "right_iris"])
def test_it_packs_a_heavy_picture_anew(part: str) -> None:
    """It has our rate and looks as before; the record says all else that it said."""
    data = _made(part)
    small = _leaned(data)
    before, after = parse(data), parse(small)
    assert len(small) < 0.75 * len(data)
    pixels = before.width * before.height * len(decoded(before).getbands())
    assert len(after.image) <= 1.02 * pixels / RATES[before.kind]
    apart = np.asarray(decoded(before), int) - np.asarray(decoded(after), int)
    assert np.abs(apart).mean() < 3
    where = len(data) - len(before.image)
    changed = [i for i in range(where) if data[i] != small[i]]
    lengths = {*range(8, 12), *range(16, 21), *range(where - 4, where)}
    assert set(changed) <= lengths
    assert (after.taken, after.quality) == (before.taken, before.quality)


@pytest.mark.parametrize("part", ["photo", "left_iris"])
def test_it_packs_nothing_twice(part: str) -> None:
    """What has our rate already stays, byte by byte: each packing would lose a little."""
    small = _leaned(_made(part))
    assert _leaned(small) == small


def test_it_leaves_a_finger_as_the_scanner_gave_it() -> None:
    """WSQ is never packed twice."""
    data = _made("right_index")
    assert _leaned(data) == data


def test_it_says_that_a_lossless_face_is_lossless_no_more() -> None:
    """The record names the kind of packing, and ours loses."""
    data = bytearray(_made("photo"))
    at = 17 + 24 + iso19794._FACE_FORMAT_AT
    assert data[at] == 1
    data[at] = 2
    assert _leaned(bytes(data))[at] == 1
    assert len(_leaned(bytes(data))) == len(_leaned(_made("photo")))


def test_it_is_asked_only_for_whole_pictures() -> None:
    """A record whose picture does not decode never comes so far."""
    data = bytearray(_made("right_iris"))
    data[-20_000:] = bytes(20_000)
    data[75:5_000] = bytes(4_925)
    with pytest.raises(DeviceFault):
        decoded(parse(bytes(data)))
