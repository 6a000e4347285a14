"""The desk's own pages under its own policy: the photo by webcam, the signature on the screen."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from perahu.enrolment.facts import PartCaptured
from perahu.node.serve import Serving
from perahu.people import reads as people
from tests.node.desk.town import PIN, Town
from tests.web.conftest import open_pages
from tests.web.devices.conftest import STAGE, drawn
from tests.web.devices.test_signature import sign


def before_the_camera(page: Page, backdrop: str) -> None:
    """A drawn person before this page's camera."""
    out = BytesIO()
    drawn(backdrop=backdrop).save(out, format="PNG")
    page.add_init_script(STAGE)
    page.add_init_script(
        "navigator.permissions.query = async () => ({ state: 'granted' })"
    )
    page.route(
        "**/scene",
        lambda route: route.fulfill(body=out.getvalue(), content_type="image/png"),
    )


def test_it_records_photo_and_signature(
    town: Town, screen: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both arrive as accepted parts with the browser's devices as their source."""
    # Playwright keeps a loop in this thread, so Django takes its callers for coroutines.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    (nik,) = town.to_record(1)
    with open_pages(town, "enggano") as office:
        serving = Serving(office)
        try:
            page = screen.new_page()
            wrong: list[str] = []
            page.on(
                "console",
                lambda line: wrong.append(line.text) if line.type == "error" else None,
            )
            desk = f"http://127.0.0.1:{serving.pages.port}"
            person = people.by_nik(nik)
            assert person is not None
            red = int(nik[10:12]) % 2
            before_the_camera(page, "red" if red else "blue")
            page.goto(f"{desk}/masuk?next=/rekam/orang/{person.person.hex()}")
            page.get_by_label("Sari").check()
            page.get_by_role("textbox", name="PIN").fill(PIN)
            page.get_by_role("button", name="Masuk").click()
            page.get_by_role("button", name="Data benar").click()
            page.wait_for_url("**/foto")
            page.get_by_role("link", name="webcam").click()
            expect(page.locator("[data-say]")).to_have_text(
                "Siap. Tekan Ambil foto.", timeout=15_000
            )
            page.get_by_role("button", name="Ambil foto").click()
            page.get_by_role("button", name="Pakai foto ini").click()
            page.get_by_role("button", name="Foto dipakai, lanjut").click()
            page.get_by_role("link", name="Tanda tangan di layar ini").click()
            expect(page.locator("canvas")).to_be_visible()
            sign(page)
            page.get_by_role("button", name="Pakai tanda tangan ini").click()
            expect(
                page.get_by_role("button", name="Lanjut", exact=True)
            ).to_be_visible()
            assert not wrong, wrong
            facts = [event.fact for event in office.journal.events(0, 10_000)]
            taken = [fact for fact in facts if isinstance(fact, PartCaptured)]
            assert [(fact.part, fact.device) for fact in taken] == [
                ("photo", "webcam"),
                ("signature", "canvas"),
            ]
        finally:
            serving.close()
