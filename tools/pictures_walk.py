"""The walk of `tools.pictures`: a small day at Enggano and at the hub, page by page.

Whatever an operator would do is done by pressing what the handbook says; what lies before
that day (five people recorded earlier, one of them at sea as well) is done by commands.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Playwright, sync_playwright

from perahu.devices.synth import face
from perahu.node.carriers.file import CarrierEntry
from perahu.node.desk_devices import seed_of
from perahu.node.settings import load_settings, save_settings
from sim.demo.acts import Story
from sim.demo.district import ENGGANO, HUB, KAPAL, NODES, OPERATORS, District, finish
from sim.demo.plan import ENGGANO as ENGGANO_CODE
from sim.demo.plan import PIN, Plan
from sim.demo.processes import LOOPBACK, ask, tell
from sim.demo.screen import Screen
from sim.people import Resident, residents
from tools.pictures import (
    CHROMIUM,
    FILM,
    HEIGHT,
    PAGE_S,
    PAPER_WIDTH,
    PHONE_WIDTH,
    WIDTH,
    Album,
    WalkStuck,
    Window,
)

PEOPLE, SEED = 700, 3
TRIES = 90
EARLIER = 7
"""Recorded before the day of the pictures; the first of them at Kapal, too."""
SLOW_BYTES_S, DISH_BYTES_S = 60_000, 2_500_000
CARDS_WIDTH = 980
"""The pattern of a card's ground takes many bytes: here a smaller window."""
FAILING = "left_ring"
"""The finger that no scanner can read today."""


@dataclass(slots=True)
class Day:
    """Everything the scenes share."""

    story: Story
    browser: Browser
    album: Album
    stack: ExitStack
    numbers: dict[str, str] = field(default_factory=dict)
    """NIK → register number."""

    @property
    def district(self) -> District:
        """The running nodes."""
        return self.story.district

    def window(self, node: str, *, width: int = WIDTH) -> Window:
        """A new browser window at a node; it has no cookies."""
        context = self.browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            locale="id-ID",
            color_scheme="light",
            permissions=["camera"],
        )
        context.set_default_timeout(PAGE_S * 1000)
        self.stack.callback(context.close)
        url = self.district.page_urls()[node]
        return Window(context.new_page(), url, self.album)

    def person(self, place: int) -> Resident:
        """One of those who come to be recorded, always the same ones."""
        nik = self.story.plan.to_record()[place]
        seed = self.story.plan.seed_of(ENGGANO_CODE)
        rows = residents(kecamatan=ENGGANO_CODE, count=PEOPLE, seed=seed)
        return next(row for row in rows if row["NIK"] == nik)

    def link(self, *commands: str) -> None:
        """Change Enggano's link, and let its node know."""
        for command in commands:
            tell(self.district.link_control, command)
        process = self.district.desks[ENGGANO].process
        assert process is not None
        process.poke()

    def scanner(self, desk: int, what: str, **asked: object) -> None:
        """Tell the simulated scanner of a desk something."""
        port = self.district.desks[ENGGANO].scanners[desk - 1]
        ask(f"http://{LOOPBACK}:{port}/sim/{what}", dict(asked))

    def printer(self, **asked: object) -> None:
        """Tell Enggano's simulated card printer something."""
        port = self.district.desks[ENGGANO].printer
        ask(f"http://{LOOPBACK}:{port}/sim", dict(asked))


def walk(scratch: Path, album: Album) -> None:
    """All of it. Raises WalkStuck, or playwright's own error where a button is gone."""
    plan = Plan(folder=scratch / "kabupaten", seed=SEED, people=PEOPLE)
    plan.folder.mkdir()
    with ExitStack() as stack:
        district = District(plan)
        stack.callback(district.close)
        story = Story(plan, district, Screen(language="id", quiet_stdout=True))
        district.found()
        two_carriers(district)
        district.start_world()
        district.serve(*NODES)
        story.load()
        # Only now: Django asks no table in a thread where playwright has its loop.
        playwright = stack.enter_context(sync_playwright())
        browser = open_browser(playwright, plan)
        stack.callback(browser.close)
        play(Day(story, browser, album, stack))


def two_carriers(district: District) -> None:
    """A dish and a SIM at Enggano, as an office would write them; both are the one link."""
    folder = district.desks[ENGGANO].folder
    dish = CarrierEntry(
        name="vsat",
        words="Parabola kantor",
        kind="satelit",
        address=f"{LOOPBACK}:{district.link}",
        monthly_mb=4000,
    )
    sim = replace(
        dish,
        name="sim",
        words="SIM Telkomsel",
        kind="seluler",
        preference=2,
        cost_per_mb=12,
        monthly_mb=500,
        outside="nothing",
    )
    settings = replace(load_settings(folder), carriers=(dish, sim))
    save_settings(folder, settings)


