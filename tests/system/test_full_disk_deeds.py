"""Every deed of a desk on a full disk: refused in words, or done whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from perahu.cards import actions as cards
from perahu.cards import actions_stock
from perahu.cards import reads as orders
from perahu.keys.sealing import open_blob
from perahu.node.cli import sentence_or_mistake
from perahu.node.courier import export_to
from perahu.node.office import Office
from perahu.words import Words
from sim.kills import checks, desk
from sim.kills.checks import Lost
from sim.kills.ledger import Ledger
from sim.kills.town import BLANKO, ENGGANO, HUB, Town, found_town, officer_of
from tests.system.mounts import fill, small_disk

KB = 1024
LEFT = (0, 24 * KB, 120 * KB)
"""Nothing at all, too little for a blob, too little for a few."""
_COUNTS = 40


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The town, some people recorded."""
    town = found_town(
        tmp_path_factory.mktemp("full") / "town", 8, residents=30, cards=4
    )
    office = town.open(ENGGANO)
    with office.at_work():
        for number in range(desk.STEPS):
            _numbered(office, number)
    office.close()
    return town


@pytest.fixture
def full(image: Town, tmp_path: Path) -> Iterator[tuple[Town, Path]]:
    """A town whose office stands on a small disk."""
    with small_disk(tmp_path / "disk", "12m") as disk:
        town = image.copy(tmp_path / "town")
        place = town.place(ENGGANO)
        shutil.move(place, disk / ENGGANO)
        place.symlink_to(disk / ENGGANO)
        yield town, disk


def _numbered(office: Office, number: int) -> None:
    ask = office.ask(officer_of(office, ENGGANO), desk.op_id(number))
    desk.do(office, ask, number)


def register(office: Office, town: Town) -> None:
    """Somebody new is registered, recorded with her parts, and corrected."""
    for number in range(desk.STEPS, 4 * desk.STEPS):
        _numbered(office, number)


def print_card(office: Office, town: Town) -> None:
    """A card is printed: an intent, the printer, a result."""
    identity = office.keys.age_identity
    for waiting in orders.print_queue(office.journal.node_id):
        cards.print_card(
            office.journal,
            office.ask(officer_of(office, ENGGANO)),
            desk.Press(lambda _: None),
            order=waiting.order,
            open_blob=lambda cipher: open_blob(cipher, identity),
            draw=lambda face, *, photo, signature: photo,
        )


def count_stock(office: Office, town: Town) -> None:
    """Blanks are counted, again and again."""
    for _ in range(_COUNTS):
        actions_stock.count_stock(
            office.journal,
            office.ask(officer_of(office, ENGGANO)),
            item="blanko",
            counted=BLANKO,
            reason="hitung ulang",
        )


def erase(office: Office, town: Town) -> None:
    """A person is erased by law, and the tables are made anew."""
    office.journal.erase(desk.person_of(0))
    office.journal.catch_up()


def seal(office: Office, town: Town) -> None:
    """What is open is sealed for the road."""
    office.journal.seal()


def rebuild(office: Office, town: Town) -> None:
    """The tables are made anew."""
    office.tables.rebuild()
    office.journal.catch_up()


def export(office: Office, town: Town) -> None:
    """A courier file is written onto the same disk."""
    export_to(office, town.node_id(HUB), office.folder)


DEEDS: tuple[Callable[[Office, Town], None], ...] = (
    register, print_card, count_stock, erase, seal, rebuild, export,
)  # fmt: skip


def tried(deed: Callable[[Office, Town], None], town: Town) -> Words | None:
    """Open the node and do it; what a person is told where it was refused."""
    try:
        office = town.open(ENGGANO)
    except Exception as error:  # noqa: BLE001 - whatever a full disk makes of it
        return sentence_or_mistake(error)
    try:
        with office.at_work():
            deed(office, town)
    except Exception as error:  # noqa: BLE001 - whatever a full disk makes of it
        return sentence_or_mistake(error)
    finally:
        office.close()
    return None


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_it_works(
    full: tuple[Town, Path], deed: Callable[[Office, Town], None]
) -> None:
    """Refused in words or done; with room again it is done, and the node is whole."""
    town, disk = full
    for left in LEFT:
        ballast = fill(disk, leave_bytes=left)
        said = tried(deed, town)
        ballast.unlink()
        if said is not None:
            assert "mistake" not in said.en and said.id != said.en, said.en
    if deed is print_card:
        _look_at_the_printer(town)
    said = tried(deed, town)
    assert said is None, said
    lost = Lost()
    checks.check_node(town, ENGGANO, Ledger(), lost)
    assert lost.found == []


def _look_at_the_printer(town: Town) -> None:
    """A print whose result found no room is looked at by a person."""
    office = town.open(ENGGANO)
    with office.at_work():
        for state, attempt in orders.to_look_at(office.journal.node_id):
            cards.resolve_attempt(
                office.journal,
                office.ask(officer_of(office, ENGGANO)),
                order=state.order,
                attempt=attempt.attempt,
                outcome="printed",
            )
    office.close()
