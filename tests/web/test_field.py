"""The pages of the field: choose a desa, pack the bag, read it, and come home."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Browser, ConsoleMessage, Page

from perahu.web.field.ports import FieldRun
from perahu.web.gate import COOKIE
from tests.system.conftest import founded, surroundings, world
from tests.system.laptop import Beach
from tests.system.world import ENGGANO, HUB, KAPAL, OPERATORS, PIN, World
from tests.web.seats import Seat, plain, seat_at

__all__ = ["founded", "surroundings", "world"]

TURNS_MAX = 600


@pytest.fixture
def beach(
    world: World,
    tmp_path: Path,
) -> Beach:
    """Cards ordered, blanko on hand, and every node closed again."""
    made = Beach(world, tmp_path / "sticks")
    made.order(20)
    made.stock(30)
    for name in tuple(made.offices):
        made.close(name)
    for name in (ENGGANO, KAPAL):
        stick = str(made.stick(name.lower()))
        world.change(name, page="127.0.0.1:0", sticks=(stick,))
    return made


def ended(seat: Seat) -> FieldRun:
    """The run, once it is over."""
    web: Any = seat.client.defaults["perahu.office"]
    port = web.parts["field"]
    for _ in range(TURNS_MAX):
        run: FieldRun | None = port.run()
        if run is not None and not run.is_running:
            return run
        time.sleep(0.05)
    raise AssertionError("the run did not come to an end")


def desa_of(beach: Beach) -> str:
    """Where most of the cards belong."""
    found = beach.desa()
    beach.close(ENGGANO)
    return found


def transfer_in(text: str) -> str:
    """The address under which what came is counted."""
    return text.split('action="/lapangan/hitung/')[1].split('"')[0]


def test_it_works(beach: Beach, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole trip by pages: out, counted, back, counted, and over."""
    desa = desa_of(beach)
    out, back = str(beach.stick("enggano")), str(beach.stick("kapal"))
    kapal, enggano = beach.world.node_id(KAPAL), beach.world.node_id(ENGGANO)
    with beach.world.open(ENGGANO) as office, seat_at(office) as seat:
        assert seat.sign_in("sari", PIN).status_code == 302
        assert "Pilih desa" in seat.text("/lapangan")
        plan = seat.text(f"/lapangan/desa/{desa}")
        assert "Semua yang perlu sudah ada di sini" in plan
        bag = {"to": kapal.hex(), "blanko": "9", "carrier": "Sari", "stick": out}
        answer = seat.post(f"/lapangan/desa/{desa}/berangkat", **bag)
        assert answer.status_code == 302, plain(answer.content.decode())
        run = ended(seat)
        assert run.trouble is None
        trip = answer.headers["Location"]
        shown = seat.text(trip)
        assert "di jalan ke lapangan" in shown and "Kata periksa" in shown
        slip = seat.text(trip + "/serah-terima")
        assert "Sari" in slip and "Kapal" in slip
    with beach.world.open(KAPAL) as office, seat_at(office) as seat:
        assert seat.sign_in("wati", PIN).status_code == 302
        assert "Belum ada perjalanan" in seat.text("/lapangan")
        world_stick = beach.stick("kapal")
        for file in beach.stick("enggano").iterdir():
            (world_stick / file.name).write_bytes(file.read_bytes())
        assert seat.post("/lapangan/terima", stick=back).status_code == 302
        assert ended(seat).trouble is None
        page = seat.get("/lapangan").content.decode()
        where = transfer_in(page)
        noted = seat.post(f"/lapangan/hitung/{where}", count="9")
        assert noted.status_code == 302
        assert "Hitungan tercatat: 9." in seat.text(noted["Location"])
        doors = seat.text(f"/lapangan/desa/{desa}/kunjungan")
        assert "Cetak kartu" in doors
        monkeypatch.setattr("perahu.web.field.pages.DOORS_A_PAGE", 2)
        paged = seat.text(f"/lapangan/desa/{desa}/kunjungan", hal="99")
        assert "Sebelumnya" in paged and "Berikutnya" not in paged
        home = {"to": enggano.hex(), "blanko": "8", "stick": back}
        assert seat.post("/lapangan/kembali", **home).status_code == 302
        assert ended(seat).trouble is not None, "a difference needs a reason"
        home["reason"] = "satu jatuh ke laut"
        seat.post("/lapangan/kembali", **home)
        assert ended(seat).trouble is None
    with beach.world.open(ENGGANO) as office, seat_at(office) as seat:
        seat.sign_in("sari", PIN)
        files = sorted(beach.stick("kapal").glob("JRN-kapal-*"))
        upload = SimpleUploadedFile(files[-1].name, files[-1].read_bytes())
        seat.post("/lapangan/terima", file=upload)
        assert ended(seat).trouble is None
        where = transfer_in(seat.get("/lapangan").content.decode())
        seat.post(f"/lapangan/hitung/{where}", count="8")
        assert "selesai" in seat.text(trip)


