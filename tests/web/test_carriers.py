"""The carriers on the page of sending, and the check of a line as a page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from perahu.journal.types import Draft
from perahu.keys.facts import CarrierPolicySet, ForkSeen
from perahu.node.actions import set_carrier_policy
from perahu.node.carriers.file import CarrierEntry
from perahu.node.carriers.memory import CarrierShelf
from perahu.web.gate import COOKIE
from perahu.web.post.carriers_ports import CheckRun
from tests.node.desk.town import Town
from tests.node.strangers import LOOPBACK, nobody
from tests.system.world import answering as hub_answering
from tests.web.conftest import open_pages
from tests.web.seats import Seat, plain, seat_at

TURNS_MAX = 800


def _ended(seat: Seat) -> CheckRun:
    """The check, once it is over."""
    port = seat.web.parts["carriers"]
    for _ in range(TURNS_MAX):
        run: CheckRun | None = port.check()
        if run is not None and not run.is_running:
            return run
        time.sleep(0.05)
    raise AssertionError("the check did not come to an end")


@pytest.fixture
def ways(town: Town) -> Iterator[Seat]:
    """Sari at Enggano with a cable that is out, a dish for the night and a SIM."""
    rule = CarrierPolicySet(reason="kuota habis", decree="SE 4", forbidden=("wifi",))
    with town.open("hub") as office:
        set_carrier_policy(office.journal, office.ask(), policy=rule)
    town.exchange()
    dead = f"{LOOPBACK}:{nobody()}"
    hour = _hour_now()
    night = f"{(hour + 6) % 24:02d}:00-{(hour + 8) % 24:02d}:00"
    carriers = (
        CarrierEntry(name="kabel", address=dead, words="Kabel kantor", kind="kabel"),
        CarrierEntry(
            name="vsat", address=dead, words="Parabola", kind="satelit", hours=night,
            outside="nothing",
        ),
        CarrierEntry(
            name="sim", address=dead, words="SIM Telkomsel", kind="seluler",
            preference=2, cost_per_mb=120, monthly_mb=500,
        ),
        CarrierEntry(name="wifi", address=dead, words="Wi-Fi penginapan", kind="wifi"),
    )  # fmt: skip
    town.set("enggano", carriers=carriers)
    with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
        shelf = CarrierShelf(office.journal.local)
        shelf.spend("sim", office.now().today, 120_000_000, 5_000_000)
        yield seat


def _hour_now() -> int:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Jakarta")).hour


def test_it_shows_each_carrier_and_why(ways: Seat) -> None:
    """Which one may carry, what the month has cost, when the window opens, who forbids."""
    text = ways.text("/kirim")
    assert "Kabel kantor" in text and "SIM Telkomsel seluler" in text
    assert "125 MB dari 500 MB bulan ini" in text and "Rp15.000" in text
    assert "Di luar jam" in text and "tidak dipakai" in text
    assert "Dilarang oleh kabupaten: kuota habis (SE 4)" in text
    assert "Wi-Fi penginapan" in plain(ways.get("/kirim/jalur").content.decode())
    assert "Parabola:" in ways.text("/keadaan")


def test_it_says_that_packets_wait_for_their_hours(town: Town) -> None:
    """Nothing is wrong with the network: the page names the carrier and when it opens."""
    with town.open("hub") as hub, hub_answering(hub) as listener:
        hour = _hour_now()
        night = f"{(hour + 6) % 24:02d}:00-{(hour + 8) % 24:02d}:00"
        way = CarrierEntry(
            name="vsat",
            address=f"{LOOPBACK}:{listener.port}",
            words="Parabola",
            hours=night,
        )
        town.set("enggano", carriers=(way,))
        with town.open("enggano") as office:
            ref = office.journal.blobs.put(bytes(9000), 3)
            fact = ForkSeen(
                node=bytes(16), journal=bytes(16), seq=1, ours=b"", theirs=b""
            )
            with office.journal.writing() as book:
                book.append(office.ask(), [Draft(fact, blobs=(ref,))])
        with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
            for _ in range(TURNS_MAX):
                text = seat.text("/kirim/kini")
                if "Menunggu jam" in text:
                    break
                time.sleep(0.05)
    assert f"Menunggu jam Parabola ({night})" in text
    assert "Semua catatan sudah sampai di sana" in text


def test_it_checks_the_line_by_a_button(ways: Seat) -> None:
    """Without any script: a form, a page that goes on, and sentences at its end."""
    assert "Periksa jalan" in ways.text("/kirim")
    assert ways.post("/kirim/periksa/mulai").status_code == 302
    run = _ended(ways)
    assert run.trouble is None and len(run.carriers) == 4
    text = ways.text("/kirim/periksa")
    assert "ada yang salah" in text and "menolak" in text and "Periksa lagi" in text
    assert "Dilarang oleh kabupaten" in text


def test_it_says_so_where_there_is_nobody_to_call(hub: Seat) -> None:
    """The hub of this town calls nobody: no carriers, no button, and a sentence."""
    assert "tidak memanggil simpul lain" in hub.text("/kirim/periksa")
    assert hub.post("/kirim/periksa/mulai").status_code == 409
    assert "Periksa jalan" not in hub.text("/kirim")


def test_it_is_all_good_where_it_is(town: Town) -> None:
    """A line that works says so."""
    with town.open("hub") as hub, hub_answering(hub) as listener:
        town.set("enggano", parent=f"{LOOPBACK}:{listener.port}")
        with open_pages(town, "enggano") as office, seat_at(office, "sari") as seat:
            seat.post("/kirim/periksa/mulai")
            (found,) = _ended(seat).carriers
            assert found.is_good, found
            assert "utama: baik" in seat.text("/kirim/periksa")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_it_is_whole_in_every_look(
    chromium: Browser, ways: Seat, scheme: str, width: int
) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    ways.post("/kirim/periksa/mulai")
    _ended(ways)
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    session = ways.client.cookies[COOKIE].value
    context.add_cookies([{"name": COOKIE, "value": session, "url": ways.url}])
    for path in ("/kirim", "/kirim/periksa", "/keadaan"):
        page = context.new_page()
        page.goto(f"{ways.url}{path}")
        assert Axe().run(page).response["violations"] == []
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(over) <= 0
    context.close()
