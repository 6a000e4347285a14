"""Everything a node does to its disk, one row each: where it starts, and what it does.

What an action promises it puts on its scene's list in the moment the call returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from perahu.cards.facts import StockReceived, StockSent, StockSpoiled
from perahu.journal.journal import RECOUNT
from perahu.journal.types import PHOTO, Draft, Level
from sim.papers import SARI
from sim.power.promises import Epoch, Erased, Noted, Sealed, Seen, Whole
from sim.power.roads import export_to_hub, import_at_hub, parcel_of, take_in
from sim.power.scene import BUDI, Asked, Scene, Start, corrected
from sim.power.starts import Starts
from sim.power.town import OFFICE

CHECKPOINT_PAGES = 12
"""So small that a checkpoint comes in the middle of an action; a node's is 4,000."""


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the table."""

    name: str
    start: Callable[[Starts], Start]
    do: Callable[[Scene], object]


def _record(scene: Scene) -> None:
    scene.state(corrected())


def _record_new_person(scene: Scene) -> None:
    scene.state(corrected(scene.person()))


def _record_family(scene: Scene) -> None:
    people = [scene.person() for _ in range(4)]
    drafts = tuple(Draft(corrected(one)) for one in people)
    scene.append(Asked(scene.ask(SARI, 4), drafts), about=people)


def _ask_twice(scene: Scene) -> None:
    asked = Asked(scene.ask(), (Draft(corrected()),))
    for _ in range(2):
        scene.append(asked)


def _two_in_one(scene: Scene) -> None:
    asks = [scene.ask(), scene.ask()]
    with scene.journal.writing() as book:
        receipts = [book.append(ask, [Draft(corrected())]) for ask in asks]
    for receipt in receipts:
        scene.keep(receipt)


class _Jam(Exception):
    """The printer jammed after the intent was stated."""


def _jam_after_append(scene: Scene) -> None:
    ask = scene.ask()
    try:
        with scene.journal.writing() as book:
            receipt = book.append(ask, [Draft(corrected())])
            raise _Jam
    except _Jam:
        # What was appended stands, and is flushed, whatever came after it.
        scene.keep(receipt)


def _stock(scene: Scene) -> None:
    scene.state(
        StockReceived(item="blanko", count=50, source="TERIMA_PUSAT", document="BA 2")
    )
    transfer = scene.person()
    scene.state(
        StockSent(transfer=transfer, item="blanko", count=30, to=bytes(16)),
        StockSpoiled(item="blanko", count=2, cause="RUSAK"),
    )


def _part_of_recording(scene: Scene) -> None:
    refs = []
    for size in (900, 40_000):
        refs.append(scene.journal.blobs.put(scene.content(size), PHOTO))
        scene.promises.append(Whole(refs[-1]))
    scene.state(corrected(), blobs=tuple(refs))


def _let_blob_go(scene: Scene) -> None:
    ref = scene.journal.blobs.put(scene.content(5_000), PHOTO)
    scene.state(corrected(), blobs=(ref,))
    scene.promises = [one for one in scene.promises if one != Whole(ref)]
    scene.journal.blobs.remove(ref.sha256)


def _seal(scene: Scene) -> None:
    _record_new_person(scene)
    scene.journal.seal()
    for row in scene.journal.journals():
        if row.own:
            scene.promises.append(Sealed(row.id, row.sealed_seq))


def _receive(scene: Scene) -> None:
    for one in scene.start.parcel:
        for journal in take_in(scene.journal, [one]):
            scene.keep_all_of(journal)


def _receive_and_free(scene: Scene) -> None:
    _receive(scene)
    assert scene.journal.parked() == [], "the grants came, so nothing waits"
    assert len(scene.journal.events()) >= 5


def _blob_arrives(scene: Scene) -> None:
    ref, cipher = scene.start.parcel
    for index, at in enumerate(range(0, ref.size, 16_384)):
        is_whole = scene.journal.blobs.add_chunk(ref, index, cipher[at : at + 16_384])
    assert is_whole and sha256(cipher).digest() == ref.sha256
    scene.promises.append(Whole(ref))


def _acked(scene: Scene) -> None:
    hub = bytes(16)
    scene.journal.note_ack(hub, scene.start.parcel, {})
    for journal, (received, _) in scene.start.parcel.items():
        assert scene.journal.level_of(journal, received) is Level.RECEIVED
        scene.keep_all_of(journal)


def _erase(scene: Scene) -> None:
    scene.let_erase(BUDI)
    record = scene.journal._book.keyring._ring.wrapped[BUDI]
    assert scene.journal.erase(BUDI) >= 1
    scene.promises.append(Erased(BUDI, record))


def _note_locally(scene: Scene) -> None:
    for count in range(3):
        value = bytes([count])
        scene.promises = [one for one in scene.promises if type(one) is not Noted]
        scene.journal.local.put("lockout", SARI, value)
        scene.promises.append(Noted("lockout", SARI, value))


def _leave_epoch(scene: Scene) -> None:
    scene.journal.begin_epoch()
    scene.promises.append(Epoch(2, RECOUNT))
    _record_new_person(scene)


def _open(scene: Scene) -> None:
    scene.open()
    if scene.start.is_old:
        scene.promises.append(Epoch(2, RECOUNT))


def _open_first(scene: Scene) -> None:
    scene.open()
    incarnation = scene.journal.incarnation
    scene.promises.append(_Named(incarnation))


@dataclass(frozen=True, slots=True)
class _Named:
    """A book keeps the name it had when somebody could have heard it."""

    incarnation: bytes

    def broken(self, seen: Seen) -> str:
        """The same sixteen bytes."""
        same = seen.journal.incarnation == self.incarnation
        return "" if same else "the book has another incarnation"


def _close(scene: Scene) -> None:
    _record_new_person(scene)
    scene.journal.close()


def _checkpoint(scene: Scene) -> None:
    scene.journal._store.run(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    for _ in range(4):
        _record_new_person(scene)


def _hand_over(scene: Scene) -> None:
    """A whole exchange at the office: seal, and what the hub holds is noted."""
    _record(scene)
    parcel = parcel_of(scene.journal, (b"",))
    own = {row.id: (row.sealed_seq, 0) for row in scene.journal.journals() if row.own}
    assert parcel
    scene.journal.note_ack(bytes(16), own, {})
    for journal in own:
        scene.keep_all_of(journal)
    _record(scene)


def _old_backup(starts: Starts) -> Start:
    return starts.rolled_back


ACTIONS = (
    Action("record", lambda s: s.office, _record),
    Action("record a new person", lambda s: s.office, _record_new_person),
    Action("record a family", lambda s: s.office, _record_family),
    Action("record on a long WAL", lambda s: s.busy, _record_new_person),
    Action("ask twice", lambda s: s.office, _ask_twice),
    Action("two in one writing", lambda s: s.office, _two_in_one),
    Action("append, then fail", lambda s: s.office, _jam_after_append),
    Action("stock in and out", lambda s: s.office, _stock),
    Action("record with tables", lambda s: s.shelved, _record_family),
    Action("record with a mirror", lambda s: s.mirrored, _record_new_person),
    Action("the mirror comes back", lambda s: s.mirror_away, _record_new_person),
    Action("keep parts and cite them", lambda s: s.office, _part_of_recording),
    Action("let a blob go", lambda s: s.office, _let_blob_go),
    Action("seal", lambda s: s.office, _seal),
    Action("receive from an office", lambda s: s.sent, _receive),
    Action("park and free", lambda s: s.untold, _receive_and_free),
    Action("a blob arrives in chunks", lambda s: s.awaiting, _blob_arrives),
    Action("acknowledged", lambda s: s.sealed, _acked),
    Action("an exchange", lambda s: s.office, _hand_over),
    Action("courier file out", lambda s: s.office, export_to_hub),
    Action("courier file in", lambda s: s.delivered, import_at_hub),
    Action("erase", lambda s: s.office, _erase),
    Action("erase with a mirror", lambda s: s.mirrored, _erase),
    Action("lock-outs and drafts", lambda s: s.office, _note_locally),
    Action("leave the epoch", lambda s: s.mirrored, _leave_epoch),
    Action("open the first time", lambda s: s.blank, _open_first),
    Action("open after a crash", lambda s: s.crashed, _open),
    Action("open an old backup", _old_backup, _open),
    Action("open, mirror ahead", lambda s: s.mirror_ahead, _open),
    Action("open without a keyring", lambda s: s.keyring_gone, _open),
    Action("open with tables ahead", lambda s: s.tables_ahead, _open),
    Action("close", lambda s: s.office, _close),
    Action("checkpoint", lambda s: s.office, _checkpoint),
)
assert len({one.name for one in ACTIONS}) == len(ACTIONS)
assert OFFICE
