"""The photo from a webcam: guidance, taking, sending, and what stays when there is no camera."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageEnhance
from playwright.sync_api import Page, expect

from perahu.devices.face_check import brightness, photo_from, sharpness
from perahu.devices.from_browser import photo_of
from tests.web.devices.conftest import STAGE, OpenPage, Site, drawn

CHECKS = ("face", "centred", "eyes", "sharp", "light", "background")
READY = "Siap. Tekan Ambil foto."


def opened(site: Site, open_page: OpenPage, background: str = "red") -> Page:
    """The fragment on a page, with the camera running."""
    site.show("recording/_webcam.html", background=background, action="/kirim")
    page = open_page(before=STAGE)
    expect(page.locator("form")).to_have_attribute("data-state", "live")
    return page


def state(page: Page, check: str, expected: str) -> None:
    """Wait until a check stands so."""
    row = page.locator(f"[data-check={check}]")
    expect(row).to_have_attribute("data-state", expected, timeout=15_000)


def say(page: Page, words: str) -> None:
    """Wait until the page says so."""
    expect(page.get_by_role("status")).to_have_text(words, timeout=15_000)


def test_it_works(site: Site, open_page: OpenPage) -> None:
    """A good face gets six marks, is taken, and arrives as a photo of the card's size."""
    site.show("recording/_webcam.html", background="red", action="/kirim")
    page = open_page()
    for check in CHECKS:
        state(page, check, "ok")
    say(page, READY)
    page.get_by_role("button", name="Ambil foto").click()
    say(page, "Foto baik. Pakai foto ini?")
    expect(page.get_by_role("button", name="Pakai foto ini")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")
    jpeg = site.received[0]["photo"]
    with Image.open(BytesIO(jpeg)) as sent:
        assert sent.size == (540, 720)
    capture = photo_of(jpeg)
    assert capture.background == "red"
    assert capture.score >= 70


@pytest.mark.parametrize(
    ("seed", "background"), [(1, "blue"), (5, "orange"), (8, "red")]
)
def test_it_is_content_with_other_faces(
    site: Site, open_page: OpenPage, seed: int, background: str
) -> None:
    """Glasses, headscarf, cap, darker skin, and each background of the law."""
    site.sees(drawn(seed, background))
    page = opened(site, open_page, background)
    say(page, READY)


RED = (196, 32, 38)
WRONG = [
    ("face", "Wajah belum terlihat", Image.new("RGB", (960, 720), RED)),
    ("centred", "terlalu ke kiri", drawn(at=(60, 0))),
    ("centred", "terlalu ke kanan", drawn(at=(360, 0))),
    ("centred", "terlalu jauh", drawn(scale=0.55, at=(348, 200))),
    ("centred", "terlalu dekat", drawn(scale=2.0, at=(0, -230))),
    ("centred", "terlalu tinggi", drawn(at=(210, -130))),
    ("centred", "terlalu rendah", drawn(at=(210, 110))),
    ("centred", "miring", drawn().rotate(15, fillcolor=RED)),
    ("background", "Latar harus merah", drawn(backdrop="none")),
    ("eyes", "Mata tertutup", drawn(eyes_shut=True)),
    ("sharp", "kabur", drawn(quality=10)),
    ("light", "Terlalu gelap", ImageEnhance.Brightness(drawn()).enhance(0.25)),
    ("light", "Terlalu terang", ImageEnhance.Brightness(drawn()).enhance(3)),
    ("background", "Latar harus merah", drawn(backdrop="blue")),
]


def test_it_says_what_is_wrong(site: Site, open_page: OpenPage) -> None:
    """Each fault has a mark and words of its own, and the first of them is said aloud."""
    site.sees(drawn())
    page = opened(site, open_page)
    for check, words, picture in WRONG:
        site.sees(picture)
        row = page.locator(f"[data-check={check}]")
        expect(row, words).to_contain_text(words, timeout=15_000)
        expect(row).to_have_attribute("data-state", "wrong")
        expect(page.get_by_role("status")).not_to_have_text(READY)


def test_it_sees_a_second_face(site: Site, open_page: OpenPage) -> None:
    """A child on the lap is no reason to guess whose photo it is."""
    room = drawn(scale=0.6, at=(220, 150))
    room.paste(drawn(5, scale=0.6, at=(0, 0)).crop((0, 0, 288, 384)), (470, 150))
    site.sees(room)
    page = opened(site, open_page)
    state(page, "face", "wrong")
    expect(page.locator("[data-check=face]")).to_contain_text("lebih dari satu wajah")


def test_it_lets_a_poor_photo_be_used_or_taken_again(
    site: Site, open_page: OpenPage
) -> None:
    """Guidance never forbids: who cannot open the eyes gets a card too."""
    site.sees(drawn(eyes_shut=True))
    page = opened(site, open_page)
    state(page, "eyes", "wrong")
    take = page.get_by_role("button", name="Ambil foto")
    take.click()
    say(
        page,
        "Mata tertutup. Minta warga membuka mata. Pakai foto ini, atau ambil ulang?",
    )
    again = page.get_by_role("button", name="Ambil ulang")
    expect(again).to_be_focused()
    again.click()
    expect(take).to_be_focused()
    take.click()
    page.get_by_role("button", name="Pakai foto ini").click()
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")
    assert photo_of(site.received[0]["photo"]).background == "red"


def test_it_measures_as_the_node_does(site: Site, open_page: OpenPage) -> None:
    """The numbers behind the marks are those of the node, within what JPEG changes."""
    picture = drawn(1, "blue", quality=35)
    site.sees(picture)
    page = opened(site, open_page, "blue")
    out = BytesIO()
    picture.save(out, format="JPEG", quality=92)
    photo = photo_from(out.getvalue())
    sharp, light = page.evaluate(
        """async () => {
            const measure = await import(document.forms[0].dataset.measure);
            const video = document.querySelector("video");
            const frame = document.createElement("canvas");
            [frame.width, frame.height] = [480, 640];
            frame.getContext("2d").drawImage(video, 210, 0, 540, 720, 0, 0, 480, 640);
            const { sharp, light } = measure.sharpAndLight(frame);
            return [sharp, light];
        }"""
    )
    assert light == pytest.approx(brightness(photo), abs=6)
    assert sharp == pytest.approx(sharpness(photo), rel=0.35)


def test_it_asks_before_it_opens_the_camera(site: Site, open_page: OpenPage) -> None:
    """Where the browser has not been asked yet, a button with words comes first."""
    site.show("recording/_webcam.html", background="red", action="/kirim")
    page = open_page(
        before="navigator.permissions.query = async () => ({ state: 'prompt' })"
    )
    expect(page.locator("form")).to_have_attribute("data-state", "off")
    expect(page.get_by_role("button", name="Nyalakan kamera")).to_be_visible()
    # The upload stays in reach as long as no camera runs.
    expect(page.locator("input[type=file]")).to_be_visible()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "Kamera tidak diizinkan"),
        ("NotFoundError", "Kamera tidak ditemukan"),
        ("NotReadableError", "sedang dipakai program lain"),
        ("TypeError", "Kamera tidak dapat dibuka"),
    ],
)
def test_it_says_what_to_do_without_a_camera(
    site: Site, open_page: OpenPage, error: str, words: str
) -> None:
    """Refused, absent or busy: words say what to do, and a file is taken instead."""
    site.show("recording/_webcam.html", background="red", action="/kirim")
    page = open_page(
        before="navigator.mediaDevices.getUserMedia = () =>"
        f" Promise.reject(new DOMException('', '{error}'));"
    )
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("button", name="Coba kamera lagi")).to_be_visible()
    send_file(page)
    assert photo_of(site.received[0]["photo"]).background == "red"