def test_it_says_what_is_wrong_and_does_nothing(beach: Beach) -> None:
    """No stick, no laptop, too much blanko, another's desa: a sentence, and no trip."""
    desa = desa_of(beach)
    kapal = beach.world.node_id(KAPAL)
    with beach.world.open(ENGGANO) as office, seat_at(office) as seat:
        seat.sign_in("sari", PIN)
        bag = {"to": kapal.hex(), "blanko": "9", "carrier": "Sari", "stick": ""}
        for wrong in (
            {"blanko": "900"},
            {"blanko": "-1"},
            {"carrier": " "},
            {"to": "00" * 16},
            {"to": "x"},
            {"stick": "/etc"},
            {"op": "x"},
        ):
            answer = seat.post(f"/lapangan/desa/{desa}/berangkat", **bag | wrong)
            assert answer.status_code == 409, wrong
            assert "Ada yang perlu dibetulkan" in plain(answer.content.decode())
        assert seat.get("/lapangan/desa/1703122001").status_code == 409
        assert seat.post("/lapangan/terima").status_code == 409
        assert seat.get("/lapangan/berkas/rahasia.jrnb").status_code == 409
        assert "Perjalanan yang berjalan" not in seat.text("/lapangan")


def test_it_is_fetched_by_a_browser(beach: Beach) -> None:
    """Without a stick the file waits here; only such files are given out."""
    desa = desa_of(beach)
    kapal = beach.world.node_id(KAPAL)
    with beach.world.open(ENGGANO) as office, seat_at(office) as seat:
        seat.sign_in("sari", PIN)
        bag = {"to": kapal.hex(), "blanko": "0", "carrier": "Sari", "stick": ""}
        trip = seat.post(f"/lapangan/desa/{desa}/berangkat", **bag).headers["Location"]
        assert ended(seat).trouble is None
        page = seat.get(trip).content.decode()
        path = page.split('href="/lapangan/berkas/')[1].split('"')[0]
        answer = seat.get(f"/lapangan/berkas/{path}")
        assert b"".join(answer.streaming_content).startswith(b"JRN1")
        assert seat.post(trip + "/lagi", stick="").status_code == 302
        assert ended(seat).trouble is None
        assert seat.post(trip + "/tutup", reason="").status_code == 409
        assert seat.post(trip + "/tutup", reason="laptop hilang").status_code == 302
        assert "laptop hilang" in seat.text(trip)


def test_it_is_for_offices_alone(beach: Beach) -> None:
    """At the hub there is no such page; without a sign-in one is asked to sign in."""
    beach.world.change(HUB, page="127.0.0.1:0")
    with beach.world.open(HUB) as office, seat_at(office) as seat:
        seat.sign_in(OPERATORS[HUB], PIN)
        assert seat.get("/lapangan").status_code == 404
    with beach.world.open(ENGGANO) as office, seat_at(office) as seat:
        assert seat.get("/lapangan").status_code == 302


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("id", "light", 1280), ("en", "dark", 360)]
)
def test_it_is_whole_in_a_browser(
    beach: Beach, chromium: Browser, language: str, scheme: str, width: int
) -> None:
    """axe finds nothing on any of its pages, at the office and at the laptop."""
    desa = desa_of(beach)
    kapal = beach.world.node_id(KAPAL)
    with beach.world.open(ENGGANO) as office, seat_at(office) as seat:
        seat.sign_in("sari", PIN)
        bag = {"to": kapal.hex(), "blanko": "5", "carrier": "Sari"}
        bag["stick"] = str(beach.stick("enggano"))
        trip = seat.post(f"/lapangan/desa/{desa}/berangkat", **bag).headers["Location"]
        assert ended(seat).trouble is None
        doors = f"/lapangan/desa/{desa}/kunjungan"
        paths = ["/lapangan", f"/lapangan/desa/{desa}", doors, trip]
        look(chromium, seat, [*paths, trip + "/serah-terima"], language, scheme, width)
    for file in beach.stick("enggano").iterdir():
        (beach.stick("kapal") / file.name).write_bytes(file.read_bytes())
    with beach.world.open(KAPAL) as office, seat_at(office) as seat:
        seat.sign_in("wati", PIN)
        seat.post("/lapangan/terima", stick=str(beach.stick("kapal")))
        assert ended(seat).trouble is None
        look(chromium, seat, ["/lapangan", trip, doors], language, scheme, width)


def console_of(page: Page) -> list[str]:
    """What the page says on the console, as it says it."""
    said: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("console", heard)
    return said


def look(
    chromium: Browser,
    seat: Seat,
    paths: list[str],
    language: str,
    scheme: str,
    width: int,
) -> None:
    """Each page: no violation, nothing wider than the screen, no word on the console."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    session = seat.client.cookies[COOKIE].value
    context.add_cookies([{"name": COOKIE, "value": session, "url": seat.url}])
    for path in paths:
        page = context.new_page()
        said = console_of(page)
        answer = page.goto(f"{seat.url}{path}?lang={language}")
        assert answer is not None and answer.status == 200, path
        found = Axe().run(page).response["violations"]
        assert not found, (
            path,
            [(one["id"], one["nodes"][0]["html"][:200]) for one in found],
        )
        assert not said, (path, said)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.close()
    context.close()
