"""Reading and writing ISO/IEC 19794 records."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perahu.devices.iso19794 import (
    JPEG_2000,
    RECORD_BYTES_MAX,
    WSQ,
    BiometricRecord,
    SignaturePoint,
    parse,
    signature_points,
    write,
    write_signature,
)
from perahu.devices.ports import FACE, FINGER, IRIS, DeviceFault

TAKEN = datetime(2026, 3, 12, 8, 30, 15, 250_000, tzinfo=UTC)
FINGER_RECORD = BiometricRecord(FINGER, 7, b"wsq" * 90, WSQ, 416, 560, 83, TAKEN)
FACE_RECORD = BiometricRecord(FACE, 0, b"jp2" * 90, JPEG_2000, 480, 640, 91, TAKEN)
IRIS_RECORD = BiometricRecord(IRIS, 2, b"jp2" * 90, JPEG_2000, 640, 480, 77, TAKEN)
ALL = (FINGER_RECORD, FACE_RECORD, IRIS_RECORD)
POINTS = [SignaturePoint(n * 7, n * 3, n * 8, 100) for n in range(1, 60)]


@pytest.mark.parametrize("record", ALL)
def test_it_reads_what_it_wrote(record: BiometricRecord) -> None:
    """A record of each kind comes back as it was."""
    assert parse(write(record)) == record


def test_it_reads_a_signature_it_wrote() -> None:
    """The pen's path comes back point by point."""
    record = parse(write_signature(POINTS))
    assert signature_points(record) == POINTS
    assert (record.width, record.height) == (59 * 7 + 1, 59 * 3 + 1)


def test_it_starts_as_the_standard_says() -> None:
    """Format identifier, version, length and number of representations of a finger."""
    written = write(FINGER_RECORD)
    assert written[:8] == b"FIR\x00020\x00"
    assert int.from_bytes(written[8:12], "big") == len(written)
    assert written[12:16] == bytes((0, 1, 0, 1))
    assert write(FACE_RECORD)[:8] == b"FAC\x00030\x00"
    assert write(IRIS_RECORD)[:8] == b"IIR\x00020\x00"
    assert write_signature(POINTS)[:8] == b"SDI\x00 10\x00"


@given(st.sampled_from(ALL), st.integers(0, 400))
def test_it_refuses_a_truncated_record(record: BiometricRecord, cut: int) -> None:
    """A record that ends early is refused, wherever it ends."""
    written = write(record)
    with pytest.raises(DeviceFault):
        parse(written[: min(cut, len(written) - 1)])


@given(st.integers(0, 420))
def test_it_refuses_a_truncated_signature(cut: int) -> None:
    """A signature that ends early is refused, wherever it ends."""
    written = write_signature(POINTS)
    with pytest.raises(DeviceFault):
        parse(written[: min(cut, len(written) - 1)])


@given(st.sampled_from(ALL), st.integers(0, 90), st.integers(1, 255))
def test_it_never_breaks_on_a_flipped_byte(
    record: BiometricRecord, place: int, flip: int
) -> None:
    """Whatever byte of a header is wrong, the answer is a record or a refusal."""
    written = bytearray(write(record))
    written[place] ^= flip
    try:
        assert parse(bytes(written)).kind == record.kind
    except DeviceFault as refused:
        assert refused.code == "bad_answer"


@given(st.binary(max_size=400))
def test_it_never_breaks_on_noise(noise: bytes) -> None:
    """Random bytes are refused, with or without a good start."""
    for start in (b"", b"FIR\x00020\x00", b"FAC\x00030\x00", b"SDI\x00 10\x00"):
        with pytest.raises(DeviceFault):
            parse(start + noise)


def test_it_refuses_more_than_the_limit() -> None:
    """A record of the limit's size is read, one byte more is not."""
    room = RECORD_BYTES_MAX - len(write(FINGER_RECORD)) + len(FINGER_RECORD.image)
    full = BiometricRecord(FINGER, 1, bytes(room), WSQ, 9, 9, 1, TAKEN)
    assert len(write(full)) == RECORD_BYTES_MAX
    parse(write(full))
    over = BiometricRecord(FINGER, 1, bytes(room + 1), WSQ, 9, 9, 1, TAKEN)
    with pytest.raises(DeviceFault):
        parse(write(over))


@pytest.mark.parametrize(
    "record",
    [
        BiometricRecord(FINGER, 11, b"x", WSQ, 9, 9, 1, TAKEN),
        BiometricRecord(FINGER, 0, b"x", WSQ, 9, 9, 1, TAKEN),
        BiometricRecord(IRIS, 0, b"x", JPEG_2000, 9, 9, 1, TAKEN),
        BiometricRecord(FACE, 0, b"", JPEG_2000, 9, 9, 1, TAKEN),
        BiometricRecord(FACE, 0, b"x", JPEG_2000, 0, 9, 1, TAKEN),
        BiometricRecord(FACE, 0, b"x", JPEG_2000, 9, 4_097, 1, TAKEN),
    ],
)
def test_it_refuses_what_no_part_can_be(record: BiometricRecord) -> None:
    """No eleventh finger, no eye that is neither, no picture without pixels."""
    with pytest.raises(DeviceFault):
        parse(write(record))