def test_it_is_an_upload_without_javascript(site: Site, open_page: OpenPage) -> None:
    """Without JavaScript the form sends a file, and no button is dead."""
    site.show("recording/_webcam.html", background="red", action="/kirim")
    page = open_page(java_script_enabled=False)
    expect(page.locator("button:visible")).to_have_count(1)
    send_file(page)
    assert photo_of(site.received[0]["photo"]).score >= 70


def send_file(page: Page) -> None:
    """Choose a drawn photo and send it."""
    out = BytesIO()
    drawn().crop((210, 0, 750, 720)).save(out, format="JPEG", quality=92)
    chosen = {"name": "f.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    page.locator("input[type=file]").set_input_files(chosen)  # type: ignore[arg-type]
    page.get_by_role("button", name="Kirim berkas foto").click()
    expect(page.get_by_role("heading")).to_have_text("Terima kasih")


def test_it_takes_photos_without_guidance(site: Site, open_page: OpenPage) -> None:
    """An old browser without WebAssembly still takes the photo; the rest is checked."""
    site.sees(drawn())
    site.show("recording/_webcam.html", background="red", action="/kirim")
    site.fragment = site.fragment.replace("human-3.3.6/human.js", "human-3.3.6/LICENSE")
    page = open_page(strict=False, before=STAGE)
    expect(page.locator("form")).to_have_attribute("data-guidance", "none")
    state(page, "background", "ok")
    state(page, "face", "wait")
    say(
        page,
        "Panduan wajah tidak dapat dimuat."
        " Lihat sendiri: wajah di dalam garis, mata terbuka.",
    )
    page.get_by_role("button", name="Ambil foto").click()
    expect(page.get_by_role("button", name="Pakai foto ini")).to_be_focused()


def test_it_asks_nothing_of_the_world(site: Site, open_page: OpenPage) -> None:
    """Everything the page loads comes from this node."""
    site.show("recording/_webcam.html", background="red", action="/kirim")
    page = open_page()
    say(page, READY)
    names = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert any("facemesh.bin" in name for name in names)
    assert all(name.startswith(site.address) for name in names), names
