"""What one recorded person weighs: each part as it is sealed, and all of it on the road.

The parts are those of the demonstration's synthetic devices, through the same steps as at a
desk: packed (ADR 0012), sealed with age for the hub, cited by their facts, sent in frames.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from bench import peers, workload
from bench.sizes_contacts import meeting, size
from perahu.devices.iso19794 import parse
from perahu.devices.lean import lean
from perahu.devices.parts import BY_NAME, PHOTO
from perahu.devices.pictures import decoded, thumbnail
from perahu.devices.ports import SIGNATURE
from perahu.devices.synth.person import Person, record_of
from perahu.enrolment.facts import PARTS, PartCaptured
from perahu.journal.types import BlobRef, Draft
from perahu.keys.sealing import seal_blob
from tests.cast import SARI

_TAKEN = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
_THUMBNAIL, _PART = 1, 3


@dataclass(frozen=True, slots=True)
class Packet:
    """The parts of one person by name, as the devices gave them and as they are kept."""

    from_devices: dict[str, bytes]
    kept: dict[str, bytes]
    thumbnail: bytes

    @property
    def kept_bytes(self) -> int:
        """All parts, without the thumbnail."""
        return sum(map(len, self.kept.values()))


def packet(seed: int) -> Packet:
    """Photo, signature, ten fingers and two irises of one synthetic person."""
    given, kept, small = {}, {}, b""
    for name in PARTS:
        part = BY_NAME[name]
        data, _ = record_of(Person(seed), part, 1, _TAKEN, "red")
        given[name] = kept[name] = data
        if part.kind == SIGNATURE:
            continue
        record = parse(data)
        picture = decoded(record)
        kept[name] = lean(data, record, picture)
        if part == PHOTO:
            small = thumbnail(picture)
    return Packet(given, kept, small)


@dataclass(frozen=True, slots=True)
class Carried:
    """One packet on the road."""

    sealed: int
    """Parts and thumbnail as age files."""
    contact: int
    """More than an idle contact: blobs, facts, frames and acks, both ways above TLS."""


def carried(given: Packet, seed: int) -> Carried:
    """The bytes that a recording costs between an office and its hub."""
    with meeting() as (district, met):
        office, recipients = met.caller, [district.members["Hub"].keys.age_recipient]
        met.hold()
        facts = list(islice(workload.recordings(len(PARTS), seed, parts=True), 20))
        # A journal's papers go with its first segment, whatever it brings.
        with office.writing() as book:
            book.append(district.ask("Enggano", SARI), facts[:1])
        met.hold()
        idle = size(met.hold())

        def sealed(plain: bytes, blob_class: int) -> BlobRef:
            return office.blobs.put(seal_blob(plain, recipients), blob_class)

        total = 0
        for draft in facts[1:]:
            if isinstance(draft.fact, PartCaptured):
                blobs = [sealed(given.kept[draft.fact.part], _PART)]
                if draft.fact.part == PHOTO.name:
                    blobs.append(sealed(given.thumbnail, _THUMBNAIL))
                draft = Draft(draft.fact, blobs=tuple(blobs))
                total += sum(ref.size for ref in blobs)
            with office.writing() as book:
                book.append(district.ask("Enggano", SARI), [draft])
        return Carried(total, size(met.hold()) - idle)


# -- peers ------------------------------------------------------------------------------


def json_packet_bytes(parts: dict[str, bytes]) -> tuple[int, int]:
    """Peer: one JSON with the parts in base64, nothing sealed; as it is, and under gzip."""
    told = [
        {"name": name, "type": BY_NAME[name].kind, "value": b64encode(data).decode()}
        for name, data in parts.items()
    ]
    text = json.dumps({"recording": "0001/170301/XI/2026", "biometrics": told})
    return len(text), len(gzip.compress(text.encode(), mtime=0))


def json_batch_bytes(facts: Sequence[Draft]) -> int:
    """Peer: the facts as one JSON array, gzip on the way, nothing signed or sealed."""
    lines = b",".join(peers.json_lines(facts))
    return len(gzip.compress(b"[" + lines + b"]", mtime=0))


def json_fact_bytes(fact: Draft) -> int:
    """Peer: one fact as JSON; gzip makes so little no smaller."""
    return len(peers.json_lines([fact])[0])
