"""The subjects' keys: durable before use, shared by processes, gone once erased."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from perahu.journal import limits
from perahu.journal.beside.keyring import NO_SUBJECT, Keyring
from perahu.journal.ports import Ports
from perahu.node.disk import RealDisk
from perahu.node.lock import FileLock
from perahu.words import Refusal
from tests.cast import BUDI, Dice, HandClock, stocked, with_hub
from tests.journal.stores import StoreDistrict, with_mirror

HEAD, RECORD = 16, 84
MADE, WATI = b"made-person\0", b"wati-person\0"
WRAP = b"w" * 32
_COUNT = itertools.count()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the keyring of a test stands."""
    return tmp_path / "keyring"


def ring(path: Path, wrap_key: bytes = WRAP) -> Keyring:
    """The keyring as a new process of the node would open it."""
    ports = Ports(
        clock=HandClock(),
        random=Dice(f"{path} {next(_COUNT)}"),
        disk=RealDisk(),
        lock=FileLock(path.with_name("lock")),
        flush_lock=FileLock(path.with_name("flush.lock")),
        key_lock=FileLock(path.with_name("keyring.lock")),
        thread=lambda: 0,
    )
    return Keyring(path, wrap_key, ports)


def test_it_works(path: Path) -> None:
    """A key made once is found by every process, and the file holds no key in the clear."""
    first = ring(path)
    first.ensure([BUDI, MADE, BUDI])
    keys = first.get(BUDI), first.get(MADE)
    assert keys == (ring(path).get(BUDI), ring(path).get(MADE))
    assert len({*keys, None}) == 3
    assert path.stat().st_size == HEAD + 2 * RECORD
    assert all(key not in path.read_bytes() for key in keys if key)


def test_it_makes_a_key_once(path: Path) -> None:
    """Asked again, also by another process that has not looked since: the same key."""
    first, second = ring(path), ring(path)
    first.ensure([BUDI])
    second.ensure([BUDI, MADE])
    first.ensure([MADE])
    assert (first.get(BUDI), first.get(MADE)) == (second.get(BUDI), second.get(MADE))


def test_it_opens_under_its_own_wrapping_key_alone(path: Path) -> None:
    """Another node's wrapping key opens nothing."""
    ring(path).ensure([BUDI])
    assert ring(path, b"x" * 32).get(BUDI) is None


@pytest.mark.parametrize("tear", [1, 11, 50, RECORD - 1])
def test_it_passes_over_a_torn_record(path: Path, tear: int) -> None:
    """A power cut in mid-write: the keys before are there, the next one takes its place."""
    ring(path).ensure([BUDI])
    key = ring(path).get(BUDI)
    ring(path).ensure([MADE])
    path.write_bytes(path.read_bytes()[: HEAD + RECORD + tear])
    after = ring(path)
    assert after.get(BUDI) == key and after.get(MADE) is None
    after.ensure([WATI])
    assert ring(path).get(WATI) is not None
    assert path.stat().st_size == HEAD + 2 * RECORD


def test_it_passes_over_zeros_that_a_power_cut_left(path: Path) -> None:
    """Some file systems grow a file before its bytes are there: the office key stays."""
    first = ring(path)
    first.ensure([NO_SUBJECT, BUDI])
    key = first.get(NO_SUBJECT)
    path.write_bytes(path.read_bytes() + bytes(3 * RECORD))
    after = ring(path)
    assert after.get(NO_SUBJECT) == key
    after.ensure([MADE])
    assert ring(path).get(MADE) == after.get(MADE) is not None
    assert ring(path).get(NO_SUBJECT) == key


def test_it_survives_a_damaged_record_in_the_middle(path: Path) -> None:
    """Bit rot costs one key and never the ones after it."""
    ring(path).ensure([BUDI, MADE, WATI])
    keys = ring(path).get(BUDI), ring(path).get(WATI)
    raw = bytearray(path.read_bytes())
    raw[HEAD + RECORD + 40] ^= 1
    path.write_bytes(bytes(raw))
    after = ring(path)
    assert after.get(MADE) is None
    after.ensure([b"new-person\0\0"])
    assert (ring(path).get(BUDI), ring(path).get(WATI)) == keys


def test_it_starts_over_where_the_first_write_was_torn(path: Path) -> None:
    """Less than a head, or only zeros: no entry can have used a key."""
    for torn in (b"PRHK", bytes(HEAD + RECORD)):
        path.write_bytes(torn)
        ring(path).ensure([BUDI])
        assert ring(path).get(BUDI) is not None


def test_it_refuses_another_file(path: Path) -> None:
    """What is no keyring is not written over."""
    path.write_bytes(b"a photograph of a boat, more or less")
    with pytest.raises(Refusal, match="broken_book"):
        ring(path)
    assert path.read_bytes().startswith(b"a photograph")


