"""A restored or cloned node goes on under a new epoch; the hub confirms what it sees."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from perahu.journal.journal import CLONE, RECOUNT
from perahu.journal.types import Receipt
from perahu.keys.facts import ForkSeen
from perahu.node.actions import confirm_epochs, note_fork, revoke_node
from perahu.node.courier import export_to, import_files
from perahu.node.enrolling import NewNode
from perahu.node.epochs import epochs_of
from perahu.node.office import Office, open_office
from perahu.node.rebuilding import enrol_again
from perahu.node.road import record_evidence, side_of
from perahu.sync.offer import ForkEvidence
from tests.node.offices import PHRASE, add_enggano, found_hub, perahu


def _carry(source: Office, target: Office, folder: Path) -> None:
    stick = folder / "stick"
    stick.mkdir(exist_ok=True)
    made = export_to(source, target.journal.node_id, stick)
    import_files(target, list(made.paths), None)


@contextmanager
def _both(folder: Path) -> Iterator[tuple[Office, Office]]:
    """The hub and Enggano, which have heard nothing of each other yet."""
    found_hub(folder)
    add_enggano(folder)
    with (
        open_office(folder / "hub", passphrase=PHRASE) as hub,
        open_office(folder / "enggano", passphrase=PHRASE) as enggano,
    ):
        yield hub, enggano


def _noted(office: Office) -> Receipt:
    """Something of its own that Enggano has to say."""
    node = office.journal.node_id
    fork = ForkSeen(node=node, journal=bytes(16), seq=1, ours=b"", theirs=b"")
    return note_fork(office.journal, office.ask(), fork=fork)


def test_it_works(tmp_path: Path) -> None:
    """The entries of a second epoch arrive, the hub confirms it once, the node hears it."""
    with _both(tmp_path) as (hub, enggano):
        assert confirm_epochs(hub.journal, hub.ask()) is None
        _carry(hub, enggano, tmp_path)
        enggano.journal.begin_epoch()
        _noted(enggano)
        _carry(enggano, hub, tmp_path)
        assert confirm_epochs(hub.journal, hub.ask()) is not None
        assert confirm_epochs(hub.journal, hub.ask()) is None
        _carry(hub, enggano, tmp_path)
        chain = sha256(enggano.journal.chain.encode()).digest()
        assert enggano.authority.confirmed_epochs(enggano.journal.node_id) == {2: chain}


def test_it_leaves_a_number_that_the_hub_confirmed_of_another_book(
    tmp_path: Path,
) -> None:
    """An old disk is put in twice: of its first second epoch the hub heard the greeting."""
    found_hub(tmp_path)
    add_enggano(tmp_path)
    old = tmp_path / "old"
    shutil.copytree(tmp_path / "enggano", old)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        with open_office(tmp_path / "enggano", passphrase=PHRASE) as enggano:
            enggano.journal.begin_epoch()
            _carry(enggano, hub, tmp_path)
        confirm_epochs(hub.journal, hub.ask())
        with open_office(old, passphrase=PHRASE) as enggano:
            enggano.journal.begin_epoch()
            enggano.journal.resume(RECOUNT)
            record_evidence(enggano)
            assert (enggano.journal.epoch, enggano.journal.halts()) == (2, [])
            _carry(hub, enggano, tmp_path)
            record_evidence(enggano)
            assert (enggano.journal.epoch, enggano.journal.halts()) == (3, [RECOUNT])
            record_evidence(enggano)
            assert enggano.journal.epoch == 3


def test_it_shows_the_marks_that_stand_on_paper(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A receipt shows no epoch: by its book's mark and number it is found in the history."""
    with _both(tmp_path) as (hub, enggano):
        for _ in range(2):
            receipt = _noted(enggano)
            _carry(enggano, hub, tmp_path)
            enggano.journal.begin_epoch()
        confirm_epochs(hub.journal, hub.ask())
        first, second = epochs_of(hub, "Enggano")[:2]
        assert second.reach == (("kendali", 1, receipt.journal.hex()[:8]),)
        assert first.reach != second.reach
        mark = receipt.journal.hex()[:8]
    assert perahu(tmp_path / "hub", "history") == 0
    said = capsys.readouterr().out
    assert f"(kendali {mark}: 1)" in said
    assert "this book's mark and a greater number" in said


def test_it_hears_of_an_epoch_in_which_nothing_was_said_yet(tmp_path: Path) -> None:
    """A lost book left no entry of either epoch: the head of one file names the gap.

    Without that nothing at the hub says that an epoch is over until its office works again.
    """
    with _both(tmp_path) as (hub, enggano):
        _carry(enggano, hub, tmp_path)
        assert confirm_epochs(hub.journal, hub.ask()) is None
        assert epochs_of(hub, "Enggano") == []
        enggano.journal.begin_epoch()
        _carry(enggano, hub, tmp_path)
        assert all(row.own for row in hub.journal.journals())
        assert confirm_epochs(hub.journal, hub.ask()) is not None
        assert confirm_epochs(hub.journal, hub.ask()) is None
        chain = sha256(enggano.journal.chain.encode()).digest()
        assert hub.authority.confirmed_epochs(enggano.journal.node_id) == {2: chain}
        shown = [(one.epoch, one.entries, one.is_running) for one in epochs_of(hub)]
        assert shown[-2:] == [(1, 0, False), (2, 0, True)]


def test_it_confirms_nothing_that_a_revoked_node_showed(tmp_path: Path) -> None:
    """Its word counts no more, and its gap has the name of the revocation."""
    with _both(tmp_path) as (hub, enggano):
        enggano.journal.begin_epoch()
        _carry(enggano, hub, tmp_path)
        revoke_node(hub.journal, hub.ask(), name="Enggano", reason="dicuri")
        assert confirm_epochs(hub.journal, hub.ask()) is None


def test_it_takes_a_letter_alone_for_no_epoch(tmp_path: Path) -> None:
    """The hub wrote a chain for a machine that nobody has set up yet: nothing is over."""
    found_hub(tmp_path)
    node_id = add_enggano(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        plan = NewNode(name="Enggano", role="kecamatan", wilayah=("170301",))
        enrol_again(hub, plan, node_id, tmp_path / "again.enrol")
        assert confirm_epochs(hub.journal, hub.ask()) is None


def test_it_makes_facts_of_what_the_witness_saw(tmp_path: Path) -> None:
    """Evidence survives a restart, becomes one fact, and is not told twice."""
    found_hub(tmp_path)
    seen = ForkEvidence(kind="clone", node=b"n" * 16)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        side_of(hub).witness(seen)
        side_of(hub).witness(seen)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        assert record_evidence(hub) == 1
        assert record_evidence(hub) == 0
        facts = [event.fact for event in hub.journal.events()]
        assert [type(fact) for fact in facts].count(ForkSeen) == 1
        assert hub.journal.halts() == []


def test_it_stops_printing_where_it_is_itself_in_doubt(tmp_path: Path) -> None:
    """Told of its own twin it halts; shown its own journal otherwise it goes on anew."""
    found_hub(tmp_path)
    with open_office(tmp_path / "hub", passphrase=PHRASE) as hub:
        me, witness = hub.journal.node_id, side_of(hub).witness
        witness(ForkEvidence(kind="clone", node=me))
        record_evidence(hub)
        assert hub.journal.halts() == [CLONE] and hub.journal.epoch == 1
        witness(ForkEvidence(kind="further", node=me, journal=b"j" * 16, seq=9))
        record_evidence(hub)
        assert hub.journal.epoch == 2 and len(hub.journal.halts()) == 2
        assert hub.journal.verify().sound
