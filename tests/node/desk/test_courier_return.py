"""A return file brings acks, the hub's decision, master data and a print order with its photo."""

from __future__ import annotations

from pathlib import Path

from perahu.cards.models import PrintOrder
from perahu.cases import reads as cases
from perahu.enrolment import actions
from perahu.enrolment.models import Recording
from perahu.journal.types import Level
from perahu.people.models import Person
from sim.people import write_csv
from tests.node.desk.town import PEOPLE, Town
from tests.node.offices import perahu

MORE_PEOPLE = 30


def _hand_over(town: Town, name: str, *words: str | Path) -> list[str]:
    """One courier command at a node; what it says, which names no file it could not use."""
    assert town.terminal is not None
    town.terminal.readouterr()
    code = perahu(town.at(name), "courier", *words)
    shown = town.terminal.readouterr()
    assert code == 0, shown.err
    return shown.out.splitlines()


def test_it_brings_everything_home(town: Town, tmp_path: Path) -> None:
    """A month on Enggano with no link: one stick up, one stick down, and cards to print."""
    stick, (nik,) = tmp_path / "stick", town.to_record()
    stick.mkdir()
    ran = town.run("enggano", "record", "--nik", nik, "--sim-person")
    assert ran.code == 0, ran.err
    _hand_over(town, "enggano", "export", "--to", "Bengkulu Utara", "--folder", stick)
    _hand_over(town, "hub", "import", stick)
    town.centre_answers()
    people = tmp_path / "more.csv"
    write_csv(people, kecamatan="170301", count=MORE_PEOPLE, seed=77)
    assert town.run("hub", "import", people).code == 0
    with town.open("enggano"):
        before = Person.objects.count()
        assert PrintOrder.objects.count() == 0
    # The courier comes by again with the same stick; the hub has its answers by now.
    _hand_over(town, "hub", "import", stick, "--return", stick)
    said = _hand_over(town, "enggano", "import", stick)
    assert any("whole" in line for line in said)
    assert any("1 file for other nodes was left alone" in line for line in said)
    with town.open("enggano") as office:
        row = Recording.objects.get()
        level = actions.level_of(office.journal, bytes.fromhex(row.recording))
        assert level is Level.RECEIVED
        own = [one for one in office.journal.journals() if one.own and one.lane == 1]
        decided = [cases.decision_of(one.id, one.head_seq) for one in own]
        assert decided == ["sah"]
        assert Person.objects.count() > before >= PEOPLE
        (order,) = PrintOrder.objects.all()
        assert order.state == "queued" and not office.journal.blobs.missing()
    (queued,) = town.run("enggano", "print").events
    assert queued["event"] and queued["order"] == order.order
