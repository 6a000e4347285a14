"""The demo's own page: where the desks are, who works there, and the switches of the world.

What a newcomer needs beside the product: the addresses and PINs of each node, a switch
that cuts and restores Enggano's link, and a printer that can be made to jam. Plain HTML;
it speaks to nobody but the simulators of this one demo.
"""

from __future__ import annotations

import html
import http.client
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from perahu.words import Words
from sim.demo.district import (
    ENGGANO,
    HUB,
    KAPAL,
    KETAHUN,
    NODES,
    OPERATORS,
    District,
)
from sim.demo.plan import PIN
from sim.demo.processes import LOOPBACK, ask, tell

FORM_BYTES_MAX = 2000
SLOW_BYTES_S, DISH_BYTES_S = 8_000, 2_500_000
LINKS: dict[str, tuple[Words, tuple[str, ...]]] = {
    "putus": (Words("Putus", "Cut"), ("cut reset",)),
    "pelan": (
        Words("64 kbit/s", "64 kbit/s"),
        (f"rate {SLOW_BYTES_S} {SLOW_BYTES_S}", "delay 150", "open"),
    ),
    "parabola": (
        Words("Parabola 20 Mbit/s", "Dish, 20 Mbit/s"),
        (f"rate {DISH_BYTES_S} {DISH_BYTES_S}", "delay 40", "open"),
    ),
}
"""The link of Enggano as it can be switched: its words, and what the shaper is told."""
PRINTERS: dict[str, tuple[Words, list[str]]] = {
    "baik": (Words("Baik", "Working"), []),
    "macet": (Words("Macet pada kartu berikut", "Jams at the next card"), ["jam"]),
}


