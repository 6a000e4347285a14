"""Erasing by law: no trace of the text anywhere, and the chain still verifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from perahu.journal.journal import Journal
from perahu.journal.segment import decode_segment
from perahu.journal.types import COMMON, Event
from perahu.node.disk import RealDisk
from perahu.people.facts import ResidentCorrected
from tests.cast import BUDI, SARI, carry, give, stocked, with_hub
from tests.journal.stores import BOTH_STORES, StoreDistrict, with_mirror

OTHER = b"other-person"
SECRET = "Jalan Merpati yang tidak boleh disebut lagi"


def about(subject: bytes, text: str = SECRET) -> ResidentCorrected:
    """A fact whose text must vanish."""
    changes = (("alamat", "", text, "putusan"),)
    return ResidentCorrected(person=subject, changes=changes, wilayah="170301")


def plain_copy(district: StoreDistrict, target: Path) -> bytes:
    """The node's book without its encryption, free pages and all, and its WAL's tables."""
    member = district.members["Enggano"]
    connection = sqlcipher.connect(str(member.folder / "book.sqlite3"))
    connection.execute(f"PRAGMA key = \"x'{member.keys.book_key.hex()}'\"")
    connection.execute(f"ATTACH DATABASE '{target}' AS plain KEY ''")
    connection.execute("SELECT sqlcipher_export('plain')")
    connection.close()
    return target.read_bytes()


def key_of(journal: Journal, subject: bytes) -> bytes:
    """The subject's key, as a thief of the machine could use it today."""
    found = journal._book.keyring.get(subject)
    assert found is not None
    return found


def erased(district: StoreDistrict) -> tuple[Journal, Journal, bytes]:
    """The hub, Enggano after Budi was erased there, and Budi's destroyed key."""
    hub, enggano = with_hub(district)
    district.state(enggano, about(BUDI), about(OTHER), about(BUDI, "sekali lagi"))
    key = key_of(enggano, BUDI)
    assert enggano.erase(BUDI) == 2
    return hub, enggano, key


def test_it_works(district: StoreDistrict) -> None:
    """The bodies are gone, the others stay, and the book is still sound."""
    _, enggano, _ = erased(district)
    facts = [e.fact for e in enggano.events() if isinstance(e.fact, ResidentCorrected)]
    assert facts == [about(OTHER)]
    report = enggano.verify()
    assert report.sound and report.erased == 2


def test_it_leaves_the_text_in_no_file(district: StoreDistrict, tmp_path: Path) -> None:
    """Not in the book, its WAL, the mirror or a keyring, and no key to what was there."""
    mirror = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano, about(BUDI))
    row = next(r for r in enggano.journals() if r.own and r.lane == 1)
    cipher = enggano._book.stored(row, 1, 1)[0].body
    ring = (district.members["Enggano"].folder / "keyring").read_bytes()
    wrapped = ring[ring.index(BUDI) + 12 :][:72]
    key = key_of(enggano, BUDI)
    enggano.erase(BUDI)
    enggano.close()
    plain = plain_copy(district, tmp_path / "plain.sqlite3")
    assert cipher is not None and cipher not in plain and key not in plain
    folders = (district.members["Enggano"].folder, mirror)
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    assert {p.suffix for p in files} >= {".keyring", ".jrnm", ".sqlite3"}
    for path in files:
        content = path.read_bytes()
        assert SECRET.encode() not in content
        assert key not in content and wrapped not in content, path.name


def test_it_does_not_come_back_with_an_old_stick(district: StoreDistrict) -> None:
    """The mirror was away at the erasure; a later rescue from it brings no key back."""
    mirror = with_mirror(district)
    _, enggano = with_hub(district)
    district.state(enggano, about(BUDI))
    away = mirror.rename(mirror.with_name("away"))
    enggano.erase(BUDI)
    enggano.close()
    away.rename(mirror)
    enggano = district.open("Enggano")
    district.state(enggano, stocked(1))
    assert enggano._book.keyring.get(BUDI) is None
    assert BUDI not in next(mirror.glob("*.keyring")).read_bytes()
    assert enggano.verify().sound


def test_it_is_finished_after_a_crash(district: StoreDistrict) -> None:
    """The key is gone and the bodies still lie there: asking again deletes them."""
    _, enggano = with_hub(district)
    district.state(enggano, about(BUDI))
    row = next(r for r in enggano.journals() if r.own and r.lane == 1)
    before = enggano._book.stored(row, 1, 1)[0]
    enggano.erase(BUDI)
    with enggano._book.store.transaction():
        enggano._book.store.run(
            "UPDATE entries SET salt = ?, body = ? WHERE journal = ?",
            (before.salt, before.body, row.number),
        )
    assert enggano.verify().sound, "a body without a key is an erased one"
    enggano.seal()
    assert next(enggano.segments(row.id, 0)).entries[0].body is None
    assert enggano.erase(BUDI) == 1
    assert enggano._book.stored(row, 1, 1)[0].body is None
    assert enggano.verify().sound


def test_it_still_travels(district: StoreDistrict) -> None:
    """A segment with erased bodies carries their commits; the peer verifies and goes on."""
    hub, enggano, _ = erased(district)
    carry(enggano, hub, audience=lambda a: a == b"")
    facts = [e.fact for e in hub.events() if isinstance(e.fact, ResidentCorrected)]
    assert facts == [about(OTHER)]
    assert hub.verify().sound and hub.verify().erased == 2 and hub.parked() == []


def test_it_survives_the_wire(district: StoreDistrict) -> None:
    """Erased and whole entries of one segment come back from its bytes as they were."""
    _, enggano, _ = erased(district)
    enggano.seal()
    row = next(r for r in enggano.journals() if r.own and r.lane == 1)
    segment = next(enggano.segments(row.id, 0))
    assert decode_segment(segment.encode()) == segment
    assert [e.body is None for e in segment.entries] == [True, False, True]


