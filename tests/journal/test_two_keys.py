"""One person, two keys: an old copy made its own while the mirror lay in a drawer.

Neither may be written over, or what was sealed with it stays closed for ever; and an erasure
destroys both, wherever they lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from perahu.journal.journal import Journal
from perahu.node.disk import RealDisk
from perahu.people.facts import ResidentCorrected
from tests.cast import BUDI, give, stocked, with_hub
from tests.journal.stores import BOTH_STORES, Saved, StoreDistrict, with_mirror
from tests.sync.road import Meeting

pytestmark = BOTH_STORES
WATI, RUDI = b"wati-person\0", b"rudi-person\0"
FIRST, SECOND = "Jalan Merpati", "Jalan Kakatua"
OF_WATI, OF_RUDI = "Gang Kelapa", "Gang Nuri"
HEAD, RECORD = 16, 84


def about(text: str, subject: bytes = BUDI) -> ResidentCorrected:
    """A fact whose text is looked for again."""
    changes = (("alamat", "", text, "putusan"),)
    return ResidentCorrected(person=subject, changes=changes, wilayah="170301")


def texts(journal: Journal) -> set[str]:
    """What can be read of the corrections."""
    facts = (event.fact for event in journal.events())
    return {f.changes[0][2] for f in facts if isinstance(f, ResidentCorrected)}


def records_of(ring: bytes, subject: bytes) -> set[bytes]:
    """The records of a subject in a keyring's bytes."""
    found = {ring[at : at + RECORD] for at in range(HEAD, len(ring), RECORD)}
    return {record for record in found if record.startswith(subject)}


@dataclass
class Office:
    """Enggano, whose old disk is at work while its mirror lies in a drawer."""

    district: StoreDistrict
    mirror: Path
    hub: Journal
    old: Journal
    newer: Saved
    """The disk on which the mirror's entries were stated."""

    @property
    def keyring(self) -> Path:
        """The keyring that is at work."""
        return self.district.members["Enggano"].folder / "keyring"

    @property
    def copy(self) -> Path:
        """The mirror's keyring."""
        return self.mirror / f"{self.old.node_id.hex()[:8]}.keyring"

    def plug_in(self) -> None:
        """Somebody finds the stick."""
        self.mirror.with_name("drawer").rename(self.mirror)

    def reopen(self) -> Journal:
        """Start the office's program again."""
        self.old.close()
        self.old = self.district.open("Enggano")
        return self.old

    def lose_book(self) -> None:
        """Book and keyring are gone; certificate and mirror are not."""
        self.old.close()
        member = self.district.members["Enggano"]
        member.book_url = None
        for path in [self.keyring, *member.folder.glob("book.sqlite3*")]:
            path.unlink()


@pytest.fixture
def office(district: StoreDistrict) -> Office:
    """Both disks recorded something of Budi, and each made a key for him."""
    mirror = with_mirror(district)
    hub, enggano = with_hub(district)
    district.state(enggano, stocked(1), about(OF_RUDI, RUDI))
    enggano.close()
    backup = district.save("Enggano")
    enggano = district.open("Enggano")
    assert district.state(enggano, about(FIRST), about(OF_WATI, WATI)).mirrored
    enggano.close()
    newer = district.save("Enggano")
    district.restore(backup, keep=["fence"])
    mirror.rename(mirror.with_name("drawer"))
    old = district.open("Enggano")
    assert old.healing.rolled_back and old.epoch == 2
    assert not district.state(old, about(SECOND)).mirrored
    return Office(district, mirror, hub, old, newer)


@pytest.mark.parametrize("is_at_work", [True, False])
def test_it_opens_what_the_mirror_alone_held(office: Office, is_at_work: bool) -> None:
    """The stick comes back, while the office works or before it starts: both texts are there."""
    if is_at_work:
        office.plug_in()
        assert office.district.state(office.old, stocked(2)).mirrored
    else:
        office.old.close()
        office.plug_in()
    old = office.reopen()
    assert old.healing.copied_back == 2
    assert {FIRST, SECOND, OF_WATI} < texts(old) and old.verify().sound
    Meeting(old, office.hub).hold()
    assert {FIRST, SECOND, OF_WATI} < texts(office.hub)
    assert old.verify().sound and office.hub.verify().sound


def test_it_opens_what_the_old_copy_said_itself(office: Office) -> None:
    """Then the old disk dies as well: the mirror gives back what either key sealed."""
    office.plug_in()
    assert office.district.state(office.old, stocked(2)).mirrored
    office.lose_book()
    old = office.reopen()
    give(office.hub, old)
    assert {FIRST, SECOND, OF_WATI} < texts(old) and old.verify().sound


def test_it_brings_the_old_copys_key_to_the_newer_disk(office: Office) -> None:
    """The stick was with the old copy, and goes with the newer disk: the other way round."""
    office.plug_in()
    assert office.district.state(office.old, stocked(2)).mirrored
    office.old.close()
    office.district.restore(office.newer)
    newer = office.reopen()
    assert newer.healing.rolled_back and newer.epoch == 3
    assert {FIRST, SECOND, OF_WATI} < texts(newer)
    assert office.district.state(newer, about("Jalan Beo")).mirrored
    assert newer.verify().sound


