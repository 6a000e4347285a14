"""The boat takes everybody's post: what a node does with its bag.

1. Out of reach for hours and with something unacknowledged, it writes its own letter to
   its parent into its bag, anew when there is more, for whoever comes by.
2. What comes for us is read like any courier file, and the answer goes into the bag.
3. On a LAN it meets a node that it has no other business with, and the two hand each
   other what the other may bring nearer.

Example: `meet(office, node_id, "192.168.1.7:7443")`, at work (`with office.at_work()`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from perahu.keys import cbor
from perahu.kinds import TELEMETRY
from perahu.node import tls, trust
from perahu.node.courier import take_all
from perahu.node.link import OneRoad
from perahu.node.lock import FileLock
from perahu.node.office import Office
from perahu.node.relay.bag import bag_of
from perahu.node.road import offer_to, peer_of, side_of
from perahu.node.settings import split_address
from perahu.sync.courier import exporting as courier
from perahu.sync.exchange import Patience, exchange
from perahu.sync.offer import POST_ONLY
from perahu.sync.postbag import index as postbag_index
from perahu.sync.postbag.index import STICK, Parcel
from perahu.sync.receiving import STOPPERS
from perahu.words import Refusal, Words

PART_BYTES = 2_000_000
"""Small parts: each stands alone, and the urgent first one is soon across a bad link."""
LETTER_PARTS_MAX = 100
"""Of one letter; the rest follows once these were acknowledged."""
REWRITE_S, REWRITE_S_MAX = 600, 6 * 3600
"""A letter is written anew after so long for each of its parts, at the earliest."""
MEET_ATTEMPTS = 3
_SPACE, _WRITTEN = "relay", b"written"
_OWED = "relay_owed"
"""Senders whose letters were read and not answered yet."""
_ROW_BYTES_MAX = 64
_LOCK_FILE = "titipan.lock"
_LATER = frozenset({"no_room_for_letter", "bag_full", "stick_full", "bad_stick"})
"""Why a letter cannot be written now, and can another time."""
DRAFTS = "tulis-"


@dataclass(slots=True)
class Arrived:
    """What was in the bag for us, and became of it."""

    entries: int = 0
    blobs: int = 0
    files: int = 0
    refused: list[Words] = field(default_factory=list)
    answers: int = 0
    """Nodes that an answer was written for."""


@dataclass(slots=True)
class Met:
    """What two nodes that met handed each other."""

    given: int = 0
    taken: int = 0
    arrived: Arrived = field(default_factory=Arrived)
    is_complete: bool = False
    refusal: Refusal | None = None


@contextmanager
def at_the_post(office: Office) -> Iterator[None]:
    """One at a time reads and writes letters: loop, page or command. Raises "busy"."""
    with FileLock(office.folder / _LOCK_FILE)():
        yield


# --- our own letters ---------------------------------------------------------------------


def write_letter(office: Office, to: bytes) -> list[Parcel]:
    """Put into the bag what a node lacks, in small parts. Raises Refusal.

    Older letters of ours to this node leave: the new one holds all they held.
    """
    with at_the_post(office):
        return _letter(office, to)


def _letter(office: Office, to: bytes) -> list[Parcel]:
    bag, peer = bag_of(office), peer_of(office, to)
    certificate = office.authority.node(to) or office.parent_certificate()
    offer = offer_to(office, certificate) if certificate is not None else None
    if offer is None:
        return []
    office.journal.seal()
    parts_max = _parts_max(office)
    try:
        bag.folder.mkdir(mode=0o700, exist_ok=True)
        draft = Path(mkdtemp(prefix=DRAFTS, dir=bag.folder))
    except OSError as error:
        raise _no_room() from error
    try:
        made = courier.export(
            side_of(office), peer, offer, draft,
            part_bytes_max=PART_BYTES, parts_max=parts_max,
        )  # fmt: skip
        written = [bag.take_file(path, moved=True) for path in made.paths]
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    number = written[0].label.number
    for one in bag.index.parcels():
        if one.is_own and one.label.receiver == to and one.label.number < number:
            bag.drop(one, postbag_index.OLDER, b"")
    return written


def _parts_max(office: Office) -> int:
    """How many parts there is room for. Raises Refusal "no_room_for_letter"."""
    bag = bag_of(office)
    free = bag.disk.free_bytes(office.folder) - bag.room.free_bytes
    # The letter before it leaves only when the new one is whole.
    fits = min(free, bag.room.sender_bytes // 2) // PART_BYTES
    if fits < 1:
        raise _no_room()
    return min(fits, LETTER_PARTS_MAX)


def _no_room() -> Refusal:
    return Refusal(
        "no_room_for_letter",
        id="Ruang disk hampir habis, jadi kiriman untuk dititipkan tidak ditulis; catatan "
        "tetap aman di sini. Kosongkan disk, lalu ulangi.",
        en="The disk is nearly full, so no letter was written to be carried along; the "
        "records are safe here. Free some room, then do it again.",
    )


def is_out_of_reach(office: Office) -> bool:
    """Whether the parent was not reached over a link for longer than node.toml says."""
    settings = office.settings
    if not settings.row.serves_people or not settings.parent_node:
        return False
    live_ms = bag_of(office).index.last_live(bytes.fromhex(settings.parent_node))
    if live_ms is None:
        return True
    # One in the future is of a clock that was wrong.
    return not 0 <= office.now().wall_ms - live_ms <= settings.relay_after_s * 1000


def write_if_due(office: Office, *, at_once: bool = False) -> list[Parcel]:
    """A letter to the parent, where one is due: out of reach, with news since the last.

    `at_once`: somebody who may carry it is here now. Else a long letter, which is much
    work, is written anew more rarely than a short one.
    """
    if not is_out_of_reach(office):
        return []
    with at_the_post(office):
        return _write_if_due(office, at_once=at_once)


def _write_if_due(office: Office, *, at_once: bool) -> list[Parcel]:
    # The log of who looked at whom grows all day; it is no reason to write.
    rows = [
        row for row in office.journal.journals() if row.own and row.lane != TELEMETRY
    ]
    if not any(row.head_seq > row.received_seq for row in rows):
        return []
    # Not by its address: a node without any link may have none.
    to, heads = (
        bytes.fromhex(office.settings.parent_node),
        sum(r.head_seq for r in rows),
    )
    now_ms, local = office.now().wall_ms, office.journal.local
    raw = local.get(_SPACE, _WRITTEN)
    if raw is not None:
        heads_before, at_ms, parts = cbor.decode(raw, _ROW_BYTES_MAX)
        pause_s = min(REWRITE_S * parts, REWRITE_S_MAX)
        is_soon = 0 <= now_ms - at_ms < pause_s * 1000
        held = bag_of(office).index.parcels()
        is_there = any(one.is_own and one.label.receiver == to for one in held)
        if (heads_before == heads and is_there) or (is_soon and not at_once):
            return []
    # Whatever becomes of it: a letter that fails is not tried again at every look.
    local.put(_SPACE, _WRITTEN, cbor.encode([0, now_ms, 1]))
    written = _letter(office, to)
    local.put(_SPACE, _WRITTEN, cbor.encode([heads, now_ms, len(written)]))
    return written


# --- what came for us --------------------------------------------------------------------


def deliver(office: Office) -> Arrived:
    """Read what is in the bag for us, and write the answers. Twice is once.

    Raises Refusal where our own book can take nothing in; the parcels stay then.
    """
    with at_the_post(office):
        arrived = Arrived()
        for parcel in bag_of(office).for_us():
            _take_in(office, parcel, arrived)
        for sender, _ in office.journal.local.items(_OWED):
            _answer(office, sender, arrived)
    return arrived


def _take_in(office: Office, parcel: Parcel, arrived: Arrived) -> None:
    """Read one; that it is to be answered is noted before it leaves the bag."""
    bag = bag_of(office)
    haul = take_all(office, [bag.path_of(parcel.sha)], None)
    sender = parcel.label.sender
    if haul.refused:
        arrived.refused += [refusal.words for _, refusal in haul.refused]
        bag.drop(parcel, postbag_index.REFUSED, b"")
        return
    for one in haul.taken:
        found = one.imported
        arrived.files += 1
        arrived.entries += found.stored_entries
        arrived.blobs += found.blobs
        if found.stored_entries or found.blobs or found.known_segments:
            office.journal.local.put(_OWED, sender, b"")
    if parcel.brought_by not in (b"", STICK):
        bag.index.note_route(sender, parcel.brought_by, office.now().wall_ms)
    bag.drop(parcel, postbag_index.IMPORTED, b"")


def _answer(office: Office, sender: bytes, arrived: Arrived) -> None:
    """Write back, or say why not: what waits for room is tried at the next look."""
    try:
        arrived.answers += bool(_letter(office, sender))
    except Refusal as refusal:
        arrived.refused.append(refusal.words)
        if refusal.code in _LATER | STOPPERS:
            return
    office.journal.local.delete(_OWED, sender)


# --- meeting -----------------------------------------------------------------------------


def meet(
    office: Office, node_id: bytes, address: str, patience: Patience | None = None
) -> Met:
    """Call a node on this network, and hand each other other people's post.

    Who answers is known by its papers under our root; no journal goes to and fro.
    """
    bag, peer = bag_of(office), peer_of(office, node_id)
    write_if_due(office, at_once=True)
    context = tls.client_context(trust.ca_of(office.folder))
    road = OneRoad(split_address(address), context, tls.road_name(node_id))
    before = {one.sha for one in bag.index.parcels()}
    had = _given_to(office, node_id)
    patience = patience or Patience(attempts_max=MEET_ATTEMPTS)
    result = exchange(side_of(office), peer, POST_ONLY, road, patience)
    after = {one.sha for one in bag.index.parcels()}
    met = Met(
        given=len(_given_to(office, node_id) - had),
        taken=len(after - before),
        is_complete=result.is_complete,
        refusal=result.refusal,
    )
    try:
        met.arrived = deliver(office)
    except Refusal as refusal:
        # What came lies in the bag; the loop reads it, or the next look does.
        met.refusal = met.refusal or refusal
    return met


def _given_to(office: Office, peer: bytes) -> set[bytes]:
    """What this node has of ours: copies, and what it was the addressee of."""
    index = bag_of(office).index
    gone = {one.parcel.sha for one in index.gone() if one.to == peer}
    return index.held_by(peer, 0) | gone


def neighbours(office: Office) -> list[tuple[bytes, str]]:
    """(node, address) of node.toml's neighbours that are enrolled."""
    by_name = {one.name.casefold(): one for one in office.authority.nodes().values()}
    found = []
    for text in office.settings.neighbours:
        name, _, address = text.partition("=")
        node = by_name.get(name.strip().casefold())
        if node is not None and node.node_id != office.journal.node_id:
            found.append((node.node_id, address.strip()))
    return found
