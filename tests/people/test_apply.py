"""Facts into the tables: in any order, twice, in any batches, always the same rows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from perahu.enrolment.facts import RecordingOpened
from perahu.journal.types import Event
from perahu.keys.facts import CentreSeen
from perahu.kinds import Fact
from perahu.node.tables import Tables
from perahu.people import reads
from perahu.people.facts import (
    ImportBegun,
    ImportUndone,
    ResidentCorrected,
    ResidentRegistered,
    SamePerson,
)
from perahu.people.models import BiodataStatement, Person, SoundToken
from tests.people.builders import BATCH, create_biodata, event_of, imported, person_id

OTHER = b"batch-000002"
PAPER = "AKTA 1703-LU-15082025-0001"


def corrected(number: int, old: str, new: str) -> ResidentCorrected:
    """The name of a person of this number, corrected."""
    return ResidentCorrected(
        person=person_id(number), changes=(("nama", old, new, PAPER),), wilayah="170301"
    )


def opened(number: int) -> RecordingOpened:
    """A recording of this person was opened: some office has served them."""
    return RecordingOpened(
        person=person_id(number),
        recording=person_id(100 + number),
        wilayah="170301",
        number="0001/170301/XI/2026",
        nik="1703011208909001",
        background="red",
    )


def begun(batch: bytes = BATCH) -> ImportBegun:
    """An import began."""
    return ImportBegun(batch=batch, file_name="x.csv", file_hash=bytes(32), rows=3)


def name_of(number: int) -> str:
    """The name that stands, "" for none."""
    found = reads.person(person_id(number))
    return found.biodata.nama if found else ""


def test_it_works(tables: Tables) -> None:
    """An imported resident has one row, tokens to be found by, and no history."""
    reads.apply([event_of(begun()), event_of(imported(1))])
    found = reads.person(person_id(1))
    assert found is not None
    assert found.biodata == create_biodata(nik="1703011208909001")
    assert (found.batch, found.is_undone, found.is_served) == (BATCH, False, False)
    assert SoundToken.objects.count() == 3
    assert not BiodataStatement.objects.exists()


def test_it_passes_over_what_concerns_nobody(tables: Tables) -> None:
    """Facts of other rooms without a person leave no row."""
    reads.apply([event_of(CentreSeen(at_ms=1))])
    assert not Person.objects.exists()


def test_it_counts_one_import_for_two_offices_once(tables: Tables) -> None:
    """The hub sees a resident stated to the kecamatan and to the laptop: one statement."""
    reads.apply([event_of(imported(1)), event_of(imported(1), journal=b"k" * 16)])
    reads.apply([event_of(imported(1), journal=b"l" * 16)])
    assert not BiodataStatement.objects.exists()
    assert Person.objects.count() == 1


def test_it_keeps_a_correction_that_came_before_the_import(tables: Tables) -> None:
    """The office's correction may arrive before the hub's import of the same person."""
    mend = event_of(corrected(1, "BUDI KAITORA", "BUDI KAUNO"), lamport=9)
    reads.apply([mend])
    assert reads.person(person_id(1)) is None
    reads.apply([event_of(imported(1), lamport=3)])
    assert name_of(1) == "BUDI KAUNO"
    assert [r.person for r in reads.search("kauno")] == [person_id(1)]
    assert reads.search("kaitora") == []


def test_it_forgets_an_undone_import_unless_somebody_was_served(tables: Tables) -> None:
    """Undone residents are found by nobody, but whoever was served stays known."""
    reads.apply([event_of(begun()), *(event_of(imported(n)) for n in (1, 2, 3))])
    reads.apply([event_of(opened(1)), event_of(ImportUndone(batch=BATCH, reason="x"))])
    assert [r.person for r in reads.search("budi")] == [person_id(1)]
    assert reads.by_nik("1703011208909002") is None
    assert reads.person(person_id(2)) is None and reads.biodata(person_id(2)) is None
    assert reads.biodata(person_id(1)) is not None
    reads.apply([event_of(imported(4))])
    assert reads.by_nik("1703011208909004") is None
    state = reads.import_state(BATCH)
    assert state is not None and state.is_undone and state.reason == "x"


def test_it_brings_the_older_import_back(tables: Tables) -> None:
    """Undoing the newer of two imports leaves what the older one said."""
    reads.apply([event_of(imported(1)), event_of(imported(1, OTHER, nama="SALAH"))])
    assert name_of(1) == "SALAH"
    reads.apply([event_of(ImportUndone(batch=OTHER, reason="x"))])
    assert name_of(1) == "BUDI KAITORA"
    assert reads.search("salah") == []


def test_it_follows_links_and_survives_a_circle(tables: Tables) -> None:
    """Whoever asks with a second id gets the one person; a circle has one answer."""
    reads.apply([event_of(imported(1)), event_of(imported(2))])
    reads.apply(
        [event_of(SamePerson(person=person_id(1), other=person_id(2), reason="x"))]
    )
    assert reads.person_of(person_id(2)) == person_id(1)
    assert [r.person for r in reads.search("budi")] == [person_id(1)]
    reads.apply(
        [event_of(SamePerson(person=person_id(2), other=person_id(1), reason="x"))]
    )
    assert reads.person_of(person_id(1)) == reads.person_of(person_id(2))


def test_it_finds_a_second_id_whose_first_is_unknown_here(tables: Tables) -> None:
    """A link to a person of another office hides nobody at this one."""
    reads.apply([event_of(imported(2))])
    reads.apply(
        [event_of(SamePerson(person=person_id(1), other=person_id(2), reason="x"))]
    )
    assert len(reads.search("budi")) == 1
    assert reads.biodata(person_id(2)) is not None


def test_it_marks_as_served_by_any_room(tables: Tables) -> None:
    """A fact of another room about a person marks them, known or not."""
    reads.apply([event_of(opened(7))])
    row = Person.objects.get(pk=person_id(7).hex())
    assert row.served and not row.nama
    reads.apply([event_of(imported(7))])
    found = reads.person(person_id(7))
    assert found is not None and found.is_served


# The world below in every order: two persons, two imports of one, a registration, two
# corrections, a link, a service, and one import undone.
_FACTS: tuple[Fact, ...] = (
    begun(),
    imported(1),
    imported(1, OTHER, nama="BUDI BARU"),
    imported(2),
    ResidentRegistered(
        person=person_id(3),
        biodata=create_biodata(nama="SITI AMINAH"),
        wilayah="170301",
        papers="KK",
    ),
    corrected(1, "BUDI KAITORA", "BUDI KAUNO"),
    corrected(3, "SITI AMINAH", "SITI AMINA"),
    SamePerson(person=person_id(1), other=person_id(3), reason="x"),
    opened(2),
    ImportUndone(batch=OTHER, reason="x"),
)
_WORLD = tuple(
    event_of(fact, lamport=at, journal=(b"j" if at % 3 else b"k") * 16)
    for at, fact in enumerate(_FACTS, start=1)
)


def _hash_of(tables: Tables, events: Sequence[Event], cuts: Sequence[int]) -> bytes:
    tables.rebuild()
    edges = [0, *sorted(cuts), len(events)]
    for start, end in itertools.pairwise(edges):
        reads.apply(events[start:end])
    return tables.content_hash()


def test_it_makes_the_same_rows_in_any_order(tmp_path: Path) -> None:
    """Any order, any batches, anything twice: the tables are equal to the last byte."""
    with (
        Tables(tmp_path / "tables", b"t" * 32, [reads.apply]) as tables,
        tables.at_work(),
    ):
        wanted = _hash_of(tables, _WORLD, ())

        @settings(max_examples=30, deadline=None)
        @given(
            order=st.permutations(range(len(_WORLD))),
            cuts=st.lists(st.integers(0, len(_WORLD)), max_size=4),
            again=st.lists(st.integers(0, len(_WORLD) - 1), max_size=3),
        )
        def same(order: list[int], cuts: list[int], again: list[int]) -> None:
            events = [_WORLD[i] for i in [*order, *again]]
            assert _hash_of(tables, events, cuts) == wanted

        same()
