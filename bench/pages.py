"""Ten desks at their pages at once while the node sends: save, search, and page weights.

    python3 run.py bench pages [--json] [--saves N] [--people N]

The node is `perahu serve` as the demo founds it, with its residents, and sends recordings
over a slow link all the while. Every desk is a browser without a screen: it keeps its
cookies, signs in with its PIN, fetches a form, fills it in and sends it, and searches as
somebody types. Saving is registering a person with papers, the largest form there is: all
ten press the button at the same moment. Its time is from the click to the answer that says
it is recorded; the page that follows is timed beside it. The weight of a page is what a browser
fetches at the first visit: its HTML, styles and scripts as they travel.
"""

from __future__ import annotations

import html
import http.client
import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode

from perahu.node.django_settings import configure

# The demo imports the rooms, and the rooms' models need Django set up.
configure()

from bench import figures, workload  # noqa: E402
from bench.desks import DESKS, RECORDED, SAVE_MS, SLOW_BYTES_S  # noqa: E402
from bench.figures import Figure, quantile  # noqa: E402
from bench.processes import World, founded  # noqa: E402
from perahu.people.facts import Biodata  # noqa: E402
from perahu.web.urls import ROUTES  # noqa: E402
from sim.demo.district import ENGGANO, HUB, OPERATORS  # noqa: E402
from sim.demo.plan import PIN  # noqa: E402
from sim.demo.processes import LOOPBACK  # noqa: E402

SAVES, SEARCHES, PEOPLE = 20, 40, 2_000
SEARCH_MS, CITIZEN_KB = 30, 20
ELSEWHERE = "17.03.12"
WAIT_S = 60
_FIELD = re.compile(r'name="(csrfmiddlewaretoken|op)" value="([^"]+)"')
_ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')
_CITIZENS = "warga"


