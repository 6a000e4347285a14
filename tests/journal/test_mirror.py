"""The second medium: each entry before the receipt, whatever is done to the stick."""

from __future__ import annotations

import dataclasses
import errno
import shutil
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from perahu.journal.beside.mirror import Mirror
from perahu.journal.journal import Journal
from perahu.journal.types import Level
from perahu.keys import cbor
from perahu.keys.certificates import Chain
from perahu.node.disk import RealDisk
from tests.cast import corrected, give, stocked, with_hub
from tests.journal.stores import StoreDistrict, with_mirror


def on_mirror(journal: Journal, folder: Path) -> list[tuple[bytes, int]]:
    """(journal, seq) of each entry the medium has for the running epoch."""
    mirror = Mirror(folder, RealDisk())
    return [(m.journal, m.seq) for m in mirror.read(journal.node_id, journal.epoch)]


def in_book(journal: Journal) -> list[tuple[bytes, int]]:
    """(journal, seq) of each own entry of the running epoch."""
    rows = [r for r in journal.journals() if r.own and r.epoch == journal.epoch]
    return [(row.id, seq) for row in rows for seq in range(1, row.head_seq + 1)]


def stick(folder: Path, name: str) -> Path:
    """The medium's one file whose name ends so."""
    return next(path for path in folder.iterdir() if path.name.endswith(name))


def test_it_works(district: StoreDistrict) -> None:
    """The entry lies on the medium when the receipt is given, and the receipt says so."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    receipt = district.state(enggano)
    assert receipt.mirrored
    assert on_mirror(enggano, folder) == [(receipt.journal, receipt.seq)]
    again = enggano.receipt(receipt.op_id)
    assert again is not None and again.mirrored


def test_it_holds_nothing_in_the_clear(district: StoreDistrict) -> None:
    """A finder of the stick reads no word of a body."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    assert b"surat desa" not in stick(folder, ".jrnm").read_bytes()


def test_it_says_when_the_medium_is_away_and_fills_the_gap(
    district: StoreDistrict,
) -> None:
    """Pulled out for two facts, put back: the third brings all, and old receipts turn."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    away = folder.rename(folder.with_name("in a pocket"))
    receipts = [district.state(enggano), district.state(enggano, stocked(1))]
    assert not any(r.mirrored for r in receipts)
    away.rename(folder)
    back = enggano.receipt(receipts[0].op_id)
    assert back is not None and not back.mirrored, "it is there, but lacks the entry"
    assert district.state(enggano).mirrored
    assert sorted(on_mirror(enggano, folder)) == sorted(in_book(enggano))
    back = enggano.receipt(receipts[0].op_id)
    assert back is not None and back.mirrored


def test_it_fills_a_new_medium(district: StoreDistrict) -> None:
    """Another stick under the same name, while the node runs: it gets everything."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    shutil.rmtree(folder)
    folder.mkdir()
    assert district.state(enggano).mirrored
    assert on_mirror(enggano, folder) == in_book(enggano)
    assert stick(folder, ".keyring").stat().st_size > 16


def test_it_fills_an_older_medium(district: StoreDistrict) -> None:
    """Two sticks in turn: the one that was away a week is brought on when it comes."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    older = folder.with_name("older")
    shutil.copytree(folder, older)
    for _ in range(3):
        district.state(enggano)
    shutil.rmtree(folder)
    older.rename(folder)
    assert district.state(enggano).mirrored
    assert on_mirror(enggano, folder) == in_book(enggano)


def test_it_catches_up_at_start(district: StoreDistrict) -> None:
    """A crash between commit and mirror leaves one entry out: the next start brings it."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    before = stick(folder, ".jrnm").read_bytes()
    district.state(enggano)
    stick(folder, ".jrnm").write_bytes(before)
    enggano.close()
    enggano = district.open("Enggano")
    assert on_mirror(enggano, folder) == in_book(enggano)


@pytest.mark.parametrize("cut", [1, 7, 60])
def test_it_passes_over_a_torn_record(district: StoreDistrict, cut: int) -> None:
    """The stick was pulled in mid-write: the rest is read, and the entry written anew."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    for _ in range(3):
        district.state(enggano)
    path = stick(folder, ".jrnm")
    path.write_bytes(path.read_bytes()[:-cut])
    assert on_mirror(enggano, folder) == in_book(enggano)[:-1]
    enggano.close()
    enggano = district.open("Enggano")
    district.state(enggano)
    assert on_mirror(enggano, folder) == in_book(enggano)


def test_it_passes_over_a_damaged_record_in_the_middle(district: StoreDistrict) -> None:
    """Bit rot in the first record costs that record alone."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    for _ in range(3):
        district.state(enggano)
    path = stick(folder, ".jrnm")
    raw = bytearray(path.read_bytes())
    raw[30] ^= 1
    path.write_bytes(bytes(raw))
    assert on_mirror(enggano, folder) == in_book(enggano)[1:]