@dataclass(slots=True)
class DemoPage:
    """Serves the page until it is closed."""

    district: District
    language: str
    link: str = "putus"
    printer: str = "baik"
    spoiled: int = 0
    """How many cards the printer had eaten when it was last told to jam."""
    _server: ThreadingHTTPServer = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, port: int) -> None:
        """Begin to answer."""
        self._server = ThreadingHTTPServer((LOOPBACK, port), _answers(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Let the address go."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self._server.server_port}/"

    def switch(self, form: dict[str, str]) -> None:
        """Do what a button asks; what nobody offers is passed over."""
        with self._lock:
            if form.get("tautan") in LINKS:
                self.link = form["tautan"]
                for command in LINKS[self.link][1]:
                    tell(self.district.link_control, command)
                process = self.district.desks[ENGGANO].process
                if self.link != "putus" and process is not None:
                    process.poke()
            if form.get("pencetak") in PRINTERS:
                self.printer = form["pencetak"]
                port = self.district.desks[ENGGANO].printer
                faults = PRINTERS[self.printer][1]
                told = ask(f"http://{LOOPBACK}:{port}/sim", {"faults": faults})
                self.spoiled = told["spoiled"]

    def _notice_jam(self) -> None:
        """A jam happens once: after it the button for a good printer is the pressed one."""
        if self.printer == "macet":
            port = self.district.desks[ENGGANO].printer
            try:
                if ask(f"http://{LOOPBACK}:{port}/sim")["spoiled"] > self.spoiled:
                    self.printer = "baik"
            except OSError:
                pass  # it is starting again; the next look will tell

    def say(self, id: str, en: str) -> str:
        """Words in the page's language, safe for HTML."""
        return html.escape(en if self.language == "en" else id)

    def render(self) -> str:
        """The page of this moment."""
        say, urls = self.say, self.district.page_urls()
        self._notice_jam()
        steps = (
            say("Masuk di Enggano sebagai Sari.", "Sign in at Enggano as Sari."),
            say(
                "Tekan “Coba rekam satu orang” di Beranda dan ikuti langkahnya.",
                "Press “Coba rekam satu orang” on the home page and follow the steps.",
            ),
            say(
                "Hidupkan tautan di bawah ini: rekaman terkirim sendiri.",
                "Switch the link on below: the recording is sent by itself.",
            ),
            say(
                "Beberapa detik kemudian kartunya siap cetak; cetak, lalu serahkan.",
                "Seconds later the card may be printed; print it, then hand it over.",
            ),
        )
        return _PAGE.format(
            lang=self.language,
            title=say("Peragaan Perahu", "Perahu demonstration"),
            band=say(
                "DATA UJI — peragaan, bukan data sungguhan",
                "TEST DATA (DATA UJI): a demonstration",
            ),
            begin=say("Mulai", "Begin"),
            steps="".join(f"<li>{step}</li>" for step in steps),
            start=urls[ENGGANO],
            start_words=say("Buka meja Enggano", "Open the desk at Enggano"),
            link_title=say("Tautan Enggano ke kabupaten", "Enggano's link to the hub"),
            link=self._switch("tautan", self.link, LINKS),
            printer_title=say("Pencetak kartu Enggano", "Enggano's card printer"),
            printer=self._switch("pencetak", self.printer, PRINTERS),
            nodes_title=say("Simpul", "Nodes"),
            nodes="".join(self._node(name, urls[name]) for name in NODES),
            stop=say(
                "Semua berhenti dengan Ctrl-C di terminal.",
                "Ctrl-C in the terminal stops everything.",
            ),
        )

    def _switch(
        self, name: str, chosen: str, offered: dict[str, tuple[Words, Any]]
    ) -> str:
        buttons = "".join(
            f'<button name="{name}" value="{key}" '
            f'aria-pressed="{"true" if key == chosen else "false"}">'
            f"{html.escape(one[0].in_(self.language))}</button>"
            for key, one in offered.items()
        )
        return f'<form method="post" action="/">{buttons}</form>'

    def _node(self, name: str, url: str) -> str:
        login = OPERATORS.get(name)
        who = (
            f"{html.escape(login[1])}: PIN <code>{PIN}</code>"
            if login
            else self.say("tanpa petugas", "no operator")
        )
        return (
            f'<li><a href="{url}">{html.escape(name)}</a> <span>{who}</span>'
            f"<span>{self._state(name)}</span></li>"
        )

    def _state(self, name: str) -> str:
        """What the node says of itself; it may be busy or starting."""
        try:
            found = ask(self.district.desks[name].status_url)
        except (OSError, ValueError, http.client.HTTPException):
            return self.say("belum menjawab", "no answer yet")
        waiting = found["waiting"]
        count = waiting["entries"] + waiting["blobs"]
        if name == KAPAL:
            return self.say(
                f"di laut tanpa jaringan; {count} menunggu kurir",
                f"at sea, no network; {count} wait for a courier",
            )
        if name == HUB:
            return self.say("pusat keputusan kabupaten", "decides for the kabupaten")
        if name in (ENGGANO, KETAHUN):
            return self.say(
                f"{count} menunggu dikirim" if count else "semua sudah diterima",
                f"{count} waiting to be sent" if count else "everything received",
            )
        return self.say("menyimpan salinan kedua", "keeps the second copy")


def _answers(page: DemoPage) -> type[BaseHTTPRequestHandler]:
    """What answers for this page."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/":
                self.send_error(404)
                return
            self._send(200, page.render().encode())

        def do_POST(self) -> None:
            origin = self.headers.get("Origin") or page.url.rstrip("/")
            length = self.headers.get("Content-Length", "")
            is_small = length.isdecimal() and int(length) <= FORM_BYTES_MAX
            # Another site open in the same browser must not throw our switches.
            if origin not in (page.url.rstrip("/"), "null") or not is_small:
                self.send_error(403)
                return
            fields = parse_qs(self.rfile.read(int(length)).decode(errors="replace"))
            page.switch({name: values[-1] for name, values in fields.items()})
            self.send_response(303)
            self.send_header("Location", "/")
            self.end_headers()

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """The terminal belongs to the story."""

    return Answers


_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="4"><title>{title}</title><style>
:root {{ color-scheme: light dark; --ink: #14212b; --paper: #f4f6f7; --card: #fff;
 --line: #ccd5da; --sea: #0b6477; --on: #fff; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e8eef1; --paper: #10181d;
 --card: #18232a; --line: #33444e; --sea: #7bd0e1; --on: #10181d; }} }}
body {{ margin: 0; background: var(--paper); color: var(--ink);
 font: 1rem/1.5 system-ui, "Noto Sans", sans-serif; }}
.band {{ margin: 0; padding: .2rem 1rem; text-align: center; background: #ffd977;
 color: #3d2a00; font-weight: 600; font-size: .85rem; }}
main {{ max-width: 56rem; margin: 0 auto; padding: 1rem; }}
h1 {{ font-size: 1.7rem; }} h2 {{ font-size: 1.15rem; margin-bottom: .4rem; }}
section {{ background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
 padding: .25rem 1.1rem 1rem; margin-bottom: 1rem; }}
form {{ display: flex; flex-wrap: wrap; gap: .5rem; }}
button, .go {{ font: inherit; padding: .6rem 1.1rem; border-radius: .4rem; cursor: pointer;
 border: 2px solid var(--sea); background: var(--card); color: var(--ink); }}
button[aria-pressed=true], .go {{ background: var(--sea); color: var(--on);
 font-weight: 600; }}
.go {{ display: inline-block; text-decoration: none; }}
:focus-visible {{ outline: 3px solid var(--ink); outline-offset: 2px; }}
a {{ color: var(--sea); }} .go {{ color: var(--on); }}
.nodes {{ list-style: none; padding: 0; margin: 0; }}
.nodes li {{ display: grid; grid-template-columns: 11rem 1fr 1fr; gap: .25rem 1rem;
 padding: .45rem 0; border-top: 1px solid var(--line); }}
@media (max-width: 36rem) {{ .nodes li {{ grid-template-columns: 1fr; }} }}
code {{ font-size: 1.05em; font-weight: 600; }}
</style></head><body><p class="band">{band}</p><main>
<h1>{title}: Bengkulu Utara</h1>
<section><h2>{begin}</h2><ol>{steps}</ol><a class="go" href="{start}">{start_words}</a>
</section>
<section><h2>{link_title}</h2>{link}</section>
<section><h2>{printer_title}</h2>{printer}</section>
<section><h2>{nodes_title}</h2><ul class="nodes">{nodes}</ul></section>
<p>{stop}</p></main></body></html>
"""
