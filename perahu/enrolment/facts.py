"""What can have happened in a recording (perekaman), domain.md 1.2, and at the centre.

The parts themselves are blobs, sealed to the hub and the provinsi the moment they are
accepted; a fact cites them in its header and never holds their bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from perahu.kinds import CIVIL, Kind

_LAW = "Perpres 96/2018 art. 15, UU 24/2013 art. 63-64, 84; parts erased after PRR"
_SUBJECTS = ("person", "recording")

PHOTO, SIGNATURE = "photo", "signature"
FINGERS = (
    "right_thumb", "right_index", "right_middle", "right_ring", "right_little",
    "left_thumb", "left_index", "left_middle", "left_ring", "left_little",
)  # fmt: skip
IRISES = ("right_iris", "left_iris")
INDEXES = ("right_index", "left_index")
"""The fingers that go on the chip, and are compared at the end (domain.md 1.4)."""
PARTS = (PHOTO, SIGNATURE, *FINGERS, *IRISES)
"""Photo, signature, ten fingers (numbered 1..10 as ISO 19794-4 does), two irises."""

EXCEPTION_REASONS = (
    "JARI_TIDAK_ADA", "JARI_CACAT_SEMENTARA", "JARI_TERBALUT", "SIDIK_TIDAK_TERBACA",
    "MATA_TIDAK_ADA", "KATARAK_IRIS_TIDAK_TERBACA", "TIDAK_BISA_DIAM", "TIDAK_BISA_TTD",
    "LAINNYA",
)  # fmt: skip

_ANY_PART = ("TIDAK_BISA_DIAM", "LAINNYA")
REASONS_FOR: Mapping[str, tuple[str, ...]] = {
    "photo": (),
    "signature": ("TIDAK_BISA_TTD", *_ANY_PART),
    "finger": (
        "JARI_TIDAK_ADA", "JARI_CACAT_SEMENTARA", "JARI_TERBALUT", "SIDIK_TIDAK_TERBACA",
        *_ANY_PART,
    ),
    "iris": ("MATA_TIDAK_ADA", "KATARAK_IRIS_TIDAK_TERBACA", *_ANY_PART),
}  # fmt: skip
"""The reasons that make sense for each modality; a card cannot do without a photo."""

CENTRE_STATUSES = (
    "UNREGISTERED", "BIO_CAPTURED", "PROCESSING", "SENT_FOR_ENROLLMENT",
    "RECEIVED_AT_CENTRAL", "ENROLL_FAILURE_AT_CENTRAL", "ENROLL_FAILURE_AT_REGIONAL",
    "SEARCH_FAILURE_AT_CENTRAL", "SENT_FOR_DEDUP", "DUPLICATE_RECORD",
    "ADJUDICATE_RECORD", "REQUEST_VALIDATION", "PRINT_READY_RECORD",
    "SENT_FOR_CARD_PRINTING", "CARD_PRINTED", "CARD_SHIPPED", "CARD_ISSUED",
)  # fmt: skip
"""The centre's exact names (domain.md 1.5)."""
UNIQUE_STATUSES = CENTRE_STATUSES[CENTRE_STATUSES.index("PRINT_READY_RECORD") :]
"""The centre found the person unique: the card may be made, or is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingOpened:
    """The biodata were opened by NIK and read aloud; the recording may begin (step 4)."""

    KIND: ClassVar[Kind] = Kind(
        40, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS, place="wilayah"
    )
    person: bytes
    recording: bytes
    wilayah: str
    """The kecamatan where the act takes place, six digits."""
    number: str
    """The office's own register number: serial/wilayah/Roman month/year, never a NIK."""
    nik: str
    background: str
    """The photo background the law wants: red, blue or orange (domain.md 1.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BiodataConfirmed:
    """The person confirmed the biodata as read aloud, after any correction (step 5)."""

    KIND: ClassVar[Kind] = Kind(41, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCaptured:
    """One part was accepted (step 6); its blobs are the sealed part and, of a photo, a thumbnail.

    `score` is the device's own, 0..100; `tries` how many captures it was the best of.
    """

    KIND: ClassVar[Kind] = Kind(42, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    part: str
    score: int
    tries: int
    device: str
    background: str = ""
    """Of a photo, the colour the camera saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartExcepted:
    """A part cannot be taken from this person; the recording goes on without it."""

    KIND: ClassVar[Kind] = Kind(43, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    part: str
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexesVerified:
    """Both index fingers were scanned again and match what was captured (step 7).

    A score is the matcher's, 0 where that finger was excepted.
    """

    KIND: ClassVar[Kind] = Kind(44, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    right_score: int
    left_score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSigned:
    """The person signed that the data are true (step 8); the signature is the blob."""

    KIND: ClassVar[Kind] = Kind(45, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    by_line: bool = False
    """True where the person cannot sign and a line or a thumb stands for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingCompleted:
    """The packet is whole: the manifest of its parts was closed (step 9).

    `manifest` is SHA-256 over the concatenation of the parts' blob hashes in the order of
    PARTS, excepted ones left out. `version` is 1, and one more after each call-back.
    """

    KIND: ClassVar[Kind] = Kind(46, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    manifest: bytes
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingAbandoned:
    """The recording was given up before it was whole; nothing of it is sent on."""

    KIND: ClassVar[Kind] = Kind(47, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofIssued:
    """The proof of recording was given to the person (step 10), at this receipt level."""

    KIND: ClassVar[Kind] = Kind(48, 1, CIVIL, _LAW, right="record", subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    level: int
    pickup: bytes = b""
    """SHA-256 of the pick-up code printed on the proof, for hand-over by code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsRecalled:
    """The hub asks for parts once more (the centre could not read them): a call-back."""

    KIND: ClassVar[Kind] = Kind(49, 1, CIVIL, _LAW, hub_only=True, subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    parts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketSubmitted:
    """The hub handed the packet to the centre's port, which gave it a reference."""

    KIND: ClassVar[Kind] = Kind(50, 1, CIVIL, _LAW, hub_only=True, subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    version: int
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreStatusSeen:
    """The centre's status of a packet changed, as the hub saw it.

    `detail` is the centre's own word: the subtype of a duplicate, the unreadable part.
    `other_nik` is the masked NIK of the other record of a duplicate. `drc` is the status
    at the disaster-recovery centre where it differs, else "".
    """

    KIND: ClassVar[Kind] = Kind(51, 1, CIVIL, _LAW, hub_only=True, subjects=_SUBJECTS)
    person: bytes
    recording: bytes
    status: str
    detail: str = ""
    other_nik: str = ""
    drc: str = ""