def test_it_erases_for_every_process(path: Path) -> None:
    """Once erased, another process lets its copy of the key go at its next step."""
    here, there = ring(path), ring(path)
    here.ensure([BUDI, MADE])
    wrapped = path.read_bytes()[HEAD : HEAD + RECORD]
    key = there.get(BUDI)
    assert key is not None and here.erase(BUDI)
    there.refresh()
    assert there.get(BUDI) is None and there.get(MADE) is not None
    assert wrapped not in path.read_bytes()
    assert not here.erase(BUDI), "there was nothing left to erase"


def test_it_makes_a_new_key_after_an_erasure(path: Path) -> None:
    """The same subject can appear again; the old key does not come back."""
    here, there = ring(path), ring(path)
    here.ensure([BUDI])
    key = there.get(BUDI)
    here.erase(BUDI)
    there.ensure([BUDI])
    assert there.get(BUDI) not in (None, key)
    assert here.get(BUDI) == there.get(BUDI)


def test_it_takes_back_what_a_copy_has_but_never_what_was_erased(path: Path) -> None:
    """An old copy on a stick brings lost keys back, and Budi's stays destroyed."""
    here, copy = ring(path), path.with_name("copy")
    here.ensure([BUDI, MADE, WATI])
    here.copy_to(copy)
    wanted = here.get(WATI)
    there = ring(path)
    here.erase(BUDI)
    here.erase(WATI)
    here.take_from(copy, [BUDI])
    assert (here.get(BUDI), here.get(WATI)) == (None, wanted)
    assert there.get(MADE) is not None
    there.refresh()
    assert (there.get(BUDI), there.get(WATI)) == (None, wanted)


def test_it_takes_nothing_forged(path: Path) -> None:
    """Records on a stick that this node did not wrap are passed over."""
    here, other = ring(path), ring(path.with_name("other"), b"x" * 32)
    here.ensure([BUDI])
    other.ensure([MADE])
    here.take_from(path.with_name("other"), [])
    assert here.get(MADE) is None and here.get(BUDI) is not None


def test_it_keeps_every_key_of_a_subject(path: Path) -> None:
    """Six disks made a key for Budi, each without the others: what any sealed is opened.

    The own one goes on sealing, also where the ring was lost and came from the copy. An
    erasure lets all go.
    """
    here, nonce = ring(path), bytes(24)
    here.ensure([NO_SUBJECT, BUDI, MADE])
    own, made = here.get(BUDI), here.get(MADE)
    sealed = [here.seal(BUDI, nonce, b"0")]
    for count in range(1, 6):
        other = path.with_name(f"other-{count}")
        ring(other).ensure([BUDI])
        sealed.append(ring(other).seal(BUDI, nonce, b"%d" % count))
        here.take_from(other, [])
        here.take_from(other, [])
    assert path.stat().st_size == HEAD + 8 * RECORD
    here.copy_to(path.with_name("copy"))
    path.unlink()
    again = ring(path)
    again.take_from(path.with_name("copy"), [])
    for one in (here, again, ring(path)):
        found = [one.open(BUDI, nonce, cipher) for cipher in sealed]
        assert found == [b"0", b"1", b"2", b"3", b"4", b"5"]
        assert (one.get(BUDI), one.get(MADE)) == (own, made)
    assert again.erase(BUDI) and again.get(MADE) == made
    assert again.open(BUDI, nonce, sealed[0]) is None
    assert BUDI not in path.read_bytes()


def test_it_says_where_none_of_several_keys_opens(path: Path) -> None:
    """A damaged body stays a damaged body, whatever number of keys was tried."""
    here, other = ring(path), path.with_name("other")
    for one in (here, ring(other)):
        one.ensure([BUDI])
    here.take_from(other, [])
    with pytest.raises(Refusal, match="cannot_open"):
        here.open(BUDI, bytes(24), bytes(40))


def test_it_heals_a_damaged_record_from_a_copy(path: Path) -> None:
    """Bit rot took Made's key here, and the stick has it still."""
    first = ring(path)
    first.ensure([BUDI, MADE])
    key = first.get(MADE)
    first.copy_to(path.with_name("copy"))
    raw = bytearray(path.read_bytes())
    raw[HEAD + RECORD + 40] ^= 1
    path.write_bytes(bytes(raw))
    after = ring(path)
    assert after.get(MADE) is None
    after.take_from(path.with_name("copy"), [])
    assert ring(path).get(MADE) == key


