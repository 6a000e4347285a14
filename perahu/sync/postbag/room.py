"""How much a post bag may hold: in all, of one sender, and never the disk's last room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perahu.journal.journal import Journal
from perahu.sync.postbag.index import Parcel, total_bytes
from perahu.sync.postbag.label import Label
from perahu.words import Refusal

_PART_BYTES = 2
"""Of a slot: the part, behind what is the same in a whole letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a bag may hold."""

    total_bytes: int = 1 << 30
    sender_bytes: int = 1 << 28
    """Of one sender, so that one office in trouble or in bad hands fills no boat."""
    count: int = 2048
    sender_count: int = 256
    free_bytes: int = 1 << 29
    """What stays free on the disk for the book."""
    age_days: int = 60
    hops: int = 4
    """Nodes that may carry a parcel one after the other."""


@dataclass(slots=True)
class Space:
    """What there was room for at one moment, less what was promised since."""

    journal: Journal
    room: Room
    parcels: list[Parcel]
    coming_bytes: int
    """Begun and promised."""
    free_bytes: int

    def check(self, label: Label, size: int) -> None:
        """Raises Refusal "bag_full", "parcel_too_big" or "sender_revoked"."""
        room, authority = self.room, self.journal.authority
        if authority.is_revoked(label.sender) or authority.is_revoked(label.receiver):
            raise _revoked()
        if size > room.sender_bytes:
            raise _too_big()
        # What it takes the place of leaves.
        staying = [
            one
            for one in self.parcels
            if one.label.slot != label.slot or one.label.number >= label.number
        ]
        theirs = [one for one in staying if one.label.sender == label.sender]
        us = self.journal.node_id
        # What is for us is read soon; what we write nobody's post may keep from going.
        is_ours, is_own = us in (label.receiver, label.sender), us == label.sender
        total = total_bytes(staying) + self.coming_bytes + size
        fits = (
            self.free_bytes - self.coming_bytes - size >= room.free_bytes
            and (is_own or len(staying) < room.count)
            and (is_own or len(theirs) < room.sender_count)
            and (is_own or total_bytes(theirs) + size <= room.sender_bytes)
            and (is_ours or total <= room.total_bytes)
        )
        if not fits:
            raise _full()

    def promise(self, parcel: Parcel) -> bool:
        """Keep room for one that is asked for; false where there is none."""
        try:
            self.check(parcel.label, parcel.size)
        except Refusal:
            return False
        self.parcels.append(parcel)
        self.free_bytes -= parcel.size
        return parcel.hops < self.room.hops


def superseded(parcel: Parcel, parcels: Sequence[Parcel], room: Room) -> list[Parcel]:
    """What leaves now that this one is here.

    A newer letter holds all that an older one held, but not in the same parts: a whole one
    stays until the newer one is whole, as long as there is room for both.
    """
    label = parcel.label
    letters: dict[int, list[Parcel]] = {}
    for one in parcels:
        if one.label.slot[:-_PART_BYTES] == label.slot[:-_PART_BYTES]:
            letters.setdefault(one.label.number, []).append(one)
    theirs = total_bytes(o for o in parcels if o.label.sender == label.sender)
    is_room = theirs <= room.sender_bytes and total_bytes(parcels) <= room.total_bytes
    is_replaced = _is_letter_whole(letters[label.number])
    found = []
    for number, letter in letters.items():
        stays = is_room and number < label.number and _is_letter_whole(letter)
        for one in letter:
            is_slot = one.label.slot == label.slot and not stays
            is_older = number < label.number and is_replaced
            is_other = number <= label.number and one.sha != parcel.sha
            if is_other and (is_older or is_slot):
                found.append(one)
    return found


def _is_letter_whole(letter: Sequence[Parcel]) -> bool:
    """Whether all parts of it are here."""
    last = [one.label.part for one in letter if one.is_last]
    return bool(last) and {one.label.part for one in letter} >= set(
        range(1, last[0] + 1)
    )


def _too_big() -> Refusal:
    return Refusal(
        "parcel_too_big",
        "Berkas ini terlalu besar untuk dititipkan; bawa stiknya sendiri ke tujuan. Tidak "
        "ada yang berubah.",
        "This file is too big to be carried along; take the stick itself to its "
        "destination. Nothing was changed.",
    )


def _revoked() -> Refusal:
    return Refusal(
        "sender_revoked",
        "Pengirim atau penerima berkas ini sudah dicabut oleh kabupaten, jadi tidak "
        "dibawa; berkasnya tetap di tempatnya.",
        "The kabupaten has revoked the sender or the addressee of this file, so it is not "
        "carried; the file stays where it is.",
    )


def _full() -> Refusal:
    return Refusal(
        "bag_full",
        "Tas titipan penuh, atau ruang disk hampir habis; yang ini tidak dibawa dan tetap "
        "pada pemberinya. Antarkan dahulu yang sudah ada.",
        "The post bag is full, or the disk nearly is; this one is not carried and stays "
        "with who offered it. Deliver what is in it first.",
    )
