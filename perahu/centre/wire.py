"""Packets and statuses as JSON, checked on the way in by hub and simulator alike."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from perahu.centre.ports import (
    BIODATA_CHARS_MAX,
    BIODATA_FIELDS_MAX,
    CURSOR_CHARS_MAX,
    PACKET_BYTES_MAX,
    PART_BYTES_MAX,
    PARTS_MAX,
    REFERENCE_CHARS_MAX,
    STATUSES_PER_PAGE_MAX,
    CentrePacket,
    CentreStatus,
    StatusPage,
)

NAME_CHARS_MAX = 100
VERSION_MAX = 1000
AT_MS_MAX = 2**53
REQUEST_BYTES_MAX = PACKET_BYTES_MAX * 4 // 3 + 200_000


class NotOurs(ValueError):
    """The JSON is not what the protocol says, or is over a limit; the text says where."""


def check_sizes(packet: CentrePacket) -> None:
    """Refuse what is over a limit, before it is sent and when it arrives."""
    sizes = [len(record) for record in packet.parts.values()]
    if len(sizes) > PARTS_MAX or len(packet.exceptions) > PARTS_MAX:
        raise NotOurs("too many parts")
    if max(sizes, default=0) > PART_BYTES_MAX or sum(sizes) > PACKET_BYTES_MAX:
        raise NotOurs("a part or the packet is too large")
    words = [*packet.biodata, *packet.biodata.values(), *packet.exceptions.values()]
    long = max((len(word) for word in words), default=0)
    if len(packet.biodata) > BIODATA_FIELDS_MAX or long > BIODATA_CHARS_MAX:
        raise NotOurs("the biodata are too long")
    names = [packet.recording, packet.nik, *packet.parts, *packet.exceptions]
    if max(len(name) for name in names) > NAME_CHARS_MAX:
        raise NotOurs("a name is too long")


def packet_json(packet: CentrePacket) -> bytes:
    """A packet as the body of POST /packets."""
    parts = {n: base64.b64encode(r).decode() for n, r in packet.parts.items()}
    return json.dumps(
        {
            "recording": packet.recording,
            "version": packet.version,
            "nik": packet.nik,
            "biodata": dict(packet.biodata),
            "parts": parts,
            "exceptions": dict(packet.exceptions),
        }
    ).encode()


def read_packet(body: bytes) -> CentrePacket:
    """The packet of a body. Raises NotOurs."""
    asked = read_object(body)
    encoded = _words(asked, "parts")
    try:
        parts = {n: base64.b64decode(t, validate=True) for n, t in encoded.items()}
    except (binascii.Error, ValueError) as error:
        raise NotOurs("a part is not base64") from error
    packet = CentrePacket(
        recording=_word(asked, "recording", NAME_CHARS_MAX),
        version=_number(asked, "version", VERSION_MAX),
        nik=_word(asked, "nik", NAME_CHARS_MAX),
        biodata=_words(asked, "biodata"),
        parts=parts,
        exceptions=_words(asked, "exceptions"),
    )
    check_sizes(packet)
    return packet


def page_json(page: StatusPage) -> bytes:
    """A page as the answer of GET /statuses."""
    statuses = [
        {
            "reference": one.reference,
            "status": one.status,
            "detail": one.detail,
            "other_nik": one.other_nik,
            "drc": one.drc,
            "at_ms": one.at_ms,
        }
        for one in page.statuses
    ]
    return json.dumps({"statuses": statuses, "cursor": page.cursor}).encode()


def read_page(body: bytes) -> StatusPage:
    """The page of an answer. Raises NotOurs."""
    told = read_object(body)
    rows = told.get("statuses")
    if not isinstance(rows, list) or len(rows) > STATUSES_PER_PAGE_MAX:
        raise NotOurs("statuses is no list, or too long")
    return StatusPage(
        tuple(_status(row) for row in rows), _word(told, "cursor", CURSOR_CHARS_MAX)
    )


def read_reference(body: bytes) -> str:
    """The reference of an answer to a packet. Raises NotOurs."""
    reference = _word(read_object(body), "reference", REFERENCE_CHARS_MAX)
    if not reference:
        raise NotOurs("the reference is empty")
    return reference


def read_object(body: bytes) -> dict[str, object]:
    """A JSON object. Raises NotOurs."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotOurs("not JSON") from error
    if not isinstance(told, dict):
        raise NotOurs("not a JSON object")
    return told


def _status(row: object) -> CentreStatus:
    if not isinstance(row, dict):
        raise NotOurs("a status is no object")
    return CentreStatus(
        reference=_word(row, "reference", REFERENCE_CHARS_MAX),
        status=_word(row, "status", NAME_CHARS_MAX),
        detail=_word(row, "detail", NAME_CHARS_MAX),
        other_nik=_word(row, "other_nik", NAME_CHARS_MAX),
        drc=_word(row, "drc", NAME_CHARS_MAX),
        at_ms=_number(row, "at_ms", AT_MS_MAX),
    )


def _word(told: Mapping[str, object], name: str, chars_max: int) -> str:
    value = told.get(name)
    if not isinstance(value, str) or len(value) > chars_max or not value.isprintable():
        raise NotOurs(f"{name} is no text, or too long")
    return value


def _number(told: Mapping[str, object], name: str, most: int) -> int:
    value = told.get(name)
    if type(value) is not int or not 0 <= value <= most:
        raise NotOurs(f"{name} is no number, or too large")
    return value


def _words(told: Mapping[str, object], name: str) -> dict[str, str]:
    value = told.get(name)
    if not isinstance(value, dict):
        raise NotOurs(f"{name} is no object")
    if not all(isinstance(one, str) for one in value.values()):
        raise NotOurs(f"{name} holds something else than text")
    return value