def open_browser(playwright: Playwright, plan: Plan) -> Browser:
    """Chromium, whose camera is a film of the drawn person who is recorded by pages."""
    nik = plan.to_record()[EARLIER]
    drawn = face.face_of(seed_of(nik), "F" if int(nik[6:8]) > 40 else "M")
    year = int(nik[10:12])
    backdrop = "red" if year % 2 else "blue"
    photo = face.draw(drawn, backdrop, (seed_of(nik), 0), 80)
    room = Image.new("RGB", (960, 720), face.BACKDROPS[backdrop])
    room.paste(photo.resize((540, 720), Image.Resampling.LANCZOS), (210, 0))
    film = plan.folder / FILM
    room.save(film, format="JPEG", quality=92)
    return playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )


def play(day: Day) -> None:
    """The scenes in the order of the day."""
    recorded_before(day)
    desk = day.window(ENGGANO)
    signing_in(desk)
    for scene in SCENES:
        scene(day, desk)
    hub(day)


def recorded_before(day: Day) -> None:
    """People of the days before: at Enggano, and one of them at Kapal as well."""
    story = day.story
    niks = story.plan.to_record()[:EARLIER]
    outcomes = dict.fromkeys(niks, "PRR")
    outcomes |= {niks[1]: "EFAC:left_little", niks[2]: "ONE_TO_ONE"}
    url = f"http://{LOOPBACK}:{day.district.centre}/sim/plan"
    ask(url, {"outcomes": outcomes})
    runs = [
        story.start_recording(ENGGANO, niks),
        story.start_recording(KAPAL, niks[:1]),
    ]
    for process in runs:
        for event in process.events():
            if event["event"] == "recorded":
                day.numbers.setdefault(event["nik"], event["number"])
        finish(process, ("record",))
    story.carry(KAPAL, HUB)


def signing_in(desk: Window) -> None:
    """The first page of the morning."""
    desk.go("masuk")
    desk.page.get_by_label(OPERATORS[ENGGANO][1]).check()
    desk.shoot("01-masuk")
    desk.sign_in(OPERATORS[ENGGANO][1], PIN)


# --- recording, with the link dead --------------------------------------------------------


def finding(day: Day, desk: Window) -> None:
    """Typing a name as it sounds."""
    name = day.person(EARLIER)["NAMA_LGKP"]
    desk.go("cari")
    desk.page.get_by_label("Cari penduduk").press_sequentially(name.split()[0].lower())
    desk.wait("#hasil [data-hit]")
    time.sleep(0.5)
    desk.shoot("03-cari")


def recording(day: Day, desk: Window) -> None:
    """One person from the biodata to the proof, one finger of hers not readable."""
    begin(day, desk, EARLIER)
    desk.shoot("04-biodata", tall=1000)
    desk.press("Data benar, mulai")
    photograph(desk)
    take(desk, "Minta tanda tangan di papan")
    desk.press("Lanjut")
    fingers(day, desk)
    take(desk, "Ambil kedua iris")
    desk.press("Lanjut")
    take(desk, "Pindai telunjuk")
    desk.press("Lanjut")
    ending(desk)


def begin(day: Day, desk: Window, place: int) -> None:
    """Open somebody at the biodata."""
    desk.go("rekam")
    desk.type("NIK orang yang akan direkam", day.person(place)["NIK"])
    desk.press("Buka")


def take(desk: Window, button: str) -> None:
    """Press what starts the devices, and wait until they are done."""
    desk.press(button)
    settle(desk)


def settle(desk: Window) -> None:
    """Wait until the devices are done and the page has come anew."""
    desk.wait("#alat[data-on='1'], a[role=button][autofocus]")
    desk.wait("#alat[data-on='0'], a[role=button][autofocus], .photo-result")


def photograph(desk: Window) -> None:
    """By this computer's webcam, for the guidance is to be seen."""
    desk.follow("Pakai webcam komputer ini")
    desk.button("Nyalakan kamera").click()
    desk.page.get_by_text("Siap. Tekan Ambil foto.").wait_for()
    desk.shoot("05-foto", tall=1000)
    desk.button("Ambil foto").click()
    desk.press("Pakai foto ini")
    desk.press("Foto dipakai, lanjut")


