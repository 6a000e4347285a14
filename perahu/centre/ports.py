"""The port of the Ministry's centre: packets go in, statuses come out, by the real names.

- `submit` is done once however often it is asked: the key is recording and version.
- Statuses are a list that only grows; a cursor says how far one has read.
- The centre may forget a packet it accepted, stay silent for weeks, take a status back,
  or be unreachable: only the last is an error here, the others are for `cases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from perahu.words import Refusal

ONE_TO_ONE, ONE_TO_MANY = "ONE_TO_ONE", "ONE_TO_MANY"
"""The two kinds of DUPLICATE_RECORD (domain.md 1.5), given as `detail`."""

PACKET_BYTES_MAX = 8_000_000
"""All parts of one packet together; an uncompressed one is 2.5 MB (domain.md 1.4)."""
PART_BYTES_MAX = 2_000_000
PARTS_MAX = 32
BIODATA_FIELDS_MAX = 64
BIODATA_CHARS_MAX = 500
STATUSES_PER_PAGE_MAX = 500
CURSOR_CHARS_MAX = 64
REFERENCE_CHARS_MAX = 64


class CentreUnreachable(Refusal):
    """No answer, or no usable one, came from the centre; asking again later is safe."""


class CentreRefused(Refusal):
    """The centre answered no: the packet as it stands is not taken."""


@dataclass(frozen=True, slots=True)
class CentrePacket:
    """One recording as the centre receives it."""

    recording: str
    """The recording's id in hex."""
    version: int
    """1, and one more after each call-back."""
    nik: str
    biodata: Mapping[str, str]
    parts: Mapping[str, bytes]
    """Part name (enrolment's PARTS) to its record: ISO 19794, or an image of photo or
    signature."""
    exceptions: Mapping[str, str]
    """Part name to the reason why it could not be taken."""


@dataclass(frozen=True, slots=True)
class CentreStatus:
    """One change of a packet's status, as the centre tells it."""

    reference: str
    status: str
    """One of enrolment's CENTRE_STATUSES."""
    detail: str
    """The kind of a duplicate, the unreadable part, or empty."""
    other_nik: str
    """Of a duplicate, the masked NIK of the other record, or empty."""
    drc: str
    """The status at the disaster-recovery centre where it differs, or empty."""
    at_ms: int
    """The centre's own time of the change, milliseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Changes in the order the centre made them, and where to go on.

    `cursor` is what to ask with next; it is the one asked with where nothing is new.
    """

    statuses: tuple[CentreStatus, ...]
    cursor: str


class Centre(Protocol):
    """The centre, as the hub sees it."""

    def submit(self, packet: CentrePacket) -> str:
        """Hand over a packet; the centre's reference for it, the same one each time.

        Raises CentreUnreachable (submit again, nothing is done twice) or CentreRefused.
        """

    def statuses(self, since: str = "") -> StatusPage:
        """The next page of changes after the cursor; "" is the beginning.

        Raises CentreUnreachable.
        """