def rolled_back(district: StoreDistrict, *, fence: bool = True) -> Path:
    """Enggano's mirror; its book is an older copy, with two of five facts."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    for fact in (corrected(), stocked(1)):
        district.state(enggano, fact)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    for fact in (corrected(), stocked(2), corrected(subject=b"sari-person\0")):
        district.state(enggano, fact)
    enggano.close()
    district.restore(saved, keep=("fence",) if fence else ())
    return folder


@pytest.mark.parametrize("fence", [True, False])
def test_it_gives_the_tail_back(district: StoreDistrict, fence: bool) -> None:
    """The mirror has what the old copy lacks: it comes back, and the epoch goes on."""
    rolled_back(district, fence=fence)
    enggano = district.open("Enggano")
    assert (enggano.healing.copied_back, enggano.epoch) == (3, 1)
    assert enggano.halts() == [] and enggano.verify().sound
    facts = [e.fact for e in enggano.events() if e.node == enggano.node_id]
    assert facts == [
        corrected(),
        stocked(1),
        corrected(),
        stocked(2),
        corrected(subject=b"sari-person\0"),
    ]


def test_it_gives_receipts_back(district: StoreDistrict) -> None:
    """An action asked again after the tail came back is not done twice."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    receipt = district.state(enggano)
    enggano.close()
    district.restore(saved)
    enggano = district.open("Enggano")
    assert enggano.receipt(receipt.op_id) == receipt
    assert folder.is_dir()


def test_it_gives_back_all_that_a_receipt_speaks_of(district: StoreDistrict) -> None:
    """Of an action in two lanes one is acknowledged: the receipt waits for the other."""
    with_mirror(district)
    hub, enggano = with_hub(district)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    receipt = district.state(enggano, corrected(), stocked(2))
    enggano.close()
    district.restore(saved)
    enggano = district.open("Enggano")
    assert enggano.healing.copied_back == 2
    for lane, level in ((0, Level.RECORDED), (1, Level.RECEIVED)):
        row = next(r for r in enggano.journals() if r.own and r.lane == lane)
        enggano.note_ack(hub.node_id, {row.id: (1, 0)}, {})
        found = enggano.receipt(receipt.op_id)
        assert found is not None and found.level is level


def test_it_opens_an_epoch_where_the_tail_has_a_hole(district: StoreDistrict) -> None:
    """The mirror is further but damaged where it matters: never continued, fence or not."""
    folder = rolled_back(district, fence=False)
    path = stick(folder, ".jrnm")
    raw = path.read_bytes()
    third = [i for i in range(len(raw)) if raw.startswith(b"PRHM", i)][2]
    path.write_bytes(raw[: third + 40] + b"\xff" + raw[third + 41 :])
    enggano = district.open("Enggano")
    assert enggano.healing.rolled_back and enggano.epoch == 2
    assert district.state(enggano).mirrored and enggano.verify().sound


def test_it_opens_an_epoch_where_the_end_was_brought_late_and_torn(
    district: StoreDistrict,
) -> None:
    """What was said while the stick was away lies on it as it was said, not by journals.

    So a torn end lacks the last entry of all, and that one the fence knows.
    """
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    away = folder.rename(folder.with_name("in a pocket"))
    for fact in (stocked(1), corrected(), stocked(2)):
        district.state(enggano, fact)
    enggano.close()
    away.rename(folder)
    district.open("Enggano").close()
    path = stick(folder, ".jrnm")
    path.write_bytes(path.read_bytes()[:-10])
    district.restore(saved, keep=("fence",))
    enggano = district.open("Enggano")
    assert enggano.healing.rolled_back and enggano.epoch == 2


def test_it_shows_an_epoch_the_old_copy_never_saw(district: StoreDistrict) -> None:
    """Book, fence and certificate are old; the stick alone knows of a later epoch."""
    _ = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    enggano.close()
    saved = district.save("Enggano")
    enggano = district.open("Enggano")
    enggano.begin_epoch()
    district.state(enggano)
    enggano.close()
    district.restore(saved)
    enggano = district.open("Enggano")
    assert enggano.healing.rolled_back and enggano.epoch == 3