@dataclass(slots=True)
class Browser:
    """One desk's browser: an address, its cookies, a connection that stays open."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    recorded_s: float = 0.0
    """When the last answer came that leads on to another page."""
    _link: http.client.HTTPConnection | None = None

    def fetch(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """GET a page, or POST a form to it; status and body. Redirects are followed."""
        body = None if form is None else urlencode(form)
        headers = {"Accept-Encoding": "gzip"} if path.startswith("/static/") else {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._link is None:
            self._link = http.client.HTTPConnection(LOOPBACK, self.port, timeout=WAIT_S)
        self._link.request("GET" if body is None else "POST", path, body, headers)
        answer = self._link.getresponse()
        raw = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        place = answer.getheader("Location")
        if answer.status in (302, 303) and place:
            self.recorded_s = time.perf_counter()
            return self.fetch(place)
        return answer.status, raw.decode("latin-1")

    def sign_in(self, login: str) -> None:
        """Name and PIN."""
        _, page = self.fetch("/masuk")
        told = dict(_FIELD.findall(page)) | {"login": login, "pin": PIN, "next": "/"}
        status, page = self.fetch("/masuk", told)
        assert status == 200 and 'name="pin"' not in page, "the PIN was not taken"

    def save(self, who: Biodata, together: threading.Barrier) -> tuple[float, float]:
        """Register a person; milliseconds until it is recorded, and until the next page."""
        _, page = self.fetch("/orang/baru")
        told = {k: html.unescape(v) for k, v in _FIELD.findall(page)} | _form_of(who)
        together.wait(WAIT_S)
        began = time.perf_counter()
        status, page = self.fetch("/orang/baru", told)
        ended = time.perf_counter()
        assert status == 200 and 'name="dokumen"' not in page, _words(page)
        return (self.recorded_s - began) * 1000, (ended - began) * 1000

    def search(self, text: str) -> float:
        """Ask for what somebody has typed so far; milliseconds."""
        began = time.perf_counter()
        status, _ = self.fetch("/cari/hasil?" + urlencode({"q": text}))
        took = (time.perf_counter() - began) * 1000
        assert status == 200, status
        return took


def main() -> None:
    """Measure and show it."""
    parser = figures.arguments("pages")
    parser.add_argument("--saves", type=int, default=SAVES, help="of each desk")
    parser.add_argument("--people", type=int, default=PEOPLE)
    call = parser.parse_args()
    with founded(call.people, call.seed) as world:
        world.start_s(HUB)
        world.start_s(ENGGANO)
        world.import_residents()
        world.link("cut reset")
        world.record(RECORDED)
        world.link("open", f"rate {SLOW_BYTES_S} {SLOW_BYTES_S}")
        world.story.poke(ENGGANO)
        found = [*_desks(world, call.saves, call.seed), *_weights(world)]
    figures.show(found, as_json=call.json)


def _desks(world: World, saves: int, seed: int) -> list[Figure]:
    browsers = [Browser(world.district.desks[ENGGANO].page) for _ in range(DESKS)]
    for browser in browsers:
        browser.sign_in(OPERATORS[ENGGANO][0])
    before = world.link("stats")["up_bytes"]
    newcomers = workload.people(DESKS * (saves + 1), seed, ELSEWHERE)
    known = workload.people(world.plan.people, world.plan.seed_of("17.03.01"))
    together = threading.Barrier(DESKS)

    def save(number: int) -> list[tuple[float, float]]:
        mine = newcomers[number * (saves + 1) : (number + 1) * (saves + 1)]
        found = []
        for who in mine:
            found.append(browsers[number].save(who, together))
        return found[1:]

    def search(number: int) -> list[float]:
        return [
            browsers[number].search(_typed(known, number, n)) for n in range(SEARCHES)
        ]

    with ThreadPoolExecutor(DESKS) as pool:
        both = [pair for pairs in pool.map(save, range(DESKS)) for pair in pairs]
        searched = [took for times in pool.map(search, range(DESKS)) for took in times]
    alone = [browsers[0].search(_typed(known, 3, n)) for n in range(SEARCHES)]
    saved, shown = [pair[0] for pair in both], [pair[1] for pair in both]
    sent = world.link("stats")["up_bytes"] - before
    memory = world.settled(ENGGANO)
    words = f"{DESKS} desks at their pages at once"
    return [
        Figure("save_p50_ms", f"{words}: save, p50", median(saved), "ms"),
        Figure("save_p99_ms", f"{words}: save, p99", quantile(saved, 0.99), "ms", SAVE_MS),
        Figure("save_shown_p99_ms", "… and the next page shown, p99",
               quantile(shown, 0.99), "ms"),
        Figure("search_p50_ms", f"{words}: search, p50", median(searched), "ms"),
        Figure("search_p99_ms", f"{words}: search, p99", quantile(searched, 0.99), "ms"),
        Figure("search_one_p99_ms", "one desk types: search, p99",
               quantile(alone, 0.99), "ms", SEARCH_MS),
        Figure("pages_sent_kb", "… sent to the hub meanwhile", sent / 1000, "kB"),
        Figure("pages_pss_mb", "… the node's memory after it, PSS", memory.pss, "MB", 200),
    ]  # fmt: skip


def _weights(world: World) -> list[Figure]:
    browser = Browser(world.district.desks[ENGGANO].page)
    browser.sign_in(OPERATORS[ENGGANO][0])
    weights = {}
    for route in ROUTES:
        if "<" in route.path or route.is_poll or route.path.endswith((".json", ".crt")):
            continue
        status, page = browser.fetch("/" + route.path)
        if status == 200 and "<html" in page:
            assets = sorted(set(_ASSET.findall(page)))
            sizes = [len(browser.fetch(path)[1]) for path in map(html.unescape, assets)]
            weights[route.path or "beranda"] = (len(page) + sum(sizes), len(page))
    whole = max(weights, key=lambda path: weights[path][0])
    bare = max(weights, key=lambda path: weights[path][1])
    return [
        Figure("heaviest_kb", f"heaviest page at a first visit (/{whole})",
               weights[whole][0] / 1000, "kB"),
        Figure("heaviest_html_kb", f"heaviest page once styles are kept (/{bare})",
               weights[bare][1] / 1000, "kB"),
        Figure("citizen_kb", "the citizen's page, all of it",
               weights[_CITIZENS][0] / 1000, "kB", CITIZEN_KB),
    ]  # fmt: skip


def _typed(known: Sequence[Biodata], number: int, turn: int) -> str:
    """What somebody has typed: a beginning of a name, a NIK, a whole name."""
    who = known[(number * 131 + turn * 17) % len(known)]
    kinds = (who.nama[:4], who.nama, who.nik, who.nama.split(" ")[0], who.no_kk)
    return kinds[turn % len(kinds)]


def _form_of(who: Biodata) -> dict[str, str]:
    return {
        "nik": who.nik,
        "no_kk": who.no_kk,
        "nama": who.nama,
        "jenis_kelamin": str(who.jenis_kelamin),
        "tempat_lahir": who.tempat_lahir,
        "tanggal_lahir": who.tanggal_lahir.isoformat(),
        "desa": "",
        "desa_lain": who.wilayah,
        "alamat": who.alamat,
        "rt": who.rt,
        "rw": who.rw,
        "agama": str(who.agama),
        "status_kawin": str(who.status_kawin),
        "shdk": str(who.shdk),
        "pendidikan": str(who.pendidikan),
        "pekerjaan": str(who.pekerjaan),
        "gol_darah": str(who.gol_darah),
        "kewarganegaraan": who.kewarganegaraan,
        "dokumen": "KK lama",
        "diperiksa": "1",
    }


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))[:1500]


if __name__ == "__main__":
    main()