def test_it_erases_at_each_node_alone(district: StoreDistrict) -> None:
    """The hub keeps what it has until it erases too; then it is gone there as well."""
    hub, enggano = with_hub(district)
    district.state(enggano, about(BUDI))
    carry(enggano, hub, audience=lambda a: a == b"")
    enggano.erase(BUDI)
    give(hub, enggano)
    assert about(BUDI) in [e.fact for e in hub.events()]
    assert hub.erase(BUDI) == 1
    assert about(BUDI) not in [e.fact for e in hub.events()]
    assert hub.verify().sound


def test_it_lets_the_subject_appear_again(district: StoreDistrict) -> None:
    """A new fact about an erased subject gets a new key; the old bodies stay gone."""
    _, enggano, key = erased(district)
    district.state(enggano, about(BUDI, "baru"))
    assert key_of(enggano, BUDI) != key
    facts = [e.fact for e in enggano.events() if isinstance(e.fact, ResidentCorrected)]
    assert facts == [about(OTHER), about(BUDI, "baru")]
    assert enggano.verify().sound


@BOTH_STORES
def test_it_is_seen_by_a_process_already_running(district: StoreDistrict) -> None:
    """The desks' process neither shows nor keeps what another process erased."""
    _, desk = with_hub(district)
    district.state(desk, about(BUDI))
    tool = district.open("Enggano")
    tool.erase(BUDI)
    desk.catch_up()
    assert desk._book.keyring.get(BUDI) is None
    assert all(not isinstance(e.fact, ResidentCorrected) for e in desk.events())


@dataclass
class Shown:
    """Tables that show the subjects of every correction they were told of."""

    subjects: set[bytes] = field(default_factory=set)
    at: int = 0
    rebuilt: int = 0

    def position(self) -> int:
        """How far they are."""
        return self.at

    def belong_to(self, book: bytes) -> None:
        """One book only."""

    def rebuild(self) -> None:
        """Empty again."""
        self.subjects, self.at, self.rebuilt = set(), 0, self.rebuilt + 1

    def apply(
        self, events: Sequence[Event], position: int
    ) -> Sequence[tuple[Event, str]]:
        """Show whom they are about."""
        facts = [e.fact for e in events if isinstance(e.fact, ResidentCorrected)]
        self.subjects |= {fact.person for fact in facts}
        self.at = position
        return []


def test_it_makes_the_tables_anew_after_a_crash(district: StoreDistrict) -> None:
    """Nobody who dies between erasing and rebuilding leaves the text in the tables."""
    tables = Shown()
    hub, enggano = district.open("Hub"), district.open("Enggano", tables)
    district.found(hub)
    give(hub, enggano)
    district.state(enggano, about(BUDI), about(OTHER))
    assert tables.subjects == {BUDI, OTHER}
    enggano.erase(BUDI)
    enggano.close()  # the process dies here
    for _ in range(2):
        district.open("Enggano", tables).close()
        assert (tables.subjects, tables.rebuilt) == ({OTHER}, 1)
    enggano = district.open("Enggano", tables)
    enggano.erase(OTHER)
    enggano.catch_up()
    enggano.catch_up()
    assert (tables.subjects, tables.rebuilt) == (set(), 2)


class PowerCut(BaseException):
    """What ends the program in the middle of an erasure."""


class CutDisk(RealDisk):
    """The keys are written anew, and then the power goes."""

    def replace_durable(self, path: Path, content: bytes) -> None:
        """Write, and end the program where it was the keyring."""
        super().replace_durable(path, content)
        if path.name == "keyring":
            raise PowerCut


def test_it_shows_nothing_after_a_power_cut_between_key_and_body(
    district: StoreDistrict,
) -> None:
    """The key is gone and the ciphertext not yet: no event, nothing freed, and sound."""
    hub, enggano = with_hub(district)
    district.state(enggano, about(BUDI))
    provinsi = district.open("Provinsi", disk=CutDisk())
    carry(enggano, provinsi, audience=lambda a: a == b"")
    assert [one.code for one in provinsi.parked()] == ["not_allowed"]
    with pytest.raises(PowerCut):
        provinsi.erase(BUDI)
    provinsi.close()
    provinsi = district.open("Provinsi")
    carry(hub, provinsi, audience=lambda a: a == COMMON)
    assert len(provinsi.parked()) == 1, "judged again, and there is nothing to read"
    facts = [e.fact for e in provinsi.events()]
    assert about(BUDI) not in facts and provinsi.verify().sound


def test_it_shows_no_event_whose_key_went_first(district: StoreDistrict) -> None:
    """The same at the office itself, where the fact had counted."""
    _, enggano = with_hub(district)
    district.state(enggano, about(BUDI), stocked())
    enggano.close()
    enggano = district.open("Enggano", disk=CutDisk())
    with pytest.raises(PowerCut):
        enggano.erase(BUDI)
    enggano.close()
    enggano = district.open("Enggano")
    assert [e.fact for e in enggano.events() if e.node == enggano.node_id] == [
        stocked()
    ]
    assert enggano.erase(BUDI) == 1, "asked again, it is finished"


@pytest.mark.damages_book("the key of what is about nobody is lost")
def test_it_knows_no_grant_whose_key_is_lost(district: StoreDistrict) -> None:
    """The keyring's first record is noise: the hub's word is not read, and none is made up."""
    _, enggano = with_hub(district)
    enggano.close()
    path = district.members["Enggano"].folder / "keyring"
    raw = path.read_bytes()
    path.write_bytes(raw[:28] + bytes(72) + raw[100:])
    enggano = district.open("Enggano")
    assert enggano.authority.grant(SARI) is None