def test_it_gives_a_lost_keyring_back(district: StoreDistrict) -> None:
    """The keyring beside the book is gone: the mirror's copy opens every body again."""
    with_mirror(district)
    hub, enggano = with_hub(district)
    district.state(enggano, stocked(1))
    district.state(enggano)
    give(hub, enggano)
    events = enggano.events()
    enggano.close()
    (district.members["Enggano"].folder / "keyring").unlink()
    enggano = district.open("Enggano")
    assert enggano.events() == events and enggano.verify().sound


def test_it_never_stops_an_action(district: StoreDistrict) -> None:
    """A folder where the file should be: the medium fails, the fact is recorded."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    name = f"{enggano.node_id.hex()[:8]}-1.jrnm"
    (folder / name).mkdir()
    receipt = district.state(enggano)
    assert not receipt.mirrored and enggano.verify().sound


def test_it_is_as_good_as_away_where_it_cannot_be_listed(tmp_path: Path) -> None:
    """A stick whose folder gives an I/O error has no epoch to show; nothing is added."""

    class Failing(RealDisk):
        """A stick on its last day."""

        def list(self, folder: Path) -> list[str]:
            """The folder's own blocks are gone."""
            raise OSError(errno.EIO, "i/o error")

    assert Mirror(tmp_path, Failing()).last_epoch(bytes(16)) == 0
    with pytest.raises(FileNotFoundError):
        Mirror(tmp_path / "pulled", RealDisk()).add(bytes(16), 1, [])


def record_changed(folder: Path, node: bytes, **changes: Any) -> None:
    """Whoever found the stick writes its last record anew, with a check that is right."""
    mirror = Mirror(folder, RealDisk())
    *kept, last = mirror.read(node, 1)
    if changes.get("certificate") == "good":
        changes["certificate"] = kept[0].certificate or last.certificate
        assert changes["certificate"]
    mirror.path(node, 1).unlink()
    mirror.add(node, 1, [*kept, dataclasses.replace(last, **changes)])


@pytest.mark.parametrize(
    "changes",
    [
        {"body": bytes(60)},
        {"header": b"noise"},
        {"salt": bytes(16)},
        {"seq": 9},
        {"journal": bytes(16)},
        {"journal": bytes(16), "certificate": b"noise"},
        {"journal": bytes(16), "certificate": "good"},
    ],
)
def test_it_takes_back_no_record_that_was_changed(
    district: StoreDistrict, changes: dict[str, Any]
) -> None:
    """A body that does not open, no entry, another place, another journal: it stays there."""
    folder = rolled_back(district)
    node = Chain.decode(
        (district.members["Enggano"].folder / "certificate").read_bytes(),
        bytes(district.root.verify_key),
    ).node.node_id
    record_changed(folder, node, **changes)
    enggano = district.open("Enggano")
    assert (enggano.healing.copied_back, enggano.epoch) == (2, 2)
    assert enggano.verify().sound


@pytest.mark.parametrize("wipe", [True, False])
def test_it_takes_back_no_body_without_its_key(
    district: StoreDistrict, wipe: bool
) -> None:
    """The stick's keyring is gone, or lacks the subject: nothing about her comes back."""
    folder = rolled_back(district)
    ring = stick(folder, ".keyring")
    if wipe:
        ring.unlink()
    else:
        ring.write_bytes(ring.read_bytes()[:-84])
    enggano = district.open("Enggano")
    assert (enggano.healing.copied_back, enggano.epoch) == (2, 2)
    facts = [event.fact for event in enggano.events()]
    assert corrected(subject=b"sari-person\0") not in facts


def test_it_is_as_good_as_away_where_it_does_not_answer(tmp_path: Path) -> None:
    """A dying stick gives an I/O error for a look at it: away, and nothing is read."""

    class Dying(RealDisk):
        """A stick that is still plugged in."""

        def exists(self, path: Path) -> bool:
            """Nobody can say."""
            raise OSError(errno.EIO, "i/o error")

    mirror = Mirror(tmp_path, Dying())
    assert not mirror.present()
    assert list(mirror.read(bytes(16), 1)) == []
    assert mirror.size(bytes(16), 1) == 0


@pytest.mark.parametrize("body", [b"\xff", b"\x80", b"\x01", cbor.encode([1] * 9)])
def test_it_passes_over_what_is_no_record(district: StoreDistrict, body: bytes) -> None:
    """A right check over no list, or over other fields: what stands behind it is read."""
    folder = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano)
    path = stick(folder, ".jrnm")
    framed = b"PRHM" + len(body).to_bytes(4, "big") + body
    strange = framed + crc32(framed).to_bytes(4, "big")
    path.write_bytes(strange + path.read_bytes())
    assert on_mirror(enggano, folder) == in_book(enggano)