def test_it_writes_a_copy_of_another_history_anew(path: Path) -> None:
    """Two keyrings of one generation and one size: no key that is erased here stays there."""
    here, copy = ring(path), path.with_name("copy")
    here.ensure([NO_SUBJECT, BUDI, MADE])
    here.copy_to(copy)
    ring(copy).erase(MADE)
    here.erase(BUDI)
    assert path.stat().st_size == copy.stat().st_size
    here.take_from(copy, [BUDI])
    here.copy_to(copy)
    assert copy.read_bytes() == path.read_bytes() and BUDI not in path.read_bytes()


def test_it_adds_nothing_to_a_copy_that_counts_one_further(path: Path) -> None:
    """After its keys were taken the copy is written anew, and never taken for ours of then."""
    here, copy = ring(path), path.with_name("copy")
    here.ensure([NO_SUBJECT])
    here.copy_to(copy)
    here.ensure([BUDI])
    there = ring(copy)
    there.ensure([WATI, MADE])
    there.erase(MADE)
    here.take_from(copy, [])
    here.copy_to(copy)
    assert copy.read_bytes() == path.read_bytes()
    assert ring(copy).get(BUDI) is not None is not ring(copy).get(WATI)


def test_it_keeps_one_record_once(path: Path) -> None:
    """A record that stands twice, here or in a copy, is one key."""
    here, copy = ring(path), path.with_name("copy")
    here.ensure([BUDI])
    ring(copy).ensure([MADE])
    for one in (path, copy):
        one.write_bytes(one.read_bytes() + one.read_bytes()[HEAD:])
    after = ring(path)
    after.take_from(copy, [])
    assert path.stat().st_size == HEAD + 2 * RECORD
    assert (ring(path).get(BUDI), ring(path).get(MADE)) == (
        here.get(BUDI),
        ring(copy).get(MADE),
    )


def test_it_follows_no_number_of_a_forged_head(path: Path) -> None:
    """Whoever found the stick wrote the greatest generation there is: the keys are taken."""
    here, copy = ring(path), path.with_name("copy")
    here.ensure([BUDI])
    ring(copy).ensure([MADE])
    copy.write_bytes(b"PRHKEYS1" + b"\xff" * 8 + copy.read_bytes()[HEAD:])
    here.take_from(copy, [])
    assert ring(path).get(MADE) is not None
    here.erase(MADE)
    here.copy_to(copy)
    assert copy.read_bytes() == path.read_bytes()


def test_it_keeps_the_mirrors_copy_equal(path: Path) -> None:
    """Added keys are added there; after an erasure, or a torn copy, it is written whole."""
    here, copy = ring(path), path.with_name("copy")
    for subjects in ([BUDI], [MADE, WATI]):
        here.ensure(subjects)
        here.copy_to(copy)
        assert copy.read_bytes() == path.read_bytes()
    here.erase(MADE)
    here.copy_to(copy)
    assert copy.read_bytes() == path.read_bytes()
    copy.write_bytes(copy.read_bytes()[:-5])
    here.copy_to(copy)
    assert copy.read_bytes() == path.read_bytes()


def test_it_refuses_a_book_whose_keyring_is_gone(district: StoreDistrict) -> None:
    """Without keys every body would look erased: the book is not opened like that."""
    _, enggano = with_hub(district)
    district.state(enggano, stocked(1))
    enggano.close()
    path = district.members["Enggano"].folder / "keyring"
    lost = path.read_bytes()
    path.unlink()
    with pytest.raises(Refusal, match="broken_book"):
        district.open("Enggano")
    path.write_bytes(lost)
    assert district.open("Enggano").verify().sound


def test_it_refuses_a_book_whose_keyring_is_gone_on_both_media(
    district: StoreDistrict,
) -> None:
    """The copy holds nothing any more: no empty keyring takes the place of the lost one."""
    mirror = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano, stocked(1))
    enggano.close()
    path = district.members["Enggano"].folder / "keyring"
    lost = path.read_bytes()
    path.unlink()
    (copy,) = mirror.glob("*.keyring")
    for left in (lost[:HEAD], lost[:HEAD] + bytes(RECORD), b"noise"):
        copy.write_bytes(left)
        with pytest.raises(Refusal, match="broken_book"):
            district.open("Enggano")
        assert not path.exists()
    path.write_bytes(lost)
    assert district.open("Enggano").verify().sound


def test_it_holds_no_more_keys_unwrapped_than_its_limit(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond it memory is let go, and every key is still found."""
    monkeypatch.setattr(limits, "KEYS_HELD_MAX", 2)
    kept = ring(path)
    kept.ensure([BUDI, MADE, WATI])
    keys = [kept.get(subject) for subject in (BUDI, MADE, WATI)]
    assert len(kept._keys) == 1
    assert [kept.get(subject) for subject in (BUDI, MADE, WATI)] == keys