def fingers(day: Day, desk: Window) -> None:
    """Two hands and two thumbs; one finger fails and is excepted with its reason."""
    desk.press("Ambil empat jari kanan")
    settle(desk)
    day.scanner(1, "fault", fault="error", part=FAILING, code="102", times=40)
    day.scanner(1, "delay", delay_ms=1500)
    desk.press("Ambil empat jari kiri")
    desk.wait("#alat[data-on='1'] .part-rows .is-good:nth-child(n + 5)")
    desk.shoot("06-jari", tall=1150)
    day.scanner(1, "delay", delay_ms=0)
    desk.wait("#alat[data-on='0']")
    desk.shoot("07-jari-tidak-terbaca", tall=1150)
    desk.leave(desk.page.get_by_role("link", name="Tidak bisa diambil").first)
    desk.shoot("08-alasan", tall=1000)
    desk.press("Catat alasannya")
    day.scanner(1, "reset")
    take(desk, "Ambil kedua jempol")
    desk.press("Lanjut")


def ending(desk: Window) -> None:
    """Check, statement, proof."""
    desk.shoot("09-periksa", tall=1000)
    desk.press("Semua benar, lanjut ke pernyataan")
    desk.shoot("10-pernyataan")
    desk.press("Minta tanda tangan di papan")
    desk.wait("article.proof")
    desk.page.wait_for_load_state()
    desk.shoot("11-bukti", tall=1000)
    desk.page.emulate_media(media="print")
    desk.page.set_viewport_size({"width": PAPER_WIDTH, "height": HEIGHT})
    desk.shoot("12-bukti-kertas", tall=1000)
    desk.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    desk.page.emulate_media(media="screen")


def stopped(day: Day, desk: Window) -> None:
    """Somebody has to leave in the middle."""
    begin(day, desk, EARLIER + 1)
    desk.press("Data benar, mulai")
    take(desk, "Ambil foto dengan kamera meja")
    desk.press("Foto dipakai, lanjut")
    take(desk, "Minta tanda tangan di papan")
    desk.press("Lanjut")
    take(desk, "Ambil empat jari kanan")
    other = day.window(ENGGANO)
    other.sign_in(OPERATORS[ENGGANO][1], PIN)
    other.go(desk.page.url.removeprefix(desk.url))
    other.shoot("13-meja-lain")
    other.page.close()
    desk.press("Hentikan dulu")
    desk.shoot("14-hentikan-dulu")


# --- sending ------------------------------------------------------------------------------


def sending(day: Day, desk: Window) -> None:
    """The link is cut; a courier file is written; then the link is there."""
    desk.go("kirim")
    desk.page.get_by_text("Menunggu jaringan").wait_for()
    desk.shoot("15-kirim-putus")
    desk.press("Periksa jalan")
    desk.press("Periksa sekarang")
    desk.page.get_by_text("Diperiksa").wait_for()
    desk.shoot("36-periksa-jalan")
    desk.go("kurir")
    desk.page.get_by_label(re.compile("Untuk simpul")).select_option(label=HUB)
    desk.page.get_by_label(re.compile("Stik stik-usb .*kosong")).check()
    desk.press("Tulis berkas kurir")
    desk.wait("td.check")
    desk.shoot("16-kurir", tall=1000)
    desk.follow("Tanda serah terima")
    desk.shoot("17-serah-terima")
    parcels(day)
    day.link(f"rate {SLOW_BYTES_S} {SLOW_BYTES_S}", "delay 150", "open")
    desk.go("kirim")
    desk.page.get_by_text("Sedang mengirim").wait_for()
    time.sleep(4)
    desk.shoot("18-kirim-jalan")
    day.link("delay 40", f"rate {DISH_BYTES_S} {DISH_BYTES_S}")
    desk.page.get_by_text("Semua sudah sampai di sana.").wait_for()
    desk.go("kirim")
    desk.shoot("35-jalur", tall=720, top="#jalur-judul")


def parcels(day: Day) -> None:
    """The laptop on the boat takes along what lies on Enggano's stick."""
    boat = day.window(KAPAL)
    boat.sign_in(OPERATORS[KAPAL][1], PIN)
    boat.go("titipan")
    boat.press("Lihat isinya")
    boat.press("Bawa titipan ini")
    bag = "Yang kita bawa untuk orang lain"
    boat.page.get_by_role("region", name=bag).wait_for()
    boat.shoot("37-titipan", tall=1200)
    boat.page.close()


# --- cards --------------------------------------------------------------------------------


def ordered(desk: Window) -> None:
    """Wait until the centre's yes for four of them is at Enggano, with their pictures."""
    until(desk, "cetak", lambda: desk.page.get_by_text("siap dicetak").count() >= 4)
    until(desk, "", lambda: desk.page.get_by_text("tidak terbaca, panggil").count() > 0)


