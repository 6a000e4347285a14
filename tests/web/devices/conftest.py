"""Fixtures: a page that serves one fragment under the strict policy, and a browser whose webcam
plays drawn pictures. Nobody's photograph is used."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from perahu.devices.synth import face
from tests.web.conftest import CHROMIUM

WEB = Path(__file__).parents[3] / "perahu" / "web"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';"
    " img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
)
"""Stricter than the desk's own: what works here works there."""

_FRAME = """<!doctype html><html lang="{language}" {theme}><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>DATA UJI</title>
<link rel="icon" href="/static/perahu/boat.svg">
<link rel="stylesheet" href="/static/vendor/pico.min.css">
<link rel="stylesheet" href="/static/perahu/perahu.css">
</head><body><main class="wide">{fragment}</main></body></html>"""


STAGE = """
const sheet = document.createElement("canvas");
[sheet.width, sheet.height] = [960, 720];
navigator.mediaDevices.getUserMedia = async () => {
  const look = async () => {
    const answer = await fetch("/scene");
    const picture = await createImageBitmap(await answer.blob());
    sheet.getContext("2d").drawImage(picture, 0, 0);
  };
  await look();
  setInterval(look, 150);
  return sheet.captureStream(10);
};
"""
"""A camera that shows the site's scene, which a test can change while the page runs. (The film of
the browser's own fake camera is read once, when the camera is opened.)"""


@dataclass
class Site:
    """What the little page server shows, and what it was sent."""

    address: str = ""
    fragment: str = ""
    language: str = "id"
    theme: str = ""
    received: list[dict[str, bytes]] = field(default_factory=list)
    """The fields of each form that arrived."""
    scene: bytes = b""
    """What stands before the camera of a page opened with `STAGE`."""

    def show(self, template: str, **context: Any) -> None:
        """Render a fragment as the desk does, in this site's language."""
        with override(self.language):
            self.fragment = render_to_string(f"perahu/{template}", context)

    def sees(self, picture: Image.Image) -> None:
        """Put this before the camera of a page opened with `STAGE`."""
        out = BytesIO()
        picture.convert("RGB").save(out, format="PNG", compress_level=1)
        self.scene = out.getvalue()

    def page(self) -> bytes:
        """The page around the fragment."""
        whole = _FRAME.format(
            language=self.language, theme=self.theme, fragment=self.fragment
        )
        return whole.encode()


class _Answers(http.server.SimpleHTTPRequestHandler):
    """GET / and any search: the page; POST: keep the form; else the static files."""

    def __init__(self, *args: Any, site: Site) -> None:
        self.site = site
        super().__init__(*args, directory=str(WEB))

    def log_message(self, *args: object) -> None:
        """Nothing for the terminal."""

    def end_headers(self) -> None:
        """Every answer carries the policy."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_GET(self) -> None:
        """A page or a file."""
        if self.path.startswith("/static/"):
            super().do_GET()
        elif self.path.startswith("/scene"):
            self._say(self.site.scene, "image/png")
        else:
            self._say(self.site.page())

    def do_POST(self) -> None:
        """Keep the fields of a form."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + body).get_payload()
        assert isinstance(parts, list)
        fields: dict[str, bytes] = {}
        for part in parts:
            assert isinstance(part, Message)
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            name = part.get_param("name", header="content-disposition")
            fields[str(name)] = content
        self.site.received.append(fields)
        self._say(b"<!doctype html><title>ok</title><h1>Terima kasih</h1>")

    def _say(self, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site() -> Iterator[Site]:
    """A page server of one fragment."""
    made = Site()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Answers, site=made)
    )
    made.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def filming(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser whose camera is a film of one drawn face, before a red backdrop."""
    film = tmp_path_factory.mktemp("webcam") / "film.mjpeg"
    drawn().save(film, format="JPEG", quality=92)
    found = chromium.browser_type.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    yield found
    found.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(filming: Browser, site: Site) -> Iterator[OpenPage]:
    """Opens the site's page; violations of the policy and errors fail the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(
        width: int = 1280, before: str = "", strict: bool = True, **options: Any
    ) -> Page:
        context = filming.new_context(
            viewport={"width": width, "height": 900}, locale="id-ID", **options
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.grant_permissions(["camera"])
        page = context.new_page()
        if before:
            page.add_init_script(before)
        if strict:
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on(
                "console",
                lambda line: wrong.append(line.text) if line.type == "error" else None,
            )
        page.goto(site.address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong, wrong


def drawn(
    seed: int = 2,
    backdrop: str = "red",
    quality: int = 80,
    eyes_shut: bool = False,
    at: tuple[int, int] = (210, 0),
    scale: float = 1.125,
) -> Image.Image:
    """A drawn person before a webcam of 960 x 720, in the middle unless told otherwise."""
    own = replace(face.face_of(seed, "F" if seed % 2 else "M"), eyes_shut=eyes_shut)
    photo = face.draw(own, backdrop, (seed, 0), quality)
    room = Image.new("RGB", (960, 720), face.BACKDROPS.get(backdrop, (150, 150, 150)))
    size = (round(face.WIDTH * scale), round(face.HEIGHT * scale))
    room.paste(photo.resize(size, Image.Resampling.LANCZOS), at)
    return room
