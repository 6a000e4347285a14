"""Printing a card on the simulated printer: every outcome, and the truth beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from perahu.devices.printer_ports import (
    CARD_PNG_BYTES_MAX,
    GAGAL_CETAK,
    GAGAL_ENCODE,
    JOB_NAME_CHARS_MAX,
    CardJob,
)
from perahu.devices.sim_printer_engine import set_state
from perahu.words import Refusal
from tests.devices.printers import bench, card_png


def test_it_works(tmp_path: Path) -> None:
    """A good card is printed, its picture kept, one card and one panel used."""
    with bench(tmp_path) as desk:
        outcome = desk.print("ab12")
        assert (outcome.outcome, outcome.cause) == ("printed", "")
        assert (tmp_path / "ab12.png").read_bytes() == card_png()
        assert (desk.engine.cards, desk.engine.ribbon) == (99, 499)
        assert desk.engine.truth()["printed"] == 1


@pytest.mark.parametrize(
    ("fault", "outcome", "cause", "fate"),
    [
        ("jam", "spoiled", GAGAL_CETAK, "spoiled"),
        ("encode", "spoiled", GAGAL_ENCODE, "spoiled"),
        ("abort", "never_began", "", "none"),
        ("refuse", "never_began", "", "none"),
        ("mute", "uncertain", "", "spoiled"),
        ("silent", "uncertain", "", "spoiled"),
        ("jam_stops", "uncertain", "", "spoiled"),
        ("forget", "uncertain", "", "printed"),
        ("drop_printed", "uncertain", "", "printed"),
        ("drop_lost", "uncertain", "", "none"),
    ],
)
def test_it_is_only_as_sure_as_the_printer(
    tmp_path: Path, fault: str, outcome: str, cause: str, fate: str
) -> None:
    """Each fault gives its honest outcome, whatever truly became of the card."""
    with bench(tmp_path, faults=(fault,)) as desk:
        given = desk.print()
        desk.clock.wait(60)
        desk.engine.advance()
        assert (given.outcome, given.cause) == (outcome, cause)
        assert desk.fates() == [fate]
        assert given.says


def test_it_prints_the_next_card_after_a_jam(tmp_path: Path) -> None:
    """A jam costs one card; the next attempt is a new job and is printed."""
    with bench(tmp_path, faults=("jam",)) as desk:
        assert desk.print("a1").outcome == "spoiled"
        assert desk.print("a2").outcome == "printed"
        truth = desk.engine.truth()
        assert (truth["cards_fed"], truth["printed"], truth["spoiled"]) == (2, 1, 1)


def test_it_never_prints_a_name_twice(tmp_path: Path) -> None:
    """A name the printer knows is not sent again: its known fate is the answer."""
    with bench(tmp_path) as desk:
        assert desk.print().outcome == "printed"
        assert desk.print().outcome == "printed"
        assert desk.fates() == ["printed"]
        assert desk.engine.cards_fed == 1


def test_it_finds_the_card_of_a_broken_connection(tmp_path: Path) -> None:
    """Asked again under the same name, the printer tells what nobody heard."""
    with bench(tmp_path, faults=("drop_printed",)) as desk:
        assert desk.print().outcome == "uncertain"
        desk.clock.wait(60)
        found = desk.printer.look_up("a1" * 13)
        assert found is not None
        assert found.outcome == "printed"
        assert desk.print().outcome == "printed"
        assert desk.fates() == ["printed"]


def test_it_may_print_a_name_that_surely_never_began(tmp_path: Path) -> None:
    """An attempt that fed no card leaves its name free."""
    with bench(tmp_path, faults=("abort",)) as desk:
        assert desk.print().outcome == "never_began"
        assert desk.print().outcome == "printed"
        assert desk.fates() == ["none", "printed"]


def test_it_knows_nothing_of_a_name_never_sent(tmp_path: Path) -> None:
    """Looking up a name the printer never saw gives nothing."""
    with bench(tmp_path) as desk:
        assert desk.printer.look_up("never") is None


@pytest.mark.parametrize("change", [{"cards": 0}, {"ribbon": 0}])
def test_it_sends_nothing_to_a_printer_without_supplies(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """Without cards or ribbon the attempt never began, and no job is made."""
    with bench(tmp_path) as desk:
        set_state(desk.engine, change)
        assert desk.print().outcome == "never_began"
        assert not desk.engine.jobs


def test_it_cancels_what_it_gives_up_on(tmp_path: Path) -> None:
    """A job that stopped for a jam is cancelled, so clearing the jam prints nothing."""
    with bench(tmp_path, faults=("jam_stops",)) as desk:
        assert desk.print().outcome == "uncertain"
        assert "media-jam" in desk.printer.state().reasons
        assert desk.print("b2").outcome == "never_began"
        set_state(desk.engine, {"clear": True})
        assert desk.printer.state().ready
        assert desk.engine.printed == 0


def test_it_waits_no_longer_than_its_limit(tmp_path: Path) -> None:
    """A job that never ends is given up after the limit, not before."""
    with bench(tmp_path, faults=("silent",)) as desk:
        desk.print()
        assert 20.0 <= sum(desk.clock.waits) <= 21.0


def test_it_says_when_the_printer_is_not_there(tmp_path: Path) -> None:
    """A printer switched off is a state in words, and its print never began."""
    with bench(tmp_path) as desk:
        desk.server.shutdown()
        desk.server.server_close()
        state = desk.printer.state()
        assert not state.ready
        assert state.reasons[0] == "unreachable"
        assert "kabel" in state.words.id
        assert "cable" in state.words.en
        assert desk.print().outcome == "never_began"


def test_it_tells_cards_and_ribbon(tmp_path: Path) -> None:
    """The state carries the count of cards and the ribbon in percent."""
    with bench(tmp_path, cards=7) as desk:
        set_state(desk.engine, {"ribbon": 125})
        state = desk.printer.state()
        assert (state.ready, state.cards, state.ribbon_percent) == (True, 7, 25)


def test_it_warns_before_supplies_end(tmp_path: Path) -> None:
    """Few cards are a reason to tell, but no reason not to print."""
    with bench(tmp_path, cards=3) as desk:
        state = desk.printer.state()
        assert state.ready
        assert state.reasons == ("media-low",)


@pytest.mark.parametrize(
    "job",
    [
        CardJob("", card_png()),
        CardJob("a" * (JOB_NAME_CHARS_MAX + 1), card_png()),
        CardJob("ä", card_png()),
        CardJob("a1", b"no picture"),
        CardJob("a1", card_png() + b"\0" * CARD_PNG_BYTES_MAX),
    ],
)
def test_it_refuses_a_job_no_printer_should_see(tmp_path: Path, job: CardJob) -> None:
    """A bad name or picture is refused before anything is sent."""
    with bench(tmp_path) as desk:
        with pytest.raises(Refusal):
            desk.printer.print(job)
        assert not desk.engine.jobs


def test_it_takes_a_name_as_long_as_the_limit(tmp_path: Path) -> None:
    """The longest name passes."""
    with bench(tmp_path) as desk:
        assert desk.print("a" * JOB_NAME_CHARS_MAX).outcome == "printed"