def until(desk: Window, path: str, met: Callable[[], bool]) -> None:
    """Open a page again until it shows something. Raises WalkStuck."""
    for _ in range(TRIES):
        desk.go(path)
        if met():
            return
        time.sleep(1)
    raise WalkStuck(f"{desk.url}{path} never showed what was waited for")


def printing(day: Day, desk: Window) -> None:
    """Two cards printed; at the third the printer's cable is loose."""
    ordered(desk)
    desk.go("cetak")
    desk.shoot("19-cetak", tall=1000)
    desk.leave(desk.page.locator("table.queue th a").first)
    desk.shoot("20-kartu", wide=CARDS_WIDTH, tall=850)
    desk.go("cetak")
    day.printer(faults=["none", "none", "drop_printed"])
    desk.page.get_by_label(re.compile("Cetak yang terdepan")).fill("3")
    desk.press("Cetak")
    desk.page.get_by_role("heading", name="Lihat dahulu").wait_for()
    desk.shoot("21-lihat-dahulu", tall=590, top="h2:text-is('Lihat dahulu')")


def handing_over(day: Day, desk: Window) -> None:
    """Two cards wait for their owners."""
    desk.go("serah")
    desk.shoot("22-serah")
    desk.leave(desk.page.get_by_role("button", name=re.compile("^Serahkan ")).first)
    desk.shoot("23-serah-kartu", tall=1000)


def stock(_day: Day, desk: Window) -> None:
    """Blanks, ribbon and film."""
    desk.go("stok")
    desk.shoot("24-stok", tall=1000)


def home(_day: Day, desk: Window) -> None:
    """The lists of this office, all of them with something in them; dark once."""
    desk.go()
    desk.shoot("02-beranda", tall=1400)
    desk.go("?tema=gelap")
    desk.shoot("32-gelap")
    desk.go("?tema=otomatis")
    desk.page.locator(".who summary").click()
    desk.press("Kunci layar")
    desk.shoot("31-terkunci")
    desk.page.get_by_label(re.compile("^PIN")).fill(PIN)
    desk.press("Buka")


def field_trip(_day: Day, desk: Window) -> None:
    """A bag for one desa, and whom to visit there."""
    desk.go("lapangan")
    full = "table.desas tr:has(td[data-label='Siap cetak']:not(:text-is('0')))"
    desk.leave(desk.page.locator(full).get_by_role("link", name="Rencanakan").first)
    desk.type("Pembawa laptop", "Wati (DATA UJI)")
    desk.shoot("25-rencana", tall=1200)
    desk.follow("Lihat siapa yang perlu dikunjungi")
    desk.shoot("26-kunjungan")
    desk.page.go_back()
    desk.wait("form.bag")
    desk.type("Pembawa laptop", "Wati (DATA UJI)")
    desk.page.get_by_label(re.compile("Blanko yang dibawa")).fill("10")
    desk.press("Siapkan tas")
    desk.page.get_by_role("button", name="Tanda serah terima").wait_for()
    desk.shoot("27-tas", tall=1000)


SCENES: tuple[Callable[[Day, Window], None], ...] = (
    finding,
    recording,
    stopped,
    sending,
    printing,
    handing_over,
    stock,
    home,
    field_trip,
)


# --- the hub, and a citizen ---------------------------------------------------------------


def hub(day: Day) -> None:
    """The kabupaten's pages, a case, and what a citizen sees on a telephone."""
    desk = day.window(HUB)
    desk.sign_in(OPERATORS[HUB][1], PIN)
    desk.go("kabupaten")
    desk.shoot("28-kabupaten", tall=1400)
    desk.leave(desk.page.locator(".kab-card h3 a").first)
    desk.shoot("29-kantor", tall=1000)
    desk.go("jaringan")
    desk.shoot("38-jaringan", tall=1000)
    desk.go("kasus")
    both = desk.page.locator("article.card", has_text="dua kali").locator("h3 a")
    desk.leave(both.first)
    desk.shoot("30-kasus", tall=1300)
    citizen(day)


def citizen(day: Day) -> None:
    """Number and birth date, and the sentence."""
    who = day.person(3)
    phone = day.window(ENGGANO, width=PHONE_WIDTH)
    phone.go("warga")
    born = who["TGL_LHR"].split("-")
    phone.type("Nomor register di bukti perekaman", day.numbers[who["NIK"]])
    for label, text in zip(("Tanggal", "Bulan", "Tahun"), born, strict=True):
        phone.page.get_by_label(label, exact=True).fill(text)
    phone.press("Lihat")
    phone.shoot("33-warga", tall=740)
    phone.sign_in(OPERATORS[ENGGANO][1], PIN)
    phone.go()
    phone.shoot("34-hp", tall=740)
