"""Books of every format ever: unchanged files, read by today's program as they were meant."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from perahu.journal.beside.mirror import Mirror
from perahu.journal.journal import RECOUNT
from perahu.node.courier import export_to, import_files
from perahu.node.disk import RealDisk
from perahu.node.office import Office
from perahu.node.tables import Tables
from sim.kills import checks, desk
from sim.kills.checks import Lost
from sim.kills.town import ENGGANO, HUB, NODES, PHRASE, Town, officer_of
from tests.journal import golden
from tests.versions.corpus import (
    EVENTS_MAX,
    FOLDER,
    Corpus,
    changed_in_git,
    kept,
    told_by,
)
from tests.versions.golden_book import at, missing
from tools import auditor
from tools.auditor_facts import audit

CORPORA = kept()
EACH = pytest.mark.parametrize(
    "corpus", CORPORA, ids=[corpus.folder.name for corpus in CORPORA]
)


@EACH
def test_it_is_never_changed(corpus: Corpus) -> None:
    """Every file is what it was when it was made; none went, none came."""
    assert corpus.files() == corpus.sums()


BEFORE_ANY_BOOK = "12f16c6f0"
"""One commit changed two golden facts in the week before the first office had a book."""


def test_it_was_never_changed_in_git() -> None:
    """No commit that git knows changed a golden file: not even together with its sum."""
    for folder in (FOLDER, golden.FOLDER):
        found = changed_in_git(folder)
        assert [one for one in found if not one.startswith(BEFORE_ANY_BOOK[:7])] == []


def test_it_holds_every_kind_of_fact() -> None:
    """A new kind asks for a new number: `python -m tests.versions.golden_book`."""
    assert CORPORA and missing(CORPORA[-1]) == []


@EACH
@pytest.mark.parametrize("name", NODES)
def test_it_works(corpus: Corpus, name: str, tmp_path: Path) -> None:
    """The node opens, goes on where it was, is sound, and says what it said then."""
    town, lost = corpus.copy(tmp_path / "town"), Lost()
    checks.audit(town, name, lost)
    assert lost.found == [], "read by other eyes before we touch it"
    with at(town, name) as office:
        healing = office.journal.healing
        assert (healing.copied_back, healing.rolled_back) == (0, False)
        assert told_by(office) == corpus.said[name]
        report = office.journal.verify()
        assert report.sound, [words.en for words in report.faults]
        assert report.erased == 1, "its body is gone for ever, at both"
        events = office.journal.events(0, EVENTS_MAX)
        with Tables(tmp_path / "anew", office.keys.tables_key) as anew:
            assert anew.apply(events, events[-1].position) == []
            assert anew.content_hash() == office.tables.content_hash()
    checks.audit(town, name, lost)
    assert lost.found == []


@EACH
@pytest.mark.parametrize("name", NODES)
def test_it_is_read_by_the_auditors_command(
    corpus: Corpus, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder and the mirror as an office has them, and the passphrase typed."""
    monkeypatch.setattr("getpass.getpass", lambda _: PHRASE)
    town = corpus.copy(tmp_path / "town")
    assert auditor.main([str(town.place(name)), str(town.mirror(name))], audit) == 0


@EACH
def test_it_reads_the_courier_file(corpus: Corpus, tmp_path: Path) -> None:
    """A file written then is taken in today, once and for all."""
    town = corpus.copy(tmp_path / "town")
    assert list(town.stick.iterdir())
    for _ in range(2):
        with at(town, HUB) as hub:
            import_files(hub, [town.stick], None)
            assert told_by(hub) == corpus.said["Hub after"]
            assert hub.journal.verify().sound


@EACH
@pytest.mark.parametrize("name", [HUB, ENGGANO])
def test_it_brings_the_book_back_from_the_mirror(
    corpus: Corpus, name: str, tmp_path: Path
) -> None:
    """The machine's disk took the book; the stick of then gives every own entry back."""
    town = corpus.copy(tmp_path / "town")
    with at(town, name) as office:
        own = {row.id: row.head_seq for row in office.journal.journals() if row.own}
        read = Mirror(town.mirror(name), RealDisk()).read(office.journal.node_id, 1)
        assert {(one.journal, one.seq) for one in read} == {
            (journal, seq)
            for journal, head in own.items()
            for seq in range(1, head + 1)
        }
        lasting = {j: _before_the_erased(office, j, head) for j, head in own.items()}
    for file in town.place(name).glob("book.sqlite3*"):
        file.unlink()
    with at(town, name) as office:
        rows = {row.id: row for row in office.journal.journals() if row.own}
        healing = office.journal.healing
        assert {journal: rows[journal].head_seq for journal in own} == lasting
        assert healing.copied_back == sum(lasting.values()) > 0
        # Behind an erased entry nothing chains on: the node says so and goes on anew.
        assert healing.rolled_back == (lasting != own)
        assert office.journal.halts() == ([RECOUNT] if lasting != own else [])
    if name == ENGGANO:
        _hear_the_hub(town)
    with at(town, name) as office:
        report = office.journal.verify()
        assert report.sound, [words.en for words in report.faults]


def _hear_the_hub(town: Town) -> None:
    """The hub's facts were in the lost book only; a file to and fro brings them again."""
    for sender, receiver in ((ENGGANO, HUB), (HUB, ENGGANO)):
        with at(town, sender) as office:
            export_to(office, town.node_id(receiver), town.stick)
        with at(town, receiver) as office:
            import_files(office, [town.stick], None)


def _before_the_erased(office: Office, journal: bytes, head: int) -> int:
    """How far a mirror can bring a journal back: its keys of erased entries are gone."""
    row = office.journal.journal(journal)
    assert row is not None
    stored = office.journal._book.stored(row, 1, head)
    whole = [item.body is not None for item in stored]
    return whole.index(False) if False in whole else head


@EACH
def test_it_goes_on(corpus: Corpus, tmp_path: Path) -> None:
    """Two nodes of then work on today: the office records, and the hub gets it."""
    town = corpus.copy(tmp_path / "town")
    shutil.rmtree(town.stick)
    os.mkdir(town.stick)
    with at(town, ENGGANO) as office:
        number = desk.STEPS * 90
        ask = office.ask(officer_of(office, ENGGANO), desk.op_id(number))
        given = desk.do(office, ask, number)
        export_to(office, town.node_id(HUB), town.stick)
    with at(town, HUB) as hub:
        import_files(hub, [town.stick], town.stick)
        assert hub.journal.hash_at(given.journal, given.seq) == given.h
    with at(town, ENGGANO) as office:
        import_files(office, [town.stick], None)
        assert office.journal.level_of(given.journal, given.seq) >= 1
