"""A desk's browser at a whole node: signs in, fills forms, and knows what was answered."""

from __future__ import annotations

import html
import http.client
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sim.kills import desk
from sim.kills.town import LOOPBACK, PIN

WAIT_S = 30.0
_FIELD = re.compile(r'name="(csrfmiddlewaretoken|op)" value="([^"]+)"')
_SAVED = (302, 303)


class NotTaken(RuntimeError):
    """A page answered, and not as it should."""


@dataclass(slots=True)
class Browser:
    """One browser: a port, its cookies, a connection that stays open."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _link: http.client.HTTPConnection | None = None

    def fetch(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """GET a page, or POST a form to it; status and body. Raises OSError, HTTPException."""
        headers = {}
        if self.cookies:
            told = (f"{name}={value}" for name, value in self.cookies.items())
            headers["Cookie"] = "; ".join(told)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._link is None:
            self._link = http.client.HTTPConnection(LOOPBACK, self.port, timeout=WAIT_S)
        body = None if form is None else urlencode(form)
        self._link.request("GET" if body is None else "POST", path, body, headers)
        answer = self._link.getresponse()
        page = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, page

    def sign_in(self, login: str) -> None:
        """Name and PIN. Raises NotTaken."""
        _, page = self.fetch("/masuk")
        told = _fields(page) | {"login": login, "pin": PIN, "next": "/"}
        status, _ = self.fetch("/masuk", told)
        if status not in _SAVED:
            raise NotTaken(f"the PIN: {status}")

    def save(self, path: str, form: dict[str, str]) -> bytes:
        """Fill a page's form in and send it; gives the operation that was saved."""
        status, page = self.fetch(path)
        hidden = _fields(page)
        if status != 200 or "op" not in hidden:
            raise NotTaken(f"{path}: {status} {_words(page)}")
        status, page = self.fetch(path, hidden | form)
        if status not in _SAVED:
            raise NotTaken(f"{path}: {status} {_words(page)}")
        return bytes.fromhex(hidden["op"])


def _fields(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _FIELD.findall(page)}


def _words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))[:800]


@dataclass(slots=True)
class Clerk:
    """Somebody at a desk in a thread of her own, until the node is gone."""

    port: int
    login: str
    serial: Callable[[], int]
    """The number of the next person who comes."""
    saved: list[bytes] = field(default_factory=list)
    """Operations that a page said were recorded."""
    trouble: list[str] = field(default_factory=list)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        """Sit down."""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def wait_for(self, saves: int, patience_s: float) -> None:
        """Until so many operations are saved, or she had trouble."""
        end_s = time.monotonic() + patience_s
        while len(self.saved) < saves and not self.trouble:
            if time.monotonic() > end_s:
                self.trouble.append(f"{len(self.saved)} saved in {patience_s:.0f} s")
            time.sleep(0.005)

    def end(self) -> None:
        """The node is gone: she stops by herself."""
        assert self._thread is not None
        self._thread.join(WAIT_S)

    def _work(self) -> None:
        browser = Browser(self.port)
        try:
            browser.sign_in(self.login)
            while True:
                path, form = self._next()
                self.saved.append(browser.save(path, form))
        except NotTaken as error:
            self.trouble.append(str(error))
        except (OSError, http.client.HTTPException):
            return  # the node was killed under her hands

    def _next(self) -> tuple[str, dict[str, str]]:
        serial = self.serial()
        if self.login == "ratna":
            return "/stok", {
                "deed": "receive",
                "item": "blanko",
                "count": "1",
                "source": "TERIMA_PUSAT",
                "document": f"BAST {serial}",
            }
        return "/orang/baru", _form_of(serial)


def _form_of(serial: int) -> dict[str, str]:
    who = desk.biodata_of(serial)
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
        "rt": "1",
        "rw": "1",
        "agama": str(who.agama),
        "status_kawin": str(who.status_kawin),
        "shdk": "1",
        "pendidikan": "5",
        "pekerjaan": str(who.pekerjaan),
        "gol_darah": "13",
        "kewarganegaraan": "WNI",
        "dokumen": "KK lama",
        "diperiksa": "1",
    }
