"""The index of a post bag, in the book's `local`: what lies in it, what left, who has it.

Small rows, each durable by itself; losing one costs a transfer, never a fact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from perahu.journal.store import Local
from perahu.keys import cbor
from perahu.sync.postbag.label import Label, label_of

_ROW, _GIVEN, _GONE = "parcel", "parcel_given", "parcel_gone"
_LAST, _BEGUN = "parcel_last", "parcel_begun"
_ROUTE, _LIVE, _TIDIED = "parcel_route", "parcel_live", "parcel_tidied"
_ROW_BYTES_MAX = 512
GONE_KEPT = 1000
ROUTES_KEPT = 512

DELIVERED, IMPORTED, OLDER, AGED = "delivered", "imported", "older", "aged"
REFUSED, DAMAGED, ANSWERED = "refused", "damaged", "answered"
"""How a parcel left: taken by its addressee, read here, a newer one came, too old, refused
when it was read, found damaged, everything in it acknowledged over a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One file in the bag."""

    sha: bytes
    size: int
    label: Label
    brought_by: bytes
    """Who handed it over; b"" where we wrote it, `STICK` where it came on a stick."""
    hops: int
    """Nodes that have carried it so far, us included; 0 where we wrote it."""
    taken_ms: int
    is_last: bool = False
    """Its letter has no part behind this one."""

    @property
    def is_own(self) -> bool:
        """Whether we wrote it."""
        return not self.brought_by


STICK = b"stick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """One that left the bag."""

    parcel: Parcel
    how: str
    to: bytes
    at_ms: int


class Index:
    """The rows."""

    def __init__(self, local: Local) -> None:
        self._local = local

    # -- what lies here ---------------------------------------------------------------

    def parcels(self) -> list[Parcel]:
        """Everything in the bag: first parts first, then as it came."""
        found = [_parcel(sha, raw) for sha, raw in self._local.items(_ROW)]
        return sorted(found, key=lambda one: (one.label.part, one.taken_ms, one.sha))

    def get(self, sha: bytes) -> Parcel | None:
        """The parcel, or None."""
        raw = self._local.get(_ROW, sha)
        return _parcel(sha, raw) if raw else None

    def put(self, parcel: Parcel) -> None:
        """Note a parcel; the newest of its slot is remembered beyond its stay."""
        self._local.put(_ROW, parcel.sha, _raw(parcel))
        label, last = parcel.label, self._last(parcel.label)
        when = parcel.taken_ms.to_bytes(8, "big", signed=True)
        number = max(label.number, last[0]).to_bytes(8, "big")
        wall = max(label.wall_ms, last[1]).to_bytes(8, "big")
        self._local.put(_LAST, label.slot, number + when + wall)
        self._local.delete(_BEGUN, parcel.sha)

    def has_as_new(self, label: Label) -> bool:
        """Whether one as new was ever here in its slot.

        The number alone does not say it: a sender whose book came back out of a backup
        counts again from there. Such a letter is of a later time.
        """
        number, wall_ms = self._last(label)
        return label.number <= number and label.wall_ms <= wall_ms

    def _last(self, label: Label) -> tuple[int, int]:
        """The newest number and time in this slot; -1 before the first."""
        raw = self._local.get(_LAST, label.slot)
        if raw is None:
            return -1, -1
        return int.from_bytes(raw[:8], "big"), int.from_bytes(raw[16:], "big")

    def remove(self, parcel: Parcel, how: str, to: bytes, at_ms: int) -> None:
        """It left; what is remembered of it is bounded."""
        row = cbor.encode([_raw(parcel), how, to, at_ms])
        self._local.put(_GONE, parcel.sha, row)
        self._local.delete(_ROW, parcel.sha)
        for peer, _ in self.given(parcel.sha):
            self._local.delete(_GIVEN, parcel.sha + peer)
        if how == DAMAGED:
            self._local.delete(_LAST, parcel.label.slot)

    def forget(self, parcel: Parcel) -> None:
        """There is no such file: it may be taken in anew."""
        self._local.delete(_ROW, parcel.sha)
        self._local.delete(_LAST, parcel.label.slot)

    # -- what left --------------------------------------------------------------------

    def gone(self) -> list[Gone]:
        """What left, the last first."""
        found = [_gone(sha, raw) for sha, raw in self._local.items(_GONE)]
        return sorted(found, key=lambda one: (-one.at_ms, one.parcel.sha))

    def is_gone(self, sha: bytes) -> bool:
        """Whether it was here and left; what had gone bad here may come again."""
        raw = self._local.get(_GONE, sha)
        return raw is not None and _gone(sha, raw).how != DAMAGED

    def label(self, sha: bytes) -> Label | None:
        """What stands on one that is or was here."""
        found, raw = self.get(sha), self._local.get(_GONE, sha)
        if found is None and raw is not None:
            found = _gone(sha, raw).parcel
        return found.label if found is not None else None

    def forget_gone(self, before_ms: int) -> None:
        """Keep the last thousand, and none older than this."""
        for number, one in enumerate(self.gone()):
            if number >= GONE_KEPT or one.at_ms < before_ms:
                self._local.delete(_GONE, one.parcel.sha)
        for slot, raw in self._local.items(_LAST):
            if int.from_bytes(raw[8:16], "big", signed=True) < before_ms:
                self._local.delete(_LAST, slot)

    # -- who has it -------------------------------------------------------------------

    def note_given(self, sha: bytes, peer: bytes, at_ms: int) -> None:
        """This node said that it holds it, too."""
        when = at_ms.to_bytes(8, "big", signed=True)
        self._local.put(_GIVEN, sha + peer, when)

    def held_by(self, peer: bytes, since_ms: int) -> set[bytes]:
        """What this node said, since then, that it holds, too."""
        return {
            name[:32]
            for name, raw in self._local.items(_GIVEN)
            if name[32:] == peer and int.from_bytes(raw, "big", signed=True) > since_ms
        }

    def given(self, sha: bytes) -> list[tuple[bytes, int]]:
        """(node, when) of those that hold it, too."""
        rows = self._local.items(_GIVEN)
        return [
            (name[32:], int.from_bytes(raw, "big", signed=True))
            for name, raw in rows
            if name[:32] == sha
        ]

    # -- what is on its way in --------------------------------------------------------

    def note_begun(self, sha: bytes, at_ms: int, peer: bytes) -> None:
        """This node brings it; b"" where it comes from a folder."""
        when = at_ms.to_bytes(8, "big", signed=True)
        self._local.put(_BEGUN, sha, when + peer)

    def begun(self) -> list[tuple[bytes, int]]:
        """(file, since when) of what is not whole yet."""
        rows = self._local.items(_BEGUN)
        return [(sha, int.from_bytes(raw[:8], "big", signed=True)) for sha, raw in rows]

    def begun_by(self, peer: bytes) -> list[bytes]:
        """Files that this node began and did not finish, the oldest first."""
        rows = [(raw, sha) for sha, raw in self._local.items(_BEGUN) if raw[8:] == peer]
        return [sha for _, sha in sorted(rows)]

    def forget_begun(self, sha: bytes) -> None:
        """Its pieces are not kept any more."""
        self._local.delete(_BEGUN, sha)

    # -- time -------------------------------------------------------------------------

    def last_tidy(self) -> int | None:
        """When the bag was tidied last; None for never."""
        raw = self._local.get(_TIDIED, b"")
        return int.from_bytes(raw, "big", signed=True) if raw else None

    def note_tidy(self, at_ms: int) -> None:
        """It was tidied just now."""
        self._local.put(_TIDIED, b"", at_ms.to_bytes(8, "big", signed=True))

    # -- the ways ---------------------------------------------------------------------

    def note_route(self, node: bytes, carrier: bytes, at_ms: int) -> None:
        """This carrier brought something that this node wrote: it may go back to it."""
        when = at_ms.to_bytes(8, "big", signed=True)
        self._local.put(_ROUTE, node + carrier, when)

    def carriers_of(self, node: bytes) -> dict[bytes, int]:
        """Who brought what this node wrote, and when last."""
        rows = self._local.items(_ROUTE)
        return {
            name[16:]: int.from_bytes(raw, "big", signed=True)
            for name, raw in rows
            if name[:16] == node
        }

    def forget_routes(self, before_ms: int) -> None:
        """Who has not come for so long is not counted on."""
        rows = [
            (int.from_bytes(raw, "big", signed=True), name)
            for name, raw in self._local.items(_ROUTE)
        ]
        rows.sort(reverse=True)
        for number, (at_ms, name) in enumerate(rows):
            if number >= ROUTES_KEPT or at_ms < before_ms:
                self._local.delete(_ROUTE, name)

    def note_live(self, peer: bytes, at_ms: int) -> None:
        """A whole exchange with this node ended well over a link, just now."""
        self._local.put(_LIVE, peer, at_ms.to_bytes(8, "big", signed=True))

    def last_live(self, peer: bytes) -> int | None:
        """When that last was; None for never."""
        raw = self._local.get(_LIVE, peer)
        return int.from_bytes(raw, "big", signed=True) if raw else None


def total_bytes(parcels: Iterable[Parcel]) -> int:
    """What they weigh together."""
    return sum(one.size for one in parcels)


def _raw(one: Parcel) -> bytes:
    head = [one.size, one.brought_by, one.hops, one.taken_ms]
    return cbor.encode([*head, one.label.plain(), one.is_last])


def _parcel(sha: bytes, raw: bytes) -> Parcel:
    row = cbor.decode(raw, _ROW_BYTES_MAX)
    size, brought_by, hops, taken_ms, label, *more = row
    return Parcel(
        sha=sha, size=size, label=label_of(label), brought_by=brought_by,
        hops=hops, taken_ms=taken_ms, is_last=more == [True],
    )  # fmt: skip


def _gone(sha: bytes, raw: bytes) -> Gone:
    row, how, to, at_ms = cbor.decode(raw, _ROW_BYTES_MAX)
    return Gone(parcel=_parcel(sha, row), how=how, to=to, at_ms=at_ms)