class PowerCut(BaseException):
    """What ends the program between two files."""


@dataclass
class CutDisk(RealDisk):
    """The power goes when a file is to be written whole: before it, or as soon as it is."""

    ending: str
    is_written: bool

    def replace_durable(self, path: Path, content: bytes) -> None:
        """End the program at the one file."""
        if self.is_written:
            super().replace_durable(path, content)
        if path.name.endswith(self.ending):
            raise PowerCut
        if not self.is_written:
            super().replace_durable(path, content)


@pytest.mark.parametrize("is_written", [True, False])
@pytest.mark.parametrize("ending", ["keyring", ".keyring"])
@pytest.mark.parametrize("is_erasure", [True, False])
def test_it_survives_a_power_cut_between_the_two_keyrings(
    office: Office, ending: str, is_written: bool, is_erasure: bool
) -> None:
    """Here and not there, or there and not yet noted: the next start brings both to one state."""
    office.old.close()
    cut = office.district.open("Enggano", disk=CutDisk(ending, is_written))
    office.plug_in()
    with pytest.raises(PowerCut):
        if is_erasure:
            cut.erase(BUDI)
        else:
            office.district.state(cut, stocked(2))
    cut.close()
    old = office.reopen()
    if is_erasure:
        old.erase(BUDI)
    assert office.keyring.read_bytes() == office.copy.read_bytes()
    assert len(records_of(office.copy.read_bytes(), BUDI)) == 2 * (not is_erasure)
    assert records_of(office.copy.read_bytes(), WATI)
    # What the mirror holds behind an erased entry comes from the hub, and not from there.
    wanted = set() if is_erasure else {FIRST, SECOND, OF_WATI}
    assert texts(old) - {OF_RUDI} == wanted and old.verify().sound


def test_it_seals_with_its_own(office: Office) -> None:
    """What is new is sealed as before the stick came: who looked last week opens it."""
    key = office.old._book.keyring.get(BUDI)
    office.plug_in()
    assert office.district.state(office.old, about("Jalan Beo")).mirrored
    assert len(records_of(office.keyring.read_bytes(), BUDI)) == 2
    assert office.keyring.read_bytes() == office.copy.read_bytes()
    assert office.reopen()._book.keyring.get(BUDI) == key


def test_it_is_seen_by_a_process_already_running(office: Office) -> None:
    """A desk that looked at Budi before the stick came goes on with him and with who is new."""
    desk = office.district.open("Enggano")
    assert SECOND in texts(desk)
    office.plug_in()
    assert office.district.state(office.old, stocked(2)).mirrored
    office.district.state(
        desk, about("Jalan Beo"), about("Gang Baru", b"beni-person\0")
    )
    assert records_of(office.copy.read_bytes(), b"beni-person\0")
    assert office.old.erase(BUDI) == 2
    desk.catch_up()
    assert texts(desk) == texts(office.old) == {OF_RUDI, "Gang Baru"}
    assert BUDI not in office.keyring.read_bytes() + office.copy.read_bytes()


@pytest.mark.parametrize("is_taken", [True, False])
def test_it_erases_both(office: Office, is_taken: bool) -> None:
    """No record of Budi's is left in a keyring: neither disk's text can be opened again.

    Also where the erasure is the first thing after the stick came back; and then the keys of
    others that it alone has are kept.
    """
    before = records_of(office.keyring.read_bytes(), BUDI)
    office.plug_in()
    before |= records_of(office.copy.read_bytes(), BUDI)
    assert len(before) == 2
    if is_taken:
        assert office.district.state(office.old, stocked(2)).mirrored
        assert office.reopen().healing.copied_back == 2
    assert office.old.erase(BUDI) == 1 + is_taken
    for path in (office.keyring, office.copy):
        assert BUDI not in path.read_bytes()
        assert records_of(path.read_bytes(), WATI), f"{path}: Wati's key is lost"
    old = office.reopen()
    assert not {FIRST, SECOND} & texts(old) and old.verify().sound
    files = [*office.keyring.parent.rglob("*"), *office.mirror.rglob("*")]
    for path in (p for p in files if p.is_file()):
        assert not any(record[12:] in path.read_bytes() for record in before), path


def test_it_erases_where_two_keyrings_look_alike(office: Office) -> None:
    """Each disk erased somebody: one generation and one size, and another history in it."""
    district = office.district
    assert office.old.erase(RUDI) == 1
    district.state(office.old, about("Jalan Beo", b"beni-person\0"))
    office.old.close()
    later = district.save("Enggano")
    district.restore(office.newer)
    office.plug_in()
    assert office.reopen().erase(WATI) == 1
    office.old.close()
    assert len(office.keyring.read_bytes()) == (later.folder / "keyring").stat().st_size
    district.restore(later)
    assert district.state(office.reopen(), stocked(2)).mirrored
    assert RUDI not in office.keyring.read_bytes() + office.copy.read_bytes()
    assert {FIRST, SECOND, "Jalan Beo"} <= texts(office.old)
